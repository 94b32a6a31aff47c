//! `catalog.create_environment`.

use model::PermissionType;

use super::environment::{self, DESCRIPTION_MAX, EnvironmentName};
use super::names::{self, fold};
use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::{self, Securable};
use crate::store::{Tx, params};

/// Makes an environment without variables, and returns its id.
pub fn create_environment(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
    environment_description: Option<&str>,
) -> Result<i64, CatalogError> {
    let folder = lookup::folder(tx, caller, name.folder_name)?;
    if !permissions::has(tx, caller, folder, PermissionType::Modify)? {
        return Err(refusal::may_not_create_environment(name.folder_name));
    }
    names::check(name.environment_name, |name| refusal::environment_name_not_valid(name))?;
    let description = environment_description.unwrap_or_default();
    environment::check_length("environment_description", description, DESCRIPTION_MAX)?;
    let id = tx.insert_unless(
        ("environments", "environment_id"),
        "folder_id, name, name_key, description, created_by_sid, created_by_name,
         created_time",
        &params![
            folder,
            name.environment_name,
            fold(name.environment_name),
            environment_description,
            caller.sid.as_ref(),
            &caller.name,
            tx.now()
        ],
        "folder_id, name_key",
    )?;
    let id = id.ok_or_else(|| refusal::environment_exists(name.environment_name))?;
    permissions::grant_creator(tx, caller, Securable::environment(id))?;
    Ok(id)
}
