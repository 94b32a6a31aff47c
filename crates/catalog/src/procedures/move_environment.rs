//! `catalog.move_environment`.

use super::environment::{self, EnvironmentName};
use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Moves an environment to another folder. References do not follow.
pub fn move_environment(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
    destination_folder: &str,
) -> Result<(), CatalogError> {
    let found = environment::find(tx, caller, name)?;
    let destination = lookup::target_folder(
        tx,
        caller,
        destination_folder,
        (lookup::READ_AND_MODIFY, |folder| refusal::may_not_create_environment(folder)),
    )?;
    if environment::find_in(tx, destination, name.environment_name)?.is_some() {
        return Err(refusal::environment_exists(name.environment_name));
    }
    let sql = "UPDATE environments SET folder_id = ?2 WHERE environment_id = ?1";
    tx.execute(sql, &params![found.id, destination])?;
    Ok(())
}
