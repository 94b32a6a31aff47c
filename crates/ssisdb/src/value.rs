//! Values of the catalog as T-SQL values, and back.

use std::sync::Arc;

use catalog::views::ColumnKind;
use catalog::{Cell, Param};
use chrono::{Local, Offset as _, TimeZone as _};
use model::{DAYS_TO_1970, TICKS_PER_DAY, Ticks, TypeCode, Value};
use tsql::types::{Length, SqlType};
use tsql::value::{OffsetValue, SqlError, SqlValue, cast};

/// Microseconds have ten ticks.
const TICKS_PER_MICROSECOND: i64 = 10;
/// Ticks from 0001-01-01 to 1970-01-01.
const TICKS_TO_1970: i64 = DAYS_TO_1970 * TICKS_PER_DAY;

/// The T-SQL type of a view's column.
pub(crate) fn column_type(kind: ColumnKind) -> SqlType {
    match kind {
        ColumnKind::BigInt => SqlType::BigInt,
        ColumnKind::Int => SqlType::Int,
        ColumnKind::SmallInt => SqlType::SmallInt,
        ColumnKind::Bit => SqlType::Bit,
        ColumnKind::Time => SqlType::DateTimeOffset(7),
        ColumnKind::Guid => SqlType::UniqueIdentifier,
        ColumnKind::Bytes(n) => SqlType::VarBinary(Length::N(n)),
        ColumnKind::Text(n) => SqlType::NVarChar(Length::N(n)),
        ColumnKind::LongText => SqlType::NVARCHAR_MAX,
        ColumnKind::Char => SqlType::Char(1),
        ColumnKind::Variant(_) => SqlType::SqlVariant,
    }
}

/// The value in the first of `cells`, which belong to a column of this kind.
pub(crate) fn from_cells(kind: ColumnKind, cells: &mut [Cell]) -> Result<SqlValue, SqlError> {
    let data_type = cells.get(1).cloned();
    let Some(cell) = cells.first_mut() else { return Ok(SqlValue::Null) };
    match (kind, std::mem::replace(cell, Cell::Null)) {
        (_, Cell::Null) => Ok(SqlValue::Null),
        (ColumnKind::BigInt, Cell::Int(number)) => Ok(SqlValue::BigInt(number)),
        (ColumnKind::Int, Cell::Int(number)) => number_of(number).map(SqlValue::Int),
        (ColumnKind::SmallInt, Cell::Int(number)) => number_of(number).map(SqlValue::SmallInt),
        (ColumnKind::Bit, Cell::Int(number)) => Ok(SqlValue::Bit(number != 0)),
        (ColumnKind::Time, Cell::Int(micros)) => Ok(SqlValue::DateTimeOffset(local_time(micros))),
        (ColumnKind::Guid, Cell::Text(text)) => {
            cast(&SqlValue::varchar(text), &SqlType::UniqueIdentifier)
        }
        (ColumnKind::Bytes(_), Cell::Blob(bytes)) => Ok(SqlValue::Binary(Arc::from(bytes))),
        (ColumnKind::Text(_) | ColumnKind::LongText, Cell::Text(text)) => {
            Ok(SqlValue::NVarChar(Arc::from(text)))
        }
        (ColumnKind::Char, Cell::Text(text)) => Ok(SqlValue::VarChar(Arc::from(text))),
        (ColumnKind::Variant(_), Cell::Text(text)) => {
            let Some(Cell::Text(data_type)) = data_type else { return Ok(SqlValue::Null) };
            variant(&data_type, &text)
        }
        _ => Err(damaged()),
    }
}

fn number_of<T: TryFrom<i64>>(number: i64) -> Result<T, SqlError> {
    T::try_from(number).map_err(|_| damaged())
}

fn damaged() -> SqlError {
    let text = "A row of the catalog holds a value that does not fit its column. Run packhorse \
                doctor.";
    SqlError::new(824, 20, 1, text)
}

/// A moment with the offset that this machine had then.
pub(crate) fn local_time(micros: i64) -> OffsetValue {
    let utc = Ticks(micros.saturating_mul(TICKS_PER_MICROSECOND).saturating_add(TICKS_TO_1970));
    let seconds = micros.div_euclid(1_000_000);
    let offset = Local
        .timestamp_opt(seconds, 0)
        .earliest()
        .map_or(0, |time| time.offset().fix().local_minus_utc() / 60);
    OffsetValue { utc, offset: i16::try_from(offset).unwrap_or(0), scale: 7 }
}

/// Microseconds since 1970 of a moment, rounded down.
pub(crate) fn micros(utc: Ticks) -> i64 {
    utc.0.saturating_sub(TICKS_TO_1970).div_euclid(TICKS_PER_MICROSECOND)
}

/// A stored text as the `sql_variant` of its SSIS data type.
pub(crate) fn variant(data_type: &str, text: &str) -> Result<SqlValue, SqlError> {
    let code: TypeCode = data_type.parse().map_err(|_| damaged())?;
    let value = code.parse(text).map_err(|_| damaged())?;
    let sql_type = match code {
        TypeCode::Boolean => SqlType::Bit,
        TypeCode::Byte => SqlType::TinyInt,
        TypeCode::SByte | TypeCode::Int16 => SqlType::SmallInt,
        TypeCode::UInt16 | TypeCode::Int32 => SqlType::Int,
        TypeCode::UInt32 | TypeCode::Int64 => SqlType::BigInt,
        TypeCode::UInt64 => SqlType::Decimal { precision: 20, scale: 0 },
        TypeCode::Single => SqlType::Real,
        TypeCode::Double => SqlType::Float,
        TypeCode::Decimal => SqlType::Decimal { precision: 38, scale: 18 },
        TypeCode::Currency => SqlType::Money,
        TypeCode::DateTime => SqlType::DateTime2(7),
        TypeCode::Char | TypeCode::String => SqlType::NVarChar(Length::N(4000)),
        TypeCode::Object | TypeCode::DBNull => return Ok(SqlValue::Null),
    };
    let plain = if let Value::Text(text) = value {
        SqlValue::NVarChar(text)
    } else if let Value::Bool(bit) = value {
        SqlValue::Bit(bit)
    } else if let Value::DateTime(ticks) = value {
        SqlValue::DateTime2 { ticks, scale: 7 }
    } else {
        SqlValue::nvarchar(value.to_string())
    };
    Ok(cast(&plain, &sql_type)?.into_variant(sql_type))
}

/// A parameter value as procedures of the catalog take it.
pub(crate) fn to_model(value: &SqlValue) -> Result<Value, SqlError> {
    let value = match value.unwrapped() {
        SqlValue::Null => Value::Null,
        SqlValue::Bit(bit) => Value::Bool(*bit),
        SqlValue::TinyInt(number) => Value::Ui1(*number),
        SqlValue::SmallInt(number) => Value::I2(*number),
        SqlValue::Int(number) => Value::I4(*number),
        SqlValue::BigInt(number) => Value::I8(*number),
        exact @ (SqlValue::Decimal(_) | SqlValue::SmallMoney(_) | SqlValue::Money(_)) => {
            exact.as_decimal().map_or(Value::Null, Value::Decimal)
        }
        SqlValue::Real(number) => Value::R4(*number),
        SqlValue::Float(number) => Value::R8(*number),
        SqlValue::Date(days) => {
            Value::Date(i32::try_from(i64::from(*days) - DAYS_TO_1970).unwrap_or(i32::MAX))
        }
        SqlValue::Time { ticks, .. } => Value::Time(*ticks),
        moment @ (SqlValue::SmallDateTime(_)
        | SqlValue::DateTime(_)
        | SqlValue::DateTime2 { .. }) => moment.as_ticks().map_or(Value::Null, Value::DateTime),
        SqlValue::DateTimeOffset(moment) => {
            Value::DateTimeOffset { local: moment.local(), offset_minutes: moment.offset }
        }
        SqlValue::VarChar(text) | SqlValue::NVarChar(text) | SqlValue::Xml(text) => {
            Value::Text(Arc::clone(text))
        }
        SqlValue::Binary(bytes) => Value::Bytes(Arc::clone(bytes)),
        SqlValue::Guid(bytes) => Value::Guid(uuid::Uuid::from_bytes(*bytes)),
        SqlValue::Variant(_) => Value::Null,
    };
    Ok(value)
}

/// A value as the store compares it with a column of this kind; `None` where the store cannot.
pub(crate) fn to_param(kind: ColumnKind, value: &SqlValue) -> Option<Param<'static>> {
    match kind {
        ColumnKind::BigInt | ColumnKind::Int | ColumnKind::SmallInt | ColumnKind::Bit => {
            value.as_i64().map(Param::Int)
        }
        ColumnKind::Guid => {
            let SqlValue::Guid(bytes) = value else { return None };
            Some(uuid::Uuid::from_bytes(*bytes).into())
        }
        // Columns hold microseconds: only a value of whole microseconds compares exactly.
        ColumnKind::Time => {
            let SqlValue::DateTimeOffset(moment) = value else { return None };
            let whole = moment.utc.0 % TICKS_PER_MICROSECOND == 0;
            whole.then(|| Param::Int(micros(moment.utc)))
        }
        ColumnKind::Bytes(_)
        | ColumnKind::Text(_)
        | ColumnKind::LongText
        | ColumnKind::Char
        | ColumnKind::Variant(_) => None,
    }
}
