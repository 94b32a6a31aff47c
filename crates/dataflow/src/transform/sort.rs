//! Sort: all rows, in the order of the key columns.
//!
//! Rows are kept in memory until the last has come, within the memory budget of the data flow;
//! beyond it they are set aside in files, sorted, and merged at the end. NULL comes first in ascending order. Rows
//! with equal keys keep the order in which they came; SSIS promises none. EliminateDuplicates
//! keeps the first of the rows with equal keys (Sort Transformation page).

use arrow_array::{Array, RecordBatch};
use arrow_select::interleave::interleave;
use model::dts;
use package::OutputColumn;

use crate::gather::Place;
use crate::sort_key::{KeyColumn, Keys, unsupported_flags};
use crate::spill::Spill;
use crate::{Build, Combine, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop};
use runs::Runs;

mod runs;

/// Sorts rows.
struct Sort {
    keys: Vec<KeyColumn>,
    eliminate_duplicates: bool,
    /// For each output column the input column.
    sources: Vec<usize>,
    layout: OutputLayout,
    spill: Spill,
}

/// Rows in memory.
#[derive(Default)]
struct Rows {
    batches: Vec<RecordBatch>,
    keys: Vec<Keys>,
    /// Bytes that they take of the memory budget.
    kept: usize,
}

/// Builds a Sort.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let keys = keys(build)?;
    let threads = build.number("MaximumThreads", -1)?;
    if threads != -1 && threads < 1 {
        return Err(Invalid::broken(
            dts::DTS_E_SORTBADTHREADCOUNT,
            format!(
                "The MaximumThreads property of \"{}\" is {threads}; it must be -1 or at least 1.",
                build.component.name
            ),
        ));
    }
    let layout = build.output(0)?.clone();
    let outputs = &build.component.outputs[0].columns;
    let sources = outputs.iter().map(|column| source(build, column)).collect::<Result<_, _>>()?;
    let eliminate_duplicates = build.flag("EliminateDuplicates", false)?;
    let spill = Spill::of(build, 0)?;
    Ok(Box::new(Sort { keys, eliminate_duplicates, sources, layout, spill }))
}

fn keys(build: &Build<'_>) -> Result<Vec<KeyColumn>, Invalid> {
    let input = build.input(0)?;
    let mut keys: Vec<(i64, KeyColumn)> = Vec::new();
    for column in &build.component.inputs[0].columns {
        let name = build.input_column_name(0, column);
        let number = |property: &str| match column.property(property).unwrap_or_default().trim() {
            "" => Ok(0),
            text => text.parse::<i64>().map_err(|_| build.bad_property(property, text)),
        };
        let place = number("NewSortKeyPosition")?;
        let Some(position) = input.position(&column.lineage_id).filter(|_| place != 0) else {
            continue;
        };
        if let Some((_, other)) = keys.iter().find(|key| key.0.abs() == place.abs()) {
            return Err(Invalid::broken(
                dts::DTS_E_SORTDUPLICATEKEYWEIGHT,
                format!(
                    "The columns \"{}\" and \"{name}\" have the same sort key position {}.",
                    input.columns[other.position].name,
                    place.abs()
                ),
            ));
        }
        let data_type = input.columns[position].data_type;
        let flags = i32::try_from(number("NewComparisonFlags")?).unwrap_or(-1);
        check_flags(&name, flags)?;
        let flags = if data_type.is_text() { flags } else { 0 };
        keys.push((place, KeyColumn { position, data_type, descending: place < 0, flags }));
    }
    if keys.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_SORTNEEDSONEKEY,
            format!(
                "\"{}\" needs at least one input column that is a sort key.",
                build.component.name
            ),
        ));
    }
    keys.sort_by_key(|key| key.0.abs());
    Ok(keys.into_iter().map(|key| key.1).collect())
}

/// Refuses comparison flags that are not understood.
pub(crate) fn check_flags(name: &str, flags: i32) -> Result<(), Invalid> {
    match unsupported_flags(flags) {
        None => Ok(()),
        Some(flag) => Err(Invalid::broken(
            dts::DTS_E_SORTCANTCOMPARE,
            format!(
                "The comparison flags {flags} of \"{name}\" cannot be used: this version does not compare with \"{flag}\"."
            ),
        )),
    }
}

fn source(build: &Build<'_>, column: &OutputColumn) -> Result<usize, Invalid> {
    let lineage = super::lineage(&column.properties, "SortColumnId");
    build.input(0)?.position(&lineage).ok_or_else(|| {
        Invalid::corrupt(
            dts::DTS_E_INVALIDINPUTLINEAGEID,
            format!("{} belongs to no input column.", build.output_column_name(0, column)),
        )
    })
}

impl Lifecycle for Sort {}

impl Combine for Sort {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let (mut rows, mut runs) = (Rows::default(), Runs::new(self));
        while let Some(batch) = inputs.next_of(0)? {
            let of_batch = Keys::of(&batch, &self.keys);
            let bytes = batch.get_array_memory_size()
                + of_batch.size()
                + batch.num_rows() * size_of::<Place>();
            if let Err(failure) = inputs.context().reserve(bytes) {
                if rows.batches.is_empty() {
                    return Err(failure.into());
                }
                runs.set_aside(&mut rows, &out.context())?;
                inputs.context().reserve(bytes)?;
            }
            rows.kept += bytes;
            rows.batches.push(batch);
            rows.keys.push(of_batch);
        }
        if !runs.is_empty() {
            runs.set_aside(&mut rows, &out.context())?;
            return runs.send(out);
        }
        let places = self.order(&rows.batches, &rows.keys);
        rows.keys.clear();
        for places in places.chunks(out.batch_rows()) {
            self.send(&rows.batches, places, out)?;
        }
        out.context().release(rows.kept);
        Ok(())
    }
}

fn gather(
    batches: &[RecordBatch],
    column: usize,
    places: &[Place],
) -> Result<arrow_array::ArrayRef, Stop> {
    let arrays: Vec<&dyn Array> =
        batches.iter().map(|batch| batch.column(column).as_ref()).collect();
    Ok(interleave(&arrays, places)?)
}

impl Sort {
    /// Sends rows of batches of the input.
    fn send(
        &self,
        batches: &[RecordBatch],
        places: &[Place],
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let batch = self
            .layout
            .assemble(places.len(), |column| gather(batches, self.sources[column], places))?;
        out.send(0, batch)
    }

    fn order(&self, batches: &[RecordBatch], keys: &[Keys]) -> Vec<Place> {
        let key = |place: &Place| keys[place.0].row(place.1);
        let rows = batches.iter().enumerate();
        let mut places: Vec<Place> = rows
            .flat_map(|(number, batch)| (0..batch.num_rows()).map(move |row| (number, row)))
            .collect();
        places.sort_by(|a, b| key(a).cmp(key(b)));
        if self.eliminate_duplicates {
            places.dedup_by(|later, first| key(later) == key(first));
        }
        places
    }
}

#[cfg(test)]
mod tests;
