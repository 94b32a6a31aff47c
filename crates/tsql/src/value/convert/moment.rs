//! Values as dates and times.

use model::Ticks;

use super::ConvertOptions;
use crate::types::{Kind, SqlType};
use crate::value::date::{
    DateOrder, DateTimeValue, OffsetValue, SmallDateTimeValue, TICKS_PER_MINUTE, day_of, in_range,
    midnight, round_to_scale,
};
use crate::value::date_parse::{NotADate, ParsedDate, parse};
use crate::value::{DateSettings, SqlError, SqlValue};

/// To `date`, `time`, `datetime`, `smalldatetime`, `datetime2` or `datetimeoffset`.
pub(super) fn to_moment(
    value: &SqlValue,
    to: &SqlType,
    options: ConvertOptions,
) -> Result<SqlValue, SqlError> {
    let kind = to.kind();
    if let Some(text) = value.as_str() {
        let parsed = parsed(value, text, kind, options)?;
        return from_parsed(parsed, value, to, options.style);
    }
    let apart = matches!((value.kind(), kind), (Kind::Date, Kind::Time) | (Kind::Time, Kind::Date));
    let local = if apart { None } else { value.as_ticks() };
    if let Some(local) = local {
        return from_local(local, value, to);
    }
    let number = value.as_f64().filter(|_| kind.is_old_date_time());
    if let Some(days) = number {
        return from_days(days, kind);
    }
    if let Some(bytes) = value.as_bytes() {
        return from_bytes(bytes, kind);
    }
    Err(SqlError::explicit_not_allowed(value.type_name(), to.name()))
}

/// Reads the text, and says what is wrong in the words of the target type.
fn parsed(
    value: &SqlValue,
    text: &str,
    to: Kind,
    options: ConvertOptions,
) -> Result<ParsedDate, SqlError> {
    let syntax = || match to == Kind::SmallDateTime {
        true => SqlError::smalldatetime_syntax(),
        false => SqlError::date_syntax(),
    };
    let range = || match to.is_old_date_time() {
        true => SqlError::date_range(value.type_name(), to.name()),
        false => SqlError::date_syntax(),
    };
    if matches!(options.style, Some(130 | 131)) {
        return Err(SqlError::unsupported("Text in the Hijri calendar (styles 130 and 131)"));
    }
    let styled = options.style.and_then(style_order);
    let order = styled.unwrap_or(options.dates.order);
    let leads_with_year =
        text.trim_start().split(|c: char| !c.is_ascii_digit()).next().map(str::len) == Some(4);
    if leads_with_year && matches!(styled, Some(DateOrder::Mdy | DateOrder::Dmy)) {
        return Err(match (to.is_old_date_time(), options.style) {
            (false, Some(style)) => SqlError::style_mismatch(style),
            _ => syntax(),
        });
    }
    let parsed = parse(text, DateSettings { order, ..options.dates }, to.is_new_date_time())
        .map_err(|reason| match reason {
            NotADate::Syntax => syntax(),
            NotADate::Range => range(),
        })?;
    // The older types take milliseconds at most, and no offset but Z.
    let zoned = parsed.offset.is_some_and(|offset| offset != 0) && options.style != Some(127);
    if to.is_old_date_time() && (3 < parsed.fraction_digits || zoned) {
        return Err(syntax());
    }
    Ok(parsed)
}

/// The order of numbers that a style prescribes; `None` for styles that prescribe none.
const fn style_order(style: i32) -> Option<DateOrder> {
    match style {
        1 | 10 | 22 | 101 | 110 => Some(DateOrder::Mdy),
        3 | 4 | 5 | 103 | 104 | 105 => Some(DateOrder::Dmy),
        2 | 11 | 12 | 20 | 21 | 23 | 25 | 102 | 111 | 112 | 120 | 121 | 126 | 127 => {
            Some(DateOrder::Ymd)
        }
        _ => None,
    }
}

fn from_parsed(
    parsed: ParsedDate,
    value: &SqlValue,
    to: &SqlType,
    style: Option<i32>,
) -> Result<SqlValue, SqlError> {
    let mut local = Ticks(midnight(parsed.days).0 + parsed.time);
    if let SqlType::DateTimeOffset(scale) = to {
        let rounded = in_range(round_to_scale(local.0, *scale));
        let offset = parsed.offset.unwrap_or(0);
        return rounded
            .and_then(|local| OffsetValue::from_local(local, offset, *scale))
            .map(SqlValue::DateTimeOffset)
            .ok_or_else(SqlError::date_syntax);
    }
    if style == Some(127) && to.kind().is_old_date_time() {
        local = Ticks(local.0 - i64::from(parsed.offset.unwrap_or(0)) * TICKS_PER_MINUTE);
    }
    from_local(local, value, to)
}

fn from_local(local: Ticks, value: &SqlValue, to: &SqlType) -> Result<SqlValue, SqlError> {
    let range = || SqlError::date_range(value.type_name(), to.name());
    let kind = to.kind();
    let Some(scale) = to.seconds_scale() else {
        let moment = if kind == Kind::Date {
            Some(SqlValue::Date(day_of(local)))
        } else if kind == Kind::SmallDateTime {
            SmallDateTimeValue::from_ticks(local).map(SqlValue::SmallDateTime)
        } else {
            DateTimeValue::from_ticks(local).map(SqlValue::DateTime)
        };
        return moment.ok_or_else(range);
    };
    if kind == Kind::Time {
        // What rounds up to midnight is midnight: there is no day to carry to.
        let rounded = Ticks(round_to_scale(local.time_of_day(), scale));
        return Ok(SqlValue::Time { ticks: rounded.time_of_day(), scale });
    }
    let rounded = in_range(round_to_scale(local.0, scale)).ok_or_else(range)?;
    if kind == Kind::DateTime2 {
        return Ok(SqlValue::DateTime2 { ticks: rounded, scale });
    }
    let offset = if let SqlValue::DateTimeOffset(from) = value { from.offset } else { 0 };
    let moment = OffsetValue::from_local(rounded, offset, scale);
    moment.map(SqlValue::DateTimeOffset).ok_or_else(range)
}

/// Days since 1900-01-01 as `datetime` or `smalldatetime`.
fn from_days(days: f64, to: Kind) -> Result<SqlValue, SqlError> {
    let moment = DateTimeValue::from_days(days);
    let value = match to == Kind::SmallDateTime {
        true => moment
            .and_then(|moment| SmallDateTimeValue::from_ticks(moment.ticks()))
            .map(SqlValue::SmallDateTime),
        false => moment.map(SqlValue::DateTime),
    };
    value.ok_or_else(|| SqlError::overflow_expression(to.name()))
}

/// The stored bytes of the older types: days, then units, big end first.
fn from_bytes(bytes: &[u8], to: Kind) -> Result<SqlValue, SqlError> {
    let overflow = || SqlError::overflow_expression(to.name());
    let width = if to == Kind::SmallDateTime { 4 } else { 8 };
    if !to.is_old_date_time() {
        return Err(SqlError::unsupported(&format!("Conversion from varbinary to {}", to.name())));
    }
    let number =
        bytes.iter().rev().take(width).rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    if to == Kind::SmallDateTime {
        let minutes = u16::try_from(number & 0xFFFF).ok().filter(|&minutes| minutes < 1440);
        let days = u16::try_from(number >> 16).map_err(|_| overflow())?;
        let minutes = minutes.ok_or_else(overflow)?;
        return Ok(SqlValue::SmallDateTime(SmallDateTimeValue { days, minutes }));
    }
    let days = (number >> 32) as u32 as i32;
    let units = number as u32;
    let value = DateTimeValue { days, units };
    let valid = units < 25_920_000 && (-53_690..=2_958_463).contains(&days);
    if valid { Ok(SqlValue::DateTime(value)) } else { Err(overflow()) }
}
