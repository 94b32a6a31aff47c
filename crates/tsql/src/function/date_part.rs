//! The parts of a date: their names, and DATEPART's numbers.
//!
//! Source: T-SQL reference, "DATEPART", "DATENAME" (names and abbreviations), "SET DATEFIRST".

use model::Ticks;

use crate::types::Kind;
use crate::value::{
    Calendar, DAYS_TO_1900, Language, SqlError, SqlValue, days_of, midnight, weekday,
};

/// A part of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the datepart of its name")]
pub enum DatePart {
    Year,
    Quarter,
    Month,
    DayOfYear,
    Day,
    Week,
    Weekday,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    TzOffset,
    IsoWeek,
}

impl DatePart {
    /// The part of a name or abbreviation; `function` is for the error.
    pub fn named(name: &str, function: &str) -> Result<Self, SqlError> {
        let part = match name.to_ascii_lowercase().as_str() {
            "year" | "yy" | "yyyy" => Self::Year,
            "quarter" | "qq" | "q" => Self::Quarter,
            "month" | "mm" | "m" => Self::Month,
            "dayofyear" | "dy" | "y" => Self::DayOfYear,
            "day" | "dd" | "d" => Self::Day,
            "week" | "wk" | "ww" => Self::Week,
            "weekday" | "dw" | "w" => Self::Weekday,
            "hour" | "hh" => Self::Hour,
            "minute" | "mi" | "n" => Self::Minute,
            "second" | "ss" | "s" => Self::Second,
            "millisecond" | "ms" => Self::Millisecond,
            "microsecond" | "mcs" => Self::Microsecond,
            "nanosecond" | "ns" => Self::Nanosecond,
            "tzoffset" | "tz" => Self::TzOffset,
            "iso_week" | "isowk" | "isoww" => Self::IsoWeek,
            _ => return Err(SqlError::date_part_unknown(name, function)),
        };
        Ok(part)
    }

    /// The full name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::DayOfYear => "dayofyear",
            Self::Day => "day",
            Self::Week => "week",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
            Self::Microsecond => "microsecond",
            Self::Nanosecond => "nanosecond",
            Self::TzOffset => "tzoffset",
            Self::IsoWeek => "iso_week",
        }
    }

    /// Whether it is a part of the day rather than of the calendar.
    pub(super) const fn is_time(self) -> bool {
        matches!(
            self,
            Self::Hour
                | Self::Minute
                | Self::Second
                | Self::Millisecond
                | Self::Microsecond
                | Self::Nanosecond
        )
    }

    /// Refuses a part that the type does not have.
    pub(super) fn check(self, kind: Kind, function: &str) -> Result<(), SqlError> {
        let zone =
            self == Self::TzOffset && !matches!(kind, Kind::DateTimeOffset | Kind::DateTime2);
        let missing =
            (kind == Kind::Date && self.is_time()) || (kind == Kind::Time && !self.is_time());
        match zone || missing {
            true => Err(SqlError::date_part_unsupported(self.name(), function, kind.name())),
            false => Ok(()),
        }
    }

    /// The number of DATEPART for a value of any date type.
    pub(super) fn number(self, value: &SqlValue, date_first: u8) -> i32 {
        let ticks = value.as_ticks().unwrap_or_else(|| midnight(DAYS_TO_1900));
        let at = Calendar::of(ticks);
        let number = |part: u32| i32::try_from(part).unwrap_or(0);
        match self {
            Self::Year => at.year,
            Self::Quarter => number(at.month.div_ceil(3)),
            Self::Month => number(at.month),
            Self::DayOfYear => number(at.day_of_year()),
            Self::Day => number(at.day),
            Self::Week => {
                let first = days_of(at.year, 1, 1).map_or(ticks, midnight);
                (number(at.day_of_year()) + weekday_number(first, date_first) - 2) / 7 + 1
            }
            Self::Weekday => weekday_number(ticks, date_first),
            Self::Hour => number(at.hour),
            Self::Minute => number(at.minute),
            Self::Second => number(at.second),
            Self::Millisecond if value.kind().is_old_date_time() => number(at.milliseconds()),
            Self::Millisecond => number(at.fraction / 10_000),
            Self::Microsecond => number(at.fraction / 10),
            Self::Nanosecond => number(at.fraction * 100),
            Self::TzOffset => offset_of(value),
            Self::IsoWeek => iso_week(at, ticks),
        }
    }

    /// The text of DATENAME.
    pub(super) fn text(self, value: &SqlValue, date_first: u8, language: &Language) -> String {
        let number = self.number(value, date_first);
        match self {
            Self::Month => language.month(u32::try_from(number).unwrap_or(0)).to_owned(),
            Self::Weekday => {
                let ticks = value.as_ticks().unwrap_or_else(|| midnight(DAYS_TO_1900));
                language.weekday(weekday(ticks)).to_owned()
            }
            Self::TzOffset => {
                let sign = if number < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", number.abs() / 60, number.abs() % 60)
            }
            Self::Year
            | Self::Quarter
            | Self::DayOfYear
            | Self::Day
            | Self::Week
            | Self::Hour
            | Self::Minute
            | Self::Second
            | Self::Millisecond
            | Self::Microsecond
            | Self::Nanosecond
            | Self::IsoWeek => number.to_string(),
        }
    }
}

fn offset_of(value: &SqlValue) -> i32 {
    if let SqlValue::DateTimeOffset(value) = value { i32::from(value.offset) } else { 0 }
}

/// The day of the week from 1, the first being `date_first` (1 Monday to 7 Sunday).
fn weekday_number(ticks: Ticks, date_first: u8) -> i32 {
    let day = i32::try_from(weekday(ticks)).unwrap_or(0);
    (day - i32::from(date_first) % 7 + 7) % 7 + 1
}

/// ISO 8601: weeks begin on Monday and belong to the year of their Thursday.
fn iso_week(at: Calendar, ticks: Ticks) -> i32 {
    let day = weekday_number(ticks, 1);
    let thursday = i32::try_from(at.day_of_year()).unwrap_or(1) - day + 4;
    let length = |year: i32| match days_of(year, 2, 29) {
        Some(_) => 366,
        None => 365,
    };
    let thursday = if thursday < 1 {
        thursday + length(at.year - 1)
    } else if length(at.year) < thursday {
        thursday - length(at.year)
    } else {
        thursday
    };
    (thursday - 1) / 7 + 1
}
