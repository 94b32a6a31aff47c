//! What a connection to SQL Server needs to know.

use std::fmt;
use std::time::Duration;

use super::ServerName;

/// A password. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a password in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Who connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// `Integrated Security=SSPI`: the Windows account, which does not exist on Linux.
    Integrated,
    /// A SQL Server login.
    Login {
        /// `User ID`.
        user: String,
        /// `Password`.
        password: Secret,
    },
    /// The connection string has neither.
    Missing,
}

/// A connection string, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `Data Source`.
    pub server: ServerName,
    /// `Failover Partner`: tried when the server cannot be reached.
    pub failover_partner: Option<ServerName>,
    /// `Initial Catalog`; `None` for the login's default database.
    pub database: Option<String>,
    /// Who connects.
    pub credentials: Credentials,
    /// `Encrypt`: whether everything is encrypted, or the login only.
    pub encrypt: bool,
    /// `TrustServerCertificate`: whether any certificate will do.
    pub trust_server_certificate: bool,
    /// `Connect Timeout`: how long connecting may take, all attempts together.
    pub connect_timeout: Duration,
    /// `Application Name`.
    pub application_name: String,
    /// `ApplicationIntent=ReadOnly`.
    pub read_only: bool,
    /// The provider as its messages name it, for example `Microsoft SQL Server Native Client 11.0`.
    pub source_name: String,
}
