//! Comparisons of columns.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{BooleanArray, new_null_array};
use arrow_buffer::BooleanBufferBuilder;
use model::{DataType, Decimal};

use super::text::Texts;
use super::{Outcome, Side, Work, common_nulls, for_each_pair};
use crate::array::{decimal_parts, physical};
use crate::evaluate::Datum;
use crate::operate::{compare_texts, order_of_floats, satisfies};
use crate::syntax::BinaryOperator;

/// The two sides of a comparison.
type Pair<'a> = (&'a Datum, &'a Datum);

pub(super) fn compare(
    work: &Work<'_>,
    operator: BinaryOperator,
    data: Pair<'_>,
) -> Option<Outcome> {
    match work.types[0] {
        DataType::I1 => run::<Int8Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::I2 => run::<Int16Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::I4 => run::<Int32Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::Ui1 => run::<UInt8Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::Ui2 => run::<UInt16Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::Ui4 => run::<UInt32Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::Ui8 => run::<UInt64Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::R4 => run::<Float32Type>(work, operator, data, |a, b| {
            order_of_floats(f64::from(a), f64::from(b))
        }),
        DataType::R8 => run::<Float64Type>(work, operator, data, order_of_floats),
        DataType::DbDate => run::<Date32Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::I8
        | DataType::Date
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::DbTime
        | DataType::DbTime2 { .. }
        | DataType::FileTime => run::<Int64Type>(work, operator, data, |a, b| a.cmp(&b)),
        DataType::Cy | DataType::Decimal { .. } | DataType::Numeric { .. } => {
            decimals(work, operator, data)
        }
        _ if work.types[0].is_text() => Some(texts(work, operator, data)),
        _ => None,
    }
}

fn decimals(work: &Work<'_>, operator: BinaryOperator, data: Pair<'_>) -> Option<Outcome> {
    let (left, right) = (decimal_parts(work.types[0])?.1, decimal_parts(work.types[1])?.1);
    if left == right {
        return run::<Decimal128Type>(work, operator, data, |a, b| a.cmp(&b));
    }
    run::<Decimal128Type>(work, operator, data, |a, b| {
        Decimal::new(a, left).cmp(&Decimal::new(b, right))
    })
}

fn run<T: ArrowPrimitiveType>(
    work: &Work<'_>,
    operator: BinaryOperator,
    data: Pair<'_>,
    order: impl Fn(T::Native, T::Native) -> Ordering,
) -> Option<Outcome> {
    let sides: (Side<T>, Side<T>) =
        (Side::new(data.0, work.types[0])?, Side::new(data.1, work.types[1])?);
    let mut values = BooleanBufferBuilder::new(work.rows);
    let any = for_each_pair(&sides, |_, a, b| values.append(satisfies(operator, order(a, b))));
    if !any {
        return Some(Outcome::plain(new_null_array(&physical(&DataType::Bool), work.rows)));
    }
    let array = BooleanArray::new(values.finish(), common_nulls(&sides));
    Some(Outcome::plain(Arc::new(array)))
}

fn texts(work: &Work<'_>, operator: BinaryOperator, data: Pair<'_>) -> Outcome {
    let (left, right) = (Texts::new(data.0), Texts::new(data.1));
    let compared: BooleanArray = (0..work.rows)
        .map(|row| Some(compare_texts(operator, left.get(row)?, right.get(row)?)))
        .collect();
    Outcome::plain(Arc::new(compared))
}
