//! Dates and times into each other, into numbers and from numbers.
//!
//! Rules: "Conversions Between Date/Time Data Types" of the Integration Services data types page.
//! A time that needs a date gets today's, a date that needs a time gets midnight, a moment with
//! an offset counts as UTC elsewhere, and digits of a fraction that do not fit are cut off and
//! reported as truncation.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use model::{DAYS_TO_1970, DataType, TICKS_PER_DAY, TICKS_PER_SECOND, Ticks, Value};

use super::number::{Number, number_value};
use super::{ConvertFailure, ConvertOptions, FailureKind, text};
use crate::calendar::{Civil, moment};

/// A date, a time or both, as far as a value or text says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DateTimeParts {
    /// Days since 1970-01-01.
    pub(crate) days: Option<i64>,
    /// Ticks since midnight.
    pub(crate) time: Option<i64>,
    /// Minutes east of UTC.
    pub(crate) offset: Option<i16>,
}

/// Ticks in a minute.
const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Ticks in a millisecond.
const TICKS_PER_MS: i64 = TICKS_PER_SECOND / 1_000;
/// 1899-12-30, where OLE Automation dates begin, in days since 1970-01-01.
const OLE_EPOCH: i64 = -25_569;
/// 1601-01-01, where file times begin, in ticks.
const FILE_TIME_EPOCH: i64 = 584_388 * TICKS_PER_DAY;

impl DateTimeParts {
    fn of_ticks(ticks: Ticks) -> Self {
        let (days, time) = (ticks.days_since_1970(), ticks.time_of_day());
        Self { days: Some(days), time: Some(time), offset: None }
    }

    /// What a date or time value says.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::DateTime(ticks) => Self::of_ticks(*ticks),
            Value::Date(days) => Self { days: Some((*days).into()), ..Self::default() },
            Value::Time(time) => Self { time: Some(*time), ..Self::default() },
            Value::DateTimeOffset { local, offset_minutes } => {
                Self { offset: Some(*offset_minutes), ..Self::of_ticks(*local) }
            }
            _ => return None,
        })
    }

    /// The moment; with an offset, in UTC.
    fn moment(self, options: &ConvertOptions) -> Result<Ticks, FailureKind> {
        let days = self.days.unwrap_or_else(|| options.today.into());
        let shift = i64::from(self.offset.unwrap_or(0)) * TICKS_PER_MINUTE;
        let local = moment(days, 0).ok_or(FailureKind::Overflow)?;
        let ticks = Ticks(local.0 + self.time.unwrap_or(0) - shift);
        if ticks < Ticks::MIN || Ticks::MAX < ticks {
            return Err(FailureKind::Overflow);
        }
        Ok(ticks)
    }
}

/// How many digits of a second's fraction a type keeps.
fn fraction_digits(to: DataType) -> u32 {
    match to {
        DataType::DbTime => 0,
        DataType::DbTimestamp | DataType::Date => 3,
        DataType::DbTime2 { scale }
        | DataType::DbTimestamp2 { scale }
        | DataType::DbTimestampOffset { scale } => u32::from(scale.min(7)),
        _ => 7,
    }
}

fn cut_fraction(ticks: i64, to: DataType) -> (i64, bool) {
    let unit = 10i64.pow(7 - fraction_digits(to));
    // An OLE date is a double, whose digits beyond the millisecond mean nothing.
    let rest = ticks.rem_euclid(unit);
    (ticks - rest, rest != 0 && to != DataType::Date)
}

/// A value of the date or time type `to`.
pub(super) fn build(
    parts: DateTimeParts,
    from: DataType,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    let moment = if parts.days.is_none() && is_time_only(to) {
        Ticks(parts.time.unwrap_or(0))
    } else {
        parts.moment(options)?
    };
    if to == DataType::DbDate {
        let days = i32::try_from(moment.days_since_1970()).map_err(|_| FailureKind::Overflow)?;
        return Ok(Value::Date(days));
    }
    let (kept, is_cut) = cut_fraction(moment.0, to);
    let kept = Ticks(kept);
    let value = match to {
        DataType::DbTime | DataType::DbTime2 { .. } => Value::Time(kept.time_of_day()),
        DataType::DbTimestampOffset { .. } => {
            let offset_minutes = parts.offset.unwrap_or(0);
            let local = Ticks(kept.0 + i64::from(offset_minutes) * TICKS_PER_MINUTE);
            Value::DateTimeOffset { local, offset_minutes }
        }
        _ => {
            check_range(kept, from, to)?;
            Value::DateTime(kept)
        }
    };
    if is_cut { Err(ConvertFailure::truncated(value)) } else { Ok(value) }
}

fn is_time_only(to: DataType) -> bool {
    matches!(to, DataType::DbTime | DataType::DbTime2 { .. })
}

/// Years that a type cannot hold are an overflow (`DB_E_DATAOVERFLOW`).
fn check_range(moment: Ticks, from: DataType, to: DataType) -> Result<(), FailureKind> {
    let year = Civil::from_days(moment.days_since_1970()).year;
    let exact = matches!(from, DataType::DbTimestamp2 { .. } | DataType::DbTimestampOffset { .. });
    let first = match to {
        DataType::Date => 100,
        DataType::FileTime => 1601,
        DataType::DbTimestamp if exact => 1753,
        _ => 1,
    };
    if year < first { Err(FailureKind::Overflow) } else { Ok(()) }
}

/// Converts a date or time.
pub(super) fn from_date_time(
    value: &Value,
    from: DataType,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    if to.is_text() {
        return text::to_fitting_text(&text::show(value, from, options), to);
    }
    let parts = DateTimeParts::of(value).ok_or(FailureKind::Unsupported)?;
    if to.is_date_time() {
        if from.code() == to.code() {
            return rescale(value, parts, to);
        }
        return build(parts, from, to, options);
    }
    let moment = parts.moment(options)?;
    if from == DataType::FileTime {
        let ticks = i128::from(moment.0 - FILE_TIME_EPOCH);
        return Ok(number_value(Number::Integer(ticks), to)?);
    }
    Ok(number_value(Number::Float(to_ole(moment)), to)?)
}

/// From one scale of a type to another, without going through UTC.
fn rescale(value: &Value, parts: DateTimeParts, to: DataType) -> Result<Value, ConvertFailure> {
    let (kept, is_cut) = cut_fraction(parts.time.unwrap_or(0), to);
    if !is_cut {
        return Ok(value.clone());
    }
    let days = parts.days.unwrap_or(-DAYS_TO_1970);
    let local = moment(days, kept).ok_or(FailureKind::Overflow)?;
    Err(ConvertFailure::truncated(match value {
        Value::Time(_) => Value::Time(kept),
        Value::DateTimeOffset { offset_minutes, .. } => {
            Value::DateTimeOffset { local, offset_minutes: *offset_minutes }
        }
        _ => Value::DateTime(local),
    }))
}

/// An OLE Automation date: days since 1899-12-30, the time of day in the fraction, which counts
/// away from zero before that day.
pub(super) fn from_ole(number: f64) -> Result<DateTimeParts, FailureKind> {
    if !number.is_finite() || 3e6 < number.abs() {
        return Err(FailureKind::Overflow);
    }
    let whole = number.trunc();
    let ms = ((number - whole).abs() * 86_400_000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "both are small, by the check above")]
    let (days, ms) = (whole as i64, ms as i64);
    let days = OLE_EPOCH + days + ms / 86_400_000;
    let time = ms % 86_400_000 * TICKS_PER_MS;
    Ok(DateTimeParts { days: Some(days), time: Some(time), offset: None })
}

/// The OLE Automation date of a moment.
pub(crate) fn to_ole(moment: Ticks) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a double is what an OLE date is")]
    let (days, time) = ((moment.days_since_1970() - OLE_EPOCH) as f64, moment.time_of_day() as f64);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let fraction = time / TICKS_PER_DAY as f64;
    if days < 0.0 { days - fraction } else { days + fraction }
}

/// A file time: ticks since 1601-01-01.
pub(super) fn from_file_time(ticks: i128) -> Result<Value, FailureKind> {
    let ticks = i64::try_from(ticks).map_err(|_| FailureKind::Overflow)?;
    let moment = ticks.checked_add(FILE_TIME_EPOCH).map(Ticks).ok_or(FailureKind::Overflow)?;
    if ticks < 0 || Ticks::MAX < moment {
        return Err(FailureKind::Overflow);
    }
    Ok(Value::DateTime(moment))
}
