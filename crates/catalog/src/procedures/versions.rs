//! Project versions beyond MAX_PROJECT_VERSIONS, and the files that no version has any more.

use model::ProjectId;

use super::properties;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// MAX_PROJECT_VERSIONS when the property is absent.
const VERSIONS_DEFAULT: i64 = 10;

/// Deletes the oldest versions of a project beyond MAX_PROJECT_VERSIONS, when
/// VERSION_CLEANUP_ENABLED says so. The current one stays, and those that executions under way
/// need.
pub(super) fn clean_up(tx: &mut dyn Tx, project: ProjectId) -> Result<(), CatalogError> {
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
    tx.execute(
        "DELETE FROM project_files
         WHERE NOT EXISTS (SELECT 1 FROM object_versions v WHERE v.hash = project_files.hash)",
        &[],
    )?;
    Ok(())
}
