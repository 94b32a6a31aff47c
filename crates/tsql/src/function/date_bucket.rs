//! DATE_BUCKET: the start of the interval that a date falls into.
//!
//! Source: T-SQL reference, "DATE_BUCKET".

use model::{TICKS_PER_DAY, TICKS_PER_SECOND, Ticks};

use super::{Call, DatePart, Function};
use crate::types::SqlType;
use crate::value::{
    Calendar, DAYS_TO_1900, OffsetValue, SqlError, SqlValue, TICKS_PER_MINUTE, cast, midnight,
};

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("DATE_BUCKET", (3, 4), bucket_type, date_bucket).with_date_part()];

/// The type of the date; text is no date here.
fn bucket_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    match types[2].kind() {
        kind if kind.is_date_time() => Ok(types[2]),
        kind => Err(SqlError::argument_invalid(kind.name(), 3, "Date_Bucket")),
    }
}

/// Ticks of a part, or its months.
enum Unit {
    Ticks(i64),
    Months(i64),
}

fn unit(part: DatePart) -> Option<Unit> {
    if part == DatePart::Year {
        return Some(Unit::Months(12));
    }
    if part == DatePart::Quarter {
        return Some(Unit::Months(3));
    }
    if part == DatePart::Month {
        return Some(Unit::Months(1));
    }
    let ticks = [
        (DatePart::Week, 7 * TICKS_PER_DAY),
        (DatePart::Day, TICKS_PER_DAY),
        (DatePart::Hour, 60 * TICKS_PER_MINUTE),
        (DatePart::Minute, TICKS_PER_MINUTE),
        (DatePart::Second, TICKS_PER_SECOND),
        (DatePart::Millisecond, TICKS_PER_SECOND / 1000),
    ];
    ticks.into_iter().find(|(known, _)| *known == part).map(|(_, ticks)| Unit::Ticks(ticks))
}

fn date_bucket(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let name = call.text(0)?;
    let part = DatePart::named(&name, "date_bucket")?;
    let Some(unit) = unit(part) else {
        return Err(SqlError::date_part_refused(&name, "date_bucket"));
    };
    let width = call.integer(1)?;
    if width <= 0 {
        let text = "Invalid bucket width value passed to DATE_BUCKET function. Only positive values are allowed.";
        return Err(SqlError::new(9834, 16, 1, text));
    }
    let date = call.args[2].unwrapped();
    let local = |value: &SqlValue| value.as_ticks().unwrap_or(midnight(DAYS_TO_1900));
    let origin = match call.args.get(3) {
        Some(_) => local(&call.as_type(3, call.result)?),
        None => midnight(DAYS_TO_1900),
    };
    let start = match unit {
        Unit::Ticks(ticks) => {
            let width = ticks.checked_mul(width);
            width.map(|width| origin.0 + (local(date).0 - origin.0).div_euclid(width) * width)
        }
        Unit::Months(months) => {
            width.checked_mul(months).and_then(|width| month_start(local(date), origin, width))
        }
    };
    let overflow = || SqlError::date_add_overflow(call.result.name());
    let start = start.and_then(crate::value::in_range).ok_or_else(overflow)?;
    if let SqlValue::DateTimeOffset(value) = date {
        let start = OffsetValue::from_local(start, value.offset, value.scale);
        return start.map(SqlValue::DateTimeOffset).ok_or_else(overflow);
    }
    cast(&SqlValue::DateTime2 { ticks: start, scale: 7 }, call.result)
}

/// The origin moved by whole buckets of months, as far as it does not pass the date.
fn month_start(date: Ticks, origin: Ticks, width: i64) -> Option<i64> {
    let months = |at: &Calendar| i64::from(at.year) * 12 + i64::from(at.month) - 1;
    let (to, from) = (Calendar::of(date), Calendar::of(origin));
    let mut buckets = (months(&to) - months(&from)).div_euclid(width);
    loop {
        let month = months(&from) + buckets * width;
        let year = i32::try_from(month.div_euclid(12)).ok()?;
        let month = u32::try_from(month.rem_euclid(12) + 1).ok()?;
        let day = from.day.min(crate::value::days_in_month(year, month));
        let start = Calendar { year, month, day, ..from }.ticks()?;
        if start.0 <= date.0 {
            return Some(start.0);
        }
        buckets -= 1;
    }
}
