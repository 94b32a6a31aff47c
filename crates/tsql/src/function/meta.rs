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
    let mut base = call.types[0];
    if let SqlValue::Variant(inner) = &call.args[0] {
        base = inner.base;
    }
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

/// Precision of the types without digits of their own, fractions of a second left out.
const PRECISIONS: &[(Kind, i32)] = &[
    (Kind::Float, 53),
    (Kind::Real, 24),
    (Kind::Date, 10),
    (Kind::Time, 8),
    (Kind::SmallDateTime, 16),
    (Kind::DateTime, 23),
    (Kind::DateTime2, 19),
    (Kind::DateTimeOffset, 26),
];

/// Bytes of the types whose size does not depend on precision or length, the rest taking 8.
const SIZES: &[(Kind, i32)] = &[
    (Kind::Bit, 1),
    (Kind::TinyInt, 1),
    (Kind::SmallInt, 2),
    (Kind::Date, 3),
    (Kind::Int, 4),
    (Kind::SmallMoney, 4),
    (Kind::Real, 4),
    (Kind::SmallDateTime, 4),
    (Kind::UniqueIdentifier, 16),
];

fn precision(base: &SqlType) -> i32 {
    if let Some((precision, _)) = base.precision_and_scale() {
        return i32::from(precision);
    }
    let fraction = base.seconds_scale().map_or(0, |scale| i32::from(scale) + i32::from(scale != 0));
    let fixed = PRECISIONS.iter().find(|(kind, _)| *kind == base.kind());
    fixed.map_or(0, |(_, precision)| precision + fraction)
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
    let kind = base.kind();
    if let Some(scale) = base.seconds_scale() {
        let seconds = match scale {
            0..=2 => 3,
            3 | 4 => 4,
            _ => 5,
        };
        let date = 3 * i32::from(kind != Kind::Time) + 2 * i32::from(kind == Kind::DateTimeOffset);
        return seconds + date;
    }
    if kind.is_decimal() {
        return match precision(base) {
            0..=9 => 5,
            10..=19 => 9,
            20..=28 => 13,
            _ => 17,
        };
    }
    SIZES.iter().find(|(one, _)| *one == kind).map_or(8, |(_, size)| *size)
}
