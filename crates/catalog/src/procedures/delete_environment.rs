//! `catalog.delete_environment`.

use super::environment::{self, EnvironmentName};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::{self, Securable};
use crate::store::{Tx, params};

/// Deletes an environment with its variables. References to it stay, and are broken.
pub fn delete_environment(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
) -> Result<(), CatalogError> {
    let found = environment::find(tx, caller, name)?;
    permissions::forget(tx, Securable::environment(found.id))?;
    tx.execute("DELETE FROM environments WHERE environment_id = ?1", &params![found.id])?;
    Ok(())
}
