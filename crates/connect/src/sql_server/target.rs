//! What a connection string connects to: SQL Server, or something that is named.
//!
//! The keywords of each provider follow its documentation: SQL Server Native Client and the OLE
//! DB Driver, `SqlConnection.ConnectionString`, and the ODBC driver.

use std::time::Duration;

use super::{Credentials, Secret, ServerName, ServerNameError, Settings};
use crate::connection_string::{ConnectionString, Dialect, ParseError};

/// Whose keywords a connection string has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `OLEDB`, `ADO`, `EXCEL` and `MSOLAP` connection managers: `Provider=` says which.
    OleDb,
    /// `ADO.NET` connection managers: the provider is part of the creation name.
    AdoNet,
    /// `ODBC` connection managers: `Driver=` says which.
    Odbc,
}

/// What a connection string connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// SQL Server.
    SqlServer(Box<Settings>),
    /// Something else, by the name of its provider, driver or DSN.
    Other(String),
}

/// A connection string that cannot be understood. Values are never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It does not follow the rules of connection strings.
    #[error("the connection string cannot be read")]
    Syntax(#[source] ParseError),
    /// The server's name.
    #[error("the connection string names no server that can be reached from here")]
    Server(#[source] ServerNameError),
    /// A keyword has a value that it cannot have.
    #[error("`{keyword}` in the connection string must be {expected}")]
    Value {
        /// The keyword.
        keyword: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// `Encrypt=strict`: TDS 8.
    #[error(
        "`Encrypt=strict` is not supported; use Encrypt=yes with a certificate that this machine \
         trusts"
    )]
    Strict,
}

/// How long connecting may take when the connection string does not say: the providers' own
/// default.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What `Connect Timeout=0`, "wait for ever", comes to: nothing here waits for ever.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(600);

const SERVER: &[&str] =
    &["Data Source", "Server", "Address", "Addr", "Network Address", "ServerName"];
const INTEGRATED: &[&str] = &["Integrated Security", "Trusted_Connection"];
const USER: &[&str] = &["User ID", "UID", "User"];
const PASSWORD: &[&str] = &["Password", "PWD"];
const DATABASE: &[&str] = &["Initial Catalog", "Database"];
const TIMEOUT: &[&str] =
    &["Connect Timeout", "Connection Timeout", "Timeout", "LoginTimeout", "Login Timeout"];

impl Target {
    /// Understands a connection string. `provider` is the type behind `ADO.NET:` in a creation
    /// name (empty means SqlClient); the other APIs name theirs in the string.
    pub fn parse(api: Api, provider: &str, text: &str) -> Result<Self, TargetError> {
        let dialect = if api == Api::Odbc { Dialect::Odbc } else { Dialect::OleDb };
        let string = ConnectionString::parse(text, dialect).map_err(TargetError::Syntax)?;
        let driver = match api {
            Api::OleDb => ole_db(string.get(&["Provider"]).unwrap_or("MSDASQL")),
            Api::AdoNet => ado_net(provider),
            Api::Odbc => odbc(&string),
        };
        match driver {
            Driver::SqlServer { source_name, encrypt } => {
                settings(&string, source_name, encrypt).map(Box::new).map(Self::SqlServer)
            }
            Driver::Other(name) => Ok(Self::Other(name)),
        }
    }
}

enum Driver {
    SqlServer {
        source_name: String,
        /// Whether it encrypts when the connection string does not say.
        encrypt: bool,
    },
    Other(String),
}

fn sql_server(source_name: &str, encrypt: bool) -> Driver {
    Driver::SqlServer { source_name: source_name.to_owned(), encrypt }
}

fn ole_db(provider: &str) -> Driver {
    let upper = provider.trim().to_ascii_uppercase();
    // `SQLNCLI11.1` is `SQLNCLI11`, in its version 1.
    match upper.split('.').next().unwrap_or_default() {
        "SQLNCLI11" => sql_server("Microsoft SQL Server Native Client 11.0", false),
        "SQLNCLI10" => sql_server("Microsoft SQL Server Native Client 10.0", false),
        "SQLNCLI" => sql_server("Microsoft SQL Native Client", false),
        "MSOLEDBSQL" => sql_server("Microsoft OLE DB Driver for SQL Server", false),
        "MSOLEDBSQL19" => sql_server("Microsoft OLE DB Driver 19 for SQL Server", true),
        "SQLOLEDB" => sql_server("Microsoft OLE DB Provider for SQL Server", false),
        _ => Driver::Other(provider.trim().to_owned()),
    }
}

fn ado_net(provider: &str) -> Driver {
    // `System.Data.SqlClient.SqlConnection, System.Data, Version=...`
    let class = provider.split(',').next().unwrap_or_default().trim();
    match class {
        "" | "SQL" | "System.Data.SqlClient.SqlConnection" => {
            sql_server(".Net SqlClient Data Provider", false)
        }
        "Microsoft.Data.SqlClient.SqlConnection" => {
            sql_server("Framework Microsoft SqlClient Data Provider", true)
        }
        _ => Driver::Other(class.to_owned()),
    }
}

fn odbc(string: &ConnectionString) -> Driver {
    let Some(driver) = string.get(&["Driver"]) else {
        let name = string.get(&["DSN", "FILEDSN"]).unwrap_or("ODBC");
        return Driver::Other(format!("DSN {name}"));
    };
    let lower = driver.to_ascii_lowercase();
    if lower.contains("sql server") || lower == "freetds" || lower.starts_with("sql native client")
    {
        sql_server(driver, lower.starts_with("odbc driver 18"))
    } else {
        Driver::Other(driver.to_owned())
    }
}

fn settings(
    string: &ConnectionString,
    source_name: String,
    encrypt: bool,
) -> Result<Settings, TargetError> {
    let server = ServerName::parse(string.get(SERVER).unwrap_or_default());
    let partner = string.get(&["Failover Partner", "Failover_Partner"]);
    let partner = partner.filter(|name| !name.trim().is_empty()).map(ServerName::parse);
    let text = |keys: &[&str]| string.get(keys).filter(|text| !text.is_empty());
    let trust = &["TrustServerCertificate", "Trust Server Certificate"];
    let intent = text(&["ApplicationIntent", "Application Intent"]);
    Ok(Settings {
        server: server.map_err(TargetError::Server)?,
        failover_partner: partner.transpose().map_err(TargetError::Server)?,
        database: text(DATABASE).map(str::to_owned),
        credentials: credentials(string)?,
        encrypt: encryption(string, encrypt)?,
        trust_server_certificate: flag(string, "TrustServerCertificate", trust)?.unwrap_or(false),
        connect_timeout: connect_timeout(string)?,
        application_name: text(&["Application Name", "APP"]).unwrap_or("SSIS").to_owned(),
        read_only: intent.is_some_and(|intent| intent.eq_ignore_ascii_case("ReadOnly")),
        source_name,
    })
}

fn credentials(string: &ConnectionString) -> Result<Credentials, TargetError> {
    let integrated = string.get(INTEGRATED).map(str::trim).unwrap_or_default();
    if integrated.eq_ignore_ascii_case("SSPI")
        || flag(string, "Integrated Security", INTEGRATED)? == Some(true)
    {
        return Ok(Credentials::Integrated);
    }
    Ok(match string.get(USER) {
        Some(user) if !user.is_empty() => {
            let password = Secret::new(string.get(PASSWORD).unwrap_or_default());
            Credentials::Login { user: user.to_owned(), password }
        }
        _ => Credentials::Missing,
    })
}

fn encryption(string: &ConnectionString, default: bool) -> Result<bool, TargetError> {
    const KEYS: &[&str] = &["Encrypt", "Use Encryption for Data"];
    match string.get(KEYS).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("") => Ok(default),
        Some("mandatory") => Ok(true),
        Some("optional") => Ok(false),
        Some("strict") => Err(TargetError::Strict),
        Some(_) => Ok(flag(string, "Encrypt", KEYS)?.unwrap_or(default)),
    }
}

fn flag(
    string: &ConnectionString,
    keyword: &'static str,
    keys: &[&str],
) -> Result<Option<bool>, TargetError> {
    match string.get(keys).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("") => Ok(None),
        Some("yes" | "true" | "1" | "sspi") => Ok(Some(true)),
        Some("no" | "false" | "0") => Ok(Some(false)),
        Some(_) => Err(TargetError::Value { keyword, expected: "yes or no" }),
    }
}

fn connect_timeout(string: &ConnectionString) -> Result<Duration, TargetError> {
    let Some(text) = string.get(TIMEOUT).filter(|text| !text.is_empty()) else {
        return Ok(CONNECT_TIMEOUT);
    };
    let bad = TargetError::Value { keyword: "Connect Timeout", expected: "a number of seconds" };
    match text.trim().parse().map_err(|_| bad)? {
        0 => Ok(CONNECT_TIMEOUT_MAX),
        seconds => Ok(Duration::from_secs(seconds).min(CONNECT_TIMEOUT_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(api: Api, provider: &str, text: &str) -> Settings {
        match Target::parse(api, provider, text).unwrap() {
            Target::SqlServer(settings) => *settings,
            Target::Other(name) => panic!("{name}"),
        }
    }

    #[test]
    fn the_designers_ole_db_string_asks_for_the_windows_account() {
        let settings = parse(
            Api::OleDb,
            "",
            "Data Source=.;Initial Catalog=DB;Provider=SQLNCLI11.1;Integrated Security=SSPI;Auto Translate=False;",
        );
        assert_eq!(settings.credentials, Credentials::Integrated);
        assert_eq!(settings.database.as_deref(), Some("DB"));
        assert_eq!(settings.source_name, "Microsoft SQL Server Native Client 11.0");
        assert!(!settings.encrypt);
    }

    #[test]
    fn every_api_has_its_keywords() {
        let ado = parse(
            Api::AdoNet,
            "System.Data.SqlClient.SqlConnection, System.Data, Version=4.0.0.0",
            "Server=tcp:db,1500;Database=X;UID=sa;PWD='a;b';Encrypt=True;TrustServerCertificate=true;Connection Timeout=3",
        );
        assert_eq!(ado.server.to_string(), "db,1500");
        assert_eq!(ado.connect_timeout, Duration::from_secs(3));
        assert!(ado.encrypt && ado.trust_server_certificate);
        let login = Credentials::Login { user: "sa".into(), password: Secret::new("a;b") };
        assert_eq!(ado.credentials, login);
        let odbc = parse(
            Api::Odbc,
            "",
            "Driver={ODBC Driver 18 for SQL Server};Server=db;UID=sa;PWD={a};Failover_Partner=other",
        );
        assert!(odbc.encrypt);
        assert_eq!(odbc.failover_partner.unwrap().host, "other");
    }

    #[test]
    fn what_is_not_sql_server_is_named() {
        let other = |api, provider, text| match Target::parse(api, provider, text).unwrap() {
            Target::Other(name) => name,
            Target::SqlServer(_) => panic!("SQL Server"),
        };
        assert_eq!(other(Api::OleDb, "", "Provider=MSOLAP.8;Data Source=x"), "MSOLAP.8");
        assert_eq!(other(Api::Odbc, "", "Dsn=Sales"), "DSN Sales");
        assert_eq!(
            other(Api::AdoNet, "MySql.Data.MySqlClient.MySqlConnection, x", ""),
            "MySql.Data.MySqlClient.MySqlConnection"
        );
    }

    #[test]
    fn mistakes_are_named_and_passwords_never_shown() {
        let error = |text| Target::parse(Api::AdoNet, "", text).unwrap_err().to_string();
        assert_eq!(
            error("Server=x;Encrypt=perhaps"),
            "`Encrypt` in the connection string must be yes or no"
        );
        assert!(error("Server=x;Encrypt=Strict").contains("strict"));
        assert!(error("Server=x;Connect Timeout=soon").contains("number of seconds"));
        assert!(error("User ID=sa").contains("no server"));
        let settings = parse(Api::AdoNet, "", "Server=x;UID=sa;PWD=hush");
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
