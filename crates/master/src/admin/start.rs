//! `POST /api/executions`: creates and starts executions, all of them or none.

use axum::Json;
use axum::extract::State;
use catalog::idempotency::once;
use catalog::procedures::{
    CreateExecution, PropertyOverrideValue, add_execution_worker, create_execution,
    set_execution_parameter_text, set_execution_parameter_value,
    set_execution_property_override_value, start_execution,
};
use catalog::{Caller, CatalogError, Tx};
use model::{ExecutionId, ObjectType, Value};

use crate::api::{ExecutionsStarted, NewExecution, NewParameter};
use crate::error::ApiError;
use crate::server::{JsonBody, Person};
use crate::shared::Shared;

/// How many executions one request may start: they are one transaction, which keeps others
/// waiting.
const EXECUTIONS_MAX: usize = 10_000;

/// The documented error for a parameter that an execution does not have.
const NO_SUCH_PARAMETER: i32 = 27176;

/// The longest idempotency key, in bytes.
const KEY_MAX: usize = 200;

/// `POST /api/executions`
pub(crate) async fn start(
    State(shared): State<Shared>,
    Person(caller): Person,
    JsonBody(wanted): JsonBody<Vec<NewExecution>>,
) -> Result<Json<ExecutionsStarted>, ApiError> {
    check(&wanted)?;
    let name = caller.name.clone();
    let executions = shared.catalog.write_beside(move |tx| start_all(tx, &caller, &wanted)).await?;
    tracing::info!(n = executions.len(), by = name, "executions started");
    Ok(Json(ExecutionsStarted { executions }))
}

fn check(wanted: &[NewExecution]) -> Result<(), ApiError> {
    if EXECUTIONS_MAX < wanted.len() {
        let message =
            format!("one request starts at most {EXECUTIONS_MAX} executions: send several");
        return Err(ApiError::bad_request(message));
    }
    let keys = wanted.iter().filter_map(|wanted| wanted.idempotency_key.as_ref());
    if keys.clone().any(|key| key.is_empty() || KEY_MAX < key.len()) {
        let message = format!("an idempotency_key has 1 to {KEY_MAX} bytes");
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

fn start_all(
    tx: &mut dyn Tx,
    caller: &Caller,
    wanted: &[NewExecution],
) -> Result<Vec<ExecutionId>, CatalogError> {
    let several = 1 < wanted.len();
    let mut started = Vec::with_capacity(wanted.len());
    for (index, wanted) in wanted.iter().enumerate() {
        let one = start_one(tx, caller, wanted);
        started.push(
            one.map_err(|error| if several { name_it(error, index, wanted) } else { error })?,
        );
    }
    Ok(started)
}

/// Says which of several executions the catalog refused.
fn name_it(error: CatalogError, index: usize, wanted: &NewExecution) -> CatalogError {
    if let CatalogError::Procedure { number, message } = error {
        let message =
            format!("execution {} of the list ({}): {message}", index + 1, wanted.package);
        return CatalogError::Procedure { number, message };
    }
    error
}

fn start_one(
    tx: &mut dyn Tx,
    caller: &Caller,
    wanted: &NewExecution,
) -> Result<ExecutionId, CatalogError> {
    let Some(key) = &wanted.idempotency_key else { return start_new(tx, caller, wanted) };
    let work = |tx: &mut dyn Tx| start_new(tx, caller, wanted).map(|id| id.0);
    once(tx, caller, ("create_execution", key), work).map(ExecutionId)
}

fn start_new(
    tx: &mut dyn Tx,
    caller: &Caller,
    wanted: &NewExecution,
) -> Result<ExecutionId, CatalogError> {
    let use_any_worker = wanted.use_any_worker.unwrap_or(wanted.workers.is_empty());
    let request = CreateExecution {
        reference_id: wanted.reference_id,
        run_in_scale_out: Some(true),
        use_any_worker,
        ..CreateExecution::new(&wanted.folder, &wanted.project, &wanted.package)
    };
    let id = create_execution(tx, caller, &request)?;
    for parameter in &wanted.parameters {
        set_parameter(tx, caller, id, parameter)?;
    }
    if let Some(level) = wanted.logging_level {
        let name = (ObjectType::Execution, "LOGGING_LEVEL");
        set_execution_parameter_value(tx, caller, id, name, &Value::I4(level))?;
    }
    for property in &wanted.property_overrides {
        let value = PropertyOverrideValue {
            property_path: &property.path,
            property_value: &property.value,
            sensitive: property.sensitive,
        };
        set_execution_property_override_value(tx, caller, id, &value)?;
    }
    for agent in &wanted.workers {
        add_execution_worker(tx, caller, id, *agent)?;
    }
    let retry_count = i32::try_from(wanted.retry_count).unwrap_or(i32::MAX);
    start_execution(tx, caller, id, retry_count)?;
    Ok(id)
}

fn set_parameter(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
    parameter: &NewParameter,
) -> Result<(), CatalogError> {
    if let Some(object_type) = parameter.object_type {
        return set_as(tx, caller, id, (object_type, parameter));
    }
    let mut result = Ok(());
    for object_type in [ObjectType::Package, ObjectType::Project, ObjectType::Execution] {
        result = set_as(tx, caller, id, (object_type, parameter));
        let missing = result.as_ref().err().and_then(CatalogError::number);
        if missing != Some(NO_SUCH_PARAMETER) {
            break;
        }
    }
    result
}

fn set_as(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
    (object_type, parameter): (ObjectType, &NewParameter),
) -> Result<(), CatalogError> {
    let name = (object_type, parameter.name.as_str());
    match &parameter.value {
        Some(text) => set_execution_parameter_text(tx, caller, id, name, text),
        None => set_execution_parameter_value(tx, caller, id, name, &Value::Null),
    }
}
