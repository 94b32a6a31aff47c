//! Removes what has become old: operations beyond the retention window, project versions beyond
//! their number, completed jobs, remembered request keys.
//!
//! Everything is removed in slices of bounded size, one transaction each, so that nobody waits
//! long for a clean-up. Masters do it as a chore; `internal.cleanup_server_retention_window`,
//! `internal.cleanup_server_project_version` and `catalog.cleanup_server_log` do the same at once.

mod jobs;
mod operations;

pub use jobs::{cleanup_completed_jobs, cleanup_request_keys};

use model::{MessageType, OperationStatus, OperationType, Timestamp};

use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::procedures::operation::{self, Subject};
use crate::procedures::{properties, refusal, versions};
use crate::store::Tx;

/// RETENTION_WINDOW when the property is absent, in days.
const RETENTION_DEFAULT: i64 = 365;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What one slice removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// How many operations or versions are gone.
    pub n_removed: u64,
    /// Whether there is more to remove.
    pub more: bool,
}

/// `internal.cleanup_server_retention_window`: removes operations that ended, or were created and
/// never started, more than RETENTION_WINDOW days ago, with all that hangs on them, unless
/// OPERATION_CLEANUP_ENABLED is off. Returns how many.
pub async fn cleanup_server_retention_window(
    catalog: &Catalog,
    caller: &Caller,
) -> Result<u64, CatalogError> {
    caller.require_admin()?;
    let n_removed = all_slices(catalog, retention_window_slice).await?;
    record(catalog, caller, OperationType::RetentionWindow, n_removed).await?;
    Ok(n_removed)
}

/// `internal.cleanup_server_project_version`: removes project versions beyond
/// MAX_PROJECT_VERSIONS, and those of deleted projects, unless VERSION_CLEANUP_ENABLED is off.
/// Returns how many.
pub async fn cleanup_server_project_version(
    catalog: &Catalog,
    caller: &Caller,
) -> Result<u64, CatalogError> {
    caller.require_admin()?;
    let n_removed = all_slices(catalog, versions::slice).await?;
    record(catalog, caller, OperationType::MaxProjectVersion, n_removed).await?;
    Ok(n_removed)
}

/// `catalog.cleanup_server_log`: removes all operations, when none is active (27139).
///
/// The original asks for single-user mode besides, as it cannot keep others out otherwise; here
/// operations that start meanwhile are simply not among those that are removed.
pub async fn cleanup_server_log(catalog: &Catalog, caller: &Caller) -> Result<u64, CatalogError> {
    caller.require_admin()?;
    let until = catalog.read(|tx| until_now(tx)).await?;
    all_slices(catalog, move |tx| operations::slice(tx, until)).await
}

/// The end of the log that is to be removed: now, when nothing is active.
fn until_now(tx: &mut dyn Tx) -> Result<Timestamp, CatalogError> {
    let sql = "SELECT count(*) FROM operations WHERE status IN (2, 5, 8)";
    if tx.scalar::<i64>(sql, &[])? != Some(0) {
        return Err(refusal::operations_are_active());
    }
    Ok(tx.now().plus_ms(1))
}

/// One slice of [`cleanup_server_retention_window`], for masters.
pub fn retention_window_slice(tx: &mut dyn Tx) -> Result<Slice, CatalogError> {
    let days = properties::number(tx, "RETENTION_WINDOW", RETENTION_DEFAULT)?;
    if days < 1 || !properties::truth(tx, "OPERATION_CLEANUP_ENABLED")? {
        return Ok(Slice::default());
    }
    let before = tx.now().plus_ms(days.saturating_mul(-DAY_MS));
    operations::slice(tx, before)
}

/// Runs slices until nothing is left.
async fn all_slices<F>(catalog: &Catalog, slice: F) -> Result<u64, CatalogError>
where
    F: Fn(&mut dyn Tx) -> Result<Slice, CatalogError> + Clone + Send + 'static,
{
    let mut n_removed = 0;
    loop {
        let done = catalog.write(slice.clone()).await?;
        n_removed += done.n_removed;
        if !done.more {
            return Ok(n_removed);
        }
    }
}

/// The operation that tells of a clean-up; none when there was nothing to do.
async fn record(
    catalog: &Catalog,
    caller: &Caller,
    kind: OperationType,
    n_removed: u64,
) -> Result<(), CatalogError> {
    if n_removed == 0 {
        return Ok(());
    }
    let caller = caller.clone();
    let job = move |tx: &mut dyn Tx| {
        let status = OperationStatus::Succeeded;
        let id = operation::insert(tx, &caller, kind, status, Subject::default())?;
        let is_of_operations = kind == OperationType::RetentionWindow;
        let what = if is_of_operations { "operations" } else { "project versions" };
        operation::say(tx, id, MessageType::Information, &format!("{n_removed} {what} removed"))
    };
    catalog.write(job).await
}
