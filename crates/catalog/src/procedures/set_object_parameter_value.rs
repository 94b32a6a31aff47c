//! `catalog.set_object_parameter_value`.

use std::fmt;

use model::{ProjectId, TypeCode, Value};

use super::lookup::{self, ObjectParameterName, ParameterRow};
use super::{refusal, value};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed::{self, ParameterKey, SERVER_DEFAULT};
use crate::store::{Tx, params};

/// What a parameter is on the server, when an execution does not say otherwise.
#[derive(Clone, Copy)]
pub enum DefaultValue<'a> {
    /// `@value_type = 'V'`: this value.
    Literal(&'a Value),
    /// `@value_type = 'R'`: the environment variable of this name.
    Variable(&'a str),
}

impl<'a> DefaultValue<'a> {
    /// What `@value_type` and `@parameter_value` say: 27101 for another type than `V` and `R`,
    /// 27147 for a variable whose name is no text.
    pub fn new(value_type: &str, parameter_value: &'a Value) -> Result<Self, CatalogError> {
        match (value_type.trim_end(), parameter_value) {
            ("V" | "v", literal) => Ok(Self::Literal(literal)),
            ("R" | "r", Value::Text(name)) => Ok(Self::Variable(name)),
            ("R" | "r", Value::Null) => Err(refusal::parameter_value_missing()),
            ("R" | "r", _) => Err(refusal::type_not_compatible(TypeCode::String.name())),
            _ => Err(refusal::parameter_not_valid("value_type")),
        }
    }
}

impl fmt::Debug for DefaultValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("Literal(***)"),
            Self::Variable(name) => f.debug_tuple("Variable").field(name).finish(),
        }
    }
}

/// Sets the server default of a project or package parameter.
pub fn set_object_parameter_value(
    tx: &mut dyn Tx,
    caller: &Caller,
    parameter: &ObjectParameterName<'_>,
    default: DefaultValue<'_>,
) -> Result<(), CatalogError> {
    let row = lookup::object_parameter(tx, caller, parameter)?;
    match default {
        DefaultValue::Literal(Value::Null) => Err(refusal::parameter_value_missing()),
        DefaultValue::Literal(literal) => {
            let text = value::text_of(&row.data_type, literal)?;
            write_literal(tx, &row, &text)
        }
        DefaultValue::Variable("") => Err(refusal::parameter_is_empty("parameter_value")),
        DefaultValue::Variable(name) => {
            let sql = "UPDATE object_parameters
                       SET value_type = 'R', referenced_variable_name = ?2, value_set = 1,
                           default_value = NULL, sealed_default = NULL
                       WHERE parameter_id = ?1";
            tx.execute(sql, &params![row.id, name])?;
            Ok(())
        }
    }
}

fn write_literal(tx: &mut dyn Tx, row: &ParameterRow, text: &str) -> Result<(), CatalogError> {
    let ProjectId(project) = row.project;
    let sql = "SELECT object_type FROM object_parameters WHERE parameter_id = ?1";
    let object_type = tx.scalar(sql, &params![row.id])?.unwrap_or_default();
    let key = ParameterKey { project, object_type, object_key: &row.object_key, key: &row.key };
    let place = sealed::object_parameter(SERVER_DEFAULT, &key);
    let stored = sealed::store(tx, &place, Some(text), row.sensitive)?;
    tx.execute(
        "UPDATE object_parameters
         SET value_type = 'V', referenced_variable_name = NULL, value_set = 1,
             default_value = ?2, sealed_default = ?3
         WHERE parameter_id = ?1",
        &params![row.id, stored.text, stored.sealed],
    )?;
    Ok(())
}
