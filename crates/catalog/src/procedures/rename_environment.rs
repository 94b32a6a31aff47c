//! `catalog.rename_environment`.

use model::PermissionType;

use super::environment::{self, EnvironmentName};
use super::names::{self, fold};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Renames an environment. References name the environment as before, and are broken by it.
pub fn rename_environment(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
    new_environment_name: &str,
) -> Result<(), CatalogError> {
    let found = environment::find_for(tx, caller, name, &[PermissionType::Modify])?;
    names::check(new_environment_name, |name| refusal::environment_name_not_valid(name))?;
    let other = environment::find_in(tx, found.folder, new_environment_name)?;
    if other.is_some_and(|other| other != found.id) {
        return Err(refusal::environment_name_taken(new_environment_name));
    }
    let sql = "UPDATE environments SET name = ?2, name_key = ?3 WHERE environment_id = ?1";
    tx.execute(sql, &params![found.id, new_environment_name, fold(new_environment_name)])?;
    Ok(())
}
