//! `catalog.set_environment_property`.

use super::environment::{self, DESCRIPTION_MAX, EnvironmentName, PropertyValue};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Sets the description of an environment.
pub fn set_environment_property(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
    property: &PropertyValue<'_>,
) -> Result<(), CatalogError> {
    let found = environment::find(tx, caller, name)?;
    property.check(DESCRIPTION_MAX)?;
    let sql = "UPDATE environments SET description = ?2 WHERE environment_id = ?1";
    tx.execute(sql, &params![found.id, property.property_value])?;
    Ok(())
}
