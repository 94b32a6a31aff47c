//! Date functions on columns of dates.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Function` is taken apart in function.rs, which names every one"
)]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::{Array, PrimitiveArray};
use arrow_buffer::NullBufferBuilder;
use model::{DAYS_TO_1970, DataType, TICKS_PER_DAY, Ticks};

use super::{Outcome, Work};
use crate::evaluate::Datum;
use crate::function::{DatePart, Function, date};

/// The parts of a column of dates; `None` for other functions and types.
pub(super) fn call(work: &Work<'_>, function: Function, data: &[Datum]) -> Option<Outcome> {
    let part = match function {
        Function::DatePart(part) => part,
        Function::Day => DatePart::Day,
        Function::Month => DatePart::Month,
        Function::Year => DatePart::Year,
        _ => return None,
    };
    let [Datum::Array(array)] = data else { return None };
    match work.types[0] {
        DataType::DbDate => {
            let days = array.as_primitive_opt::<Date32Type>()?;
            Some(parts(work.rows, |row| {
                let moment = || (i64::from(days.value(row)) + DAYS_TO_1970) * TICKS_PER_DAY;
                days.is_valid(row).then(|| date::part_of(part, Ticks(moment())))
            }))
        }
        DataType::Date
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::FileTime => {
            let ticks = array.as_primitive_opt::<Int64Type>()?;
            Some(parts(work.rows, |row| {
                ticks.is_valid(row).then(|| date::part_of(part, Ticks(ticks.value(row))))
            }))
        }
        _ => None,
    }
}

fn parts(rows: usize, part: impl Fn(usize) -> Option<i32>) -> Outcome {
    let mut values = Vec::with_capacity(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    for row in 0..rows {
        let value = part(row);
        nulls.append(value.is_some());
        values.push(value.unwrap_or_default());
    }
    let array = PrimitiveArray::<arrow_array::types::Int32Type>::new(values.into(), nulls.finish());
    Outcome::plain(Arc::new(array))
}
