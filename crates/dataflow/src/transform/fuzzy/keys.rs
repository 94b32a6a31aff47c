//! The columns of a row that must be equal, as bytes.
//!
//! Text is compared with the flags of its column; NULL is equal to NULL, as in a Lookup.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::Schema;
use expression::array::field;
use model::DataType;

use super::fold::fold;
use crate::Stop;
use crate::cache::key_column;
use crate::sort_key::Keys;

/// A column that must be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact {
    /// Its type.
    pub(crate) data_type: DataType,
    /// Which differences of text do not count.
    pub(crate) flags: i32,
}

impl Exact {
    /// The type in which it is compared: folding may change the length of a text.
    const fn compared(&self) -> DataType {
        if self.data_type.is_text() { DataType::NText } else { self.data_type }
    }
}

/// The columns as they are compared.
pub(crate) fn key_batch(
    columns: &[Exact],
    arrays: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, Stop> {
    let number = |at: usize| at.to_string();
    let fields = columns.iter().enumerate();
    let fields: Vec<_> =
        fields.map(|(at, column)| field(number(at), &column.compared(), true)).collect();
    let folded = columns.iter().zip(arrays).map(|(column, array)| -> ArrayRef {
        if !column.data_type.is_text() || column.flags == 0 {
            return array;
        }
        let texts = array.as_string::<i32>().iter();
        Arc::new(
            texts.map(|text| text.map(|text| fold(text, column.flags))).collect::<StringArray>(),
        )
    });
    Ok(crate::build::batch(&Arc::new(Schema::new(fields)), folded.collect(), rows)?)
}

/// The keys of the rows of such a batch.
pub(crate) fn keys(columns: &[Exact], batch: &RecordBatch) -> Keys {
    let columns: Vec<_> =
        columns.iter().enumerate().map(|(at, column)| key_column(at, column.compared())).collect();
    debug_assert_eq!(columns.len(), batch.num_columns());
    Keys::of(batch, &columns)
}
