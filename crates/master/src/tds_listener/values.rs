//! Values of T-SQL as TDS carries them, and back.
//!
//! Values that clients send are of the type that they declare: a `tinyint` in a parameter that
//! is an `int` becomes an `int` here, so that the engine sees what was declared.

use std::sync::Arc;

use model::{TICKS_PER_DAY, Ticks};
use tds::{TypeInfo, Value, types};
use tsql::types::{Length, SqlType};
use tsql::value::{
    DateTimeValue, OffsetValue, SmallDateTimeValue, SqlError, SqlValue, Variant, cast,
};

use super::types::{sql_type, variant_type_info};

/// The value as it goes to a client.
pub(super) fn to_wire(value: &SqlValue) -> Value {
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Bit(bit) => Value::Bit(*bit),
        SqlValue::TinyInt(number) => Value::TinyInt(*number),
        SqlValue::SmallInt(number) => Value::SmallInt(*number),
        SqlValue::Int(number) => Value::Int(*number),
        SqlValue::BigInt(number) => Value::BigInt(*number),
        SqlValue::Decimal(number) => decimal_to_wire(*number),
        SqlValue::SmallMoney(units) => Value::Money(i64::from(*units)),
        SqlValue::Money(units) => Value::Money(*units),
        SqlValue::Real(number) => Value::Real(*number),
        SqlValue::Float(number) => Value::Float(*number),
        SqlValue::Date(days) => Value::Date(days.unsigned_abs()),
        SqlValue::Time { ticks, .. } => Value::Time(ticks.unsigned_abs()),
        SqlValue::SmallDateTime(when) => {
            Value::SmallDateTime(types::SmallDateTime { days: when.days, minutes: when.minutes })
        }
        SqlValue::DateTime(when) => {
            Value::DateTime(types::DateTime { days: when.days, ticks: when.units })
        }
        SqlValue::DateTime2 { ticks, .. } => {
            let (days, ticks) = split(*ticks);
            Value::DateTime2 { days, ticks }
        }
        SqlValue::DateTimeOffset(when) => {
            let (days, ticks) = split(when.utc);
            Value::DateTimeOffset { days, ticks, offset_minutes: when.offset }
        }
        SqlValue::VarChar(text) | SqlValue::NVarChar(text) | SqlValue::Xml(text) => {
            Value::String(text.as_ref().to_owned())
        }
        SqlValue::Binary(bytes) => Value::Binary(bytes.to_vec()),
        SqlValue::Guid(bytes) => Value::Guid(uuid::Uuid::from_bytes(*bytes)),
        SqlValue::Variant(inside) => Value::Variant(Box::new(types::Variant {
            base: variant_type_info(variant_base(inside)),
            value: to_wire(&inside.value),
        })),
    }
}

/// T-SQL has no decimal of more than 38 digits. Should there be one, it must not go out as
/// another number or as NULL: no decimal column takes a text.
fn decimal_to_wire(number: model::Decimal) -> Value {
    let (negative, magnitude) = (number.mantissa < 0, number.mantissa.unsigned_abs());
    types::Decimal::new(negative, magnitude, number.scale)
        .map_or_else(|| Value::String(String::new()), Value::Decimal)
}

/// Days, and the time of day, of a moment.
fn split(ticks: Ticks) -> (u32, u64) {
    let days = u32::try_from(ticks.0.div_euclid(TICKS_PER_DAY)).unwrap_or(u32::MAX);
    (days, ticks.0.rem_euclid(TICKS_PER_DAY).unsigned_abs())
}

fn join(days: u32, ticks: u64) -> Ticks {
    Ticks(i64::from(days) * TICKS_PER_DAY + ticks.cast_signed())
}

/// The base type of a variant; a `max` type cannot stand there, and its value is short.
fn variant_base(inside: &Variant) -> SqlType {
    let is_max = inside.base.length() == Some(Length::Max) || inside.base == SqlType::Xml;
    if is_max { inside.value.sql_type() } else { inside.base }
}

/// The value that a client sent as `info`, of the type that `info` declares.
pub(super) fn from_wire(info: &TypeInfo, value: Value) -> Result<SqlValue, SqlError> {
    let (kind, value) = (sql_type(info), bare(info, value)?);
    let same = value.is_null() || value.kind() == kind.kind() || kind == SqlType::SqlVariant;
    if same { Ok(value) } else { cast(&value, &kind) }
}

fn bare(info: &TypeInfo, value: Value) -> Result<SqlValue, SqlError> {
    Ok(match value {
        Value::Null => SqlValue::Null,
        Value::Bit(bit) => SqlValue::Bit(bit),
        Value::TinyInt(number) => SqlValue::TinyInt(number),
        Value::SmallInt(number) => SqlValue::SmallInt(number),
        Value::Int(number) => SqlValue::Int(number),
        Value::BigInt(number) => SqlValue::BigInt(number),
        Value::Real(number) => SqlValue::Real(number),
        Value::Float(number) => SqlValue::Float(number),
        Value::Decimal(number) => SqlValue::Decimal(decimal_from_wire(number)),
        Value::Money(units) => money(info, units),
        Value::DateTime(when) => {
            SqlValue::DateTime(DateTimeValue { days: when.days, units: when.ticks })
        }
        Value::SmallDateTime(when) => {
            SqlValue::SmallDateTime(SmallDateTimeValue { days: when.days, minutes: when.minutes })
        }
        Value::Date(days) => SqlValue::Date(days.cast_signed()),
        Value::Time(ticks) => SqlValue::Time { ticks: ticks.cast_signed(), scale: scale(info) },
        Value::DateTime2 { days, ticks } => {
            SqlValue::DateTime2 { ticks: join(days, ticks), scale: scale(info) }
        }
        Value::DateTimeOffset { days, ticks, offset_minutes } => {
            let (utc, scale) = (join(days, ticks), scale(info));
            SqlValue::DateTimeOffset(OffsetValue { utc, offset: offset_minutes, scale })
        }
        Value::Guid(id) => SqlValue::Guid(id.into_bytes()),
        Value::String(text) => string(info, text),
        Value::Binary(bytes) => SqlValue::Binary(Arc::from(bytes)),
        Value::Variant(inside) => {
            let base = sql_type(&inside.base);
            from_wire(&inside.base, inside.value)?.into_variant(base)
        }
    })
}

fn decimal_from_wire(number: types::Decimal) -> model::Decimal {
    let magnitude = number.magnitude().cast_signed();
    let mantissa = if number.is_negative() { -magnitude } else { magnitude };
    model::Decimal::new(mantissa, number.scale())
}

/// Four bytes hold every `smallmoney`.
fn money(info: &TypeInfo, units: i64) -> SqlValue {
    match i32::try_from(units) {
        Ok(units) if sql_type(info) == SqlType::SmallMoney => SqlValue::SmallMoney(units),
        _ => SqlValue::Money(units),
    }
}

fn string(info: &TypeInfo, text: String) -> SqlValue {
    let kind = sql_type(info).kind();
    if kind == tsql::types::Kind::Xml {
        SqlValue::Xml(text.into())
    } else if kind.is_unicode() {
        SqlValue::NVarChar(text.into())
    } else {
        SqlValue::VarChar(text.into())
    }
}

fn scale(info: &TypeInfo) -> u8 {
    sql_type(info).seconds_scale().unwrap_or(7)
}

#[cfg(test)]
mod tests;
