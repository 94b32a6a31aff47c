//! Unpivot: columns of a row become rows, each with the name of its column.
//!
//! A row gives one row for each pivot key value, in the order of the input columns that name
//! them; columns with the same value go to the same row. Rows in which all unpivoted values are
//! NULL are left out; when that would leave none, the last stays (the page says that one row with
//! NULL comes instead of several; that it is the last is inferred). Columns without a pivot key
//! value are passed through.

mod plan;

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_select::take::take;
use model::DataType;

use crate::gather::{Place, gather};
use crate::{Combine, Inputs, Lifecycle, Outbox, OutputLayout, Stop};
pub(crate) use plan::build;

/// Turns columns into rows.
struct Unpivot {
    /// How many pivot key values there are.
    values: usize,
    columns: Vec<Column>,
    main: usize,
    layout: OutputLayout,
}

/// An output column.
enum Column {
    /// Passed through from this place.
    Passed(usize),
    /// The pivot key values, one a row of the array.
    Key(ArrayRef),
    /// By pivot key value the place of the input column.
    Values(Vec<usize>, DataType),
}

impl Lifecycle for Unpivot {}

impl Combine for Unpivot {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        while let Some(batch) = inputs.next_of(0)? {
            let places = self.places(&batch);
            for places in places.chunks(out.batch_rows()) {
                self.send(&batch, places, out)?;
            }
        }
        out.check()
    }
}

impl Unpivot {
    /// Which rows come out of a batch: the pivot key value and the input row of each.
    fn places(&self, batch: &RecordBatch) -> Vec<Place> {
        let mut places = Vec::with_capacity(batch.num_rows() * self.values);
        for row in 0..batch.num_rows() {
            let before = places.len();
            places.extend((0..self.values).filter(|&v| self.has(batch, v, row)).map(|v| (v, row)));
            if places.len() == before {
                places.push((self.values - 1, row));
            }
        }
        places
    }

    /// Whether any unpivoted value of a row is not NULL.
    fn has(&self, batch: &RecordBatch, value: usize, row: usize) -> bool {
        self.columns.iter().any(|column| match column {
            Column::Values(sources, _) => !batch.column(sources[value]).is_null(row),
            Column::Passed(_) | Column::Key(_) => false,
        })
    }

    fn send(
        &self,
        batch: &RecordBatch,
        places: &[Place],
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let rows: UInt32Array = places.iter().map(|place| Some(number(place.1))).collect();
        let values: UInt32Array = places.iter().map(|place| Some(number(place.0))).collect();
        let batch = self.layout.assemble(places.len(), |at| match &self.columns[at] {
            Column::Passed(source) => Ok(take(batch.column(*source).as_ref(), &rows, None)?),
            Column::Key(key) => Ok::<_, Stop>(take(key.as_ref(), &values, None)?),
            Column::Values(sources, data_type) => {
                let parts: Vec<ArrayRef> =
                    sources.iter().map(|&source| Arc::clone(batch.column(source))).collect();
                let places: Vec<_> = places.iter().map(|&place| Some(place)).collect();
                gather(&parts, &places, *data_type)
            }
        })?;
        out.send(self.main, batch)
    }
}

#[cfg(test)]
mod tests;
