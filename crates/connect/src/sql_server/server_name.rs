//! Names of servers as connection strings have them: `tcp:host\instance,port`.

use std::fmt;

/// Where a SQL Server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerName {
    /// Host name or address; `localhost` for `.` and `(local)`.
    pub host: String,
    /// Name of an instance; its port is asked for at the host's SQL Server Browser.
    pub instance: Option<String>,
    /// Port; with one, the instance does not matter.
    pub port: Option<u16>,
}

/// A name that leads to no server from here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerNameError {
    /// The connection string names no server.
    #[error("the connection string names no server; add Data Source=HOST")]
    Missing,
    /// Named pipes, the dedicated administrator connection and LocalDB are Windows only.
    #[error(
        "server `{name}` uses {protocol}, which exists only on Windows; use the TCP name \
         HOST or HOST,PORT"
    )]
    Protocol {
        /// The name.
        name: String,
        /// What it asks for.
        protocol: &'static str,
    },
    /// The port is not a number from 1 to 65535.
    #[error("server `{name}` has a port that is not a number from 1 to 65535")]
    Port {
        /// The name.
        name: String,
    },
}

/// SQL Server's port when none is named.
const DEFAULT_PORT: u16 = 1433;

impl ServerName {
    /// Reads a server name.
    pub fn parse(name: &str) -> Result<Self, ServerNameError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(ServerNameError::Missing);
        }
        let lower = name.to_ascii_lowercase();
        let protocol = |protocol| ServerNameError::Protocol { name: name.to_owned(), protocol };
        if lower.starts_with("np:") || lower.starts_with(r"\\") {
            return Err(protocol("named pipes"));
        }
        if lower.starts_with("admin:") {
            return Err(protocol("the dedicated administrator connection"));
        }
        if lower.starts_with("(localdb)") {
            return Err(protocol("LocalDB"));
        }
        let prefix = ["tcp:", "lpc:"].iter().find(|prefix| lower.starts_with(**prefix));
        let rest = name[prefix.map_or(0, |prefix| prefix.len())..].trim();
        let (rest, port) = match rest.rsplit_once(',') {
            Some((rest, port)) => {
                let port = port.trim().parse().ok().filter(|&port: &u16| port != 0);
                let bad = || ServerNameError::Port { name: name.to_owned() };
                (rest.trim(), Some(port.ok_or_else(bad)?))
            }
            None => (rest, None),
        };
        let (host, instance) = match rest.split_once('\\') {
            Some((host, instance)) => (host.trim(), Some(instance.trim().to_owned())),
            None => (rest, None),
        };
        let local = matches!(host.to_ascii_lowercase().as_str(), "." | "(local)" | "");
        let host = if local { "localhost" } else { host.trim_matches(['[', ']']) };
        let default =
            |instance: &String| instance.is_empty() || instance.eq_ignore_ascii_case("MSSQLSERVER");
        let instance = instance.filter(|instance| !default(instance));
        Ok(Self { host: host.to_owned(), instance, port })
    }

    /// The port, where it is known without asking.
    pub fn known_port(&self) -> Option<u16> {
        match (&self.instance, self.port) {
            (_, Some(port)) => Some(port),
            (None, None) => Some(DEFAULT_PORT),
            (Some(_), None) => None,
        }
    }
}

/// As messages name it: `host`, `host\instance`, `host,port`.
impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        match (&self.instance, self.port) {
            (_, Some(port)) => write!(f, ",{port}"),
            (Some(instance), None) => write!(f, "\\{instance}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> String {
        match ServerName::parse(name) {
            Ok(name) => format!("{name} {:?}", name.known_port()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_of_all_kinds_lead_to_a_host() {
        assert_eq!(parse("."), "localhost Some(1433)");
        assert_eq!(parse("(local)"), "localhost Some(1433)");
        assert_eq!(parse("tcp:db.example.com, 1500 "), "db.example.com,1500 Some(1500)");
        assert_eq!(parse(r".\SQL2019"), r"localhost\SQL2019 None");
        assert_eq!(parse(r"host\inst,1444"), "host,1444 Some(1444)");
        assert_eq!(parse(r"host\mssqlserver"), "host Some(1433)");
        assert_eq!(parse("[::1],1433"), "::1,1433 Some(1433)");
    }

    #[test]
    fn what_exists_only_on_windows_is_named() {
        assert!(parse(r"np:\\.\pipe\sql\query").contains("named pipes"));
        assert!(parse(r"(localdb)\MSSQLLocalDB").contains("LocalDB"));
        assert!(parse("host,70000").contains("port"));
        assert!(parse("").contains("names no server"));
    }
}
