//! Text functions. Positions and lengths count UTF-16 units from 1, as SSIS does.
//!
//! Text is kept in UTF-8 and cannot hold half a surrogate pair: a function that would cut through
//! one leaves the character out.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Function` is taken apart in function.rs, which names every one"
)]

use std::borrow::Cow;

use model::{DataType, Value};

use super::{Call, Function};
use crate::CodePage;
use crate::convert::{fit_utf16, utf16_len};
use crate::fault::Fault;

pub(super) fn apply(call: &Call<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    match (call.function, arguments) {
        (Function::Len, [value]) => length(value, call.types[0]),
        (Function::Hex, [value]) => hex(value),
        (Function::CodePoint, [Value::Text(text)]) => {
            Ok(text.encode_utf16().next().map_or(Value::Null, Value::Ui2))
        }
        (Function::FindString, [Value::Text(text), Value::Text(find), Value::I4(occurrence)]) => {
            find_string(text, find, *occurrence).map(Value::I4)
        }
        (Function::TokenCount, [Value::Text(text), Value::Text(delimiters)]) => {
            token_count(text, delimiters).map(Value::I4)
        }
        (Function::Token, [Value::Text(text), Value::Text(delimiters), Value::I4(n)]) => {
            token(text, delimiters, *n).map(Value::text)
        }
        (Function::Replace, [Value::Text(text), Value::Text(find), Value::Text(with)]) => {
            Ok(Value::text(replace(text, find, with)))
        }
        (function, [Value::Text(text)]) => {
            one(function, text).map(Value::text).ok_or(Fault::Function)
        }
        (function, [Value::Text(text), Value::I4(n)]) => {
            with_count(function, text, *n).map(Value::text)
        }
        (Function::Substring, [Value::Text(text), Value::I4(start), Value::I4(length)]) => {
            substring(text, *start, *length).map(Value::text)
        }
        _ => Err(Fault::Function),
    }
}

/// A function of one text.
pub(crate) fn one(function: Function, text: &str) -> Option<Cow<'_, str>> {
    Some(match function {
        Function::Upper => Cow::Owned(upper(text)),
        Function::Lower => Cow::Owned(lower(text)),
        Function::Trim => Cow::Borrowed(text.trim_matches(' ')),
        Function::Ltrim => Cow::Borrowed(text.trim_start_matches(' ')),
        Function::Rtrim => Cow::Borrowed(text.trim_end_matches(' ')),
        Function::Reverse => Cow::Owned(text.chars().rev().collect()),
        _ => return None,
    })
}

/// A function of a text and a number.
pub(crate) fn with_count(function: Function, text: &str, n: i32) -> Result<Cow<'_, str>, Fault> {
    match function {
        Function::Left => {
            let units = usize::try_from(n).map_err(|_| Fault::LeftRightLength)?;
            Ok(Cow::Borrowed(fit_utf16(text, units)))
        }
        Function::Right => {
            let units = usize::try_from(n).map_err(|_| Fault::LeftRightLength)?;
            Ok(Cow::Borrowed(last_utf16(text, units)))
        }
        Function::Replicate => {
            let count = usize::try_from(n).map_err(|_| Fault::ReplicateCount)?;
            // A text of over a hundred million bytes is a mistake, not a column.
            if text.len().saturating_mul(count) > REPLICATED_MAX {
                return Err(Fault::FunctionOverflow);
            }
            Ok(Cow::Owned(text.repeat(count)))
        }
        _ => Err(Fault::Function),
    }
}

/// How many bytes REPLICATE may make: far beyond any column, within what memory bears.
const REPLICATED_MAX: usize = 100_000_000;

/// The end of a text with at most `units` UTF-16 units.
fn last_utf16(text: &str, units: usize) -> &str {
    let total = utf16_len(text);
    if total <= units { text } else { skip_utf16(text, total - units) }
}

/// What is behind the first `units` UTF-16 units; half a character counts as skipped.
fn skip_utf16(text: &str, units: usize) -> &str {
    if text.is_ascii() {
        return text.get(units..).unwrap_or("");
    }
    let mut skipped = 0;
    for (at, character) in text.char_indices() {
        if units <= skipped {
            return &text[at..];
        }
        skipped += character.len_utf16();
    }
    ""
}

pub(crate) fn substring(text: &str, start: i32, length: i32) -> Result<&str, Fault> {
    let Some(skip) = start.checked_sub(1).and_then(|skip| usize::try_from(skip).ok()) else {
        return Err(Fault::SubstringStart);
    };
    let length = usize::try_from(length).map_err(|_| Fault::SubstringLength)?;
    Ok(fit_utf16(skip_utf16(text, skip), length))
}

/// One-to-one mapping: a character whose capital is several characters stays, so the length
/// never changes.
pub(crate) fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(|c| single(c, c.to_uppercase())).collect()
}

/// As [`upper`], to small letters.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(|c| single(c, c.to_lowercase())).collect()
}

fn single(from: char, mut to: impl Iterator<Item = char>) -> char {
    match (to.next(), to.next()) {
        (Some(mapped), None) if mapped.len_utf16() == from.len_utf16() => mapped,
        _ => from,
    }
}

pub(crate) fn replace<'a>(text: &'a str, find: &str, with: &str) -> Cow<'a, str> {
    if find.is_empty() || !text.contains(find) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(find, with))
}

/// The position of the n-th occurrence, which may overlap the one before; 0 if there are fewer.
pub(crate) fn find_string(text: &str, find: &str, occurrence: i32) -> Result<i32, Fault> {
    let wanted = usize::try_from(occurrence).ok().filter(|&n| 0 < n).ok_or(Fault::Occurrence)?;
    let Some(first) = find.chars().next() else { return Ok(0) };
    let (mut from, mut seen) = (0, 0);
    while let Some(at) = text[from..].find(find) {
        let at = from + at;
        seen += 1;
        if seen == wanted {
            let position = utf16_len(&text[..at]) + 1;
            return i32::try_from(position).map_err(|_| Fault::FunctionOverflow);
        }
        from = at + first.len_utf8();
    }
    Ok(0)
}

/// Parts of a text between delimiters; delimiters next to each other count as one. An empty text
/// is one empty part.
fn tokens<'a>(text: &'a str, delimiters: &'a str) -> Result<impl Iterator<Item = &'a str>, Fault> {
    if delimiters.is_empty() {
        return Err(Fault::Function);
    }
    let is_empty = text.is_empty();
    let parts = text.split(|c| delimiters.contains(c));
    Ok(parts.filter(move |part| is_empty || !part.is_empty()))
}

pub(crate) fn token<'a>(text: &'a str, delimiters: &'a str, n: i32) -> Result<&'a str, Fault> {
    let n = usize::try_from(n).ok().filter(|&n| 0 < n).ok_or(Fault::Occurrence)?;
    Ok(tokens(text, delimiters)?.nth(n - 1).unwrap_or(""))
}

pub(crate) fn token_count(text: &str, delimiters: &str) -> Result<i32, Fault> {
    i32::try_from(tokens(text, delimiters)?.count()).map_err(|_| Fault::FunctionOverflow)
}

/// UTF-16 units of short text, bytes of long objects.
fn length(value: &Value, data_type: DataType) -> Result<Value, Fault> {
    let length = match (value, data_type) {
        (Value::Text(text), DataType::NText) => 2 * utf16_len(text),
        (Value::Text(text), DataType::Text { code_page }) => {
            let page = CodePage::new(code_page).ok_or(Fault::Function)?;
            page.encode(text).ok_or(Fault::Function)?.len()
        }
        (Value::Text(text), _) => utf16_len(text),
        (Value::Bytes(bytes), _) => bytes.len(),
        _ => return Err(Fault::Function),
    };
    i32::try_from(length).map(Value::I4).map_err(|_| Fault::FunctionOverflow)
}

/// Negative numbers are the two's complement of their own width.
fn hex(value: &Value) -> Result<Value, Fault> {
    Ok(Value::text(match value {
        Value::I1(n) => format!("{n:X}"),
        Value::I2(n) => format!("{n:X}"),
        Value::I4(n) => format!("{n:X}"),
        Value::I8(n) => format!("{n:X}"),
        Value::Ui1(n) => format!("{n:X}"),
        Value::Ui2(n) => format!("{n:X}"),
        Value::Ui4(n) => format!("{n:X}"),
        Value::Ui8(n) => format!("{n:X}"),
        _ => return Err(Fault::Function),
    }))
}
