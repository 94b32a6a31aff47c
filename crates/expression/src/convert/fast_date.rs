//! Fast parse of dates and times: the ISO 8601 subset of the "Fast Parse" page.
//!
//! Dates `YYYYMMDD`, `YYYY-MM-DD`, `YYYY-MM`, `YYYY`; times `HHMISS`, `HH:MI:SS`, `HHMI`, `HH:MI`,
//! `HH` with a fraction on the last unit and a zone; both joined by an uppercase `T`. Missing
//! parts are 01 and 00. The second 60 is taken as the first moment of the next minute.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use model::{DataType, TICKS_PER_DAY, TICKS_PER_SECOND};

use super::date::DateTimeParts;
use crate::calendar::Civil;

/// Reads what a column of type `to` may hold.
pub(super) fn parse(text: &str, to: DataType) -> Option<DateTimeParts> {
    let text = text.trim_matches([' ', '\t']);
    match to {
        DataType::DbDate => date(text).map(|days| DateTimeParts { days: Some(days), ..none() }),
        DataType::DbTime | DataType::DbTime2 { .. } => {
            let (time, offset) = time(text)?;
            // A zone moves a bare time to UTC, within its day.
            let shift = i64::from(offset.unwrap_or(0)) * 60 * TICKS_PER_SECOND;
            let time = (time - shift).rem_euclid(TICKS_PER_DAY);
            Some(DateTimeParts { time: Some(time), ..none() })
        }
        _ => date_and_time(text),
    }
}

fn none() -> DateTimeParts {
    DateTimeParts::default()
}

fn date_and_time(text: &str) -> Option<DateTimeParts> {
    let Some((first, second)) = text.split_once('T') else {
        return Some(DateTimeParts { days: Some(date(text)?), ..none() });
    };
    let (days, (time, offset)) = (date(first)?, time(second)?);
    let (days, time) = (days + time / TICKS_PER_DAY, time % TICKS_PER_DAY);
    Some(DateTimeParts { days: Some(days), time: Some(time), offset })
}

fn number(text: &str) -> Option<i32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn date(text: &str) -> Option<i64> {
    if !text.is_ascii() {
        return None;
    }
    let (year, month, day) = match text.len() {
        4 => (text, "01", "01"),
        7 if text.as_bytes()[4] == b'-' => (&text[..4], &text[5..], "01"),
        8 => (&text[..4], &text[4..6], &text[6..]),
        10 if text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' => {
            (&text[..4], &text[5..7], &text[8..])
        }
        _ => return None,
    };
    Some(Civil::new(number(year)?, number(month)?, number(day)?)?.to_days())
}

/// Ticks since midnight, perhaps a whole day, and the zone in minutes.
fn time(text: &str) -> Option<(i64, Option<i16>)> {
    if !text.is_ascii() {
        return None;
    }
    let zone_at = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let (clock, fraction) = match clock.find(['.', ',']) {
        Some(at) => (&clock[..at], Some(&clock[at + 1..])),
        None => (clock, None),
    };
    let (hour, minute, second, unit) = clock_fields(clock)?;
    let whole_day = hour == 24 && minute == 0 && second == 0;
    if (23 < hour && !whole_day) || 59 < minute || 60 < second {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let fraction = fraction.map_or(Some(0), |digits| fraction_ticks(digits, unit))?;
    if whole_day && fraction != 0 {
        return None;
    }
    let offset = if zone.is_empty() { None } else { Some(zone_minutes(zone)?) };
    Some((seconds * TICKS_PER_SECOND + fraction, offset))
}

/// Hour, minute, second and the seconds in the smallest unit that was given.
fn clock_fields(clock: &str) -> Option<(i32, i32, i32, i64)> {
    let two = |at: usize| clock.get(at..at + 2).and_then(number);
    let colon = |at: usize| clock.as_bytes().get(at) == Some(&b':');
    Some(match clock.len() {
        2 => (two(0)?, 0, 0, 3_600),
        4 => (two(0)?, two(2)?, 0, 60),
        5 if colon(2) => (two(0)?, two(3)?, 0, 60),
        6 => (two(0)?, two(2)?, two(4)?, 1),
        8 if colon(2) && colon(5) => (two(0)?, two(3)?, two(6)?, 1),
        _ => return None,
    })
}

fn fraction_ticks(digits: &str, unit: i64) -> Option<i64> {
    if digits.len() > 7 {
        return None;
    }
    let value = i64::from(number(digits)?);
    let divisor = 10i64.pow(u32::try_from(digits.len()).ok()?);
    Some(value * unit * TICKS_PER_SECOND / divisor)
}

fn zone_minutes(zone: &str) -> Option<i16> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = zone.split_at(1);
    let (hours, minutes) = match rest.len() {
        2 => (rest, "00"),
        4 => rest.split_at(2),
        5 if rest.as_bytes()[2] == b':' => (&rest[..2], &rest[3..]),
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if 14 < hours || 59 < minutes || (hours == 14 && minutes != 0) {
        return None;
    }
    let total = i16::try_from(hours * 60 + minutes).ok()?;
    match sign {
        "+" => Some(total),
        "-" => Some(-total),
        _ => None,
    }
}
