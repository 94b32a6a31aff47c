//! PARSE and TRY_PARSE: text as .NET reads it in a culture.
//!
//! The cultures `en-US` and the invariant one are known; others are refused by name. A number may
//! have a sign, thousands separators and, for money, a `$`; a date is read month first.
//!
//! Source: T-SQL reference, "PARSE", "TRY_PARSE"; error 9819.

use crate::types::SqlType;
use crate::value::{ConvertOptions, DateSettings, Language, SqlError, SqlValue, WEEKDAYS, convert};

/// The value of a text; with `lenient`, NULL where it has none.
pub(crate) fn parse_text(
    text: &SqlValue,
    to: &SqlType,
    culture: Option<&SqlValue>,
    (lenient, language): (bool, &Language),
) -> Result<SqlValue, SqlError> {
    let Some(source) = text.as_str() else { return Ok(SqlValue::Null) };
    if culture.is_none() && !language.is_english() {
        return Err(SqlError::unsupported(&format!("PARSE in the language {}", language.name)));
    }
    let shown = culture.and_then(SqlValue::as_str).unwrap_or("en-US");
    if !matches!(shown.to_ascii_lowercase().as_str(), "en-us" | "en" | "iv" | "") {
        return Err(SqlError::unsupported(&format!("PARSE with culture '{shown}'")));
    }
    let kind = to.kind();
    let parsed = if kind.is_date_time() {
        let options = ConvertOptions { style: None, dates: DateSettings::default() };
        let source = behind_weekday(source.trim());
        (!source.is_empty()).then(|| convert(&SqlValue::nvarchar(source), to, options))
    } else {
        number(source, kind.is_money())
            .map(|digits| convert(&SqlValue::nvarchar(digits), to, ConvertOptions::default()))
    };
    match parsed {
        Some(Ok(value)) => Ok(value),
        Some(Err(_)) | None if lenient => Ok(SqlValue::Null),
        Some(Err(_)) | None => Err(refused(source, to, shown)),
    }
}

/// A date without the day of the week that it may begin with: `Monday, 13 December 2010`.
fn behind_weekday(text: &str) -> &str {
    let word = text.find(|c: char| !c.is_ascii_alphabetic()).map_or(text, |end| &text[..end]);
    let is_weekday = WEEKDAYS
        .iter()
        .any(|day| word.eq_ignore_ascii_case(day) || word.eq_ignore_ascii_case(&day[..3]));
    if is_weekday { text[word.len()..].trim_start_matches([',', ' ']) } else { text }
}

fn refused(text: &str, to: &SqlType, culture: &str) -> SqlError {
    let text = format!(
        "Error converting string value '{text}' into data type {} using culture '{culture}'.",
        to.name()
    );
    SqlError::new(9819, 16, 1, text)
}

/// The plain digits of a number; `None` for what is not one.
fn number(text: &str, money: bool) -> Option<String> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inside) => (true, inside),
        None => (text.starts_with('-'), text.trim_start_matches(['-', '+'])),
    };
    let text = if money { text.trim_start_matches('$') } else { text };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".,eE+-".contains(&byte));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !plain || fraction.contains(',') || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{}{point}{fraction}", whole.replace(',', "")))
}
