//! JSON_MODIFY: a text with one part changed, put in or taken out; all else stays as written.
//!
//! Source: T-SQL reference, "JSON_MODIFY"; errors 13608, 13621.

use crate::json::{Content, Json, JsonPath, PathStep, json_text, missing, quoted};
use crate::value::{SqlError, SqlValue};

/// JSON_MODIFY. `is_json` says that the new value is JSON already, and not a text to be quoted.
pub(crate) fn json_modify(
    text: &SqlValue,
    path: &SqlValue,
    new: &SqlValue,
    is_json: bool,
) -> Result<SqlValue, SqlError> {
    let (Some(text), Some(path)) = (text.as_str(), path.as_str()) else {
        return Ok(SqlValue::Null);
    };
    let path = JsonPath::parse(path)?;
    let json = Json::document(text)?;
    let written = match new.as_str() {
        Some(json) if is_json => json.to_owned(),
        _ => json_text(new)?,
    };
    let edit = match path.find(&json) {
        Some(found) if path.append => append(found, &written, path.strict)?,
        Some(found) if new.is_null() && !path.strict => remove(&json, &path, found),
        Some(found) => Some(Edit { from: found.start, to: end(found), with: written }),
        None if path.strict => return Err(missing()),
        None if new.is_null() => None,
        None => add(&json, &path, written),
    };
    let Some(edit) = edit else { return Ok(SqlValue::nvarchar(text)) };
    let changed = format!("{}{}{}", &text[..edit.from], edit.with, &text[edit.to..]);
    Ok(SqlValue::nvarchar(changed))
}

/// What stands instead of a range of bytes.
struct Edit {
    from: usize,
    to: usize,
    with: String,
}

fn end(json: &Json<'_>) -> usize {
    json.start + json.raw.len()
}

/// A part put in as the last one of an array or object.
fn last(container: &Json<'_>, is_empty: bool, part: &str) -> Edit {
    let at = end(container) - 1;
    let comma = if is_empty { "" } else { "," };
    Edit { from: at, to: at, with: format!("{comma}{part}") }
}

fn append(found: &Json<'_>, part: &str, strict: bool) -> Result<Option<Edit>, SqlError> {
    if let Content::Array(items) = &found.content {
        return Ok(Some(last(found, items.is_empty(), part)));
    }
    let text = "Array cannot be found in the specified JSON path.";
    if strict { Err(SqlError::new(13621, 16, 1, text)) } else { Ok(None) }
}

/// Takes a property out with its comma; an item of an array becomes null.
fn remove(json: &Json<'_>, path: &JsonPath, found: &Json<'_>) -> Option<Edit> {
    let (_, parents) = path.steps.split_last()?;
    let parent = JsonPath { steps: parents.to_vec(), ..path.clone() };
    let Content::Object(members) = &parent.find(json)?.content else {
        return Some(Edit { from: found.start, to: end(found), with: "null".to_owned() });
    };
    let at = members.iter().position(|member| member.value.start == found.start)?;
    let (from, to) = match (at.checked_sub(1), members.get(at + 1)) {
        (_, Some(next)) => (members[at].start, next.start),
        (Some(before), None) => (end(&members[before].value), end(found)),
        (None, None) => (members[at].start, end(found)),
    };
    Some(Edit { from, to, with: String::new() })
}

/// Puts in what is not there yet, where its parent is.
fn add(json: &Json<'_>, path: &JsonPath, part: String) -> Option<Edit> {
    let (step, parents) = path.steps.split_last()?;
    let parent = JsonPath { steps: parents.to_vec(), ..path.clone() };
    let parent = parent.find(json)?;
    let part = if path.append { format!("[{part}]") } else { part };
    match (step, &parent.content) {
        (PathStep::Key(key), Content::Object(members)) => {
            Some(last(parent, members.is_empty(), &format!("{}:{part}", quoted(key))))
        }
        (PathStep::Index(index), Content::Array(items)) if items.len() == *index => {
            Some(last(parent, items.is_empty(), &part))
        }
        _ => None,
    }
}
