//! How much the catalog holds, and the counters of executions that run.

use model::{ExecutionId, SecurableType};

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::readable;
use crate::procedures::lookup;
use crate::store::{Row, Tx, params};

/// What `catalog.dm_execution_performance_counters` shows: execution, name and value of each
/// counter, of one execution (27103 unless the caller may READ and MODIFY it) or of all that run
/// and that the caller may READ.
pub fn execution_counters(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: Option<ExecutionId>,
) -> Result<Vec<(ExecutionId, String, i64)>, CatalogError> {
    if let Some(id) = execution {
        lookup::execution(tx, caller, id)?;
    }
    let sql = format!(
        "SELECT c.execution_id, c.counter_name, c.counter_value FROM execution_counters c
         WHERE (CAST(?1 AS BIGINT) IS NULL OR c.execution_id = ?1) AND {}
         ORDER BY c.execution_id, c.counter_name",
        readable(caller, SecurableType::Operation, "c.execution_id")
    );
    let one = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    tx.query(&sql, &params![execution])?.iter().map(one).collect()
}

/// Bytes that the database takes on its server.
pub fn database_size(tx: &mut dyn Tx) -> Result<i64, CatalogError> {
    Ok(tx.scalar("SELECT CAST({{database_size}} AS BIGINT)", &[])?.unwrap_or(0))
}

/// Characters of all messages of operations; 0 for those who may not read logs.
pub fn operation_log_size(tx: &mut dyn Tx, caller: &Caller) -> Result<i64, CatalogError> {
    if !caller.may_read_logs() {
        return Ok(0);
    }
    let sql = "SELECT CAST(coalesce(sum(length(message)), 0) AS BIGINT) FROM operation_messages";
    Ok(tx.scalar(sql, &[])?.unwrap_or(0))
}

/// Bytes of all stored project files; 0 for all but administrators.
pub fn version_log_size(tx: &mut dyn Tx, caller: &Caller) -> Result<i64, CatalogError> {
    if !caller.is_admin() {
        return Ok(0);
    }
    let sql = "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM project_files";
    Ok(tx.scalar(sql, &[])?.unwrap_or(0))
}
