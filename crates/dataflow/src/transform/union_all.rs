//! Union All: the rows of several inputs, in one output, as they come.
//!
//! A column of an input names the output column that it feeds; an output column that an input
//! does not feed is NULL there. There is no order between inputs (Union All Transformation page).

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use expression::array::physical;
use expression::convert::{ConvertOptions, convert_array};
use model::{DataType, dts};

use crate::{
    Build, Combine, Failure, Inputs, Invalid, Leaving, Lifecycle, Outbox, OutputLayout, Stop,
};

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
            let wanted = super::lineage(&column.properties, "OutputColumnLineageID");
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

/// Whether every value of a type can stand in an output column: the same type, no longer and with
/// no more digits. The designer widens an output column to its longest input.
fn fits(from: DataType, to: DataType) -> bool {
    match (from, to) {
        (DataType::Str { length, code_page }, DataType::Str { length: most, code_page: other }) => {
            length <= most && code_page == other
        }
        (DataType::WStr { length }, DataType::WStr { length: most })
        | (DataType::Bytes { length }, DataType::Bytes { length: most }) => length <= most,
        (
            DataType::Numeric { precision, scale },
            DataType::Numeric { precision: digits, scale: most },
        ) => scale <= most && precision.saturating_sub(scale) <= digits.saturating_sub(most),
        (DataType::Decimal { scale }, DataType::Decimal { scale: most }) => scale <= most,
        _ => from.code() == to.code(),
    }
}

impl Lifecycle for UnionAll {}

impl Combine for UnionAll {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        while let Some((input, batch)) = inputs.next_of_any()? {
            let feeds = &self.feeds[input];
            let joined = self.layout.assemble(batch.num_rows(), |column| {
                feed(&batch, feeds[column], &self.layout.columns[column])
            })?;
            out.send(0, joined)?;
        }
        Ok(())
    }
}

/// The values of an output column in one batch of an input.
fn feed(batch: &RecordBatch, feed: Option<Feed>, column: &Leaving) -> Result<ArrayRef, Stop> {
    let data_type = column.data_type;
    let Some(feed) = feed else {
        return Ok(new_null_array(&physical(&data_type), batch.num_rows()));
    };
    let array = batch.column(feed.position);
    if physical(&feed.data_type) == physical(&data_type) {
        return Ok(ArrayRef::clone(array));
    }
    let converted = convert_array(array, feed.data_type, data_type, &ConvertOptions::default());
    if converted.failures.is_empty() {
        return Ok(converted.array);
    }
    // DT_DECIMAL with a larger scale has fewer digits in front of the point.
    let text = format!("A value does not fit the column \"{}\" ({data_type}).", column.name);
    Err(Failure::new(dts::DTS_E_METADATAMISMATCHWITHOUTPUTCOLUMN, text).into())
}

#[cfg(test)]
mod tests {
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    fn rig(columns: &str) -> Rig {
        let mut rig = Rig::new();
        rig.source("A", "s wstr:3, n numeric:5:1", "abc|1.5").source("B", "s wstr:5", "abcde");
        let mut union = testing::component(ComponentClass::UnionAll, "All");
        for (name, lineages) in [("In1", vec!["A.s", "A.n"]), ("In2", vec!["B.s"]), ("In3", vec![])]
        {
            let mut input = testing::input("All", name, &lineages);
            for (column, target) in input.columns.iter_mut().zip(["#{All.s}", "#{All.n}"]) {
                column.properties.push(testing::property("OutputColumnLineageID", target));
            }
            union.inputs.push(input);
        }
        union.outputs.push(testing::output("All", "Out", columns));
        rig.add(union).sink("Sink", &["All.s", "All.n"]).path("All.Out", "Sink.In");
        rig.path("A.Out", "All.In1").path("B.Out", "All.In2");
        rig
    }

    #[test]
    fn an_input_without_a_column_gives_null_and_an_unattached_one_nothing() {
        let outcome = rig("s wstr:5, n numeric:9:2").run();
        assert_eq!(outcome.sorted("Sink"), "abcde|NULL\nabc|1.50", "{}", outcome.messages());
    }

    #[test]
    fn an_output_column_that_is_too_narrow_is_refused() {
        assert!(rig("s wstr:4, n numeric:9:2").run().messages().contains("E C02020C1"));
        assert!(rig("s wstr:5, n numeric:5:2").run().messages().contains("E C02020C1"));
    }
}
