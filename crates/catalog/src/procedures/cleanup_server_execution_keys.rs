//! `catalog.cleanup_server_execution_keys`.

use super::{properties, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// SERVER_OPERATION_ENCRYPTION_LEVEL when the property is absent: a key per project.
const LEVEL_DEFAULT: i64 = 2;

/// Checks what the original checks, and returns how many keys were dropped: none, ever. The
/// original makes a certificate and a key for each execution or project; here one key of the
/// catalog seals every value for its own row, and nothing accumulates.
///
/// `cleanup_flag` is 1 for keys of executions or 2 for keys of projects, and must be the level
/// that SERVER_OPERATION_ENCRYPTION_LEVEL is set to.
pub fn cleanup_server_execution_keys(
    tx: &mut dyn Tx,
    caller: &Caller,
    cleanup_flag: i32,
    delete_batch_size: i32,
) -> Result<u64, CatalogError> {
    caller.require_admin()?;
    let level = properties::number(tx, "SERVER_OPERATION_ENCRYPTION_LEVEL", LEVEL_DEFAULT)?;
    if i64::from(cleanup_flag) != level {
        return Err(refusal::parameter_not_valid("cleanup_flag"));
    }
    if delete_batch_size < 1 {
        return Err(refusal::parameter_not_valid("delete_batch_size"));
    }
    let sql = "SELECT count(*) FROM operations WHERE status IN (2, 5, 8)";
    if tx.scalar::<i64>(sql, &[])? != Some(0) {
        return Err(refusal::operations_are_active());
    }
    Ok(0)
}
