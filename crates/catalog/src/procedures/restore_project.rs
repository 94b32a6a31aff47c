//! `catalog.restore_project`.

use model::{MessageType, ObjectType, OperationStatus, OperationType};

use super::lookup::{self, ProjectName, READ_AND_MODIFY};
use super::operation::{self, Subject};
use super::parameters::{self, Overrides};
use super::project_file::{self, ProjectFile};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Makes an earlier version current, whose `file` [`stored_project`](super::stored_project) gave,
/// and resets all parameters to their design defaults.
pub fn restore_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectName<'_>,
    (object_version_lsn, file): (i64, &ProjectFile),
) -> Result<(), CatalogError> {
    let row = lookup::project_for(tx, caller, project.place(), READ_AND_MODIFY)?;
    if row.object_version_lsn == object_version_lsn {
        return Err(refusal::same_version());
    }
    if project_file::hash_of_version(tx, &row, object_version_lsn)? != file.hash {
        return Err(refusal::version_not_of_project());
    }
    let reading = file.project().map_err(|_| refusal::project_not_retrieved(&row.name))?;
    parameters::replace(tx, row.id, &reading.project, Overrides::Reset)?;
    let sql = "UPDATE projects SET object_version_lsn = ?2, description = ?3,
                      validation_status = 'N', last_validation_time = NULL
               WHERE project_id = ?1";
    tx.execute(sql, &params![row.id, object_version_lsn, &reading.project.description])?;
    let sql = "UPDATE object_versions SET restored_by = ?2, last_restored_time = ?3
               WHERE object_version_lsn = ?1";
    tx.execute(sql, &params![object_version_lsn, &caller.name, tx.now()])?;
    let subject = Subject {
        object_type: Some(ObjectType::Project),
        id: Some(row.id.0),
        name: Some(&row.name),
    };
    let (kind, status) = (OperationType::RestoreProject, OperationStatus::Succeeded);
    let operation = operation::insert(tx, caller, kind, status, subject)?;
    // 27151 and 27152 bracket a restore in the original.
    for text in [
        format!(
            "the restore of project '{}' from version {} has started",
            row.name, row.object_version_lsn
        ),
        format!(
            "the restore of project '{}' to version {object_version_lsn} has completed",
            row.name
        ),
    ] {
        operation::say(tx, operation, MessageType::Information, &text)?;
    }
    Ok(())
}
