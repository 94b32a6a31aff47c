//! Whether a server can be connected to: `catalog.update_logdb_info` asks before it keeps a
//! connection string. The master itself knows no drivers.

use connect::sql_server::{Api, Connection, Target};
use ssisdb::Probe;

/// Connects with the drivers that packages have.
pub(crate) struct Drivers;

impl Probe for Drivers {
    fn connect(&self, connection_string: &str) -> Result<(), String> {
        // Scripts leave the provider out, as SqlClient has it.
        let names_provider = connection_string.to_ascii_lowercase().contains("provider=");
        let api = if names_provider { Api::OleDb } else { Api::AdoNet };
        let target = Target::parse(api, "", connection_string).map_err(|error| chain(&error))?;
        match target {
            Target::SqlServer(settings) => {
                Connection::open(&settings).map(drop).map_err(|error| error.description())
            }
            Target::Other(provider) => Err(format!("there is no provider {provider} here")),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_reached_is_said_without_the_password() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let string = format!(
            "Data Source=127.0.0.1,{};User Id=sa;Password=hush;Connect Timeout=5",
            nobody.port()
        );
        let reason = Drivers.connect(&string).unwrap_err();
        assert!(reason.contains("127.0.0.1") && !reason.contains("hush"), "{reason}");
        let reason = Drivers.connect("Provider=OraOLEDB.Oracle;Data Source=x").unwrap_err();
        assert_eq!(reason, "there is no provider OraOLEDB.Oracle here");
    }
}
