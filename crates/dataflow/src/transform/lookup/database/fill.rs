//! The reference rows of a Lookup in memory, and how a query fills them in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use connect::database::{Column, RowSink};
use expression::array::{field, from_values};
use model::{Value, dts};

use super::{DatabaseLookup, not_found, places};
use crate::cache::key_column;
use crate::database::convert::{bytes_of, to_type};
use crate::database::place_of;
use crate::sort_key::Keys;
use crate::{Context, Failure, Stop};

/// About what a reference row takes beside its values.
const ROW_BYTES: usize = 120;

/// The reference rows that are known, by their keys; `None` for a key without one.
#[derive(Default)]
pub(super) struct Known {
    pub(super) rows: HashMap<Box<[u8]>, Option<Arc<[Value]>>>,
    pub(super) bytes: usize,
    pub(super) duplicates: u64,
}

impl Known {
    /// Takes a row in; gives the bytes that it needs, none when its key is known already.
    pub(super) fn add(&mut self, key: &[u8], row: Option<Arc<[Value]>>) -> usize {
        let values = row.iter().flat_map(|row| row.iter()).map(bytes_of).sum::<usize>();
        match self.rows.entry(key.into()) {
            Entry::Occupied(_) => {
                self.duplicates += 1;
                0
            }
            Entry::Vacant(place) => {
                place.insert(row);
                let bytes = key.len() + values + ROW_BYTES;
                self.bytes += bytes;
                bytes
            }
        }
    }
}

/// Takes the reference rows in.
pub(super) struct Filling<'a, 'c> {
    lookup: &'a DatabaseLookup,
    context: &'a Context<'c>,
    /// Where joined and copied columns are.
    joined: Vec<usize>,
    copied: Vec<usize>,
    pub(super) known: Known,
    pub(super) stop: Option<Stop>,
}

impl<'a, 'c> Filling<'a, 'c> {
    pub(super) fn new(lookup: &'a DatabaseLookup, context: &'a Context<'c>) -> Self {
        let (joined, copied) = (Vec::new(), Vec::new());
        Self { lookup, context, joined, copied, known: Known::default(), stop: None }
    }

    fn locate(&mut self, columns: &[Column]) -> Result<(), Stop> {
        for join in &self.lookup.joins {
            let place = place_of(columns, &join.reference).ok_or_else(|| {
                let text = not_found(&join.reference);
                Failure::new(dts::DTS_E_TXLOOKUP_UNABLETOLOCATEREFCOLUMN, text)
            })?;
            self.joined.push(place);
        }
        self.copied = places(columns, self.lookup.copied())?;
        Ok(())
    }

    fn take(&mut self, rows: &[Vec<Value>]) -> Result<(), Stop> {
        let (mut fields, mut arrays, mut keys) = (Vec::new(), Vec::<ArrayRef>::new(), Vec::new());
        let mut lost = vec![false; rows.len()];
        for (at, (join, place)) in self.lookup.joins.iter().zip(&self.joined).enumerate() {
            let values: Vec<Value> = rows
                .iter()
                .zip(&mut lost)
                .map(|(row, lost)| {
                    // A reference value that no input value can be equal to matches nothing.
                    to_type(row[*place].clone(), join.data_type).unwrap_or_else(|_| {
                        *lost = true;
                        Value::Null
                    })
                })
                .collect();
            let array = from_values(&values, join.data_type)
                .map_err(|error| Failure::new(dts::DTS_E_BUFFERALLOCFAILED, error.to_string()))?;
            fields.push(field(join.reference.as_str(), &join.data_type, true));
            arrays.push(array);
            keys.push(key_column(at, join.data_type));
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        let keys = Keys::of(&batch, &keys);
        let mut bytes = 0;
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| !lost[*at]) {
            let copied = self.copied.iter().map(|&place| row[place].clone()).collect();
            bytes += self.known.add(keys.row(at), Some(copied));
        }
        if self.lookup.duplicates_are_errors && 0 < self.known.duplicates {
            let text = "The reference query has several rows with the same key.";
            return Err(Failure::new(dts::DTS_E_TXLOOKUP_OLEDBERR_FILLBUFFER, text).into());
        }
        self.context.reserve(bytes).map_err(|failure| {
            self.known.bytes -= bytes;
            failure.into()
        })
    }
}

impl RowSink for Filling<'_, '_> {
    fn columns(&mut self, columns: &[Column]) -> bool {
        let located = self.locate(columns);
        self.stop = located.err();
        self.stop.is_none()
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        let taken = self.take(&rows);
        self.stop = taken.err();
        self.stop.is_none()
    }
}
