//! Executions: create, set values, start, stop.

use std::time::Duration;

use catalog::procedures::{self, CreateExecution, PropertyOverrideValue};
use catalog::{Topic, reads};
use model::{ExecutionId, ObjectType, OperationId};
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{
    BIGINT, BIT, Default, Definition, INT, LONG_TEXT, NAME, Parameter, SMALLINT, VARIANT, text,
};

/// How long a synchronized execution is waited for before its status is looked at again, should
/// no change have been heard of.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How soon a cancel of the waiting call takes effect.
const LOOK_FOR_CANCEL: Duration = Duration::from_millis(50);

const EXECUTION: Parameter = Parameter::new("@execution_id", BIGINT);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "create_execution",
        &[
            Parameter::new("@folder_name", NAME),
            Parameter::new("@project_name", NAME),
            Parameter::new("@package_name", text(260)),
            Parameter::new("@reference_id", BIGINT).or(Default::Null),
            Parameter::new("@use32bitruntime", BIT).or(Default::Bit(false)),
            Parameter::new("@runinscaleout", BIT).or(Default::Null),
            Parameter::new("@useanyworker", BIT).or(Default::Bit(true)),
            Parameter::new("@execution_id", BIGINT).out(),
        ],
        create_execution,
    ),
    Definition::catalog(
        "set_execution_parameter_value",
        &[
            EXECUTION,
            Parameter::new("@object_type", SMALLINT),
            Parameter::new("@parameter_name", NAME),
            Parameter::new("@parameter_value", VARIANT),
        ],
        set_execution_parameter_value,
    ),
    Definition::catalog(
        "set_execution_property_override_value",
        &[
            EXECUTION,
            Parameter::new("@property_path", text(4000)),
            Parameter::new("@property_value", LONG_TEXT),
            Parameter::new("@sensitive", BIT),
        ],
        set_execution_property_override_value,
    ),
    Definition::catalog(
        "start_execution",
        &[EXECUTION, Parameter::new("@retry_count", INT).or(Default::Int(0))],
        start_execution,
    ),
    Definition::catalog("stop_operation", &[Parameter::new("@operation_id", BIGINT)], |call| {
        let id = OperationId(call.number(0)?);
        call.write(move |tx, caller| procedures::stop_operation(tx, caller, id))?;
        Ok(0)
    }),
];

/// Up to 2016 the execution's id was the sixth parameter, and scripts of that time (and the
/// documentation's own) still pass it there. Only it is an OUTPUT.
pub(super) fn position(definition: &Definition, argument: usize, is_output: bool) -> usize {
    let is_earlier_form = definition.name == "create_execution" && argument == 5 && is_output;
    if is_earlier_form { 7 } else { argument }
}

fn create_execution(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (folder, project, package) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let reference_id = call.number_or_null(3);
    let use32bitruntime = call.bit_or_null(4).unwrap_or(false);
    let run_in_scale_out = call.bit_or_null(5);
    let use_any_worker = call.bit_or_null(6).unwrap_or(true);
    let id = call.write_beside(move |tx, caller| {
        let request = CreateExecution {
            reference_id,
            use32bitruntime,
            run_in_scale_out,
            use_any_worker,
            ..CreateExecution::new(&folder, &project, &package)
        };
        procedures::create_execution(tx, caller, &request)
    })?;
    call.set(7, SqlValue::BigInt(id.0));
    Ok(0)
}

fn set_execution_parameter_value(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let id = ExecutionId(call.number(0)?);
    let object_type = ObjectType::try_from(call.int(1)?).map_err(|_| {
        let text = "The value of the input parameter 'object_type' is not valid: use 20 for the \
                    project, 30 for the package or 50 for the execution.";
        SqlError::new(27101, 16, 1, text)
    })?;
    let (name, value) = (call.text(2)?, call.variant(3)?);
    call.write_beside(move |tx, caller| {
        let parameter = (object_type, name.as_str());
        procedures::set_execution_parameter_value(tx, caller, id, parameter, &value)
    })?;
    Ok(0)
}

fn set_execution_property_override_value(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let id = ExecutionId(call.number(0)?);
    let (path, value) = (call.text(1)?, call.text_or_null(2).unwrap_or_default());
    let sensitive = call.bit(3)?;
    call.write_beside(move |tx, caller| {
        let property =
            PropertyOverrideValue { property_path: &path, property_value: &value, sensitive };
        procedures::set_execution_property_override_value(tx, caller, id, &property)
    })?;
    Ok(0)
}

fn start_execution(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let id = ExecutionId(call.number(0)?);
    let retries = call.number_or_null(1).unwrap_or(0);
    let retries = i32::try_from(retries).map_err(|_| SqlError::overflow_expression("int"))?;
    let in_transaction = call.connection.work.in_transaction();
    let started =
        call.write_beside(move |tx, caller| procedures::start_execution(tx, caller, id, retries))?;
    if !started.synchronized {
        return Ok(0);
    }
    if in_transaction {
        let text = "The execution is SYNCHRONIZED and was started inside a transaction, so it \
                    begins only when that is committed, and cannot be waited for. Commit before \
                    start_execution, or leave SYNCHRONIZED out.";
        return Err(SqlError::new(50_000, 16, 1, text));
    }
    call.flush()?;
    wait_for_end(call, id)?;
    Ok(0)
}

/// Holds the call until the execution has ended. The execution goes on when the call is
/// cancelled.
fn wait_for_end(call: &Call<'_>, id: ExecutionId) -> Result<(), SqlError> {
    let work = &call.connection.work;
    let mut changes = work.catalog().changes_of(Topic::Executions);
    while !call.cancel.is_cancelled() {
        changes.mark_unchanged();
        let status = call
            .read(move |tx, caller| reads::execution_statuses(tx, caller, &[id]))?
            .first()
            .map(|(_, status)| *status);
        if status.is_none_or(|status| status.is_final()) {
            return Ok(());
        }
        let mut waited = Duration::ZERO;
        while waited < LOOK_AGAIN && !call.cancel.is_cancelled() {
            let heard = tokio::time::timeout(LOOK_FOR_CANCEL, changes.changed());
            if work.runtime().block_on(heard).is_ok() {
                break;
            }
            waited += LOOK_FOR_CANCEL;
        }
    }
    Ok(())
}
