//! `catalog.get_project`.

use super::{lookup, project_file};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// The `.ispac` of a project's current version.
pub fn get_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    project_name: &str,
) -> Result<Vec<u8>, CatalogError> {
    let project = lookup::project(tx, caller, folder_name, project_name)?;
    project_file::load_version(tx, &project, project.object_version_lsn)
}
