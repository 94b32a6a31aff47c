//! CAST, CONVERT, TRY_CONVERT and storing: a value becomes one of another type.
//!
//! The chart (`types/conversion.rs`) says what converts at all, and a binder asks it first; what
//! it forbids is an error here too. One file per group of targets: numbers, dates, text and
//! bytes.
//!
//! Source: T-SQL reference, "CAST and CONVERT", "Data type conversion" and the page of each type.

mod bytes;
mod moment;
mod number;
mod text;

pub(crate) use bytes::guid_bytes;
pub(crate) use number::{digits as number_digits, float, money, sized};
pub(crate) use text::{cut, plain_text};

use super::language::DateSettings;
use super::{SqlError, SqlValue, utf16_len};
use crate::types::{Length, SqlType, check_explicit};

/// What steers a conversion besides the types.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConvertOptions {
    /// The style of CONVERT; `None` is the default of the types.
    pub style: Option<i32>,
    /// The session's SET DATEFORMAT and SET LANGUAGE.
    pub dates: DateSettings,
}

/// CAST(value AS to) in a session with default settings.
pub fn cast(value: &SqlValue, to: &SqlType) -> Result<SqlValue, SqlError> {
    convert(value, to, ConvertOptions::default())
}

/// CONVERT(to, value, style): also every implicit conversion, and the assignment to a variable,
/// which cuts what is too long without a word.
pub fn convert(
    value: &SqlValue,
    to: &SqlType,
    options: ConvertOptions,
) -> Result<SqlValue, SqlError> {
    if let SqlValue::Variant(inner) = value {
        if *to == SqlType::SqlVariant {
            return Ok(value.clone());
        }
        check_explicit(&inner.base, to)?;
        return convert(&inner.value, to, options);
    }
    if value.is_null() {
        return Ok(SqlValue::Null);
    }
    match to {
        SqlType::SqlVariant => Ok(value.clone().into_variant(value.sql_type())),
        SqlType::Bit => number::to_bit(value),
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Int | SqlType::BigInt => {
            number::to_integer(value, to.kind())
        }
        SqlType::Decimal { precision, scale } | SqlType::Numeric { precision, scale } => {
            number::to_decimal(value, *precision, *scale, to.name())
        }
        SqlType::SmallMoney | SqlType::Money => number::to_money(value, to.kind()),
        SqlType::Real | SqlType::Float => number::to_float(value, to.kind()),
        SqlType::Date
        | SqlType::Time(_)
        | SqlType::SmallDateTime
        | SqlType::DateTime
        | SqlType::DateTime2(_)
        | SqlType::DateTimeOffset(_) => moment::to_moment(value, to, options),
        SqlType::Char(_)
        | SqlType::VarChar(_)
        | SqlType::Text
        | SqlType::NChar(_)
        | SqlType::NVarChar(_)
        | SqlType::NText => text::to_text(value, to, options),
        SqlType::Binary(_) | SqlType::VarBinary(_) | SqlType::Image | SqlType::RowVersion => {
            bytes::to_bytes(value, to, options.style)
        }
        SqlType::UniqueIdentifier => bytes::to_guid(value),
        SqlType::Xml => match value.as_str() {
            Some(text) => Ok(SqlValue::Xml(text.into())),
            None => Err(SqlError::explicit_not_allowed(value.type_name(), to.name())),
        },
    }
}

/// TRY_CONVERT and TRY_CAST: NULL where the value does not fit; a conversion that does not exist
/// between the types stays an error.
pub fn try_convert(
    value: &SqlValue,
    to: &SqlType,
    options: ConvertOptions,
) -> Result<SqlValue, SqlError> {
    let refused = SqlError::explicit_not_allowed("", "").number;
    match convert(value, to, options) {
        Err(error) if error.number != refused => Ok(SqlValue::Null),
        other => other,
    }
}

/// Converts for a column: as [`convert`], but a string or binary that is too long is error 8152,
/// unless only blanks fall off.
pub fn store(
    value: &SqlValue,
    to: &SqlType,
    options: ConvertOptions,
) -> Result<SqlValue, SqlError> {
    let source = value.unwrapped();
    if let Some(Length::N(n)) = to.length() {
        let n = usize::from(n);
        let text_too_long = source
            .as_str()
            .is_some_and(|text| n < text.len() && n < utf16_len(text.trim_end_matches(' ')));
        let bytes_too_long = source.as_bytes().is_some_and(|bytes| n < bytes.len());
        if text_too_long || (bytes_too_long && !to.kind().is_character()) {
            return Err(SqlError::truncated());
        }
    }
    convert(value, to, options)
}
