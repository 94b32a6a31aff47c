//! Dates as designers saved them: in the short form of the author's locale.
//!
//! Only the order of day, month and year differs in what the files hold; the numbers decide where
//! they can, the locale where they cannot.

use model::{TypeCode, Value};
use numbers::Parts;

/// Reads a date and time in the form of a Windows locale.
pub(crate) fn parse_date(text: &str, locale: Option<u32>) -> Option<Value> {
    let numbers = Parts::of(text)?;
    let month_first = locale.is_none_or(|locale| MONTH_FIRST.contains(&locale));
    let (year, month, day) = match numbers.date {
        [year, month, day] if 31 < year => (year, month, day),
        [first, second, year] if 12 < first => (year, second, first),
        [first, second, year] if 12 < second => (year, first, second),
        [month, day, year] if month_first => (year, month, day),
        [day, month, year] => (year, month, day),
    };
    let [hour, minute, second] = numbers.time;
    let iso = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    TypeCode::DateTime.parse(&iso).ok()
}

/// en-US, en-PH, es-US, fil-PH: the locales whose short date begins with the month.
const MONTH_FIRST: &[u32] = &[1033, 13_321, 21_514, 1124, 127, 0];

/// The numbers of a date, without a calendar.
mod numbers {
    /// Date and time as numbers in the order of the text.
    pub(super) struct Parts {
        /// Three numbers.
        pub(super) date: [u32; 3],
        /// Hour, minute, second.
        pub(super) time: [u32; 3],
    }

    impl Parts {
        /// Takes a text apart: three numbers, and up to three with colons between them.
        pub(super) fn of(text: &str) -> Option<Self> {
            let mut words = text.split([' ', 'T', '\u{a0}', '\u{202f}']).filter(|w| !w.is_empty());
            let date = all_numbers(words.next()?, &['/', '-', '.'])?;
            let date: [u32; 3] = date.try_into().ok()?;
            let mut time = [0; 3];
            if let Some(word) = words.next() {
                let whole = word.split('.').next().unwrap_or_default();
                for (slot, number) in time.iter_mut().zip(all_numbers(whole, &[':'])?) {
                    *slot = number;
                }
            }
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                None => {}
                Some("AM") => time[0] %= 12,
                Some("PM") => time[0] = time[0] % 12 + 12,
                Some(_) => return None,
            }
            Some(Self { date, time })
        }
    }

    fn all_numbers(word: &str, separators: &[char]) -> Option<Vec<u32>> {
        let parts = word.split(separators).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_orders_what_the_numbers_leave_open() {
        let show = |text, locale| parse_date(text, locale).map(|value| value.to_string());
        let us = Some(1033);
        let pl = Some(1045);
        assert_eq!(show("6/7/2012 10:05:00 PM", us).as_deref(), Some("2012-06-07 22:05:00"));
        assert_eq!(show("06.07.2012 10:05:00", pl).as_deref(), Some("2012-07-06 10:05:00"));
        assert_eq!(show("23/6/2018", us).as_deref(), Some("2018-06-23 00:00:00"));
        assert_eq!(show("2018-06-23 12:00:00 AM", pl).as_deref(), Some("2018-06-23 00:00:00"));
        assert_eq!(show("yesterday", us), None);
    }
}
