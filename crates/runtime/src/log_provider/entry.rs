//! A log entry: an event as every log provider gets it.
//!
//! Rules: logging facts 2.1 and 2.2.

use std::sync::Arc;

use chrono::{DateTime, Local};
use model::{ExecutionResult, MessageType, Value};
use package::LoggingOptions;

use crate::Event;
use crate::frame::Frame;
use crate::scope::SYSTEM;

/// A log entry. Fields that the executable's options leave out are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `OnError`, `PackageStart`.
    pub(super) event: String,
    /// Name of the machine.
    pub(super) computer: String,
    /// Who runs the package.
    pub(super) operator: String,
    /// Name of the executable.
    pub(super) source: String,
    /// `{GUID}` of the executable.
    pub(super) source_id: String,
    /// `{GUID}` of the run.
    pub(super) execution_id: String,
    /// When, on the clock on the wall.
    pub(super) time: DateTime<Local>,
    /// Result of the executable: 0 success, 1 failure, 2 completion, 3 canceled.
    pub(super) data_code: i32,
    /// Data that the event carries: none ever does here.
    pub(super) data_bytes: String,
    /// What the event says; `None` for one that says nothing.
    pub(super) message: Option<String>,
}

impl Entry {
    /// The entry of an event of the frame's executable.
    pub(super) fn of(
        frame: &Arc<Frame>,
        event: &Event,
        options: &LoggingOptions,
        result: Option<ExecutionResult>,
    ) -> Self {
        let columns = options.column_filters.iter().find(|filter| filter.event == event.name);
        let shown = |column: &str, value: &str| match columns {
            Some(filter) if !filter.columns.iter().any(|own| own.eq_ignore_ascii_case(column)) => {
                String::new()
            }
            _ => value.to_owned(),
        };
        let settings = &frame.run.runner.options;
        let time = event.time.to_chrono().map(|time| time.with_timezone(&Local));
        let says_nothing = event.description.is_empty()
            || matches!(event.kind, MessageType::PreExecute | MessageType::PostExecute);
        Self {
            event: event.name.clone(),
            computer: shown("Computer", &settings.machine_name),
            operator: shown("Operator", &settings.user_name),
            source: shown("SourceName", &event.source.name),
            source_id: shown("SourceID", &event.source.id),
            execution_id: shown("ExecutionID", &execution_id(frame)),
            time: time.unwrap_or_default(),
            data_code: result.map_or(0, ExecutionResult::number),
            data_bytes: shown("DataBytes", "0x"),
            message: (!says_nothing).then(|| shown("MessageText", &event.description)),
        }
    }

    /// The time as providers of files write it.
    pub(super) fn time_text(&self) -> String {
        self.time.format("%-m/%-d/%Y %-I:%M:%S %p").to_string()
    }
}

fn execution_id(frame: &Frame) -> String {
    let found = frame.scope().find(Some(SYSTEM), "ExecutionInstanceGUID");
    match found.map(|(_, cell)| cell.held()) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}
