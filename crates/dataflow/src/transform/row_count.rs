//! Row Count: passes rows on and leaves their number in a variable.
//!
//! The variable is written once, after the last row of a data flow that succeeded; only later
//! tasks can use it (Row Count Transformation page).

use arrow_array::RecordBatch;
use model::{DataType, Value, dts};

use crate::{Build, Invalid, Lifecycle, Outbox, Stop, Transform};

/// Counts the rows of its input.
struct RowCount {
    variable: String,
    /// Whether the variable holds 64 bits.
    wide: bool,
    rows: u64,
}

/// Builds a Row Count; its variable must exist, be writable and hold a whole number.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let variable = build.text("VariableName").trim().to_owned();
    let Some(found) = build.environment.variable(&variable).filter(|_| !variable.is_empty()) else {
        return Err(Invalid::broken(
            dts::DTS_E_ROWCOUNTBADVARIABLENAME,
            format!(
                "The variable \"{variable}\" specified by VariableName property is not a valid variable. Need a valid variable name to write to."
            ),
        ));
    };
    let wide = matches!(found.data_type, Some(DataType::I8 | DataType::Ui8));
    let fits = wide || matches!(found.data_type, Some(DataType::I4 | DataType::Ui4));
    if !fits {
        return Err(Invalid::broken(
            dts::DTS_E_ROWCOUNTBADVARIABLETYPE,
            format!(
                "The variable \"{variable}\" specified by VariableName property is not an integer. Change the variable to be of type VT_I4, VT_UI4, VT_I8, or VT_UI8."
            ),
        ));
    }
    if found.read_only {
        return Err(Invalid::broken(
            dts::DTS_E_ROWCOUNTBADVARIABLENAME,
            format!("The variable \"{variable}\" specified by VariableName property is read-only."),
        ));
    }
    Ok(Box::new(RowCount { variable, wide, rows: 0 }))
}

impl Lifecycle for RowCount {
    fn variables(&mut self) -> Vec<(String, Value)> {
        let rows = i64::try_from(self.rows).unwrap_or(i64::MAX);
        // A count beyond the variable's type wraps as a 32-bit counter does.
        let value = if self.wide { Value::I8(rows) } else { Value::I4(rows as i32) };
        vec![(self.variable.clone(), value)]
    }
}

impl Transform for RowCount {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        self.rows += batch.num_rows() as u64;
        out.send(0, batch)
    }
}
