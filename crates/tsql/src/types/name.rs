//! Type names with their sizes, as a declaration or a CAST writes them.
//!
//! Source: T-SQL reference, "Data types", "Data type synonyms", "char and varchar" (n defaults
//! to 1 in a declaration and to 30 in CAST and CONVERT).

use super::{Length, SqlType};
use crate::value::SqlError;

/// The sizes written behind a type's name.
type Sizes<'a> = &'a [Option<u32>];

/// The built-in type of this name (synonyms included, case ignored).
///
/// `sizes` are the numbers in parentheses, `None` standing for `max`; `default_length` is the
/// length of a character or binary type without one: 1 in a declaration, 30 in CAST and CONVERT.
pub fn type_named(name: &str, sizes: Sizes<'_>, default_length: u16) -> Result<SqlType, SqlError> {
    let lower = name.to_ascii_lowercase();
    let lower = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(plain) = without_sizes(&lower) {
        return if sizes.is_empty() { Ok(plain) } else { Err(SqlError::size_not_allowed(name)) };
    }
    let sized =
        match lower.as_str() {
            "decimal" | "dec" => decimal(name, sizes)
                .map(|(precision, scale)| SqlType::Decimal { precision, scale })?,
            "numeric" => decimal(name, sizes)
                .map(|(precision, scale)| SqlType::Numeric { precision, scale })?,
            "float" => float(name, sizes)?,
            "time" => SqlType::Time(seconds(name, sizes)?),
            "datetime2" => SqlType::DateTime2(seconds(name, sizes)?),
            "datetimeoffset" => SqlType::DateTimeOffset(seconds(name, sizes)?),
            "char" | "character" => SqlType::Char(fixed(name, sizes, default_length, 8000)?),
            "nchar" | "national char" | "national character" => {
                SqlType::NChar(fixed(name, sizes, default_length, 4000)?)
            }
            "binary" => SqlType::Binary(fixed(name, sizes, default_length, 8000)?),
            "varchar" | "char varying" | "character varying" => {
                SqlType::VarChar(varying(name, sizes, default_length, 8000)?)
            }
            "nvarchar" | "national char varying" | "national character varying" => {
                SqlType::NVarChar(varying(name, sizes, default_length, 4000)?)
            }
            "varbinary" | "binary varying" => {
                SqlType::VarBinary(varying(name, sizes, default_length, 8000)?)
            }
            "hierarchyid" | "geometry" | "geography" | "json" | "vector" => {
                return Err(SqlError::unsupported(&format!("Data type {name}")));
            }
            _ => return Err(SqlError::unknown_type(name)),
        };
    Ok(sized)
}

fn without_sizes(lower: &str) -> Option<SqlType> {
    let found = match lower {
        "bit" => SqlType::Bit,
        "tinyint" => SqlType::TinyInt,
        "smallint" => SqlType::SmallInt,
        "int" | "integer" => SqlType::Int,
        "bigint" => SqlType::BigInt,
        "smallmoney" => SqlType::SmallMoney,
        "money" => SqlType::Money,
        "real" => SqlType::Real,
        "double precision" => SqlType::Float,
        "date" => SqlType::Date,
        "smalldatetime" => SqlType::SmallDateTime,
        "datetime" => SqlType::DateTime,
        "text" => SqlType::Text,
        "ntext" | "national text" => SqlType::NText,
        "image" => SqlType::Image,
        "rowversion" | "timestamp" => SqlType::RowVersion,
        "uniqueidentifier" => SqlType::UniqueIdentifier,
        "sql_variant" => SqlType::SqlVariant,
        "xml" => SqlType::Xml,
        "sysname" => SqlType::SYSNAME,
        _ => return None,
    };
    Some(found)
}

fn decimal(name: &str, sizes: Sizes<'_>) -> Result<(u8, u8), SqlError> {
    let (precision, scale) = match *sizes {
        [] => (18, 0),
        [Some(precision)] => (precision, 0),
        [Some(precision), Some(scale)] => (precision, scale),
        _ => return Err(SqlError::size_not_allowed(name)),
    };
    if !(1..=38).contains(&precision) {
        return Err(SqlError::precision_out_of_range(precision, 38));
    }
    if precision < scale {
        return Err(SqlError::scale_exceeds_precision());
    }
    Ok((u8::try_from(precision).unwrap_or(38), u8::try_from(scale).unwrap_or(38)))
}

fn float(name: &str, sizes: Sizes<'_>) -> Result<SqlType, SqlError> {
    match *sizes {
        [] => Ok(SqlType::Float),
        [Some(1..=24)] => Ok(SqlType::Real),
        [Some(25..=53)] => Ok(SqlType::Float),
        [Some(bits)] => Err(SqlError::precision_out_of_range(bits, 53)),
        _ => Err(SqlError::size_not_allowed(name)),
    }
}

fn seconds(name: &str, sizes: Sizes<'_>) -> Result<u8, SqlError> {
    match *sizes {
        [] => Ok(7),
        [Some(scale)] => match u8::try_from(scale) {
            Ok(scale) if scale <= 7 => Ok(scale),
            Ok(_) | Err(_) => Err(SqlError::scale_invalid(scale)),
        },
        _ => Err(SqlError::size_not_allowed(name)),
    }
}

fn fixed(name: &str, sizes: Sizes<'_>, default: u16, max: u16) -> Result<u16, SqlError> {
    match varying(name, sizes, default, max)? {
        Length::N(n) => Ok(n),
        Length::Max => Err(SqlError::size_not_allowed(name)),
    }
}

fn varying(name: &str, sizes: Sizes<'_>, default: u16, max: u16) -> Result<Length, SqlError> {
    match *sizes {
        [] => Ok(Length::N(default)),
        [None] => Ok(Length::Max),
        [Some(0)] => Err(SqlError::length_invalid(0)),
        [Some(n)] => match u16::try_from(n) {
            Ok(n) if n <= max => Ok(Length::N(n)),
            Ok(_) | Err(_) => Err(SqlError::length_exceeds_maximum(n, name, max)),
        },
        _ => Err(SqlError::size_not_allowed(name)),
    }
}
