//! Removes old operations with everything that hangs on them.

use model::{OperationId, Timestamp};

use super::Slice;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Tx, params};

/// How many rows one slice removes at most, besides a few per operation: some ten milliseconds.
const ROWS_MAX: u64 = 2_000;

/// How many operations one slice looks at.
const OPERATIONS_MAX: usize = 100;

/// Tables whose rows are many per operation: table, its number, its operation.
const MANY: &[(&str, &str, &str)] = &[
    ("execution_parameter_values", "execution_parameter_id", "execution_id"),
    ("execution_property_override_values", "property_id", "execution_id"),
    ("executable_statistics", "statistics_id", "execution_id"),
    ("execution_component_phases", "phase_stats_id", "execution_id"),
    ("execution_data_statistics", "data_stats_id", "execution_id"),
    ("execution_data_taps", "data_tap_id", "execution_id"),
    ("extended_operation_info", "info_id", "operation_id"),
];

/// Tables whose rows are few per operation, in an order that references allow.
const FEW: &[&str] = &[
    "DELETE FROM executables WHERE execution_id = ?1",
    "DELETE FROM execution_counters WHERE execution_id = ?1",
    "DELETE FROM execution_logging WHERE execution_id = ?1",
    "DELETE FROM task_attempts WHERE execution_id = ?1",
    "DELETE FROM tasks WHERE execution_id = ?1",
    "DELETE FROM jobs WHERE JobId = (SELECT job_id FROM executions WHERE execution_id = ?1)",
    "DELETE FROM executions WHERE execution_id = ?1",
    "DELETE FROM validations WHERE validation_id = ?1",
    "DELETE FROM operations WHERE operation_id = ?1",
];

/// Removes some of the operations that were over before `before`, the oldest first.
pub(super) fn slice(tx: &mut dyn Tx, before: Timestamp) -> Result<Slice, CatalogError> {
    let sql = "SELECT operation_id FROM operations
               WHERE created_time < ?1 AND coalesce(end_time, created_time) < ?1
                 AND status NOT IN (2, 5, 8)
               ORDER BY created_time LIMIT ?2";
    let rows = tx.query(sql, &params![before, OPERATIONS_MAX as u64])?;
    let mut slice = Slice { n_removed: 0, more: rows.len() == OPERATIONS_MAX };
    let mut left = ROWS_MAX;
    for row in rows {
        if !remove(tx, row.get(0)?, &mut left)? {
            slice.more = true;
            break;
        }
        slice.n_removed += 1;
    }
    Ok(slice)
}

/// Removes one operation, as far as `left` rows go. True when it is gone.
fn remove(tx: &mut dyn Tx, id: OperationId, left: &mut u64) -> Result<bool, CatalogError> {
    if !remove_messages(tx, id, left)? {
        return Ok(false);
    }
    for (table, number, owner) in MANY {
        let sql = format!(
            "DELETE FROM {table} WHERE {number} IN
             (SELECT {number} FROM {table} WHERE {owner} = ?1 LIMIT ?2)"
        );
        *left = left.saturating_sub(tx.execute(&sql, &params![id, *left])?);
        if *left == 0 {
            return Ok(false);
        }
    }
    for sql in FEW {
        tx.execute(sql, &params![id])?;
    }
    permissions::forget(tx, id)?;
    Ok(true)
}

/// Messages go with their context. True when none is left.
fn remove_messages(tx: &mut dyn Tx, id: OperationId, left: &mut u64) -> Result<bool, CatalogError> {
    let oldest = "(SELECT operation_message_id FROM operation_messages WHERE operation_id = ?1
                   ORDER BY operation_message_id LIMIT ?2)";
    let sql = format!("DELETE FROM event_message_context WHERE event_message_id IN {oldest}");
    tx.execute(&sql, &params![id, *left])?;
    let sql = format!("DELETE FROM operation_messages WHERE operation_message_id IN {oldest}");
    *left = left.saturating_sub(tx.execute(&sql, &params![id, *left])?);
    Ok(*left != 0)
}
