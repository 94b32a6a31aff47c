//! `catalog.set_execution_property_override_value`.

use std::fmt;

use model::{ExecutionId, OperationStatus};

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed;
use crate::store::{Tx, params};

/// The column is `nvarchar(4000)`.
const PATH_MAX: usize = 4000;

/// A property to set for one execution.
#[derive(Clone, Copy)]
pub struct PropertyOverrideValue<'a> {
    /// Path of the property: `\Package\Task.Properties[Name]`.
    pub property_path: &'a str,
    /// The value as text.
    pub property_value: &'a str,
    /// Whether the value must not be shown.
    pub sensitive: bool,
}

impl fmt::Debug for PropertyOverrideValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropertyOverrideValue")
            .field("property_path", &self.property_path)
            .finish_non_exhaustive()
    }
}

/// Sets a property of the package for an execution that was not started yet.
pub fn set_execution_property_override_value(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    property: &PropertyOverrideValue<'_>,
) -> Result<(), CatalogError> {
    let row = lookup::execution(tx, caller, execution)?;
    if row.status != OperationStatus::Created {
        return Err(refusal::property_after_start());
    }
    let path = property.property_path;
    if !path.starts_with('\\') || PATH_MAX < path.encode_utf16().count() {
        return Err(refusal::parameter_not_valid("property_path"));
    }
    let place = sealed::property_override(execution.0, path);
    let value = Some(property.property_value);
    let stored = sealed::store(tx, &place, value, property.sensitive)?;
    tx.execute(
        "INSERT INTO execution_property_override_values (execution_id, property_path,
             property_value, sealed_value, sensitive)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (execution_id, property_path) DO UPDATE SET
             property_value = excluded.property_value, sealed_value = excluded.sealed_value,
             sensitive = excluded.sensitive",
        &params![execution, path, stored.text, stored.sealed, property.sensitive],
    )?;
    Ok(())
}
