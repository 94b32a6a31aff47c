//! The connection of an Execute SQL Task: from its connection manager to an open connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connect::database::{Api, Database, DatabaseError, Target};
use model::{MessageType, dts};
use package::ConnectionManager;

use super::Trouble;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::property;
use crate::sql::{self, Stopped};
use crate::transaction::{Transaction, takes_part};

/// An open connection.
pub(crate) struct Acquired {
    /// How statements mark their parameters.
    pub(crate) api: Api,
    connection: Arc<Mutex<Box<dyn Database>>>,
}

impl Acquired {
    /// The connection, for this task alone.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Box<dyn Database>> {
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
    let api = sql::api(&manager).map_err(|reason| not_acquired(&manager.name, reason))?;
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

/// Opens the connection, or takes the one that is shared; in a transaction it takes part.
pub(crate) fn connection(frame: &Arc<Frame>, key: &str) -> Result<Acquired, Trouble> {
    let (manager, api) = manager(frame, key)?;
    let around = Transaction::around(frame).filter(|_| takes_part(&manager));
    let Some(transaction) = around else {
        return retained_or_new(frame, &manager, api);
    };
    let mut joined = transaction.joined();
    Transaction::require_alone(joined.as_ref(), &manager)?;
    if let Some(connection) = transaction.connections().find(&manager.id) {
        return Ok(Acquired { api, connection });
    }
    if joined.is_some() {
        return Err(Trouble::Mistake(Mistake::new(
            dts::DTS_E_OLEDBTRANSACTIONENLIST,
            format!(
                "The connection of \"{}\" has broken, and its transaction with it.",
                manager.name
            ),
        )));
    }
    let acquired = retained_or_new(frame, &manager, api)?;
    let begun = transaction.join(&mut joined, &manager, &acquired.connection);
    begun.map_err(|error| {
        Mistake::new(
            dts::DTS_E_BEGINTRANSACTION,
            format!(
                "The connection manager \"{}\" cannot begin a transaction: {}",
                manager.name, error.text
            ),
        )
    })?;
    Ok(acquired)
}

fn retained_or_new(
    frame: &Arc<Frame>,
    manager: &ConnectionManager,
    api: Api,
) -> Result<Acquired, Trouble> {
    let shared = &frame.run.retained;
    if let Some(connection) = shared.find(&manager.id).filter(|_| manager.retain) {
        return Ok(Acquired { api, connection });
    }
    let target =
        sql::target(manager, api).map_err(|mistake| not_acquired(&manager.name, mistake))?;
    let connection = match open(frame, target)? {
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
        shared.keep(&manager.id, Arc::clone(&connection));
    }
    Ok(Acquired { api, connection })
}

/// What the provider says, as the connection manager's own error.
fn tell(frame: &Arc<Frame>, name: &str, error: &DatabaseError, source_name: &str) {
    let text = error.message(source_name);
    let mut event = frame.event(MessageType::Error, error.code(), text);
    event.subcomponent = format!("Connection manager \"{name}\"");
    frame.raise(event);
}

/// A connection, or the error and whose it is.
type Opening = Result<Box<dyn Database>, (DatabaseError, String)>;

/// Opens a connection, unless the run is asked to stop before the server answers.
fn open(frame: &Arc<Frame>, target: Target) -> Result<Opening, Trouble> {
    let source = target.source_name().to_owned();
    let runner = Arc::clone(&frame.run.runner);
    let opened = sql::aside(&frame.run.runner.cancel, move || {
        let map = &runner.options.path_map;
        let resolve = |path: &str| map.resolve(path).map_err(|error| error.to_string());
        target.open(&resolve, &|| runner.cancel.is_cancelled())
    });
    match opened {
        Ok(Some(result)) => Ok(result.map_err(|error| (error, source))),
        Ok(None) => Err(Trouble::Mistake(Mistake::new(
            dts::DTS_E_SQLTASK_FAILEDTOACQUIRECONNECTION,
            "The connection could not be opened: its thread ended.",
        ))),
        Err(Stopped) => Err(Trouble::Canceled),
    }
}
