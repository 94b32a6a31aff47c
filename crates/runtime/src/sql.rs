//! SQL Server as the runtime itself uses it, beside tasks and data flows: configurations come from
//! tables, and log entries go into one.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use connect::database::{Api, Statement, Target};
use connect::sql_server::{Connection, Settings, SqlError};
use model::{RowSet, dts};
use package::{ConnectionKind, ConnectionManager};

use crate::Cancel;
use crate::evaluate::{self, Mistake};

/// How often work for a server looks for a request to stop.
pub(crate) const CANCEL_POLL: Duration = Duration::from_millis(20);
/// How long a statement of the runtime's own may take: it stands between a user and the package.
const STATEMENT_TIME_MAX: Duration = Duration::from_secs(60);

/// How statements over a connection manager mark their parameters.
pub(crate) fn api(manager: &ConnectionManager) -> Result<Api, Mistake> {
    match &manager.kind {
        ConnectionKind::OleDb | ConnectionKind::Ado | ConnectionKind::Excel => Ok(Api::OleDb),
        ConnectionKind::AdoNet { .. } => Ok(Api::AdoNet),
        ConnectionKind::Odbc => Ok(Api::Odbc),
        ConnectionKind::FlatFile(_)
        | ConnectionKind::MultiFlatFile(_)
        | ConnectionKind::File { .. }
        | ConnectionKind::MultiFile { .. }
        | ConnectionKind::Cache(_)
        | ConnectionKind::Ftp
        | ConnectionKind::Http
        | ConnectionKind::Smtp
        | ConnectionKind::Other { .. } => Err(Mistake::new(
            dts::DTS_E_OLEDBERROR,
            format!(
                "Connections of type {} cannot execute statements here.",
                manager.creation_name
            ),
        )),
    }
}

/// How to connect to SQL Server, which the runtime's own statements are written for.
fn settings(manager: &ConnectionManager, api: Api) -> Result<Settings, Mistake> {
    match target(manager, api)? {
        Target::SqlServer(settings) => Ok(*settings),
        other @ (Target::Postgres(_)
        | Target::Sqlite { .. }
        | Target::Excel { .. }
        | Target::Other(_)) => Err(no_provider(other.source_name())),
    }
}

fn no_provider(provider: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_OLEDB_NOPROVIDER_ERROR,
        format!(
            "SSIS Error Code DTS_E_OLEDB_NOPROVIDER_ERROR.  The requested OLE DB provider \
             {provider} is not registered."
        ),
    )
}

/// The .NET type of an ADO.NET provider; empty for other connection managers.
pub(crate) fn provider(manager: &ConnectionManager) -> &str {
    if let ConnectionKind::AdoNet { provider } = &manager.kind { provider } else { "" }
}

/// What a connection manager connects to.
pub(crate) fn target(manager: &ConnectionManager, api: Api) -> Result<Target, Mistake> {
    let mut text = manager.connection_string.clone();
    if let Some(password) = &manager.password
        && text.get("Password").is_none_or(|own| own.is_empty())
    {
        text.set("Password", password.expose());
    }
    match Target::parse(api, provider(manager), text.as_str()) {
        Ok(Target::Other(provider)) => Err(no_provider(&provider)),
        Ok(target) => Ok(target),
        Err(error) => Err(Mistake::new(
            dts::DTS_E_OLEDBERROR,
            format!(
                "SSIS Error Code DTS_E_OLEDBERROR.  An OLE DB error has occurred. The connection \
                 string of connection manager \"{}\" cannot be used: {}.",
                manager.name,
                evaluate::chain(&error)
            ),
        )),
    }
}

/// Work for a server that does not come to an end because the run was asked to stop.
pub(crate) struct Stopped;

/// Does work that waits for a server on a thread of its own, because a request to stop must not
/// wait for a server that does not answer. `None` from the work's thread means that it died.
pub(crate) fn aside<T: Send + 'static>(
    cancel: &Cancel,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, Stopped> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        // Nobody takes the result of work that was given up meanwhile.
        drop(done.send(work()));
    });
    loop {
        match result.recv_timeout(CANCEL_POLL) {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return Err(Stopped),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
}

/// Opens a connection; the error is a sentence.
pub(crate) fn open(manager: &ConnectionManager) -> Result<Connection, String> {
    let settings = api(manager).and_then(|api| settings(manager, api));
    let settings = settings.map_err(|mistake| mistake.text().to_owned())?;
    Connection::open(&settings).map_err(|error| sentence(&error))
}

/// Executes a statement; the error is a sentence.
pub(crate) fn execute(
    connection: &mut Connection,
    statement: &Statement,
) -> Result<Vec<RowSet>, String> {
    let answer = connection.execute(statement, Some(STATEMENT_TIME_MAX));
    answer.map(|answer| answer.result_sets).map_err(|error| sentence(&error))
}

/// The rows that a statement answers with, over a connection of its own; the error is a sentence.
pub(crate) fn query(
    cancel: &Cancel,
    manager: &ConnectionManager,
    statement: Statement,
) -> Result<Vec<RowSet>, String> {
    let manager = manager.clone();
    let work = move || execute(&mut open(&manager)?, &statement);
    match aside(cancel, work) {
        Ok(Some(result)) => result,
        Ok(None) => Err("its thread ended by a defect of this program.".to_owned()),
        Err(Stopped) => Err("the package was stopped.".to_owned()),
    }
}

fn sentence(error: &SqlError) -> String {
    format!("{}.", evaluate::chain(error).trim_end_matches('.'))
}
