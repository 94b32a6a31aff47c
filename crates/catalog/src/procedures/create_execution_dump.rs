//! `catalog.create_execution_dump`.

use std::convert::Infallible;

use model::{ExecutionId, OperationStatus};

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Refuses with the documented errors, and a running execution too: an image of its process would
/// tell nobody anything here, and the state of a package is written by DUMP_ON_ERROR and
/// DUMP_ON_EVENT, which are set before the start.
pub fn create_execution_dump(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
) -> Result<Infallible, CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::needs_role("ssis_admin", "sysadmin"));
    }
    let sql = "SELECT o.status FROM executions e
               JOIN operations o ON o.operation_id = e.execution_id WHERE e.execution_id = ?1";
    let status: Option<OperationStatus> = tx.scalar(sql, &params![execution])?;
    let status = status.ok_or_else(|| refusal::execution_not_found(execution))?;
    if status.is_final() {
        return Err(refusal::execution_completed());
    }
    if !matches!(status, OperationStatus::Running | OperationStatus::Stopping) {
        return Err(refusal::process_not_found(execution));
    }
    Err(refusal::dump_not_supported(execution))
}
