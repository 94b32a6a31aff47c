//! What to run, and how.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use connect::path::PathMap;
use model::record::DataTap;
use model::{ExecutionId, ExecutionResult, LoggingLevel, ObjectType, Value};
use package::Project;

/// What to run, and how.
#[derive(Clone)]
pub struct RunOptions {
    /// The project, which holds the package and its children.
    pub project: Arc<Project>,
    /// File name of the package in the project: `Load.dtsx`.
    pub package: String,
    /// Values of parameters; those that are not given have their design defaults.
    pub parameters: Vec<ParameterValue>,
    /// Properties to set before anything else happens (`add_execution_parameter`'s property
    /// overrides, dtexec's `/Set`), in this order.
    pub property_overrides: Vec<PropertyOverride>,
    /// Configuration files (dtexec's `/ConfigFile`): they are applied before `connections` and
    /// `property_overrides`, and the package's own configurations behind all of them.
    pub configuration_files: Vec<String>,
    /// Environment variables that the package's configurations may read: those of this process,
    /// unless the caller sets others.
    pub environment: Vec<(String, String)>,
    /// Connection strings that replace those of connection managers (dtexec's `/Connection`).
    pub connections: Vec<ConnectionOverride>,
    /// Where Windows paths are on this machine, and where relative ones start.
    pub path_map: PathMap,
    /// What is recorded for the catalog.
    pub logging: Logging,
    /// Rows of which paths are copied into files (`catalog.add_data_tap`).
    pub data_taps: Vec<DataTap>,
    /// Where those files go; made when there is one.
    pub data_dumps_folder: PathBuf,
    /// When the state of the run is written into a file.
    pub dumps: Dumps,
    /// `System::ServerExecutionID`; 0 outside the catalog.
    pub execution_id: ExecutionId,
    /// `System::MachineName`.
    pub machine_name: String,
    /// `System::UserName`.
    pub user_name: String,
    /// Starts the programs of Execute Process Tasks: a program and its first arguments, to which
    /// program and arguments of the task are added. `[packhorse, launch]`, which calls
    /// [`crate::launch`], makes programs end with this process. Empty starts them directly.
    pub launcher: Vec<String>,
    /// Replaces the package's MaxConcurrentExecutables (dtexec's `/MaxConcurrent`).
    pub max_concurrent: Option<i32>,
}

impl RunOptions {
    /// Runs a package of a project in the current folder with design defaults and Basic logging.
    pub fn new(project: Arc<Project>, package: impl Into<String>) -> Self {
        Self {
            project,
            package: package.into(),
            parameters: Vec::new(),
            property_overrides: Vec::new(),
            configuration_files: Vec::new(),
            environment: process_environment(),
            connections: Vec::new(),
            path_map: PathMap::default(),
            logging: Logging::from(LoggingLevel::Basic),
            data_taps: Vec::new(),
            data_dumps_folder: PathBuf::from("DataDumps"),
            dumps: Dumps::default(),
            execution_id: ExecutionId(0),
            machine_name: String::new(),
            user_name: String::new(),
            launcher: Vec::new(),
            max_concurrent: None,
        }
    }
}

/// Variables that are not text cannot be read by a package.
fn process_environment() -> Vec<(String, String)> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// The value of a parameter. Does not show the value, which may be sensitive.
#[derive(Clone, PartialEq)]
pub struct ParameterValue {
    /// Whether it is a parameter of the project or of the package. Values for
    /// [`ObjectType::Execution`] are the server's own and mean nothing to a package.
    pub scope: ObjectType,
    /// Name of the parameter, or `CM.<connection>.<property>`.
    pub name: String,
    /// The value; text is read as a value of the parameter's type.
    pub value: Value,
}

impl fmt::Debug for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterValue")
            .field("scope", &self.scope)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A property to set before the package runs. Does not show the value, which may be sensitive.
#[derive(Clone, PartialEq, Eq)]
pub struct PropertyOverride {
    /// `\Package\Task.Properties[Name]`, `\Package.Variables[User::x].Value` and so on.
    pub path: String,
    /// The value as text.
    pub value: String,
}

impl fmt::Debug for PropertyOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropertyOverride").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A connection string that replaces that of a connection manager. Does not show it, because it
/// may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionOverride {
    /// Name or id of the connection manager, of the package or the project.
    pub connection: String,
    /// The connection string.
    pub connection_string: String,
}

impl fmt::Debug for ConnectionOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionOverride")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// When the state of a run is written into a text file: once, at the first event that asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dumps {
    /// Where the file goes; made when there is one.
    pub folder: PathBuf,
    /// At an error (DUMP_ON_ERROR).
    pub on_error: bool,
    /// At an event (DUMP_ON_EVENT): any, where `event_codes` names none.
    pub on_event: bool,
    /// At events with one of these codes (DUMP_EVENT_CODE).
    pub event_codes: Vec<u32>,
}

impl Dumps {
    /// Whether any event can ask for a dump.
    pub const fn are_wanted(&self) -> bool {
        self.on_error || self.on_event || !self.event_codes.is_empty()
    }
}

/// What is recorded for the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logging {
    /// The level.
    pub level: LoggingLevel,
    /// What [`LoggingLevel::Customized`] records, as `catalog.customized_logging_levels` has it:
    /// statistics bits (`profile_value`: 0 execution, 1 volume, 2 performance).
    pub profile: i64,
    /// Event bits (`events_value`).
    pub events: i64,
}

impl From<LoggingLevel> for Logging {
    fn from(level: LoggingLevel) -> Self {
        Self { level, profile: 0, events: 0 }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunResult {
    /// The package's result.
    pub result: ExecutionResult,
    /// Rows that sources read.
    pub rows_read: u64,
    /// Rows that destinations wrote.
    pub rows_written: u64,
    /// Errors raised in the package and its children.
    pub errors: u64,
    /// Code and text of the first error, for people in a hurry.
    pub first_error: Option<(u32, String)>,
}
