//! Where a component finds and puts its columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, SchemaRef};
use model::DataType;

/// The batches that arrive at an input.
#[derive(Clone, Debug)]
pub struct InputLayout {
    /// The integer id of the input.
    pub id: i32,
    /// The schema of the batches.
    pub schema: SchemaRef,
    /// Their columns, in order. Columns that the component does not use pass through it.
    pub columns: Vec<Arriving>,
    /// Whether rows can arrive at all.
    pub attached: bool,
    /// Whether the rows are said to be sorted, by the columns' `sort_key_position`.
    pub sorted: bool,
}

/// A column of the batches that arrive at an input.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The lineage id in the package.
    pub lineage: String,
    /// The lineage id as an integer.
    pub id: i32,
    /// The name at the output that made it.
    pub name: String,
    /// Name of the component that made it.
    pub source: String,
    /// The type.
    pub data_type: DataType,
    /// Place in the order of sorted rows, negative for descending; 0 for none.
    pub sort_key_position: i32,
    /// How text is compared.
    pub comparison_flags: i32,
}

impl InputLayout {
    /// Place in the batch of the column with this lineage id.
    pub fn position(&self, lineage: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.lineage == lineage)
    }

    /// The column with this lineage id.
    pub fn find(&self, lineage: &str) -> Option<&Arriving> {
        self.columns.iter().find(|column| column.lineage == lineage)
    }
}

/// The batches that leave by an output.
///
/// Those of a source or an asynchronous output hold the output's own columns; those of a
/// synchronous one hold the columns of the input and behind them the output's own. In both cases
/// only own columns that somebody needs are there: the others have no `position`.
#[derive(Clone, Debug)]
pub struct OutputLayout {
    /// The integer id of the output.
    pub id: i32,
    /// Whether rows sent here arrive anywhere.
    pub attached: bool,
    /// The schema of the batches.
    pub schema: SchemaRef,
    /// The output's own columns, as the component declares them.
    pub columns: Vec<Leaving>,
    /// How many columns in front come from the input.
    pub passed: usize,
}

/// An output column.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// The lineage id as an integer.
    pub id: i32,
    /// The column's name.
    pub name: String,
    /// The type.
    pub data_type: DataType,
    /// Place in the batch; `None` when nobody needs it and it must not be made.
    pub position: Option<usize>,
}

impl OutputLayout {
    /// The batch of a source or an asynchronous output, from `make`, which is called with the
    /// number of each own column that somebody needs, in order.
    pub fn assemble<E: From<ArrowError>>(
        &self,
        rows: usize,
        mut make: impl FnMut(usize) -> Result<ArrayRef, E>,
    ) -> Result<RecordBatch, E> {
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for (number, column) in self.columns.iter().enumerate() {
            if column.position.is_some() {
                columns.push(make(number)?);
            }
        }
        Ok(batch(&self.schema, columns, rows)?)
    }

    /// The batch of a synchronous output: the input's, with further columns behind.
    pub fn extend(
        &self,
        input: RecordBatch,
        added: Vec<ArrayRef>,
    ) -> Result<RecordBatch, ArrowError> {
        let rows = input.num_rows();
        let (_, mut columns, _) = input.into_parts();
        columns.extend(added);
        batch(&self.schema, columns, rows)
    }
}

/// A batch that may have no columns.
pub(crate) fn batch(
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}
