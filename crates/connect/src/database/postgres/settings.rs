//! What a connection to PostgreSQL needs to know, from psqlODBC's and Npgsql's keywords.

use std::fmt;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::connection_string::ConnectionString;
use crate::database::TargetError;
use crate::sql_server::Secret;

/// A connection string, understood.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// `Server` or `Host`.
    pub host: String,
    /// `Port`.
    pub port: u16,
    /// `Database`.
    pub database: String,
    /// `Uid` or `Username`.
    pub user: String,
    /// `Pwd` or `Password`.
    pub password: Secret,
    /// `SSLmode`.
    pub tls: TlsMode,
    /// `sslrootcert` or `Root Certificate`: who signed the server's certificate.
    pub root_certificate: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The provider as its messages name it.
    pub source_name: String,
}

/// Whether the line is encrypted, and the server known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Not encrypted.
    Disable,
    /// Encrypted when the server can.
    Prefer,
    /// Encrypted, with whatever certificate.
    Require,
    /// Encrypted, with a certificate that is signed for the host's name.
    VerifyFull,
}

/// Without the password.
impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl PostgresSettings {
    /// Understands a connection string.
    pub(crate) fn parse(string: &ConnectionString, provider: String) -> Result<Self, TargetError> {
        let text = |keys: &[&str]| {
            string.get(keys).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let wrong = |keyword, expected| TargetError::Value { keyword, expected };
        let host = text(&["Host", "Server", "Servername", "Data Source", "Location"]);
        let user = text(&["Username", "User ID", "UID", "User Name", "User"]);
        let user = user.ok_or(wrong("Uid", "the name of a user"))?;
        let port = text(&["Port"]).map_or(Ok(5432), |text| text.parse());
        let seconds = text(&["Timeout", "Connect Timeout", "Connection Timeout"]);
        let seconds = seconds.map_or(Ok(15_u64), |text| text.parse());
        let seconds = seconds.map_err(|_| wrong("Timeout", "a number of seconds"))?;
        let tls = match text(&["SSLmode", "SSL Mode"]).unwrap_or_default().to_lowercase().as_str() {
            "" | "prefer" | "allow" => TlsMode::Prefer,
            "disable" => TlsMode::Disable,
            "require" => TlsMode::Require,
            "verify-full" | "verifyfull" | "verify-ca" | "verifyca" => TlsMode::VerifyFull,
            _ => return Err(wrong("SSLmode", "disable, prefer, require or verify-full")),
        };
        Ok(Self {
            host: host.unwrap_or_else(|| "localhost".to_owned()),
            port: port.map_err(|_| wrong("Port", "a number"))?,
            database: text(&["Database", "DB", "Initial Catalog"]).unwrap_or_else(|| user.clone()),
            user,
            password: Secret::new(string.get(&["Password", "PWD", "PSW"]).unwrap_or_default()),
            tls,
            root_certificate: text(&["sslrootcert", "Root Certificate", "RootCertificate"]),
            connect_timeout: Duration::from_secs(if seconds == 0 { 600 } else { seconds.min(600) }),
            source_name: provider,
        })
    }

    pub(super) fn config(&self) -> Config {
        let mut config = Config::new();
        config.host(&self.host).port(self.port).dbname(&self.database).user(&self.user);
        config.password(self.password.reveal()).application_name("SSIS");
        config.ssl_mode(match self.tls {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyFull => SslMode::Require,
        });
        config
    }
}
