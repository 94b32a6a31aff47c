//! One sorted input of a Merge or Merge Join, row by row.

use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::sort_key::{KeyColumn, Keys};
use crate::{Inputs, Stop};

/// A row: its batch and its number in it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) batch: Arc<RecordBatch>,
    pub(crate) row: usize,
}

/// An input with the place up to which it has been taken.
pub(crate) struct Side<'a> {
    input: usize,
    columns: &'a [KeyColumn],
    current: Option<(Arc<RecordBatch>, Keys)>,
    row: usize,
}

impl<'a> Side<'a> {
    pub(crate) fn new(input: usize, columns: &'a [KeyColumn]) -> Self {
        Self { input, columns, current: None, row: 0 }
    }

    /// Gets the next batch, when all rows of this one are taken.
    pub(crate) fn fill(&mut self, inputs: &mut Inputs<'_>) -> Result<(), Stop> {
        let next = inputs.next_of(self.input)?;
        self.current = next.map(|batch| {
            let keys = Keys::of(&batch, self.columns);
            (Arc::new(batch), keys)
        });
        self.row = 0;
        Ok(())
    }

    /// The key of the next row; `None` at the end.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.current.as_ref().map(|(_, keys)| keys.row(self.row))
    }

    /// Whether a key column of the next row is NULL.
    pub(crate) fn key_has_null(&self) -> bool {
        self.current.as_ref().is_some_and(|(batch, _)| {
            self.columns.iter().any(|column| batch.column(column.position).is_null(self.row))
        })
    }

    /// Takes the next row, which there must be.
    pub(crate) fn take(&mut self, inputs: &mut Inputs<'_>) -> Result<Place, Stop> {
        let Some((batch, _)) = &self.current else { return Err(Stop::Stopped) };
        let place = Place { batch: Arc::clone(batch), row: self.row };
        self.row += 1;
        if self.row == place.batch.num_rows() {
            self.fill(inputs)?;
        }
        Ok(place)
    }
}
