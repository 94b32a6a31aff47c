//! Dates and times as text, for clients that are too old to have the types.

use super::temporal::unit;

/// Year, month and day of a count of days since 0001-01-01, in the proleptic Gregorian calendar.
fn civil(days: u32) -> (u32, u32, u32) {
    // Years are taken to start in March, so that the leap day is the last one. Day 306 is
    // 0001-11-03, counted from 0000-03-01.
    let days = days + 306;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u32::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2026-08-15`.
pub(super) fn date(days: u32) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `13:45:00.1234567`, with `scale` digits behind the second.
pub(super) fn time(ticks: u64, scale: u8) -> String {
    let seconds = ticks / 10_000_000;
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match scale {
        0 => text,
        _ => {
            let width = usize::from(scale);
            format!("{text}.{:0width$}", ticks % 10_000_000 / unit(scale))
        }
    }
}

/// `+05:30`.
pub(super) fn offset(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_first_of_january_of_the_year_one() {
        assert_eq!(date(0), "0001-01-01");
        assert_eq!(date(58), "0001-02-28");
        assert_eq!(date(59), "0001-03-01");
        assert_eq!(date(693_595), "1900-01-01");
        assert_eq!(date(730_178), "2000-02-29");
        assert_eq!(date(3_652_058), "9999-12-31");
    }

    #[test]
    fn times_have_as_many_digits_as_their_scale() {
        assert_eq!(time(495_001_234_567, 7), "13:45:00.1234567");
        assert_eq!(time(495_001_230_000, 3), "13:45:00.123");
        assert_eq!(time(0, 0), "00:00:00");
        assert_eq!(offset(330), "+05:30");
        assert_eq!(offset(-90), "-01:30");
    }
}
