//! `catalog.create_environment_reference`.

use super::environment_reference::{self, ReferenceLocation};
use super::lookup::{self, ProjectName, READ_AND_MODIFY};
use super::names::fold;
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Lets a project refer to an environment, and returns the reference's id.
pub fn create_environment_reference(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectName<'_>,
    (location, environment_name): (ReferenceLocation<'_>, &str),
) -> Result<i64, CatalogError> {
    let row = lookup::project_for(tx, caller, project.place(), READ_AND_MODIFY)?;
    let sql = "SELECT folder_id FROM projects WHERE project_id = ?1";
    let folder = tx.scalar(sql, &params![row.id])?;
    let folder = folder.ok_or_else(|| refusal::project_not_found(project.project_name))?;
    let environment = (location, environment_name);
    environment_reference::check_environment(tx, caller, folder, environment)?;
    let id = tx.insert_unless(
        ("environment_references", "reference_id"),
        "project_id, reference_type, environment_folder_name, environment_folder_key,
         environment_name, environment_key",
        &params![
            row.id,
            location.code(),
            location.folder_name(),
            location.folder_key(),
            environment_name,
            fold(environment_name)
        ],
        "project_id, reference_type, environment_folder_key, environment_key",
    )?;
    id.ok_or_else(refusal::reference_exists)
}
