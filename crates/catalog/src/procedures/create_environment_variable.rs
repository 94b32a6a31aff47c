//! `catalog.create_environment_variable`.

use std::fmt;

use model::{TypeCode, Value};

use super::environment::{self, DESCRIPTION_MAX, VariableName};
use super::names::{self, fold};
use super::{refusal, value};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed;
use crate::store::{Tx, params};

/// What a new variable is.
#[derive(Clone, Copy)]
pub struct NewVariable<'a> {
    /// Name of the data type, in any letter case.
    pub data_type: &'a str,
    /// Whether the value is stored encrypted and never shown.
    pub sensitive: bool,
    /// The value.
    pub value: &'a Value,
    /// The author's words about it.
    pub description: Option<&'a str>,
}

impl fmt::Debug for NewVariable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewVariable")
            .field("data_type", &self.data_type)
            .field("sensitive", &self.sensitive)
            .finish_non_exhaustive()
    }
}

/// Adds a variable to an environment, and returns its id.
pub fn create_environment_variable(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &VariableName<'_>,
    new: &NewVariable<'_>,
) -> Result<i64, CatalogError> {
    let environment = environment::find(tx, caller, &name.environment)?.id;
    names::check_variable(name.variable_name, |name| refusal::variable_name_not_valid(name))?;
    let description = new.description.unwrap_or_default();
    environment::check_length("description", description, DESCRIPTION_MAX)?;
    let type_name = supported(new.data_type)?.name();
    if new.value.is_null() {
        return Err(refusal::parameter_is_null("value"));
    }
    let text = value::text_of(type_name, new.value)?;
    let key = fold(name.variable_name);
    let place = sealed::environment_variable(environment, &key);
    let stored = sealed::store(tx, &place, Some(&text), new.sensitive)?;
    let id = tx.insert_unless(
        ("environment_variables", "variable_id"),
        "environment_id, name, name_key, description, type, sensitive, value, sealed_value",
        &params![
            environment,
            name.variable_name,
            &key,
            new.description,
            type_name,
            new.sensitive,
            stored.text,
            stored.sealed
        ],
        "environment_id, name_key",
    )?;
    id.ok_or_else(|| refusal::variable_exists(name.variable_name))
}

/// The documented types, and Decimal, which designers offer too.
fn supported(name: &str) -> Result<TypeCode, CatalogError> {
    let type_code = name.parse().map_err(|_| refusal::type_not_supported(name))?;
    match type_code {
        TypeCode::Boolean
        | TypeCode::Byte
        | TypeCode::DateTime
        | TypeCode::Decimal
        | TypeCode::Double
        | TypeCode::Int16
        | TypeCode::Int32
        | TypeCode::Int64
        | TypeCode::Single
        | TypeCode::String
        | TypeCode::UInt32
        | TypeCode::UInt64 => Ok(type_code),
        TypeCode::Object
        | TypeCode::DBNull
        | TypeCode::Char
        | TypeCode::SByte
        | TypeCode::UInt16
        | TypeCode::Currency => Err(refusal::type_not_supported(name)),
    }
}
