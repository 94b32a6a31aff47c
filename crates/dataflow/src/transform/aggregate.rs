//! Aggregate: groups of rows, and numbers about each group.
//!
//! Groups come out in the order in which their first rows came in; SSIS promises none. NULL keys
//! form one group. COUNT(column) skips NULLs, COUNT ALL counts rows; the others skip NULLs and
//! are NULL for a group without values (Aggregate Transformation page; result types as measured).
//!
//! Groups are kept within the memory budget of the data flow. Beyond it, rows of groups that are
//! not known yet are set aside in files, by a hash of their keys, and grouped when the known
//! groups have been sent; the distinct values of one group must fit into memory.

mod aside;
mod function;

use std::collections::HashMap;

use arrow_array::RecordBatch;
use expression::array::{Builder, value_at};
use model::{DataType, Value, dts};

use crate::sort_key::{KeyColumn, Keys};
use crate::spill::Spill;
use crate::{Build, Combine, Failure, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop};
use aside::{Aside, Rest};
use function::{Cell, Function, Totals};

/// Aggregates into one or several outputs.
struct Aggregate {
    outputs: Vec<Grouping>,
    spill: Spill,
}

/// What one output groups by and computes.
struct Grouping {
    /// Number of the output in the package.
    number: usize,
    keys: Vec<KeyColumn>,
    columns: Vec<Column>,
    layout: OutputLayout,
}

/// An output column.
struct Column {
    name: String,
    function: Function,
    /// The input column; `None` for COUNT ALL.
    source: Option<KeyColumn>,
    data_type: DataType,
}

/// The groups of an output.
#[derive(Default)]
struct Groups {
    numbers: HashMap<Box<[u8]>, usize>,
    /// By group and column.
    totals: Vec<Vec<Totals>>,
    /// Bytes that they take of the memory budget.
    kept: usize,
    /// Rows of groups for which there is no room; `None` as long as there is.
    aside: Option<Aside>,
    /// How often these rows have been set aside before.
    level: u32,
}

/// Builds an Aggregate.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let mut outputs = Vec::new();
    for (number, output) in build.component.outputs.iter().enumerate() {
        let layout = build.output(number)?.clone();
        let mut columns = Vec::new();
        for configured in &output.columns {
            let name = build.output_column_name(number, configured);
            let property = |wanted: &str| configured.property(wanted).unwrap_or_default().trim();
            let function = Function::of(property("AggregationType")).ok_or_else(|| {
                build.bad_property("AggregationType", property("AggregationType"))
            })?;
            let lineage = super::lineage(&configured.properties, "AggregationColumnId");
            let flags = property("AggregationComparisonFlags").parse().unwrap_or(0);
            super::sort_flags(&name, flags)?;
            let source = source(build, &name, function, (&lineage, flags))?;
            function.check(&name, source.map(|source| source.data_type), configured.data_type)?;
            columns.push(Column { name, function, source, data_type: configured.data_type });
        }
        let grouped = columns.iter().filter(|column| column.function == Function::GroupBy);
        let keys = grouped.filter_map(|column| column.source).collect();
        outputs.push(Grouping { number, keys, columns, layout });
    }
    Ok(Box::new(Aggregate { outputs, spill: Spill::of(build, 0)? }))
}

fn source(
    build: &Build<'_>,
    name: &str,
    function: Function,
    (lineage, flags): (&str, i32),
) -> Result<Option<KeyColumn>, Invalid> {
    if function == Function::CountAll {
        return Ok(None);
    }
    let input = build.input(0)?;
    let Some(position) = input.position(lineage) else {
        return Err(Invalid::broken(
            dts::DTS_E_TXAGG_INPUTNOTFOUNDFOROUTPUT,
            format!("The input column for \"{name}\" could not be found: {lineage}."),
        ));
    };
    let data_type = input.columns[position].data_type;
    let has_flags = flags != 0 && data_type.is_text();
    if has_flags && !matches!(function, Function::GroupBy | Function::CountDistinct) {
        return Err(Invalid::broken(
            dts::DTS_E_TXAGG_COMPFLAGS_BADAGGREGATIONTYPE,
            format!(
                "\"{name}\" has comparison flags, which only GROUP BY and COUNT DISTINCT may have."
            ),
        ));
    }
    let flags = if has_flags { flags } else { 0 };
    Ok(Some(KeyColumn { position, data_type, descending: false, flags }))
}

impl Lifecycle for Aggregate {}

impl Combine for Aggregate {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut groups: Vec<Groups> = self.outputs.iter().map(|_| Groups::default()).collect();
        while let Some(batch) = inputs.next_of(0)? {
            for (grouping, groups) in self.outputs.iter().zip(&mut groups) {
                grouping.take(&batch, groups, &self.spill, &out.context())?;
            }
        }
        for (grouping, groups) in self.outputs.iter().zip(groups) {
            grouping.finish(groups, &self.spill, out)?;
        }
        out.check()
    }
}

impl Grouping {
    /// Adds the rows of a batch, or notes those for which there is no room; returns about how many
    /// bytes more are kept.
    fn add(
        &self,
        batch: &RecordBatch,
        groups: &mut Groups,
        rest: &mut Rest,
    ) -> Result<usize, Stop> {
        let keys = Keys::of(batch, &self.keys);
        let values = self.columns.iter().map(|column| {
            column
                .source
                .filter(|_| column.function.compares())
                .map(|source| Keys::of(batch, &[source]))
        });
        let values: Vec<_> = values.collect();
        let mut bytes = 0;
        for row in 0..batch.num_rows() {
            let number = match groups.numbers.get(keys.row(row)) {
                Some(&number) => number,
                None if groups.aside.is_some() => {
                    rest.note(keys.row(row), row, groups.level);
                    continue;
                }
                None => {
                    let number = groups.totals.len();
                    let key: Box<[u8]> = keys.row(row).into();
                    bytes += 2 * key.len() + self.columns.len() * size_of::<Totals>() + 64;
                    groups.numbers.insert(key, number);
                    groups.totals.push(
                        self.columns.iter().map(|column| Totals::new(column.function)).collect(),
                    );
                    number
                }
            };
            for (at, column) in self.columns.iter().enumerate() {
                let cell = Cell {
                    array: column
                        .source
                        .map(|source| (batch.column(source.position).as_ref(), source.data_type)),
                    key: values[at].as_ref().map(|keys| keys.row(row)),
                    row,
                };
                bytes += groups.totals[number][at].add(cell).map_err(|_| column.overflow())?;
            }
        }
        Ok(bytes)
    }

    fn send(&self, totals: &[Vec<Totals>], out: &mut Outbox<'_>) -> Result<(), Stop> {
        // Without keys all rows are one group, even when there are none.
        let none = vec![self.columns.iter().map(|column| Totals::new(column.function)).collect()];
        let totals = if totals.is_empty() && self.keys.is_empty() { &none } else { totals };
        for totals in totals.chunks(out.batch_rows()) {
            let batch = self.layout.assemble(totals.len(), |at| {
                let column = &self.columns[at];
                let mut builder = Builder::new(column.data_type, totals.len());
                for totals in totals {
                    let value = totals[at].result(column.data_type);
                    value
                        .and_then(|value| builder.append(&value).ok())
                        .ok_or_else(|| column.overflow())?;
                }
                Ok::<_, Stop>(builder.finish())
            })?;
            out.send(self.number, batch)?;
        }
        Ok(())
    }
}

impl Column {
    fn overflow(&self) -> Failure {
        Failure::new(
            dts::DTS_E_TXAGG_ARITHMETICOVERFLOW,
            format!("Arithmetic overflow encountered while aggregating \"{}\".", self.name),
        )
    }
}

/// The value of a cell.
fn value_of(cell: &Cell<'_>) -> Value {
    cell.array.map_or(Value::Null, |(array, data_type)| value_at(array, data_type, cell.row))
}

#[cfg(test)]
mod tests;
