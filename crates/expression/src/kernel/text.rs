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
use crate::array::BYTES_MAX;
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
            Self::One(text) => text.map_or(0, str::len).saturating_mul(rows),
            Self::Many(array) => array.value_data().len(),
        }
    }
}

/// A column of texts in the making, with a bound on its bytes.
struct Column {
    builder: StringBuilder,
    bytes: usize,
    faults: Vec<(usize, Fault)>,
}

impl Column {
    fn new(rows: usize, bytes: usize) -> Self {
        // More than this is rather reserved when it is needed.
        let builder = StringBuilder::with_capacity(rows, bytes.min(1 << 24));
        Self { builder, bytes: 0, faults: Vec::new() }
    }

    fn push(&mut self, row: usize, text: Option<Result<&str, Fault>>) {
        let fits = |text: &&str| self.bytes + text.len() <= BYTES_MAX;
        match text.map(|text| text.and_then(|t| Some(t).filter(fits).ok_or(TOO_LONG))) {
            Some(Ok(text)) => {
                self.bytes += text.len();
                self.builder.append_value(text);
            }
            Some(Err(fault)) => {
                self.faults.push((row, fault));
                self.builder.append_null();
            }
            None => self.builder.append_null(),
        }
    }

    fn finish(mut self) -> Outcome {
        Outcome { array: Arc::new(self.builder.finish()), faults: self.faults }
    }
}

/// The column has no room for one more text.
const TOO_LONG: Fault = Fault::FunctionOverflow;

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
    let bytes = left.bytes(work.rows).saturating_add(right.bytes(work.rows));
    let mut column = Column::new(work.rows, bytes);
    let mut text = String::new();
    for row in 0..work.rows {
        let both = left.get(row).zip(right.get(row));
        text.clear();
        if let Some((a, b)) = both {
            text.push_str(a);
            text.push_str(b);
        }
        column.push(row, both.map(|_| Ok(text.as_str())));
    }
    Some(column.finish())
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
    let mut column = Column::new(work.rows, source.bytes(work.rows));
    for row in 0..work.rows {
        let text = source.get(row).and_then(|text| compute(row, text));
        match text {
            Some(Ok(text)) => column.push(row, Some(Ok(&text))),
            Some(Err(fault)) => column.push(row, Some(Err(fault))),
            None => column.push(row, None),
        }
    }
    column.finish()
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
