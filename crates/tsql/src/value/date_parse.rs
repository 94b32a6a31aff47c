//! Text as a date or time: every literal format that T-SQL reads.
//!
//! Source: T-SQL reference, "date", "time", "datetime", "datetime2" and "datetimeoffset"
//! (supported string literal formats), "SET DATEFORMAT", and the two-digit year cutoff of 2049.

use model::{TICKS_PER_DAY, TICKS_PER_SECOND};

use super::date::{DAYS_TO_1900, DateOrder, days_of};
use super::language::{DateSettings, Language};

/// What a text says: any part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParsedDate {
    /// Days since 0001-01-01; 1900-01-01 where the text has no date.
    pub days: i32,
    /// 100-nanosecond ticks since midnight.
    pub time: i64,
    /// Minutes ahead of UTC.
    pub offset: Option<i16>,
    /// How many digits of a second were written.
    pub fraction_digits: u8,
    /// Whether the text has a date.
    pub has_date: bool,
}

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotADate {
    /// It does not have the form of one.
    Syntax,
    /// It has the form, but there is no such day or time.
    Range,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    Mark(char),
}

/// Reads a date, a time or both.
///
/// `order` is the order of all-numeric dates. `year_first_is_ymd` says that a date that begins
/// with four digits is year-month-day whatever `order` says: so in the types of 2008, not in
/// `datetime` and `smalldatetime`. `None` for text that is neither date nor time.
pub fn parse_date(text: &str, order: DateOrder, year_first_is_ymd: bool) -> Option<ParsedDate> {
    parse(text, DateSettings { order, ..DateSettings::default() }, year_first_is_ymd).ok()
}

/// As [`parse_date`], telling what is wrong.
pub(crate) fn parse(
    text: &str,
    dates: DateSettings,
    year_first_is_ymd: bool,
) -> Result<ParsedDate, NotADate> {
    let tokens = tokens(odbc_body(text)).ok_or(NotADate::Syntax)?;
    let mut reader = Reader { tokens, at: 0, parsed: ParsedDate::default() };
    reader.parsed.days = DAYS_TO_1900;
    let mut date = Vec::new();
    let mut has_time = false;
    while reader.at < reader.tokens.len() {
        if !has_time && reader.is_time() {
            reader.time()?;
            has_time = true;
        } else if has_time && reader.offset()? {
            continue;
        } else {
            date.push(reader.tokens[reader.at]);
            reader.at += 1;
        }
    }
    // `T` stands between date and time, and only there.
    if let Some(at) = date.iter().position(|token| is_word(token, "T")) {
        let joins = has_time && 0 < at && reader.parsed.fraction_digits <= 7;
        if !joins || at + 1 != date.len() {
            return Err(NotADate::Syntax);
        }
        date.remove(at);
    }
    if !date.is_empty() {
        reader.parsed.days = self::date(&date, dates, year_first_is_ymd)?;
        reader.parsed.has_date = true;
    }
    Ok(reader.parsed)
}

/// The text inside `{ts '...'}`, `{d '...'}` or `{t '...'}`, or the text itself.
fn odbc_body(text: &str) -> &str {
    let trimmed = text.trim();
    let Some(inner) = trimmed.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return trimmed;
    };
    let quoted = inner.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim();
    quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(trimmed)
}

fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let same = |test: fn(&char) -> bool| rest.find(|c| !test(&c)).unwrap_or(rest.len());
        let length = if first.is_ascii_digit() {
            let length = same(char::is_ascii_digit);
            found.push(Token::Number(&rest[..length]));
            length
        } else if first.is_alphabetic() {
            let length = same(|c| c.is_alphabetic());
            found.push(Token::Word(&rest[..length]));
            length
        } else if matches!(first, '/' | '-' | '.' | ':' | ',' | '+') {
            found.push(Token::Mark(first));
            1
        } else {
            return None;
        };
        rest = rest[length..].trim_start();
    }
    Some(found)
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(token, Token::Word(text) if text.eq_ignore_ascii_case(word))
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    parsed: ParsedDate,
}

impl Reader<'_> {
    fn mark(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at) == Some(&Token::Mark(mark))
    }

    /// Whether AM or PM stands at a place, and which.
    fn half(&self, at: usize) -> Option<bool> {
        let token = self.tokens.get(at)?;
        if is_word(token, "PM") {
            return Some(true);
        }
        is_word(token, "AM").then_some(false)
    }

    fn is_time(&self) -> bool {
        matches!(self.tokens[self.at], Token::Number(_))
            && (self.mark(self.at + 1, ':') || self.half(self.at + 1).is_some())
    }

    /// A number of at most `digits_max` digits.
    fn number(&mut self, digits_max: usize) -> Result<i64, NotADate> {
        let Some(Token::Number(digits)) = self.tokens.get(self.at) else {
            return Err(NotADate::Syntax);
        };
        if digits_max < digits.len() {
            return Err(NotADate::Syntax);
        }
        self.at += 1;
        digits.parse().map_err(|_| NotADate::Syntax)
    }

    /// `hh[:mm[:ss[.fffffff]]] [AM|PM]`.
    fn time(&mut self) -> Result<(), NotADate> {
        let mut hour = self.number(2)?;
        let (mut minute, mut second, mut fraction) = (0, 0, 0);
        if self.mark(self.at, ':') {
            self.at += 1;
            minute = self.number(2)?;
            if self.mark(self.at, ':') {
                self.at += 1;
                second = self.number(2)?;
                fraction = self.fraction()?;
            }
        }
        if let Some(pm) = self.half(self.at) {
            self.at += 1;
            // 13PM to 23PM are taken as 24-hour times, 0AM as midnight; 13AM is no time.
            if (hour == 0 && pm) || (12 < hour && !pm) {
                return Err(NotADate::Range);
            }
            hour = match (pm, hour) {
                (true, 1..=11) => hour + 12,
                (false, 12) => 0,
                _ => hour,
            };
        }
        if 23 < hour || 59 < minute || 59 < second {
            return Err(NotADate::Range);
        }
        let seconds = hour * 3600 + minute * 60 + second;
        self.parsed.time = seconds * TICKS_PER_SECOND + fraction;
        debug_assert!(self.parsed.time < TICKS_PER_DAY);
        Ok(())
    }

    /// Ticks behind the second: `.5` is half a second, `:5` is 5 milliseconds.
    fn fraction(&mut self) -> Result<i64, NotADate> {
        let colon = self.mark(self.at, ':');
        if !colon && !self.mark(self.at, '.') {
            return Ok(0);
        }
        self.at += 1;
        let Some(Token::Number(digits)) = self.tokens.get(self.at) else {
            return Err(NotADate::Syntax);
        };
        let length = u8::try_from(digits.len()).unwrap_or(u8::MAX);
        let value = self.number(7)?;
        self.parsed.fraction_digits = length;
        if colon {
            return if length <= 3 { Ok(value * 10_000) } else { Err(NotADate::Syntax) };
        }
        Ok(value * 10i64.pow(7 - u32::from(length)))
    }

    /// `Z` or `+hh:mm` behind a time.
    fn offset(&mut self) -> Result<bool, NotADate> {
        if self.parsed.offset.is_some() {
            return Ok(false);
        }
        if is_word(&self.tokens[self.at], "Z") {
            self.at += 1;
            self.parsed.offset = Some(0);
            return Ok(true);
        }
        let sign = if self.mark(self.at, '+') { 1 } else { -1 };
        let timed = self.mark(self.at + 2, ':');
        if !timed || !(sign == 1 || self.mark(self.at, '-')) {
            return Ok(false);
        }
        self.at += 1;
        let hours = self.number(2)?;
        self.at += 1;
        let minutes = hours * 60 + self.number(2)?;
        if 840 < minutes || 59 < minutes - hours * 60 {
            return Err(NotADate::Range);
        }
        self.parsed.offset = i16::try_from(sign * minutes).ok();
        Ok(true)
    }
}

/// The day that the tokens of a date name.
fn date(
    tokens: &[Token<'_>],
    dates: DateSettings,
    year_first_is_ymd: bool,
) -> Result<i32, NotADate> {
    if tokens.iter().any(|token| matches!(token, Token::Word(_))) {
        return alphabetic(tokens, dates.language);
    }
    match *tokens {
        [Token::Number(digits)] => unseparated(digits),
        [
            Token::Number(a),
            Token::Mark(first),
            Token::Number(b),
            Token::Mark(second),
            Token::Number(c),
        ] if first == second && matches!(first, '/' | '-' | '.') => {
            numeric([a, b, c], dates.order, year_first_is_ymd)
        }
        _ => Err(NotADate::Syntax),
    }
}

/// `yyyymmdd`, `yymmdd` or `yyyy`.
fn unseparated(digits: &str) -> Result<i32, NotADate> {
    match digits.len() {
        8 => whole_date(&digits[..4], &digits[4..6], &digits[6..]),
        6 => whole_date(&digits[..2], &digits[2..4], &digits[4..]),
        4 => whole_date(digits, "1", "1"),
        _ => Err(NotADate::Syntax),
    }
}

fn numeric(parts: [&str; 3], order: DateOrder, year_first_is_ymd: bool) -> Result<i32, NotADate> {
    let [a, b, c] = parts;
    if a.len() == 4 {
        let day_first =
            !year_first_is_ymd && matches!(order, DateOrder::Dmy | DateOrder::Ydm | DateOrder::Dym);
        return if day_first { whole_date(a, c, b) } else { whole_date(a, b, c) };
    }
    if b.len() == 4 {
        let day_first = matches!(order, DateOrder::Dmy | DateOrder::Dym | DateOrder::Ydm);
        return if day_first { whole_date(b, c, a) } else { whole_date(b, a, c) };
    }
    if c.len() == 4 {
        let day_first = matches!(order, DateOrder::Dmy | DateOrder::Dym | DateOrder::Ydm);
        return if day_first { whole_date(c, b, a) } else { whole_date(c, a, b) };
    }
    match order {
        DateOrder::Mdy => whole_date(c, a, b),
        DateOrder::Dmy => whole_date(c, b, a),
        DateOrder::Ymd => whole_date(a, b, c),
        DateOrder::Ydm => whole_date(a, c, b),
        DateOrder::Myd => whole_date(b, a, c),
        DateOrder::Dym => whole_date(b, c, a),
    }
}

/// `Apr 15, 2026`, `15 April 26`, `2026 Apr 15`, `April 2026`.
fn alphabetic(tokens: &[Token<'_>], language: &Language) -> Result<i32, NotADate> {
    let mut month = None;
    let mut month_at = 0;
    let mut numbers = Vec::new();
    for token in tokens {
        match *token {
            Token::Word(word) if month.is_none() => {
                month = Some(language.month_named(word).ok_or(NotADate::Syntax)?);
                month_at = numbers.len();
            }
            Token::Number(digits) => numbers.push(digits),
            Token::Mark(',' | '-' | '/' | '.') => {}
            Token::Mark(_) | Token::Word(_) => return Err(NotADate::Syntax),
        }
    }
    let month = month.ok_or(NotADate::Syntax)?.to_string();
    match (numbers.as_slice(), month_at) {
        ([year], _) if year.len() == 4 => whole_date(year, &month, "1"),
        ([year, day], _) if year.len() == 4 => whole_date(year, &month, day),
        ([day, year], _) if day.len() <= 2 => whole_date(year, &month, day),
        _ => Err(NotADate::Syntax),
    }
}

fn whole_date(year: &str, month: &str, day: &str) -> Result<i32, NotADate> {
    if 2 < month.len() || 2 < day.len() {
        return Err(NotADate::Syntax);
    }
    let number = |text: &str| text.parse::<u32>().map_err(|_| NotADate::Syntax);
    let written = i32::try_from(number(year)?).map_err(|_| NotADate::Syntax)?;
    let year = match (year.len(), written) {
        (1 | 2, 0..=49) => 2000 + written,
        (1 | 2, _) => 1900 + written,
        (4, _) => written,
        _ => return Err(NotADate::Syntax),
    };
    days_of(year, number(month)?, number(day)?).ok_or(NotADate::Range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::date::{Calendar, midnight};

    fn read(text: &str) -> String {
        let Some(parsed) = parse_date(text, DateOrder::Mdy, true) else { return "none".into() };
        let at = Calendar::of(model::Ticks(midnight(parsed.days).0 + parsed.time));
        let offset = parsed.offset.map_or(String::new(), |offset| format!(" {offset:+}"));
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:07}{offset}",
            at.year, at.month, at.day, at.hour, at.minute, at.second, at.fraction
        )
    }

    #[test]
    fn the_documented_date_literals_are_read() {
        for text in [
            "4/15/2026",
            "4-15-2026",
            "4.15.2026",
            "04/15/26",
            "2026-04-15",
            "20260415",
            "260415",
            "Apr 15 2026",
            "April 15, 2026",
            "15 April 2026",
            "Apr 2026 15",
            "2026 Apr 15",
            "15-Apr-26",
            "April 15,26",
            "2026/04/15",
            "{d '2026-04-15'}",
        ] {
            assert_eq!(read(text), "2026-04-15 00:00:00.0000000", "{text}");
        }
        assert_eq!(read("2026"), "2026-01-01 00:00:00.0000000");
        assert_eq!(read("Feb 2026"), "2026-02-01 00:00:00.0000000");
        assert_eq!(read(""), "1900-01-01 00:00:00.0000000");
    }

    #[test]
    fn the_documented_time_literals_are_read() {
        assert_eq!(read("2 PM"), "1900-01-01 14:00:00.0000000");
        assert_eq!(read("12:30AM"), "1900-01-01 00:30:00.0000000");
        assert_eq!(read("14:30:20.9"), "1900-01-01 14:30:20.9000000");
        assert_eq!(read("14:30:20:9"), "1900-01-01 14:30:20.0090000");
        assert_eq!(read("14:30:20:999"), "1900-01-01 14:30:20.9990000");
        assert_eq!(read("2026-04-15T14:30:20.1234567Z"), "2026-04-15 14:30:20.1234567 +0");
        assert_eq!(read("2007-05-08 12:35:29. 1234567 +12:15"), "2007-05-08 12:35:29.1234567 +735");
        assert_eq!(read("20260415 10:20"), "2026-04-15 10:20:00.0000000");
        assert_eq!(read("{ts '2026-04-15 10:20:30.5'}"), "2026-04-15 10:20:30.5000000");
        assert_eq!(read("10:20 Apr 15 2026"), "2026-04-15 10:20:00.0000000");
    }

    #[test]
    fn what_is_no_date_is_refused_and_an_impossible_one_is_out_of_range() {
        for text in ["abc", "2026-13-01", "13/13/2026", "25:00", "1:60", "T10:00", "12345", "0"] {
            assert_eq!(read(text), "none", "{text}");
        }
        assert_eq!(parse("2026-02-30", DateSettings::default(), true), Err(NotADate::Range));
        assert_eq!(parse("nonsense", DateSettings::default(), true), Err(NotADate::Syntax));
    }

    #[test]
    fn the_order_of_numbers_follows_dateformat() {
        let day = |order, new_type| {
            let days = parse_date("2026-04-05", order, new_type).unwrap().days;
            let at = Calendar::of(midnight(days));
            (at.month, at.day)
        };
        assert_eq!(day(DateOrder::Mdy, false), (4, 5));
        assert_eq!(day(DateOrder::Dmy, false), (5, 4));
        assert_eq!(day(DateOrder::Dmy, true), (4, 5));
        let two = parse_date("04/05/06", DateOrder::Ymd, true).unwrap().days;
        assert_eq!(Calendar::of(midnight(two)).year, 2004);
    }

    #[test]
    fn two_digit_years_turn_over_after_2049() {
        assert_eq!(&read("1/1/49")[..4], "2049");
        assert_eq!(&read("1/1/50")[..4], "1950");
    }
}
