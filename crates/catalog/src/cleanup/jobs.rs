//! Removes completed jobs, and keys of requests that nobody repeats any more.

use crate::error::CatalogError;
use crate::store::{Tx, params};

/// How long a completed job is kept, for people who look for its TaskId: 60 minutes, as
/// `internal.cleanup_completed_jobs_exclusive` does (scale-out fact sheet, section 4).
const JOBS_KEPT_FOR_MS: i64 = 60 * 60 * 1000;

/// How long a request can be repeated under its key, in milliseconds: a week.
const KEYS_KEPT_FOR_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// How many jobs or keys one transaction removes: others wait meanwhile.
const REMOVED_MAX: i64 = 500;

/// Removes the oldest completed jobs with their tasks and lists of workers: what Scale Out needed
/// to run executions that ended a while ago. The executions, their attempts and messages stay.
/// Returns how many, 0 when none is left.
pub fn cleanup_completed_jobs(tx: &mut dyn Tx) -> Result<u64, CatalogError> {
    let before = tx.now().plus_ms(-JOBS_KEPT_FOR_MS);
    let sql = "SELECT JobId FROM jobs WHERE completed_time < ?1 ORDER BY completed_time LIMIT ?2";
    let rows = tx.query(sql, &params![before, REMOVED_MAX])?;
    let jobs: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let each: Vec<_> = jobs.iter().map(|job| params![job].to_vec()).collect();
    tx.execute_many("DELETE FROM tasks WHERE JobId = ?1", &each)?;
    tx.execute_many("DELETE FROM jobs WHERE JobId = ?1", &each)?;
    Ok(jobs.len() as u64)
}

/// Forgets keys of requests (see [`crate::idempotency`]) that are a week old. Returns how many, 0
/// when none is left.
pub fn cleanup_request_keys(tx: &mut dyn Tx) -> Result<u64, CatalogError> {
    let before = tx.now().plus_ms(-KEYS_KEPT_FOR_MS);
    let sql = "DELETE FROM idempotency_keys WHERE request_key IN
               (SELECT request_key FROM idempotency_keys WHERE created_time < ?1 LIMIT ?2)";
    tx.execute(sql, &params![before, REMOVED_MAX])
}
