//! `catalog.remove_data_tap`.

use model::{ExecutionId, OperationStatus, PermissionType};

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Tx, params};

/// Removes a tap from an execution that was not started yet.
pub fn remove_data_tap(
    tx: &mut dyn Tx,
    caller: &Caller,
    data_tap_id: i64,
) -> Result<(), CatalogError> {
    let sql = "SELECT t.execution_id, o.status FROM execution_data_taps t
               JOIN operations o ON o.operation_id = t.execution_id
               WHERE t.data_tap_id = ?1";
    let row = tx.query_opt(sql, &params![data_tap_id])?;
    let row = row.ok_or_else(|| refusal::data_tap_missing(data_tap_id))?;
    let execution: ExecutionId = row.get(0)?;
    if !permissions::has(tx, caller, execution, PermissionType::Modify)? {
        return Err(refusal::data_tap_missing(data_tap_id));
    }
    if row.get::<OperationStatus>(1)? != OperationStatus::Created {
        return Err(refusal::data_tap_after_start());
    }
    tx.execute("DELETE FROM execution_data_taps WHERE data_tap_id = ?1", &params![data_tap_id])?;
    Ok(())
}
