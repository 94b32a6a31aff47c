//! Text functions on columns, straight from array to array.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, Int32Array, PrimitiveArray, StringArray};
use arrow_buffer::NullBufferBuilder;
use model::Value;

use super::{Outcome, Work};
use crate::convert::utf16_len;
use crate::evaluate::Datum;
use crate::fault::Fault;
use crate::function::{Function, text};
use crate::types::is_short_text;

/// Text of a column, or the same for every row.
pub(super) enum Texts<'a> {
    One(Option<&'a str>),
    Many(&'a StringArray),
}

impl<'a> Texts<'a> {
    pub(super) fn new(datum: &'a Datum) -> Self {
        match datum {
            Datum::Array(array) => array.as_string_opt().map_or(Self::One(None), Self::Many),
            Datum::Scalar(Value::Text(text)) => Self::One(Some(text)),
            Datum::Scalar(_) => Self::One(None),
        }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::One(text) => *text,
            Self::Many(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }

    fn bytes(&self, rows: usize) -> usize {
        match self {
            Self::One(text) => text.map_or(0, str::len) * rows,
            Self::Many(array) => array.value_data().len(),
        }
    }
}

/// Numbers of a column, or the same for every row.
enum Counts<'a> {
    One(Option<i32>),
    Many(&'a Int32Array),
}

impl<'a> Counts<'a> {
    fn new(datum: &'a Datum) -> Self {
        match datum {
            Datum::Array(array) => {
                array.as_primitive_opt::<Int32Type>().map_or(Self::One(None), Self::Many)
            }
            Datum::Scalar(Value::I4(n)) => Self::One(Some(*n)),
            Datum::Scalar(_) => Self::One(None),
        }
    }

    fn get(&self, row: usize) -> Option<i32> {
        match self {
            Self::One(n) => *n,
            Self::Many(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

pub(super) fn concat(work: &Work<'_>, a: &Datum, b: &Datum) -> Option<Outcome> {
    if !work.types.iter().all(|data_type| data_type.is_text()) {
        return None;
    }
    let (left, right) = (Texts::new(a), Texts::new(b));
    let bytes = left.bytes(work.rows) + right.bytes(work.rows);
    let mut builder = StringBuilder::with_capacity(work.rows, bytes);
    let mut text = String::new();
    for row in 0..work.rows {
        if let (Some(a), Some(b)) = (left.get(row), right.get(row)) {
            text.clear();
            text.push_str(a);
            text.push_str(b);
            builder.append_value(&text);
        } else {
            builder.append_null();
        }
    }
    Some(Outcome::plain(Arc::new(builder.finish())))
}

/// A text function; `None` for other functions and for long text.
pub(super) fn call(work: &Work<'_>, function: Function, data: &[Datum]) -> Option<Outcome> {
    let (first, rest) = data.split_first()?;
    if !is_short_text(*work.types.first()?) {
        return None;
    }
    let source = Texts::new(first);
    match (function, rest) {
        (
            Function::Upper
            | Function::Lower
            | Function::Trim
            | Function::Ltrim
            | Function::Rtrim
            | Function::Reverse,
            [],
        ) => Some(collect(work, &source, |_, value| text::one(function, value).map(Ok))),
        (Function::Left | Function::Right | Function::Replicate, [count]) => {
            let counts = Counts::new(count);
            Some(collect(work, &source, |row, value| {
                Some(text::with_count(function, value, counts.get(row)?))
            }))
        }
        (Function::Substring, [start, length]) => {
            let (starts, lengths) = (Counts::new(start), Counts::new(length));
            Some(collect(work, &source, |row, value| {
                let part = text::substring(value, starts.get(row)?, lengths.get(row)?);
                Some(part.map(Cow::Borrowed))
            }))
        }
        (Function::Replace, [find, with]) => {
            let (finds, withs) = (Texts::new(find), Texts::new(with));
            Some(collect(work, &source, |row, value| {
                Some(Ok(text::replace(value, finds.get(row)?, withs.get(row)?)))
            }))
        }
        (Function::Token, [delimiters, occurrence]) => {
            let (delimiters, occurrences) = (Texts::new(delimiters), Counts::new(occurrence));
            Some(collect(work, &source, |row, value| {
                let part = text::token(value, delimiters.get(row)?, occurrences.get(row)?);
                Some(part.map(|part| Cow::Owned(part.to_owned())))
            }))
        }
        (Function::Len, []) => Some(numbers(work, &source, |_, value| {
            Some(i32::try_from(utf16_len(value)).map_err(|_| Fault::FunctionOverflow))
        })),
        (Function::TokenCount, [delimiters]) => {
            let delimiters = Texts::new(delimiters);
            Some(numbers(work, &source, |row, value| {
                Some(text::token_count(value, delimiters.get(row)?))
            }))
        }
        (Function::FindString, [find, occurrence]) => {
            let (finds, occurrences) = (Texts::new(find), Counts::new(occurrence));
            Some(numbers(work, &source, |row, value| {
                Some(text::find_string(value, finds.get(row)?, occurrences.get(row)?))
            }))
        }
        _ => None,
    }
}

/// A column of texts; `None` for a row is NULL.
fn collect<'a>(
    work: &Work<'_>,
    source: &Texts<'a>,
    compute: impl Fn(usize, &'a str) -> Option<Result<Cow<'a, str>, Fault>>,
) -> Outcome {
    let mut builder = StringBuilder::with_capacity(work.rows, source.bytes(work.rows));
    let mut faults = Vec::new();
    for row in 0..work.rows {
        match source.get(row).and_then(|text| compute(row, text)) {
            Some(Ok(text)) => builder.append_value(text),
            Some(Err(fault)) => {
                faults.push((row, fault));
                builder.append_null();
            }
            None => builder.append_null(),
        }
    }
    Outcome { array: Arc::new(builder.finish()), faults }
}

/// A column of numbers; `None` for a row is NULL.
fn numbers<'a>(
    work: &Work<'_>,
    source: &Texts<'a>,
    compute: impl Fn(usize, &'a str) -> Option<Result<i32, Fault>>,
) -> Outcome {
    let mut values = Vec::with_capacity(work.rows);
    let mut nulls = NullBufferBuilder::new(work.rows);
    let mut faults = Vec::new();
    for row in 0..work.rows {
        let value = source.get(row).and_then(|text| compute(row, text));
        if let Some(Err(fault)) = value {
            faults.push((row, fault));
        }
        nulls.append(matches!(value, Some(Ok(_))));
        values.push(value.and_then(Result::ok).unwrap_or_default());
    }
    let array = PrimitiveArray::<Int32Type>::new(values.into(), nulls.finish());
    Outcome { array: Arc::new(array), faults }
}
