//! `catalog.operations`.

use model::{OperationId, OperationStatus, OperationType, Timestamp};
use serde::Serialize;

use super::visible;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Row, Tx, params};

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationRow {
    /// Its id.
    pub id: OperationId,
    /// What it does.
    pub operation_type: OperationType,
    /// When it was created.
    pub created: Timestamp,
    /// The type of the object that it is about.
    pub object_type: Option<i16>,
    /// The object's id.
    pub object_id: Option<i64>,
    /// The object's name.
    pub object_name: Option<String>,
    /// Where it is.
    pub status: OperationStatus,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who called for it.
    pub caller: String,
    /// Who stopped it.
    pub stopped_by: Option<String>,
}

/// Operations older than `before`, newest first.
pub fn operations(
    tx: &mut dyn Tx,
    caller: &Caller,
    before: Option<OperationId>,
    limit: u32,
) -> Result<Vec<OperationRow>, CatalogError> {
    let sql = format!(
        "SELECT operation_id, operation_type, created_time, object_type, object_id,
                      object_name, status, start_time, end_time, caller_name, stopped_by_name
               FROM operations
               WHERE (CAST(?1 AS BIGINT) IS NULL OR operation_id < ?1)
                 AND {}
               ORDER BY operation_id DESC LIMIT ?2",
        visible(caller, "operations.operation_id")
    );
    tx.query(&sql, &params![before, limit])?.iter().map(from_row).collect()
}

/// One operation; `None` when there is none that the caller may see.
pub fn operation(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: OperationId,
) -> Result<Option<OperationRow>, CatalogError> {
    let sql = format!(
        "SELECT operation_id, operation_type, created_time, object_type, object_id,
                      object_name, status, start_time, end_time, caller_name, stopped_by_name
               FROM operations
               WHERE operation_id = ?1 AND {}",
        visible(caller, "operations.operation_id")
    );
    tx.query_opt(&sql, &params![id])?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<OperationRow, CatalogError> {
    Ok(OperationRow {
        id: row.get(0)?,
        operation_type: row.get(1)?,
        created: row.get(2)?,
        object_type: row.get(3)?,
        object_id: row.get(4)?,
        object_name: row.get(5)?,
        status: row.get(6)?,
        started: row.get(7)?,
        ended: row.get(8)?,
        caller: row.get(9)?,
        stopped_by: row.get(10)?,
    })
}
