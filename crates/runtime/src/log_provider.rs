//! Log providers of packages: which events they log, and where to.
//!
//! These are the package author's own logs, beside that of the catalog. An executable chooses
//! among the package's providers; only those that one has chosen are opened. Those of the Windows
//! event log and of SQL Server Profiler are named in a warning and write nothing.
//!
//! Rules: dtsx facts 2.7, logging facts 2.

mod entry;
mod sql_server;
mod text_file;
mod xml_file;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use fs_err::File;
use model::{ExecutionResult, dts};
use package::{
    ConnectionManager, FilterKind, LogProvider, LoggingMode, LoggingOptions, SetPropertyError,
};

use self::entry::Entry;
use self::sql_server::{Lost, SqlLog};
use crate::evaluate::{Mistake, chain};
use crate::frame::Frame;
use crate::sql::{self, Stopped};
use crate::{Cancel, Event, property};

/// The kinds of providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    TextFile,
    XmlFile,
    SqlServer,
}

/// Last part of a provider's name without version, and its class.
const KINDS: &[(&str, &str, Kind)] = &[
    ("LogProviderTextFile", "{59B2C6A5-663F-4C20-8863-C83F9B72E2EB}", Kind::TextFile),
    ("LogProviderXMLFile", "{AFED6884-619C-484F-9A09-F42D56E1A7EA}", Kind::XmlFile),
    ("LogProviderSQLServer", "{6AA833A1-E4B2-4431-831B-DE695049DC61}", Kind::SqlServer),
];

/// An open log.
pub(crate) struct Log {
    /// By which executables choose it.
    id: String,
    /// The provider's name.
    name: String,
    /// `None` once it is closed.
    writer: Mutex<Option<Writer>>,
    lost: Mutex<Lost>,
}

enum Writer {
    Text(File),
    Xml(File),
    Sql(Box<SqlLog>),
}

/// What a provider of this type writes to; `None` for those that write nothing here.
fn kind_of(provider: &LogProvider) -> Option<Kind> {
    let name = provider.creation_name.trim();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('.');
    let last = stem.rsplit('.').next().unwrap_or(stem);
    let fits = |(known, class, _): &&(&str, &str, Kind)| {
        known.eq_ignore_ascii_case(last) || class.eq_ignore_ascii_case(name)
    };
    KINDS.iter().find(fits).map(|(_, _, kind)| *kind)
}

/// The providers of the frame's package that any of its executables has chosen.
fn chosen<'p>(frame: &Frame, providers: &'p [LogProvider]) -> Vec<&'p LogProvider> {
    let nodes = frame.run.root.node.all();
    let is_chosen = |provider: &&LogProvider| {
        let mut options = nodes.iter().map(|node| &node.executable.logging);
        options
            .any(|options| options.mode == LoggingMode::Enabled && chooses(options, &provider.id))
    };
    providers.iter().filter(is_chosen).collect()
}

fn chooses(options: &LoggingOptions, id: &str) -> bool {
    options.selected_log_providers.iter().any(|own| own.eq_ignore_ascii_case(id))
}

/// Names the log providers that write nothing here, in one warning.
pub(crate) fn warn_of_unsupported(frame: &Arc<Frame>, providers: &[LogProvider]) {
    let named: Vec<String> = chosen(frame, providers)
        .into_iter()
        .filter(|provider| kind_of(provider).is_none())
        .map(|provider| format!("\"{}\" ({})", provider.name, provider.creation_name))
        .collect();
    if !named.is_empty() {
        let text = format!(
            "Log providers that write nothing here: {}. Those for text files, XML files and SQL \
             Server do, and the catalog's logging has the package's events.",
            named.join(", ")
        );
        frame.warning(dts::DTS_E_LOGPROVIDERFAILED, text);
    }
}

/// Opens the logs that the package uses; one that cannot be opened is an error of the package.
pub(crate) fn open_all(frame: &Arc<Frame>, providers: &[LogProvider]) -> Vec<Log> {
    let mut logs = Vec::new();
    for provider in chosen(frame, providers) {
        let Some(kind) = kind_of(provider) else { continue };
        match open(frame, provider, kind) {
            Ok(writer) => logs.push(Log {
                id: provider.id.clone(),
                name: provider.name.clone(),
                writer: Mutex::new(Some(writer)),
                lost: Mutex::default(),
            }),
            Err(reason) => {
                let reason = reason.trim_end_matches('.');
                frame.error(dts::DTS_E_LOGPROVIDERFAILED, failed(&provider.name, reason));
            }
        }
    }
    logs
}

fn failed(name: &str, reason: &str) -> String {
    format!(
        "The SSIS logging provider \"{name}\" failed with error code 0x80004005 ({reason}). This \
         indicates a logging error attributable to the specified log provider."
    )
}

fn open(frame: &Arc<Frame>, provider: &LogProvider, kind: Kind) -> Result<Writer, String> {
    let text = |mistake: Mistake| mistake.text().to_owned();
    let key = config_string(frame, provider).map_err(text)?;
    let found = property::connection(frame, &key).map_err(text)?;
    let connection = found.ok_or_else(|| format!("there is no connection manager `{key}`"))?;
    match kind {
        Kind::TextFile => {
            let file = text_file::open(&path(frame, &connection)?);
            file.map(Writer::Text).map_err(|error| error.to_string())
        }
        Kind::XmlFile => {
            let file = xml_file::open(&path(frame, &connection)?);
            file.map(Writer::Xml).map_err(|error| error.to_string())
        }
        Kind::SqlServer => open_sql(frame, connection),
    }
}

fn path(frame: &Frame, connection: &ConnectionManager) -> Result<PathBuf, String> {
    let map = &frame.run.runner.options.path_map;
    map.resolve(connection.connection_string.as_str()).map_err(|error| chain(&error))
}

fn open_sql(frame: &Frame, connection: ConnectionManager) -> Result<Writer, String> {
    let cancel = &frame.run.runner.cancel;
    match sql::aside(cancel, move || SqlLog::open(&connection)) {
        Ok(Some(log)) => log.map(|log| Writer::Sql(Box::new(log))),
        Ok(None) => Err("its thread ended by a defect of this program".to_owned()),
        Err(Stopped) => Err("the package was stopped".to_owned()),
    }
}

/// The connection manager's name, which an expression may set.
fn config_string(frame: &Arc<Frame>, provider: &LogProvider) -> Result<String, Mistake> {
    let mut key = provider.config_string.clone();
    for expression in &provider.property_expressions {
        let set = |value: &model::Value| match expression.property.to_ascii_lowercase().as_str() {
            "configstring" => {
                key = value.to_string();
                Ok(())
            }
            "name" | "description" => Ok(()),
            _ => Err(SetPropertyError::UnknownProperty {
                object: format!("log provider `{}`", provider.name),
                property: expression.property.clone(),
            }),
        };
        property::apply_in(frame.scope(), expression, set)?;
    }
    Ok(key)
}

/// Logs an event with the providers that the executable, or what is around it, chose.
pub(crate) fn log(frame: &Arc<Frame>, event: &Event, result: Option<ExecutionResult>) {
    let Some(logs) = frame.run.logs.get().filter(|logs| !logs.is_empty()) else { return };
    let Some(options) = options_of(frame) else { return };
    if !wants(&options, &event.name) {
        return;
    }
    let entry = Entry::of(frame, event, &options, result);
    for log in logs.iter().filter(|log| chooses(&options, &log.id)) {
        log.write(&entry, &frame.run.runner.cancel);
    }
}

impl Log {
    fn write(&self, entry: &Entry, cancel: &Cancel) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let written = match writer.as_mut() {
            Some(Writer::Text(file)) => text_file::write(file, entry).map_err(|e| e.to_string()),
            Some(Writer::Xml(file)) => xml_file::write(file, entry).map_err(|e| e.to_string()),
            Some(Writer::Sql(log)) => log.write(entry.clone(), cancel).map_err(str::to_owned),
            // Closed: this is about the end of the log itself.
            None => return,
        };
        if let Err(reason) = written {
            // An event about this would have to be logged as well; it is told at the end.
            tracing::error!(log = self.name, %reason, "a log provider could not write");
            self.lose(Lost { entries: 1, reason });
        }
    }

    fn lose(&self, more: Lost) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.entries == 0 {
            lost.reason = more.reason;
        }
        lost.entries += more.entries;
    }
}

/// Closes the logs of the frame's package, and tells what did not get into them.
pub(crate) fn close_all(frame: &Arc<Frame>) {
    for log in frame.run.logs.get().into_iter().flatten() {
        let writer = log.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Writer::Sql(sql)) = writer {
            log.lose(sql.close(&frame.run.runner.cancel));
        }
        let lost = std::mem::take(&mut *log.lost.lock().unwrap_or_else(PoisonError::into_inner));
        if lost.entries != 0 {
            let reason = lost.reason.trim_end_matches('.');
            let reason = format!("{} entries were lost: {reason}", lost.entries);
            frame.warning(dts::DTS_E_LOGPROVIDERFAILED, failed(&log.name, &reason));
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
