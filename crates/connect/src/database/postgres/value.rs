//! PostgreSQL's types and binary values as SSIS's.
//!
//! Source: "Data Types" and the binary send functions, as the protocol's documentation describes
//! them; type modifiers as `atttypmod` of the catalog pg_attribute.

use std::error::Error;

use model::{DAYS_TO_1970, DataType, Decimal, TICKS_PER_DAY, Ticks, Value};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Kind as TypeKind, Type};
use uuid::Uuid;

use crate::database::{DatabaseError, Kind};

/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL's dates begin.
const DAYS_TO_2000: i64 = 10_957;
/// Of a varchar(n) the modifier is n + 4.
const HEADER: i32 = 4;
/// Text of more units than this is DT_NTEXT.
const TEXT_MAX: u32 = 4000;

/// The SSIS type of a column; `None` where there is none.
pub(super) fn data_type(ty: &Type, modifier: i32) -> Option<DataType> {
    if let TypeKind::Enum(_) = ty.kind() {
        return Some(DataType::WStr { length: 63 });
    }
    if let TypeKind::Domain(base) = ty.kind() {
        return data_type(base, modifier);
    }
    Some(match *ty {
        Type::BOOL => DataType::Bool,
        Type::INT2 => DataType::I2,
        Type::INT4 => DataType::I4,
        Type::INT8 => DataType::I8,
        Type::OID => DataType::Ui4,
        Type::FLOAT4 => DataType::R4,
        Type::FLOAT8 => DataType::R8,
        Type::MONEY => DataType::Cy,
        Type::NUMERIC if HEADER <= modifier => {
            let bits = modifier - HEADER;
            let precision = u8::try_from(bits >> 16 & 0xFFFF).unwrap_or(38).min(38);
            DataType::Numeric { precision, scale: u8::try_from(bits & 0x7FF).unwrap_or(0).min(38) }
        }
        Type::NUMERIC => NUMERIC,
        Type::VARCHAR | Type::BPCHAR if HEADER < modifier => {
            match u32::try_from(modifier - HEADER).unwrap_or(u32::MAX) {
                length @ 0..=TEXT_MAX => DataType::WStr { length },
                _ => DataType::NText,
            }
        }
        Type::NAME => DataType::WStr { length: 63 },
        Type::CHAR => DataType::WStr { length: 1 },
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::JSON
        | Type::JSONB
        | Type::XML
        | Type::UNKNOWN => DataType::NText,
        Type::BYTEA => DataType::Image,
        Type::UUID => DataType::Guid,
        Type::DATE => DataType::DbDate,
        Type::TIME => DataType::DbTime2 { scale: 6 },
        Type::TIMESTAMP => DataType::DbTimestamp2 { scale: 6 },
        Type::TIMESTAMPTZ => DataType::DbTimestampOffset { scale: 6 },
        Type::VOID => DataType::NText,
        _ if ty.name() == "citext" => DataType::NText,
        _ => return None,
    })
}

/// The type that comes closest to a numeric without a precision.
pub(super) const NUMERIC: DataType = DataType::Numeric { precision: 38, scale: 10 };

/// Whether a column is a numeric without a precision.
pub(super) fn is_unlimited(column: &tokio_postgres::Column) -> bool {
    *column.type_() == Type::NUMERIC && column.type_modifier() < HEADER
}

/// A cell as it came.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The values of a row.
pub(super) fn row(row: &Row) -> Result<Vec<Value>, DatabaseError> {
    let cell = |(at, column): (usize, &tokio_postgres::Column)| {
        let raw: Option<Raw<'_>> = row.try_get(at).map_err(|error| {
            DatabaseError::new(Kind::Connection, format!("an answer cannot be read: {error}"))
        })?;
        let Some(raw) = raw else { return Ok(Value::Null) };
        value(column.type_(), raw.0).ok_or_else(|| {
            let (name, ty) = (column.name(), column.type_().name());
            let text =
                format!("a value of column `{name}` ({ty}) is beyond what its SSIS type holds");
            DatabaseError::new(Kind::Conversion, text)
        })
    };
    row.columns().iter().enumerate().map(cell).collect()
}

fn value(ty: &Type, raw: &[u8]) -> Option<Value> {
    if let TypeKind::Domain(base) = ty.kind() {
        return value(base, raw);
    }
    Some(match *ty {
        Type::BOOL => Value::Bool(*raw.first()? != 0),
        Type::INT2 => Value::I2(i16::from_be_bytes(raw.try_into().ok()?)),
        Type::INT4 => Value::I4(i32::from_be_bytes(raw.try_into().ok()?)),
        Type::INT8 => Value::I8(integer(raw)?),
        Type::OID => Value::Ui4(u32::from_be_bytes(raw.try_into().ok()?)),
        Type::FLOAT4 => Value::R4(f32::from_be_bytes(raw.try_into().ok()?)),
        Type::FLOAT8 => Value::R8(f64::from_be_bytes(raw.try_into().ok()?)),
        // Hundredths, as long as lc_monetary is one of two digits.
        Type::MONEY => Value::Decimal(Decimal::new(i128::from(integer(raw)?) * 100, 4)),
        Type::NUMERIC => Value::Decimal(numeric(raw)?),
        Type::BYTEA => Value::Bytes(raw.into()),
        Type::UUID => Value::Guid(Uuid::from_slice(raw).ok()?),
        Type::DATE => {
            let days = i64::from(i32::from_be_bytes(raw.try_into().ok()?)) + DAYS_TO_2000;
            let known = -DAYS_TO_1970..=Ticks::MAX.days_since_1970();
            Value::Date(known.contains(&days).then_some(i32::try_from(days).ok()?)?)
        }
        Type::TIME => Value::Time(integer(raw)?.checked_mul(10)?),
        Type::TIMESTAMP => Value::DateTime(moment(raw)?),
        Type::TIMESTAMPTZ => Value::DateTimeOffset { local: moment(raw)?, offset_minutes: 0 },
        // In front of the text is the version of the format.
        Type::JSONB => Value::text(std::str::from_utf8(raw.get(1..)?).ok()?),
        Type::CHAR => Value::text(char::from(*raw.first()?).to_string()),
        Type::VOID => Value::Null,
        _ => Value::text(std::str::from_utf8(raw).ok()?),
    })
}

fn integer(raw: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(raw.try_into().ok()?))
}

/// Microseconds since 2000-01-01; infinities are beyond.
fn moment(raw: &[u8]) -> Option<Ticks> {
    let ticks = integer(raw)?.checked_mul(10)?;
    let at = Ticks(ticks.checked_add((DAYS_TO_1970 + DAYS_TO_2000) * TICKS_PER_DAY)?);
    (Ticks::MIN <= at && at <= Ticks::MAX).then_some(at)
}

/// Groups of four digits: how many, the weight of the first, sign, digits behind the point.
fn numeric(raw: &[u8]) -> Option<Decimal> {
    const NEGATIVE: i16 = 0x4000;
    let mut words = raw.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (_, weight) = (words.next()?, i32::from(words.next()?));
    let (sign, scale) = (words.next()?, words.next()?);
    if sign != 0 && sign != NEGATIVE {
        return None;
    }
    let scale = u8::try_from(scale).ok()?;
    let mut mantissa: i128 = 0;
    // The power of ten of a group's last digit, and with it what is asked for.
    let mut power = (weight + 1) * 4;
    for group in words {
        power -= 4;
        let shift = power + i32::from(scale);
        let group = i128::from(group);
        let part = if shift < 0 {
            group / 10_i128.pow(u32::try_from(-shift).ok()?.min(38))
        } else {
            group.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?
        };
        mantissa = mantissa.checked_add(part)?;
    }
    let n = Decimal::new(if sign == NEGATIVE { -mantissa } else { mantissa }, scale.min(38));
    // Beyond 38 digits behind the point nothing can be kept.
    if 38 < scale { None } else { Some(n) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[i16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn a_numeric_is_exact() {
        // 12345.678, 0.0001, -10000, 0.
        let read = |raw: &[i16]| numeric(&words(raw)).unwrap().to_string();
        assert_eq!(read(&[3, 1, 0, 3, 1, 2345, 6780]), "12345.678");
        assert_eq!(read(&[1, -1, 0, 4, 1]), "0.0001");
        assert_eq!(read(&[1, 1, 0x4000, 0, 1]), "-10000");
        assert_eq!(read(&[0, 0, 0, 2]), "0.00");
        assert_eq!(numeric(&words(&[0, 0, -0x4000, 0])), None);
    }

    #[test]
    fn lengths_come_from_modifiers() {
        assert_eq!(data_type(&Type::VARCHAR, 14), Some(DataType::WStr { length: 10 }));
        assert_eq!(data_type(&Type::VARCHAR, -1), Some(DataType::NText));
        let numeric = DataType::Numeric { precision: 10, scale: 2 };
        assert_eq!(data_type(&Type::NUMERIC, (10 << 16 | 2) + 4), Some(numeric));
        assert_eq!(data_type(&Type::INT4_ARRAY, -1), None);
    }
}
