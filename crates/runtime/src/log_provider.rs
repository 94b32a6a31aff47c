//! The text file log provider of packages: which events it logs, and how a line looks.
//!
//! This is the package author's own log, beside that of the catalog. Rules: dtsx facts 2.7,
//! logging facts 2.1. The other providers write to places that only Windows or a database has;
//! they are named in a warning and write nothing.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Local;
use fs_err::{File, OpenOptions};
use model::{ExecutionResult, MessageType, Value, dts};
use package::{FilterKind, LogProvider, LoggingMode, LoggingOptions};

use crate::evaluate::{Mistake, chain};
use crate::frame::Frame;
use crate::scope::SYSTEM;
use crate::{Event, property};

/// The first line of a log.
const HEADER: &str = "#Fields: event,computer,operator,source,sourceid,executionid,starttime,\
                      endtime,datacode,databytes,message";

/// Names of the text file provider in all versions.
const TEXT_FILE: &[&str] = &[
    "Microsoft.LogProviderTextFile",
    "DTS.LogProviderTextFile",
    "{59B2C6A5-663F-4C20-8863-C83F9B72E2EB}",
];

/// An open log.
pub(crate) struct TextLog {
    /// By which executables choose it.
    id: String,
    file: Mutex<File>,
}

/// Whether this provider writes anything here.
pub(crate) fn is_supported(provider: &LogProvider) -> bool {
    let name = provider.creation_name.trim();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('.');
    TEXT_FILE
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(stem))
}

/// Names the log providers that write nothing here.
pub(crate) fn warn_of_unsupported(frame: &Arc<Frame>, providers: &[LogProvider]) {
    for provider in providers.iter().filter(|provider| !is_supported(provider)) {
        let text = format!(
            "The log provider \"{}\" ({}) writes nothing: of the log providers only the one for \
             text files is supported. The catalog's logging has the package's events.",
            provider.name, provider.creation_name
        );
        frame.warning(dts::DTS_E_LOGPROVIDERFAILED, text);
    }
}

/// Opens the logs that the package uses; one that cannot be opened is an error of the package.
pub(crate) fn open_all(frame: &Arc<Frame>, providers: &[LogProvider]) -> Vec<TextLog> {
    let mut logs = Vec::new();
    for provider in providers.iter().filter(|provider| is_supported(provider)) {
        match open(frame, provider) {
            Ok(log) => logs.push(log),
            Err(reason) => Mistake::new(
                dts::DTS_E_LOGPROVIDERFAILED,
                format!(
                    "The SSIS logging provider \"{}\" failed with error code 0x80004005 \
                     ({reason}). This indicates a logging error attributable to the specified log \
                     provider.",
                    provider.name
                ),
            )
            .raise(frame),
        }
    }
    logs
}

fn open(frame: &Arc<Frame>, provider: &LogProvider) -> Result<TextLog, String> {
    let key = &provider.config_string;
    let found = property::connection(frame, key).map_err(|mistake| mistake.text().to_owned())?;
    let connection = found.ok_or_else(|| format!("there is no connection manager `{key}`"))?;
    let map = &frame.run.runner.options.path_map;
    let path = map.resolve(connection.connection_string.as_str()).map_err(|e| chain(&e))?;
    let open = || -> std::io::Result<File> {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        if file.metadata()?.len() == 0 {
            writeln!(file, "{HEADER}")?;
        }
        Ok(file)
    };
    let file = open().map_err(|error| error.to_string())?;
    Ok(TextLog { id: provider.id.clone(), file: Mutex::new(file) })
}

/// Logs an event with the providers that the executable, or what is around it, chose.
pub(crate) fn log(frame: &Arc<Frame>, event: &Event, result: Option<ExecutionResult>) {
    let Some(logs) = frame.run.logs.get().filter(|logs| !logs.is_empty()) else { return };
    let Some(options) = options_of(frame) else { return };
    if !wants(&options, &event.name) {
        return;
    }
    let line = line(frame, event, &options, result);
    let chosen = |log: &&TextLog| {
        options.selected_log_providers.iter().any(|id| id.eq_ignore_ascii_case(&log.id))
    };
    for log in logs.iter().filter(chosen) {
        let mut file = log.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(file, "{line}") {
            // An event about this would have to be logged as well.
            tracing::error!(%error, "a log provider could not write");
        }
    }
}

/// The settings that hold for an executable: its own, or those of the next one around it that has
/// some. `None` when nothing is logged.
fn options_of(frame: &Arc<Frame>) -> Option<LoggingOptions> {
    for frame in frame.up_to_package() {
        let options = &frame.executable().logging;
        match options.mode {
            LoggingMode::Enabled => return Some(options.clone()),
            LoggingMode::Disabled => return None,
            LoggingMode::UseParentSetting => {}
        }
    }
    None
}

fn wants(options: &LoggingOptions, event: &str) -> bool {
    // The two ends of a package are always logged.
    let listed = options.event_filter.iter().any(|name| name.eq_ignore_ascii_case(event));
    let included = options.filter_kind == FilterKind::Inclusion;
    matches!(event, "PackageStart" | "PackageEnd") || listed == included
}

fn line(
    frame: &Arc<Frame>,
    event: &Event,
    options: &LoggingOptions,
    result: Option<ExecutionResult>,
) -> String {
    let columns = options.column_filters.iter().find(|filter| filter.event == event.name);
    let shown = |column: &str, value: &str| match columns {
        Some(filter) if !filter.columns.iter().any(|own| own.eq_ignore_ascii_case(column)) => {
            String::new()
        }
        _ => value.to_owned(),
    };
    let settings = &frame.run.runner.options;
    let instance = frame.scope().find(Some(SYSTEM), "ExecutionInstanceGUID");
    let instance = match instance.map(|(_, cell)| cell.held()) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    };
    let time = event.time.to_chrono().map(|time| time.with_timezone(&Local));
    let time = time.map(|time| time.format("%-m/%-d/%Y %-I:%M:%S %p").to_string());
    let time = time.unwrap_or_default();
    let message = match (event.kind, event.description.as_str()) {
        (MessageType::PreExecute | MessageType::PostExecute, _) | (_, "") => "(null)",
        (_, text) => text,
    };
    [
        event.name.clone(),
        shown("Computer", &settings.machine_name),
        shown("Operator", &settings.user_name),
        shown("SourceName", &event.source.name),
        shown("SourceID", &event.source.id),
        shown("ExecutionID", &instance),
        time.clone(),
        time,
        result.map_or(0, ExecutionResult::number).to_string(),
        shown("DataBytes", "0x"),
        shown("MessageText", message),
    ]
    .join(",")
}
