//! `catalog.set_environment_variable_protection`.

use super::environment::{self, VariableName};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed::{self, Stored};
use crate::store::{Tx, params};

/// Makes a variable sensitive, or not any more; its value is then stored encrypted, or readably.
pub fn set_environment_variable_protection(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &VariableName<'_>,
    sensitive: bool,
) -> Result<(), CatalogError> {
    let variable = environment::variable(tx, caller, name)?;
    if variable.sensitive == sensitive {
        return Ok(());
    }
    let sql = "SELECT value, sealed_value FROM environment_variables WHERE variable_id = ?1";
    let Some(row) = tx.query_opt(sql, &params![variable.id])? else { return Ok(()) };
    let stored = Stored { text: row.get(0)?, sealed: row.get(1)? };
    let place = sealed::environment_variable(variable.environment, &variable.key);
    let what = || format!("environment variable `{}`", variable.key);
    let value = sealed::reveal(tx, &place, stored, what)?;
    environment::write_value(tx, &variable, value.as_deref(), sensitive)
}
