//! `catalog.move_project`.

use model::PermissionType;

use super::lookup::{self, ProjectName, READ_AND_MODIFY};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Moves a project with its references to another folder, where relative references then look
/// for their environments.
pub fn move_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectName<'_>,
    destination_folder: &str,
) -> Result<(), CatalogError> {
    let row = lookup::project_for(tx, caller, project.place(), READ_AND_MODIFY)?;
    let destination = lookup::target_folder(
        tx,
        caller,
        destination_folder,
        (&[PermissionType::CreateObjects], |folder| refusal::may_not_move_to(folder)),
    )?;
    if lookup::find_project(tx, destination, &row.name)?.is_some() {
        return Err(refusal::project_exists(&row.name));
    }
    let sql = "UPDATE projects SET folder_id = ?2 WHERE project_id = ?1";
    tx.execute(sql, &params![row.id, destination])?;
    Ok(())
}
