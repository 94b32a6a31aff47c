//! Executions: listing them, one of them, stopping them.

use axum::Json;
use axum::extract::State;
use catalog::procedures::stop_operation;
use catalog::{Caller, CatalogError, Topic, Tx, reads};
use model::{Attempt, ExecutionId, OperationId, OperationStatus};

use crate::api::{
    AttemptRow, ExecutionDetail, ExecutionQuery, ExecutionRow, Executions, ExecutionsQuery, Stopped,
};
use crate::error::ApiError;
use crate::progress::ProgressBoard;
use crate::server::{InPath, Parsed, Person};
use crate::shared::Shared;
use crate::wait::Waiter;

/// How many executions one answer lists unless the query says otherwise, and at most.
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1000;

/// `GET /api/executions`
pub(crate) async fn list(
    State(shared): State<Shared>,
    Person(caller): Person,
    Parsed(query): Parsed<ExecutionsQuery>,
) -> Result<Json<Executions>, ApiError> {
    let filter = reads::ExecutionFilter {
        status: query.status.map(status).transpose()?,
        before: query.after.map(ExecutionId),
        limit: query.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX),
        ..reads::ExecutionFilter::default()
    };
    let found = shared.catalog.read(move |tx| reads::executions(tx, &caller, &filter)).await?;
    let executions = found.into_iter().map(|found| row(found, &shared.progress)).collect();
    Ok(Json(Executions { executions }))
}

/// `GET /api/executions/{id}`
pub(crate) async fn one(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<i64>,
    Parsed(query): Parsed<ExecutionQuery>,
) -> Result<Json<ExecutionDetail>, ApiError> {
    let id = ExecutionId(id);
    let known = query.known_status.map(status).transpose()?;
    let wait_ms = query.wait_ms.unwrap_or_default();
    let mut waiter = Waiter::new(&shared.catalog, Topic::Executions, &shared.stopping, wait_ms);
    loop {
        waiter.look();
        let by = caller.clone();
        let found = shared.catalog.read(move |tx| detail(tx, &by, id)).await?;
        let Some((execution, attempts)) = found else { return Err(no_execution(id)) };
        if Some(execution.status) != known || !waiter.again().await {
            let execution = row(execution, &shared.progress);
            let attempts = attempts.into_iter().map(attempt).collect();
            return Ok(Json(ExecutionDetail { execution, attempts }));
        }
    }
}

/// `POST /api/operations/{id}/stop`
pub(crate) async fn stop(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<i64>,
) -> Result<Json<Stopped>, ApiError> {
    let operation_id = OperationId(id);
    let by = caller.name.clone();
    shared.catalog.write(move |tx| stop_operation(tx, &caller, operation_id)).await?;
    tracing::info!(operation = id, by, "asked to stop");
    Ok(Json(Stopped { operation_id }))
}

type Detail = (reads::ExecutionRow, Vec<reads::AttemptRow>);

fn detail(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
) -> Result<Option<Detail>, CatalogError> {
    let Some(execution) = reads::execution(tx, caller, id)? else { return Ok(None) };
    Ok(Some((execution, reads::attempts(tx, caller, id)?)))
}

/// The refusal for an id that is not an execution's.
pub(super) fn no_execution(id: ExecutionId) -> ApiError {
    ApiError::not_found(format!("there is no execution {id}: `packhorse executions` lists them"))
}

fn status(number: i32) -> Result<OperationStatus, ApiError> {
    OperationStatus::try_from(number).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// An execution as the interface shows it.
pub(super) fn row(found: reads::ExecutionRow, progress: &ProgressBoard) -> ExecutionRow {
    let running = matches!(found.status, OperationStatus::Running | OperationStatus::Stopping);
    if found.status.is_final() {
        progress.drop_ended(found.id);
    }
    ExecutionRow {
        execution_id: found.id,
        progress: if running { progress.of(found.id) } else { None },
        folder: found.folder,
        project: found.project,
        package: found.package,
        status: found.status,
        created_time: found.created,
        start_time: found.started,
        end_time: found.ended,
        caller_name: found.caller,
        stopped_by_name: found.stopped_by,
        task_id: found.task,
        worker: found.worker,
        worker_name: found.worker_name,
        attempts: found.executed_count,
        retry_count: found.retry_count,
        rows_written: found.rows_written,
        first_error: found.first_error,
    }
}

fn attempt(attempt: reads::AttemptRow) -> AttemptRow {
    AttemptRow {
        attempt: Attempt(attempt.attempt),
        worker: attempt.worker,
        worker_name: attempt.worker_name,
        start_time: attempt.started,
        end_time: attempt.ended,
        outcome: attempt.outcome,
        detail: attempt.detail,
        rows_written: attempt.rows_written,
    }
}
