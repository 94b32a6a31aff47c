//! Arithmetic on columns of numbers.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{PrimitiveArray, new_null_array};
use model::{DataType, Decimal};

use super::{Outcome, Side, Work, common_nulls, for_each_pair, with_faults};
use crate::array::{decimal_parts, physical};
use crate::evaluate::Datum;
use crate::fault::Fault;
use crate::operate;
use crate::syntax::BinaryOperator;

/// One loop for each operator, so that the operator is not decided again for each row.
macro_rules! integers {
    ($type:ty, $work:expr, $operator:expr, $data:expr) => {{
        let overflow = Fault::BinaryOverflow;
        let zero = Fault::DivideByZero;
        match $operator {
            BinaryOperator::Add => {
                run::<$type>($work, $data, |a, b| a.checked_add(b).ok_or(overflow))
            }
            BinaryOperator::Subtract => {
                run::<$type>($work, $data, |a, b| a.checked_sub(b).ok_or(overflow))
            }
            BinaryOperator::Multiply => {
                run::<$type>($work, $data, |a, b| a.checked_mul(b).ok_or(overflow))
            }
            BinaryOperator::Divide => run::<$type>($work, $data, |a, b| {
                if b == 0 { Err(zero) } else { a.checked_div(b).ok_or(overflow) }
            }),
            BinaryOperator::Modulo => run::<$type>($work, $data, |a, b| {
                if b == 0 { Err(zero) } else { a.checked_rem(b).ok_or(overflow) }
            }),
            _ => None,
        }
    }};
}

pub(super) fn arithmetic(
    work: &Work<'_>,
    operator: BinaryOperator,
    data: (&Datum, &Datum),
) -> Option<Outcome> {
    let divides = operator == BinaryOperator::Divide;
    match work.step.data_type {
        DataType::I1 => integers!(Int8Type, work, operator, data),
        DataType::I2 => integers!(Int16Type, work, operator, data),
        DataType::I4 => integers!(Int32Type, work, operator, data),
        DataType::I8 => integers!(Int64Type, work, operator, data),
        DataType::Ui1 => integers!(UInt8Type, work, operator, data),
        DataType::Ui2 => integers!(UInt16Type, work, operator, data),
        DataType::Ui4 => integers!(UInt32Type, work, operator, data),
        DataType::Ui8 => integers!(UInt64Type, work, operator, data),
        DataType::R4 => run::<Float32Type>(work, data, |a, b| {
            if divides && b == 0.0 {
                return Err(Fault::DivideByZero);
            }
            operate::float32(operator, a, b).ok_or(Fault::BinaryOverflow)
        }),
        DataType::R8 => run::<Float64Type>(work, data, |a, b| {
            if divides && b == 0.0 {
                return Err(Fault::DivideByZero);
            }
            operate::float64(operator, a, b).ok_or(Fault::BinaryOverflow)
        }),
        DataType::Cy | DataType::Numeric { .. } => decimals(work, operator, data),
        _ => None,
    }
}

fn decimals(work: &Work<'_>, operator: BinaryOperator, data: (&Datum, &Datum)) -> Option<Outcome> {
    let result = work.step.data_type;
    let (left, right) = (decimal_parts(work.types[0])?.1, decimal_parts(work.types[1])?.1);
    let divides = operator == BinaryOperator::Divide;
    run::<Decimal128Type>(work, data, |a, b| {
        if divides && b == 0 {
            return Err(Fault::DivideByZero);
        }
        let (a, b) = (Decimal::new(a, left), Decimal::new(b, right));
        operate::decimal(operator, a, b, result).ok_or(Fault::BinaryOverflow)
    })
}

fn run<T: ArrowPrimitiveType>(
    work: &Work<'_>,
    data: (&Datum, &Datum),
    compute: impl Fn(T::Native, T::Native) -> Result<T::Native, Fault>,
) -> Option<Outcome> {
    let sides: (Side<T>, Side<T>) =
        (Side::new(data.0, work.types[0])?, Side::new(data.1, work.types[1])?);
    let nulls = common_nulls(&sides);
    let is_valid = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let mut values: Vec<T::Native> = Vec::with_capacity(work.rows);
    let mut faults = Vec::new();
    let any = for_each_pair(&sides, |row, a, b| match compute(a, b) {
        Ok(value) => values.push(value),
        Err(fault) => {
            values.push(T::Native::default());
            // What stands in a NULL cell means nothing.
            if is_valid(row) {
                faults.push((row, fault));
            }
        }
    });
    let arrow_type = physical(&work.step.data_type);
    if !any {
        return Some(Outcome::plain(new_null_array(&arrow_type, work.rows)));
    }
    let nulls = with_faults(nulls, &faults, work.rows);
    let array = PrimitiveArray::<T>::new(values.into(), nulls).with_data_type(arrow_type);
    Some(Outcome { array: Arc::new(array), faults })
}
