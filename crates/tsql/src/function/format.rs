//! FORMAT: .NET format strings for numbers and dates, in the culture en-US.
//!
//! Other cultures are refused by name. A format that .NET does not take gives NULL.
//!
//! Source: T-SQL reference, "FORMAT"; .NET, "Standard/Custom numeric format strings" and
//! "Standard/Custom date and time format strings".

use super::format_date::{format_date, format_time};
use super::format_number::{Digits, format_number};
use super::types::nvarchar_4000;
use super::{Call, Function};
use crate::types::{Kind, SqlType};
use crate::value::{SqlError, SqlValue};

pub(super) const FUNCTIONS: &[Function] = &[Function::new("FORMAT", (2, 3), format_type, format)];

fn format_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let kind = types[0].kind();
    match (kind.is_number() && kind != Kind::Bit) || kind.is_date_time() {
        true => nvarchar_4000(types),
        false => Err(SqlError::argument_invalid(kind.name(), 1, "format")),
    }
}

fn format(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if 2 < call.args.len() {
        let culture = call.text(2)?;
        if !matches!(culture.to_ascii_lowercase().as_str(), "en-us" | "en" | "iv" | "") {
            return Err(SqlError::unsupported(&format!("FORMAT with culture '{culture}'")));
        }
    } else if !call.session.dates.language.is_english() {
        // Without a culture the session's language is meant.
        let language = call.session.dates.language.name;
        return Err(SqlError::unsupported(&format!("FORMAT in the language {language}")));
    }
    let format = call.text(1)?;
    let value = call.args[0].unwrapped();
    let text = if let SqlValue::Time { ticks, .. } = value {
        format_time(*ticks, &format)
    } else if let SqlValue::DateTimeOffset(moment) = value {
        format_date(moment.local(), Some(moment.offset), &format)
    } else if let Some(ticks) = value.as_ticks() {
        format_date(ticks, None, &format)
    } else {
        let whole = value.as_i64();
        let digits = match value.as_decimal() {
            Some(number) => Some(Digits::of_decimal(number)),
            None => value.as_f64().map(|number| Digits::of_float(number, value.kind())),
        };
        digits.and_then(|digits| format_number(&digits, whole, &format))
    };
    Ok(text.map_or(SqlValue::Null, |text| call.text_result(text)))
}
