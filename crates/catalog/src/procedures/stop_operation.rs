//! `catalog.stop_operation`.

use model::{ObjectType, OperationId, OperationStatus, OperationType, PermissionType, TaskId};
use scaleout::Event;

use super::operation::{self, Subject};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::scale_out::{apply_event, task_row};
use crate::store::{Tx, params};

/// Asks for an execution to be stopped, and returns the operation that records the request. One
/// that still waits for a worker is canceled at once; of one that runs, its worker hears.
pub fn stop_operation(
    tx: &mut dyn Tx,
    caller: &Caller,
    operation_id: OperationId,
) -> Result<OperationId, CatalogError> {
    let sql = "SELECT o.status, o.object_id, t.TaskId
               FROM operations o LEFT JOIN tasks t ON t.execution_id = o.operation_id
               WHERE o.operation_id = ?1";
    let row = tx.query_opt(sql, &params![operation_id])?;
    let row = row.ok_or_else(|| refusal::operation_not_found(operation_id))?;
    check_permission(tx, caller, operation_id)?;
    let task: Option<TaskId> = row.get(2)?;
    let task = match (row.get(0)?, task) {
        (OperationStatus::Stopping, _) => return Err(refusal::already_stopping()),
        (OperationStatus::Running | OperationStatus::Pending, Some(task)) => task,
        _ => return Err(refusal::not_running(operation_id)),
    };
    let loaded = task_row::load(tx, task)?;
    let mut task = loaded.ok_or_else(|| refusal::not_running(operation_id))?;
    let sql = "UPDATE operations SET stopped_by_name = ?2, stopped_by_sid = ?3
               WHERE operation_id = ?1";
    tx.execute(sql, &params![operation_id, &caller.name, caller.sid.as_ref()])?;
    let seen = (task.fence, tx.now());
    if apply_event(tx, &mut task, &Event::StopRequested, seen)?.is_err() {
        return Err(refusal::not_running(operation_id));
    }
    let subject = Subject { object_type: Some(ObjectType::Project), id: row.get(1)?, name: None };
    let (kind, status) = (OperationType::StopOperation, OperationStatus::Succeeded);
    operation::insert(tx, caller, kind, status, subject)
}

fn check_permission(tx: &mut dyn Tx, caller: &Caller, id: OperationId) -> Result<(), CatalogError> {
    if !permissions::has(tx, caller, id, PermissionType::Read)? {
        return Err(refusal::operation_not_found(id));
    }
    if !permissions::has(tx, caller, id, PermissionType::Modify)? {
        return Err(refusal::operation_not_accessible(id));
    }
    Ok(())
}
