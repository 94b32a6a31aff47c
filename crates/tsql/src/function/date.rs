//! Date arithmetic: DATEADD, DATEDIFF, DATEPART, EOMONTH, SWITCHOFFSET and their like.
//!
//! Source: T-SQL reference, the page of each function; "AT TIME ZONE".

use model::{TICKS_PER_DAY, TICKS_PER_SECOND, Ticks};

use super::types::{big_int, int};
use super::{Call, DatePart, Function};
use crate::types::{Kind, Length, SqlType};
use crate::value::{
    Calendar, OffsetValue, SqlError, SqlValue, TICKS_PER_MINUTE, cast, days_in_month, in_range,
    midnight, round_to_scale, try_convert,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("DATEADD", (3, 3), add_type, date_add).with_date_part(),
    Function::new("DATEDIFF", (3, 3), int, date_diff).with_date_part(),
    Function::new("DATEDIFF_BIG", (3, 3), big_int, date_diff).with_date_part(),
    Function::new("DATEPART", (2, 2), int, date_part).with_date_part(),
    Function::new("DATENAME", (2, 2), name_type, date_name).with_date_part(),
    Function::new("DATETRUNC", (2, 2), trunc_type, date_trunc).with_date_part(),
    Function::new("YEAR", (1, 1), int, |call| one_part(call, DatePart::Year)),
    Function::new("MONTH", (1, 1), int, |call| one_part(call, DatePart::Month)),
    Function::new("DAY", (1, 1), int, |call| one_part(call, DatePart::Day)),
    Function::new("EOMONTH", (1, 2), date_type, end_of_month).lenient(),
    Function::new("SWITCHOFFSET", (2, 2), offset_type, switch_offset),
    Function::new("TODATETIMEOFFSET", (2, 2), offset_type, to_offset),
    Function::new("ISDATE", (1, 1), int, is_date).lenient(),
];

/// The date's own type; text counts as `datetime`.
fn add_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    match types[2].kind() {
        kind if kind.is_date_time() => Ok(types[2]),
        kind if kind.is_character() || kind.is_number() => Ok(SqlType::DateTime),
        kind => Err(SqlError::argument_invalid(kind.name(), 3, "dateadd")),
    }
}

fn trunc_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let kind = types[1].kind();
    Ok(if kind.is_date_time() { types[1] } else { SqlType::DateTime2(7) })
}

fn name_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::NVarChar(Length::N(30)))
}

fn date_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::Date)
}

fn offset_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::DateTimeOffset(types[0].seconds_scale().unwrap_or(7)))
}

/// An argument as a date: text as `datetimeoffset`, so that nothing it says is lost, and a
/// number as `datetime`.
fn moment(call: &Call<'_>, at: usize) -> Result<SqlValue, SqlError> {
    let value = call.args[at].unwrapped();
    if value.kind().is_date_time() {
        return Ok(value.clone());
    }
    let ty = match value.as_str() {
        Some(_) => SqlType::DateTimeOffset(7),
        None => SqlType::DateTime,
    };
    call.as_type(at, &ty)
}

fn part(call: &Call<'_>, function: &str) -> Result<DatePart, SqlError> {
    DatePart::named(&call.text(0)?, function)
}

/// Ticks of a part of fixed length; `None` for months and longer.
const fn unit(part: DatePart) -> Option<i64> {
    match part {
        DatePart::Week => Some(7 * TICKS_PER_DAY),
        DatePart::Day | DatePart::DayOfYear | DatePart::Weekday => Some(TICKS_PER_DAY),
        DatePart::Hour => Some(60 * TICKS_PER_MINUTE),
        DatePart::Minute => Some(TICKS_PER_MINUTE),
        DatePart::Second => Some(TICKS_PER_SECOND),
        DatePart::Millisecond => Some(10_000),
        DatePart::Microsecond => Some(10),
        DatePart::Year
        | DatePart::Quarter
        | DatePart::Month
        | DatePart::Nanosecond
        | DatePart::TzOffset
        | DatePart::IsoWeek => None,
    }
}

/// Months of a part that has a whole number of them.
const fn months(part: DatePart) -> Option<i64> {
    match part {
        DatePart::Year => Some(12),
        DatePart::Quarter => Some(3),
        DatePart::Month => Some(1),
        DatePart::DayOfYear
        | DatePart::Day
        | DatePart::Week
        | DatePart::Weekday
        | DatePart::Hour
        | DatePart::Minute
        | DatePart::Second
        | DatePart::Millisecond
        | DatePart::Microsecond
        | DatePart::Nanosecond
        | DatePart::TzOffset
        | DatePart::IsoWeek => None,
    }
}

/// Moves by months; the day stays, or becomes the month's last.
fn add_months(ticks: Ticks, count: i64) -> Option<Ticks> {
    let at = Calendar::of(ticks);
    let month = count.checked_add(i64::from(at.year) * 12 + i64::from(at.month) - 1)?;
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = u32::try_from(month.rem_euclid(12)).ok()? + 1;
    Calendar { year, month, day: at.day.min(days_in_month(year, month)), ..at }.ticks()
}

fn date_add(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let part = part(call, "dateadd")?;
    let value = call.as_type(2, call.result)?;
    let kind = value.kind();
    let small = matches!(part, DatePart::Microsecond | DatePart::Nanosecond);
    if matches!(part, DatePart::TzOffset | DatePart::IsoWeek) || (small && kind.is_old_date_time())
    {
        return Err(SqlError::date_part_unsupported(part.name(), "dateadd", kind.name()));
    }
    part.check(kind, "dateadd")?;
    let count = call.integer(1)?;
    let count = i64::from(i32::try_from(count).map_err(|_| SqlError::overflow_expression("int"))?);
    let overflow = || SqlError::date_add_overflow(kind.name());
    let ticks = value.as_ticks().ok_or_else(overflow)?;
    if let SqlValue::Time { ticks, scale } = value {
        // A time has no day to carry to: it goes round.
        let within = i64::try_from(step(part, count) % i128::from(TICKS_PER_DAY)).unwrap_or(0);
        let moved = round_to_scale(ticks + within, scale);
        return Ok(SqlValue::Time { ticks: moved.rem_euclid(TICKS_PER_DAY), scale });
    }
    let moved = match months(part) {
        Some(each) => add_months(ticks, each * count),
        None => i64::try_from(i128::from(ticks.0) + step(part, count)).ok().and_then(in_range),
    };
    rebuild(&value, moved.ok_or_else(overflow)?).map_err(|_| overflow())
}

/// Ticks of so many parts; nanoseconds round to the tick.
fn step(part: DatePart, count: i64) -> i128 {
    match unit(part) {
        Some(unit) => i128::from(unit) * i128::from(count),
        None => i128::from((count + 50).div_euclid(100)),
    }
}

/// The same type of date at another local time.
fn rebuild(like: &SqlValue, local: Ticks) -> Result<SqlValue, SqlError> {
    if let SqlValue::DateTimeOffset(value) = like {
        let moved = OffsetValue::from_local(local, value.offset, value.scale);
        let overflow = || SqlError::date_add_overflow("datetimeoffset");
        return moved.map(SqlValue::DateTimeOffset).ok_or_else(overflow);
    }
    cast(&SqlValue::DateTime2 { ticks: local, scale: 7 }, &like.sql_type())
}

/// The ticks that DATEDIFF counts: a `datetimeoffset` in UTC.
fn absolute(value: &SqlValue) -> Ticks {
    if let SqlValue::DateTimeOffset(value) = value {
        return value.utc;
    }
    value.as_ticks().unwrap_or_default()
}

/// How many boundaries of the part lie between two dates. Weeks begin on Sunday whatever
/// DATEFIRST says.
fn date_diff(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let big = *call.result == SqlType::BigInt;
    let name = if big { "datediff_big" } else { "datediff" };
    let part = part(call, name)?;
    let (start, end) = (moment(call, 1)?, moment(call, 2)?);
    let (from, to) = (absolute(&start), absolute(&end));
    let (a, b) = (Calendar::of(from), Calendar::of(to));
    let month = |at: Calendar| i64::from(at.year) * 12 + i64::from(at.month) - 1;
    let count = match (part, months(part), unit(part)) {
        (DatePart::TzOffset | DatePart::IsoWeek, ..) => {
            return Err(SqlError::date_part_refused(part.name(), name));
        }
        (_, Some(each), _) => Some(month(b).div_euclid(each) - month(a).div_euclid(each)),
        // 0001-01-01 was a Monday, so a Sunday is a day earlier.
        (DatePart::Week, _, Some(week)) => {
            let weeks = |at: Ticks| (at.0 + TICKS_PER_DAY).div_euclid(week);
            Some(weeks(to) - weeks(from))
        }
        (_, _, Some(unit)) => Some(to.0.div_euclid(unit) - from.0.div_euclid(unit)),
        (_, None, None) => (to.0 - from.0).checked_mul(100),
    };
    let overflow = || SqlError::date_diff_overflow(name);
    let count = count.ok_or_else(overflow)?;
    match big {
        true => Ok(SqlValue::BigInt(count)),
        false => i32::try_from(count).map(SqlValue::Int).map_err(|_| overflow()),
    }
}

fn date_part(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let part = part(call, "datepart")?;
    let value = moment(call, 1)?;
    part.check(value.kind(), "datepart")?;
    Ok(SqlValue::Int(part.number(&value, call.session.date_first)))
}

fn date_name(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let part = part(call, "datename")?;
    let value = moment(call, 1)?;
    part.check(value.kind(), "datename")?;
    Ok(SqlValue::nvarchar(part.text(&value, call.session.date_first, call.session.dates.language)))
}

/// The start of the part that the date is in.
fn date_trunc(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let part = part(call, "datetrunc")?;
    let value = call.as_type(1, call.result)?;
    part.check(value.kind(), "datetrunc")?;
    let overflow = || SqlError::date_add_overflow(value.type_name());
    let ticks = value.as_ticks().ok_or_else(overflow)?;
    let at = Calendar::of(ticks);
    let day = midnight(crate::value::day_of(ticks));
    let first = |month| Calendar { month, day: 1, ..Calendar::of(day) }.ticks();
    let back = |weekday: i32| in_range(day.0 - i64::from(weekday - 1) * TICKS_PER_DAY);
    let start = match (part, unit(part)) {
        (DatePart::Year, _) => first(1),
        (DatePart::Quarter, _) => first((at.month - 1) / 3 * 3 + 1),
        (DatePart::Month, _) => first(at.month),
        (DatePart::Week, _) => back(DatePart::Weekday.number(&value, call.session.date_first)),
        (DatePart::IsoWeek, _) => back(DatePart::Weekday.number(&value, 1)),
        (DatePart::Weekday | DatePart::TzOffset | DatePart::Nanosecond, _) | (_, None) => {
            return Err(SqlError::date_part_refused(part.name(), "datetrunc"));
        }
        (_, Some(unit)) => Some(Ticks(ticks.0.div_euclid(unit) * unit)),
    };
    let start = start.ok_or_else(overflow)?;
    if let SqlValue::Time { scale, .. } = value {
        return Ok(SqlValue::Time { ticks: start.time_of_day(), scale });
    }
    rebuild(&value, start)
}

fn one_part(call: &Call<'_>, part: DatePart) -> Result<SqlValue, SqlError> {
    let value = moment(call, 0)?;
    part.check(value.kind(), part.name())?;
    Ok(SqlValue::Int(part.number(&value, call.session.date_first)))
}

fn end_of_month(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if call.args[0].is_null() {
        return Ok(SqlValue::Null);
    }
    let overflow = || SqlError::date_add_overflow("date");
    let ticks = call.as_type(0, &SqlType::Date)?.as_ticks().ok_or_else(overflow)?;
    let count = if call.args.len() < 2 { 0 } else { call.integer(1)? };
    let first = Calendar { day: 1, ..Calendar::of(ticks) }.ticks();
    let moved = first.and_then(|first| add_months(first, count)).ok_or_else(overflow)?;
    let at = Calendar::of(moved);
    let last = Calendar { day: days_in_month(at.year, at.month), ..at }.ticks();
    cast(&SqlValue::DateTime2 { ticks: last.ok_or_else(overflow)?, scale: 7 }, &SqlType::Date)
}

/// Minutes ahead of UTC, from a number of minutes or from `+hh:mm`.
fn zone_minutes(call: &Call<'_>, function: &str) -> Result<i16, SqlError> {
    let invalid = || SqlError::time_zone_invalid(function);
    let Some(text) = call.args[1].unwrapped().as_str() else {
        let minutes = i16::try_from(call.integer(1)?).map_err(|_| invalid())?;
        return if (-840..=840).contains(&minutes) { Ok(minutes) } else { Err(invalid()) };
    };
    offset_minutes(text.trim()).ok_or_else(invalid)
}

fn offset_minutes(text: &str) -> Option<i16> {
    let unsigned = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = unsigned.split_once(':')?;
    if !hours.bytes().chain(minutes.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i16 = hours.parse().ok().filter(|&hours| hours <= 14)?;
    let minutes: i16 = minutes.parse().ok().filter(|&minutes| minutes < 60)?;
    let total = hours * 60 + minutes;
    let signed = if text.starts_with('-') { -total } else { total };
    (total <= 840).then_some(signed)
}

fn switch_offset(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let offset = zone_minutes(call, "switchoffset")?;
    let value = call.as_type(0, call.result)?;
    let SqlValue::DateTimeOffset(value) = value else { return Ok(SqlValue::Null) };
    Ok(SqlValue::DateTimeOffset(OffsetValue { offset, ..value }))
}

fn to_offset(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let offset = zone_minutes(call, "todatetimeoffset")?;
    let scale = call.result.seconds_scale().unwrap_or(7);
    let local = call.as_type(0, &SqlType::DateTime2(scale))?.as_ticks().unwrap_or_default();
    let value = OffsetValue::from_local(local, offset, scale);
    let overflow = || SqlError::date_add_overflow("datetimeoffset");
    value.map(SqlValue::DateTimeOffset).ok_or_else(overflow)
}

/// `value AT TIME ZONE zone`: `UTC` and the zones of a fixed offset; others, which would need a
/// time zone database, are refused by name.
pub fn at_time_zone(value: &SqlValue, zone: &str) -> Result<SqlValue, SqlError> {
    let hours = match zone.strip_prefix("UTC").or_else(|| zone.strip_prefix("utc")) {
        Some("") => Some(0),
        Some(hours) => hours.parse::<i16>().ok().filter(|_| hours.starts_with(['+', '-'])),
        None => None,
    };
    let Some(hours) = hours.filter(|hours| (-14..=14).contains(hours)) else {
        return match zone.to_ascii_lowercase().ends_with(" time") {
            true => Err(SqlError::unsupported(&format!("AT TIME ZONE '{zone}'"))),
            false => Err(SqlError::time_zone_unknown(zone)),
        };
    };
    let value = value.unwrapped();
    if value.is_null() {
        return Ok(SqlValue::Null);
    }
    if let SqlValue::DateTimeOffset(value) = value {
        return Ok(SqlValue::DateTimeOffset(OffsetValue { offset: hours * 60, ..*value }));
    }
    let old = if value.kind() == Kind::DateTime { 3 } else { 0 };
    let scale = value.sql_type().seconds_scale().unwrap_or(old);
    let typed = value.kind().is_date_time() && !matches!(value.kind(), Kind::Date | Kind::Time);
    let Some(local) = value.as_ticks().filter(|_| typed) else {
        return Err(SqlError::argument_invalid(value.type_name(), 1, "AT TIME ZONE"));
    };
    let rounded = Ticks(round_to_scale(local.0, scale));
    let zoned = OffsetValue::from_local(rounded, hours * 60, scale);
    let overflow = || SqlError::date_add_overflow("datetimeoffset");
    zoned.map(SqlValue::DateTimeOffset).ok_or_else(overflow)
}

/// Whether the text is a `datetime`.
fn is_date(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let value = call.args[0].unwrapped();
    let new_type = value.kind().is_new_date_time();
    if new_type {
        return Err(SqlError::argument_invalid(value.type_name(), 1, "isdate"));
    }
    let text = SqlValue::nvarchar(call.text(0)?.trim().to_owned());
    let empty = text.as_str() == Some("");
    let valid = value.kind().is_old_date_time()
        || (!empty && !try_convert(&text, &SqlType::DateTime, call.options())?.is_null());
    Ok(SqlValue::Int(i32::from(valid)))
}
