//! Conversions between SSIS types: of one value, of text, of whole arrays.
//!
//! Casts in expressions, Data Conversion, Derived Column and flat files all convert here, so a
//! text means the same number everywhere. What differs between them is in [`ConvertOptions`].
//!
//! Rules: the casts and "Integration Services Data Types" pages. Numbers become integers by
//! rounding half to even, as measured; decimals that lose digits round half away from zero.
//!
//! # Invariants
//!
//! * NULL converts to NULL.
//! * A truncation carries the shortened value, because a row whose truncation is ignored
//!   continues with it; every other failure means there is no value.
//! * [`convert_array`] gives for each row what [`convert`] gives for its value.

use std::borrow::Cow;

use arrow_array::{Array, ArrayRef};
use model::{DataType, Value};

use crate::array;
use crate::locale::Locale;

mod date;
mod date_text;
mod fast_date;
mod legal;
mod number;
mod number_text;
mod text;
mod vector;

pub(crate) use date::DateTimeParts;
pub(crate) use number::{Number, mantissa_fits};
pub(crate) use text::{fit_utf16, utf16_len};

pub use legal::is_convertible;

/// How to convert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvertOptions {
    /// Separators and date order of texts.
    pub locale: Locale,
    /// Whether text is read by the locale-free rules of fast parse.
    pub fast_parse: bool,
    /// Whether a DT_DATE becomes text in ISO form, as the cast operator does it, and not in the
    /// short form of the locale.
    pub iso_dates: bool,
    /// Days since 1970-01-01 of the date that a time without a date gets.
    pub today: i32,
}

impl Default for ConvertOptions {
    fn default() -> Self {
        Self { locale: Locale::US_ENGLISH, fast_parse: false, iso_dates: false, today: 0 }
    }
}

/// What went wrong with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The text or value does not mean anything in the target type.
    CannotConvert,
    /// It was shortened to fit.
    Truncated,
    /// It is larger than the target type can hold.
    Overflow,
    /// It is negative and the target type is unsigned.
    SignMismatch,
    /// There is no conversion between the two types.
    Unsupported,
}

/// Why a value was not converted, or not wholly.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", match self.kind {
    FailureKind::CannotConvert => "the value cannot be converted to the target type",
    FailureKind::Truncated => "the value was truncated",
    FailureKind::Overflow => "the value is too large for the target type",
    FailureKind::SignMismatch => "the value is negative and the target type is unsigned",
    FailureKind::Unsupported => "there is no conversion between the two types",
})]
pub struct ConvertFailure {
    /// What went wrong.
    pub kind: FailureKind,
    /// The shortened value of a truncation; NULL for other failures.
    pub value: Value,
}

impl From<FailureKind> for ConvertFailure {
    fn from(kind: FailureKind) -> Self {
        Self { kind, value: Value::Null }
    }
}

impl ConvertFailure {
    fn truncated(value: Value) -> Self {
        Self { kind: FailureKind::Truncated, value }
    }
}

/// An array after conversion.
#[derive(Clone, Debug)]
pub struct ConvertedArray {
    /// As many rows as before. Failed rows are NULL, truncated rows have the shortened value.
    pub array: ArrayRef,
    /// The rows that failed or were truncated, ascending.
    pub failures: Vec<(usize, FailureKind)>,
}

/// Converts one value.
///
/// # Errors
///
/// When the value does not fit `to`, wholly or at all.
pub fn convert(
    value: &Value,
    from: DataType,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if !is_convertible(from, to) {
        return Err(FailureKind::Unsupported.into());
    }
    match value {
        Value::Text(text) => from_text(text, from, to, options),
        Value::Bytes(bytes) => text::from_bytes(bytes, from, to),
        Value::Guid(guid) => text::from_guid(*guid, to),
        Value::DateTime(_) | Value::Date(_) | Value::Time(_) | Value::DateTimeOffset { .. } => {
            date::from_date_time(value, from, to, options)
        }
        Value::Bool(_)
        | Value::I1(_)
        | Value::I2(_)
        | Value::I4(_)
        | Value::I8(_)
        | Value::Ui1(_)
        | Value::Ui2(_)
        | Value::Ui4(_)
        | Value::Ui8(_)
        | Value::R4(_)
        | Value::R8(_)
        | Value::Decimal(_) => number::from_number(value, from, to, options),
        Value::Null | Value::List(_) | Value::Rows(_) => Err(FailureKind::Unsupported.into()),
    }
}

/// Reads a text as a value of `to`, by standard parse or, where the options say so, fast parse.
///
/// # Errors
///
/// When the text means nothing in `to`, or does not fit.
pub fn parse_text(
    text: &str,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    from_text(text, DataType::WStr { length: u32::MAX }, to, options)
}

fn from_text(
    text: &str,
    from: DataType,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    if to.is_text() {
        return match text::fit(text, to)? {
            (fitting, true) => Ok(Value::text(fitting.as_ref())),
            (fitting, false) => Err(ConvertFailure::truncated(Value::text(fitting.as_ref()))),
        };
    }
    if to.is_date_time() {
        return date_text::parse_as(text, to, options);
    }
    if to.is_numeric() || to == DataType::Bool {
        return number_text::parse_as(text, to, options);
    }
    text::text_to_binary(text, from, to)
}

/// The part of a text that fits into a text type, and whether that is all of it.
///
/// # Errors
///
/// When the code page of the type lacks one of the characters or is not known.
pub fn fit_text(text: &str, to: DataType) -> Result<(Cow<'_, str>, bool), ConvertFailure> {
    text::fit(text, to)
}

/// Converts an array.
///
/// # Panics
///
/// When the array has not the physical type of `from`; see [`crate::array`].
pub fn convert_array(
    array: &ArrayRef,
    from: DataType,
    to: DataType,
    options: &ConvertOptions,
) -> ConvertedArray {
    let converter = Converter { from, to, options };
    vector::convert(array, &converter).unwrap_or_else(|| converter.row_by_row(array))
}

/// Reads texts as an array of `to`; `None` is NULL.
pub fn parse_texts(
    texts: &[Option<&str>],
    to: DataType,
    options: &ConvertOptions,
) -> ConvertedArray {
    let array: ArrayRef = std::sync::Arc::new(arrow_array::StringArray::from_iter(texts));
    convert_array(&array, DataType::WStr { length: u32::MAX }, to, options)
}

/// What one call of [`convert_array`] converts.
struct Converter<'a> {
    from: DataType,
    to: DataType,
    options: &'a ConvertOptions,
}

impl Converter<'_> {
    /// The slow way that serves every pair of types.
    fn row_by_row(&self, array: &ArrayRef) -> ConvertedArray {
        let mut builder = array::Builder::new(self.to, array.len());
        let mut failures = Vec::new();
        for row in 0..array.len() {
            let value = array::value_at(array.as_ref(), self.from, row);
            let value = match convert(&value, self.from, self.to, self.options) {
                Ok(value) => value,
                Err(failure) => {
                    failures.push((row, failure.kind));
                    failure.value
                }
            };
            if builder.append(&value).is_err() {
                failures.push((row, FailureKind::Overflow));
                builder.append_null();
            }
        }
        ConvertedArray { array: builder.finish(), failures }
    }
}

#[cfg(test)]
mod tests;
