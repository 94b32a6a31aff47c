//! Values as numbers.
//!
//! Rounding: a decimal or float that becomes an integer loses its fraction, money rounds, and
//! whatever becomes a decimal or money rounds half away from zero.

use model::Decimal;

use crate::types::Kind;
use crate::value::{SqlError, SqlValue};

/// To `bit`: zero is 0, anything else 1; also the words TRUE and FALSE.
pub(super) fn to_bit(value: &SqlValue) -> Result<SqlValue, SqlError> {
    if let Some(text) = value.as_str() {
        let word = text.trim();
        if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") {
            return Ok(SqlValue::Bit(word.eq_ignore_ascii_case("true")));
        }
        let digits = word.trim_start_matches(['+', '-']);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SqlError::conversion_failed(value.type_name(), text, "bit"));
        }
        return Ok(SqlValue::Bit(digits.bytes().any(|digit| digit != b'0')));
    }
    if let Some(number) = value.as_f64() {
        return Ok(SqlValue::Bit(number != 0.0));
    }
    if let Some(bytes) = value.as_bytes() {
        return Ok(SqlValue::Bit(bytes.last().is_some_and(|&byte| byte != 0)));
    }
    match days(value) {
        Some(days) => Ok(SqlValue::Bit(days != 0.0)),
        None => Err(SqlError::explicit_not_allowed(value.type_name(), "bit")),
    }
}

/// To `tinyint`, `smallint`, `int` or `bigint`.
pub(super) fn to_integer(value: &SqlValue, to: Kind) -> Result<SqlValue, SqlError> {
    if let Some(text) = value.as_str() {
        return text_to_integer(value, text, to);
    }
    let number = if let Some(number) = value.as_i64() {
        i128::from(number)
    } else if let SqlValue::Decimal(number) = value {
        number.truncate(0).mantissa
    } else if let Some(units) = value.as_money() {
        Decimal::new(i128::from(units), 4).rescale(0).unwrap_or_default().mantissa
    } else if let Some(number) = value.as_f64() {
        number.trunc() as i128
    } else if let Some(bytes) = value.as_bytes() {
        return Ok(bytes_to_integer(bytes, to));
    } else if let Some(days) = days(value) {
        // Noon and later counts as the next day.
        (days + 0.5).floor() as i128
    } else {
        return Err(SqlError::explicit_not_allowed(value.type_name(), to.name()));
    };
    sized(number, to).ok_or_else(|| out_of_range(value, number, to))
}

/// The error of a number outside the integer type: each kind of source has its own.
fn out_of_range(value: &SqlValue, number: i128, to: Kind) -> SqlError {
    let kind = value.kind();
    if kind == Kind::Numeric {
        return SqlError::overflow_converting("numeric", to.name());
    }
    if kind.is_approximate() && to != Kind::BigInt {
        return SqlError::overflow_float(to.name(), value.as_f64().unwrap_or_default());
    }
    if kind == Kind::Money && to != Kind::BigInt {
        return money_out_of_range(value, to);
    }
    if matches!(to, Kind::TinyInt | Kind::SmallInt) && kind.is_integer() && kind != Kind::BigInt {
        return SqlError::overflow_value(to.name(), &number.to_string());
    }
    SqlError::overflow_expression(to.name())
}

/// Money has an error per target; only `smallint` shows ten-thousandths.
fn money_out_of_range(value: &SqlValue, to: Kind) -> SqlError {
    if to == Kind::TinyInt {
        return SqlError::overflow_float(to.name(), value.as_f64().unwrap_or_default());
    }
    if to == Kind::SmallInt {
        let units = value.as_money().unwrap_or_default();
        return SqlError::overflow_value(to.name(), &units.to_string());
    }
    SqlError::overflow_money(to.name())
}

/// The integer of a kind; `None` when out of range.
pub(crate) fn sized(number: i128, to: Kind) -> Option<SqlValue> {
    if to == Kind::Bit {
        return Some(SqlValue::Bit(number != 0));
    }
    if to == Kind::TinyInt {
        return u8::try_from(number).ok().map(SqlValue::TinyInt);
    }
    if to == Kind::SmallInt {
        return i16::try_from(number).ok().map(SqlValue::SmallInt);
    }
    if to == Kind::Int {
        return i32::try_from(number).ok().map(SqlValue::Int);
    }
    i64::try_from(number).ok().filter(|_| to == Kind::BigInt).map(SqlValue::BigInt)
}

fn text_to_integer(value: &SqlValue, text: &str, to: Kind) -> Result<SqlValue, SqlError> {
    let from = value.type_name();
    let trimmed = text.trim();
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed).trim_start();
    if !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(match to == Kind::BigInt {
            true => SqlError::error_converting(from, to.name()),
            false => SqlError::conversion_failed(from, text, to.name()),
        });
    }
    let magnitude = match unsigned {
        "" => Some(0),
        digits => digits
            .trim_start_matches('0')
            .parse::<i128>()
            .ok()
            .or_else(|| digits.bytes().all(|digit| digit == b'0').then_some(0)),
    };
    let signed = magnitude.map(|number| if trimmed.starts_with('-') { -number } else { number });
    let number = signed.and_then(|number| sized(number, to));
    number.ok_or_else(|| {
        if to == Kind::BigInt {
            return SqlError::overflow_expression(to.name());
        }
        if to == Kind::Int {
            return SqlError::overflow_text_int(from, text);
        }
        let column = if to == Kind::SmallInt { "INT2" } else { "INT1" };
        SqlError::overflow_text_small(from, text, column)
    })
}

/// The last bytes, big end first; missing ones are zero.
fn bytes_to_integer(bytes: &[u8], to: Kind) -> SqlValue {
    let number =
        bytes.iter().rev().take(8).rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    if to == Kind::TinyInt {
        return SqlValue::TinyInt(number as u8);
    }
    if to == Kind::SmallInt {
        return SqlValue::SmallInt(number as u16 as i16);
    }
    if to == Kind::Int {
        return SqlValue::Int(number as u32 as i32);
    }
    SqlValue::BigInt(number as i64)
}

/// Days since 1900-01-01, of the two types that convert to numbers.
fn days(value: &SqlValue) -> Option<f64> {
    if let SqlValue::DateTime(moment) = value {
        return Some(moment.to_days());
    }
    if let SqlValue::SmallDateTime(moment) = value {
        return Some(f64::from(moment.days) + f64::from(moment.minutes) / 1440.0);
    }
    None
}

/// To `decimal` or `numeric`; `name` is which of the two.
pub(super) fn to_decimal(
    value: &SqlValue,
    precision: u8,
    scale: u8,
    name: &str,
) -> Result<SqlValue, SqlError> {
    let from = value.type_name();
    let number = if let Some(number) = value.as_decimal() {
        Some(number)
    } else if let Some(text) = value.as_str() {
        let trimmed = text.trim();
        Some(text_decimal(trimmed).ok_or_else(|| match is_long_number(trimmed) {
            true => SqlError::overflow_converting(from, name),
            false => SqlError::error_converting(from, name),
        })?)
    } else if let Some(number) = value.as_f64().or_else(|| days(value)) {
        float_decimal(number, scale)
    } else if value.as_bytes().is_some() {
        return Err(SqlError::unsupported(&format!("Conversion from {from} to {name}")));
    } else {
        return Err(SqlError::explicit_not_allowed(from, name));
    };
    let fitted = number.and_then(|number| number.rescale(scale));
    match fitted.filter(|fitted| digits(*fitted) <= precision) {
        Some(fitted) => Ok(SqlValue::Decimal(fitted)),
        None => Err(SqlError::overflow_converting(from, name)),
    }
}

/// Digits of the mantissa, leading zeros not counted.
pub(crate) fn digits(number: Decimal) -> u8 {
    let log = number.mantissa.unsigned_abs().checked_ilog10();
    log.map_or(0, |log| u8::try_from(log + 1).unwrap_or(u8::MAX))
}

fn text_decimal(text: &str) -> Option<Decimal> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(rest) if text.starts_with('-') => ("-", rest.trim_start()),
        Some(rest) => ("", rest.trim_start()),
        None => ("", text),
    };
    if let Some(number) = Decimal::parse(&format!("{sign}{digits}")) {
        return Some(number);
    }
    // Leading zeros do not count, and digits beyond the 38th behind the point cannot matter.
    let (whole, fraction) = digits.split_once('.')?;
    let whole = whole.trim_start_matches('0');
    let all_digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let keep = 38usize.checked_sub(whole.len())?.min(fraction.len());
    if !all_digits || fraction.is_empty() {
        return None;
    }
    Decimal::parse(&format!("{sign}{whole}.{}", &fraction[..keep]))
}

fn is_long_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let dots = digits.bytes().filter(|&byte| byte == b'.').count();
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain && dots <= 1 && digits.len() > 37
}

/// The decimal of a float, by its 17 significant digits.
fn float_decimal(number: f64, scale: u8) -> Option<Decimal> {
    if !number.is_finite() {
        return None;
    }
    let text = format!("{number:.16e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let mantissa = Decimal::parse(mantissa)?;
    let places = 16 - exponent;
    if places <= 0 {
        let factor = 10i128.checked_pow(u32::try_from(-places).ok()?)?;
        return Some(Decimal::new(mantissa.mantissa.checked_mul(factor)?, 0));
    }
    if places <= 38 {
        return Some(Decimal::new(mantissa.mantissa, u8::try_from(places).ok()?));
    }
    // Too small for 38 places: drop the digits that no scale can show.
    let drop = 10i128.checked_pow(u32::try_from(places - 38).ok()?);
    Decimal::new(drop.map_or(0, |drop| mantissa.mantissa / drop), 38).rescale(scale)
}

/// To `money` or `smallmoney`.
pub(super) fn to_money(value: &SqlValue, to: Kind) -> Result<SqlValue, SqlError> {
    let from = value.type_name();
    let overflow = || SqlError::overflow_converting(from, to.name());
    let number = if let Some(number) = value.as_decimal() {
        number
    } else if let Some(text) = value.as_str() {
        text_money(text).ok_or_else(SqlError::money_syntax)?
    } else if let Some(number) = value.as_f64().or_else(|| days(value)) {
        float_decimal(number, 4).ok_or_else(overflow)?
    } else if let Some(bytes) = value.as_bytes() {
        let wide = if to == Kind::Money { Kind::BigInt } else { Kind::Int };
        let units = bytes_to_integer(bytes, wide).as_i64().unwrap_or_default();
        Decimal::new(i128::from(units), 4)
    } else {
        return Err(SqlError::explicit_not_allowed(from, to.name()));
    };
    let units = number.rescale(4).ok_or_else(overflow)?.mantissa;
    money(units, to).ok_or_else(|| match value.kind() == Kind::Money {
        true => SqlError::overflow_money(to.name()),
        false => overflow(),
    })
}

/// Ten-thousandths as `money` or `smallmoney`; `None` when out of range.
pub(crate) fn money(units: i128, to: Kind) -> Option<SqlValue> {
    if to == Kind::SmallMoney {
        return i32::try_from(units).ok().map(SqlValue::SmallMoney);
    }
    i64::try_from(units).ok().map(SqlValue::Money)
}

/// Money as text: a sign and a currency sign in any order, commas anywhere before the point.
fn text_money(text: &str) -> Option<Decimal> {
    let mut rest = text.trim();
    let mut negative = false;
    for _ in 0..2 {
        if let Some(unsigned) = rest.strip_prefix(['-', '+']) {
            negative |= rest.starts_with('-');
            rest = unsigned.trim_start();
        }
        rest = rest.strip_prefix(['$', '€', '£', '¥', '¢', '¤']).unwrap_or(rest).trim_start();
    }
    if rest.is_empty() {
        return Some(Decimal::new(0, 4));
    }
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let whole = whole.replace(',', "");
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(18)];
    let number = Decimal::parse(&format!("0{whole}.{kept}"))?;
    Some(Decimal::new(if negative { -number.mantissa } else { number.mantissa }, number.scale))
}

/// To `float` or `real`.
pub(super) fn to_float(value: &SqlValue, to: Kind) -> Result<SqlValue, SqlError> {
    let from = value.type_name();
    let number = if let Some(number) = value.as_f64().or_else(|| days(value)) {
        number
    } else if let Some(text) = value.as_str() {
        text_float(text).ok_or_else(|| SqlError::error_converting(from, to.name()))?
    } else {
        return Err(SqlError::explicit_not_allowed(from, to.name()));
    };
    float(number, to).ok_or_else(|| SqlError::overflow_expression(to.name()))
}

/// A number as `float` or `real`; `None` when out of range.
pub(crate) fn float(number: f64, to: Kind) -> Option<SqlValue> {
    if to == Kind::Real {
        let narrow = number as f32;
        return narrow.is_finite().then_some(SqlValue::Real(narrow));
    }
    number.is_finite().then_some(SqlValue::Float(number))
}

fn text_float(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(0.0);
    }
    let plain = trimmed.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eEdD".contains(&byte));
    if !plain {
        return None;
    }
    trimmed.replace(['d', 'D'], "e").parse().ok()
}
