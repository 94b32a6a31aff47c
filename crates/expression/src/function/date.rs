//! Date functions.
//!
//! DATEADD and DATEPART work on a grid of 1/300 second, as measured: the millisecond of ….456 is
//! 457, and ….999 is the next second.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Function` is taken apart in function.rs, which names every one"
)]

use model::{TICKS_PER_DAY, TICKS_PER_SECOND, Ticks, Value};

use super::{Call, Function};
use crate::calendar::{Civil, days_in_month, moment, weekday};
use crate::convert::DateTimeParts;
use crate::fault::Fault;

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatePart {
    Year,
    Quarter,
    Month,
    DayOfYear,
    Day,
    Week,
    Weekday,
    Hour,
    Minute,
    Second,
    Millisecond,
}

const PARTS: &[(DatePart, &[&str])] = &[
    (DatePart::Year, &["year", "yy", "yyyy"]),
    (DatePart::Quarter, &["quarter", "qq", "q"]),
    (DatePart::Month, &["month", "mm", "m"]),
    (DatePart::DayOfYear, &["dayofyear", "dy", "y"]),
    (DatePart::Day, &["day", "dd", "d"]),
    (DatePart::Week, &["week", "wk", "ww"]),
    (DatePart::Weekday, &["weekday", "dw", "w"]),
    (DatePart::Hour, &["hour", "hh"]),
    (DatePart::Minute, &["minute", "mi", "n"]),
    (DatePart::Second, &["second", "ss", "s"]),
    (DatePart::Millisecond, &["millisecond", "ms"]),
];

impl DatePart {
    /// The part with this name or abbreviation, in any letter case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let matches = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        PARTS.iter().find(|(_, names)| matches(names)).map(|(part, _)| *part)
    }
}

const TICKS_PER_MS: i64 = TICKS_PER_SECOND / 1_000;
const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;

pub(super) fn apply(call: &Call<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let today = i64::from(call.context.convert_options().today);
    let ticks = |value: &Value| ticks_of(value, today).ok_or(Fault::Function);
    match (call.function, arguments) {
        (Function::GetDate, _) => Ok(Value::DateTime(whole_ms(call.context.now_local))),
        (Function::GetUtcDate, _) => Ok(Value::DateTime(whole_ms(call.context.now_utc))),
        (Function::DateAdd(part), [Value::I4(n), date]) => {
            add(part, *n, ticks(date)?).map(Value::DateTime)
        }
        (Function::DateDiff(part), [start, end]) => {
            difference(part, ticks(start)?, ticks(end)?).map(Value::I4)
        }
        (Function::DatePart(part), [date]) => Ok(Value::I4(part_of(part, ticks(date)?))),
        (Function::Day, [date]) => Ok(Value::I4(part_of(DatePart::Day, ticks(date)?))),
        (Function::Month, [date]) => Ok(Value::I4(part_of(DatePart::Month, ticks(date)?))),
        (Function::Year, [date]) => Ok(Value::I4(part_of(DatePart::Year, ticks(date)?))),
        _ => Err(Fault::Function),
    }
}

fn whole_ms(ticks: Ticks) -> Ticks {
    Ticks(ticks.0 - ticks.0.rem_euclid(TICKS_PER_MS))
}

/// The moment in a date or time value, in UTC where it has an offset.
pub(crate) fn ticks_of(value: &Value, today: i64) -> Option<Ticks> {
    let parts = DateTimeParts::of(value)?;
    let midnight = moment(parts.days.unwrap_or(today), 0)?;
    let shift = i64::from(parts.offset.unwrap_or(0)) * TICKS_PER_MINUTE;
    Some(Ticks(midnight.0 + parts.time.unwrap_or(0) - shift))
}

/// The nearest moment on the grid of 1/300 second, in whole milliseconds.
fn on_grid(ticks: Ticks) -> Ticks {
    let fraction = ticks.0.rem_euclid(TICKS_PER_SECOND);
    let steps = (fraction * 300 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
    let ms = (steps * 10 + 1) / 3;
    Ticks(ticks.0 - fraction + ms * TICKS_PER_MS)
}

pub(crate) fn add(part: DatePart, n: i32, ticks: Ticks) -> Result<Ticks, Fault> {
    let ticks = on_grid(ticks);
    let n = i64::from(n);
    let months = match part {
        DatePart::Year => Some(12 * n),
        DatePart::Quarter => Some(3 * n),
        DatePart::Month => Some(n),
        _ => None,
    };
    if let Some(months) = months {
        return add_months(ticks, months);
    }
    let unit = match part {
        DatePart::Week => 7 * TICKS_PER_DAY,
        DatePart::Hour => TICKS_PER_HOUR,
        DatePart::Minute => TICKS_PER_MINUTE,
        DatePart::Second => TICKS_PER_SECOND,
        DatePart::Millisecond => TICKS_PER_MS,
        _ => TICKS_PER_DAY,
    };
    let sum = n.checked_mul(unit).and_then(|shift| ticks.0.checked_add(shift)).map(Ticks);
    let sum = sum.filter(|sum| Ticks::MIN <= *sum && *sum <= Ticks::MAX);
    sum.map(on_grid).ok_or(Fault::FunctionOverflow)
}

/// The same day of another month, or the last one if that month is shorter.
fn add_months(ticks: Ticks, months: i64) -> Result<Ticks, Fault> {
    let date = Civil::from_days(ticks.days_since_1970());
    let total = i64::from(date.year) * 12 + i64::from(date.month) - 1 + months;
    let year = i32::try_from(total.div_euclid(12)).map_err(|_| Fault::FunctionOverflow)?;
    let month = i32::try_from(total.rem_euclid(12)).unwrap_or(0) + 1;
    let day = date.day.min(days_in_month(year, month));
    let date = Civil::new(year, month, day).ok_or(Fault::FunctionOverflow)?;
    moment(date.to_days(), ticks.time_of_day()).ok_or(Fault::FunctionOverflow)
}

/// How many boundaries of a part lie between two moments.
pub(crate) fn difference(part: DatePart, start: Ticks, end: Ticks) -> Result<i32, Fault> {
    let count = |ticks: Ticks| -> i64 {
        let days = ticks.days_since_1970();
        let months = || {
            let date = Civil::from_days(days);
            i64::from(date.year) * 12 + i64::from(date.month) - 1
        };
        match part {
            DatePart::Year => months().div_euclid(12),
            DatePart::Quarter => months().div_euclid(3),
            DatePart::Month => months(),
            DatePart::DayOfYear | DatePart::Day | DatePart::Weekday => days,
            // Weeks begin on Sunday, and 1970-01-04 was one.
            DatePart::Week => (days - 3).div_euclid(7),
            DatePart::Hour => ticks.0.div_euclid(TICKS_PER_HOUR),
            DatePart::Minute => ticks.0.div_euclid(TICKS_PER_MINUTE),
            DatePart::Second => ticks.0.div_euclid(TICKS_PER_SECOND),
            DatePart::Millisecond => ticks.0.div_euclid(TICKS_PER_MS),
        }
    };
    i32::try_from(count(end) - count(start)).map_err(|_| Fault::FunctionOverflow)
}

pub(crate) fn part_of(part: DatePart, ticks: Ticks) -> i32 {
    let ticks = on_grid(ticks);
    let days = ticks.days_since_1970();
    let time = ticks.time_of_day();
    let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    let date = Civil::from_days(days);
    match part {
        DatePart::Year => date.year,
        DatePart::Quarter => (date.month + 2) / 3,
        DatePart::Month => date.month,
        DatePart::DayOfYear => small(date.day_of_year()),
        DatePart::Day => date.day,
        DatePart::Week => {
            let first = days - (date.day_of_year() - 1);
            small((date.day_of_year() - 1 + weekday(first)) / 7 + 1)
        }
        DatePart::Weekday => small(weekday(days) + 1),
        DatePart::Hour => small(time / TICKS_PER_HOUR),
        DatePart::Minute => small(time / TICKS_PER_MINUTE % 60),
        DatePart::Second => small(time / TICKS_PER_SECOND % 60),
        DatePart::Millisecond => small(time / TICKS_PER_MS % 1_000),
    }
}
