//! The connection of an Execute SQL Task: from its connection manager to an open connection.

use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use connect::sql_server::{Api, Connection, Settings, SqlError, Target};
use model::{MessageType, dts};
use package::{ConnectionKind, ConnectionManager};

use super::{CANCEL_POLL, Trouble};
use crate::evaluate::{self, Mistake};
use crate::frame::Frame;
use crate::property;

/// Connections that all tasks of a package share (RetainSameConnection), by the connection
/// manager's id.
#[derive(Default)]
pub(crate) struct Retained(Mutex<HashMap<String, Arc<Mutex<Connection>>>>);

/// An open connection.
pub(super) struct Acquired {
    /// How statements mark their parameters.
    pub(super) api: Api,
    connection: Arc<Mutex<Connection>>,
}

impl Acquired {
    /// The connection, for this task alone.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection manager, with its property expressions applied.
pub(super) fn manager(frame: &Arc<Frame>, key: &str) -> Result<(ConnectionManager, Api), Mistake> {
    if key.is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_SQLTASK_NOCONNECTIONMANAGER,
            "No connection manager is specified.",
        ));
    }
    let manager = property::connection(frame, key)?.ok_or_else(|| no_manager(key))?;
    let api = match &manager.kind {
        ConnectionKind::OleDb | ConnectionKind::Ado => Api::OleDb,
        ConnectionKind::AdoNet { .. } => Api::AdoNet,
        ConnectionKind::Odbc => Api::Odbc,
        ConnectionKind::Excel
        | ConnectionKind::FlatFile(_)
        | ConnectionKind::MultiFlatFile(_)
        | ConnectionKind::File { .. }
        | ConnectionKind::MultiFile { .. }
        | ConnectionKind::Cache(_)
        | ConnectionKind::Ftp
        | ConnectionKind::Http
        | ConnectionKind::Smtp
        | ConnectionKind::Other { .. } => {
            let reason = format!(
                "Connections of type {} cannot execute statements here.",
                manager.creation_name
            );
            return Err(not_acquired(&manager.name, Mistake::new(dts::DTS_E_OLEDBERROR, reason)));
        }
    };
    Ok((manager, api))
}

/// There is no such connection manager.
pub(super) fn no_manager(key: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_SQLTASK_CANNOTLOCATECONNMANAGER,
        format!("Connection manager \"{key}\" does not exist."),
    )
}

fn not_acquired(name: &str, reason: Mistake) -> Mistake {
    reason.and(
        dts::DTS_E_SQLTASK_FAILEDTOACQUIRECONNECTION,
        format!(
            "Failed to acquire connection \"{name}\". Connection may not be configured correctly \
             or you may not have the right permissions on this connection."
        ),
    )
}

/// Opens the connection, or takes the one that is shared.
pub(super) fn connection(frame: &Arc<Frame>, key: &str) -> Result<Acquired, Trouble> {
    let (manager, api) = manager(frame, key)?;
    let shared = &frame.run.retained.0;
    if manager.retain {
        let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = shared.get(&manager.id).filter(|c| is_open(c)) {
            return Ok(Acquired { api, connection: Arc::clone(connection) });
        }
    }
    let settings =
        settings(&manager, api).map_err(|mistake| not_acquired(&manager.name, mistake))?;
    let connection = match open(frame, settings)? {
        Ok(connection) => Arc::new(Mutex::new(connection)),
        Err((error, source_name)) => {
            tell(frame, &manager.name, &error, &source_name);
            let name = &manager.name;
            return Err(Trouble::Mistake(Mistake::new(
                dts::DTS_E_SQLTASK_FAILEDTOACQUIRECONNECTION,
                format!(
                    "Failed to acquire connection \"{name}\". Connection may not be configured \
                     correctly or you may not have the right permissions on this connection."
                ),
            )));
        }
    };
    if manager.retain {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.insert(manager.id, Arc::clone(&connection));
    }
    Ok(Acquired { api, connection })
}

fn is_open(connection: &Mutex<Connection>) -> bool {
    // One that another task uses at the moment is open.
    connection.try_lock().map_or(true, |connection| connection.is_open())
}

/// What the provider says, as the connection manager's own error.
fn tell(frame: &Arc<Frame>, name: &str, error: &SqlError, source_name: &str) {
    let text = error.message(source_name);
    let mut event = frame.event(MessageType::Error, error.code(), text);
    event.subcomponent = format!("Connection manager \"{name}\"");
    frame.raise(event);
}

fn settings(manager: &ConnectionManager, api: Api) -> Result<Settings, Mistake> {
    let mut text = manager.connection_string.clone();
    if let Some(password) = &manager.password
        && text.get("Password").is_none_or(|own| own.is_empty())
    {
        text.set("Password", password.expose());
    }
    let provider = if let ConnectionKind::AdoNet { provider } = &manager.kind {
        provider.as_str()
    } else {
        ""
    };
    match Target::parse(api, provider, text.as_str()) {
        Ok(Target::SqlServer(settings)) => Ok(*settings),
        Ok(Target::Other(provider)) => Err(Mistake::new(
            dts::DTS_E_OLEDB_NOPROVIDER_ERROR,
            format!(
                "SSIS Error Code DTS_E_OLEDB_NOPROVIDER_ERROR.  The requested OLE DB provider \
                 {provider} is not registered."
            ),
        )),
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

/// Opens a connection on a thread of its own, because a request to stop must not wait for a
/// server that does not answer.
fn open(
    frame: &Arc<Frame>,
    settings: Settings,
) -> Result<Result<Connection, (SqlError, String)>, Trouble> {
    let (done, opened) = mpsc::channel();
    thread::spawn(move || {
        let source = settings.source_name.clone();
        // Nobody takes the connection of a task that was stopped meanwhile.
        drop(done.send(Connection::open(&settings).map_err(|error| (error, source))));
    });
    loop {
        match opened.recv_timeout(CANCEL_POLL) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) if frame.is_cancelled() => {
                return Err(Trouble::Canceled);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Trouble::Mistake(Mistake::new(
                    dts::DTS_E_SQLTASK_FAILEDTOACQUIRECONNECTION,
                    "The connection could not be opened: its thread ended.",
                )));
            }
        }
    }
}
