//! Dates and times as text: the styles of CONVERT.
//!
//! Source: T-SQL reference, "CAST and CONVERT", date and time styles.

use model::Ticks;

use super::date::{Calendar, day_of};
use super::{Language, SqlError, SqlValue};
use crate::types::Kind;

/// English month names.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// English weekday names, from Sunday.
pub const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Arabic month names of the Hijri calendar, which style 130 writes.
const HIJRI_MONTHS: [&str; 12] = [
    "محرم",
    "صفر",
    "ربيع الاول",
    "ربيع الثاني",
    "جمادى الاولى",
    "جمادى الثانية",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعدة",
    "ذو الحجة",
];

/// A date or time on its way to text.
struct Face {
    kind: Kind,
    at: Calendar,
    day: i32,
    /// Digits of a second; `datetime` and `smalldatetime` have 3.
    scale: u8,
    offset: Option<i16>,
    language: &'static Language,
}

/// The text of a date or time in a style; `None` is the default of its type.
pub(crate) fn date_text(
    value: &SqlValue,
    style: Option<i32>,
    language: &'static Language,
) -> Result<String, SqlError> {
    let kind = value.kind();
    let default = if kind.is_old_date_time() { 0 } else { 121 };
    let style = style.unwrap_or(default);
    let Some(face) = Face::of(value, style, language) else {
        return Err(SqlError::error_converting(kind.name(), "varchar"));
    };
    let known = matches!(style, 0..=14 | 20..=25 | 100..=114 | 120 | 121 | 126 | 127 | 130 | 131);
    if !known {
        return Err(SqlError::style_invalid(style, kind.name()));
    }
    let (date, time) = face.parts(style);
    let unsupported = SqlError::style_unsupported(style, kind.name(), "varchar");
    if kind == Kind::Date {
        return date.ok_or(unsupported);
    }
    if kind == Kind::Time {
        return time.map(|time| time.trim_start().to_owned()).ok_or(unsupported);
    }
    Ok(face.joined(style, date, time))
}

impl Face {
    fn of(value: &SqlValue, style: i32, language: &'static Language) -> Option<Self> {
        let mut ticks = value.as_ticks()?;
        let mut offset = None;
        if let SqlValue::DateTimeOffset(value) = value {
            offset = Some(value.offset);
            if style == 127 {
                ticks = value.utc;
            }
        }
        let kind = value.kind();
        let mut at = Calendar::of(ticks);
        let scale = value.sql_type().seconds_scale().unwrap_or(3);
        if kind.is_old_date_time() {
            at.fraction = at.milliseconds() * 10_000;
        }
        Some(Self { kind, at, day: day_of(ticks), scale, offset, language })
    }

    /// The date part and the time part of a style, where it has them.
    fn parts(&self, style: i32) -> (Option<String>, Option<String>) {
        let date = self.date(style);
        let time = match style {
            0 | 100 => Some(self.clock12("", false)),
            9 | 109 | 130 | 131 => Some(self.clock12("", true)),
            22 => Some(format!("{} {}", self.hms12(), self.am_pm())),
            8 | 24 | 108 | 20 | 120 => Some(self.hms()),
            13 | 14 | 113 | 114 => Some(self.hms() + &self.fraction(self.old_separator())),
            21 | 25 | 121 => Some(self.hms() + &self.fraction('.')),
            126 | 127 => Some(self.hms() + &self.fraction_unless_zero()),
            _ => None,
        };
        (date, time)
    }

    fn date(&self, style: i32) -> Option<String> {
        let Calendar { year, month, day, .. } = self.at;
        let yy = year % 100;
        let mon = self.language.short_month(month);
        let text = match style {
            0 | 100 | 9 | 109 => format!("{mon} {day:>2} {year:04}"),
            1 | 22 => format!("{month:02}/{day:02}/{yy:02}"),
            101 => format!("{month:02}/{day:02}/{year:04}"),
            2 => format!("{yy:02}.{month:02}.{day:02}"),
            102 => format!("{year:04}.{month:02}.{day:02}"),
            3 => format!("{day:02}/{month:02}/{yy:02}"),
            103 => format!("{day:02}/{month:02}/{year:04}"),
            4 => format!("{day:02}.{month:02}.{yy:02}"),
            104 => format!("{day:02}.{month:02}.{year:04}"),
            5 => format!("{day:02}-{month:02}-{yy:02}"),
            105 => format!("{day:02}-{month:02}-{year:04}"),
            6 => format!("{day:02} {mon} {yy:02}"),
            106 | 13 | 113 => format!("{day:02} {mon} {year:04}"),
            7 => format!("{mon} {day:02}, {yy:02}"),
            107 => format!("{mon} {day:02}, {year:04}"),
            10 => format!("{month:02}-{day:02}-{yy:02}"),
            110 => format!("{month:02}-{day:02}-{year:04}"),
            11 => format!("{yy:02}/{month:02}/{day:02}"),
            111 => format!("{year:04}/{month:02}/{day:02}"),
            12 => format!("{yy:02}{month:02}{day:02}"),
            112 => format!("{year:04}{month:02}{day:02}"),
            20 | 21 | 23 | 25 | 120 | 121 | 126 | 127 => format!("{year:04}-{month:02}-{day:02}"),
            130 | 131 => self.hijri(style),
            _ => return None,
        };
        Some(text)
    }

    /// Date and time of a style together, with the offset where the type has one.
    fn joined(&self, style: i32, date: Option<String>, time: Option<String>) -> String {
        let has_time = time.is_some();
        let iso = matches!(style, 126 | 127);
        let mut text = match (date, time) {
            (Some(date), Some(time)) => format!("{date}{}{time}", if iso { 'T' } else { ' ' }),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => String::new(),
        };
        match self.offset {
            Some(_) if style == 127 => text.push('Z'),
            Some(offset) if has_time => {
                let separator = if iso { "" } else { " " };
                text.push_str(separator);
                text.push_str(&offset_text(offset));
            }
            Some(_) | None => {}
        }
        text
    }

    fn hms(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.at.hour, self.at.minute, self.at.second)
    }

    fn hms12(&self) -> String {
        let hour = (self.at.hour + 11) % 12 + 1;
        format!("{hour:>2}:{:02}:{:02}", self.at.minute, self.at.second)
    }

    const fn am_pm(&self) -> &'static str {
        if self.at.hour < 12 { "AM" } else { "PM" }
    }

    /// `hh:miAM`, with seconds and fraction where wanted.
    fn clock12(&self, gap: &str, seconds: bool) -> String {
        if seconds {
            let fraction = self.fraction(self.old_separator());
            return format!("{}{fraction}{gap}{}", self.hms12(), self.am_pm());
        }
        let hour = (self.at.hour + 11) % 12 + 1;
        format!("{hour:>2}:{:02}{gap}{}", self.at.minute, self.am_pm())
    }

    /// The older types put a colon before the milliseconds in the older styles.
    const fn old_separator(&self) -> char {
        if self.kind.is_old_date_time() { ':' } else { '.' }
    }

    fn fraction(&self, separator: char) -> String {
        if self.scale == 0 {
            return String::new();
        }
        let digits = format!("{:07}", self.at.fraction);
        format!("{separator}{}", &digits[..usize::from(self.scale.min(7))])
    }

    fn fraction_unless_zero(&self) -> String {
        if self.at.fraction == 0 { String::new() } else { self.fraction('.') }
    }

    /// The date in the Kuwaiti reckoning: 30-year cycles with leap years 2, 5, 7, 10, 13, 15,
    /// 18, 21, 24, 26 and 29, from 15 July 622.
    fn hijri(&self, style: i32) -> String {
        /// Days from 0001-01-01 to the first day of the first year.
        const EPOCH: i32 = 227_013;
        let mut year = (self.day - EPOCH) * 30 / 10_631 + 2;
        let start = |year: i32| EPOCH + 354 * (year - 1) + (11 * year + 4).div_euclid(30);
        while self.day < start(year) {
            year -= 1;
        }
        let in_year = self.day - start(year);
        let month = (in_year * 2 / 59).min(11);
        let day = in_year - (month * 59 + 1) / 2 + 1;
        match style {
            130 => format!("{day:>2} {} {year:04}", HIJRI_MONTHS[month.max(0) as usize]),
            _ => format!("{day:>2}/{:02}/{year:04}", month + 1),
        }
    }
}

/// `+hh:mm` or `-hh:mm`.
pub(crate) fn offset_text(offset: i16) -> String {
    let minutes = offset.unsigned_abs();
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The weekday of a moment, 0 for Sunday.
pub(crate) fn weekday(ticks: Ticks) -> usize {
    // 0001-01-01 was a Monday.
    usize::try_from((day_of(ticks) + 1).rem_euclid(7)).unwrap_or(0)
}
