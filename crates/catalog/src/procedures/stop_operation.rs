//! `catalog.stop_operation`.

use model::{ObjectType, OperationId, OperationStatus, OperationType, TaskId};
use scaleout::Event;

use super::operation::{self, Subject};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::scale_out::{apply_event, task_row};
use crate::store::{Row, Tx, params};

/// Asks for an execution to be stopped, and returns the operation that records the request. One
/// that still waits for a worker is canceled at once; of one that runs, its worker hears.
pub fn stop_operation(
    tx: &mut dyn Tx,
    caller: &Caller,
    operation_id: OperationId,
) -> Result<OperationId, CatalogError> {
    let sql = "SELECT o.status, o.object_id, o.caller_name, t.TaskId
               FROM operations o LEFT JOIN tasks t ON t.execution_id = o.operation_id
               WHERE o.operation_id = ?1";
    let row = tx.query_opt(sql, &params![operation_id])?;
    let row = row.filter(|row| may_stop(caller, row));
    let row = row.ok_or_else(|| refusal::operation_not_found(operation_id))?;
    let task: Option<TaskId> = row.get(3)?;
    let task = match (row.get(0)?, task) {
        (OperationStatus::Stopping, _) => return Err(refusal::already_stopping()),
        (OperationStatus::Running | OperationStatus::Pending, Some(task)) => task,
        _ => return Err(refusal::not_running(operation_id)),
    };
    let loaded = task_row::load(tx, task)?;
    let mut task = loaded.ok_or_else(|| refusal::not_running(operation_id))?;
    let sql = "UPDATE operations SET stopped_by_name = ?2 WHERE operation_id = ?1";
    tx.execute(sql, &params![operation_id, &caller.name])?;
    let seen = (task.fence, tx.now());
    if apply_event(tx, &mut task, &Event::StopRequested, seen)?.is_err() {
        return Err(refusal::not_running(operation_id));
    }
    let subject = Subject { object_type: Some(ObjectType::Project), id: row.get(1)?, name: None };
    let (kind, status) = (OperationType::StopOperation, OperationStatus::Succeeded);
    operation::insert(tx, caller, kind, status, subject)
}

fn may_stop(caller: &Caller, row: &Row) -> bool {
    caller.is_admin() || row.get::<String>(2).is_ok_and(|created_by| created_by == caller.name)
}
