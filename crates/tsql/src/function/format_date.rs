//! .NET format strings for dates and times, in the culture en-US.

use model::{TICKS_PER_SECOND, Ticks};

use crate::value::{Calendar, MONTHS, WEEKDAYS, weekday};

/// The text of a date; `None` for a format that is none.
pub(super) fn format_date(local: Ticks, offset: Option<i16>, format: &str) -> Option<String> {
    let mut characters = format.chars();
    let pattern = match (characters.next(), characters.next()) {
        (Some(letter), None) => standard(letter, offset.is_some())?,
        _ => format,
    };
    Face { at: Calendar::of(local), weekday: weekday(local), offset, date: true }.custom(pattern)
}

/// The text of a time of day, which .NET formats as a span: separators must be quoted.
pub(super) fn format_time(ticks: i64, format: &str) -> Option<String> {
    let whole = ticks % TICKS_PER_SECOND == 0;
    let pattern = match format {
        "c" | "t" | "T" if whole => "hh':'mm':'ss",
        "c" | "t" | "T" => "hh':'mm':'ss'.'fffffff",
        "g" if whole => "h':'mm':'ss",
        "g" => "h':'mm':'ss'.'FFFFFFF",
        other => other,
    };
    let at = Calendar::of(Ticks(ticks));
    Face { at, weekday: 0, offset: None, date: false }.custom(pattern)
}

/// The custom format of a standard one.
const fn standard(letter: char, zoned: bool) -> Option<&'static str> {
    let pattern = match letter {
        'd' => "M/d/yyyy",
        'D' => "dddd, MMMM d, yyyy",
        'f' => "dddd, MMMM d, yyyy h:mm tt",
        'F' | 'U' => "dddd, MMMM d, yyyy h:mm:ss tt",
        'g' => "M/d/yyyy h:mm tt",
        'G' => "M/d/yyyy h:mm:ss tt",
        'm' | 'M' => "MMMM d",
        'o' | 'O' if zoned => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffzzz",
        'o' | 'O' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffff",
        'r' | 'R' => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        's' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        't' => "h:mm tt",
        'T' => "h:mm:ss tt",
        'u' => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        'y' | 'Y' => "MMMM yyyy",
        _ => return None,
    };
    Some(pattern)
}

struct Face {
    at: Calendar,
    weekday: usize,
    offset: Option<i16>,
    /// A date; else a span, which takes fewer letters and no bare separators.
    date: bool,
}

impl Face {
    fn custom(&self, pattern: &str) -> Option<String> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut text = String::new();
        let mut at = 0;
        while let Some(&character) = characters.get(at) {
            let run = characters[at..].iter().take_while(|&&c| c == character).count();
            let mut taken = 1;
            match character {
                '\\' => {
                    text.push(*characters.get(at + 1)?);
                    taken = 2;
                }
                '\'' | '"' => {
                    let end = characters[at + 1..].iter().position(|&c| c == character)?;
                    text.extend(&characters[at + 1..at + 1 + end]);
                    taken = end + 2;
                }
                '%' => {}
                'f' | 'F' => {
                    self.fraction(&mut text, character, run)?;
                    taken = run;
                }
                _ => match self.token(character, run) {
                    Some(token) => {
                        text += &token;
                        taken = run;
                    }
                    None if !self.date => return None,
                    None => text.push(character),
                },
            }
            at += taken;
        }
        Some(text)
    }

    /// The text of a run of one letter; `None` if the letter stands for itself.
    fn token(&self, letter: char, run: usize) -> Option<String> {
        let at = &self.at;
        let number = |value: u32| match run {
            1 => value.to_string(),
            _ => format!("{value:02}"),
        };
        let span = matches!(letter, 'h' | 'm' | 's');
        if !self.date && !span {
            return None;
        }
        let month = MONTHS[at.month as usize - 1];
        let day = WEEKDAYS[self.weekday];
        let token = match (letter, run) {
            ('d', 1 | 2) => number(at.day),
            ('d', 3) => day[..3].to_owned(),
            ('d', _) => day.to_owned(),
            ('M', 1 | 2) => number(at.month),
            ('M', 3) => month[..3].to_owned(),
            ('M', _) => month.to_owned(),
            ('y', 1) => (at.year % 100).to_string(),
            ('y', 2) => format!("{:02}", at.year % 100),
            ('y', _) => format!("{:0run$}", at.year),
            ('h', _) if self.date => number((at.hour + 11) % 12 + 1),
            ('h' | 'H', _) => number(at.hour),
            ('m', _) => number(at.minute),
            ('s', _) => number(at.second),
            ('t', 1) => (if at.hour < 12 { "A" } else { "P" }).to_owned(),
            ('t', _) => (if at.hour < 12 { "AM" } else { "PM" }).to_owned(),
            ('g', _) => "A.D.".to_owned(),
            ('z', _) => self.zone(run),
            ('K', _) if self.offset.is_none() => String::new(),
            ('K', _) => self.zone(3),
            _ => return None,
        };
        Some(token)
    }

    fn zone(&self, run: usize) -> String {
        let offset = self.offset.unwrap_or(0);
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        match run {
            1 => format!("{sign}{}", minutes / 60),
            2 => format!("{sign}{:02}", minutes / 60),
            _ => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        }
    }

    /// `fff` shows three digits; `FFF` leaves out zeros at the end, and the point with them.
    fn fraction(&self, text: &mut String, letter: char, run: usize) -> Option<()> {
        let digits = format!("{:07}", self.at.fraction);
        let digits = digits.get(..run)?;
        if letter == 'f' {
            text.push_str(digits);
            return Some(());
        }
        let kept = digits.trim_end_matches('0');
        text.push_str(kept);
        if kept.is_empty() && text.ends_with('.') {
            text.pop();
        }
        Some(())
    }
}
