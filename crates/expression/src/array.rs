//! SSIS values in Arrow arrays: which array holds which SSIS type, and cells one by one.
//!
//! Several SSIS types share one kind of array, so a field carries its SSIS type in its metadata
//! under [`TYPE_KEY`].
//!
//! | SSIS | Arrow | unit |
//! |---|---|---|
//! | DT_BOOL, integers, DT_R4, DT_R8 | Boolean, Int8 .. UInt64, Float32, Float64 | |
//! | DT_CY, DT_DECIMAL, DT_NUMERIC | Decimal128 (19,4), (29,s), (p,s) | |
//! | DT_STR, DT_WSTR, DT_TEXT, DT_NTEXT | Utf8 | |
//! | DT_BYTES, DT_IMAGE | Binary | |
//! | DT_GUID | FixedSizeBinary(16) | RFC 4122 byte order |
//! | DT_DATE, DT_DBTIMESTAMP, DT_DBTIMESTAMP2, DT_FILETIME | Int64 | ticks of 100 ns since 0001-01-01 |
//! | DT_DBTIME, DT_DBTIME2 | Int64 | ticks of 100 ns since midnight |
//! | DT_DBDATE | Date32 | days since 1970-01-01 |
//! | DT_DBTIMESTAMPOFFSET | FixedSizeBinary(10) | see [`offset_to_bytes`] |
//! | DT_NULL, DT_EMPTY | Null | |
//!
//! # Invariant
//!
//! An array that is called an array of an SSIS type has the Arrow type that [`physical`] gives.
//! Handing over another one is a bug of the caller, and panics.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_schema::{DataType as ArrowType, Field};
use model::{DataType, Decimal, Ticks, TypeParts, Value};
use uuid::Uuid;

mod builder;

pub(crate) use builder::BYTES_MAX;
pub use builder::{Builder, WrongValue};

/// The metadata key under which a field carries its SSIS type.
pub const TYPE_KEY: &str = "ssis:type";

/// The Arrow type that holds values of an SSIS type.
pub fn physical(data_type: &DataType) -> ArrowType {
    match *data_type {
        DataType::Empty | DataType::Null => ArrowType::Null,
        DataType::Bool => ArrowType::Boolean,
        DataType::I1 => ArrowType::Int8,
        DataType::I2 => ArrowType::Int16,
        DataType::I4 => ArrowType::Int32,
        DataType::I8 => ArrowType::Int64,
        DataType::Ui1 => ArrowType::UInt8,
        DataType::Ui2 => ArrowType::UInt16,
        DataType::Ui4 => ArrowType::UInt32,
        DataType::Ui8 => ArrowType::UInt64,
        DataType::R4 => ArrowType::Float32,
        DataType::R8 => ArrowType::Float64,
        DataType::Cy | DataType::Decimal { .. } | DataType::Numeric { .. } => {
            let (precision, scale) = decimal_parts(*data_type).unwrap_or((38, 0));
            ArrowType::Decimal128(precision, i8::try_from(scale).unwrap_or(38))
        }
        DataType::Str { .. } | DataType::WStr { .. } | DataType::Text { .. } | DataType::NText => {
            ArrowType::Utf8
        }
        DataType::Bytes { .. } | DataType::Image => ArrowType::Binary,
        DataType::Guid => ArrowType::FixedSizeBinary(16),
        DataType::Date
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::FileTime
        | DataType::DbTime
        | DataType::DbTime2 { .. } => ArrowType::Int64,
        DataType::DbDate => ArrowType::Date32,
        DataType::DbTimestampOffset { .. } => ArrowType::FixedSizeBinary(10),
    }
}

/// All digits and digits behind the point of a decimal type, within what Arrow can hold.
pub(crate) fn decimal_parts(data_type: DataType) -> Option<(u8, u8)> {
    let (precision, scale) = if let DataType::Cy = data_type {
        (19, 4)
    } else if let DataType::Decimal { scale } = data_type {
        (29, scale.min(28))
    } else if let DataType::Numeric { precision, scale } = data_type {
        (precision, scale)
    } else {
        return None;
    };
    let scale = scale.min(38);
    Some((precision.clamp(1, 38).max(scale), scale))
}

/// A column of a batch: its name, its Arrow type and, in the metadata, its SSIS type.
pub fn field(name: impl Into<String>, data_type: &DataType, nullable: bool) -> Field {
    let metadata = HashMap::from([(TYPE_KEY.to_owned(), data_type.to_string())]);
    Field::new(name, physical(data_type), nullable).with_metadata(metadata)
}

/// The SSIS type of a field that [`field`] made.
pub fn data_type_of(field: &Field) -> Option<DataType> {
    let text = field.metadata().get(TYPE_KEY)?;
    let mut parts = text.split(',');
    let name = parts.next()?.strip_prefix("DT_")?;
    let numbers: Vec<u32> = parts.map(str::parse).collect::<Result<_, _>>().ok()?;
    let number = |index: usize| numbers.get(index).copied().unwrap_or_default();
    let small = |index: usize| u8::try_from(number(index)).unwrap_or_default();
    let parts = match name {
        "STR" => TypeParts { length: number(0), code_page: number(1), ..TypeParts::default() },
        "TEXT" => TypeParts { code_page: number(0), ..TypeParts::default() },
        "NUMERIC" => TypeParts { precision: small(0), scale: small(1), ..TypeParts::default() },
        _ => TypeParts { length: number(0), scale: small(0), ..TypeParts::default() },
    };
    DataType::from_pipeline_name(name, parts)
}

/// The cell `row` of an array of `data_type`.
///
/// # Panics
///
/// When the array has not the physical type of `data_type`, or fewer rows.
pub fn value_at(array: &dyn Array, data_type: DataType, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match data_type {
        DataType::Empty | DataType::Null => Value::Null,
        DataType::Bool => Value::Bool(array.as_boolean().value(row)),
        DataType::I1 => Value::I1(array.as_primitive::<Int8Type>().value(row)),
        DataType::I2 => Value::I2(array.as_primitive::<Int16Type>().value(row)),
        DataType::I4 => Value::I4(array.as_primitive::<Int32Type>().value(row)),
        DataType::I8 => Value::I8(array.as_primitive::<Int64Type>().value(row)),
        DataType::Ui1 => Value::Ui1(array.as_primitive::<UInt8Type>().value(row)),
        DataType::Ui2 => Value::Ui2(array.as_primitive::<UInt16Type>().value(row)),
        DataType::Ui4 => Value::Ui4(array.as_primitive::<UInt32Type>().value(row)),
        DataType::Ui8 => Value::Ui8(array.as_primitive::<UInt64Type>().value(row)),
        DataType::R4 => Value::R4(array.as_primitive::<Float32Type>().value(row)),
        DataType::R8 => Value::R8(array.as_primitive::<Float64Type>().value(row)),
        DataType::Cy | DataType::Decimal { .. } | DataType::Numeric { .. } => {
            let mantissa = array.as_primitive::<Decimal128Type>().value(row);
            let scale = decimal_parts(data_type).map_or(0, |parts| parts.1);
            Value::Decimal(Decimal::new(mantissa, scale))
        }
        DataType::Str { .. } | DataType::WStr { .. } | DataType::Text { .. } | DataType::NText => {
            Value::text(array.as_string::<i32>().value(row))
        }
        DataType::Bytes { .. } | DataType::Image => {
            Value::Bytes(array.as_binary::<i32>().value(row).into())
        }
        DataType::Guid => guid_at(array, row),
        DataType::Date
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::FileTime => {
            Value::DateTime(Ticks(array.as_primitive::<Int64Type>().value(row)))
        }
        DataType::DbDate => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        DataType::DbTime | DataType::DbTime2 { .. } => {
            Value::Time(array.as_primitive::<Int64Type>().value(row))
        }
        DataType::DbTimestampOffset { .. } => {
            let (local, offset_minutes) =
                offset_from_bytes(array.as_fixed_size_binary().value(row));
            Value::DateTimeOffset { local, offset_minutes }
        }
    }
}

fn guid_at(array: &dyn Array, row: usize) -> Value {
    Uuid::from_slice(array.as_fixed_size_binary().value(row)).map_or(Value::Null, Value::Guid)
}

/// The ten bytes of a DT_DBTIMESTAMPOFFSET: the UTC ticks and then the offset in minutes, both
/// big-endian with the sign bit flipped. Compared as bytes they sort by the moment, and moments
/// that are the same sort by their offset.
pub fn offset_to_bytes(local: Ticks, offset_minutes: i16) -> [u8; 10] {
    let utc = local.0 - i64::from(offset_minutes) * TICKS_PER_MINUTE;
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&(utc.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    bytes[8..].copy_from_slice(&(offset_minutes.cast_unsigned() ^ (1 << 15)).to_be_bytes());
    bytes
}

/// The local time and the offset in minutes that [`offset_to_bytes`] wrote. Bytes of another
/// length are the first moment there is.
pub fn offset_from_bytes(bytes: &[u8]) -> (Ticks, i16) {
    let (Some(utc), Some(offset)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<2>()) else {
        return (Ticks::MIN, 0);
    };
    let utc = (u64::from_be_bytes(*utc) ^ (1 << 63)).cast_signed();
    let offset = (u16::from_be_bytes(*offset) ^ (1 << 15)).cast_signed();
    (Ticks(utc + i64::from(offset) * TICKS_PER_MINUTE), offset)
}

/// Ticks in a minute.
const TICKS_PER_MINUTE: i64 = 60 * model::TICKS_PER_SECOND;

/// `rows` times the same value.
///
/// # Errors
///
/// When the value is not one of `data_type`.
pub fn repeat(value: &Value, data_type: DataType, rows: usize) -> Result<ArrayRef, WrongValue> {
    if value.is_null() {
        return Ok(new_null_array(&physical(&data_type), rows));
    }
    if let Value::Text(text) = value
        && BYTES_MAX < text.len().saturating_mul(rows)
    {
        return Err(WrongValue { data_type });
    }
    let mut builder = Builder::new(data_type, rows);
    for _ in 0..rows {
        builder.append(value)?;
    }
    Ok(builder.finish())
}

/// An array of the values, which must all be of `data_type`.
///
/// # Errors
///
/// When one of them is not.
pub fn from_values(values: &[Value], data_type: DataType) -> Result<ArrayRef, WrongValue> {
    let mut builder = Builder::new(data_type, values.len());
    values.iter().try_for_each(|value| builder.append(value))?;
    Ok(builder.finish())
}

/// Every cell of an array as a value.
///
/// # Panics
///
/// As [`value_at`].
pub fn to_values(array: &ArrayRef, data_type: DataType) -> Vec<Value> {
    let array = Arc::as_ref(array);
    (0..array.len()).map(|row| value_at(array, data_type, row)).collect()
}

#[cfg(test)]
mod tests;
