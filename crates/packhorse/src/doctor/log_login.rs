//! Checks of a connection string for SQL Server's protocol, as `catalog.update_logdb_info` and
//! scripts use it: whether its server is reached, and takes the login.

use catalog::{Catalog, logins};
use connect::database::{Api, Target};
use connect::sql_server::{Connection, Credentials, SqlError};

use super::fault::{LOGIN_REFUSED, LOGIN_UNREACHABLE};
use super::{Fix, Report, quoted};
use crate::data_dir::DataDir;

/// Connects as the string says. Its password is shown nowhere.
pub(crate) async fn look(
    dir: &DataDir,
    text: &str,
    catalog: Option<&Catalog>,
    report: &mut Report,
) {
    report.check("the connection string");
    let names_provider = text.to_ascii_lowercase().contains("provider=");
    let api = if names_provider { Api::OleDb } else { Api::AdoNet };
    let settings = match Target::parse(api, "", text) {
        Ok(Target::SqlServer(settings)) => settings,
        Ok(
            other @ (Target::Postgres(_)
            | Target::Sqlite { .. }
            | Target::Excel { .. }
            | Target::Other(_)),
        ) => {
            let evidence = format!("it is for {}", other.source_name());
            report.find(LOGIN_UNREACHABLE, evidence, "give one for SQL Server's protocol");
            return;
        }
        Err(error) => {
            report.find(LOGIN_UNREACHABLE, super::chain(&error), "correct the connection string");
            return;
        }
    };
    let user = match &settings.credentials {
        Credentials::Login { user, .. } => user.clone(),
        Credentials::Integrated | Credentials::Missing => String::new(),
    };
    let opened = tokio::task::spawn_blocking(move || Connection::open(&settings).map(drop)).await;
    let Ok(Err(error)) = opened else { return };
    let said = super::chain(&error);
    match error {
        SqlError::Unknown { .. }
        | SqlError::Refused { .. }
        | SqlError::ConnectTimedOut { .. }
        | SqlError::Instance { .. }
        | SqlError::Broken { .. } => {
            let fix = "correct Data Source (HOST,PORT), start the server there, or open its port \
                       in the firewalls on the way";
            report.find(LOGIN_UNREACHABLE, said, fix);
        }
        SqlError::Login { .. } => {
            report.find(LOGIN_REFUSED, said, how_to_let_in(dir, &user, catalog).await);
        }
        SqlError::IntegratedSecurity { .. } | SqlError::NoUser { .. } => {
            report.find(LOGIN_REFUSED, said, "name a login: User Id and Password");
        }
        SqlError::Certificate { .. }
        | SqlError::Server { .. }
        | SqlError::QueryTimedOut { .. }
        | SqlError::Interrupted
        | SqlError::Statement(_)
        | SqlError::Runtime(_) => report.find(LOGIN_REFUSED, said, "see the evidence"),
    }
}

/// The server tells nobody whether a login exists; on a master, SSISDB knows.
async fn how_to_let_in(dir: &DataDir, user: &str, catalog: Option<&Catalog>) -> Fix {
    let Some(catalog) = catalog else {
        return Fix::new("see at a master which logins there are: packhorse login list");
    };
    let name = user.to_owned();
    let row = catalog.read(move |tx| logins::find(tx, &name)).await;
    let word = quoted(user);
    match row {
        Ok(None) => Fix::new("there is no such login; make it, with the password in a file")
            .run(dir.shell(&format!("login create {word} --password-file FILE"))),
        Ok(Some(row)) if row.disabled => {
            Fix::new("the login is disabled").run(dir.shell(&format!("login enable {word}")))
        }
        Ok(Some(_)) | Err(_) => {
            Fix::new("correct the password in the connection string, or set the login's")
                .run(dir.shell(&format!("login password {word} --password-file FILE")))
        }
    }
}
