//! Project versions beyond MAX_PROJECT_VERSIONS, and the files that no version has any more.

use model::ProjectId;

use super::properties;
use crate::cleanup::Slice;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// MAX_PROJECT_VERSIONS when the property is absent.
const VERSIONS_DEFAULT: i64 = 10;

/// How many versions one transaction of a clean-up removes; their files may be large.
const SLICE_MAX: u64 = 20;

/// Deletes the oldest versions of a project beyond MAX_PROJECT_VERSIONS, when
/// VERSION_CLEANUP_ENABLED says so. The current one stays, and those that executions under way
/// need.
pub(crate) fn clean_up(tx: &mut dyn Tx, project: ProjectId) -> Result<(), CatalogError> {
    if !properties::truth(tx, "VERSION_CLEANUP_ENABLED")? {
        return Ok(());
    }
    let keep = properties::number(tx, "MAX_PROJECT_VERSIONS", VERSIONS_DEFAULT)?;
    tx.execute(
        "DELETE FROM object_versions
         WHERE object_id = ?1
           AND object_version_lsn NOT IN (
               SELECT object_version_lsn FROM object_versions WHERE object_id = ?1
               ORDER BY object_version_lsn DESC LIMIT ?2)
           AND object_version_lsn NOT IN (
               SELECT object_version_lsn FROM projects WHERE project_id = ?1)
           AND object_version_lsn NOT IN (
               SELECT e.project_lsn FROM operations o
               JOIN executions e ON e.execution_id = o.operation_id
               WHERE o.status IN (2, 5, 8))",
        &params![project, keep],
    )?;
    remove_files(tx)
}

/// Files that no version has any more.
fn remove_files(tx: &mut dyn Tx) -> Result<(), CatalogError> {
    tx.execute(
        "DELETE FROM project_files
         WHERE NOT EXISTS (SELECT 1 FROM object_versions v WHERE v.hash = project_files.hash)",
        &[],
    )?;
    Ok(())
}

/// A few versions that nobody can use any more: of deleted projects, or beyond
/// MAX_PROJECT_VERSIONS of one project. Executions under way keep theirs.
pub(crate) fn slice(tx: &mut dyn Tx) -> Result<Slice, CatalogError> {
    if !properties::truth(tx, "VERSION_CLEANUP_ENABLED")? {
        return Ok(Slice::default());
    }
    let keep = properties::number(tx, "MAX_PROJECT_VERSIONS", VERSIONS_DEFAULT)?;
    let n_removed = tx.execute(
        "DELETE FROM object_versions WHERE object_version_lsn IN (
             SELECT v.object_version_lsn FROM object_versions v
             LEFT JOIN projects p ON p.project_id = v.object_id
             WHERE (p.project_id IS NULL
                    OR (v.object_version_lsn <> p.object_version_lsn
                        AND ?1 <= (SELECT count(*) FROM object_versions n
                                   WHERE n.object_id = v.object_id
                                     AND v.object_version_lsn < n.object_version_lsn)))
               AND v.object_version_lsn NOT IN (
                   SELECT e.project_lsn FROM operations o
                   JOIN executions e ON e.execution_id = o.operation_id
                   WHERE o.status IN (2, 5, 8))
             ORDER BY v.object_version_lsn LIMIT ?2)",
        &params![keep, SLICE_MAX],
    )?;
    remove_files(tx)?;
    Ok(Slice { n_removed, more: n_removed == SLICE_MAX })
}
