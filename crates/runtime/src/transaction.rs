//! Transactions of containers (TransactionOption): one connection, begun when the first task
//! needs it, committed when the container succeeds and rolled back when it fails.
//!
//! The original enlists connections with the distributed transaction coordinator, so that several
//! servers can take part. Here one connection manager can: its connection is shared by all tasks
//! in the container, whatever its RetainSameConnection says. A second one is an error, and what
//! can be known before a package runs is refused by `check`.
//!
//! Rules: control-flow facts 7.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connect::database::{Database, DatabaseError, Limits, Product, Retained, Statement};
use model::{ExecutionResult, MessageType, dts};
use package::{ConnectionKind, ConnectionManager, TransactionOption};

use crate::evaluate::Mistake;
use crate::frame::Frame;

/// A connection that several use, one at a time.
pub(crate) type Shared = Arc<Mutex<Box<dyn Database>>>;

/// Whether connections of a manager have transactions. Workbooks have none.
pub(crate) const fn takes_part(manager: &ConnectionManager) -> bool {
    matches!(
        manager.kind,
        ConnectionKind::OleDb
            | ConnectionKind::AdoNet { .. }
            | ConnectionKind::Ado
            | ConnectionKind::Odbc
    )
}

/// The transaction that a container has started.
pub(crate) struct Transaction {
    /// IsolationLevel of the container, as .NET numbers it.
    isolation_level: i32,
    /// Its connection, for those who look for shared ones.
    connections: Arc<Retained>,
    joined: Mutex<Option<Joined>>,
    ended: AtomicBool,
}

/// The connection that takes part.
pub(crate) struct Joined {
    manager: String,
    name: String,
    connection: Shared,
    /// Whether it is this transaction that has begun, and not one that a statement began before.
    begun: bool,
}

impl Transaction {
    /// The transaction that an executable takes part in.
    pub(crate) fn around(frame: &Arc<Frame>) -> Option<Arc<Self>> {
        for frame in frame.up_to_package() {
            if let Some(own) = frame.transaction.get().filter(|own| !own.has_ended()) {
                return Some(Arc::clone(own));
            }
            if frame.executable().transaction_option == TransactionOption::NotSupported {
                return None;
            }
        }
        None
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Where its connection is found.
    pub(crate) const fn connections(&self) -> &Arc<Retained> {
        &self.connections
    }

    /// Who takes part. Held while somebody joins, so that two tasks at once open one connection.
    pub(crate) fn joined(&self) -> MutexGuard<'_, Option<Joined>> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a second connection manager.
    pub(crate) fn require_alone(
        joined: Option<&Joined>,
        manager: &ConnectionManager,
    ) -> Result<(), Mistake> {
        match joined {
            Some(other) if other.manager != manager.id => Err(Mistake::new(
                dts::DTS_E_OLEDBTRANSACTIONENLIST,
                format!(
                    "The connection manager \"{}\" cannot take part in the transaction, in which \
                     \"{}\" takes part already: transactions over several connection managers need \
                     the distributed transaction coordinator of Windows (MSDTC). Let the tasks use \
                     one connection manager, or set TransactionOption to NotSupported for those \
                     that need no transaction.",
                    manager.name, other.name
                ),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Begins on a connection.
    pub(crate) fn join(
        &self,
        joined: &mut Option<Joined>,
        manager: &ConnectionManager,
        connection: &Shared,
    ) -> Result<(), DatabaseError> {
        let begun = {
            let mut database = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let begun = database.begin()?;
            if begun {
                isolate(database.as_mut(), self.isolation_level)?;
            }
            begun
        };
        self.connections.keep(&manager.id, Arc::clone(connection));
        *joined = Some(Joined {
            manager: manager.id.clone(),
            name: manager.name.clone(),
            connection: Arc::clone(connection),
            begun,
        });
        Ok(())
    }
}

/// Sets the isolation level, where the product has levels.
fn isolate(database: &mut dyn Database, level: i32) -> Result<(), DatabaseError> {
    let name = match level {
        256 => "READ UNCOMMITTED",
        4096 => "READ COMMITTED",
        65_536 => "REPEATABLE READ",
        1_048_576 => "SERIALIZABLE",
        16_777_216 => "SNAPSHOT",
        _ => return Ok(()),
    };
    match database.product() {
        Product::Sqlite | Product::Excel => Ok(()),
        Product::SqlServer | Product::Postgres => set_level(database, name),
    }
}

fn set_level(database: &mut dyn Database, name: &str) -> Result<(), DatabaseError> {
    let statement = Statement::batch(format!("SET TRANSACTION ISOLATION LEVEL {name}"));
    database.execute(&statement, &Limits::NONE).map(drop)
}

/// Starts a transaction if the executable wants one and none is around it.
pub(crate) fn start(frame: &Arc<Frame>) {
    let executable = frame.executable();
    let wanted = executable.transaction_option == TransactionOption::Required;
    if !wanted || Transaction::around(frame).is_some() {
        return;
    }
    let transaction = Transaction {
        isolation_level: executable.isolation_level,
        connections: Arc::default(),
        joined: Mutex::new(None),
        ended: AtomicBool::new(false),
    };
    // A frame starts once.
    drop(frame.transaction.set(Arc::new(transaction)));
    frame.say(
        MessageType::Information,
        dts::DTS_I_STARTINGTRANSACTION,
        "Starting distributed transaction for this container.",
    );
}

/// Ends the transaction that the executable has started, if it has; `false` when it could not be
/// committed.
pub(crate) fn end(frame: &Arc<Frame>, result: ExecutionResult) -> bool {
    let Some(transaction) = frame.transaction.get() else { return true };
    let commits = matches!(result, ExecutionResult::Success | ExecutionResult::Completion);
    let (code, text) = if commits {
        (
            dts::DTS_I_COMMITTINGTRANSACTION,
            "Committing distributed transaction started by this container.",
        )
    } else {
        (dts::DTS_I_ABORTINGTRANSACTION, "Aborting the current distributed transaction.")
    };
    frame.say(MessageType::Information, code, text);
    let joined = transaction.joined().take();
    transaction.ended.store(true, Ordering::SeqCst);
    let Some(joined) = joined.filter(|joined| joined.begun) else { return true };
    let mut database = joined.connection.lock().unwrap_or_else(PoisonError::into_inner);
    let ended = if commits { database.commit() } else { database.rollback() };
    let ended = ended.and_then(|()| {
        // A level holds for the connection in SQL Server, and others may use it next.
        match database.product() {
            Product::SqlServer => set_level(database.as_mut(), "READ COMMITTED"),
            Product::Postgres | Product::Sqlite | Product::Excel => Ok(()),
        }
    });
    match ended {
        Ok(()) => true,
        // A server that has gone has rolled back.
        Err(error) if !commits => {
            tracing::warn!(error = error.text, "a transaction could not be rolled back");
            true
        }
        Err(error) => {
            frame.error(
                error.code(),
                format!(
                    "The transaction of connection manager \"{}\" could not be committed: {}",
                    joined.name, error.text
                ),
            );
            false
        }
    }
}
