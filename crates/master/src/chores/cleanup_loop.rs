//! Removes completed jobs (`CleanupCompletedJobsIntervalInMs`): what Scale Out needed to run
//! executions that ended a while ago. The executions, their attempts and messages stay; what
//! retention does with those is a chore of its own.

use catalog::{CatalogError, Param, Tx};

use crate::error::chain;
use crate::shared::Shared;

/// How long a completed job is kept, for people who look for its TaskId: 60 minutes, as
/// `internal.cleanup_completed_jobs_exclusive` does (scale-out fact sheet, section 4).
const KEPT_FOR_MS: i64 = 60 * 60 * 1000;

/// How many jobs one transaction removes: others wait meanwhile.
const JOBS_MAX: i64 = 500;

/// Runs until the master goes down.
pub(crate) async fn cleanup_loop(shared: Shared, interval_ms: u64) {
    let mut stopping = shared.stopping.clone();
    while super::next_turn(interval_ms, &mut stopping).await {
        let mut n = 0;
        while !*stopping.borrow() {
            match shared.catalog.write(|tx| remove_some(tx)).await {
                Ok(0) => break,
                Ok(removed) => n += removed,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "cannot remove completed jobs");
                    break;
                }
            }
        }
        if 0 < n {
            tracing::info!(n, "completed jobs removed");
        }
    }
}

/// Removes the oldest completed jobs with their tasks and lists of workers. Returns how many.
fn remove_some(tx: &mut dyn Tx) -> Result<u64, CatalogError> {
    let before = tx.now().plus_ms(-KEPT_FOR_MS);
    let old = [Param::Int(before.0), Param::Int(JOBS_MAX)];
    let sql = "SELECT JobId FROM jobs WHERE completed_time < ?1 ORDER BY completed_time LIMIT ?2";
    let jobs: Vec<String> =
        tx.query(sql, &old)?.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let each: Vec<_> = jobs.iter().map(|job| vec![Param::Text(job.into())]).collect();
    tx.execute_many("DELETE FROM tasks WHERE JobId = ?1", &each)?;
    tx.execute_many("DELETE FROM jobs WHERE JobId = ?1", &each)?;
    Ok(jobs.len() as u64)
}
