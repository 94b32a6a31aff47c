//! Data taps: what flows over a path of a data flow, written to a file.

use catalog::procedures::{self, DataTap};
use model::ExecutionId;
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{BIGINT, Default as Or, Definition, GUID, INT, LONG_TEXT, Parameter, text};

const EXECUTION: Parameter = Parameter::new("@execution_id", BIGINT);
const PATH: Parameter = Parameter::new("@dataflow_path_id_string", text(4000));
const FILE: Parameter = Parameter::new("@data_filename", text(4000));
const MAX_ROWS: Parameter = Parameter::new("@max_rows", INT).or(Or::Null);
const TAP: Parameter = Parameter::new("@data_tap_id", BIGINT);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "add_data_tap",
        &[
            EXECUTION,
            Parameter::new("@task_package_path", LONG_TEXT),
            PATH,
            FILE,
            MAX_ROWS,
            TAP.or(Or::Null).out(),
        ],
        |call| {
            let (id, task, tap) = (ExecutionId(call.number(0)?), call.text(1)?, Tap::of(call)?);
            let tap = call.write(move |tx, caller| {
                procedures::add_data_tap(tx, caller, id, &task, &tap.as_tap())
            })?;
            call.set(5, SqlValue::BigInt(tap));
            Ok(0)
        },
    ),
    Definition::catalog(
        "add_data_tap_by_guid",
        &[
            EXECUTION,
            Parameter::new("@dataflow_task_guid", GUID),
            PATH,
            FILE,
            MAX_ROWS,
            TAP.or(Or::Null).out(),
        ],
        |call| {
            let (id, task, tap) = (ExecutionId(call.number(0)?), call.guid(1)?, Tap::of(call)?);
            let tap = call.write(move |tx, caller| {
                procedures::add_data_tap_by_guid(tx, caller, id, task, &tap.as_tap())
            })?;
            call.set(5, SqlValue::BigInt(tap));
            Ok(0)
        },
    ),
    Definition::catalog("remove_data_tap", &[TAP], |call| {
        let tap = call.number(0)?;
        call.write(move |tx, caller| procedures::remove_data_tap(tx, caller, tap))?;
        Ok(0)
    }),
];

/// The arguments that both ways to name the task share.
struct Tap {
    path: String,
    file: String,
    max_rows: Option<i32>,
}

impl Tap {
    fn of(call: &Call<'_>) -> Result<Self, SqlError> {
        let max_rows = call.number_or_null(4).map(i32::try_from).transpose();
        let max_rows = max_rows.map_err(|_| SqlError::overflow_expression("int"))?;
        Ok(Self { path: call.text(2)?, file: call.text(3)?, max_rows })
    }

    fn as_tap(&self) -> DataTap<'_> {
        DataTap {
            dataflow_path_id_string: &self.path,
            data_filename: &self.file,
            max_rows: self.max_rows,
        }
    }
}
