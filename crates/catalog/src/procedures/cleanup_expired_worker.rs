//! `internal.cleanup_expired_worker`.

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Topic, Tx, params};

/// Forgets workers that have not been heard of for `hours` and run nothing; returns how many.
/// Their certificates stay trusted: one that comes back is listed again (scale-out fact sheet,
/// section 4).
pub fn cleanup_expired_worker(
    tx: &mut dyn Tx,
    caller: &Caller,
    hours: i32,
) -> Result<u64, CatalogError> {
    caller.require_admin()?;
    if hours < 0 {
        return Err(refusal::parameter_not_valid("hoursToKeep"));
    }
    let before = tx.now().plus_ms(-i64::from(hours) * 60 * 60 * 1000);
    let sql = "DELETE FROM worker_agents WHERE LastOnlineTime < ?1 AND WorkerAgentId NOT IN
               (SELECT WorkerAgentId FROM tasks WHERE phase = 1 AND WorkerAgentId IS NOT NULL)";
    let removed = tx.execute(sql, &params![before])?;
    tx.notify(Topic::Tasks);
    Ok(removed)
}
