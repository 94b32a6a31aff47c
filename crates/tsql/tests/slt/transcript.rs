//! What a session tells, as the text of [`testkit::slt::Told`].

use testkit::slt::Told;
use tsql::host::{
    Column, Command, Message, Output, OutputValue, SessionChange, StatementDone, Stopped,
};
use tsql::types::{Kind, SqlType};
use tsql::value::{ConvertOptions, SqlValue, convert};

/// What was told, in order.
#[derive(Default)]
pub(crate) struct Transcript(pub(crate) Told);

impl Transcript {
    pub(crate) fn ended(&mut self, ended: Result<(), Stopped>) {
        if ended.is_err() {
            self.0.line("the connection ends".to_owned());
        }
    }
}

/// A value: dates as ISO 8601, bytes as hexadecimal.
pub(crate) fn shown(value: &SqlValue) -> String {
    let value = value.unwrapped();
    if value.is_null() {
        return "NULL".to_owned();
    }
    if let SqlValue::Float(number) = value {
        return Told::float(*number);
    }
    if let SqlValue::Real(number) = value {
        return Told::float(*number);
    }
    let kind = value.kind();
    let style = if kind == Kind::VarBinary {
        Some(1)
    } else if kind.is_money() {
        Some(2)
    } else {
        kind.is_date_time().then_some(121)
    };
    let options = ConvertOptions { style, ..ConvertOptions::default() };
    let text = convert(value, &SqlType::NVARCHAR_MAX, options).unwrap();
    Told::value(text.as_str().unwrap_or_default())
}

impl Output for Transcript {
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped> {
        let shown = columns.iter().map(|column| format!("{} {}", column.name, column.data_type));
        self.0.columns(&shown.collect::<Vec<_>>());
        Ok(())
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        self.0.row(&row.iter().map(shown).collect::<Vec<_>>());
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
        self.0.line(match (done.failed, done.count) {
            (true, _) => format!("(!{depth})"),
            (false, Some(count)) => format!("({count} {word}{depth})"),
            (false, None) => format!("({word}{depth})"),
        });
        Ok(())
    }

    fn procedure_done(&mut self, status: i32, depth: u32) -> Result<(), Stopped> {
        let depth = if depth == 0 { String::new() } else { format!(" in {depth}") };
        self.0.line(format!("return {status}{depth}"));
        Ok(())
    }

    fn output_value(&mut self, value: &OutputValue) -> Result<(), Stopped> {
        let (name, data_type) = (&value.name, value.data_type);
        self.0.line(format!("{} {name} {data_type} = {}", value.ordinal, shown(&value.value)));
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        let error = &message.error;
        if 10 < error.severity {
            self.0.error(error.number);
        }
        if error.number == 0 && error.severity == 0 {
            self.0.line(format!("> {}", error.message));
            return Ok(());
        }
        let place = match message.procedure.is_empty() {
            true => format!("line {}", message.line),
            false => format!("{} line {}", message.procedure, message.line),
        };
        // Clients are told 10 as 0.
        let severity = if error.severity == 10 { 0 } else { error.severity };
        let (number, state) = (error.number, error.state);
        self.0.line(format!("{number} {severity} {state} {place}: {}", error.message));
        Ok(())
    }

    fn changed(&mut self, change: &SessionChange) -> Result<(), Stopped> {
        self.0.line(match change {
            SessionChange::Database { new, old } => format!("database {old} -> {new}"),
            SessionChange::Language { new, old } => format!("language {old} -> {new}"),
            SessionChange::Begun(id) => format!("transaction {id} begun"),
            SessionChange::Committed(id) => format!("transaction {id} committed"),
            SessionChange::RolledBack(id) => format!("transaction {id} rolled back"),
        });
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        self.0.line("flush".to_owned());
        Ok(())
    }
}
