//! `MasterSettings.toml`: the original's key names (scale-out fact sheet, section 3.1) and ours.
//!
//! A key that does not exist is refused with the one that was probably meant, and a value that
//! cannot be right is refused before anything starts.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

mod availability;

pub use availability::{Availability, LocalSqlServer};

/// Settings of a Scale Out Master.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", default)]
pub struct Settings {
    /// By which SSISDB knows this master: that of its data directory, which no other has. Empty:
    /// one for as long as the process runs.
    #[serde(skip)]
    pub master_id: String,
    /// Port of the ClusterManagement, JSON and Manager interfaces. 0 lets the system choose.
    pub port_number: u16,
    /// Address to listen at; `127.0.0.1` serves this machine only.
    pub bind_address: IpAddr,
    /// Thumbprint of the certificate that the master must show, SHA-256, or SHA-1 as Windows shows
    /// it. Empty: whichever it has.
    #[serde(rename = "SSLCertThumbprint")]
    pub ssl_cert_thumbprint: String,
    /// Where SSISDB is: a file of this machine, or the `postgres://` URL of a server. Empty:
    /// `ssisdb.sqlite` in the data directory.
    pub sql_server_name: DatabaseName,
    /// How often completed jobs are cleaned up, in milliseconds.
    pub cleanup_completed_jobs_interval_in_ms: u64,
    /// How often leases that ran out are looked for, in milliseconds. The original's five
    /// minutes leave the packages of a dead worker lying that long.
    pub deal_with_expired_tasks_interval_in_ms: u64,
    /// How often the master writes that it is online, in milliseconds.
    pub master_heartbeat_interval_in_ms: u64,
    /// How long a command waits for SSISDB, and a master for its first write there, in seconds. A
    /// master whose SSISDB is away when it starts waits until it is back.
    pub sql_connection_timeout_in_secs: u64,
    /// Whether this master serves wherever SSISDB is, or only beside it.
    pub availability: Availability,
    /// The server of SSISDB that counts as being beside this master.
    pub local_sql_server: LocalSqlServer,
    /// The address that workers and clients are told, `https://host:port`. Empty: made of the
    /// machine's name and the port.
    pub master_address: String,
    /// Whether T-SQL clients are served.
    pub tds_enabled: bool,
    /// Port of T-SQL clients, at `BindAddress`. 0 lets the system choose.
    pub tds_port: u16,
    /// Whether T-SQL clients that cannot encrypt are turned away.
    pub force_encryption: bool,
    /// How many batches and calls of T-SQL clients run at once; more wait for their turn.
    pub tds_batches_max: u16,
    /// How many T-SQL clients may be connected.
    pub tds_connections_max: u16,
    /// The name that T-SQL clients know this server by, `HOST\INSTANCE`.
    pub instance_name: String,
    /// Whether to answer clients that look for the port of an instance (SQL Server Browser).
    pub sql_browser_enabled: bool,
    /// The UDP port to answer them at: 1434, where all clients ask. 0 lets the system choose.
    pub sql_browser_port: u16,
    /// `FROM=TO` for each place that T-SQL scripts know by a Windows path, as workers have it.
    pub path_mappings: Vec<String>,
}

/// Where a database is. A password in it is shown by nothing.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseName(String);

impl DatabaseName {
    /// As written, with its password.
    pub fn as_written(&self) -> &str {
        &self.0
    }

    /// As people may see it.
    pub fn shown(&self) -> String {
        catalog::shown_address(&self.0)
    }
}

impl fmt::Debug for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

/// Every key, as `MasterSettings.toml` spells it.
pub const KEYS: &[&str] = &[
    "PortNumber",
    "BindAddress",
    "SSLCertThumbprint",
    "SqlServerName",
    "CleanupCompletedJobsIntervalInMs",
    "DealWithExpiredTasksIntervalInMs",
    "MasterHeartbeatIntervalInMs",
    "SqlConnectionTimeoutInSecs",
    "Availability",
    "LocalSqlServer",
    "MasterAddress",
    "TdsEnabled",
    "TdsPort",
    "ForceEncryption",
    "TdsBatchesMax",
    "TdsConnectionsMax",
    "InstanceName",
    "SqlBrowserEnabled",
    "SqlBrowserPort",
    "PathMappings",
];

/// The port that T-SQL clients try first.
const DEFAULT_TDS_PORT: u16 = 1433;

/// What an instance is called that clients need not name.
const DEFAULT_INSTANCE: &str = "MSSQLSERVER";

/// How long an instance's name may be: SQL Server's limit.
const INSTANCE_NAME_MAX: usize = 16;

/// The shortest interval of a loop: below it the loop would be all that the master does.
const INTERVAL_MS_MIN: u64 = 10;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read. The source names it.
    #[error("cannot read the master's settings")]
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
    #[error("`{}` sets {key} to {value}: {reason}", path.display())]
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

impl Default for Settings {
    fn default() -> Self {
        Self {
            master_id: String::new(),
            port_number: transport::DEFAULT_PORT,
            bind_address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            ssl_cert_thumbprint: String::new(),
            sql_server_name: DatabaseName::default(),
            cleanup_completed_jobs_interval_in_ms: 43_200_000,
            deal_with_expired_tasks_interval_in_ms: 1_000,
            master_heartbeat_interval_in_ms: 30_000,
            sql_connection_timeout_in_secs: 15,
            availability: Availability::Independent,
            local_sql_server: LocalSqlServer::default(),
            master_address: String::new(),
            tds_enabled: true,
            tds_port: DEFAULT_TDS_PORT,
            force_encryption: false,
            tds_batches_max: 64,
            tds_connections_max: 4096,
            instance_name: DEFAULT_INSTANCE.to_owned(),
            sql_browser_enabled: false,
            sql_browser_port: 1434,
            path_mappings: Vec::new(),
        }
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
        let settings: Self = toml::from_str(text).map_err(not_toml)?;
        settings.check(path)?;
        Ok(settings)
    }

    /// Where to listen.
    pub fn listen_address(&self) -> SocketAddr {
        SocketAddr::new(self.bind_address, self.port_number)
    }

    /// Whether clients need not name the instance.
    pub fn has_default_instance(&self) -> bool {
        self.instance_name.eq_ignore_ascii_case(DEFAULT_INSTANCE)
    }

    /// Where to listen for T-SQL clients.
    pub fn tds_address(&self) -> SocketAddr {
        SocketAddr::new(self.bind_address, self.tds_port)
    }

    /// How long to wait for SSISDB when starting.
    pub const fn sql_connection_timeout(&self) -> Duration {
        Duration::from_secs(self.sql_connection_timeout_in_secs)
    }

    fn check(&self, path: &Path) -> Result<(), SettingsError> {
        let bad = |key, value: &str, reason: String| SettingsError::BadValue {
            path: path.to_owned(),
            key,
            value: value.to_owned(),
            reason,
        };
        for (key, ms) in [
            ("CleanupCompletedJobsIntervalInMs", self.cleanup_completed_jobs_interval_in_ms),
            ("DealWithExpiredTasksIntervalInMs", self.deal_with_expired_tasks_interval_in_ms),
            ("MasterHeartbeatIntervalInMs", self.master_heartbeat_interval_in_ms),
        ] {
            if ms < INTERVAL_MS_MIN {
                let reason = format!("the shortest interval is {INTERVAL_MS_MIN} ms");
                return Err(bad(key, &ms.to_string(), reason));
            }
        }
        if !self.ssl_cert_thumbprint.is_empty()
            && let Err(error) = self.ssl_cert_thumbprint.parse::<transport::GivenThumbprint>()
        {
            return Err(bad("SSLCertThumbprint", &self.ssl_cert_thumbprint, error.to_string()));
        }
        if !self.master_address.is_empty() && !self.master_address.starts_with("https://") {
            let reason = "it must start with https://".to_owned();
            return Err(bad("MasterAddress", &self.master_address, reason));
        }
        for mapping in &self.path_mappings {
            let parts = mapping.split_once('=');
            if !parts.is_some_and(|(from, to)| !from.is_empty() && !to.is_empty()) {
                let reason = r"FROM=TO is expected, for example C:\Data\=/srv/data/".to_owned();
                return Err(bad("PathMappings", mapping, reason));
            }
        }
        self.check_tds().map_err(|(key, value, reason)| bad(key, &value, reason))
    }

    fn check_tds(&self) -> Result<(), (&'static str, String, String)> {
        for (key, number) in [
            ("TdsBatchesMax", self.tds_batches_max),
            ("TdsConnectionsMax", self.tds_connections_max),
        ] {
            if number == 0 {
                return Err((key, "0".to_owned(), "nobody would be served".to_owned()));
            }
        }
        let name = &self.instance_name;
        let fits = (1..=INSTANCE_NAME_MAX).contains(&name.len());
        if !fits || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let reason = format!("it must have 1 to {INSTANCE_NAME_MAX} letters, digits or _");
            return Err(("InstanceName", name.clone(), reason));
        }
        Ok(())
    }
}

/// `, did you mean ...?` when a key is close to what was written.
fn did_you_mean(written: &str) -> String {
    let lower = written.to_lowercase();
    let nearest = KEYS
        .iter()
        .map(|key| (distance(&lower, &key.to_lowercase()), *key))
        .min()
        .filter(|(distance, key)| *distance <= key.len() / 3);
    match nearest {
        Some((_, key)) => format!(", did you mean `{key}`?"),
        None => format!("; the keys are {}", KEYS.join(", ")),
    }
}

/// How many letters must be inserted, removed or replaced (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn check(text: &str) -> String {
        match Settings::from_toml(text, Path::new("MasterSettings.toml")) {
            Ok(settings) => format!("{settings:?}"),
            Err(error) => {
                let source = std::error::Error::source(&error);
                let source = source.map(|source| format!("\n{source}")).unwrap_or_default();
                format!("{error}{source}")
            }
        }
    }

    #[test]
    fn the_password_of_the_database_is_not_shown() {
        let shown = check("SqlServerName = 'postgres://sa:secret@one/ssisdb'");
        assert!(shown.contains("postgres://one/ssisdb") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn the_originals_keys_are_read() {
        let text = "
            PortNumber = 9391
            SSLCertThumbprint = ''
            SqlServerName = 'ssisdb.sqlite'
            CleanupCompletedJobsIntervalInMs = 43200000
            DealWithExpiredTasksIntervalInMs = 300000
            MasterHeartbeatIntervalInMs = 30000
            SqlConnectionTimeoutInSecs = 15
        ";
        assert_snapshot!(check(text), @r#"Settings { master_id: "", port_number: 9391, bind_address: 0.0.0.0, ssl_cert_thumbprint: "", sql_server_name: "ssisdb.sqlite", cleanup_completed_jobs_interval_in_ms: 43200000, deal_with_expired_tasks_interval_in_ms: 300000, master_heartbeat_interval_in_ms: 30000, sql_connection_timeout_in_secs: 15, availability: Independent, local_sql_server: LocalSqlServer(None), master_address: "", tds_enabled: true, tds_port: 1433, force_encryption: false, tds_batches_max: 64, tds_connections_max: 4096, instance_name: "MSSQLSERVER", sql_browser_enabled: false, sql_browser_port: 1434, path_mappings: [] }"#);
        assert_eq!(check(""), format!("{:?}", Settings::default()));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
        assert_snapshot!(check("portnumber = 1"), @"`MasterSettings.toml` has the unknown key `portnumber`, did you mean `PortNumber`?");
        assert_snapshot!(check("MasterHeartBeatInterval = 1"), @"`MasterSettings.toml` has the unknown key `MasterHeartBeatInterval`, did you mean `MasterHeartbeatIntervalInMs`?");
        assert_snapshot!(check("Colour = 1"), @"`MasterSettings.toml` has the unknown key `Colour`; the keys are PortNumber, BindAddress, SSLCertThumbprint, SqlServerName, CleanupCompletedJobsIntervalInMs, DealWithExpiredTasksIntervalInMs, MasterHeartbeatIntervalInMs, SqlConnectionTimeoutInSecs, Availability, LocalSqlServer, MasterAddress, TdsEnabled, TdsPort, ForceEncryption, TdsBatchesMax, TdsConnectionsMax, InstanceName, SqlBrowserEnabled, SqlBrowserPort, PathMappings");
    }

    #[test]
    fn values_that_cannot_be_right_are_refused() {
        assert_snapshot!(check("MasterHeartbeatIntervalInMs = 0"), @"`MasterSettings.toml` sets MasterHeartbeatIntervalInMs to 0: the shortest interval is 10 ms");
        assert_snapshot!(check("SSLCertThumbprint = 'AB'"), @"`MasterSettings.toml` sets SSLCertThumbprint to AB: a SHA-256 thumbprint has 64 hexadecimal digits, not 2");
        assert_snapshot!(check("MasterAddress = 'db1'"), @"`MasterSettings.toml` sets MasterAddress to db1: it must start with https://");
        assert_snapshot!(check("TdsBatchesMax = 0"), @"`MasterSettings.toml` sets TdsBatchesMax to 0: nobody would be served");
        assert_snapshot!(check("PathMappings = ['C:']"), @r"`MasterSettings.toml` sets PathMappings to C:: FROM=TO is expected, for example C:\Data\=/srv/data/");
        assert_snapshot!(check("InstanceName = 'a;b'"), @"`MasterSettings.toml` sets InstanceName to a;b: it must have 1 to 16 letters, digits or _");
        assert_snapshot!(check("PortNumber = 'high'"), @r#"
        cannot understand `MasterSettings.toml`
        TOML parse error at line 1, column 14
          |
        1 | PortNumber = 'high'
          |              ^^^^^^
        invalid type: string "high", expected u16
        "#);
    }

    #[test]
    fn every_key_can_be_set() {
        for key in KEYS {
            let value = match *key {
                "BindAddress" => "'127.0.0.1'",
                "MasterAddress" => "'https://db1:8391'",
                "InstanceName" => "'SSIS'",
                "Availability" => "'with_catalog'",
                "LocalSqlServer" => "'127.0.0.1:5432'",
                "PathMappings" => r"['C:\Data\=/srv/data/']",
                "TdsEnabled" | "ForceEncryption" | "SqlBrowserEnabled" => "true",
                "SSLCertThumbprint" | "SqlServerName" => "''",
                _ => "1234",
            };
            let text = format!("{key} = {value}");
            Settings::from_toml(&text, Path::new("MasterSettings.toml")).expect(key);
        }
    }
}
