//! `catalog.clear_object_parameter_value`.

use super::lookup::{self, ObjectParameterName};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Removes the server default of a parameter: its design default counts again.
pub fn clear_object_parameter_value(
    tx: &mut dyn Tx,
    caller: &Caller,
    parameter: &ObjectParameterName<'_>,
) -> Result<(), CatalogError> {
    let row = lookup::object_parameter(tx, caller, parameter)?;
    tx.execute(
        "UPDATE object_parameters
         SET value_type = 'V', value_set = 0, referenced_variable_name = NULL,
             default_value = NULL, sealed_default = NULL
         WHERE parameter_id = ?1",
        &params![row.id],
    )?;
    Ok(())
}
