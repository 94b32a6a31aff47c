//! Parts and measures of text: LEN, SUBSTRING, LEFT, RIGHT, TRIM, UPPER and their like.
//!
//! Source: T-SQL reference, "String functions".

use super::types::{int, length, like_first};
use super::{Call, Function, units};
use crate::types::{Kind, Length, SqlType};
use crate::value::{SqlError, SqlValue, from_code_page, to_code_page, utf16_len};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("LEN", (1, 1), length, len),
    Function::new("DATALENGTH", (1, 1), length, data_length),
    Function::new("SUBSTRING", (2, 3), substring_type, substring),
    Function::new("LEFT", (2, 2), like_first, left),
    Function::new("RIGHT", (2, 2), like_first, right),
    Function::new("LTRIM", (1, 2), like_first, |call| trim(call, true, false)),
    Function::new("RTRIM", (1, 2), like_first, |call| trim(call, false, true)),
    Function::new("TRIM", (1, 2), like_first, |call| trim(call, true, true)),
    Function::new("UPPER", (1, 1), like_first, |call| fold(call, upper)),
    Function::new("LOWER", (1, 1), like_first, |call| fold(call, lower)),
    Function::new("REVERSE", (1, 1), like_first, reverse),
    Function::new("ASCII", (1, 1), int, ascii),
    Function::new("CHAR", (1, 1), char_type, char_of),
    Function::new("UNICODE", (1, 1), int, unicode),
    Function::new("NCHAR", (1, 1), nchar_type, nchar),
];

fn char_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::Char(1))
}

fn nchar_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::NChar(1))
}

/// Bytes stay bytes; anything else is text.
fn substring_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let kind = types[0].kind();
    if kind.is_binary() || kind == Kind::Image {
        return Ok(SqlType::VarBinary(types[0].length().unwrap_or(Length::N(8))));
    }
    if !(kind.is_character() || kind.is_legacy_large()) {
        return Err(SqlError::argument_invalid(types[0].name(), 1, "substring"));
    }
    like_first(types)
}

/// Characters, blanks at the end not counted.
fn len(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if let Some(bytes) = call.args[0].as_bytes() {
        return Ok(call.count_result(bytes.len()));
    }
    let text = call.text(0)?;
    Ok(call.count_result(utf16_len(text.trim_end_matches(' '))))
}

fn data_length(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(call.count_result(stored_bytes(call.args[0].unwrapped(), &call.types[0])))
}

/// Bytes that a value takes in storage.
fn stored_bytes(value: &SqlValue, ty: &SqlType) -> usize {
    let seconds = |scale: u8| match scale {
        0..=2 => 3,
        3 | 4 => 4,
        _ => 5,
    };
    match value {
        SqlValue::Null => 0,
        SqlValue::Bit(_) | SqlValue::TinyInt(_) => 1,
        SqlValue::SmallInt(_) => 2,
        SqlValue::Int(_) | SqlValue::SmallMoney(_) | SqlValue::Real(_) => 4,
        SqlValue::SmallDateTime(_) => 4,
        SqlValue::BigInt(_) | SqlValue::Money(_) | SqlValue::Float(_) => 8,
        SqlValue::DateTime(_) => 8,
        SqlValue::Decimal(number) => {
            let declared = ty.precision_and_scale().map(|(precision, _)| precision);
            match declared.unwrap_or_else(|| number.precision()) {
                0..=9 => 5,
                10..=19 => 9,
                20..=28 => 13,
                _ => 17,
            }
        }
        SqlValue::Date(_) => 3,
        SqlValue::Time { scale, .. } => seconds(*scale),
        SqlValue::DateTime2 { scale, .. } => seconds(*scale) + 3,
        SqlValue::DateTimeOffset(value) => seconds(value.scale) + 5,
        SqlValue::VarChar(text) => to_code_page(text).len(),
        SqlValue::NVarChar(text) | SqlValue::Xml(text) => utf16_len(text) * 2,
        SqlValue::Binary(bytes) => bytes.len(),
        SqlValue::Guid(_) => 16,
        SqlValue::Variant(inner) => stored_bytes(&inner.value, &inner.base),
    }
}

/// A start before the first character counts towards the length.
fn substring(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let start = call.integer(1)?;
    let length = if call.args.len() < 3 { i64::MAX / 2 } else { call.integer(2)? };
    if length < 0 {
        return Err(SqlError::length_left());
    }
    let end = start.saturating_add(length).max(1);
    let from = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX);
    let to = usize::try_from(end - 1).unwrap_or(usize::MAX);
    if let Some(bytes) = call.args[0].as_bytes() {
        let to = to.min(bytes.len());
        return Ok(SqlValue::binary(bytes.get(from..to).unwrap_or_default()));
    }
    Ok(call.text_result(slice(&call.text(0)?, from, to)))
}

/// UTF-16 units `from..to` of a text, as many of them as there are.
fn slice(text: &str, from: usize, to: usize) -> String {
    if text.is_ascii() {
        return text.get(from..to.min(text.len())).unwrap_or_default().to_owned();
    }
    let units = units(text);
    String::from_utf16_lossy(units.get(from..to.min(units.len())).unwrap_or_default())
}

fn left(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let length = usize::try_from(call.integer(1)?).map_err(|_| SqlError::length_left())?;
    Ok(call.text_result(slice(&call.text(0)?, 0, length)))
}

fn right(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let length = usize::try_from(call.integer(1)?).map_err(|_| SqlError::length_right())?;
    let text = call.text(0)?;
    let all = utf16_len(&text);
    Ok(call.text_result(slice(&text, all.saturating_sub(length), all)))
}

/// Takes blanks, or the characters of the second argument, from the ends.
fn trim(call: &Call<'_>, start: bool, end: bool) -> Result<SqlValue, SqlError> {
    let text = call.text(0)?;
    let set = if call.args.len() < 2 { " ".to_owned() } else { call.text(1)? };
    let set = call.collation.units(&set);
    let dropped = |c: char| set.contains(&call.collation.unit(c));
    let mut rest = text.as_str();
    if start {
        rest = rest.trim_start_matches(dropped);
    }
    if end {
        rest = rest.trim_end_matches(dropped);
    }
    Ok(call.text_result(rest.to_owned()))
}

fn fold(call: &Call<'_>, each: fn(char) -> char) -> Result<SqlValue, SqlError> {
    Ok(call.text_result(call.text(0)?.chars().map(each).collect()))
}

/// The upper-case letter, where it is one letter: `ß` stays.
fn upper(character: char) -> char {
    let mut folded = character.to_uppercase();
    folded.next().filter(|_| folded.next().is_none()).unwrap_or(character)
}

fn lower(character: char) -> char {
    let mut folded = character.to_lowercase();
    folded.next().filter(|_| folded.next().is_none()).unwrap_or(character)
}

fn reverse(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(call.text_result(call.text(0)?.chars().rev().collect()))
}

/// The code of the first character; NULL for an empty text.
fn ascii(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let bytes = call.text(0)?.chars().next().map(|c| to_code_page(&c.to_string()));
    let first = bytes.and_then(|bytes| bytes.first().copied());
    Ok(first.map_or(SqlValue::Null, |byte| SqlValue::Int(i32::from(byte))))
}

fn char_of(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let byte = u8::try_from(call.integer(0)?);
    Ok(byte.map_or(SqlValue::Null, |byte| SqlValue::varchar(from_code_page(&[byte]))))
}

fn unicode(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let unit = call.text(0)?.encode_utf16().next();
    Ok(unit.map_or(SqlValue::Null, |unit| SqlValue::Int(i32::from(unit))))
}

fn nchar(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let unit = u16::try_from(call.integer(0)?);
    Ok(unit.map_or(SqlValue::Null, |unit| SqlValue::nvarchar(String::from_utf16_lossy(&[unit]))))
}
