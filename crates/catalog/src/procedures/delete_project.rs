//! `catalog.delete_project`.

use super::lookup;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Tx, params};

/// Deletes a project with its packages, parameters and environment references. Its versions and
/// operations stay until they are cleaned up.
pub fn delete_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    project_name: &str,
) -> Result<(), CatalogError> {
    let place = (folder_name, project_name);
    let project = lookup::project_for(tx, caller, place, lookup::READ_AND_MODIFY)?;
    permissions::forget(tx, project.id)?;
    tx.execute("DELETE FROM projects WHERE project_id = ?1", &params![project.id])?;
    Ok(())
}
