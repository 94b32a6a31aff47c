//! One connection to the server that takes writes, and the thread-bound runtime that drives it.
//!
//! Jobs are not asynchronous, so each thread of the store has its own session: a statement sends
//! its request and drives the connection until the answer is there, with no other thread woken
//! on the way.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Client, Config, Notification, Row, Statement};

use super::address::Address;
use super::failure::{Context, Failure, Remedy, said};
use crate::error::{ServerSaid, StoreError};
use crate::store::dialect::POSTGRES;

/// How long a statement may take. Longer than it may wait for a lock, so that a server which has
/// stopped answering, and only such a one, is given up.
const STATEMENT_MAX: Duration = Duration::from_secs(40);

/// How many prepared statements a connection keeps, before it starts anew.
const STATEMENTS_MAX: usize = 1_000;

/// The oldest server whose functions are used here.
const VERSION_MIN: i64 = 130_000;

/// What each connection sets. A master that freezes inside a transaction must not hold its locks
/// for long, and an answer means that the write is on disk: at the standby too, where the server
/// has one that is synchronous.
const SETTINGS: &str = "
    SET idle_in_transaction_session_timeout = '10s';
    SET lock_timeout = '20s';
    SET statement_timeout = 0;
    SET client_min_messages = warning;
    SET default_transaction_isolation = 'read committed';
    SET tcp_keepalives_idle = 5;
    SET tcp_keepalives_interval = 1;
    SET tcp_keepalives_count = 4;
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');";

/// A connection that is made when it is needed, and again when it was lost.
pub(super) struct Session {
    pub(super) address: Arc<Address>,
    pub(super) runtime: Runtime,
    open: Option<Open>,
    /// Which host to try first.
    host: usize,
    /// Changes when the server that there is a connection to has stopped answering.
    silences: watch::Receiver<u64>,
}

/// A living connection.
pub(super) struct Open {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
}

impl Session {
    pub(super) fn new(address: Arc<Address>, silences: watch::Receiver<u64>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { address, runtime, open: None, host: 0, silences })
    }

    /// Forgets the connection, and rather tries another host next.
    pub(super) fn discard(&mut self) {
        if self.open.take().is_some() {
            self.host += 1;
        }
    }

    /// Connects, unless there is a connection that is thought to live.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        // An error means that the store is being closed, which is no silence.
        let silent = self.silences.has_changed().unwrap_or(false);
        if !silent && self.open.as_ref().is_some_and(|open| !open.client.is_closed()) {
            return Ok(());
        }
        self.discard();
        self.silences.mark_unchanged();
        let connected = self.runtime.block_on(connect_to_any(&self.address, self.host, None));
        let (host, client) = connected?;
        self.host = host;
        self.open = Some(Open { client, statements: HashMap::new() });
        Ok(())
    }

    /// The connection, what drives it and what ends it; `None` before [`Session::open`].
    pub(super) fn parts(&mut self) -> Option<(&mut Open, &Runtime, &watch::Receiver<u64>)> {
        self.open.as_mut().map(|open| (open, &self.runtime, &self.silences))
    }
}

impl Open {
    /// Runs an SQL text without parameters, as several statements if it is that.
    pub(super) fn batch(
        &self,
        runtime: &Runtime,
        context: Context<'_>,
        sql: &str,
    ) -> Result<(), Failure> {
        wait(runtime, context, sql, self.client.batch_execute(sql))
    }

    /// The statement for `sql`, which is in the catalog's words.
    pub(super) fn prepare(
        &mut self,
        runtime: &Runtime,
        context: Context<'_>,
        sql: &str,
    ) -> Result<Statement, Failure> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let rendered = POSTGRES.render(sql);
        let statement = wait(runtime, context, sql, self.client.prepare(&rendered))?;
        if STATEMENTS_MAX <= self.statements.len() {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Drives the connection until the server has answered.
pub(super) fn wait<T>(
    runtime: &Runtime,
    context: Context<'_>,
    statement: &str,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Failure> {
    let mut silences = context.silences.clone();
    let answered = runtime.block_on(async {
        tokio::select! {
            answer = answer => Some(answer),
            () = tokio::time::sleep(STATEMENT_MAX) => None,
            Ok(()) = silences.changed() => None,
        }
    });
    match answered {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(context.failure(statement, &error)),
        None => Err(context.silence()),
    }
}

/// Tries the hosts in turn, the one that answered last first. The index of the one that takes
/// writes, and the connection to it.
pub(super) async fn connect_to_any(
    address: &Address,
    first: usize,
    heard: Option<UnboundedSender<Notification>>,
) -> Result<(usize, Client), Failure> {
    let mut reasons = Vec::new();
    let n_hosts = address.hosts.len();
    for index in (0..n_hosts).map(|step| (first + step) % n_hosts.max(1)) {
        let Some(host) = address.hosts.get(index) else { continue };
        let attempt = connect(address, host, heard.clone());
        match tokio::time::timeout(address.connect_timeout, attempt).await {
            Ok(Ok(client)) => return Ok((index, client)),
            Ok(Err(error)) => reasons.push(error),
            Err(_elapsed) => reasons.push(plain("no answer in time")),
        }
    }
    Err(unreachable(address, reasons))
}

fn plain(message: &str) -> ServerSaid {
    ServerSaid { sqlstate: None, message: message.to_owned() }
}

/// With one reason where all hosts have the same, and with each host's where they differ.
fn unreachable(address: &Address, mut reasons: Vec<ServerSaid>) -> Failure {
    reasons.dedup();
    let sqlstate = reasons.iter().find_map(|said| said.sqlstate.clone());
    let messages: Vec<_> = reasons.into_iter().map(|said| said.message).collect();
    let source = ServerSaid { sqlstate, message: messages.join("; ") };
    let error = StoreError::Unreachable { place: address.place.clone(), source };
    Failure { remedy: Remedy::Reconnect, error }
}

/// A connection that is ready for use. Its driver is a task of the current runtime, ends with the
/// client, and passes on what the server tells without being asked.
async fn connect(
    address: &Address,
    host: &Config,
    heard: Option<UnboundedSender<Notification>>,
) -> Result<Client, ServerSaid> {
    let connected = host.connect(address.tls.clone()).await;
    let (client, mut connection) = connected.map_err(|error| said(&error))?;
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match (message, &heard) {
                (Ok(AsyncMessage::Notification(notification)), Some(heard)) => {
                    if heard.send(notification).is_err() {
                        return;
                    }
                }
                (Ok(_), _) => {}
                (Err(error), _) => {
                    let error = said(&error).message;
                    tracing::debug!(error, "a connection to the catalog's server ended");
                    return;
                }
            }
        }
    });
    prepare(&client).await?;
    Ok(client)
}

/// Checks and sets what each connection needs.
async fn prepare(client: &Client) -> Result<(), ServerSaid> {
    let failed = |error: tokio_postgres::Error| said(&error);
    let version = "SELECT current_setting('server_version_num')::bigint";
    let row: Row = client.query_one(version, &[]).await.map_err(failed)?;
    let version: i64 = row.try_get(0).map_err(failed)?;
    if version < VERSION_MIN {
        let found = version / 10_000;
        return Err(plain(&format!("PostgreSQL {found} is too old: 13 or newer is needed")));
    }
    client.batch_execute(SETTINGS).await.map_err(failed)
}
