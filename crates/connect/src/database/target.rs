//! What a connection string connects to: a database with a driver here, or something that is
//! named.
//!
//! Keywords: SQL Server's providers (see `sql_server/target.rs`), psqlODBC and Npgsql for
//! PostgreSQL, the SQLite ODBC driver and System.Data.SQLite for SQLite, ACE and Jet for Excel,
//! and MSDASQL, the OLE DB provider for ODBC drivers, with any of these but Excel in its extended
//! properties.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::{Database, DatabaseError, Kind, PostgresSettings, STOP_POLL, excel, postgres, sqlite};
use crate::connection_string::{ConnectionString, Dialect, ParseError};
use crate::sql_server::{self, Api, Settings};

/// What a connection string connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// SQL Server.
    SqlServer(Box<Settings>),
    /// PostgreSQL.
    Postgres(Box<PostgresSettings>),
    /// A SQLite file, as the package writes its path.
    Sqlite {
        /// The path.
        file: String,
        /// Whether it is opened for reading only.
        read_only: bool,
    },
    /// An Excel workbook, as the package writes its path.
    Excel {
        /// The path.
        file: String,
        /// HDR: whether the first row has the names of the columns.
        header: bool,
        /// IMEX=1: columns with values of several types are text.
        mixed_as_text: bool,
        /// The provider's name, for messages.
        provider: String,
    },
    /// Something without a driver here, by the name of its provider, driver or DSN.
    Other(String),
}

/// A connection string that cannot be understood. Values are never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// One for SQL Server.
    #[error(transparent)]
    SqlServer(sql_server::TargetError),
    /// It does not follow the rules of connection strings.
    #[error("the connection string cannot be read")]
    Syntax(#[source] ParseError),
    /// A keyword has a value that it cannot have, or is missing.
    #[error("`{keyword}` in the connection string must be {expected}")]
    Value {
        /// The keyword.
        keyword: &'static str,
        /// What it may be.
        expected: &'static str,
    },
}

/// How often connecting is tried when the server may be back soon, and how long between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

impl Target {
    /// Understands a connection string. `provider` is the type behind `ADO.NET:` in a creation
    /// name (empty means SqlClient); the other APIs name theirs in the string.
    pub fn parse(api: Api, provider: &str, text: &str) -> Result<Self, TargetError> {
        let found = sql_server::Target::parse(api, provider, text);
        let name = match found.map_err(TargetError::SqlServer)? {
            sql_server::Target::SqlServer(settings) => return Ok(Self::SqlServer(settings)),
            sql_server::Target::Other(name) => name,
        };
        let dialect = if api == Api::Odbc { Dialect::Odbc } else { Dialect::OleDb };
        let string = ConnectionString::parse(text, dialect).map_err(TargetError::Syntax)?;
        if api == Api::OleDb && name.to_ascii_uppercase().starts_with("MSDASQL") {
            return Self::parse(Api::Odbc, "", &bridged(&string)?);
        }
        let lower = name.to_ascii_lowercase();
        if ["postgres", "psql", "npgsql", "pgnp"].iter().any(|part| lower.contains(part)) {
            let settings = PostgresSettings::parse(&string, name)?;
            return Ok(Self::Postgres(Box::new(settings)));
        }
        if lower.contains("sqlite") {
            let keys = &["Data Source", "DataSource", "Database", "FullUri"];
            let file = string.get(keys).filter(|file| !file.trim().is_empty()).ok_or(
                TargetError::Value { keyword: "Database", expected: "the path of a file" },
            )?;
            let read_only = string.get(&["Read Only", "Mode"]).is_some_and(|text| {
                matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "readonly")
            });
            return Ok(Self::Sqlite { file: file.to_owned(), read_only });
        }
        Ok(Self::excel(&string, &name)?.unwrap_or(Self::Other(name)))
    }

    /// A workbook that the ACE or Jet provider opens; `None` for anything else that they open.
    fn excel(string: &ConnectionString, provider: &str) -> Result<Option<Self>, TargetError> {
        let lower = provider.to_ascii_lowercase();
        let extended = string.get(&["Extended Properties"]).unwrap_or_default();
        let mut settings = extended.split(';').map(str::trim);
        let is_excel = settings.next().is_some_and(|kind| {
            kind.trim_matches(['"', '\'']).to_ascii_lowercase().starts_with("excel")
        });
        if !is_excel || !(lower.contains(".ace.") || lower.contains(".jet.")) {
            return Ok(None);
        }
        let file = string.get(&["Data Source"]).filter(|file| !file.trim().is_empty());
        let file = file
            .ok_or(TargetError::Value { keyword: "Data Source", expected: "the path of a file" })?;
        let setting = |wanted: &str| {
            let mut pairs = settings.clone().filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|pair| pair.0.trim().eq_ignore_ascii_case(wanted));
            found.map(|pair| pair.1.trim().trim_matches(['"', '\'']).to_ascii_lowercase())
        };
        Ok(Some(Self::Excel {
            file: file.to_owned(),
            header: setting("HDR").is_none_or(|header| header != "no"),
            mixed_as_text: setting("IMEX").is_some_and(|mode| mode == "1"),
            provider: provider.to_owned(),
        }))
    }

    /// The provider as its messages name it.
    pub fn source_name(&self) -> &str {
        match self {
            Self::SqlServer(settings) => &settings.source_name,
            Self::Postgres(settings) => &settings.source_name,
            Self::Sqlite { .. } => "SQLite",
            Self::Excel { provider, .. } => provider,
            Self::Other(name) => name,
        }
    }

    /// Connects; tries again when the server may only be away for a moment. `resolve` gives the
    /// file of this machine that a path in the package means.
    pub fn open(
        &self,
        resolve: &dyn Fn(&str) -> Result<PathBuf, String>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Box<dyn Database>, DatabaseError> {
        let mut attempt = 1;
        loop {
            let error = match self.try_open(resolve) {
                Ok(database) => return Ok(database),
                Err(error) => error,
            };
            // A refused connection is an answer: only a server that is starting says "later".
            if !error.transient || error.number.is_none() || attempt == ATTEMPTS {
                return Err(error);
            }
            tracing::info!(attempt, error = error.text, "connecting is tried again");
            attempt += 1;
            let pause = Instant::now();
            while pause.elapsed() < PAUSE {
                if stopped() {
                    return Err(DatabaseError::stopped());
                }
                thread::sleep(STOP_POLL);
            }
        }
    }

    fn try_open(
        &self,
        resolve: &dyn Fn(&str) -> Result<PathBuf, String>,
    ) -> Result<Box<dyn Database>, DatabaseError> {
        match self {
            Self::SqlServer(settings) => Ok(Box::new(sql_server::Connection::open(settings)?)),
            Self::Postgres(settings) => Ok(Box::new(postgres::Connection::open(settings)?)),
            Self::Sqlite { file, read_only } => {
                let path =
                    resolve(file).map_err(|text| DatabaseError::new(Kind::Connection, text))?;
                Ok(Box::new(sqlite::Connection::open(&path, *read_only)?))
            }
            Self::Excel { file, header, mixed_as_text, .. } => {
                let path =
                    resolve(file).map_err(|text| DatabaseError::new(Kind::Connection, text))?;
                Ok(Box::new(excel::Connection::open(&path, *header, *mixed_as_text)?))
            }
            Self::Other(name) => Err(DatabaseError::new(Kind::Unsupported, Self::no_driver(name))),
        }
    }

    /// Why there is no connection to something without a driver, and what to do.
    pub fn no_driver(name: &str) -> String {
        format!(
            "the provider `{name}` has no driver here; SQL Server, PostgreSQL, SQLite and Excel have. \
             Where the data is in one of these, name its provider in the connection string"
        )
    }
}

/// The ODBC connection string in one of the OLE DB provider for ODBC drivers: its extended
/// properties, or the name of a DSN, with what the outer string says about who and which database.
fn bridged(outer: &ConnectionString) -> Result<String, TargetError> {
    let inner = outer.get(&["Extended Properties", "Provider String"]).unwrap_or_default();
    let mut inner = ConnectionString::parse(inner, Dialect::Odbc).map_err(TargetError::Syntax)?;
    const KEYS: &[(&[&str], &[&str])] = &[
        (&["Data Source"], &["DSN", "Driver", "FileDSN"]),
        (&["User ID"], &["UID", "User ID", "User"]),
        (&["Password"], &["PWD", "Password"]),
        (&["Initial Catalog"], &["Database"]),
    ];
    for (from, to) in KEYS {
        if let (Some(value), None) = (outer.get(from), inner.get(to)) {
            inner.set(to, value);
        }
    }
    Ok(inner.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_chosen_by_the_provider() {
        let parse = |api, provider, text| Target::parse(api, provider, text).unwrap();
        let postgres = |target| match target {
            Target::Postgres(settings) => {
                (settings.host.clone(), settings.port, settings.user.clone())
            }
            other @ (Target::SqlServer(_)
            | Target::Sqlite { .. }
            | Target::Excel { .. }
            | Target::Other(_)) => {
                panic!("{other:?}")
            }
        };
        let odbc = "Driver={PostgreSQL Unicode(x64)};Server=db;Port=5433;Database=d;Uid=u;Pwd=p";
        assert_eq!(postgres(parse(Api::Odbc, "", odbc)), ("db".into(), 5433, "u".into()));
        let npgsql = "Host=db;Username=u;Password=p;Database=d;SSL Mode=Require";
        let provider = "Npgsql.NpgsqlConnection, Npgsql, Version=4.0";
        assert_eq!(postgres(parse(Api::AdoNet, provider, npgsql)), ("db".into(), 5432, "u".into()));
        let file = Target::Sqlite { file: "C:\\a.db".into(), read_only: false };
        assert_eq!(parse(Api::Odbc, "", "Driver={SQLite3 ODBC Driver};Database=C:\\a.db"), file);
        assert_eq!(
            parse(Api::AdoNet, "System.Data.SQLite.SQLiteConnection, x", "Data Source=C:\\a.db"),
            file
        );
        let bridge = "Provider=MSDASQL.1;Persist Security Info=True;Extended Properties=\"Driver={SQLite3 \
                      ODBC Driver};Database=C:\\a.db\";";
        assert_eq!(parse(Api::OleDb, "", bridge), file);
        let bridge = "Provider=MSDASQL;User ID=u;Password=p;Initial Catalog=d;Extended \
                      Properties='Driver={PostgreSQL Unicode};Server=db'";
        assert_eq!(postgres(parse(Api::OleDb, "", bridge)), ("db".into(), 5432, "u".into()));
        let dsn = parse(Api::OleDb, "", "Provider=MSDASQL.1;Data Source=Sales;User ID=u");
        assert_eq!(dsn, Target::Other("DSN Sales".into()));
        assert_eq!(
            parse(Api::OleDb, "", "Provider=OraOLEDB.Oracle;Data Source=x"),
            Target::Other("OraOLEDB.Oracle".into())
        );
    }

    #[test]
    fn a_password_is_never_shown() {
        let text = "Driver={PostgreSQL Unicode};Server=db;Uid=u;Pwd=hush";
        assert!(!format!("{:?}", Target::parse(Api::Odbc, "", text)).contains("hush"));
    }
}
