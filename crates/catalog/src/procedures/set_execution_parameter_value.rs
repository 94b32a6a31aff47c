//! `catalog.set_execution_parameter_value`.

use model::{ExecutionId, LoggingLevel, ObjectType, OperationStatus, TypeCode, Value};

use super::names::fold;
use super::{lookup, refusal, value};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed;
use crate::store::{Tx, params};

/// Sets a parameter of an execution that was not started yet.
pub fn set_execution_parameter_value(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    (object_type, parameter_name): (ObjectType, &str),
    parameter_value: &Value,
) -> Result<(), CatalogError> {
    let parameter = find(tx, caller, execution, (object_type, parameter_name))?;
    if parameter_value.is_null() {
        return Err(refusal::parameter_is_null("parameter_value"));
    }
    let text = match object_type {
        ObjectType::Execution => system_text(&parameter, parameter_value)?,
        ObjectType::Project | ObjectType::Package => {
            value::text_of(&parameter.data_type, parameter_value)?
        }
        ObjectType::Folder | ObjectType::Environment => {
            return Err(refusal::parameter_not_valid("object_type"));
        }
    };
    write(tx, execution, &parameter, &text)
}

/// The same with a value as command lines write it: the parameter's type says how to read it.
pub fn set_execution_parameter_text(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    (object_type, parameter_name): (ObjectType, &str),
    text: &str,
) -> Result<(), CatalogError> {
    let name = (object_type, parameter_name);
    let parameter = find(tx, caller, execution, name)?;
    let parameter_value = value::from_text(&parameter.data_type, text)?;
    set_execution_parameter_value(tx, caller, execution, name, &parameter_value)
}

struct Parameter {
    id: i64,
    object_type: ObjectType,
    key: String,
    data_type: String,
    sensitive: bool,
}

fn find(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    (object_type, name): (ObjectType, &str),
) -> Result<Parameter, CatalogError> {
    let row = lookup::execution(tx, caller, execution)?;
    if row.status != OperationStatus::Created {
        return Err(refusal::parameter_after_start());
    }
    if name.is_empty() {
        return Err(refusal::parameter_is_empty("parameter_name"));
    }
    let sql = "SELECT execution_parameter_id, parameter_key, parameter_data_type, sensitive
               FROM execution_parameter_values
               WHERE execution_id = ?1 AND object_type = ?2 AND parameter_key = ?3";
    let row = tx.query_opt(sql, &params![execution, object_type, fold(name)])?;
    let row = row.ok_or_else(|| refusal::execution_parameter_not_found(name))?;
    Ok(Parameter {
        id: row.get(0)?,
        object_type,
        key: row.get(1)?,
        data_type: row.get(2)?,
        sensitive: row.get(3)?,
    })
}

/// System parameters convert by value: scripts pass 1 for True, and smallint for a level.
fn system_text(parameter: &Parameter, given: &Value) -> Result<String, CatalogError> {
    let type_name = &parameter.data_type;
    let type_code = type_name.parse().unwrap_or(TypeCode::String);
    let converted = type_code.parse(&given.to_string());
    let text = converted.map_err(|_| refusal::type_not_compatible(type_name))?.to_string();
    if parameter.key == "logging_level" {
        let level = text.parse().ok().and_then(|level: i32| LoggingLevel::try_from(level).ok());
        if level.is_none() {
            return Err(refusal::logging_level_undefined(text));
        }
    }
    if parameter.key == "dump_event_code" && !text.split(';').all(is_event_code) {
        return Err(refusal::parameter_not_valid("parameter_value"));
    }
    Ok(text)
}

/// One of the codes of DUMP_EVENT_CODE, such as `0xC020801C`.
fn is_event_code(code: &str) -> bool {
    let code = code.trim();
    let hex = code.strip_prefix("0x").or_else(|| code.strip_prefix("0X"));
    let is_hex = |digits: &str| u32::from_str_radix(digits, 16).is_ok() && !digits.starts_with('+');
    code.is_empty() || hex.is_some_and(is_hex)
}

fn write(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    parameter: &Parameter,
    text: &str,
) -> Result<(), CatalogError> {
    let object_type = i64::from(parameter.object_type.number());
    let place = sealed::execution_parameter(execution.0, object_type, &parameter.key);
    let stored = sealed::store(tx, &place, Some(text), parameter.sensitive)?;
    tx.execute(
        "UPDATE execution_parameter_values
         SET parameter_value = ?2, sealed_value = ?3, value_set = 1, runtime_override = 1,
             value_source = 'X'
         WHERE execution_parameter_id = ?1",
        &params![parameter.id, stored.text, stored.sealed],
    )?;
    if parameter.object_type == ObjectType::Execution && parameter.key == "logging_level" {
        let sql = "UPDATE executions SET logging_level = ?2 WHERE execution_id = ?1";
        tx.execute(sql, &params![execution, text.parse::<i64>().unwrap_or(1)])?;
    }
    Ok(())
}
