//! What of all that a package says the catalog keeps.
//!
//! Levels: the Integration Services logging levels table. Texts: those that SSISDB shows.

pub(crate) mod context;
pub(crate) mod dump;

use std::sync::Arc;

use model::record::{
    ComponentPhase, DataStatistics, EventMessage, Executable, ExecutableStatistics, MessageContext,
    PerformanceCounters, Record,
};
use model::{LoggingLevel, MessageType};

use crate::clock::{duration, wall_clock};
use crate::{Event, Logging, Sink};

/// Bits of a customized level's `profile_value`.
mod statistics {
    /// Executable statistics.
    pub(super) const EXECUTION: i64 = 1;
    /// Data statistics.
    pub(super) const VOLUME: i64 = 2;
    /// Component phases.
    pub(super) const PERFORMANCE: i64 = 4;
}

/// Sends events and rows on, those that the level keeps.
pub(crate) struct Log {
    sink: Arc<dyn Sink>,
    logging: Logging,
}

impl Log {
    /// Sends to `sink`.
    pub(crate) fn new(sink: Arc<dyn Sink>, logging: Logging) -> Self {
        Self { sink, logging }
    }

    /// Something happened; `context` says what was true then.
    pub(crate) fn event(&self, event: &Event, context: impl FnOnce() -> Vec<MessageContext>) {
        self.sink.event(event);
        if keeps_event(self.logging, event.kind) {
            let wanted = keeps_context(self.logging, event.kind);
            let context = if wanted { context() } else { Vec::new() };
            self.sink.record(Record::EventMessage(record_of(event, context)));
        }
    }

    /// Whether any message comes with its context.
    pub(crate) fn keeps_contexts(&self) -> bool {
        MessageType::ALL.iter().any(|&kind| keeps_context(self.logging, kind))
    }

    /// An executable of a package that starts.
    pub(crate) fn executable(&self, row: impl FnOnce() -> Executable) {
        if self.logging.level != LoggingLevel::None {
            self.sink.record(Record::Executable(row()));
        }
    }

    /// An executable has run.
    pub(crate) fn statistics(&self, row: impl FnOnce() -> ExecutableStatistics) {
        if self.keeps(&[LoggingLevel::Basic, LoggingLevel::Performance], statistics::EXECUTION) {
            self.sink.record(Record::ExecutableStatistics(row()));
        }
    }

    /// A data flow component came back from a call.
    pub(crate) fn phase(&self, row: impl FnOnce() -> ComponentPhase) {
        if self.keeps(&[LoggingLevel::Performance], statistics::PERFORMANCE) {
            self.sink.record(Record::ComponentPhase(row()));
        }
    }

    /// Rows went along a path.
    pub(crate) fn rows_sent(&self, row: impl FnOnce() -> DataStatistics) {
        if self.keeps(&[], statistics::VOLUME) {
            self.sink.record(Record::DataStatistics(row()));
        }
    }

    /// What the data flows do and hold, at every level.
    pub(crate) fn counters(&self, counters: PerformanceCounters) {
        self.sink.record(Record::PerformanceCounters(counters));
    }

    /// How far the package is.
    pub(crate) fn progress(&self, executable: &str, rows_read: u64, rows_written: u64) {
        self.sink.progress(executable, rows_read, rows_written);
    }

    /// Verbose keeps everything.
    fn keeps(&self, levels: &[LoggingLevel], bit: i64) -> bool {
        let level = self.logging.level;
        level == LoggingLevel::Verbose
            || levels.contains(&level)
            || (level == LoggingLevel::Customized && self.logging.profile & bit != 0)
    }
}

fn keeps_event(logging: Logging, kind: MessageType) -> bool {
    use MessageType as Kind;
    match logging.level {
        LoggingLevel::None => false,
        LoggingLevel::Basic => !matches!(
            kind,
            Kind::Custom | Kind::Diagnostic | Kind::DiagnosticEx | Kind::NonDiagnostic
        ),
        LoggingLevel::Performance => matches!(kind, Kind::Error | Kind::Warning),
        LoggingLevel::Verbose => true,
        LoggingLevel::RuntimeLineage => kind == Kind::DiagnosticEx,
        LoggingLevel::Customized => {
            let bits = 1_i64 << event_bit(kind) | 1_i64 << (event_bit(kind) + CONTEXT_BITS);
            kind != Kind::Unknown && logging.events & bits != 0
        }
    }
}

/// The fixed levels keep the context of errors; a customized one says of which events.
fn keeps_context(logging: Logging, kind: MessageType) -> bool {
    match logging.level {
        LoggingLevel::None | LoggingLevel::RuntimeLineage => false,
        LoggingLevel::Basic | LoggingLevel::Performance | LoggingLevel::Verbose => {
            kind == MessageType::Error
        }
        LoggingLevel::Customized => {
            kind != MessageType::Unknown
                && logging.events & (1_i64 << (event_bit(kind) + CONTEXT_BITS)) != 0
        }
    }
}

/// How many bits higher an event stands that is wanted with its context.
const CONTEXT_BITS: u32 = 32;

/// Bit of an event in a customized level's `events_value`; 32 higher it means the same with
/// context.
const fn event_bit(kind: MessageType) -> u32 {
    match kind {
        MessageType::VariableValueChanged => 0,
        MessageType::StatusChange => 1,
        MessageType::PreExecute => 2,
        MessageType::PostExecute => 3,
        MessageType::PreValidate => 4,
        MessageType::PostValidate => 5,
        MessageType::Warning => 6,
        MessageType::Information => 7,
        MessageType::Error => 8,
        MessageType::TaskFailed => 9,
        MessageType::Progress => 10,
        MessageType::QueryCancel => 11,
        MessageType::Custom => 13,
        MessageType::Diagnostic => 14,
        MessageType::DiagnosticEx => 15,
        MessageType::NonDiagnostic => 16,
        MessageType::Unknown => 31,
    }
}

fn record_of(event: &Event, context: Vec<MessageContext>) -> EventMessage {
    let source = &event.source;
    EventMessage {
        time: event.time,
        message_type: event.kind,
        source_type: source.kind,
        message: message(event),
        package_name: source.package_name.clone(),
        event_name: event.name.clone(),
        source_name: source.name.clone(),
        source_id: source.id.clone(),
        subcomponent_name: event.subcomponent.clone(),
        package_path: source.package_path.clone(),
        execution_path: source.execution_path.clone(),
        thread_id: event.thread_id,
        message_code: event.code.cast_signed(),
        context,
    }
}

/// The text of an event in SSISDB.
pub(crate) fn message(event: &Event) -> String {
    let name = &event.source.name;
    let text = &event.description;
    match event.kind {
        MessageType::PreValidate => format!("{name}:Validation has started."),
        MessageType::PostValidate => format!("{name}:Validation is complete."),
        MessageType::PreExecute => format!("{name}:Start, {}.", wall_clock(event.time)),
        MessageType::PostExecute => {
            let elapsed = duration(event.elapsed_ms.unwrap_or_default());
            format!("{name}:Finished, {}, Elapsed time: {elapsed}.", wall_clock(event.time))
        }
        MessageType::Error => format!("{name}:Error: {text}"),
        MessageType::Warning => format!("{name}:Warning: {text}"),
        MessageType::Information => format!("{name}:Information: {text}"),
        MessageType::Progress => {
            let percent = event.percent.unwrap_or_default();
            format!("{name}:Progress: {text} - {percent} percent complete.")
        }
        MessageType::TaskFailed => format!("{name}:Task failed."),
        MessageType::VariableValueChanged => format!("{name}:Variable value changed: {text}"),
        MessageType::QueryCancel => format!("{name}:Query cancel."),
        MessageType::StatusChange
        | MessageType::Diagnostic
        | MessageType::DiagnosticEx
        | MessageType::Custom
        | MessageType::NonDiagnostic
        | MessageType::Unknown => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(level: LoggingLevel) -> Vec<i16> {
        let kinds = MessageType::ALL.iter().copied();
        kinds.filter(|&kind| keeps_event(level.into(), kind)).map(MessageType::number).collect()
    }

    #[test]
    fn each_level_keeps_the_documented_events() {
        assert!(kept(LoggingLevel::None).is_empty());
        assert_eq!(
            kept(LoggingLevel::Basic),
            [-1, 10, 20, 30, 40, 50, 60, 70, 80, 100, 110, 120, 130]
        );
        assert_eq!(kept(LoggingLevel::Performance), [110, 120]);
        assert_eq!(kept(LoggingLevel::Verbose).len(), MessageType::ALL.len());
        assert_eq!(kept(LoggingLevel::RuntimeLineage), [140]);
    }

    #[test]
    fn a_customized_level_keeps_the_events_of_its_bits() {
        // OnError, and OnWarning with context.
        let events = 1 << 8 | 1 << (6 + 32);
        let logging = Logging { level: LoggingLevel::Customized, profile: 0, events };
        let kept: Vec<_> =
            MessageType::ALL.iter().filter(|&&kind| keeps_event(logging, kind)).collect();
        assert_eq!(kept, [&MessageType::Warning, &MessageType::Error]);
    }
}
