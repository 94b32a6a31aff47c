//! Operations on whole columns, for what data flows do most.
//!
//! A kernel may decline (`None`); the evaluator then goes row by row. Whatever a kernel computes
//! is what [`crate::evaluate::apply`] computes for each row, faults included.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, NullBuffer, NullBufferBuilder};
use arrow_select::zip::zip;
use model::DataType;

use crate::array;
use crate::convert::{FailureKind, convert_array};
use crate::evaluate::Datum;
use crate::fault::Fault;
use crate::function::Function;
use crate::scope::Context;
use crate::step::{Op, Step};

mod compare;
mod date;
mod number;
mod text;

/// What to compute.
pub(crate) struct Work<'a> {
    pub(crate) step: &'a Step,
    /// The types of the operands.
    pub(crate) types: &'a [DataType],
    pub(crate) rows: usize,
    pub(crate) context: &'a Context,
}

/// What was computed. Rows with a fault are NULL, or shortened when it is a truncation.
pub(crate) struct Outcome {
    pub(crate) array: ArrayRef,
    pub(crate) faults: Vec<(usize, Fault)>,
}

impl Outcome {
    fn plain(array: ArrayRef) -> Self {
        Self { array, faults: Vec::new() }
    }
}

/// Computes a step; `None` when there is no kernel for it.
pub(crate) fn compute(work: &Work<'_>, data: &[Datum]) -> Option<Outcome> {
    match (&work.step.op, data) {
        (Op::Convert { is_cast, .. }, [Datum::Array(array)]) => Some(cast(work, array, *is_cast)),
        (Op::Arithmetic(operator, ..), [a, b]) => number::arithmetic(work, *operator, (a, b)),
        (Op::Compare(operator, ..), [a, b]) => compare::compare(work, *operator, (a, b)),
        (Op::Not(_), [Datum::Array(array)]) => {
            let array = array.as_boolean();
            let negated = BooleanArray::new(!array.values(), array.nulls().cloned());
            Some(Outcome::plain(Arc::new(negated)))
        }
        (Op::Concat(..), [a, b]) => text::concat(work, a, b),
        (Op::Call(Function::IsNull, _), [Datum::Array(array)]) => Some(is_null(array)),
        (Op::Call(Function::ReplaceNull, _), [Datum::Array(value), replacement]) => {
            replace_null(work, value, replacement)
        }
        (Op::Call(function, _), _) => {
            text::call(work, *function, data).or_else(|| date::call(work, *function, data))
        }
        _ => None,
    }
}

fn cast(work: &Work<'_>, array: &ArrayRef, is_cast: bool) -> Outcome {
    let options = work.context.convert_options();
    let converted = convert_array(array, work.types[0], work.step.data_type, &options);
    let faults = converted
        .failures
        .into_iter()
        .filter(|(_, kind)| is_cast || *kind != FailureKind::Truncated)
        .map(|(row, kind)| (row, Fault::of_conversion(kind, is_cast)))
        .collect();
    Outcome { array: converted.array, faults }
}

fn is_null(array: &ArrayRef) -> Outcome {
    let values = match array.logical_nulls() {
        Some(nulls) => !nulls.inner(),
        None => BooleanBuffer::new_unset(array.len()),
    };
    Outcome::plain(Arc::new(BooleanArray::new(values, None)))
}

fn replace_null(work: &Work<'_>, value: &ArrayRef, replacement: &Datum) -> Option<Outcome> {
    let Some(nulls) = value.nulls().filter(|nulls| 0 < nulls.null_count()) else {
        return Some(Outcome::plain(Arc::clone(value)));
    };
    let replacement = match replacement {
        Datum::Array(array) => Arc::clone(array),
        Datum::Scalar(scalar) => array::repeat(scalar, work.types[1], work.rows).ok()?,
    };
    let mask = BooleanArray::new(nulls.inner().clone(), None);
    zip(&mask, value, &replacement).ok().map(Outcome::plain)
}

/// One side of an operation on numbers.
enum Side<T: ArrowPrimitiveType> {
    One(Option<T::Native>),
    Many(PrimitiveArray<T>),
}

impl<T: ArrowPrimitiveType> Side<T> {
    fn new(datum: &Datum, data_type: DataType) -> Option<Self> {
        Some(match datum {
            Datum::Array(array) => Self::Many(array.as_primitive_opt::<T>()?.clone()),
            Datum::Scalar(value) => {
                let array = array::repeat(value, data_type, 1).ok()?;
                let array = array.as_primitive_opt::<T>()?;
                Self::One(array.is_valid(0).then(|| array.value(0)))
            }
        })
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::One(_) => None,
            Self::Many(array) => array.nulls(),
        }
    }
}

/// Calls `each` with the row and its two numbers; `false` when a side is NULL in every row.
fn for_each_pair<T: ArrowPrimitiveType>(
    sides: &(Side<T>, Side<T>),
    mut each: impl FnMut(usize, T::Native, T::Native),
) -> bool {
    match sides {
        (Side::One(None), _) | (_, Side::One(None)) => return false,
        (Side::Many(a), Side::Many(b)) => {
            for (row, (a, b)) in a.values().iter().zip(b.values()).enumerate() {
                each(row, *a, *b);
            }
        }
        (Side::Many(a), Side::One(Some(b))) => {
            for (row, a) in a.values().iter().enumerate() {
                each(row, *a, *b);
            }
        }
        (Side::One(Some(a)), Side::Many(b)) => {
            for (row, b) in b.values().iter().enumerate() {
                each(row, *a, *b);
            }
        }
        (Side::One(Some(a)), Side::One(Some(b))) => each(0, *a, *b),
    }
    true
}

/// The rows without NULL on either side.
fn common_nulls<T: ArrowPrimitiveType>(sides: &(Side<T>, Side<T>)) -> Option<NullBuffer> {
    NullBuffer::union(sides.0.nulls(), sides.1.nulls())
}

/// NULLs, and those of rows with a fault.
fn with_faults(
    nulls: Option<NullBuffer>,
    faults: &[(usize, Fault)],
    rows: usize,
) -> Option<NullBuffer> {
    if faults.is_empty() {
        return nulls;
    }
    let mut builder = NullBufferBuilder::new(rows);
    let mut failed = faults.iter().map(|(row, _)| *row).peekable();
    for row in 0..rows {
        let is_failed = failed.next_if_eq(&row).is_some();
        builder.append(!is_failed && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)));
    }
    builder.finish()
}
