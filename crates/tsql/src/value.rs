//! T-SQL values: what they are, and how they convert, compare and compute.
//!
//! A [`SqlValue`] knows its own type up to lengths and precision: an `int` is not a `bigint`,
//! a `time(3)` not a `time(7)`. Strings are UTF-8 inside and count in UTF-16 units, as
//! `nvarchar` without a supplementary-character collation does; a function that cuts a surrogate
//! pair in two leaves U+FFFD for the half. A `varchar` has code page 1252.
//!
//! ```text
//!   SqlValue ──convert──▶ SqlValue ──arithmetic, compare, like──▶ SqlValue
//!                 (types of types.rs say which conversions exist)
//! ```

mod arithmetic;
mod base64;
mod code_page;
mod compare;
mod convert;
mod date;
mod date_format;
mod date_parse;
mod error;
mod language;
mod like;
mod number_format;
mod wide;

pub use arithmetic::{arithmetic, unary};
pub use compare::{GroupKey, compare, sort_compare};
pub use convert::{ConvertOptions, cast, convert, store, try_convert};
pub use date::{Calendar, DateOrder, DateTimeValue, OffsetValue, SmallDateTimeValue};
pub use date_format::{MONTHS, WEEKDAYS};
pub use date_parse::{ParsedDate, parse_date};
pub use error::SqlError;
pub use language::{DateSettings, LANGUAGES, Language};
pub use like::LikePattern;
pub use number_format::float_text;

pub(crate) use base64::{base64_bytes, base64_text};
pub(crate) use code_page::{from_code_page, to_code_page};
pub(crate) use convert::{cut as cut_text, number_digits, plain_text};
pub(crate) use date::{
    DAYS_TO_1900, TICKS_PER_MINUTE, day_of, days_in_month, days_of, in_range, midnight,
    round_to_scale,
};
pub(crate) use date_format::weekday;
pub(crate) use number_format::grouped;

use std::sync::Arc;

use model::{Decimal, Ticks};

use crate::types::{Kind, Length, SqlType};

/// A value of a T-SQL type, or NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// NULL, of any type.
    Null,
    /// `bit`.
    Bit(bool),
    /// `tinyint`.
    TinyInt(u8),
    /// `smallint`.
    SmallInt(i16),
    /// `int`.
    Int(i32),
    /// `bigint`.
    BigInt(i64),
    /// `decimal` or `numeric`; its scale is the type's scale.
    Decimal(Decimal),
    /// `smallmoney`, in ten-thousandths.
    SmallMoney(i32),
    /// `money`, in ten-thousandths.
    Money(i64),
    /// `real`.
    Real(f32),
    /// `float`.
    Float(f64),
    /// `date`: days since 0001-01-01.
    Date(i32),
    /// `time(n)`.
    Time {
        /// 100-nanosecond ticks since midnight.
        ticks: i64,
        /// Digits of a second.
        scale: u8,
    },
    /// `smalldatetime`.
    SmallDateTime(SmallDateTimeValue),
    /// `datetime`.
    DateTime(DateTimeValue),
    /// `datetime2(n)`.
    DateTime2 {
        /// Local time.
        ticks: Ticks,
        /// Digits of a second.
        scale: u8,
    },
    /// `datetimeoffset(n)`.
    DateTimeOffset(OffsetValue),
    /// `char`, `varchar` or `text`; a `char` with its blanks.
    VarChar(Arc<str>),
    /// `nchar`, `nvarchar` or `ntext`; an `nchar` with its blanks.
    NVarChar(Arc<str>),
    /// `binary`, `varbinary`, `image` or `rowversion`.
    Binary(Arc<[u8]>),
    /// `uniqueidentifier`, in the byte order of its text.
    Guid([u8; 16]),
    /// `xml`, as text.
    Xml(Arc<str>),
    /// `sql_variant`: a value with the type it came in, never NULL and never a variant.
    Variant(Box<Variant>),
}

/// The content of a `sql_variant`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The base type, with its sizes, which SQL_VARIANT_PROPERTY shows.
    pub base: SqlType,
    /// The value, of that type.
    pub value: SqlValue,
}

impl SqlValue {
    /// An `nvarchar`.
    pub fn nvarchar(text: impl Into<Arc<str>>) -> Self {
        Self::NVarChar(text.into())
    }

    /// A `varchar`. The text is taken as it is; code page 1252 must have its characters.
    pub fn varchar(text: impl Into<Arc<str>>) -> Self {
        Self::VarChar(text.into())
    }

    /// A `varbinary`.
    pub fn binary(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Binary(bytes.into())
    }

    /// A `sql_variant` of this value; NULL stays NULL, and a variant stays itself.
    pub fn into_variant(self, base: SqlType) -> Self {
        if matches!(self, Self::Null | Self::Variant(_)) {
            return self;
        }
        Self::Variant(Box::new(Variant { base, value: self }))
    }

    /// The value inside a `sql_variant`, or the value itself.
    pub fn unwrapped(&self) -> &Self {
        if let Self::Variant(inner) = self { &inner.value } else { self }
    }

    /// Whether it is NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string or xml.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::VarChar(text) | Self::NVarChar(text) | Self::Xml(text) = self {
            return Some(text);
        }
        None
    }

    /// The bytes of a binary.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Binary(bytes) = self { Some(bytes) } else { None }
    }

    /// The number of an integer or bit.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Bit(value) => Some(i64::from(*value)),
            Self::TinyInt(value) => Some(i64::from(*value)),
            Self::SmallInt(value) => Some(i64::from(*value)),
            Self::Int(value) => Some(i64::from(*value)),
            Self::BigInt(value) => Some(*value),
            Self::Null
            | Self::Decimal(_)
            | Self::SmallMoney(_)
            | Self::Money(_)
            | Self::Real(_)
            | Self::Float(_)
            | Self::Date(_)
            | Self::Time { .. }
            | Self::SmallDateTime(_)
            | Self::DateTime(_)
            | Self::DateTime2 { .. }
            | Self::DateTimeOffset(_)
            | Self::VarChar(_)
            | Self::NVarChar(_)
            | Self::Binary(_)
            | Self::Guid(_)
            | Self::Xml(_)
            | Self::Variant(_) => None,
        }
    }

    /// The number of any exact type.
    pub fn as_decimal(&self) -> Option<Decimal> {
        if let Self::Decimal(value) = self {
            return Some(*value);
        }
        if let Some(units) = self.as_money() {
            return Some(Decimal::new(i128::from(units), 4));
        }
        self.as_i64().map(|value| Decimal::new(i128::from(value), 0))
    }

    /// Ten-thousandths of a `money` or `smallmoney`.
    pub fn as_money(&self) -> Option<i64> {
        if let Self::SmallMoney(units) = self {
            return Some(i64::from(*units));
        }
        if let Self::Money(units) = self { Some(*units) } else { None }
    }

    /// The number of any numeric type, to the nearest double.
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Float(value) = self {
            return Some(*value);
        }
        if let Self::Real(value) = self {
            return Some(f64::from(*value));
        }
        self.as_decimal().map(Decimal::to_f64)
    }

    /// The calendar moment of any date or time type.
    ///
    /// A `time` counts from 1900-01-01; a `datetimeoffset` shows its local time.
    pub fn as_ticks(&self) -> Option<Ticks> {
        match self {
            Self::Date(days) => Some(date::midnight(*days)),
            Self::Time { ticks, .. } => Some(Ticks(date::midnight(date::DAYS_TO_1900).0 + ticks)),
            Self::SmallDateTime(value) => Some(value.ticks()),
            Self::DateTime(value) => Some(value.ticks()),
            Self::DateTime2 { ticks, .. } => Some(*ticks),
            Self::DateTimeOffset(value) => Some(value.local()),
            Self::Null
            | Self::Bit(_)
            | Self::TinyInt(_)
            | Self::SmallInt(_)
            | Self::Int(_)
            | Self::BigInt(_)
            | Self::Decimal(_)
            | Self::SmallMoney(_)
            | Self::Money(_)
            | Self::Real(_)
            | Self::Float(_)
            | Self::VarChar(_)
            | Self::NVarChar(_)
            | Self::Binary(_)
            | Self::Guid(_)
            | Self::Xml(_)
            | Self::Variant(_) => None,
        }
    }

    /// The tightest type of this value: `varchar` of its length, `numeric` of its digits. NULL
    /// is an `int`, as an untyped NULL is in T-SQL.
    pub fn sql_type(&self) -> SqlType {
        match self {
            Self::Null | Self::Int(_) => SqlType::Int,
            Self::Bit(_) => SqlType::Bit,
            Self::TinyInt(_) => SqlType::TinyInt,
            Self::SmallInt(_) => SqlType::SmallInt,
            Self::BigInt(_) => SqlType::BigInt,
            Self::Decimal(value) => {
                SqlType::Numeric { precision: value.precision(), scale: value.scale }
            }
            Self::SmallMoney(_) => SqlType::SmallMoney,
            Self::Money(_) => SqlType::Money,
            Self::Real(_) => SqlType::Real,
            Self::Float(_) => SqlType::Float,
            Self::Date(_) => SqlType::Date,
            Self::Time { scale, .. } => SqlType::Time(*scale),
            Self::SmallDateTime(_) => SqlType::SmallDateTime,
            Self::DateTime(_) => SqlType::DateTime,
            Self::DateTime2 { scale, .. } => SqlType::DateTime2(*scale),
            Self::DateTimeOffset(value) => SqlType::DateTimeOffset(value.scale),
            Self::VarChar(text) => SqlType::VarChar(tight(utf16_len(text), 8000)),
            Self::NVarChar(text) => SqlType::NVarChar(tight(utf16_len(text), 4000)),
            Self::Binary(bytes) => SqlType::VarBinary(tight(bytes.len(), 8000)),
            Self::Guid(_) => SqlType::UniqueIdentifier,
            Self::Xml(_) => SqlType::Xml,
            Self::Variant(_) => SqlType::SqlVariant,
        }
    }

    /// The name of the value's type as messages show it.
    pub(crate) const fn type_name(&self) -> &'static str {
        self.kind().name()
    }

    /// The bare type of the value; `varchar`, `nvarchar`, `varbinary` and `numeric` stand for
    /// their families, and NULL is an `int`.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Null | Self::Int(_) => Kind::Int,
            Self::Bit(_) => Kind::Bit,
            Self::TinyInt(_) => Kind::TinyInt,
            Self::SmallInt(_) => Kind::SmallInt,
            Self::BigInt(_) => Kind::BigInt,
            Self::Decimal(_) => Kind::Numeric,
            Self::SmallMoney(_) => Kind::SmallMoney,
            Self::Money(_) => Kind::Money,
            Self::Real(_) => Kind::Real,
            Self::Float(_) => Kind::Float,
            Self::Date(_) => Kind::Date,
            Self::Time { .. } => Kind::Time,
            Self::SmallDateTime(_) => Kind::SmallDateTime,
            Self::DateTime(_) => Kind::DateTime,
            Self::DateTime2 { .. } => Kind::DateTime2,
            Self::DateTimeOffset(_) => Kind::DateTimeOffset,
            Self::VarChar(_) => Kind::VarChar,
            Self::NVarChar(_) => Kind::NVarChar,
            Self::Binary(_) => Kind::VarBinary,
            Self::Guid(_) => Kind::UniqueIdentifier,
            Self::Xml(_) => Kind::Xml,
            Self::Variant(_) => Kind::SqlVariant,
        }
    }
}

fn tight(length: usize, max: u16) -> Length {
    match u16::try_from(length.max(1)) {
        Ok(n) if n <= max => Length::N(n),
        Ok(_) | Err(_) => Length::Max,
    }
}

/// The most bytes that a text or binary takes: SQL Server allows 2 GB, and a server that many
/// share can not hold such.
pub const LARGEST_VALUE: u64 = 256 << 20;

/// How many UTF-16 units a text has: what LEN and lengths of `nvarchar` count.
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

#[cfg(test)]
mod tests;
