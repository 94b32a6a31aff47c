//! Whole columns at once, for the pairs of types that data flows convert most.
//!
//! Nothing here decides what a value means: each loop calls the function that [`super::convert`]
//! calls for one value, without wrapping cells into [`model::Value`]s, and a pair that is not here
//! is converted row by row.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
use model::{DataType, Decimal, Value};

use super::number::{Number, mantissa_fits, out_of_range, to_single};
use super::{ConvertedArray, Converter, FailureKind, date_text, number_text, text, utf16_len};
use crate::array::{decimal_parts, physical};

/// Runs `$body` with `$type` as the Arrow type of an integer SSIS type; otherwise `$other`.
macro_rules! with_integer {
    ($data_type:expr, $type:ident => $body:expr, else $other:expr) => {
        match $data_type {
            DataType::I1 => {
                type $type = Int8Type;
                $body
            }
            DataType::I2 => {
                type $type = Int16Type;
                $body
            }
            DataType::I4 => {
                type $type = Int32Type;
                $body
            }
            DataType::I8 => {
                type $type = Int64Type;
                $body
            }
            DataType::Ui1 => {
                type $type = UInt8Type;
                $body
            }
            DataType::Ui2 => {
                type $type = UInt16Type;
                $body
            }
            DataType::Ui4 => {
                type $type = UInt32Type;
                $body
            }
            DataType::Ui8 => {
                type $type = UInt64Type;
                $body
            }
            _ => $other,
        }
    };
}

mod to_text;

/// Converts a column; `None` when there is no fast way for this pair of types.
pub(super) fn convert(array: &ArrayRef, converter: &Converter<'_>) -> Option<ConvertedArray> {
    let Converter { from, to, .. } = *converter;
    if from == to {
        return Some(ConvertedArray { array: Arc::clone(array), failures: Vec::new() });
    }
    if !super::is_convertible(from, to) {
        return None;
    }
    if from.is_text() {
        return convert_text(array.as_string(), array, converter);
    }
    if to.is_text() {
        return to_text::convert(array, converter);
    }
    with_integer!(from, From => convert_integers::<From>(array.as_primitive(), to), else {
        convert_other_numbers(array, converter)
    })
}

fn convert_text(
    texts: &StringArray,
    array: &ArrayRef,
    converter: &Converter<'_>,
) -> Option<ConvertedArray> {
    let Converter { to, options, .. } = *converter;
    if to.is_text() {
        return Some(fit_texts(texts, array, to));
    }
    with_integer!(to, To => return Some(primitives::<To>(texts, to, |text| {
        let number = if options.fast_parse {
            number_text::parse_fast_integer(text).ok_or(FailureKind::CannotConvert)?
        } else {
            let number = number_text::parse_number(text, &options.locale, to)?;
            number.to_integer().ok_or(FailureKind::Overflow)?
        };
        number.try_into().map_err(|_| out_of_range(number, to))
    })), else {});
    if let Some((_, scale)) = decimal_parts(to) {
        return Some(primitives::<Decimal128Type>(texts, to, |text| {
            let number = number_text::parse_number(text, &options.locale, to)?;
            fitting_mantissa(number.to_decimal(scale), to)
        }));
    }
    match to {
        DataType::R8 => Some(primitives::<Float64Type>(texts, to, |text| {
            Ok(number_text::parse_number(text, &options.locale, to)?.to_f64())
        })),
        DataType::R4 => Some(primitives::<Float32Type>(texts, to, |text| {
            to_single(number_text::parse_number(text, &options.locale, to)?.to_f64())
        })),
        DataType::Bool => Some(booleans(texts, converter)),
        DataType::DbDate => Some(moments::<arrow_array::types::Date32Type>(texts, converter)),
        DataType::Date
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::DbTime
        | DataType::DbTime2 { .. }
        | DataType::FileTime => Some(moments::<Int64Type>(texts, converter)),
        _ => None,
    }
}

fn fitting_mantissa(number: Option<Decimal>, to: DataType) -> Result<i128, FailureKind> {
    let mantissa = number.ok_or(FailureKind::Overflow)?.mantissa;
    if mantissa_fits(mantissa, to) { Ok(mantissa) } else { Err(FailureKind::Overflow) }
}

/// A column of numbers from a column of texts.
fn primitives<T: ArrowPrimitiveType>(
    texts: &StringArray,
    to: DataType,
    read: impl Fn(&str) -> Result<T::Native, FailureKind>,
) -> ConvertedArray {
    let rows = (0..texts.len()).map(|row| texts.is_valid(row).then(|| texts.value(row)));
    collect::<T, _>(rows, to, read)
}

/// Applies `change` to every cell that is not NULL.
fn collect<T: ArrowPrimitiveType, V>(
    cells: impl ExactSizeIterator<Item = Option<V>>,
    to: DataType,
    change: impl Fn(V) -> Result<T::Native, FailureKind>,
) -> ConvertedArray {
    let mut values = Vec::with_capacity(cells.len());
    let mut nulls = NullBufferBuilder::new(cells.len());
    let mut failures = Vec::new();
    for (row, cell) in cells.enumerate() {
        match cell.map(&change) {
            Some(Ok(value)) => {
                values.push(value);
                nulls.append_non_null();
                continue;
            }
            Some(Err(kind)) => failures.push((row, kind)),
            None => {}
        }
        values.push(T::Native::default());
        nulls.append_null();
    }
    let array = PrimitiveArray::<T>::new(values.into(), nulls.finish());
    ConvertedArray { array: Arc::new(array.with_data_type(physical(&to))), failures }
}

fn booleans(texts: &StringArray, converter: &Converter<'_>) -> ConvertedArray {
    let mut values = BooleanBufferBuilder::new(texts.len());
    let mut nulls = NullBufferBuilder::new(texts.len());
    let mut failures = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let value = text.map(|text| number_text::parse_bool(text, &converter.options.locale));
        if let Some(Err(kind)) = value {
            failures.push((row, kind));
        }
        nulls.append(matches!(value, Some(Ok(_))));
        values.append(matches!(value, Some(Ok(true))));
    }
    let array = BooleanArray::new(values.finish(), nulls.finish());
    ConvertedArray { array: Arc::new(array), failures }
}

/// A column of dates or times, whose truncations keep their values.
fn moments<T>(texts: &StringArray, converter: &Converter<'_>) -> ConvertedArray
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64>,
{
    let mut values = Vec::with_capacity(texts.len());
    let mut nulls = NullBufferBuilder::new(texts.len());
    let mut failures = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let value =
            match text.map(|text| date_text::parse_as(text, converter.to, converter.options)) {
                None => Value::Null,
                Some(Ok(value)) => value,
                Some(Err(failure)) => {
                    failures.push((row, failure.kind));
                    failure.value
                }
            };
        let native = match value {
            Value::DateTime(ticks) => Some(ticks.0),
            Value::Time(ticks) => Some(ticks),
            Value::Date(days) => Some(i64::from(days)),
            _ => None,
        };
        let native = native.and_then(|native| T::Native::try_from(native).ok());
        nulls.append(native.is_some());
        values.push(native.unwrap_or_default());
    }
    let array = PrimitiveArray::<T>::new(values.into(), nulls.finish());
    ConvertedArray { array: Arc::new(array), failures }
}

/// Text into shorter, longer or encoded text: the same array unless a row does not fit.
fn fit_texts(texts: &StringArray, array: &ArrayRef, to: DataType) -> ConvertedArray {
    let unchanged = || ConvertedArray { array: Arc::clone(array), failures: Vec::new() };
    let room = match to {
        DataType::WStr { length } | DataType::Str { length, .. } => length as usize,
        _ => usize::MAX,
    };
    let encoded = matches!(to, DataType::Str { .. } | DataType::Text { .. });
    let used = &texts.value_data()[first_byte(texts)..last_byte(texts)];
    let fits_as_it_is = |text: &str| {
        text.len() <= room && (!encoded || text.is_ascii()) || (!encoded && utf16_len(text) <= room)
    };
    let plain = !encoded || used.is_ascii();
    if plain && texts.iter().flatten().all(fits_as_it_is) {
        return unchanged();
    }
    let mut builder = StringBuilder::with_capacity(texts.len(), used.len());
    let mut failures = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        match text.map(|text| text::fit(text, to)) {
            None => builder.append_null(),
            Some(Ok((fitting, whole))) => {
                builder.append_value(fitting);
                if !whole {
                    failures.push((row, FailureKind::Truncated));
                }
            }
            Some(Err(failure)) => {
                failures.push((row, failure.kind));
                builder.append_null();
            }
        }
    }
    ConvertedArray { array: Arc::new(builder.finish()), failures }
}

fn first_byte(texts: &StringArray) -> usize {
    texts.value_offsets().first().map_or(0, |&at| usize::try_from(at).unwrap_or(0))
}

fn last_byte(texts: &StringArray) -> usize {
    texts.value_offsets().last().map_or(0, |&at| usize::try_from(at).unwrap_or(0))
}

fn convert_integers<F>(array: &PrimitiveArray<F>, to: DataType) -> Option<ConvertedArray>
where
    F: ArrowPrimitiveType,
    F::Native: Into<i128>,
{
    let cells = || (0..array.len()).map(|row| array.is_valid(row).then(|| array.value(row).into()));
    with_integer!(to, To => return Some(collect::<To, i128>(cells(), to, |number| {
        number.try_into().map_err(|_| out_of_range(number, to))
    })), else {});
    if let Some((_, scale)) = decimal_parts(to) {
        return Some(collect::<Decimal128Type, i128>(cells(), to, |number| {
            fitting_mantissa(Decimal::new(number, 0).rescale(scale), to)
        }));
    }
    match to {
        DataType::R8 => Some(collect::<Float64Type, i128>(cells(), to, |number| {
            Ok(Number::Integer(number).to_f64())
        })),
        DataType::R4 => Some(collect::<Float32Type, i128>(cells(), to, |number| {
            to_single(Number::Integer(number).to_f64())
        })),
        _ => None,
    }
}

/// Decimals and floats into numbers.
fn convert_other_numbers(array: &ArrayRef, converter: &Converter<'_>) -> Option<ConvertedArray> {
    let Converter { from, to, .. } = *converter;
    if !to.is_numeric() {
        return None;
    }
    if let Some((_, scale)) = decimal_parts(from) {
        let array = array.as_primitive::<Decimal128Type>();
        let cells = (0..array.len()).map(|row| {
            array.is_valid(row).then(|| Number::Decimal(Decimal::new(array.value(row), scale)))
        });
        return numbers_to(cells, to);
    }
    match from {
        DataType::R8 => {
            let array = array.as_primitive::<Float64Type>();
            let cells = (0..array.len())
                .map(|row| array.is_valid(row).then(|| Number::Float(array.value(row))));
            numbers_to(cells, to)
        }
        DataType::R4 => {
            let array = array.as_primitive::<Float32Type>();
            let cells = (0..array.len())
                .map(|row| array.is_valid(row).then(|| Number::Float(array.value(row).into())));
            numbers_to(cells, to)
        }
        _ => None,
    }
}

fn numbers_to(
    cells: impl ExactSizeIterator<Item = Option<Number>>,
    to: DataType,
) -> Option<ConvertedArray> {
    with_integer!(to, To => return Some(collect::<To, Number>(cells, to, |number| {
        let number = number.to_integer().ok_or(FailureKind::Overflow)?;
        number.try_into().map_err(|_| out_of_range(number, to))
    })), else {});
    if let Some((_, scale)) = decimal_parts(to) {
        return Some(collect::<Decimal128Type, Number>(cells, to, |number| {
            fitting_mantissa(number.to_decimal(scale), to)
        }));
    }
    match to {
        DataType::R8 => Some(collect::<Float64Type, Number>(cells, to, |n| Ok(n.to_f64()))),
        DataType::R4 => Some(collect::<Float32Type, Number>(cells, to, |n| to_single(n.to_f64()))),
        _ => None,
    }
}
