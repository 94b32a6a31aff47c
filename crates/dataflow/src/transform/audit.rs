//! Audit: new columns with facts about the run: execution, package, machine, user, task.

use arrow_array::RecordBatch;
use expression::array::repeat;
use expression::convert::{ConvertOptions, convert};
use model::{DataType, Value, dts};

use super::{Exit, Made};
use crate::{Build, Context, Failure, Invalid, Lifecycle, Outbox, Stop, Transform};

/// The system variable behind each number of `LineageItemSelected`.
const ITEMS: &[&str] = &[
    "System::ExecutionInstanceGUID",
    "System::PackageID",
    "System::PackageName",
    "System::VersionGUID",
    "System::StartTime",
    "System::MachineName",
    "System::UserName",
    "System::TaskName",
    "System::TaskID",
];

/// Adds facts as columns.
struct Audit {
    items: Vec<Item>,
    exit: Exit,
}

/// A column with the same value in all rows.
struct Item {
    variable: &'static str,
    data_type: DataType,
    column: String,
    value: Value,
}

/// Builds an Audit.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let exit = Exit::of(build)?;
    let mut items = Vec::new();
    for (column, leaving) in
        build.component.outputs[exit.main].columns.iter().zip(&exit.layout.columns)
    {
        let name = build.output_column_name(exit.main, column);
        let number = column
            .property("LineageItemSelected")
            .and_then(|text| text.trim().parse::<usize>().ok());
        let Some(&variable) = number.and_then(|number| ITEMS.get(number)) else {
            return Err(Invalid::broken(
                dts::DTS_E_TXLINEAGEINVALIDLINEAGEITEM,
                format!(
                    "The value of the LineageItemSelected property of \"{name}\" is not one of 0 to {}.",
                    ITEMS.len() - 1
                ),
            ));
        };
        if leaving.position.is_some() {
            let data_type = column.data_type;
            items.push(Item { variable, data_type, column: name, value: Value::Null });
        }
    }
    Ok(Box::new(Audit { items, exit }))
}

impl Lifecycle for Audit {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        for item in &mut self.items {
            item.value = item.read(context)?;
        }
        context.check()
    }
}

impl Item {
    fn read(&self, context: &Context<'_>) -> Result<Value, Failure> {
        let Some(found) = context.environment().variable(self.variable) else {
            return Err(Failure::new(
                dts::DTS_E_VARIABLENOTFOUND,
                format!("The variable \"{}\" cannot be found.", self.variable),
            ));
        };
        let from = found.data_type.unwrap_or(DataType::WStr { length: 4000 });
        convert(&found.value, from, self.data_type, &ConvertOptions::default()).map_err(|failure| {
            Failure::new(
                dts::DTS_E_TXLINEAGEDATATYPEMISMATCH,
                format!(
                    "The value of {} does not fit \"{}\" ({}): {failure}.",
                    self.variable, self.column, self.data_type
                ),
            )
        })
    }
}

impl Transform for Audit {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut added = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let column = repeat(&item.value, item.data_type, batch.num_rows());
            added.push(column.map_err(|error| {
                Failure::new(
                    dts::DTS_E_TXLINEAGEDATATYPEMISMATCH,
                    format!("\"{}\": {error}.", item.column),
                )
            })?);
        }
        self.exit.send(batch, Made { added, ..Made::default() }, out)
    }
}

#[cfg(test)]
mod tests {
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    fn rig(item: &str, column: &str) -> Rig {
        let mut rig = Rig::new();
        rig.source("Src", "a i4", "1\n2");
        rig.variable("System::TaskName", "wstr:50", "Load").variable(
            "System::StartTime",
            "date",
            "2026-11-21 09:30:00",
        );
        let mut audit = testing::component(ComponentClass::Audit, "Audit");
        audit.inputs.push(testing::input("Audit", "In", &[]));
        let mut out = testing::output("Audit", "Out", column);
        out.synchronous_input = Some("Audit.Inputs[In]".to_owned());
        out.columns[0].properties.push(testing::property("LineageItemSelected", item));
        audit.outputs.push(out);
        rig.add(audit).sink("Sink", &["Src.a", "Audit.x"]);
        rig.path("Src.Out", "Audit.In").path("Audit.Out", "Sink.In");
        rig
    }

    #[test]
    fn every_row_gets_the_fact() {
        assert_eq!(rig("7", "x wstr:50").run().rows("Sink"), "1|Load\n2|Load");
        let started = rig("4", "x date").run().rows("Sink");
        assert!(started.starts_with("1|") && started.contains("2026"), "{started}");
    }

    #[test]
    fn an_item_that_does_not_exist_and_one_that_does_not_fit_are_errors() {
        assert!(rig("9", "x wstr:50").run().messages().contains("E C02020BC"));
        assert!(rig("7", "x wstr:2").run().messages().contains("E C02020BE"));
    }
}
