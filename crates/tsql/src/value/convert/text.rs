//! Values as text, and what happens when the text is too long for its type.
//!
//! Source: T-SQL reference, "CAST and CONVERT", truncating and rounding results.

use std::sync::Arc;

use super::bytes::{guid_text, hex, utf16_text};
use crate::types::{Kind, Length, SqlType};
use crate::value::code_page::{fit_code_page, from_code_page};
use crate::value::date_format::date_text;
use crate::value::number_format::{float_text, money_text};
use crate::value::{ConvertOptions, Language, SqlError, SqlValue, utf16_len};

/// To any character type, `text` and `ntext` included.
pub(super) fn to_text(
    value: &SqlValue,
    to: &SqlType,
    options: ConvertOptions,
) -> Result<SqlValue, SqlError> {
    let style = options.style;
    let unicode = to.kind().is_unicode();
    if let (SqlValue::NVarChar(text), true, Some(Length::Max)) = (value, unicode, to.length()) {
        return Ok(SqlValue::NVarChar(Arc::clone(text)));
    }
    let mut text = match value.as_bytes() {
        Some(bytes) => bytes_text(bytes, to, style)?,
        None => styled_text(value, style, options.dates.language)?,
    };
    if !unicode {
        text = fit_code_page(&text);
    }
    if let Some(Length::N(n)) = to.length() {
        text = fit_length(value, text, usize::from(n), to)?;
    }
    let text: Arc<str> = text.into();
    Ok(if unicode { SqlValue::NVarChar(text) } else { SqlValue::VarChar(text) })
}

/// The text of a value with the default style, of any type but binary.
pub(crate) fn plain_text(value: &SqlValue) -> Result<String, SqlError> {
    match value.as_bytes() {
        Some(bytes) => Ok(from_code_page(bytes)),
        None => styled_text(value, None, <&Language>::default()),
    }
}

fn styled_text(
    value: &SqlValue,
    style: Option<i32>,
    language: &'static Language,
) -> Result<String, SqlError> {
    let number = style.unwrap_or(0);
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    if let Some(units) = value.as_money() {
        return Ok(money_text(units, number));
    }
    if let Some(integer) = value.as_i64() {
        return Ok(integer.to_string());
    }
    if let SqlValue::Real(float) = value {
        return Ok(float_text(f64::from(*float), number, true));
    }
    if let SqlValue::Float(float) = value {
        return Ok(float_text(*float, number, false));
    }
    if let SqlValue::Decimal(decimal) = value {
        return Ok(decimal.to_string());
    }
    if let SqlValue::Guid(bytes) = value {
        return Ok(guid_text(bytes));
    }
    if let SqlValue::Variant(inner) = value {
        return styled_text(&inner.value, style, language);
    }
    date_text(value, style, language)
}

/// Bytes as characters (style 0) or as hexadecimal digits (1 with `0x`, 2 without).
fn bytes_text(bytes: &[u8], to: &SqlType, style: Option<i32>) -> Result<String, SqlError> {
    match style.unwrap_or(0) {
        0 if to.kind().is_unicode() => Ok(utf16_text(bytes)),
        0 => Ok(from_code_page(bytes)),
        1 => Ok(format!("0x{}", hex(bytes))),
        2 => Ok(hex(bytes)),
        style => Err(SqlError::style_invalid(style, "varbinary")),
    }
}

/// Cuts or pads the text to `n` characters, or refuses to, as the source's type has it.
fn fit_length(value: &SqlValue, text: String, n: usize, to: &SqlType) -> Result<String, SqlError> {
    let length = utf16_len(&text);
    let kind = value.kind();
    let text = if length <= n {
        text
    } else if kind.is_integer() && kind != Kind::Bit {
        if to.kind().is_unicode() || kind == Kind::BigInt {
            return Err(SqlError::overflow_expression(to.name()));
        }
        "*".to_owned()
    } else if kind.is_money() {
        return Err(SqlError::money_space(to.name()));
    } else if kind.is_number() && kind != Kind::Bit {
        return Err(SqlError::overflow_converting(kind.name(), to.name()));
    } else if kind == Kind::UniqueIdentifier && to.kind().is_unicode() {
        return Err(SqlError::overflow_expression(to.name()));
    } else if kind == Kind::UniqueIdentifier {
        return Err(SqlError::guid_space());
    } else {
        cut(&text, n)
    };
    if !to.is_fixed_length() {
        return Ok(text);
    }
    let missing = n.saturating_sub(utf16_len(&text));
    Ok(text + &" ".repeat(missing))
}

/// The first `n` UTF-16 units; half a surrogate pair becomes U+FFFD.
pub(crate) fn cut(text: &str, n: usize) -> String {
    if text.is_ascii() {
        return text[..n.min(text.len())].to_owned();
    }
    let units: Vec<u16> = text.encode_utf16().take(n).collect();
    String::from_utf16_lossy(&units)
}
