//! JSON_OBJECT and JSON_ARRAY.
//!
//! The binder gives them whether NULL is left out as the first argument, then the values; an
//! object's are a name and a value in turn. What is JSON already goes in as it is.
//!
//! Source: T-SQL reference, "JSON_OBJECT", "JSON_ARRAY".

use super::Function;
use super::types::nvarchar_max;
use crate::json::{json_text, quoted};
use crate::value::{SqlError, SqlValue, plain_text};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("JSON_OBJECT", (1, usize::MAX), nvarchar_max, |call| {
        json_build(call.args, &[], true)
    })
    .lenient(),
    Function::new("JSON_ARRAY", (1, usize::MAX), nvarchar_max, |call| {
        json_build(call.args, &[], false)
    })
    .lenient(),
];

/// The text of an object or array; `is_json` says which of the arguments are JSON already.
pub(crate) fn json_build(
    args: &[SqlValue],
    is_json: &[bool],
    is_object: bool,
) -> Result<SqlValue, SqlError> {
    let absent = matches!(args.first(), Some(SqlValue::Bit(true)));
    let step = if is_object { 2 } else { 1 };
    let mut parts = Vec::new();
    for at in (step..args.len()).step_by(step) {
        let value = &args[at];
        if absent && value.unwrapped().is_null() {
            continue;
        }
        let written = match value.as_str() {
            Some(json) if is_json.get(at) == Some(&true) => json.to_owned(),
            _ => json_text(value)?,
        };
        parts.push(match is_object {
            true => format!("{}:{written}", key(&args[at - 1])?),
            false => written,
        });
    }
    let (open, close) = if is_object { ('{', '}') } else { ('[', ']') };
    Ok(SqlValue::nvarchar(format!("{open}{}{close}", parts.join(","))))
}

fn key(name: &SqlValue) -> Result<String, SqlError> {
    if name.is_null() {
        return Err(SqlError::unsupported("NULL as the name of a member in JSON_OBJECT"));
    }
    Ok(quoted(&plain_text(name)?))
}
