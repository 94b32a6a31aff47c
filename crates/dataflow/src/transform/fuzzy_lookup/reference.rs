//! The reference table of a Fuzzy Lookup in memory.

use std::sync::Arc;

use arrow_array::ArrayRef;
use connect::database::{Column, RowSink, Statement, quoted_column, quoted_table};
use expression::array::from_values;
use model::{DataType, Value, dts};

use super::FuzzyLookup;
use crate::database::convert::{bytes_of, to_type};
use crate::database::{limits, lock, place_of};
use crate::transform::fuzzy::{Index, Kept, key_batch, keys};
use crate::{Context, Failure, Stop};

/// Rows of the reference table that are read at once.
const BLOCK_ROWS: usize = 4096;

/// The reference rows.
pub(super) struct Reference {
    pub(super) index: Index,
    /// By row the values of the copied columns.
    values: Vec<Box<[Value]>>,
    pub(super) kept: Kept,
}

impl Reference {
    /// Reads the table.
    pub(super) fn read(lookup: &FuzzyLookup, context: &Context<'_>) -> Result<Self, Stop> {
        let opened = lookup.link.open_to_run(context)?;
        let mut database = lock(&opened)?;
        let product = database.product();
        let names: Vec<_> =
            lookup.plan.wanted().iter().map(|name| quoted_column(product, name)).collect();
        let table = quoted_table(product, &lookup.table);
        let statement = Statement::batch(format!("SELECT {} FROM {table}", names.join(", ")));
        let stopped = || context.is_stopped();
        let index = Index::new(lookup.plan.rules.clone());
        let reference = Self { index, values: Vec::new(), kept: Kept::new(lookup.memory_max) };
        let mut sink = Filling { lookup, context, places: Vec::new(), reference, stop: None };
        let result = database.query(&statement, BLOCK_ROWS, &limits(0, &stopped), &mut sink);
        let Filling { mut reference, stop, .. } = sink;
        let outcome = match stop {
            Some(stop) => Err(stop),
            None => context
                .check()
                .and_then(|()| result.map_err(|error| lookup.link.failure(&error).into())),
        };
        if let Err(stop) = outcome {
            reference.kept.release(context);
            return Err(stop);
        }
        reference.index.finish();
        Ok(reference)
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// The value of a copied column.
    pub(super) fn value(&self, record: u32, copied: usize) -> Value {
        self.values[record as usize][copied].clone()
    }
}

/// Takes the reference rows in.
struct Filling<'a, 'c> {
    lookup: &'a FuzzyLookup,
    context: &'a Context<'c>,
    /// Where the wanted columns are, in the order of [`super::Plan::wanted`].
    places: Vec<(String, usize)>,
    reference: Reference,
    stop: Option<Stop>,
}

impl Filling<'_, '_> {
    fn locate(&mut self, columns: &[Column]) -> Result<(), Stop> {
        for name in self.lookup.plan.wanted() {
            let place = place_of(columns, name).ok_or_else(|| {
                let text = format!("The reference column \"{name}\" was not found.");
                Failure::new(dts::DTS_E_TXFUZZYLOOKUP_UNABLETOLOCATEREFCOLUMN, text)
            })?;
            self.places.push((name.to_owned(), place));
        }
        Ok(())
    }

    fn place(&self, name: &str) -> usize {
        self.places.iter().find(|place| place.0 == name).map_or(0, |place| place.1)
    }

    fn take(&mut self, rows: &[Vec<Value>]) -> Result<(), Stop> {
        let mut lost = vec![false; rows.len()];
        let exact = self.lookup.plan.exact_columns();
        let arrays = self.exact_arrays(rows, &mut lost)?;
        let keys = keys(&exact, &key_batch(&exact, arrays, rows.len())?);
        let fuzzy: Vec<usize> =
            self.lookup.plan.fuzzy.iter().map(|join| self.place(&join.reference)).collect();
        let mut bytes = 0;
        for (at, row) in rows.iter().enumerate().filter(|row| !lost[row.0]) {
            let texts = fuzzy.iter().map(|&place| as_text(&row[place]));
            let texts: Vec<Option<Arc<str>>> = texts.collect();
            let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
            bytes += self.reference.index.add(keys.row(at), &texts);
            let values = self.copies(row)?;
            bytes += values.iter().map(bytes_of).sum::<usize>();
            self.reference.values.push(values);
        }
        self.reference.kept.add(bytes, self.context)
    }

    /// The values that must be equal, in the types of the input columns. A reference value that no
    /// input value can be equal to matches nothing: its row is lost.
    fn exact_arrays(&self, rows: &[Vec<Value>], lost: &mut [bool]) -> Result<Vec<ArrayRef>, Stop> {
        let mut arrays = Vec::new();
        for join in &self.lookup.plan.exact {
            let (place, to) = (self.place(&join.reference), join.compared.data_type);
            let values: Vec<Value> = rows
                .iter()
                .zip(&mut *lost)
                .map(|(row, lost)| {
                    to_type(row[place].clone(), to).unwrap_or_else(|_| {
                        *lost = true;
                        Value::Null
                    })
                })
                .collect();
            let array = from_values(&values, to)
                .map_err(|error| Failure::new(dts::DTS_E_BUFFERALLOCFAILED, error.to_string()))?;
            arrays.push(array);
        }
        Ok(arrays)
    }

    fn copies(&self, row: &[Value]) -> Result<Box<[Value]>, Stop> {
        let copies = self.lookup.plan.copied.iter().map(|(name, to)| {
            to_type(row[self.place(name)].clone(), *to).map_err(|_| {
                Stop::Failed(Failure::new(
                    dts::DTS_E_TXFUZZYLOOKUP_INCOMPATIBLE_COPYCOLUMN_DATATYPES,
                    format!(
                        "A value of the reference column \"{name}\" does not fit into its output column of type {to}."
                    ),
                ))
            })
        });
        copies.collect()
    }
}

/// A value as text, to compare it fuzzily.
fn as_text(value: &Value) -> Option<Arc<str>> {
    match to_type(value.clone(), DataType::NText) {
        Ok(Value::Text(text)) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

impl RowSink for Filling<'_, '_> {
    fn columns(&mut self, columns: &[Column]) -> bool {
        self.stop = self.locate(columns).err();
        self.stop.is_none()
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        self.stop = self.take(&rows).err();
        self.stop.is_none()
    }
}
