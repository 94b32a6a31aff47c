//! Days and calendar dates (proleptic Gregorian, years 1 to 9999).

use model::{DAYS_TO_1970, TICKS_PER_DAY, Ticks};

/// A calendar date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i32,
    /// 1 to 12.
    pub(crate) month: i32,
    /// 1 to 31.
    pub(crate) day: i32,
}

/// Whether a year has a 29th of February.
pub(crate) const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a month has.
pub(crate) const fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Civil {
    /// The date, if there is such a one in years 1 to 9999.
    pub(crate) fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let valid = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        valid.then_some(Self { year, month, day })
    }

    /// The date that is `days` after 1970-01-01. Eras of 400 years, counted from March.
    pub(crate) fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
        Self { year: small(year), month: small(month), day: small(day) }
    }

    /// Days since 1970-01-01.
    pub(crate) fn to_days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = i64::from((self.month + 9) % 12);
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// 1 for the first of January.
    pub(crate) fn day_of_year(self) -> i64 {
        let first = Self { year: self.year, month: 1, day: 1 };
        self.to_days() - first.to_days() + 1
    }
}

/// 0 for Sunday.
pub(crate) fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// The moment `time` ticks after the midnight that `days` after 1970-01-01 begins with; `None`
/// outside years 1 to 9999.
pub(crate) fn moment(days: i64, time: i64) -> Option<Ticks> {
    let ticks =
        Ticks(days.checked_add(DAYS_TO_1970)?.checked_mul(TICKS_PER_DAY)?.checked_add(time)?);
    (Ticks::MIN <= ticks && ticks <= Ticks::MAX).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last day of years 1 to 9999.
    const DAY_MIN: i64 = -DAYS_TO_1970;
    const DAY_MAX: i64 = 3_652_058 - DAYS_TO_1970;

    #[test]
    fn every_day_is_found_again() {
        for days in (DAY_MIN..=DAY_MAX).step_by(13) {
            assert_eq!(Civil::from_days(days).to_days(), days);
        }
        assert_eq!(Civil::from_days(DAY_MIN), Civil { year: 1, month: 1, day: 1 });
        assert_eq!(Civil::from_days(DAY_MAX), Civil { year: 9999, month: 12, day: 31 });
        assert_eq!(Civil::new(2020, 2, 29).unwrap().day_of_year(), 60);
        assert_eq!(Civil::new(2021, 2, 29), None);
        assert_eq!(weekday(0), 4);
    }
}
