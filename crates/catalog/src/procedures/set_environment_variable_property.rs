//! `catalog.set_environment_variable_property`.

use super::environment::{self, PropertyValue, VariableName};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// `@property_value` is `nvarchar(4000)`.
const VALUE_MAX: usize = 4000;

/// Sets the description of a variable.
pub fn set_environment_variable_property(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &VariableName<'_>,
    property: &PropertyValue<'_>,
) -> Result<(), CatalogError> {
    let variable = environment::variable(tx, caller, name)?;
    property.check(VALUE_MAX)?;
    let sql = "UPDATE environment_variables SET description = ?2 WHERE variable_id = ?1";
    tx.execute(sql, &params![variable.id, property.property_value])?;
    Ok(())
}
