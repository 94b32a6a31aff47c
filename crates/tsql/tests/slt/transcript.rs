//! What a client is told, as text: one line for each thing.
//!
//! ```text
//! [name, name]            the columns of a result
//! value | value           a row
//! (1 select)              the end of a statement, with its count and what it was
//! (!)                     the end of a statement that failed
//! return 0                the end of a procedure
//! 50000 16 1 line 1: text a message: number, severity, state, procedure, line, text
//! > text                  a message without number and severity, as PRINT gives
//! ```

use tsql::host::{
    Column, Command, Message, Output, OutputValue, SessionChange, StatementDone, Stopped,
};
use tsql::types::SqlType;
use tsql::value::{ConvertOptions, SqlValue, convert};

/// What was told, in order.
#[derive(Default)]
pub(crate) struct Transcript {
    lines: Vec<(Kind, String)>,
    errors: Vec<i32>,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Row,
    Other,
}

impl Transcript {
    fn push(&mut self, text: String) {
        self.lines.push((Kind::Other, text));
    }

    pub(crate) fn ended(&mut self, ended: Result<(), Stopped>) {
        if ended.is_err() {
            self.push("the connection ends".to_owned());
        }
    }

    pub(crate) fn first_error(&self) -> Option<i32> {
        self.errors.first().copied()
    }

    pub(crate) fn rows(&self) -> String {
        let rows = self.lines.iter().filter(|(kind, _)| *kind == Kind::Row);
        rows.map(|(_, text)| format!("{text}\n")).collect()
    }

    pub(crate) fn all(&self) -> String {
        self.lines.iter().map(|(_, text)| format!("{text}\n")).collect()
    }
}

/// A value: dates as ISO 8601, bytes as hexadecimal, text in quotes where blanks would be lost.
fn shown(value: &SqlValue) -> String {
    let value = value.unwrapped();
    if value.is_null() {
        return "NULL".to_owned();
    }
    let binary = matches!(value, SqlValue::Binary(_));
    let style = if binary { Some(1) } else { value.kind().is_date_time().then_some(121) };
    let options = ConvertOptions { style, ..ConvertOptions::default() };
    let text = convert(value, &SqlType::NVARCHAR_MAX, options).unwrap();
    let text = text.as_str().unwrap_or_default().replace('\n', "\\n").replace('\r', "\\r");
    if text.trim() == text && !text.is_empty() { text } else { format!("'{text}'") }
}

impl Output for Transcript {
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        self.push(format!("[{}]", names.join(", ")));
        Ok(())
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        let values: Vec<String> = row.iter().map(shown).collect();
        self.lines.push((Kind::Row, values.join(" | ")));
        Ok(())
    }

    fn statement_done(&mut self, done: StatementDone) -> Result<(), Stopped> {
        let word = match done.command {
            Command::Select => "select",
            Command::SelectInto => "into",
            Command::Insert => "insert",
            Command::Update => "update",
            Command::Delete => "delete",
            Command::Merge => "merge",
            Command::Execute => "exec",
            Command::Other => "done",
        };
        let depth = if done.depth == 0 { String::new() } else { format!(" in {}", done.depth) };
        self.push(match (done.failed, done.count) {
            (true, _) => format!("(!{depth})"),
            (false, Some(count)) => format!("({count} {word}{depth})"),
            (false, None) => format!("({word}{depth})"),
        });
        Ok(())
    }

    fn procedure_done(&mut self, status: i32, depth: u32) -> Result<(), Stopped> {
        let depth = if depth == 0 { String::new() } else { format!(" in {depth}") };
        self.push(format!("return {status}{depth}"));
        Ok(())
    }

    fn output_value(&mut self, value: &OutputValue) -> Result<(), Stopped> {
        let (name, data_type) = (&value.name, value.data_type);
        self.push(format!("{} {name} {data_type} = {}", value.ordinal, shown(&value.value)));
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        let error = &message.error;
        if 10 < error.severity {
            self.errors.push(error.number);
        }
        if error.number == 0 && error.severity == 0 {
            self.push(format!("> {}", error.message));
            return Ok(());
        }
        let place = match message.procedure.is_empty() {
            true => format!("line {}", message.line),
            false => format!("{} line {}", message.procedure, message.line),
        };
        let (number, severity, state) = (error.number, error.severity, error.state);
        self.push(format!("{number} {severity} {state} {place}: {}", error.message));
        Ok(())
    }

    fn changed(&mut self, change: &SessionChange) -> Result<(), Stopped> {
        let text = match change {
            SessionChange::Database { new, old } => format!("database {old} -> {new}"),
            SessionChange::Language { new, old } => format!("language {old} -> {new}"),
            SessionChange::Begun(id) => format!("transaction {id} begun"),
            SessionChange::Committed(id) => format!("transaction {id} committed"),
            SessionChange::RolledBack(id) => format!("transaction {id} rolled back"),
        };
        self.push(text);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        self.push("flush".to_owned());
        Ok(())
    }
}
