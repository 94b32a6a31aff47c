//! A connection to SQL Server that blocks.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use model::{RowSet, Value};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Query};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use super::statement::{Batch, Statement, StatementError};
use super::{Credentials, ServerName, Settings, SqlError, browser, value};
use crate::database::{Limits, STOP_POLL};

mod bulk;
mod stream;

/// How often a server may send us on to another one (read-only routing, Azure gateways).
const ROUTES_MAX: usize = 3;

/// A connection. Call it from threads of your own only: it blocks, and an asynchronous runtime
/// does not let it.
pub struct Connection {
    runtime: Runtime,
    /// `None` once the connection is of no use any more.
    client: Option<SqlClient>,
    server: String,
    interrupter: Interrupter,
}

type SqlClient = Client<Compat<TcpStream>>;

/// Ends whatever its connection waits for, from another thread.
#[derive(Clone, Default)]
pub struct Interrupter(Arc<Notify>);

impl Interrupter {
    /// The statement that runs, or else the next one, fails with [`SqlError::Interrupted`], and
    /// the connection is closed; the server rolls back.
    pub fn interrupt(&self) {
        self.0.notify_one();
    }
}

/// What a statement left.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its result sets, in order.
    pub result_sets: Vec<RowSet>,
    /// Names and values of output parameters and return values, in the order of the parameters.
    pub outputs: Vec<(String, Value)>,
    /// Rows that the last statement affected, where [`Statement::count_rows`] asked.
    pub rows_affected: Option<i64>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects and logs in; tries the failover partner when the server cannot be reached.
    pub fn open(settings: &Settings) -> Result<Self, SqlError> {
        let server = settings.server.to_string();
        match settings.credentials {
            Credentials::Integrated => return Err(SqlError::IntegratedSecurity { server }),
            Credentials::Missing => return Err(SqlError::NoUser { server }),
            Credentials::Login { .. } => {}
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(SqlError::Runtime)?;
        let first = runtime.block_on(connect_in_time(settings, &settings.server));
        let (client, server) = match (first, &settings.failover_partner) {
            (Ok(client), _) => (client, server),
            (Err(error), Some(partner)) if is_unreachable(&error) => {
                let second = runtime.block_on(connect_in_time(settings, partner));
                // Which of the two is down matters less than that the first one is.
                (second.map_err(|_| error)?, partner.to_string())
            }
            (Err(error), _) => return Err(error),
        };
        Ok(Self { runtime, client: Some(client), server, interrupter: Interrupter::default() })
    }

    /// The server that it is connected to.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Something to end its statements with.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Whether it can execute statements: not after a timeout, an interruption or a broken line.
    pub const fn is_open(&self) -> bool {
        self.client.is_some()
    }

    /// Executes a statement; `None` waits as long as it takes (or until interrupted).
    pub fn execute(
        &mut self,
        statement: &Statement,
        time_max: Option<Duration>,
    ) -> Result<Outcome, SqlError> {
        self.execute_within(statement, &Limits { time_max, ..Limits::NONE })
    }

    /// Executes a statement, as long as it is wanted.
    pub(crate) fn execute_within(
        &mut self,
        statement: &Statement,
        limits: &Limits<'_>,
    ) -> Result<Outcome, SqlError> {
        let batch = statement.compile().map_err(SqlError::Statement)?;
        let mut client = self.take_client()?;
        let work = run(&mut client, &batch, statement.count_rows);
        let result = self.wait(limits, work);
        self.put_back(client, result)
    }

    fn take_client(&mut self) -> Result<SqlClient, SqlError> {
        let closed = || SqlError::Broken {
            server: self.server.clone(),
            text: "it was closed after an earlier failure".to_owned(),
        };
        self.client.take().ok_or_else(closed)
    }

    /// Waits for something that the server does, as long as it is wanted.
    fn wait<T>(
        &self,
        limits: &Limits<'_>,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let notify = Arc::clone(&self.interrupter.0);
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                result = in_time(work, limits.time_max) => result,
                () = notify.notified() => Err(Trouble::Interrupted),
                () = unwanted(limits) => Err(Trouble::Interrupted),
            }
        })
    }

    fn put_back<T>(
        &mut self,
        client: SqlClient,
        result: Result<T, Trouble>,
    ) -> Result<T, SqlError> {
        let result = result.map_err(|trouble| self.describe(trouble));
        // A connection with half an answer in it is of no use any more.
        if result.as_ref().err().is_none_or(leaves_it_usable) {
            self.client = Some(client);
        }
        result
    }

    fn describe(&self, trouble: Trouble) -> SqlError {
        match trouble {
            Trouble::Driver(tiberius::error::Error::Server(token)) => SqlError::Server {
                number: token.code(),
                state: token.state(),
                severity: token.class(),
                line: token.line(),
                procedure: token.procedure().to_owned(),
                text: token.message().to_owned(),
            },
            Trouble::Driver(error) => {
                SqlError::Broken { server: self.server.clone(), text: error.to_string() }
            }
            Trouble::TimedOut(seconds) => SqlError::QueryTimedOut { seconds },
            Trouble::Interrupted => SqlError::Interrupted,
            Trouble::Statement(error) => SqlError::Statement(error),
        }
    }
}

/// Comes back when what is being done is not wanted any more.
pub(crate) async fn unwanted(limits: &Limits<'_>) {
    let mut tick = tokio::time::interval(STOP_POLL);
    loop {
        tick.tick().await;
        if (limits.stopped)() {
            return;
        }
    }
}

/// Severities from 20 on close the connection at the server.
const SEVERITY_FATAL: u8 = 20;

fn leaves_it_usable(error: &SqlError) -> bool {
    match error {
        SqlError::Server { severity, .. } => *severity < SEVERITY_FATAL,
        SqlError::Statement(_) => true,
        SqlError::Unknown { .. }
        | SqlError::Refused { .. }
        | SqlError::ConnectTimedOut { .. }
        | SqlError::Instance { .. }
        | SqlError::IntegratedSecurity { .. }
        | SqlError::NoUser { .. }
        | SqlError::Login { .. }
        | SqlError::Certificate { .. }
        | SqlError::Broken { .. }
        | SqlError::QueryTimedOut { .. }
        | SqlError::Interrupted
        | SqlError::Runtime(_) => false,
    }
}

fn is_unreachable(error: &SqlError) -> bool {
    matches!(
        error,
        SqlError::Unknown { .. }
            | SqlError::Refused { .. }
            | SqlError::ConnectTimedOut { .. }
            | SqlError::Instance { .. }
    )
}

/// Why a statement has no outcome.
enum Trouble {
    Driver(tiberius::error::Error),
    TimedOut(u64),
    Interrupted,
    Statement(StatementError),
}

impl From<tiberius::error::Error> for Trouble {
    fn from(error: tiberius::error::Error) -> Self {
        Self::Driver(error)
    }
}

async fn in_time<T>(
    work: impl Future<Output = Result<T, Trouble>>,
    time_max: Option<Duration>,
) -> Result<T, Trouble> {
    match time_max {
        Some(limit) => match timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => Err(Trouble::TimedOut(limit.as_secs())),
        },
        None => work.await,
    }
}

async fn run(client: &mut SqlClient, batch: &Batch, count: bool) -> Result<Outcome, Trouble> {
    let mut outcome = Outcome { result_sets: fetch(client, batch).await?, ..Outcome::default() };
    if batch.has_trailer {
        let row = outcome.result_sets.pop().and_then(|mut rows| rows.rows.pop());
        let mut cells = row.into_iter().flatten();
        outcome.rows_affected = cells.next().as_ref().and_then(number).filter(|_| count);
        outcome.outputs = batch.outputs.iter().cloned().zip(cells).collect();
    } else if count {
        let counted = client.simple_query("SELECT ROWCOUNT_BIG()").await?.into_row().await?;
        let cell = counted.and_then(|row| row.into_iter().next());
        let cell = cell.map(|cell| value::value(cell, tiberius::ColumnType::Int8));
        outcome.rows_affected = cell.as_ref().and_then(number);
    }
    Ok(outcome)
}

async fn fetch(client: &mut SqlClient, batch: &Batch) -> Result<Vec<RowSet>, Trouble> {
    let mut stream = if batch.inputs.is_empty() {
        client.simple_query(batch.text.as_str()).await?
    } else {
        let mut query = Query::new(batch.text.as_str());
        for (at, (data_type, input)) in batch.inputs.iter().enumerate() {
            let bound = value::column_data(input, *data_type);
            let name = || (at + 1).to_string();
            query.bind(
                bound.ok_or_else(|| Trouble::Statement(StatementError::Type { name: name() }))?,
            );
        }
        query.query(client).await?
    };
    let columns = stream.columns().await?.unwrap_or_default().to_vec();
    let results = stream.into_results().await?;
    let row_set = |(at, rows)| value::row_set(rows, if at == 0 { &columns } else { &[] });
    Ok(results.into_iter().enumerate().map(row_set).collect())
}

fn number(value: &Value) -> Option<i64> {
    if let Value::I8(n) = value { Some(*n) } else { None }
}

async fn connect_in_time(settings: &Settings, server: &ServerName) -> Result<SqlClient, SqlError> {
    let limit = settings.connect_timeout;
    match timeout(limit, Box::pin(connect(settings, server))).await {
        Ok(result) => result,
        Err(_) => {
            Err(SqlError::ConnectTimedOut { server: server.to_string(), seconds: limit.as_secs() })
        }
    }
}

async fn connect(settings: &Settings, server: &ServerName) -> Result<SqlClient, SqlError> {
    let mut host = server.host.clone();
    let mut port = match (server.known_port(), &server.instance) {
        (Some(port), _) => port,
        (None, instance) => {
            let instance = instance.as_deref().unwrap_or_default();
            let found = browser::port_of(&host, instance).await;
            found.ok_or_else(|| SqlError::Instance { server: server.to_string() })?
        }
    };
    for _ in 0..ROUTES_MAX {
        let name = format!("{host},{port}");
        let stream = reach(&host, port, &name).await?;
        let config = config(settings, &host, port);
        match Box::pin(Client::connect(config, stream.compat_write())).await {
            Err(tiberius::error::Error::Routing { host: next, port: next_port }) => {
                (host, port) = (next, next_port);
            }
            other => return other.map_err(|error| login_error(error, name)),
        }
    }
    let text = "it was sent on to other servers too often".to_owned();
    Err(SqlError::Broken { server: server.to_string(), text })
}

/// Tries all addresses of a host.
async fn reach(host: &str, port: u16, name: &str) -> Result<TcpStream, SqlError> {
    let server = || name.to_owned();
    let unknown = |source| SqlError::Unknown { server: server(), source };
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    let mut found = false;
    for address in tokio::net::lookup_host((host, port)).await.map_err(unknown)? {
        found = true;
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream
                    .set_nodelay(true)
                    .map_err(|source| SqlError::Refused { server: server(), source })?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(if found { SqlError::Refused { server: server(), source: last } } else { unknown(last) })
}

fn config(settings: &Settings, host: &str, port: u16) -> Config {
    let mut config = Config::new();
    config.host(host);
    config.port(port);
    config.application_name(&settings.application_name);
    if let Some(database) = &settings.database {
        config.database(database);
    }
    if let Credentials::Login { user, password } = &settings.credentials {
        config.authentication(AuthMethod::sql_server(user, password.reveal()));
    }
    config.readonly(settings.read_only);
    // Deadlines are kept here, around everything, and not twice.
    config.handshake_timeout(None);
    config.command_timeout(None);
    let level = if settings.encrypt { EncryptionLevel::Required } else { EncryptionLevel::Off };
    config.encryption(level);
    // When only the login is encrypted, Microsoft's providers do not look at the certificate.
    if settings.trust_server_certificate || !settings.encrypt {
        config.trust_cert();
    }
    config
}

fn login_error(error: tiberius::error::Error, server: String) -> SqlError {
    if let tiberius::error::Error::Server(token) = &error {
        let text = token.message().to_owned();
        return SqlError::Login { server, number: token.code(), text };
    }
    if let tiberius::error::Error::Tls(text) = error {
        return SqlError::Certificate { server, text };
    }
    SqlError::Broken { server, text: error.to_string() }
}

#[cfg(test)]
mod tests;
