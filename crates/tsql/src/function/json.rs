//! ISJSON, JSON_VALUE, JSON_QUERY, JSON_MODIFY, JSON_PATH_EXISTS, OPENJSON.
//!
//! Source: T-SQL reference, "JSON functions", "OPENJSON"; errors 13608, 13611, 13623, 13624, 13625.

use super::json_modify::json_modify;
use super::types::{int, nvarchar_4000, nvarchar_max};
use super::{Call, Function};
use crate::host::Row;
use crate::json::{Content, Json, JsonPath};
use crate::types::SqlType;
use crate::value::{ConvertOptions, SqlError, SqlValue, base64_bytes, convert, utf16_len};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("ISJSON", (1, 2), int, is_json),
    Function::new("JSON_VALUE", (2, 2), nvarchar_4000, json_value),
    Function::new("JSON_QUERY", (1, 2), nvarchar_max, json_query),
    Function::new("JSON_PATH_EXISTS", (2, 2), int, path_exists),
    Function::new("JSON_MODIFY", (3, 3), nvarchar_max, |call| {
        json_modify(&call.args[0], &call.args[1], &call.args[2], false)
    })
    .lenient(),
];

fn is_json(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let text = call.text(0)?;
    if call.args.len() < 2 {
        return Ok(SqlValue::Int(i32::from(Json::document(&text).is_ok())));
    }
    let content = Json::parse(&text).map(|json| json.content);
    let is = match call.text(1)?.to_ascii_uppercase().as_str() {
        "VALUE" => content.is_ok(),
        "ARRAY" => matches!(content, Ok(Content::Array(_))),
        "OBJECT" => matches!(content, Ok(Content::Object(_))),
        "SCALAR" => matches!(content, Ok(Content::Number | Content::Text(_))),
        other => return Err(SqlError::unsupported(&format!("ISJSON with {other}"))),
    };
    Ok(SqlValue::Int(i32::from(is)))
}

fn path_exists(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let text = call.text(0)?;
    let path = JsonPath::parse(&call.text(1)?)?;
    Ok(SqlValue::Int(i32::from(path.find(&Json::document(&text)?).is_some())))
}

fn json_value(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let text = call.text(0)?;
    let path = JsonPath::parse(&call.text(1)?)?;
    let json = Json::document(&text)?;
    let Some(found) = path.get(&json)? else { return Ok(SqlValue::Null) };
    if found.is_container() {
        return if path.strict { Err(no_scalar()) } else { Ok(SqlValue::Null) };
    }
    match found.scalar_text() {
        Some(text) if 4000 < utf16_len(&text) => {
            let text = "String value in the specified JSON path would be truncated.";
            if path.strict { Err(SqlError::new(13625, 16, 1, text)) } else { Ok(SqlValue::Null) }
        }
        Some(text) => Ok(SqlValue::nvarchar(text)),
        None => Ok(SqlValue::Null),
    }
}

fn json_query(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let text = call.text(0)?;
    let path = match call.args.len() {
        1 => JsonPath::parse("$")?,
        _ => JsonPath::parse(&call.text(1)?)?,
    };
    let json = Json::document(&text)?;
    let Some(found) = path.get(&json)? else { return Ok(SqlValue::Null) };
    if !found.is_container() {
        return if path.strict { Err(no_container()) } else { Ok(SqlValue::Null) };
    }
    Ok(SqlValue::nvarchar(found.raw))
}

/// The rows of `OPENJSON(text, path)`: `key`, `value`, `type`.
pub(crate) fn open_json(text: &SqlValue, path: Option<&SqlValue>) -> Result<Vec<Row>, SqlError> {
    let Some(text) = text.as_str() else { return Ok(Vec::new()) };
    let json = Json::document(text)?;
    let Some(found) = opened(&json, path)? else { return Ok(Vec::new()) };
    let row = |key: String, value: &Json<'_>| {
        let shown =
            if value.is_container() { Some(value.raw.to_owned()) } else { value.scalar_text() };
        let shown = shown.map_or(SqlValue::Null, SqlValue::nvarchar);
        vec![SqlValue::nvarchar(key), shown, SqlValue::TinyInt(value.type_number())]
    };
    Ok(match &found.content {
        Content::Array(items) => {
            items.iter().enumerate().map(|(at, item)| row(at.to_string(), item)).collect()
        }
        Content::Object(members) => {
            members.iter().map(|member| row(member.key.clone(), &member.value)).collect()
        }
        Content::Null | Content::Bool | Content::Number | Content::Text(_) => Vec::new(),
    })
}

/// The array or object that OPENJSON opens; `None` for no rows.
fn opened<'j, 't>(
    json: &'j Json<'t>,
    path: Option<&SqlValue>,
) -> Result<Option<&'j Json<'t>>, SqlError> {
    let Some(path) = path else { return Ok(Some(json)) };
    let Some(path) = path.as_str() else { return Ok(None) };
    let path = JsonPath::parse(path)?;
    match path.get(json)? {
        Some(found) if !found.is_container() && path.strict => {
            let text = "Value referenced by JSON path is not an array or object and cannot be opened with OPENJSON.";
            Err(SqlError::new(13611, 16, 1, text))
        }
        found => Ok(found.filter(|found| found.is_container())),
    }
}

/// The rows of `OPENJSON(text, path) WITH (columns)`.
pub(crate) fn open_json_with(
    text: &SqlValue,
    path: Option<&SqlValue>,
    columns: &[(SqlType, String, bool)],
    options: ConvertOptions,
) -> Result<Vec<Row>, SqlError> {
    let Some(text) = text.as_str() else { return Ok(Vec::new()) };
    let json = Json::document(text)?;
    let Some(found) = opened(&json, path)? else { return Ok(Vec::new()) };
    let paths = columns.iter().map(|(_, path, _)| JsonPath::parse(path));
    let paths = paths.collect::<Result<Vec<_>, _>>()?;
    let items = match &found.content {
        Content::Array(items) => items.as_slice(),
        Content::Object(_) | Content::Null | Content::Bool | Content::Number | Content::Text(_) => {
            std::slice::from_ref(found)
        }
    };
    let row = |item: &Json<'_>| {
        let columns = columns.iter().zip(&paths);
        columns
            .map(|((ty, _, as_json), path)| column(item, path, (ty, *as_json), options))
            .collect()
    };
    items.iter().map(row).collect()
}

fn column(
    item: &Json<'_>,
    path: &JsonPath,
    (ty, as_json): (&SqlType, bool),
    options: ConvertOptions,
) -> Result<SqlValue, SqlError> {
    let Some(found) = path.get(item)? else { return Ok(SqlValue::Null) };
    if as_json != found.is_container() {
        return match (path.strict, as_json) {
            (false, _) => Ok(SqlValue::Null),
            (true, _) if matches!(found.content, Content::Null) => Ok(SqlValue::Null),
            (true, true) => Err(no_container()),
            (true, false) => Err(no_scalar()),
        };
    }
    if as_json {
        return Ok(SqlValue::nvarchar(found.raw));
    }
    let Some(text) = found.scalar_text() else { return Ok(SqlValue::Null) };
    if ty.kind().is_binary()
        && let Some(bytes) = base64_bytes(&text)
    {
        return convert(&SqlValue::binary(bytes), ty, options);
    }
    let number = ty.kind().is_number() && matches!(found.content, Content::Number);
    if number && text.contains(['e', 'E']) {
        let float = convert(&SqlValue::nvarchar(text), &SqlType::Float, options)?;
        return convert(&float, ty, options);
    }
    convert(&SqlValue::nvarchar(text), ty, options)
}

fn no_scalar() -> SqlError {
    SqlError::new(13623, 16, 2, "Scalar value cannot be found in the specified JSON path.")
}

fn no_container() -> SqlError {
    SqlError::new(13624, 16, 2, "Object or array cannot be found in the specified JSON path.")
}
