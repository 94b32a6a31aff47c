//! Reads numbers and Booleans: standard parse (locale) and fast parse (digits only).
//!
//! Standard parse takes what OLE Automation takes: blanks around, a sign on either side or
//! parentheses, the currency sign, group separators, a fraction, an exponent. Fast parse: the
//! "Fast Parse" page; an all-blank text is 0.

use model::{DataType, Decimal, Value};

use super::number::{Number, number_value};
use super::{ConvertFailure, ConvertOptions, FailureKind};
use crate::locale::Locale;

/// Reads a text as a number type or Boolean.
pub(super) fn parse_as(
    text: &str,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    if to == DataType::Bool {
        return Ok(Value::Bool(parse_bool(text, &options.locale)?));
    }
    if to.is_integer() && options.fast_parse {
        let number = parse_fast_integer(text).ok_or(FailureKind::CannotConvert)?;
        return Ok(number_value(Number::Integer(number), to)?);
    }
    let number = parse_number(text, &options.locale, to)?;
    Ok(number_value(number, to)?)
}

/// `true`, `false` in any letter case, or a number, of which only 0 is false.
pub(super) fn parse_bool(text: &str, locale: &Locale) -> Result<bool, FailureKind> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        return Ok(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Ok(false);
    }
    Ok(parse_number(text, locale, DataType::R8)?.to_f64() != 0.0)
}

/// Blanks or tabs, a sign, digits, blanks or tabs; nothing but blanks is 0. Saturates far
/// outside every integer type.
pub(super) fn parse_fast_integer(text: &str) -> Option<i128> {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() {
        return Some(0);
    }
    parse_plain_integer(text)
}

/// A sign and digits, nothing else.
#[inline]
pub(super) fn parse_plain_integer(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = if digits.len() <= 18 {
        i128::from(digits.iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    } else {
        digits.iter().fold(0i128, |sum, digit| {
            sum.saturating_mul(10).saturating_add(i128::from(digit - b'0'))
        })
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// A text taken apart: digits without separators, and what stood around them.
struct Parts {
    negative: bool,
    digits: String,
    exponent: Option<i32>,
}

/// Reads a number in the manner of the locale, exactly unless it is meant for a float.
pub(super) fn parse_number(
    text: &str,
    locale: &Locale,
    to: DataType,
) -> Result<Number, FailureKind> {
    let is_bare = matches!(text.as_bytes(), [b'+'..=b'9', .., b'0'..=b'9'] | [b'0'..=b'9']);
    let trimmed = if is_bare { text } else { text.trim_matches([' ', '\t', '\r', '\n', '\u{A0}']) };
    if let Some(integer) = parse_plain_integer(trimmed) {
        return Ok(Number::Integer(integer));
    }
    let float = matches!(to, DataType::R4 | DataType::R8);
    if !float
        && locale.decimal == '.'
        && let Some(decimal) = Decimal::parse(trimmed)
    {
        return Ok(Number::Decimal(decimal));
    }
    let parts = take_apart(trimmed, locale).ok_or(FailureKind::CannotConvert)?;
    let sign = if parts.negative { "-" } else { "" };
    if float || parts.exponent.is_some() {
        let exponent = parts.exponent.unwrap_or(0);
        let number: f64 = format!("{sign}{}e{exponent}", parts.digits)
            .parse()
            .map_err(|_| FailureKind::CannotConvert)?;
        return if number.is_finite() {
            Ok(Number::Float(number))
        } else {
            Err(FailureKind::Overflow)
        };
    }
    let (whole, fraction) = parts.digits.split_once('.').unwrap_or((&parts.digits, ""));
    // More than 38 digits: those behind the point are beyond every scale.
    let room = 38usize.saturating_sub(whole.trim_start_matches('0').len());
    let fraction = &fraction[..fraction.len().min(room)];
    let text = format!("{sign}{whole}.{fraction}");
    Decimal::parse(&text).map(Number::Decimal).ok_or(FailureKind::Overflow)
}

fn take_apart(text: &str, locale: &Locale) -> Option<Parts> {
    let mut negative = false;
    let mut rest = text;
    if let Some(inner) = rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        negative = true;
        rest = inner.trim();
    }
    for _ in 0..2 {
        rest = rest.trim();
        if let Some(inner) = rest.strip_prefix(locale.currency) {
            rest = inner.trim_start();
        } else if let Some(inner) = rest.strip_suffix(locale.currency) {
            rest = inner.trim_end();
        }
        let (sign, inner) = take_sign(rest);
        if sign.is_some() && negative {
            return None;
        }
        negative |= sign == Some('-');
        rest = inner;
    }
    let (mantissa, exponent) = split_exponent(rest.trim())?;
    Some(Parts { negative, digits: plain_digits(mantissa, locale)?, exponent })
}

fn take_sign(text: &str) -> (Option<char>, &str) {
    for sign in ['-', '+'] {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return (Some(sign), rest);
        }
    }
    (None, text)
}

fn split_exponent(text: &str) -> Option<(&str, Option<i32>)> {
    let Some(at) = text.find(['e', 'E', 'd', 'D']) else { return Some((text, None)) };
    let exponent = &text[at + 1..];
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let limited = exponent.parse::<i32>().unwrap_or(if exponent.starts_with('-') {
        -100_000
    } else {
        100_000
    });
    Some((&text[..at], Some(limited)))
}

/// Digits with a point, without group separators, which stand between digits only and never
/// behind the decimal separator.
fn plain_digits(text: &str, locale: &Locale) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let (mut seen_point, mut seen_digit) = (false, false);
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            seen_digit = true;
        } else if character == locale.decimal && !seen_point {
            digits.push('.');
            seen_point = true;
        } else if !(is_group(character, locale) && seen_digit && !seen_point) {
            return None;
        }
    }
    seen_digit.then_some(digits)
}

/// People type a plain blank where the locale has a no-break one.
fn is_group(character: char, locale: &Locale) -> bool {
    character == locale.group
        || (matches!(locale.group, '\u{A0}' | '\u{202F}')
            && matches!(character, ' ' | '\u{A0}' | '\u{202F}'))
}
