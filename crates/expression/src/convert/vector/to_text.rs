//! Columns of numbers and dates as text.
//!
//! A cell is written by [`text::show_in`], as [`super::super::convert`] writes it, but behind the
//! others into one buffer. DT_DATE, DT_BOOL and DT_GUID are not here.
//!
//! # Invariant
//!
//! What is written for the types here is ASCII in every locale, so that bytes, characters and
//! UTF-16 units are the same, and every code page has it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use model::{DataType, Decimal, Ticks, Value};

use super::text;
use crate::array::decimal_parts;
use crate::convert::{ConvertedArray, Converter, FailureKind};

/// How long a cell is taken to be before it is known.
const CELL_BYTES: usize = 12;

/// Writes a column; `None` when its type is not one of those here.
pub(super) fn convert(array: &ArrayRef, converter: &Converter<'_>) -> Option<ConvertedArray> {
    let from = converter.from;
    if let Some((_, scale)) = decimal_parts(from) {
        let decimal = |mantissa| Value::Decimal(Decimal::new(mantissa, scale));
        return show::<Decimal128Type>(array.as_primitive(), converter, decimal);
    }
    match from {
        DataType::I1 => show::<Int8Type>(array.as_primitive(), converter, Value::I1),
        DataType::I2 => show::<Int16Type>(array.as_primitive(), converter, Value::I2),
        DataType::I4 => show::<Int32Type>(array.as_primitive(), converter, Value::I4),
        DataType::I8 => show::<Int64Type>(array.as_primitive(), converter, Value::I8),
        DataType::Ui1 => show::<UInt8Type>(array.as_primitive(), converter, Value::Ui1),
        DataType::Ui2 => show::<UInt16Type>(array.as_primitive(), converter, Value::Ui2),
        DataType::Ui4 => show::<UInt32Type>(array.as_primitive(), converter, Value::Ui4),
        DataType::Ui8 => show::<UInt64Type>(array.as_primitive(), converter, Value::Ui8),
        DataType::R4 => show::<Float32Type>(array.as_primitive(), converter, Value::R4),
        DataType::R8 => show::<Float64Type>(array.as_primitive(), converter, Value::R8),
        DataType::DbDate => show::<Date32Type>(array.as_primitive(), converter, Value::Date),
        DataType::DbTime | DataType::DbTime2 { .. } => {
            show::<Int64Type>(array.as_primitive(), converter, Value::Time)
        }
        DataType::DbTimestamp | DataType::DbTimestamp2 { .. } | DataType::FileTime => {
            let moment = |ticks| Value::DateTime(Ticks(ticks));
            show::<Int64Type>(array.as_primitive(), converter, moment)
        }
        _ => None,
    }
}

fn show<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    converter: &Converter<'_>,
    value: impl Fn(T::Native) -> Value,
) -> Option<ConvertedArray> {
    let Converter { from, to, options } = *converter;
    let room = match to {
        DataType::WStr { length } | DataType::Str { length, .. } => length as usize,
        _ => usize::MAX,
    };
    let mut texts = String::with_capacity(array.len() * CELL_BYTES);
    let mut ends = Vec::with_capacity(array.len() + 1);
    ends.push(0);
    let mut failures = Vec::new();
    for row in 0..array.len() {
        if array.is_valid(row) {
            let start = texts.len();
            text::show_in(&mut texts, &value(array.value(row)), from, options);
            if room < texts.len() - start {
                texts.truncate(start + room);
                failures.push((row, FailureKind::Truncated));
            }
        }
        // Beyond 2 GB there is no such array; row by row there will be an error to say so.
        ends.push(i32::try_from(texts.len()).ok()?);
    }
    let (offsets, bytes) = (OffsetBuffer::new(ends.into()), Buffer::from_vec(texts.into_bytes()));
    let array = StringArray::try_new(offsets, bytes, array.nulls().cloned()).ok()?;
    Some(ConvertedArray { array: Arc::new(array), failures })
}
