//! SSIS dates: 100-nanosecond ticks since 0001-01-01 00:00, years 1 to 9999.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

/// Ticks in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks in a day.
pub const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Days from 0001-01-01 to 1970-01-01.
pub const DAYS_TO_1970: i64 = 719_162;

/// A date with its time of day: 100-nanosecond ticks since 0001-01-01 00:00.
///
/// This one clock face serves DT_DATE, DT_DBTIMESTAMP, DT_DBTIMESTAMP2 and DT_FILETIME; what
/// differs between them is their range and precision, which is the business of conversions.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ticks(pub i64);

impl Ticks {
    /// The first tick of 0001-01-01.
    pub const MIN: Self = Self(0);
    /// The last tick of 9999-12-31.
    pub const MAX: Self = Self(3_652_059 * TICKS_PER_DAY - 1);

    /// The tick of a calendar moment; `None` outside years 1 to 9999.
    pub fn from_calendar(time: NaiveDateTime) -> Option<Self> {
        if !(1..=9999).contains(&time.year()) {
            return None;
        }
        let days = i64::from(time.num_days_from_ce()) - 1;
        let seconds = i64::from(time.num_seconds_from_midnight());
        let fraction = i64::from(time.nanosecond() % 1_000_000_000) / 100;
        Some(Self(days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + fraction))
    }

    /// The calendar moment; `None` outside years 1 to 9999.
    pub fn to_calendar(self) -> Option<NaiveDateTime> {
        if self < Self::MIN || Self::MAX < self {
            return None;
        }
        let days = i32::try_from(self.0.div_euclid(TICKS_PER_DAY)).ok()?;
        let date = NaiveDate::from_num_days_from_ce_opt(days + 1)?;
        let rest = self.0.rem_euclid(TICKS_PER_DAY);
        let seconds = u32::try_from(rest / TICKS_PER_SECOND).ok()?;
        let nanos = u32::try_from(rest % TICKS_PER_SECOND * 100).ok()?;
        Some(date.and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)?))
    }

    /// Whole days since 1970-01-01.
    pub const fn days_since_1970(self) -> i64 {
        self.0.div_euclid(TICKS_PER_DAY) - DAYS_TO_1970
    }

    /// Ticks since midnight.
    pub const fn time_of_day(self) -> i64 {
        self.0.rem_euclid(TICKS_PER_DAY)
    }
}

/// As `2026-11-21 09:30:00.1234567`; the fraction only where there is one.
impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(time) = self.to_calendar() else { return write!(f, "{} ticks", self.0) };
        write!(f, "{}", time.format("%Y-%m-%d %H:%M:%S"))?;
        match self.0.rem_euclid(TICKS_PER_SECOND) {
            0 => Ok(()),
            fraction => {
                let digits = format!("{fraction:07}");
                write!(f, ".{}", digits.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_and_the_ticks_agree_at_the_edges() {
        let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        assert_eq!(Ticks::from_calendar(first), Some(Ticks::MIN));
        assert_eq!(Ticks::MIN.to_calendar(), Some(first));
        assert_eq!(Ticks::MAX.to_string(), "9999-12-31 23:59:59.9999999");
        assert_eq!(Ticks(DAYS_TO_1970 * TICKS_PER_DAY).to_string(), "1970-01-01 00:00:00");
        assert_eq!(Ticks(-1).to_calendar(), None);
    }
}
