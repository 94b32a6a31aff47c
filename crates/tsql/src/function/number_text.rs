//! Between numbers and text: STR and ISNUMERIC.
//!
//! Source: T-SQL reference, "STR", "ISNUMERIC".

use super::types::int;
use super::{Call, Function};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue, cast};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("STR", (1, 3), str_type, str_of),
    Function::new("ISNUMERIC", (1, 1), int, is_numeric).lenient(),
];

fn str_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::VarChar(Length::N(8000)))
}

/// Right-justified in 10 characters unless told otherwise; asterisks where the whole part does
/// not fit, fewer decimals where they do not.
fn str_of(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let number = call.float(0)?;
    let width = if call.args.len() < 2 { 10 } else { call.integer(1)? };
    let decimals = if call.args.len() < 3 { 0 } else { call.integer(2)? };
    let (Ok(width), Ok(decimals)) = (usize::try_from(width), usize::try_from(decimals)) else {
        return Ok(SqlValue::Null);
    };
    if width == 0 || 8000 < width {
        return Ok(SqlValue::Null);
    }
    let fits = (0..=decimals.min(16)).rev().map(|places| rounded(number, places));
    let text = fits.into_iter().find(|text| text.len() <= width);
    let text = text.unwrap_or_else(|| "*".repeat(width));
    Ok(SqlValue::varchar(format!("{text:>width$}")))
}

/// Rounds half away from zero by the 17 digits of a double, as SQL Server prints it.
fn rounded(number: f64, places: usize) -> String {
    let exact = SqlType::Decimal { precision: 38, scale: u8::try_from(places).unwrap_or(16) };
    match cast(&SqlValue::Float(number), &exact).ok().and_then(|value| value.as_decimal()) {
        Some(decimal) => decimal.to_string(),
        None => format!("{number:.places$}"),
    }
}

/// Whether the value converts to at least one of the numeric types.
fn is_numeric(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let value = call.args[0].unwrapped();
    let numeric = match value.as_str() {
        Some(text) if text.trim_matches(' ').is_empty() => false,
        Some(_) => [SqlType::Float, SqlType::Money, SqlType::BigInt]
            .iter()
            .any(|ty| cast(value, ty).is_ok()),
        None => value.as_f64().is_some(),
    };
    Ok(SqlValue::Int(i32::from(numeric)))
}
