//! Values as JSON.
//!
//! Source: T-SQL reference, "How FOR JSON converts SQL Server data types to JSON data types".

use super::quoted;
use crate::types::SqlType;
use crate::value::{
    ConvertOptions, SqlError, SqlValue, base64_text, convert, float_text, plain_text,
};

/// A value as JSON: numbers and bits bare, all else in quotes.
pub(crate) fn json_text(value: &SqlValue) -> Result<String, SqlError> {
    let value = value.unwrapped();
    if value.is_null() {
        return Ok("null".to_owned());
    }
    if let SqlValue::Bit(bit) = value {
        return Ok(bit.to_string());
    }
    if let SqlValue::Float(float) = value {
        return Ok(float_text(*float, 2, false));
    }
    if let SqlValue::Real(float) = value {
        return Ok(float_text(f64::from(*float), 1, true));
    }
    if let Some(units) = value.as_money() {
        let money = convert(&SqlValue::Money(units), &SqlType::NVARCHAR_MAX, style(2))?;
        return plain_text(&money);
    }
    if value.kind().is_number() {
        return plain_text(value);
    }
    if let Some(bytes) = value.as_bytes() {
        return Ok(quoted(&base64_text(bytes)));
    }
    if value.kind().is_date_time() {
        return Ok(quoted(&moment_text(value)?));
    }
    Ok(quoted(&plain_text(value)?))
}

/// A date or time as XML and JSON have it; a time zone of zero hours is `Z`.
pub(crate) fn moment_text(value: &SqlValue) -> Result<String, SqlError> {
    let text = convert(value, &SqlType::NVARCHAR_MAX, style(126))?;
    let text = plain_text(&text)?;
    match (value, text.strip_suffix("+00:00")) {
        (SqlValue::DateTimeOffset(_), Some(start)) => Ok(format!("{start}Z")),
        _ => Ok(text),
    }
}

fn style(number: i32) -> ConvertOptions {
    ConvertOptions { style: Some(number), ..ConvertOptions::default() }
}
