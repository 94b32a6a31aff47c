//! Union All: the rows of several inputs, in one output, as they come.
//!
//! A column of an input names the output column that it feeds; an output column that an input
//! does not feed is NULL there. There is no order between inputs (Union All Transformation page).

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use expression::array::physical;
use expression::convert::{ConvertOptions, convert_array};
use model::{DataType, dts};

use crate::{Build, Combine, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop};

/// Joins inputs by appending.
struct UnionAll {
    /// By input: for each output column where it comes from.
    feeds: Vec<Vec<Option<Feed>>>,
    layout: OutputLayout,
}

/// A column of an input that feeds an output column.
#[derive(Clone, Copy)]
struct Feed {
    position: usize,
    data_type: DataType,
}

/// Builds a Union All.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let layout = build.output(0)?.clone();
    let columns = &build.component.outputs[0].columns;
    let mut feeds = Vec::new();
    for (number, input) in build.component.inputs.iter().enumerate() {
        let arriving = build.input(number)?;
        let mut of_input = vec![None; columns.len()];
        for column in input.columns.iter().filter(|_| arriving.attached) {
            let wanted = super::lineage_property(column.property("OutputColumnLineageID"));
            let target = columns.iter().position(|output| output.lineage_id == wanted);
            let position = arriving.position(&column.lineage_id);
            let (Some(target), Some(position)) = (target, position) else { continue };
            let data_type = arriving.columns[position].data_type;
            if !fits(data_type, columns[target].data_type) {
                return Err(Invalid::broken(
                    dts::DTS_E_METADATAMISMATCHWITHOUTPUTCOLUMN,
                    format!(
                        "The metadata for \"{}\" does not match the metadata for the associated output column.",
                        build.input_column_name(number, column)
                    ),
                ));
            }
            of_input[target] = Some(Feed { position, data_type });
        }
        feeds.push(of_input);
    }
    Ok(Box::new(UnionAll { feeds, layout }))
}

/// Whether values of a type can stand in an output column: the same type, or text of another
/// length.
fn fits(from: DataType, to: DataType) -> bool {
    match (from, to) {
        (DataType::Str { code_page: a, .. }, DataType::Str { code_page: b, .. }) => a == b,
        (DataType::Numeric { .. }, DataType::Numeric { .. })
        | (DataType::Decimal { .. }, DataType::Decimal { .. }) => true,
        _ => from.code() == to.code(),
    }
}

impl Lifecycle for UnionAll {}

impl Combine for UnionAll {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        while let Some((input, batch)) = inputs.next_of_any()? {
            let feeds = &self.feeds[input];
            let joined = self.layout.assemble(batch.num_rows(), |column| {
                Ok::<_, Stop>(feed(&batch, feeds[column], self.layout.columns[column].data_type))
            })?;
            out.send(0, joined)?;
        }
        Ok(())
    }
}

/// The values of an output column in one batch of an input.
fn feed(batch: &RecordBatch, feed: Option<Feed>, data_type: DataType) -> ArrayRef {
    let Some(feed) = feed else {
        return new_null_array(&physical(&data_type), batch.num_rows());
    };
    let array = batch.column(feed.position);
    if physical(&feed.data_type) == physical(&data_type) {
        return ArrayRef::clone(array);
    }
    convert_array(array, feed.data_type, data_type, &ConvertOptions::default()).array
}
