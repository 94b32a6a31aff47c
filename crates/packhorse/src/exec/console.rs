//! What `packhorse exec` prints: dtexec's blocks, which SQL Server Agent and scripts parse.
//!
//! Layout and severities: the dtexec utility's page, and logs that it wrote.

use std::io::Write;
use std::sync::Mutex;

use model::record::Record;
use model::{MessageType, Timestamp};
use runtime::{Event, Sink};
use serde_json::json;

use super::dtexec::Reporting;

/// Prints events as they come.
pub(crate) struct Console {
    reporting: Reporting,
    json: bool,
    counts: Mutex<Counts>,
}

/// What was seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// OnWarning events.
    pub(crate) warnings: u64,
}

impl Console {
    /// Prints what `reporting` asks for, or everything as JSON.
    pub(crate) fn new(reporting: Reporting, json: bool) -> Self {
        Self { reporting, json, counts: Mutex::default() }
    }

    /// What was seen so far.
    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn wants(&self, event: &Event) -> bool {
        let Reporting { levels, exceptions } = &self.reporting;
        if exceptions.iter().any(|name| name.eq_ignore_ascii_case(&event.name)) {
            return false;
        }
        let is = |level: char| levels.contains(level);
        if is('V') {
            return true;
        }
        if event.kind == MessageType::Custom {
            return is(if event.subcomponent.is_empty() { 'C' } else { 'D' });
        }
        kind(event).is_some_and(|kind| is(kind.level))
    }
}

/// How dtexec treats a kind of event.
struct Kind {
    message_type: MessageType,
    /// Its letter in `/Reporting`.
    level: char,
    /// What a block of it begins with.
    word: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind { message_type: MessageType::Error, level: 'E', word: "Error" },
    Kind { message_type: MessageType::Warning, level: 'W', word: "Warning" },
    Kind { message_type: MessageType::Information, level: 'I', word: "Info" },
    Kind { message_type: MessageType::Progress, level: 'P', word: "Progress" },
];

fn kind(event: &Event) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.message_type == event.kind)
}

impl Sink for Console {
    fn record(&self, _: Record) {}

    fn event(&self, event: &Event) {
        if event.kind == MessageType::Warning {
            self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).warnings += 1;
        }
        if !self.json && !self.wants(event) {
            return;
        }
        let text = if self.json { json_line(event) } else { block(event) };
        // There is nobody to tell when standard output is gone; the exit code still says it.
        writeln!(std::io::stdout().lock(), "{text}").ok();
    }
}

fn json_line(event: &Event) -> String {
    json!({
        "event": event.name,
        "time": event.time.to_string(),
        "code": format!("0x{:08X}", event.code),
        "source": event.console_source(),
        "path": event.source.execution_path,
        "message": event.description,
    })
    .to_string()
}

/// One event as dtexec prints it.
fn block(event: &Event) -> String {
    let time = stamp(event.time);
    let source = event.console_source();
    if event.kind == MessageType::Progress {
        let percent = event.percent.unwrap_or_default();
        let text = &event.description;
        return format!(
            "Progress: {time}\n   Source: {source}\n   {text}: {percent}% complete\nEnd Progress"
        );
    }
    let word = kind(event).map_or(event.name.as_str(), |kind| kind.word);
    let (code, text) = (event.code, &event.description);
    format!(
        "{word}: {time}\n   Code: 0x{code:08X}\n   Source: {source}\n   \
         Description: {text}\nEnd {word}"
    )
}

/// `2026-11-21 09:30:00.12`, UTC.
fn stamp(time: Timestamp) -> String {
    let Some(calendar) = time.to_chrono() else { return String::new() };
    let hundredths = time.0.rem_euclid(1_000_000) / 10_000;
    format!("{}.{hundredths:02}", calendar.format("%Y-%m-%d %H:%M:%S"))
}

/// The last lines: result and times.
pub(crate) fn closing(result: &str, started: Timestamp, finished: Timestamp) -> String {
    let clock = |time: Timestamp| {
        time.to_chrono().map_or_else(String::new, |time| time.format("%-I:%M:%S %p").to_string())
    };
    let ms = finished.ms_since(started);
    format!(
        "DTExec: The package execution returned {result}.\nStarted:  {}\nFinished: {}\nElapsed:  \
         {}.{:03} seconds",
        clock(started),
        clock(finished),
        ms / 1000,
        ms % 1000
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::MessageSourceType;

    fn event(kind: MessageType) -> Event {
        Event {
            time: Timestamp(1_763_717_400_120_000),
            kind,
            name: kind.name().to_owned(),
            code: 0xC004_706B,
            description: "it failed".to_owned(),
            source: runtime::Source {
                kind: MessageSourceType::DataFlow,
                name: "Load".to_owned(),
                id: "{0}".to_owned(),
                description: String::new(),
                package_name: "P.dtsx".to_owned(),
                package_path: r"\Package\Load".to_owned(),
                execution_path: r"\Package\Load".to_owned(),
            },
            subcomponent: "SSIS.Pipeline".to_owned(),
            percent: Some(50),
            elapsed_ms: None,
            thread_id: 1,
        }
    }

    #[test]
    fn an_error_prints_as_scripts_expect_it() {
        insta::assert_snapshot!(block(&event(MessageType::Error)), @r"
        Error: 2025-11-21 09:30:00.12
           Code: 0xC004706B
           Source: Load SSIS.Pipeline
           Description: it failed
        End Error
        ");
    }

    #[test]
    fn only_what_reporting_asks_for_is_printed() {
        let console = Console::new(Reporting::default(), false);
        assert!(console.wants(&event(MessageType::Error)));
        assert!(!console.wants(&event(MessageType::Information)));
        let none = Reporting { levels: "N".to_owned(), exceptions: Vec::new() };
        assert!(!Console::new(none, false).wants(&event(MessageType::Error)));
        let except = Reporting { levels: "E".to_owned(), exceptions: vec!["onerror".to_owned()] };
        assert!(!Console::new(except, false).wants(&event(MessageType::Error)));
    }

    #[test]
    fn the_closing_lines_say_result_and_times() {
        let start = Timestamp(1_763_717_400_000_000);
        insta::assert_snapshot!(closing("DTSER_SUCCESS (0)", start, start.plus_ms(2_109)), @r"
        DTExec: The package execution returned DTSER_SUCCESS (0).
        Started:  9:30:00 AM
        Finished: 9:30:02 AM
        Elapsed:  2.109 seconds
        ");
    }
}
