//! Text put together: CONCAT, CONCAT_WS, REPLICATE, SPACE, STUFF, QUOTENAME, STRING_ESCAPE,
//! PARSENAME.
//!
//! Source: T-SQL reference, "String functions", "PARSENAME".

use super::types::{grown, text_of, text_type};
use super::{Call, Function, units};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue, utf16_len};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("CONCAT", (2, 254), concat_type, concat).lenient(),
    Function::new("CONCAT_WS", (3, 254), concat_ws_type, concat_ws).lenient(),
    Function::new("REPLICATE", (2, 2), grown, replicate),
    Function::new("SPACE", (1, 1), space_type, space),
    Function::new("STUFF", (4, 4), stuff_type, stuff).lenient(),
    Function::new("QUOTENAME", (1, 2), quote_type, quote_name),
    Function::new("STRING_ESCAPE", (2, 2), escape_type, string_escape),
    Function::new("PARSENAME", (2, 2), name_type, parse_name),
];

/// The longest text that REPLICATE and SPACE make of a `(max)` argument, in bytes.
const BYTES_MAX: usize = 64 << 20;

/// The sum of the arguments' lengths; unicode where one of them is.
fn concat_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let unicode = types.iter().any(|ty| ty.kind().is_unicode());
    let mut sum = Some(0u16);
    for ty in types {
        sum = sum.zip(ty.display_length()).map(|(sum, n)| sum.saturating_add(n));
    }
    Ok(text_type(unicode, sum))
}

/// The separator stands once less than there are texts.
fn concat_ws_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let [separator, texts @ ..] = types else { return concat_type(types) };
    let separators = std::iter::repeat_n(*separator, texts.len().saturating_sub(1));
    concat_type(&separators.chain(texts.iter().copied()).collect::<Vec<_>>())
}

fn space_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::VarChar(Length::N(8000)))
}

fn stuff_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    text_of(&types[0], 1)?;
    concat_type(&[types[0], types[3]])
}

fn quote_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::NVarChar(Length::N(258)))
}

fn escape_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::NVARCHAR_MAX)
}

fn name_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::SYSNAME)
}

/// NULL counts as an empty text.
fn concat(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let mut joined = String::new();
    for at in 0..call.args.len() {
        joined += &call.text(at)?;
    }
    Ok(call.text_result(joined))
}

/// NULL arguments are left out, their separators with them.
fn concat_ws(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let separator = call.text(0)?;
    let mut parts = Vec::new();
    for at in 1..call.args.len() {
        if !call.args[at].is_null() {
            parts.push(call.text(at)?);
        }
    }
    Ok(call.text_result(parts.join(&separator)))
}

fn replicate(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let Ok(count) = usize::try_from(call.integer(1)?) else { return Ok(SqlValue::Null) };
    let text = call.text(0)?;
    if call.result.is_max() && BYTES_MAX < text.len().saturating_mul(count) {
        return Err(SqlError::truncated());
    }
    // No more repetitions than the result can hold.
    let count = if call.result.is_max() { count } else { count.min(8000) };
    Ok(call.text_result(text.repeat(count)))
}

fn space(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    match usize::try_from(call.integer(0)?) {
        Ok(count) => Ok(SqlValue::varchar(" ".repeat(count.min(8000)))),
        Err(_) => Ok(SqlValue::Null),
    }
}

/// A start outside the text or a negative length gives NULL; a NULL replacement just deletes.
fn stuff(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if call.args[..3].iter().any(SqlValue::is_null) {
        return Ok(SqlValue::Null);
    }
    let units = units(&call.text(0)?);
    let start = usize::try_from(call.integer(1)?).unwrap_or(0);
    let Ok(length) = usize::try_from(call.integer(2)?) else { return Ok(SqlValue::Null) };
    if !(1..=units.len()).contains(&start) {
        return Ok(SqlValue::Null);
    }
    let end = (start - 1).saturating_add(length).min(units.len());
    let mut text = String::from_utf16_lossy(&units[..start - 1]);
    text += &call.text(3)?;
    text += &String::from_utf16_lossy(&units[end..]);
    Ok(call.text_result(text))
}

/// NULL for a name of more than 128 characters, and for a quote character that is none.
fn quote_name(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let name = call.text(0)?;
    let quote = if call.args.len() < 2 { "[".to_owned() } else { call.text(1)? };
    let (open, close) = match quote.chars().next() {
        Some('[' | ']') => ('[', ']'),
        Some('(' | ')') => ('(', ')'),
        Some('<' | '>') => ('<', '>'),
        Some('{' | '}') => ('{', '}'),
        Some(quote @ ('\'' | '"' | '`')) => (quote, quote),
        Some(_) | None => return Ok(SqlValue::Null),
    };
    if 128 < utf16_len(&name) {
        return Ok(SqlValue::Null);
    }
    let doubled = name.replace(close, &format!("{close}{close}"));
    Ok(SqlValue::nvarchar(format!("{open}{doubled}{close}")))
}

fn string_escape(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let rules = call.text(1)?;
    if !rules.eq_ignore_ascii_case("json") {
        return Err(SqlError::unsupported(&format!("STRING_ESCAPE of type '{rules}'")));
    }
    let mut escaped = String::new();
    for character in call.text(0)?.chars() {
        match character {
            '"' => escaped += "\\\"",
            '\\' => escaped += "\\\\",
            '/' => escaped += "\\/",
            '\u{8}' => escaped += "\\b",
            '\u{C}' => escaped += "\\f",
            '\n' => escaped += "\\n",
            '\r' => escaped += "\\r",
            '\t' => escaped += "\\t",
            control if control < ' ' => escaped += &format!("\\u{:04x}", u32::from(control)),
            plain => escaped.push(plain),
        }
    }
    Ok(SqlValue::nvarchar(escaped))
}

/// Part 1 is the object, 2 the schema, 3 the database, 4 the server.
fn parse_name(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let Some(parts) = name_parts(&call.text(0)?) else { return Ok(SqlValue::Null) };
    let wanted = usize::try_from(call.integer(1)?).unwrap_or(0);
    if !(1..=4).contains(&wanted) || 4 < parts.len() {
        return Ok(SqlValue::Null);
    }
    let part = parts.len().checked_sub(wanted).map(|at| parts[at].clone());
    Ok(part.filter(|part| !part.is_empty()).map_or(SqlValue::Null, SqlValue::nvarchar))
}

/// The parts of a dotted name, quotes taken off; `None` for a name that is none.
fn name_parts(name: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let close = match character {
            '.' => {
                parts.push(String::new());
                continue;
            }
            '[' => ']',
            '"' => '"',
            plain => {
                parts.last_mut()?.push(plain);
                continue;
            }
        };
        loop {
            let next = characters.next()?;
            if next == close && characters.next_if_eq(&close).is_none() {
                break;
            }
            parts.last_mut()?.push(next);
        }
    }
    parts.iter().all(|part| utf16_len(part) <= 128).then_some(parts)
}
