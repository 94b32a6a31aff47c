//! Dates and times as text, both ways, in ISO form and in the form of a locale.
//!
//! Forms that are written: "Conversions Between Date/Time Data Types and Strings". Reading also
//! takes what OLE Automation takes: the locale's date order, month names, AM and PM, two-digit
//! years (00 to 49 are 2000 to 2049).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use std::fmt::Write as _;

use model::{DataType, TICKS_PER_SECOND, Value};

use super::date::{DateTimeParts, build};
use super::{ConvertFailure, ConvertOptions, FailureKind, fast_date};
use crate::calendar::Civil;
use crate::locale::{DateOrder, Locale};

/// Reads a text as a date or time type.
pub(super) fn parse_as(
    text: &str,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    let parts = if options.fast_parse {
        fast_date::parse(text, to)
    } else {
        parse(text, &options.locale, to)
    };
    build(parts.ok_or(FailureKind::CannotConvert)?, DataType::NText, to, options)
}

/// Reads a date, a time or both. A text without a date is a time on 1899-12-30 for DT_DATE, as
/// OLE Automation has it.
pub(crate) fn parse(text: &str, locale: &Locale, to: DataType) -> Option<DateTimeParts> {
    let text = text.trim();
    let mut parts = iso(text).or_else(|| free_form(text, locale))?;
    let timed_only = matches!(to, DataType::DbTime | DataType::DbTime2 { .. });
    if parts.days.is_none() && !timed_only && to == DataType::Date {
        parts.days = Some(-25_569);
    }
    if parts.days.is_none() && !timed_only && to != DataType::Date {
        return None;
    }
    if parts.offset.is_some() && !matches!(to, DataType::DbTimestampOffset { .. }) {
        return None;
    }
    Some(parts)
}

/// Digits at the start of a text, between `min` and `max` of them.
fn digits(bytes: &[u8], min: usize, max: usize) -> Option<(i32, usize)> {
    let count = bytes.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
    if count < min {
        return None;
    }
    let value = bytes[..count].iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    Some((value, count))
}

/// `yyyy-mm-dd`, then perhaps `T` or a blank and a time with a fraction and an offset.
fn iso(text: &str) -> Option<DateTimeParts> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, _) = digits(&bytes[..4], 4, 4)?;
    let (month, _) = digits(&bytes[5..7], 2, 2)?;
    let (day, _) = digits(&bytes[8..10], 2, 2)?;
    let days = Civil::new(year, month, day)?.to_days();
    let mut parts = DateTimeParts { days: Some(days), ..DateTimeParts::default() };
    match bytes.get(10) {
        None => return Some(parts),
        Some(b' ' | b'T') => {}
        Some(_) => return None,
    }
    let (time, offset) = time_with_offset(text.get(11..)?.trim_start())?;
    (parts.time, parts.offset) = (Some(time), offset);
    Some(parts)
}

/// `hh:mm[:ss[.fffffffff]]`, perhaps AM or PM, perhaps an offset `+hh:mm`.
fn time_with_offset(text: &str) -> Option<(i64, Option<i16>)> {
    let bytes = text.as_bytes();
    let (hour, used) = digits(bytes, 1, 2)?;
    let mut at = used;
    let mut fields = [0; 2];
    let mut count = 0;
    while count < 2 && bytes.get(at) == Some(&b':') {
        let Some((value, used)) = digits(&bytes[at + 1..], 1, 2) else { break };
        fields[count] = value;
        count += 1;
        at += 1 + used;
    }
    if count == 0 && !has_meridiem(&text[at..]) {
        return None;
    }
    let mut fraction = 0;
    if count == 2 && matches!(bytes.get(at), Some(b'.' | b':')) {
        let (ticks, used) = fraction_ticks(&bytes[at + 1..])?;
        fraction = ticks;
        at += 1 + used;
    }
    let (hour, rest) = meridiem(hour, text.get(at..)?.trim_start())?;
    let offset = if rest.is_empty() { None } else { Some(offset_minutes(rest)?) };
    if 23 < hour || 59 < fields[0] || 59 < fields[1] {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(fields[0]) * 60 + i64::from(fields[1]);
    Some((seconds * TICKS_PER_SECOND + fraction, offset))
}

/// A fraction of a second in ticks; up to nine digits, those beyond the seventh are dropped.
fn fraction_ticks(bytes: &[u8]) -> Option<(i64, usize)> {
    let (value, used) = digits(bytes, 1, 7)?;
    let rest = bytes[used..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if 2 < rest {
        return None;
    }
    let exponent = u32::try_from(7 - used).ok()?;
    Some((i64::from(value) * 10i64.pow(exponent), used + rest))
}

fn has_meridiem(text: &str) -> bool {
    let word = text.trim_start().as_bytes();
    matches!(word, [b'a' | b'A' | b'p' | b'P', b'm' | b'M', ..])
}

/// An hour of the 12-hour clock with its AM or PM, and the text behind it.
fn meridiem(hour: i32, text: &str) -> Option<(i32, &str)> {
    if !has_meridiem(text) {
        return Some((hour, text));
    }
    if !(1..=12).contains(&hour) {
        return None;
    }
    let afternoon = text.starts_with(['p', 'P']);
    Some((hour % 12 + 12 * i32::from(afternoon), text[2..].trim_start()))
}

fn offset_minutes(text: &str) -> Option<i16> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text[1..].trim_start()),
        b'-' => (-1, text[1..].trim_start()),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let valid = (0..=14).contains(&hours) && (0..=59).contains(&minutes);
    valid.then_some(sign * (hours * 60 + minutes)).filter(|offset| offset.abs() <= 840)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A month's English name or its first three letters.
fn month_named(word: &str) -> Option<i32> {
    let word = word.to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| {
        *month == word || (3 <= word.len() && word.len() <= 4 && month.starts_with(&word))
    })?;
    i32::try_from(found + 1).ok()
}

/// Whatever a person writes: a date in the locale's order or with a month's name, then a time,
/// or one of the two alone.
fn free_form(text: &str, locale: &Locale) -> Option<DateTimeParts> {
    let time_at = text
        .find(':')
        .map(|colon| text[..colon].trim_end_matches(|c: char| c.is_ascii_digit()).len());
    let meridiem_at = || {
        let lower = text.to_ascii_lowercase();
        let at = ["am", "pm"].iter().find_map(|word| lower.strip_suffix(word))?.trim_end().len();
        let hour = text[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        (hour < at).then_some(hour)
    };
    let split = time_at.or_else(meridiem_at).unwrap_or(text.len());
    let (date, time) = text.split_at(split);
    let mut parts = DateTimeParts::default();
    if !time.is_empty() {
        let (time, offset) = time_with_offset(time)?;
        (parts.time, parts.offset) = (Some(time), offset);
    }
    if !date.trim().is_empty() {
        parts.days = Some(free_date(date.trim(), locale)?.to_days());
    }
    (parts.days.is_some() || parts.time.is_some()).then_some(parts)
}

fn free_date(text: &str, locale: &Locale) -> Option<Civil> {
    let words: Vec<&str> =
        text.split([' ', '/', '-', '.', ',', '\u{A0}']).filter(|word| !word.is_empty()).collect();
    let [first, second, third] = words[..] else { return None };
    let number = |word: &str| -> Option<i32> {
        let (value, used) = digits(word.as_bytes(), 1, 4)?;
        (used == word.len()).then_some(value)
    };
    if let Some(month) = month_named(first) {
        return Civil::new(full_year(third)?, month, number(second)?);
    }
    if let Some(month) = month_named(second) {
        if 2 < first.len() {
            return Civil::new(full_year(first)?, month, number(third)?);
        }
        return Civil::new(full_year(third)?, month, number(first)?);
    }
    if first.len() == 4 {
        return Civil::new(full_year(first)?, number(second)?, number(third)?);
    }
    let (a, b) = (number(first)?, number(second)?);
    match locale.date_order {
        // A day that cannot be a month changes places with the month, as OLE Automation does.
        DateOrder::MonthFirst => {
            let year = full_year(third)?;
            Civil::new(year, a, b).or_else(|| Civil::new(year, b, a))
        }
        DateOrder::DayFirst => {
            let year = full_year(third)?;
            Civil::new(year, b, a).or_else(|| Civil::new(year, a, b))
        }
        DateOrder::YearFirst if third.len() == 4 => Civil::new(full_year(third)?, a, b),
        DateOrder::YearFirst => Civil::new(full_year(first)?, b, number(third)?),
    }
}

/// A year with four digits, or with two that stand for 1950 to 2049.
fn full_year(word: &str) -> Option<i32> {
    let (year, used) = digits(word.as_bytes(), 1, 4)?;
    if used != word.len() || used == 3 {
        return None;
    }
    Some(match year {
        0..=49 if used <= 2 => 2000 + year,
        50..=99 if used <= 2 => 1900 + year,
        _ => year,
    })
}

/// Adds a date or time to a text.
pub(super) fn show(text: &mut String, value: &Value, from: DataType, options: &ConvertOptions) {
    let parts = DateTimeParts::of(value).unwrap_or_default();
    let time = parts.time.unwrap_or(0);
    if from == DataType::Date {
        return show_ole(text, parts.days.unwrap_or(0), time, options);
    }
    if let Some(days) = parts.days {
        push_iso_date(text, days);
        if from != DataType::DbDate {
            text.push(' ');
        }
    }
    if from != DataType::DbDate {
        push_time(text, time);
        push_fraction(text, time % TICKS_PER_SECOND, from);
    }
    if let Some(offset) = parts.offset {
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs();
        push(text, format_args!(" {sign}{:02}:{:02}", minutes / 60, minutes % 60));
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    text.write_fmt(arguments).unwrap_or_default();
}

/// The numbers of two digits, one behind the other.
const PAIRS: &str = "00010203040506070809101112131415161718192021222324252627282930313233343536373839\
                     40414243444546474849505152535455565758596061626364656667686970717273747576777879\
                     8081828384858687888990919293949596979899";

/// The last two digits of a number.
fn pair(number: i64) -> &'static str {
    let at = usize::try_from(number.rem_euclid(100) * 2).unwrap_or(0);
    &PAIRS[at..at + 2]
}

fn push_iso_date(text: &mut String, days: i64) {
    let Civil { year, month, day } = Civil::from_days(days);
    for part in [pair((year / 100).into()), pair(year.into()), "-", pair(month.into()), "-"] {
        text.push_str(part);
    }
    text.push_str(pair(day.into()));
}

fn push_time(text: &mut String, time: i64) {
    let seconds = time / TICKS_PER_SECOND;
    for part in [pair(seconds / 3_600), ":", pair(seconds / 60 % 60), ":", pair(seconds % 60)] {
        text.push_str(part);
    }
}

/// DT_DBTIMESTAMP writes nine digits or none; DT_FILETIME three behind a colon; the types with a
/// scale as many as it says.
fn push_fraction(text: &mut String, fraction: i64, from: DataType) {
    match from {
        DataType::DbTimestamp if fraction != 0 => {
            push(text, format_args!(".{:09}", fraction * 100))
        }
        DataType::FileTime => push(text, format_args!(":{:03}", fraction / 10_000)),
        DataType::DbTime2 { scale }
        | DataType::DbTimestamp2 { scale }
        | DataType::DbTimestampOffset { scale }
            if 0 < scale =>
        {
            let digits = format!("{fraction:07}");
            push(text, format_args!(".{}", &digits[..usize::from(scale.min(7))]));
        }
        _ => {}
    }
}

/// A DT_DATE: ISO for casts, else the short form of the locale. A midnight is not written, and
/// neither is the day on which OLE Automation puts bare times.
fn show_ole(text: &mut String, days: i64, time: i64, options: &ConvertOptions) {
    let has_time = TICKS_PER_SECOND <= time;
    if options.iso_dates {
        push_iso_date(text, days);
        if has_time {
            text.push(' ');
            push_time(text, time);
        }
        return;
    }
    let bare_time = days == -25_569 && has_time;
    if !bare_time {
        push_short_date(text, days, &options.locale);
    }
    if has_time {
        if !bare_time {
            text.push(' ');
        }
        push_locale_time(text, time, &options.locale);
    }
}

fn push_short_date(text: &mut String, days: i64, locale: &Locale) {
    let Civil { year, month, day } = Civil::from_days(days);
    let separator = locale.date_separator;
    let width = if locale.padded_dates { 2 } else { 1 };
    match locale.date_order {
        DateOrder::MonthFirst => {
            push(text, format_args!("{month:0width$}{separator}{day:0width$}{separator}{year:04}"));
        }
        DateOrder::DayFirst => {
            push(text, format_args!("{day:0width$}{separator}{month:0width$}{separator}{year:04}"));
        }
        DateOrder::YearFirst => {
            push(text, format_args!("{year:04}{separator}{month:0width$}{separator}{day:0width$}"));
        }
    }
}

fn push_locale_time(text: &mut String, time: i64, locale: &Locale) {
    if !locale.twelve_hours {
        push_time(text, time);
        return;
    }
    let seconds = time / TICKS_PER_SECOND;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let half = if hour < 12 { "AM" } else { "PM" };
    let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
    push(text, format_args!("{shown}:{minute:02}:{second:02} {half}"));
}
