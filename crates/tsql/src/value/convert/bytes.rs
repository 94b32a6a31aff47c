//! Values as bytes and as `uniqueidentifier`.
//!
//! Numbers become bytes big end first and lose or gain bytes at the front; text loses or gains
//! them at the end.
//!
//! Source: T-SQL reference, "binary and varbinary", "uniqueidentifier", "CAST and CONVERT"
//! (binary styles).

use std::sync::Arc;

use crate::types::{Length, SqlType};
use crate::value::code_page::to_code_page;
use crate::value::{SqlError, SqlValue};

/// Bytes, and whether they are cut and padded at the front.
struct Raw {
    bytes: Vec<u8>,
    from_number: bool,
}

/// To `binary`, `varbinary`, `image` or `rowversion`.
pub(super) fn to_bytes(
    value: &SqlValue,
    to: &SqlType,
    style: Option<i32>,
) -> Result<SqlValue, SqlError> {
    if let (SqlValue::Binary(bytes), SqlType::VarBinary(Length::Max) | SqlType::Image) = (value, to)
    {
        return Ok(SqlValue::Binary(Arc::clone(bytes)));
    }
    let Raw { mut bytes, from_number } = raw(value, to, style)?;
    let n = match to.length() {
        Some(Length::N(n)) => usize::from(n),
        Some(Length::Max) => return Ok(SqlValue::binary(bytes)),
        None => 8,
    };
    let fixed = to.is_fixed_length() || *to == SqlType::RowVersion;
    if from_number {
        let extra = bytes.len().saturating_sub(n);
        bytes.drain(..extra);
        if fixed {
            let mut padded = vec![0; n - bytes.len()];
            padded.append(&mut bytes);
            bytes = padded;
        }
    } else {
        bytes.truncate(n);
        if fixed {
            bytes.resize(n, 0);
        }
    }
    Ok(SqlValue::binary(bytes))
}

fn raw(value: &SqlValue, to: &SqlType, style: Option<i32>) -> Result<Raw, SqlError> {
    let number = |bytes: &[u8]| Ok(Raw { bytes: bytes.to_vec(), from_number: true });
    let plain = |bytes: Vec<u8>| Ok(Raw { bytes, from_number: false });
    match value {
        SqlValue::Binary(bytes) => plain(bytes.to_vec()),
        SqlValue::VarChar(text) | SqlValue::NVarChar(text) => {
            let unicode = matches!(value, SqlValue::NVarChar(_));
            text_bytes(text, unicode, to, style).and_then(plain)
        }
        SqlValue::Guid(bytes) => plain(guid_bytes(bytes).to_vec()),
        SqlValue::Bit(bit) => number(&[u8::from(*bit)]),
        SqlValue::TinyInt(value) => number(&[*value]),
        SqlValue::SmallInt(value) => number(&value.to_be_bytes()),
        SqlValue::Int(value) | SqlValue::SmallMoney(value) => number(&value.to_be_bytes()),
        SqlValue::BigInt(value) | SqlValue::Money(value) => number(&value.to_be_bytes()),
        SqlValue::Real(value) => number(&value.to_be_bytes()),
        SqlValue::Float(value) => number(&value.to_be_bytes()),
        SqlValue::DateTime(value) => {
            number(&[value.days.to_be_bytes(), value.units.to_be_bytes()].concat())
        }
        SqlValue::SmallDateTime(value) => {
            number(&[value.days.to_be_bytes(), value.minutes.to_be_bytes()].concat())
        }
        SqlValue::Null
        | SqlValue::Decimal(_)
        | SqlValue::Date(_)
        | SqlValue::Time { .. }
        | SqlValue::DateTime2 { .. }
        | SqlValue::DateTimeOffset(_)
        | SqlValue::Xml(_)
        | SqlValue::Variant(_) => Err(SqlError::unsupported(&format!(
            "Conversion from {} to {}",
            value.type_name(),
            to.name()
        ))),
    }
}

fn text_bytes(
    text: &str,
    unicode: bool,
    to: &SqlType,
    style: Option<i32>,
) -> Result<Vec<u8>, SqlError> {
    let from = if unicode { "nvarchar" } else { "varchar" };
    match style.unwrap_or(0) {
        0 if unicode => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        0 => Ok(to_code_page(text)),
        style @ (1 | 2) => {
            let digits = match style {
                1 => text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")),
                _ => Some(text),
            };
            let bytes = digits.and_then(unhex);
            bytes.ok_or_else(|| SqlError::error_converting(from, to.name()))
        }
        style => Err(SqlError::style_invalid(style, from)),
    }
}

/// Hexadecimal digits, upper case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Little-endian UTF-16; an odd last byte gets a zero.
pub(super) fn utf16_text(bytes: &[u8]) -> String {
    let unit = |pair: &[u8]| u16::from(pair[0]) | u16::from(*pair.get(1).unwrap_or(&0)) << 8;
    String::from_utf16_lossy(&bytes.chunks(2).map(unit).collect::<Vec<_>>())
}

/// To `uniqueidentifier`: from its text, in braces or not, or from its 16 bytes.
pub(super) fn to_guid(value: &SqlValue) -> Result<SqlValue, SqlError> {
    if let SqlValue::Guid(_) = value {
        return Ok(value.clone());
    }
    if let Some(text) = value.as_str() {
        return text_guid(text).map(SqlValue::Guid).ok_or_else(SqlError::guid_syntax);
    }
    if let Some(bytes) = value.as_bytes() {
        let mut stored = [0; 16];
        let length = bytes.len().min(16);
        stored[..length].copy_from_slice(&bytes[..length]);
        return Ok(SqlValue::Guid(guid_bytes(&stored)));
    }
    Err(SqlError::explicit_not_allowed(value.type_name(), "uniqueidentifier"))
}

/// The 36 characters at the start; what follows them does not count.
fn text_guid(text: &str) -> Option<[u8; 16]> {
    let (start, braced) = match text.strip_prefix('{') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let body = start.get(..36)?;
    if braced && !start[36..].starts_with('}') {
        return None;
    }
    let dashes = body.bytes().enumerate().all(|(at, byte)| {
        if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    });
    if !dashes {
        return None;
    }
    unhex(&body.replace('-', ""))?.try_into().ok()
}

/// The stored order of a `uniqueidentifier` from the order of its text, and back: the first
/// three groups are little end first.
pub(crate) const fn guid_bytes(bytes: &[u8; 16]) -> [u8; 16] {
    let b = bytes;
    [
        b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15],
    ]
}

/// `6F9619FF-8B86-D011-B42D-00C04FC964FF`.
pub(crate) fn guid_text(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}
