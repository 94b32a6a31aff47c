//! The records of a file.

use super::Told;

/// What a record expects.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Ok,
    Error(i32),
    Rows(String),
    Typed(String),
    Transcript(String),
    NewSession,
}

/// A batch and what is expected of it.
#[derive(Debug)]
pub(super) struct Record {
    /// Where it begins in the file.
    pub(super) line: usize,
    /// Where it runs; everywhere if nothing is said.
    pub(super) only: Option<String>,
    /// Comments and empty lines before it, and its first line.
    head: String,
    pub(super) batch: String,
    pub(super) expected: Expected,
    /// All of it, as it stands in the file.
    pub(super) raw: String,
}

/// The records of a text.
pub(super) fn records(text: &str) -> Vec<Record> {
    let mut lines = Lines { lines: text.lines().collect(), at: 0 };
    let mut records = Vec::new();
    let (mut of_file, mut of_record, mut begin) = (None, None, 0);
    while let Some(line) = lines.next() {
        let at = lines.at;
        if let Some(place) = line.strip_prefix("only ") {
            let is_of_file = lines.peek().is_none_or(str::is_empty);
            let target = if is_of_file { &mut of_file } else { &mut of_record };
            *target = Some(place.to_owned());
            continue;
        }
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let head = lines.from(begin);
        let (batch, expected) = rest(line, at, &mut lines);
        let only = of_record.take().or_else(|| of_file.clone());
        let raw = lines.from(begin);
        records.push(Record { line: at, only, head, batch, expected, raw });
        begin = lines.at;
    }
    records
}

/// The batch of the record that begins with `line`, and what is expected.
fn rest(line: &str, at: usize, lines: &mut Lines<'_>) -> (String, Expected) {
    let batch = match line.split(' ').next() {
        Some("session") => String::new(),
        Some("statement") => lines.until(str::is_empty),
        _ => lines.until(|line| line == "----"),
    };
    let expected = match line.split(' ').collect::<Vec<_>>()[..] {
        ["statement", "ok"] => Expected::Ok,
        ["statement", "error", number] => Expected::Error(number.parse().expect("a number")),
        ["query"] => Expected::Rows(behind_mark(&lines.until(str::is_empty))),
        ["typed"] => Expected::Typed(behind_mark(&lines.until(str::is_empty))),
        ["batch"] => Expected::Transcript(behind_mark(&lines.until(str::is_empty))),
        ["session"] => Expected::NewSession,
        _ => panic!("line {at}: {line} is no kind of record"),
    };
    (batch.trim_end().to_owned(), expected)
}

struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.peek()?;
        self.at += 1;
        Some(line)
    }

    /// The lines before the next one that `ends` the part.
    fn until(&mut self, ends: fn(&str) -> bool) -> String {
        let begin = self.at;
        while self.peek().is_some_and(|line| !ends(line)) {
            self.at += 1;
        }
        self.from(begin)
    }

    /// The lines from `begin` up to here.
    fn from(&self, begin: usize) -> String {
        self.lines[begin..self.at].iter().map(|line| format!("{line}\n")).collect()
    }
}

fn behind_mark(text: &str) -> String {
    text.strip_prefix("----\n").unwrap_or(text).to_owned()
}

impl Record {
    /// The record as it would stand in the file for what was told.
    pub(super) fn written(&self, told: &Told) -> String {
        let Self { head, batch, .. } = self;
        match &self.expected {
            Expected::NewSession => self.raw.clone(),
            Expected::Ok | Expected::Error(_) => format!("{head}{batch}\n"),
            Expected::Rows(_) => format!("{head}{batch}\n----\n{}", told.rows()),
            Expected::Typed(_) => format!("{head}{batch}\n----\n{}", told.typed_rows()),
            Expected::Transcript(_) => format!("{head}{batch}\n----\n{}", told.all()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_record_by_record() {
        let text = "# about\n\nonly host\nquery\nSELECT 1\n\nAS a\n----\n1\n\nsession\n\n\
                    only ssisdb\n\nstatement error 208\nSELECT\n\ntyped\nSELECT 2\n----\n";
        let records = records(text);
        let shown: Vec<_> = records
            .iter()
            .map(|record| (record.line, record.only.as_deref(), record.batch.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (4, Some("host"), "SELECT 1\n\nAS a"),
                (11, None, ""),
                (15, Some("ssisdb"), "SELECT"),
                (18, Some("ssisdb"), "SELECT 2")
            ]
        );
        assert_eq!(records[0].expected, Expected::Rows("1\n".to_owned()));
        assert_eq!(records[2].expected, Expected::Error(208));
        let raw: String = records.iter().map(|record| record.raw.as_str()).collect();
        assert_eq!(raw, text);
    }
}
