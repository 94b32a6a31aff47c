//! What a master's T-SQL asks of this machine: what is at the other end of a connection string or
//! an address (`catalog.update_logdb_info` and `catalog.update_master_address` ask before they keep
//! one), and where a file is that a script names (`OPENROWSET(BULK ...)`). The master itself knows
//! neither drivers nor Windows paths.

use std::path::PathBuf;
use std::time::Duration;

use connect::path::PathMap;
use connect::sql_server::{Api, Connection, Statement, Target};
use model::Value;
use ssisdb::Probe;
use transport::{CertificateRequest, Client, ClientError, Identity, Thumbprint};

/// This machine, with the drivers that packages have and the master's path mappings.
pub(crate) struct Machine {
    /// Where Windows paths are.
    pub(crate) paths: PathMap,
}

impl Probe for Machine {
    fn ask(&self, connection_string: &str, query: &str) -> Result<Vec<Option<String>>, String> {
        // Scripts leave the provider out, as SqlClient has it.
        let names_provider = connection_string.to_ascii_lowercase().contains("provider=");
        let api = if names_provider { Api::OleDb } else { Api::AdoNet };
        let target = Target::parse(api, "", connection_string).map_err(|error| chain(&error))?;
        let settings = match target {
            Target::SqlServer(settings) => settings,
            Target::Other(provider) => return Err(format!("there is no provider {provider} here")),
        };
        let mut connection = Connection::open(&settings).map_err(|error| error.description())?;
        let outcome = connection.execute(&Statement::batch(query), Some(ANSWER_MAX));
        let outcome = outcome.map_err(|error| error.description())?;
        let row =
            outcome.result_sets.into_iter().next().and_then(|set| set.rows.into_iter().next());
        let text = |value: Value| (!value.is_null()).then(|| value.to_string());
        Ok(row.unwrap_or_default().into_iter().map(text).collect())
    }

    fn locate(&self, path: &str) -> Result<PathBuf, String> {
        self.paths.resolve(path).map_err(|error| chain(&error))
    }

    fn certificate_at(&self, address: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(certificate_at(address))
    }
}

/// How long a server may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// A client that trusts nobody is shown the certificate and goes no further.
async fn certificate_at(address: &str) -> Result<String, String> {
    let names = CertificateRequest { common_name: "probe".to_owned(), names: Vec::new(), days: 1 };
    let identity = Identity::generate(&names).map_err(|error| chain(&error))?;
    let nobody = Thumbprint::of(b"");
    let client = Client::new(vec![address.to_owned()], identity, vec![nobody]);
    let client = client.map_err(|error| chain(&error))?;
    match client.get_json::<serde_json::Value>("/openapi.json", ANSWER_MAX).await {
        Err(ClientError::Untrusted { presented, .. }) => Ok(presented.to_string()),
        Err(error) => Err(chain(&error)),
        Ok(_) => Err("it answered without a certificate".to_owned()),
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
        let machine = Machine { paths: PathMap::default() };
        let reason = machine.ask(&string, "SELECT 1").unwrap_err();
        assert!(reason.contains("127.0.0.1") && !reason.contains("hush"), "{reason}");
        let reason = machine.ask("Provider=OraOLEDB.Oracle;Data Source=x", "SELECT 1").unwrap_err();
        assert_eq!(reason, "there is no provider OraOLEDB.Oracle here");
    }

    #[test]
    fn an_address_where_nobody_listens_is_said_to_be_one() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let machine = Machine { paths: PathMap::default() };
        let reason = machine.certificate_at(&format!("https://{nobody}")).unwrap_err();
        assert!(reason.contains(&nobody.to_string()), "{reason}");
    }
}
