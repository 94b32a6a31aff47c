//! `catalog.set_environment_variable_value`.

use model::Value;

use super::environment::{self, VariableName};
use super::{refusal, value};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// Changes the value of a variable, whose type stays.
pub fn set_environment_variable_value(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &VariableName<'_>,
    new_value: &Value,
) -> Result<(), CatalogError> {
    let variable = environment::variable(tx, caller, name)?;
    if new_value.is_null() {
        return Err(refusal::parameter_is_null("value"));
    }
    let text = value::text_of(&variable.type_name, new_value)?;
    environment::write_value(tx, &variable, Some(&text), variable.sensitive)
}
