//! `catalog.set_environment_reference_type`.

use super::environment_reference::{self, ReferenceLocation};
use super::lookup::READ_AND_MODIFY;
use super::names::fold;
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Makes a reference relative or absolute. The environment must be where it then looks.
pub fn set_environment_reference_type(
    tx: &mut dyn Tx,
    caller: &Caller,
    reference_id: i64,
    location: ReferenceLocation<'_>,
) -> Result<(), CatalogError> {
    let row = environment_reference::find(tx, caller, reference_id, READ_AND_MODIFY)?;
    let environment = (location, row.environment_name.as_str());
    environment_reference::check_environment(tx, caller, row.project_folder, environment)?;
    let sql = "SELECT count(*) FROM environment_references
               WHERE project_id = ?1 AND reference_type = ?2 AND environment_folder_key = ?3
                 AND environment_key = ?4 AND reference_id <> ?5";
    let key = fold(&row.environment_name);
    let same = params![row.project, location.code(), location.folder_key(), key, row.id];
    if tx.scalar::<i64>(sql, &same)? != Some(0) {
        return Err(refusal::reference_exists());
    }
    let sql = "UPDATE environment_references
               SET reference_type = ?2, environment_folder_name = ?3, environment_folder_key = ?4,
                   validation_status = 'N', last_validation_time = NULL
               WHERE reference_id = ?1";
    let folder = location.folder_name();
    tx.execute(sql, &params![row.id, location.code(), folder, location.folder_key()])?;
    Ok(())
}
