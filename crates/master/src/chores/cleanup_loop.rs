//! Removes what has become old (`CleanupCompletedJobsIntervalInMs`): completed jobs, operations
//! beyond the retention window, project versions beyond their number. What is old is the catalog's
//! business; this loop gives it the time, slice by slice.

use catalog::{Caller, CatalogError, Tx, cleanup};

use crate::error::chain;
use crate::shared::Shared;

/// Who removes, in `catalog.operations`.
const NAME: &str = "clean-up";

/// Runs until the master goes down.
pub(crate) async fn cleanup_loop(shared: Shared, interval_ms: u64) {
    let mut stopping = shared.stopping.clone();
    while super::next_turn(interval_ms, &mut stopping).await {
        let jobs = remove(&shared, cleanup::cleanup_completed_jobs).await;
        say("completed jobs", jobs);
        let keys = remove(&shared, cleanup::cleanup_request_keys).await;
        say("request keys", keys);
        if *stopping.borrow() {
            return;
        }
        let caller = Caller::admin(NAME);
        let operations = cleanup::cleanup_server_retention_window(&shared.catalog, &caller).await;
        say("operations", operations);
        if *stopping.borrow() {
            return;
        }
        let versions = cleanup::cleanup_server_project_version(&shared.catalog, &caller).await;
        say("project versions", versions);
    }
}

fn say(what: &str, removed: Result<u64, CatalogError>) {
    match removed {
        Ok(0) => {}
        Ok(n) => tracing::info!(n, "{what} removed"),
        Err(error) => tracing::warn!(error = chain(&error), "cannot remove {what}"),
    }
}

/// Removes slice by slice, until nothing is left or the master goes down.
async fn remove(
    shared: &Shared,
    slice: fn(&mut dyn Tx) -> Result<u64, CatalogError>,
) -> Result<u64, CatalogError> {
    let mut n = 0;
    while !*shared.stopping.borrow() {
        match shared.catalog.write(slice).await? {
            0 => break,
            removed => n += removed,
        }
    }
    Ok(n)
}
