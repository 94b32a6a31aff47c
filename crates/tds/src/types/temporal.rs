//! Dates and times: [MS-TDS] 2.2.5.5.1.7 to .9.
//!
//! A time of scale s is a count of 10^-s seconds in 3, 4 or 5 bytes; a date three bytes of days
//! since 0001-01-01; `datetimeoffset` is in UTC, with its offset in minutes behind it.

use super::codec::mismatch;
use super::type_info::TypeInfo;
use super::value::{DateTime, SmallDateTime, TICKS_PER_DAY, Value};
use crate::error::{DecodeError, EncodeError};

/// 9999-12-31, in days since 0001-01-01.
pub(super) const LAST_DAY: u32 = 3_652_058;
/// The largest offset from UTC, in minutes.
const LARGEST_OFFSET: i16 = 840;
/// The days of `datetime`, since 1900-01-01: 1753-01-01 to 9999-12-31.
const DATETIME_DAYS: std::ops::RangeInclusive<i32> = -53_690..=2_958_463;
/// Three-hundredths of a second in a day.
const DATETIME_TICKS: u32 = 25_920_000;
/// Minutes in a day.
const MINUTES: u16 = 1440;

/// Bytes of a time of `scale`.
fn time_size(scale: u8) -> usize {
    match scale {
        0..=2 => 3,
        3 | 4 => 4,
        _ => 5,
    }
}

/// Units of 100 ns in one unit of `scale`.
pub(super) fn unit(scale: u8) -> u64 {
    10u64.pow(7u8.saturating_sub(scale).into())
}

/// Appends a date or time without a length. Digits that the column's scale does not have are
/// refused: rounding is the business of whoever made the value.
pub(super) fn encode(kind: &TypeInfo, value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let written = match (kind, value) {
        (TypeInfo::SmallDateTime | TypeInfo::DateTimeN(4), Value::SmallDateTime(when)) => {
            (when.minutes < MINUTES).then(|| {
                out.extend_from_slice(&when.days.to_le_bytes());
                out.extend_from_slice(&when.minutes.to_le_bytes());
            })
        }
        (TypeInfo::DateTime | TypeInfo::DateTimeN(8), Value::DateTime(when)) => {
            let fits = DATETIME_DAYS.contains(&when.days) && when.ticks < DATETIME_TICKS;
            fits.then(|| {
                out.extend_from_slice(&when.days.to_le_bytes());
                out.extend_from_slice(&when.ticks.to_le_bytes());
            })
        }
        (TypeInfo::Date, Value::Date(days)) => put_date(*days, out),
        (TypeInfo::Time(scale), Value::Time(ticks)) => put_time(*ticks, *scale, out),
        (TypeInfo::DateTime2(scale), Value::DateTime2 { days, ticks }) => {
            put_time(*ticks, *scale, out).and_then(|()| put_date(*days, out))
        }
        (
            TypeInfo::DateTimeOffset(scale),
            Value::DateTimeOffset { days, ticks, offset_minutes },
        ) => {
            let offset = offset_minutes.to_le_bytes();
            put_time(*ticks, *scale, out)
                .and_then(|()| put_date(*days, out))
                .filter(|()| offset_minutes.abs() <= LARGEST_OFFSET)
                .map(|()| out.extend_from_slice(&offset))
        }
        (kind, value) => return Err(mismatch(kind, value)),
    };
    written.ok_or(EncodeError::OutOfRange { type_name: kind.name() })
}

fn put_date(days: u32, out: &mut Vec<u8>) -> Option<()> {
    (days <= LAST_DAY).then(|| out.extend_from_slice(&days.to_le_bytes()[..3]))
}

fn put_time(ticks: u64, scale: u8, out: &mut Vec<u8>) -> Option<()> {
    let fits = ticks < TICKS_PER_DAY && ticks.is_multiple_of(unit(scale));
    fits.then(|| out.extend_from_slice(&(ticks / unit(scale)).to_le_bytes()[..time_size(scale)]))
}

/// A date or time from its bytes.
pub(super) fn decode(kind: &TypeInfo, bytes: &[u8]) -> Result<Value, DecodeError> {
    let length = || DecodeError::Invalid { what: "value length", value: bytes.len() as u64 };
    match (kind, bytes) {
        (TypeInfo::SmallDateTime | TypeInfo::DateTimeN(4), [a, b, c, d]) => {
            let days = u16::from_le_bytes([*a, *b]);
            let minutes = below(u16::from_le_bytes([*c, *d]).into(), MINUTES.into())? as u16;
            Ok(Value::SmallDateTime(SmallDateTime { days, minutes }))
        }
        (TypeInfo::DateTime | TypeInfo::DateTimeN(8), [a, b, c, d, e, f, g, h]) => {
            let days = i32::from_le_bytes([*a, *b, *c, *d]);
            let ticks = u32::from_le_bytes([*e, *f, *g, *h]);
            let ticks = below(ticks.into(), DATETIME_TICKS.into())? as u32;
            match DATETIME_DAYS.contains(&days) {
                true => Ok(Value::DateTime(DateTime { days, ticks })),
                false => Err(DecodeError::Invalid { what: "datetime", value: days as u32 as u64 }),
            }
        }
        (TypeInfo::Date, days) => Ok(Value::Date(date(days).ok_or_else(length)??)),
        (TypeInfo::Time(scale), ticks) => Ok(Value::Time(time(ticks, *scale)?)),
        (TypeInfo::DateTime2(scale), bytes) => {
            let (ticks, days) = bytes.split_at_checked(time_size(*scale)).ok_or_else(length)?;
            let days = date(days).ok_or_else(length)??;
            Ok(Value::DateTime2 { days, ticks: time(ticks, *scale)? })
        }
        (TypeInfo::DateTimeOffset(scale), bytes) => {
            let (ticks, rest) = bytes.split_at_checked(time_size(*scale)).ok_or_else(length)?;
            let (days, offset) = rest.split_at_checked(3).ok_or_else(length)?;
            let offset: [u8; 2] = offset.try_into().map_err(|_| length())?;
            let offset_minutes = i16::from_le_bytes(offset);
            below(offset_minutes.unsigned_abs().into(), LARGEST_OFFSET as u64 + 1)?;
            let days = date(days).ok_or_else(length)??;
            Ok(Value::DateTimeOffset { days, ticks: time(ticks, *scale)?, offset_minutes })
        }
        _ => Err(length()),
    }
}

fn below(value: u64, limit: u64) -> Result<u64, DecodeError> {
    match value < limit {
        true => Ok(value),
        false => Err(DecodeError::Invalid { what: "date or time", value }),
    }
}

fn date(bytes: &[u8]) -> Option<Result<u32, DecodeError>> {
    let [a, b, c] = bytes else { return None };
    let days = u32::from_le_bytes([*a, *b, *c, 0]);
    Some(below(days.into(), u64::from(LAST_DAY) + 1).map(|_| days))
}

fn time(bytes: &[u8], scale: u8) -> Result<u64, DecodeError> {
    if bytes.len() != time_size(scale) {
        return Err(DecodeError::Invalid { what: "value length", value: bytes.len() as u64 });
    }
    let mut all = [0; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    below(u64::from_le_bytes(all).saturating_mul(unit(scale)), TICKS_PER_DAY)
}
