//! Values as text, text that fits a type, and text and bytes.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use std::borrow::Cow;
use std::fmt::Write as _;

use model::{DataType, Value};
use uuid::Uuid;

use super::{ConvertFailure, ConvertOptions, FailureKind, date_text};
use crate::code_page::CodePage;

/// How many UTF-16 units a text has: what SSIS calls its length.
#[inline]
pub(crate) fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The longest beginning with at most `units` UTF-16 units; never half a character.
pub(crate) fn fit_utf16(text: &str, units: usize) -> &str {
    if text.len() <= units {
        return text;
    }
    let mut left = units;
    for (at, character) in text.char_indices() {
        let width = character.len_utf16();
        if left < width {
            return &text[..at];
        }
        left -= width;
    }
    text
}

/// The part of a text that fits a text type, and whether that is all of it.
pub(super) fn fit(text: &str, to: DataType) -> Result<(Cow<'_, str>, bool), ConvertFailure> {
    let fitting = match to {
        DataType::WStr { length } => fit_utf16(text, length as usize),
        DataType::Str { length, code_page } => {
            if text.is_ascii() {
                &text[..text.len().min(length as usize)]
            } else {
                let page = CodePage::new(code_page).ok_or(FailureKind::Unsupported)?;
                page.fit(text, length as usize).ok_or(FailureKind::CannotConvert)?
            }
        }
        DataType::Text { code_page } if !text.is_ascii() => {
            let page = CodePage::new(code_page).ok_or(FailureKind::Unsupported)?;
            page.fit(text, usize::MAX).ok_or(FailureKind::CannotConvert)?
        }
        _ => text,
    };
    Ok((Cow::Borrowed(fitting), fitting.len() == text.len()))
}

/// A text as a value of a text type.
pub(super) fn to_fitting_text(text: &str, to: DataType) -> Result<Value, ConvertFailure> {
    match fit(text, to)? {
        (fitting, true) => Ok(Value::text(fitting.as_ref())),
        (fitting, false) => Err(ConvertFailure::truncated(Value::text(fitting.as_ref()))),
    }
}

/// A value as text, before it is fitted.
pub(super) fn show(value: &Value, from: DataType, options: &ConvertOptions) -> String {
    let mut text = String::new();
    show_in(&mut text, value, from, options);
    text
}

/// Adds a value to a text.
pub(super) fn show_in(text: &mut String, value: &Value, from: DataType, options: &ConvertOptions) {
    match value {
        Value::R4(n) => text.push_str(&float_text(f64::from(*n), &format!("{n:e}"), 7)),
        Value::R8(n) => text.push_str(&float_text(*n, &format!("{n:e}"), 15)),
        Value::Decimal(n) if from == DataType::Cy => text.push_str(&trim_fraction(n.to_string())),
        Value::DateTime(_) | Value::Date(_) | Value::Time(_) | Value::DateTimeOffset { .. } => {
            date_text::show(text, value, from, options);
        }
        // Writing to a String does not fail.
        _ => write!(text, "{value}").unwrap_or_default(),
    }
}

fn trim_fraction(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// As OLE Automation writes a float: up to `digits` significant digits, an exponent for the very
/// large and the very small.
fn float_text(n: f64, shortest: &str, digits: usize) -> String {
    if !n.is_finite() || n == 0.0 {
        return if n == 0.0 { "0".to_owned() } else { n.to_string() };
    }
    let significant = shortest.bytes().take_while(|&byte| byte != b'e');
    let significant = significant.filter(u8::is_ascii_digit).count();
    let scientific =
        if significant <= digits { shortest.to_owned() } else { format!("{n:.*e}", digits - 1) };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = trim_fraction(mantissa.to_owned());
    let digits = i32::try_from(digits).unwrap_or(15);
    if !(-5..digits).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}E{sign}{:02}", exponent.unsigned_abs());
    }
    let (sign, plain) = mantissa.strip_prefix('-').map_or(("", &*mantissa), |rest| ("-", rest));
    let all: String = plain.chars().filter(char::is_ascii_digit).collect();
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{all}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    if all.len() <= whole {
        return format!("{sign}{all}{}", "0".repeat(whole - all.len()));
    }
    format!("{sign}{}.{}", &all[..whole], &all[whole..])
}

/// The bytes of an integer in the order of the machine that SSIS runs on, lowest first.
pub(super) fn number_bytes(value: &Value, length: u32) -> Result<Value, ConvertFailure> {
    let bytes = match value {
        Value::I4(n) => n.to_le_bytes().to_vec(),
        Value::Ui4(n) => n.to_le_bytes().to_vec(),
        Value::I8(n) => n.to_le_bytes().to_vec(),
        Value::Ui8(n) => n.to_le_bytes().to_vec(),
        _ => return Err(FailureKind::Unsupported.into()),
    };
    fit_bytes(&bytes, length)
}

fn fit_bytes(bytes: &[u8], length: u32) -> Result<Value, ConvertFailure> {
    match bytes.get(..length as usize) {
        Some(start) if start.len() < bytes.len() => {
            Err(ConvertFailure::truncated(Value::Bytes(start.into())))
        }
        _ => Ok(Value::Bytes(bytes.into())),
    }
}

/// Hexadecimal text into bytes and GUIDs, text into a binary long object.
pub(super) fn text_to_binary(
    text: &str,
    from: DataType,
    to: DataType,
) -> Result<Value, ConvertFailure> {
    match to {
        DataType::Guid => {
            let text = text.trim();
            let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let inner = inner.unwrap_or(text);
            if inner.len() != 36 {
                return Err(FailureKind::CannotConvert.into());
            }
            let guid = Uuid::try_parse(inner).map_err(|_| FailureKind::CannotConvert)?;
            Ok(Value::Guid(guid))
        }
        DataType::Bytes { length } => {
            fit_bytes(&from_hex(text).ok_or(FailureKind::CannotConvert)?, length)
        }
        DataType::Image => Ok(Value::Bytes(encode(text, from)?.into())),
        _ => Err(FailureKind::Unsupported.into()),
    }
}

fn encode(text: &str, from: DataType) -> Result<Vec<u8>, FailureKind> {
    let code_page = match from {
        DataType::Str { code_page, .. } | DataType::Text { code_page } => code_page,
        _ => return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    };
    let page = CodePage::new(code_page).ok_or(FailureKind::Unsupported)?;
    page.encode(text).ok_or(FailureKind::CannotConvert)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    if digits.contains(['+', '-']) {
        return None;
    }
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Converts DT_BYTES and DT_IMAGE.
pub(super) fn from_bytes(
    bytes: &[u8],
    from: DataType,
    to: DataType,
) -> Result<Value, ConvertFailure> {
    match to {
        DataType::Bytes { length } => fit_bytes(bytes, length),
        DataType::Image => Ok(Value::Bytes(bytes.into())),
        DataType::Str { .. } | DataType::WStr { .. } => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            to_fitting_text(&hex, to)
        }
        DataType::Text { code_page } => {
            let page = CodePage::new(code_page).ok_or(FailureKind::Unsupported)?;
            Ok(Value::text(page.decode(bytes).ok_or(FailureKind::CannotConvert)?))
        }
        DataType::NText => {
            let units: Vec<u16> = bytes
                .chunks(2)
                .map(|pair| u16::from_le_bytes([pair[0], *pair.last().unwrap_or(&0)]))
                .collect();
            let odd = !bytes.len().is_multiple_of(2);
            let text = String::from_utf16(&units).ok().filter(|_| !odd);
            Ok(Value::text(text.ok_or(FailureKind::CannotConvert)?))
        }
        DataType::Guid => {
            // A GUID in memory has its first three groups lowest byte first.
            let guid: [u8; 16] = bytes.try_into().map_err(|_| FailureKind::CannotConvert)?;
            Ok(Value::Guid(Uuid::from_bytes_le(guid)))
        }
        _ if from == DataType::Image => Err(FailureKind::Unsupported.into()),
        _ => bytes_to_number(bytes, to),
    }
}

fn bytes_to_number(bytes: &[u8], to: DataType) -> Result<Value, ConvertFailure> {
    let cannot = FailureKind::CannotConvert;
    match to {
        DataType::R4 => Ok(Value::R4(f32::from_le_bytes(bytes.try_into().map_err(|_| cannot)?))),
        DataType::Ui4 => Ok(Value::Ui4(u32::from_le_bytes(bytes.try_into().map_err(|_| cannot)?))),
        DataType::I8 => Ok(Value::I8(i64::from_le_bytes(bytes.try_into().map_err(|_| cannot)?))),
        DataType::Ui8 => Ok(Value::Ui8(u64::from_le_bytes(bytes.try_into().map_err(|_| cannot)?))),
        _ => Err(FailureKind::Unsupported.into()),
    }
}

/// Converts a GUID.
pub(super) fn from_guid(guid: Uuid, to: DataType) -> Result<Value, ConvertFailure> {
    match to {
        DataType::Guid => Ok(Value::Guid(guid)),
        DataType::Bytes { length } => fit_bytes(&guid.to_bytes_le(), length),
        _ if to.is_text() => to_fitting_text(&Value::Guid(guid).to_string(), to),
        _ => Err(FailureKind::Unsupported.into()),
    }
}
