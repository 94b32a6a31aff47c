//! `catalog.delete_environment_reference`.

use model::PermissionType;

use super::environment_reference;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Deletes a reference of a project to an environment.
pub fn delete_environment_reference(
    tx: &mut dyn Tx,
    caller: &Caller,
    reference_id: i64,
) -> Result<(), CatalogError> {
    let reference =
        environment_reference::find(tx, caller, reference_id, &[PermissionType::Modify])?;
    let sql = "DELETE FROM environment_references WHERE reference_id = ?1";
    tx.execute(sql, &params![reference.id])?;
    Ok(())
}
