//! `catalog.startup`.

use model::{MessageType, OperationId, OperationStatus, OperationType};

use super::operation;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Topic, Tx, params};

/// An operation that was found to have ended without saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminated {
    /// The operation.
    pub operation: OperationId,
    /// What it did.
    pub operation_type: OperationType,
    /// The status that it had.
    pub status: OperationStatus,
}

impl Terminated {
    /// The text of warning 27165, severity 10.
    pub fn warning(&self) -> String {
        format!(
            "Warning: during startup, operation {} (type {}, status {}) was marked as ended \
             unexpectedly",
            self.operation,
            self.operation_type.number(),
            self.status.number()
        )
    }
}

/// Marks operations that are under way according to their status, and that nothing carries any
/// more, as ended unexpectedly. What a worker runs, or waits for one, has a task, and is left to
/// its lease; so this finds what a restored backup or a crash in the middle left behind.
pub fn startup(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<Terminated>, CatalogError> {
    caller.require_admin()?;
    let sql = "SELECT o.operation_id, o.operation_type, o.status FROM operations o
               WHERE o.status IN (2, 5, 8)
                 AND NOT EXISTS (SELECT 1 FROM tasks t
                                 WHERE t.execution_id = o.operation_id AND t.phase < 2)
               ORDER BY o.operation_id";
    let mut found = Vec::new();
    for row in tx.query(sql, &[])? {
        let (operation, operation_type, status) = (row.get(0)?, row.get(1)?, row.get(2)?);
        found.push(Terminated { operation, operation_type, status });
    }
    for one in &found {
        let sql = "UPDATE operations SET status = ?2, end_time = ?3 WHERE operation_id = ?1";
        let ended = OperationStatus::EndedUnexpectedly;
        tx.execute(sql, &params![one.operation, ended, tx.now()])?;
        operation::say(tx, one.operation, MessageType::Warning, &one.warning())?;
    }
    if !found.is_empty() {
        tx.notify(Topic::Executions);
        tx.notify(Topic::Messages);
    }
    Ok(found)
}
