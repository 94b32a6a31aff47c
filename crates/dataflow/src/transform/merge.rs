//! Merge: two inputs sorted by the same keys become one output in the same order.
//!
//! That the inputs are sorted is taken on trust, as SSIS does. Of rows with equal keys those of
//! the first input come first.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_select::interleave::interleave;
use expression::array::physical;
use model::dts;

use super::merge_join::{Side, sort_keys};
use crate::sort_key::KeyColumn;
use crate::{Build, Combine, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop};

/// Merges.
struct Merge {
    keys: [Vec<KeyColumn>; 2],
    /// By input: for each output column the place in the batches of the input.
    feeds: [Vec<Option<usize>>; 2],
    layout: OutputLayout,
}

/// Builds a Merge.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let keys = [sort_keys(build, 0)?, sort_keys(build, 1)?];
    let alike = |(left, right): (&KeyColumn, &KeyColumn)| {
        physical(&left.data_type) == physical(&right.data_type)
            && left.descending == right.descending
            && left.flags == right.flags
    };
    if keys[0].is_empty()
        || keys[0].len() != keys[1].len()
        || !keys[0].iter().zip(&keys[1]).all(alike)
    {
        return Err(Invalid::broken(
            dts::DTS_E_TXMERGESORTKEYPOSMISMATCH,
            format!("The inputs of \"{}\" are not sorted by the same keys.", build.component.name),
        ));
    }
    let feeds = [feeds(build, 0)?, feeds(build, 1)?];
    Ok(Box::new(Merge { keys, feeds, layout: build.output(0)?.clone() }))
}

fn feeds(build: &Build<'_>, number: usize) -> Result<Vec<Option<usize>>, Invalid> {
    let outputs = &build.component.outputs[0].columns;
    let mut feeds = vec![None; outputs.len()];
    for column in &build.component.inputs[number].columns {
        let wanted = super::lineage(&column.properties, "OutputColumnLineageID");
        let target = outputs.iter().position(|output| output.lineage_id == wanted);
        let position = build.input(number)?.position(&column.lineage_id);
        let (Some(target), Some(position)) = (target, position) else { continue };
        if physical(&build.inputs[number].columns[position].data_type)
            != physical(&outputs[target].data_type)
        {
            return Err(Invalid::broken(
                dts::DTS_E_METADATAMISMATCHWITHOUTPUTCOLUMN,
                format!(
                    "The metadata for \"{}\" does not match the metadata for the associated output column.",
                    build.input_column_name(number, column)
                ),
            ));
        }
        feeds[target] = Some(position);
    }
    Ok(feeds)
}

impl Lifecycle for Merge {}

impl Combine for Merge {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut sides = [Side::new(0, &self.keys[0]), Side::new(1, &self.keys[1])];
        sides[0].fill(inputs)?;
        sides[1].fill(inputs)?;
        let mut rows = Rows::default();
        loop {
            let side = match (sides[0].key(), sides[1].key()) {
                (None, None) => break,
                (Some(a), Some(b)) => usize::from(b < a),
                (Some(_), None) => 0,
                (None, Some(_)) => 1,
            };
            let place = sides[side].take(inputs)?;
            rows.add(side, place.batch, place.row);
            if rows.places.len() >= out.batch_rows() {
                self.send(&mut rows, out)?;
            }
        }
        self.send(&mut rows, out)
    }
}

/// Rows on their way out.
#[derive(Default)]
struct Rows {
    /// The batches that the places point into, with their side, and the newest of each side.
    batches: Vec<(usize, Arc<RecordBatch>)>,
    newest: [Option<usize>; 2],
    places: Vec<(usize, usize)>,
}

impl Rows {
    fn add(&mut self, side: usize, batch: Arc<RecordBatch>, row: usize) {
        let number = match self.newest[side] {
            // Rows of a batch come in order: row 0 begins another one.
            Some(number) if row != 0 => number,
            _ => {
                self.batches.push((side, batch));
                self.batches.len() - 1
            }
        };
        self.newest[side] = Some(number);
        self.places.push((number, row));
    }
}

impl Merge {
    fn send(&self, rows: &mut Rows, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let batch = self.layout.assemble(rows.places.len(), |column| {
            let data_type = physical(&self.layout.columns[column].data_type);
            let arrays: Vec<ArrayRef> = rows
                .batches
                .iter()
                .map(|(side, batch)| match self.feeds[*side][column] {
                    Some(position) => ArrayRef::clone(batch.column(position)),
                    None => new_null_array(&data_type, batch.num_rows()),
                })
                .collect();
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            if arrays.is_empty() {
                return Ok::<_, Stop>(new_null_array(&data_type, 0));
            }
            Ok(interleave(&arrays, &rows.places)?)
        })?;
        *rows = Rows::default();
        out.send(0, batch)
    }
}

#[cfg(test)]
mod tests;
