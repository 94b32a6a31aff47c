//! The types of parameters and variables (.NET TypeCode names), and values to and from text.
//!
//! Parameter types and their names: the `create_environment_variable` page and the project file
//! format. The same value has a type code in `Project.params` (TypeCode numbering) and another in
//! a package (VARIANT numbering); both lead here.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};

use crate::{DataType, Decimal, Ticks, Value};

/// The type of a parameter, variable or environment variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum TypeCode {
    Object,
    DBNull,
    Boolean,
    Char,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
    Decimal,
    Currency,
    DateTime,
    String,
}

/// Name, .NET TypeCode number (0: none), VARIANT number (0: none).
const TYPES: &[(TypeCode, &str, u8, u8)] = &[
    (TypeCode::Object, "Object", 1, 13),
    (TypeCode::DBNull, "DBNull", 2, 1),
    (TypeCode::Boolean, "Boolean", 3, 11),
    (TypeCode::Char, "Char", 4, 0),
    (TypeCode::SByte, "SByte", 5, 16),
    (TypeCode::Byte, "Byte", 6, 17),
    (TypeCode::Int16, "Int16", 7, 2),
    (TypeCode::UInt16, "UInt16", 8, 18),
    (TypeCode::Int32, "Int32", 9, 3),
    (TypeCode::UInt32, "UInt32", 10, 19),
    (TypeCode::Int64, "Int64", 11, 20),
    (TypeCode::UInt64, "UInt64", 12, 21),
    (TypeCode::Single, "Single", 13, 4),
    (TypeCode::Double, "Double", 14, 5),
    (TypeCode::Decimal, "Decimal", 15, 14),
    (TypeCode::Currency, "Currency", 0, 6),
    (TypeCode::DateTime, "DateTime", 16, 7),
    (TypeCode::String, "String", 18, 8),
];

/// A text or value that does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a value of type {type_code}")]
pub struct ConversionError {
    /// What was given, as text.
    pub text: String,
    /// The type it should have been.
    pub type_code: TypeCode,
}

impl TypeCode {
    /// The type with this number in `Project.params` and manifests.
    pub fn from_dot_net(number: u8) -> Option<Self> {
        TYPES.iter().find(|entry| entry.2 == number && number != 0).map(|entry| entry.0)
    }

    /// The type with this number in a package.
    pub fn from_variant(number: u8) -> Option<Self> {
        TYPES.iter().find(|entry| entry.3 == number && number != 0).map(|entry| entry.0)
    }

    /// The number in `Project.params`; `None` for Currency, which has none.
    pub fn dot_net(self) -> Option<u8> {
        self.entry().map(|entry| entry.2).filter(|&number| number != 0)
    }

    /// The number in a package; `None` for Char, which has none.
    pub fn variant(self) -> Option<u8> {
        self.entry().map(|entry| entry.3).filter(|&number| number != 0)
    }

    /// The .NET name, for example `Int32`.
    pub fn name(self) -> &'static str {
        self.entry().map_or("Object", |entry| entry.1)
    }

    fn entry(self) -> Option<&'static (Self, &'static str, u8, u8)> {
        TYPES.iter().find(|entry| entry.0 == self)
    }

    /// The type that a variable of this type has in expressions. Text is as long as DT_WSTR can
    /// be. `None` for an object, which expressions cannot use.
    pub const fn data_type(self) -> Option<DataType> {
        Some(match self {
            Self::Object => return None,
            Self::DBNull => DataType::Null,
            Self::Boolean => DataType::Bool,
            Self::Char | Self::UInt16 => DataType::Ui2,
            Self::SByte => DataType::I1,
            Self::Byte => DataType::Ui1,
            Self::Int16 => DataType::I2,
            Self::Int32 => DataType::I4,
            Self::UInt32 => DataType::Ui4,
            Self::Int64 => DataType::I8,
            Self::UInt64 => DataType::Ui8,
            Self::Single => DataType::R4,
            Self::Double => DataType::R8,
            Self::Decimal => DataType::Decimal { scale: 28 },
            Self::Currency => DataType::Cy,
            Self::DateTime => DataType::Date,
            Self::String => DataType::WStr { length: 4000 },
        })
    }

    /// Reads a value from text as project files, scripts and command lines write it.
    pub fn parse(self, text: &str) -> Result<Value, ConversionError> {
        let bad = || ConversionError { text: text.to_owned(), type_code: self };
        let trimmed = text.trim();
        match self {
            Self::String => return Ok(Value::text(text)),
            Self::Object | Self::DBNull => return Ok(Value::Null),
            Self::Char => {
                let mut units = text.encode_utf16();
                return match (units.next(), units.next()) {
                    (Some(unit), None) => Ok(Value::Ui2(unit)),
                    _ => Err(bad()),
                };
            }
            Self::Boolean
            | Self::SByte
            | Self::Byte
            | Self::Int16
            | Self::UInt16
            | Self::Int32
            | Self::UInt32
            | Self::Int64
            | Self::UInt64
            | Self::Single
            | Self::Double
            | Self::Decimal
            | Self::Currency
            | Self::DateTime => {}
        }
        self.parse_trimmed(trimmed).ok_or_else(bad)
    }

    fn parse_trimmed(self, text: &str) -> Option<Value> {
        fn number<T: FromStr>(text: &str, make: fn(T) -> Value) -> Option<Value> {
            text.parse().ok().map(make)
        }
        match self {
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "-1" => Some(Value::Bool(true)),
                "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            Self::SByte => number(text, Value::I1),
            Self::Byte => number(text, Value::Ui1),
            Self::Int16 => number(text, Value::I2),
            Self::UInt16 => number(text, Value::Ui2),
            Self::Int32 => number(text, Value::I4),
            Self::UInt32 => number(text, Value::Ui4),
            Self::Int64 => number(text, Value::I8),
            Self::UInt64 => number(text, Value::Ui8),
            Self::Single => number(text, Value::R4),
            Self::Double => number(text, Value::R8),
            Self::Decimal => Decimal::parse(text).map(Value::Decimal),
            Self::Currency => Decimal::parse(text)?.rescale(4).map(Value::Decimal),
            Self::DateTime => parse_date_time(text).map(Value::DateTime),
            Self::String | Self::Char | Self::Object | Self::DBNull => None,
        }
    }
}

impl fmt::Display for TypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TypeCode {
    type Err = ConversionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TYPES
            .iter()
            .find(|entry| entry.1.eq_ignore_ascii_case(text))
            .map(|entry| entry.0)
            .ok_or_else(|| ConversionError { text: text.to_owned(), type_code: Self::String })
    }
}

/// Date forms that files and scripts use: ISO, and the short form of the US locale that
/// designers write into packages.
fn parse_date_time(text: &str) -> Option<Ticks> {
    const WITH_TIME: &[&str] = &[
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%Y %I:%M %p",
        "%m/%d/%Y %H:%M:%S",
        "%m/%d/%Y %H:%M",
    ];
    const DATE_ONLY: &[&str] = &["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y"];
    let with_time =
        WITH_TIME.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let date_only = || {
        let date = DATE_ONLY.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
        date.and_then(|date| date.and_hms_opt(0, 0, 0))
    };
    Ticks::from_calendar(with_time.or_else(date_only)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numberings_lead_to_the_same_types() {
        assert_eq!(TypeCode::from_dot_net(9), Some(TypeCode::Int32));
        assert_eq!(TypeCode::from_variant(3), Some(TypeCode::Int32));
        assert_eq!(TypeCode::from_variant(18), Some(TypeCode::UInt16));
        assert_eq!(TypeCode::from_dot_net(0), None);
        assert_eq!("int32".parse(), Ok(TypeCode::Int32));
    }

    #[test]
    fn text_becomes_the_value_it_says() {
        assert_eq!(TypeCode::Boolean.parse("-1"), Ok(Value::Bool(true)));
        assert_eq!(TypeCode::Int32.parse(" 7 "), Ok(Value::I4(7)));
        assert_eq!(TypeCode::String.parse(" a "), Ok(Value::text(" a ")));
        let date = TypeCode::DateTime.parse("6/15/2012 10:05:00 AM").unwrap();
        assert_eq!(date.to_string(), "2012-06-15 10:05:00");
        let error = TypeCode::Int32.parse("seven").unwrap_err();
        assert_eq!(error.to_string(), "`seven` is not a value of type Int32");
    }
}
