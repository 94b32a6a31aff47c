//! Recordset Destination: all rows, in an object variable.
//!
//! The rows are kept in memory until the data flow has succeeded; they count against its memory
//! budget.

use std::mem::size_of;
use std::sync::Arc;

use arrow_array::RecordBatch;
use expression::array::value_at;
use model::{DataType, RowSet, Value, dts};

use crate::{Build, Destination, Invalid, Lifecycle, Outbox, Stop};

/// Collects rows for a variable.
struct Recordset {
    variable: String,
    /// Places of the columns in a batch, and their types.
    columns: Vec<(usize, DataType)>,
    rows: RowSet,
}

/// Builds a Recordset Destination.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Destination>, Invalid> {
    let variable = build.text("VariableName").trim().to_owned();
    let found = build.environment.variable(&variable).filter(|_| !variable.is_empty());
    if found.is_none_or(|found| found.read_only || found.data_type.is_some()) {
        return Err(Invalid::broken(
            dts::DTS_E_RSTDESTBADVARIABLENAME,
            format!(
                "The VariableName property is not set to the name of a valid variable: \"{variable}\" must be a variable of type Object."
            ),
        ));
    }
    let input = build.input(0)?;
    let (mut columns, mut names) = (Vec::new(), Vec::new());
    for column in &build.component.inputs[0].columns {
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let arriving = &input.columns[position];
        let name = if column.name.is_empty() { &arriving.name } else { &column.name };
        columns.push((position, arriving.data_type));
        names.push((name.clone(), arriving.data_type));
    }
    if columns.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_CANNOTHAVEZEROINPUTCOLUMNS,
            format!("The number of input columns for {} cannot be zero.", build.component.name),
        ));
    }
    let rows = RowSet { columns: names, rows: Vec::new() };
    Ok(Box::new(Recordset { variable, columns, rows }))
}

impl Lifecycle for Recordset {
    fn variables(&mut self) -> Vec<(String, Value)> {
        let rows = Arc::new(std::mem::take(&mut self.rows));
        vec![(self.variable.clone(), Value::Rows(rows))]
    }
}

impl Destination for Recordset {
    fn write(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let cells = batch.num_rows() * self.columns.len() * size_of::<Value>();
        out.context().reserve(cells + batch.get_array_memory_size())?;
        for row in 0..batch.num_rows() {
            let cell = |&(position, data_type): &(usize, DataType)| {
                value_at(batch.column(position).as_ref(), data_type, row)
            };
            self.rows.rows.push(self.columns.iter().map(cell).collect());
        }
        Ok(())
    }

    fn rows_written(&self) -> u64 {
        self.rows.rows.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use model::Value;
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    fn rig() -> Rig {
        let mut rig = Rig::new();
        rig.source("Src", "a i4, s wstr:5", "1|x\nNULL|y").variable("User::Rows", "object", "");
        let mut recordset = testing::component(ComponentClass::RecordsetDestination, "Set");
        recordset.inputs.push(testing::input("Set", "In", &["Src.s", "Src.a"]));
        recordset.properties.push(testing::property("VariableName", "User::Rows"));
        rig.add(recordset).path("Src.Out", "Set.In");
        rig
    }

    #[test]
    fn all_rows_end_up_in_the_variable_in_the_order_of_the_input_columns() {
        for batch_rows in [1, 1024] {
            let outcome = rig().batch_rows(batch_rows).run();
            let Value::Rows(set) = &outcome.variables["User::Rows"].value else { panic!() };
            assert_eq!(set.columns[0].0, "s");
            let rows = [vec![Value::text("x"), Value::I4(1)], vec![Value::text("y"), Value::Null]];
            assert_eq!(set.rows, rows);
            assert_eq!(outcome.result.unwrap().rows_written, 2);
        }
    }

    #[test]
    fn rows_beyond_the_memory_budget_and_a_wrong_variable_are_refused() {
        let mut small = rig();
        small.world.settings.memory_budget = 10;
        assert!(small.run().messages().contains("E C0047012"));
        let mut wrong = rig();
        wrong.variable("User::Rows", "i4", "1");
        assert!(wrong.run().messages().contains("E C020207B"));
    }
}
