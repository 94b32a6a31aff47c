//! `WorkerSettings.toml`: the original's key names (scale-out fact sheet, section 3.2) and ours.
//!
//! A key that does not exist is refused with the one that was probably meant. Keys of the
//! original that have no use here are taken, and named in [`Settings::unused`] with the reason.
//! Both spellings of the two keys that old documentation misspells are taken.
//!
//! The defaults of the three intervals are shorter than the original's (60, 10 and 60 seconds),
//! so that the packages of a dead worker run elsewhere within 15 seconds rather than minutes.

mod time_span;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::AgentId;
use scaleout::child::PathMapping;
use scaleout::policy;
use serde::Deserialize;
use transport::{BadThumbprint, GivenThumbprint, Sha1Thumbprint, Thumbprint};

use time_span::{BadTimeSpan, parse_time_span};

/// Settings of a Scale Out Worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `DisplayName`: how lists show the worker. Empty: the machine's name.
    pub display_name: String,
    /// `Description`, for people.
    pub description: String,
    /// `MasterEndpoint`: `https://host:port` of every master, in the order in which to try them.
    pub master_endpoints: Vec<String>,
    /// `MasterHttpsCertThumbprint`: the master certificates (SHA-256) that are trusted, besides
    /// those that trusted masters tell of.
    pub master_thumbprints: Vec<Thumbprint>,
    /// Those of `MasterHttpsCertThumbprint` that are a SHA-1, as Windows shows it: each finds a
    /// master's certificate at the first contact, and the SHA-256 is kept.
    pub master_sha1_thumbprints: Vec<Sha1Thumbprint>,
    /// `WorkerHttpsCertThumbprint`: the certificate that the worker must show. Default: whichever
    /// it has.
    pub worker_thumbprint: Option<GivenThumbprint>,
    /// `AgentHeartbeatInterval`: how often the worker says that it lives. Default 10 s.
    pub agent_heartbeat_interval: Duration,
    /// `TaskHeartbeatInterval`: how often leases are renewed. Default 2 s.
    pub task_heartbeat_interval: Duration,
    /// `LeaseInterval`: how long a lease lasts without renewal. Default 10 s.
    pub lease_interval: Duration,
    /// `TaskRequestMaxCPU`: no task is asked for while the machine's processors are busier, in
    /// percent. 100 never holds back. Default 70.
    pub task_request_max_cpu: f64,
    /// `TaskRequestMinMemory`: no task is asked for while less memory is free, in MB.
    /// Default 100.
    pub task_request_min_memory_mb: f64,
    /// `MaxTaskCount`: how many packages run at once. Default 10.
    pub max_task_count: u32,
    /// `TasksRootFolder`: where each task has its folder. Default `tasks` in the data folder.
    pub tasks_root_folder: Option<PathBuf>,
    /// `TaskLogLevel`: which events the task's log file has, as a bit mask: 1 verbose,
    /// 2 information, 4 warning, 8 error, 16 progress, 32 critical, 64 audit. Default 126.
    pub task_log_level: u32,
    /// `TaskLogEnabled`: whether tasks have a log file. Default true.
    pub task_log_enabled: bool,
    /// `ExecutionLogCacheFolder`: where messages wait until a master has them. Default `spool` in
    /// the data folder.
    pub execution_log_cache_folder: Option<PathBuf>,
    /// `AgentId`: the worker's lasting id. Default: made once, and kept in the data folder.
    pub agent_id: Option<AgentId>,
    /// `PathMappings` (ours): `FROM=TO` for each place that packages know by a Windows path.
    pub path_mappings: Vec<PathMapping>,
    /// `WarmProcesses` (ours): how many package processes wait, started, for the next package.
    /// Default 2.
    pub warm_processes: usize,
    /// `StopGracePeriod` (ours): how long a package may take to stop before its process is
    /// killed. Default 10 s.
    pub stop_grace_period: Duration,
    /// `ShutdownTimeout` (ours): how long running packages may take to finish when the worker is
    /// told to end; then they are stopped and handed back. Default 20 s.
    pub shutdown_timeout: Duration,
    /// `TaskFolderRetention` (ours): how long the folder of an ended task is kept. Default
    /// 7 days; zero removes it at the end.
    pub task_folder_retention: Duration,
    /// `ProjectCacheMaxSize` (ours): how much project files may take on disk, in MB.
    /// Default 1024.
    pub project_cache_max_mb: u64,
    /// Keys of the original that were given and have no use here.
    pub unused: Vec<UnusedKey>,
}

/// A key of the original that was given and has no use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusedKey {
    /// The key.
    pub key: &'static str,
    /// Why nothing here needs it.
    pub reason: &'static str,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read. The source names it.
    #[error("cannot read the worker's settings")]
    Read {
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML, or a value has the wrong type.
    #[error("cannot understand `{}`", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A key does not exist.
    #[error("`{}` has the unknown key `{key}`{}", path.display(), did_you_mean(key))]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// As written.
        key: String,
    },
    /// A value cannot be right.
    #[error("`{}` sets {key} to `{value}`: {reason}", path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// Which key.
        key: &'static str,
        /// As written.
        value: String,
        /// What it should be.
        reason: String,
    },
}

/// Every key that is taken, as `WorkerSettings.toml` spells it.
pub const KEYS: &[&str] = &[
    "DisplayName",
    "Description",
    "MasterEndpoint",
    "MasterHttpsCertThumbprint",
    "WorkerHttpsCertThumbprint",
    "StoreLocation",
    "StoreName",
    "AgentHeartbeatInterval",
    "TaskHeartbeatInterval",
    "HeartbeatErrorTolerance",
    "HeartbeatErrorTollerance",
    "TaskRequestMaxCPU",
    "TaskRequestMinMemory",
    "MaxTaskCount",
    "LeaseInterval",
    "LeaseInternval",
    "TasksRootFolder",
    "TaskLogLevel",
    "TaskLogSegment",
    "TaskLogEnabled",
    "ExecutionLogCacheFolder",
    "ExecutionLogMaxBufferLogCount",
    "ExecutionLogMaxInMemoryBufferCount",
    "ExecutionLogRetryCount",
    "ExecutionLogRetryTimeout",
    "AgentId",
    "PathMappings",
    "WarmProcesses",
    "StopGracePeriod",
    "ShutdownTimeout",
    "TaskFolderRetention",
    "ProjectCacheMaxSize",
];

/// Keys of the original without a use here, and why.
const UNUSED: &[(&str, &str)] = &[
    ("StoreLocation", "there is no Windows certificate store"),
    ("StoreName", "there is no Windows certificate store"),
    ("HeartbeatErrorTolerance", "a package is stopped before its lease can end, never later"),
    ("HeartbeatErrorTollerance", "a package is stopped before its lease can end, never later"),
    ("TaskLogSegment", "a task's log is one file per attempt"),
    ("ExecutionLogMaxBufferLogCount", "messages are on disk before they are sent"),
    ("ExecutionLogMaxInMemoryBufferCount", "messages are on disk before they are sent"),
    ("ExecutionLogRetryCount", "messages are sent until a master has them"),
    ("ExecutionLogRetryTimeout", "messages are sent until a master has them"),
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            description: String::new(),
            master_endpoints: Vec::new(),
            master_thumbprints: Vec::new(),
            master_sha1_thumbprints: Vec::new(),
            worker_thumbprint: None,
            agent_heartbeat_interval: Duration::from_secs(10),
            task_heartbeat_interval: Duration::from_secs(2),
            lease_interval: Duration::from_millis(policy::LEASE_MS_DEFAULT),
            task_request_max_cpu: 70.0,
            task_request_min_memory_mb: 100.0,
            max_task_count: 10,
            tasks_root_folder: None,
            task_log_level: 126,
            task_log_enabled: true,
            execution_log_cache_folder: None,
            agent_id: None,
            path_mappings: Vec::new(),
            warm_processes: 2,
            stop_grace_period: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(20),
            task_folder_retention: Duration::from_secs(7 * 24 * 60 * 60),
            project_cache_max_mb: 1024,
            unused: Vec::new(),
        }
    }
}

/// The file as it is written. Defaults are applied afterwards.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct File {
    display_name: Option<String>,
    description: Option<String>,
    master_endpoint: Option<OneOrMany>,
    master_https_cert_thumbprint: Option<OneOrMany>,
    worker_https_cert_thumbprint: Option<String>,
    agent_heartbeat_interval: Option<String>,
    task_heartbeat_interval: Option<String>,
    #[serde(rename = "TaskRequestMaxCPU")]
    task_request_max_cpu: Option<f64>,
    task_request_min_memory: Option<f64>,
    max_task_count: Option<u32>,
    #[serde(alias = "LeaseInternval")]
    lease_interval: Option<String>,
    tasks_root_folder: Option<PathBuf>,
    task_log_level: Option<u32>,
    task_log_enabled: Option<bool>,
    execution_log_cache_folder: Option<PathBuf>,
    agent_id: Option<String>,
    path_mappings: Vec<String>,
    warm_processes: Option<usize>,
    stop_grace_period: Option<String>,
    shutdown_timeout: Option<String>,
    task_folder_retention: Option<String>,
    project_cache_max_size: Option<u64>,
}

/// `"text"` or `["text", "text"]`; one text may also hold several, separated by `;` or `,`.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_list(self) -> Vec<String> {
        let list = match self {
            Self::One(text) => text.split([';', ',']).map(str::to_owned).collect(),
            Self::Many(list) => list,
        };
        let trimmed = list.iter().map(|text| text.trim().to_owned());
        trimmed.filter(|text| !text.is_empty()).collect()
    }
}

impl Settings {
    /// Reads a settings file.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = fs_err::read_to_string(path).map_err(|source| SettingsError::Read { source })?;
        Self::from_toml(&text, path)
    }

    /// Reads the text of a settings file; `path` is its name in errors.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let not_toml =
            |source| SettingsError::Parse { path: path.to_owned(), source: Box::new(source) };
        let table: toml::Table = text.parse().map_err(not_toml)?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(SettingsError::UnknownKey { path: path.to_owned(), key: key.clone() });
        }
        let file: File = toml::from_str(text).map_err(not_toml)?;
        let unused = UNUSED.iter().filter(|(key, _)| table.contains_key(*key));
        let unused = unused.map(|&(key, reason)| UnusedKey { key, reason }).collect();
        let settings = Self { unused, ..resolve(file, path)? };
        settings.check(path)?;
        Ok(settings)
    }

    fn check(&self, path: &Path) -> Result<(), SettingsError> {
        let bad = |key, value: String, reason: &str| {
            Err(SettingsError::BadValue {
                path: path.to_owned(),
                key,
                value,
                reason: reason.to_owned(),
            })
        };
        let lease_ms = u64::try_from(self.lease_interval.as_millis()).unwrap_or(u64::MAX);
        if policy::lease_ms(lease_ms) != lease_ms {
            return bad("LeaseInterval", format!("{lease_ms} ms"), "from 1 second to 10 minutes");
        }
        if self.lease_interval < self.task_heartbeat_interval * 3
            || self.task_heartbeat_interval < Duration::from_millis(100)
        {
            let heartbeat = format!("{:?}", self.task_heartbeat_interval);
            let reason = "from 100 ms to a third of LeaseInterval, so that one lost renewal does \
                          not end a lease";
            return bad("TaskHeartbeatInterval", heartbeat, reason);
        }
        if self.agent_heartbeat_interval < Duration::from_secs(1) {
            let heartbeat = format!("{:?}", self.agent_heartbeat_interval);
            return bad("AgentHeartbeatInterval", heartbeat, "at least 1 second");
        }
        if self.max_task_count == 0 || 1_000 < self.max_task_count {
            return bad("MaxTaskCount", self.max_task_count.to_string(), "from 1 to 1000");
        }
        if !(0.0..=100.0).contains(&self.task_request_max_cpu) {
            let percent = self.task_request_max_cpu.to_string();
            return bad("TaskRequestMaxCPU", percent, "a percentage, from 0 to 100");
        }
        if !(0.0..).contains(&self.task_request_min_memory_mb) {
            let mb = self.task_request_min_memory_mb.to_string();
            return bad("TaskRequestMinMemory", mb, "a number of MB");
        }
        Ok(())
    }
}

fn resolve(file: File, path: &Path) -> Result<Settings, SettingsError> {
    let defaults = Settings::default();
    let masters = thumbprints(file.master_https_cert_thumbprint, path)?;
    let worker = file.worker_https_cert_thumbprint.filter(|text| !text.is_empty());
    let span = |key, text: Option<String>, default| match text {
        None => Ok(default),
        Some(text) => {
            let bad = |error: BadTimeSpan| bad_value(path, key, &text, error.to_string());
            parse_time_span(&text).map_err(bad)
        }
    };
    Ok(Settings {
        agent_heartbeat_interval: span(
            "AgentHeartbeatInterval",
            file.agent_heartbeat_interval,
            defaults.agent_heartbeat_interval,
        )?,
        task_heartbeat_interval: span(
            "TaskHeartbeatInterval",
            file.task_heartbeat_interval,
            defaults.task_heartbeat_interval,
        )?,
        lease_interval: span("LeaseInterval", file.lease_interval, defaults.lease_interval)?,
        stop_grace_period: span(
            "StopGracePeriod",
            file.stop_grace_period,
            defaults.stop_grace_period,
        )?,
        shutdown_timeout: span(
            "ShutdownTimeout",
            file.shutdown_timeout,
            defaults.shutdown_timeout,
        )?,
        task_folder_retention: span(
            "TaskFolderRetention",
            file.task_folder_retention,
            defaults.task_folder_retention,
        )?,
        display_name: file.display_name.unwrap_or_default(),
        description: file.description.unwrap_or_default(),
        master_endpoints: file.master_endpoint.map(OneOrMany::into_list).unwrap_or_default(),
        master_thumbprints: masters.iter().filter_map(GivenThumbprint::sha256).collect(),
        master_sha1_thumbprints: masters.iter().filter_map(GivenThumbprint::sha1).collect(),
        worker_thumbprint: worker
            .map(|text| thumbprint("WorkerHttpsCertThumbprint", &text, path))
            .transpose()?,
        task_request_max_cpu: file.task_request_max_cpu.unwrap_or(defaults.task_request_max_cpu),
        task_request_min_memory_mb: file
            .task_request_min_memory
            .unwrap_or(defaults.task_request_min_memory_mb),
        max_task_count: file.max_task_count.unwrap_or(defaults.max_task_count),
        tasks_root_folder: not_empty(file.tasks_root_folder),
        task_log_level: file.task_log_level.unwrap_or(defaults.task_log_level),
        task_log_enabled: file.task_log_enabled.unwrap_or(defaults.task_log_enabled),
        execution_log_cache_folder: not_empty(file.execution_log_cache_folder),
        agent_id: agent_id(file.agent_id, path)?,
        path_mappings: path_mappings(&file.path_mappings, path)?,
        warm_processes: file.warm_processes.unwrap_or(defaults.warm_processes),
        project_cache_max_mb: file.project_cache_max_size.unwrap_or(defaults.project_cache_max_mb),
        unused: Vec::new(),
    })
}

/// The original's empty default means the usual place.
fn not_empty(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty())
}

fn thumbprints(
    list: Option<OneOrMany>,
    path: &Path,
) -> Result<Vec<GivenThumbprint>, SettingsError> {
    let list = list.map(OneOrMany::into_list).unwrap_or_default();
    list.iter().map(|text| thumbprint("MasterHttpsCertThumbprint", text, path)).collect()
}

fn thumbprint(
    key: &'static str,
    text: &str,
    path: &Path,
) -> Result<GivenThumbprint, SettingsError> {
    text.parse().map_err(|error: BadThumbprint| bad_value(path, key, text, error.to_string()))
}

fn agent_id(text: Option<String>, path: &Path) -> Result<Option<AgentId>, SettingsError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let bad = |_| bad_value(path, "AgentId", &text, "a GUID is expected".to_owned());
    text.parse().map(Some).map_err(bad)
}

fn path_mappings(list: &[String], path: &Path) -> Result<Vec<PathMapping>, SettingsError> {
    let one = |text: &String| match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => {
            Ok(PathMapping { from: from.to_owned(), to: to.to_owned() })
        }
        Some(_) | None => {
            let reason = r"FROM=TO is expected, for example C:\Data\=/srv/data/";
            Err(bad_value(path, "PathMappings", text, reason.to_owned()))
        }
    };
    list.iter().map(one).collect()
}

fn bad_value(path: &Path, key: &'static str, value: &str, reason: String) -> SettingsError {
    SettingsError::BadValue { path: path.to_owned(), key, value: value.to_owned(), reason }
}

/// `: did you mean ...?` when a key is near to what was written.
fn did_you_mean(written: &str) -> String {
    let near = KEYS.iter().map(|key| (distance(written, key), key)).min();
    match near {
        Some((distance, key)) if distance <= written.len().div_ceil(3) => {
            format!(": did you mean `{key}`?")
        }
        Some(_) | None => String::new(),
    }
}

/// Edits between two keys, in either case.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase().into_bytes(), b.to_ascii_lowercase().into_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
