//! SQL_VARIANT_PROPERTY.
//!
//! Source: T-SQL reference, "SQL_VARIANT_PROPERTY".

use super::{Call, Function};
use crate::collation::Collation;
use crate::types::{Kind, Length, SqlType};
use crate::value::{SqlError, SqlValue};

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("SQL_VARIANT_PROPERTY", (2, 2), variant, property)];

fn variant(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::SqlVariant)
}

/// NULL for a property that there is not.
fn property(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let base = match &call.args[0] {
        SqlValue::Variant(inner) => inner.base,
        _ => call.types[0],
    };
    let int = |number: i32| SqlValue::Int(number).into_variant(SqlType::Int);
    let name = |text: &str| SqlValue::nvarchar(text).into_variant(SqlType::SYSNAME);
    let length = max_length(&base);
    let property = match call.text(1)?.to_ascii_lowercase().as_str() {
        "basetype" => name(base.name()),
        "precision" => int(precision(&base)),
        "scale" => int(scale(&base)),
        "maxlength" => int(length),
        "totalbytes" => int(length + 2),
        "collation" if base.kind().is_character() => name(Collation::DEFAULT_NAME),
        _ => SqlValue::Null,
    };
    Ok(property)
}

fn precision(base: &SqlType) -> i32 {
    if let Some((precision, _)) = base.precision_and_scale() {
        return i32::from(precision);
    }
    let fraction = base.seconds_scale().map_or(0, |scale| i32::from(scale) + i32::from(scale != 0));
    match base.kind() {
        Kind::Float => 53,
        Kind::Real => 24,
        Kind::Date => 10,
        Kind::Time => 8 + fraction,
        Kind::SmallDateTime => 16,
        Kind::DateTime => 23,
        Kind::DateTime2 => 19 + fraction,
        Kind::DateTimeOffset => 26 + fraction,
        _ => 0,
    }
}

fn scale(base: &SqlType) -> i32 {
    if let Some((_, scale)) = base.precision_and_scale() {
        return i32::from(scale);
    }
    let seconds = if base.kind() == Kind::DateTime { Some(3) } else { base.seconds_scale() };
    i32::from(seconds.unwrap_or(0))
}

/// Bytes that a value of the type takes at most.
fn max_length(base: &SqlType) -> i32 {
    let per_character = if base.kind().is_unicode() { 2 } else { 1 };
    if let Some(length) = base.length() {
        return match length {
            Length::N(n) => i32::from(n) * per_character,
            Length::Max => -1,
        };
    }
    let seconds = match base.seconds_scale() {
        Some(0..=2) => 3,
        Some(3 | 4) => 4,
        _ => 5,
    };
    match base.kind() {
        Kind::Bit | Kind::TinyInt => 1,
        Kind::SmallInt => 2,
        Kind::Date => 3,
        Kind::Int | Kind::SmallMoney | Kind::Real | Kind::SmallDateTime => 4,
        Kind::Time => seconds,
        Kind::DateTime2 => seconds + 3,
        Kind::DateTimeOffset => seconds + 5,
        Kind::Decimal | Kind::Numeric => match precision(base) {
            0..=9 => 5,
            10..=19 => 9,
            20..=28 => 13,
            _ => 17,
        },
        Kind::UniqueIdentifier => 16,
        _ => 8,
    }
}
