//! `catalog.delete_environment_variable`.

use super::environment::{self, VariableName};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Deletes a variable. Parameters that refer to it keep its name.
pub fn delete_environment_variable(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &VariableName<'_>,
) -> Result<(), CatalogError> {
    let variable = environment::variable(tx, caller, name)?;
    tx.execute("DELETE FROM environment_variables WHERE variable_id = ?1", &params![variable.id])?;
    Ok(())
}
