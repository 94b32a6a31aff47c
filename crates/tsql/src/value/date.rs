//! Moments of the T-SQL date types, with the precision of each.
//!
//! All types meet in [`Ticks`], the 100-nanosecond ticks since 0001-01-01, and each rounds in
//! its own way on the way back: `datetime` to 1/300 s, `smalldatetime` to minutes, the newer
//! types to their digits of a second, half up.
//!
//! Source: T-SQL reference, the page of each type.

use model::{TICKS_PER_DAY, TICKS_PER_SECOND, Ticks};

/// Days from 0001-01-01 to 1900-01-01, where `datetime` counts from.
pub(crate) const DAYS_TO_1900: i32 = 693_595;
/// Days from 0001-01-01 to 1753-01-01, the first `datetime`.
const DAYS_TO_1753: i32 = 639_905;
/// Days from 0001-01-01 to 9999-12-31.
pub(crate) const DAYS_MAX: i32 = 3_652_058;
/// 1/300 s units in a day.
const UNITS_PER_DAY: i64 = 300 * 86_400;
/// Ticks in a minute.
pub(crate) const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;

/// The order of numbers in a date: SET DATEFORMAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Month, day, year: what us_english starts with.
    #[default]
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
    /// Year, day, month.
    Ydm,
    /// Month, year, day.
    Myd,
    /// Day, year, month.
    Dym,
}

/// A moment taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59.
    pub second: u32,
    /// 100-nanosecond ticks within the second.
    pub fraction: u32,
}

/// A `datetime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTimeValue {
    /// Days since 1900-01-01; negative before.
    pub days: i32,
    /// 1/300 s since midnight.
    pub units: u32,
}

/// A `smalldatetime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmallDateTimeValue {
    /// Days since 1900-01-01.
    pub days: u16,
    /// Minutes since midnight.
    pub minutes: u16,
}

/// A `datetimeoffset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OffsetValue {
    /// The moment in UTC, by which values compare.
    pub utc: Ticks,
    /// Minutes that the local time is ahead of UTC, -840 to 840.
    pub offset: i16,
    /// Digits of a second.
    pub scale: u8,
}

/// The first tick of a day, `days` after 0001-01-01.
pub(crate) const fn midnight(days: i32) -> Ticks {
    Ticks(days as i64 * TICKS_PER_DAY)
}

/// The day of a moment, counted from 0001-01-01.
pub(crate) fn day_of(ticks: Ticks) -> i32 {
    i32::try_from(ticks.0.div_euclid(TICKS_PER_DAY)).unwrap_or(i32::MAX)
}

/// `None` outside years 1 to 9999.
pub(crate) fn in_range(ticks: i64) -> Option<Ticks> {
    (Ticks::MIN.0..=Ticks::MAX.0).contains(&ticks).then_some(Ticks(ticks))
}

/// Rounds ticks to `scale` digits of a second, half up.
pub(crate) fn round_to_scale(ticks: i64, scale: u8) -> i64 {
    let unit = 10i64.pow(u32::from(7 - scale.min(7)));
    (ticks + unit / 2).div_euclid(unit) * unit
}

/// Days of a month; 0 for a month that is none.
pub(crate) const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days from 0001-01-01 to a date; `None` for a date that is none, or outside years 1 to 9999.
pub(crate) fn days_of(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=9999).contains(&year) || day < 1 || days_in_month(year, month) < day {
        return None;
    }
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400;
    let in_year: u32 = (1..month).map(|month| days_in_month(year, month)).sum();
    Some(before * 365 + leap_days + i32::try_from(in_year + day).ok()? - 1)
}

impl Calendar {
    /// Takes a moment apart.
    pub fn of(ticks: Ticks) -> Self {
        let days = day_of(ticks);
        let (year, month, day) = civil(days);
        let rest = ticks.0.rem_euclid(TICKS_PER_DAY);
        let (seconds, fraction) = (rest / TICKS_PER_SECOND, rest % TICKS_PER_SECOND);
        let part = |value: i64| u32::try_from(value).unwrap_or(0);
        Self {
            year,
            month,
            day,
            hour: part(seconds / 3600),
            minute: part(seconds / 60 % 60),
            second: part(seconds % 60),
            fraction: part(fraction),
        }
    }

    /// Puts a moment together; `None` if a part is out of range.
    pub fn ticks(self) -> Option<Ticks> {
        let days = days_of(self.year, self.month, self.day)?;
        if 23 < self.hour || 59 < self.minute || 59 < self.second || 9_999_999 < self.fraction {
            return None;
        }
        let seconds = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        Some(Ticks(midnight(days).0 + seconds * TICKS_PER_SECOND + i64::from(self.fraction)))
    }

    /// The day of the year, from 1.
    pub fn day_of_year(self) -> u32 {
        (1..self.month).map(|month| days_in_month(self.year, month)).sum::<u32>() + self.day
    }

    /// Milliseconds within the second, rounded as `datetime` shows them.
    pub fn milliseconds(self) -> u32 {
        (self.fraction + 5_000) / 10_000
    }
}

/// Year, month and day of the day that is `days` after 0001-01-01.
fn civil(days: i32) -> (i32, u32, u32) {
    let mut rest = days;
    let centuries4 = rest.div_euclid(146_097);
    rest = rest.rem_euclid(146_097);
    let centuries = (rest / 36_524).min(3);
    rest -= centuries * 36_524;
    let years4 = rest / 1_461;
    rest %= 1_461;
    let years = (rest / 365).min(3);
    rest -= years * 365;
    let year = centuries4 * 400 + centuries * 100 + years4 * 4 + years + 1;
    let mut day = u32::try_from(rest).unwrap_or(0) + 1;
    let mut month = 1;
    while days_in_month(year, month) < day && month < 12 {
        day -= days_in_month(year, month);
        month += 1;
    }
    (year, month, day)
}

impl DateTimeValue {
    /// Rounds a moment to 1/300 s; `None` before 1753 or after 9999.
    pub fn from_ticks(ticks: Ticks) -> Option<Self> {
        let day = day_of(ticks);
        let units = (ticks.0.rem_euclid(TICKS_PER_DAY) * 3 + 50_000) / 100_000;
        let (day, units) = if units < UNITS_PER_DAY { (day, units) } else { (day + 1, 0) };
        if !(DAYS_TO_1753..=DAYS_MAX).contains(&day) {
            return None;
        }
        Some(Self { days: day - DAYS_TO_1900, units: u32::try_from(units).ok()? })
    }

    /// The moment, to the nearest tick.
    pub fn ticks(self) -> Ticks {
        let in_day = (i64::from(self.units) * 200_000 + 3) / 6;
        Ticks(midnight(self.days + DAYS_TO_1900).0 + in_day)
    }

    /// Days and their fraction since 1900-01-01, as conversion to a number gives them.
    pub fn to_days(self) -> f64 {
        f64::from(self.days) + f64::from(self.units) / 25_920_000.0
    }

    /// The `datetime` of a number of days since 1900-01-01; `None` when out of range.
    pub fn from_days(days: f64) -> Option<Self> {
        if !(-53_691.0..2_958_464.5).contains(&days) {
            return None;
        }
        let whole = days.floor();
        let ticks = ((days - whole) * 25_920_000.0).round() as i64;
        let start = midnight(whole as i32 + DAYS_TO_1900);
        Self::from_ticks(Ticks(start.0 + ticks * 100_000 / 3))
    }
}

impl SmallDateTimeValue {
    /// Rounds a moment to the minute; `None` outside 1900-01-01 to 2079-06-06.
    ///
    /// 29.998 seconds round down and 29.999 up, because the moment becomes a `datetime` first.
    pub fn from_ticks(ticks: Ticks) -> Option<Self> {
        let exact = DateTimeValue::from_ticks(ticks)?;
        let minutes = (exact.units + 9_000) / 18_000;
        let day = exact.days + i32::from(1_440 <= minutes);
        Some(Self { days: u16::try_from(day).ok()?, minutes: u16::try_from(minutes % 1_440).ok()? })
    }

    /// The moment.
    pub fn ticks(self) -> Ticks {
        let start = midnight(i32::from(self.days) + DAYS_TO_1900);
        Ticks(start.0 + i64::from(self.minutes) * TICKS_PER_MINUTE)
    }
}

impl OffsetValue {
    /// The value that shows `local` at `offset` minutes; `None` when UTC or the offset is out of
    /// range.
    pub fn from_local(local: Ticks, offset: i16, scale: u8) -> Option<Self> {
        if !(-840..=840).contains(&offset) {
            return None;
        }
        let utc = in_range(local.0 - i64::from(offset) * TICKS_PER_MINUTE)?;
        Some(Self { utc, offset, scale })
    }

    /// The local time.
    pub fn local(self) -> Ticks {
        Ticks(self.utc.0 + i64::from(self.offset) * TICKS_PER_MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32, minute: u32, second: u32, fraction: u32) -> Ticks {
        Calendar { year: 1998, month: 1, day: 1, hour, minute, second, fraction }.ticks().unwrap()
    }

    /// The table of "Rounding of datetime fractional second precision".
    #[test]
    fn datetime_rounds_to_increments_of_000_003_or_007_seconds() {
        let shown = |ms: u32| {
            let value = DateTimeValue::from_ticks(at(23, 59, 59, ms * 10_000)).unwrap();
            let calendar = Calendar::of(value.ticks());
            (calendar.day, calendar.second, calendar.milliseconds())
        };
        assert_eq!(shown(999), (2, 0, 0));
        for ms in [995, 996, 997, 998] {
            assert_eq!(shown(ms), (1, 59, 997), "{ms}");
        }
        for ms in [992, 993, 994] {
            assert_eq!(shown(ms), (1, 59, 993), "{ms}");
        }
        for ms in [990, 991] {
            assert_eq!(shown(ms), (1, 59, 990), "{ms}");
        }
    }

    #[test]
    fn smalldatetime_rounds_at_half_a_minute() {
        let minute = |second, ms: u32| {
            SmallDateTimeValue::from_ticks(at(12, 35, second, ms * 10_000)).unwrap().minutes
        };
        assert_eq!(minute(29, 998), 12 * 60 + 35);
        assert_eq!(minute(29, 999), 12 * 60 + 36);
        assert_eq!(minute(30, 0), 12 * 60 + 36);
    }

    #[test]
    fn every_day_of_the_calendar_comes_apart_and_together() {
        for days in 0..=DAYS_MAX {
            let (year, month, day) = civil(days);
            assert_eq!(days_of(year, month, day), Some(days));
        }
        assert_eq!(days_of(1900, 1, 1), Some(DAYS_TO_1900));
        assert_eq!(days_of(1753, 1, 1), Some(DAYS_TO_1753));
        assert_eq!(days_of(1900, 2, 29), None);
    }
}
