//! The records of a file.

/// What a record expects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Ok,
    Error(i32),
    Rows(String),
    Transcript(String),
    NewSession,
}

/// A batch and what is expected of it.
#[derive(Debug)]
pub(crate) struct Record {
    /// Where it begins in the file.
    pub(crate) line: usize,
    /// Comments and empty lines before it, and its first line.
    head: String,
    pub(crate) batch: String,
    pub(crate) expected: Expected,
}

/// The records of a text.
pub(crate) fn records(text: &str) -> Vec<Record> {
    let mut lines = text.lines().enumerate().peekable();
    let mut records = Vec::new();
    let mut head = String::new();
    while let Some((at, line)) = lines.next() {
        head += line;
        head.push('\n');
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut part = |end: fn(&str) -> bool| {
            let mut text = String::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| !end(line)) {
                text += line;
                text.push('\n');
            }
            text
        };
        let batch = match line.split(' ').next() {
            Some("session") => String::new(),
            Some("statement") => part(str::is_empty),
            _ => part(|line| line == "----"),
        };
        let expected = match line.split(' ').collect::<Vec<_>>()[..] {
            ["statement", "ok"] => Expected::Ok,
            ["statement", "error", number] => Expected::Error(number.parse().unwrap()),
            ["query"] => Expected::Rows(behind_mark(&part(str::is_empty))),
            ["batch"] => Expected::Transcript(behind_mark(&part(str::is_empty))),
            ["session"] => Expected::NewSession,
            _ => panic!("line {}: {line} is no kind of record", at + 1),
        };
        let batch = batch.trim_end().to_owned();
        records.push(Record { line: at + 1, head: std::mem::take(&mut head), batch, expected });
    }
    records
}

fn behind_mark(text: &str) -> String {
    text.strip_prefix("----\n").unwrap_or(text).to_owned()
}

impl Record {
    /// The record as it stands in the file, with what was told.
    pub(crate) fn written(&self, rows: &str, all: &str) -> String {
        let Self { head, batch, .. } = self;
        match &self.expected {
            Expected::NewSession => format!("{head}\n").replace("\n\n\n", "\n\n"),
            Expected::Ok | Expected::Error(_) => format!("{head}{batch}\n"),
            Expected::Rows(_) => format!("{head}{batch}\n----\n{rows}"),
            Expected::Transcript(_) => format!("{head}{batch}\n----\n{all}"),
        }
    }
}
