//! PostgreSQL, over its own protocol.
//!
//! Parameters are sent as text and read by the server as the type that it wants there; results
//! come in binary. Source: "Frontend/Backend Protocol" and "COPY" of PostgreSQL's documentation.

mod script;
mod settings;
mod text;
mod tls;
mod value;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, TryStreamExt as _};
use model::{DataType, RowSet, Value};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls, RowStream, SimpleQueryMessage};

use super::{
    BulkInsert, Column, Database, DatabaseError, Direction, Kind, Limits, Outcome, Product,
    RowSink, Statement, quoted_column,
};
use crate::sql_server::unwanted;

pub use settings::PostgresSettings;

/// Bytes of one piece of COPY data.
const COPY_BYTES: usize = 64 << 10;

/// A connection.
pub(super) struct Connection {
    runtime: Runtime,
    /// `None` once the connection is of no use any more.
    client: Option<Client>,
    host: String,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects and logs in.
    pub(super) fn open(settings: &PostgresSettings) -> Result<Self, DatabaseError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            DatabaseError::new(Kind::Connection, format!("cannot prepare a connection: {error}"))
        })?;
        let connector = tls::connector(settings)?;
        let config = settings.config();
        let limit = settings.connect_timeout;
        let connect = async {
            let connected = match connector {
                Some(connector) => config.connect(connector).await.map(|(client, connection)| {
                    tokio::spawn(connection);
                    client
                }),
                None => config.connect(NoTls).await.map(|(client, connection)| {
                    tokio::spawn(connection);
                    client
                }),
            };
            connected.map_err(|error| connecting(settings, &error))
        };
        let client = runtime.block_on(async { tokio::time::timeout(limit, connect).await });
        let client = client.unwrap_or_else(|_| {
            let text =
                format!("server `{}` did not answer in {} s", settings.host, limit.as_secs());
            Err(DatabaseError::new(Kind::Connection, text))
        })?;
        Ok(Self { runtime, client: Some(client), host: settings.host.clone() })
    }

    fn take_client(&mut self) -> Result<Client, DatabaseError> {
        self.client.take().filter(|client| !client.is_closed()).ok_or_else(|| {
            let text = format!("the connection to server `{}` is closed", self.host);
            DatabaseError::new(Kind::Connection, text)
        })
    }

    /// Waits for something that the server does, as long as it is wanted.
    fn wait<T>(
        &self,
        limits: &Limits<'_>,
        work: impl Future<Output = Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                result = work => result,
                () = expired(limits.time_max) => {
                    Err(DatabaseError::timed_out(limits.time_max.map_or(0, |limit| limit.as_secs())))
                }
                () = unwanted(limits) => Err(DatabaseError::stopped()),
            }
        })
    }

    /// Does something with the client, which is given up when half an answer is in it.
    fn with_client<T>(
        &mut self,
        limits: &Limits<'_>,
        work: impl AsyncFnOnce(&Client) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let client = self.take_client()?;
        let result = self.wait(limits, work(&client));
        self.put_back(client, &result);
        result
    }

    fn put_back<T>(&mut self, client: Client, result: &Result<T, DatabaseError>) {
        let given_up = |error: &DatabaseError| {
            matches!(error.kind, Kind::Connection | Kind::Stopped | Kind::TimedOut)
        };
        if result.as_ref().err().is_some_and(given_up) {
            // The server goes on with what nobody waits for unless it is told.
            let cancel = client.cancel_token();
            let told = tokio::time::Duration::from_secs(1);
            let told = async { tokio::time::timeout(told, cancel.cancel_query(NoTls)).await };
            drop(self.runtime.block_on(told));
        } else {
            self.client = Some(client);
        }
    }

    fn command(&mut self, text: &str) -> Result<(), DatabaseError> {
        self.with_client(&Limits::NONE, async |client| {
            client.batch_execute(text).await.map_err(|error| server(&error))
        })
    }
}

async fn expired(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

fn connecting(settings: &PostgresSettings, error: &tokio_postgres::Error) -> DatabaseError {
    let mut failed = server(error);
    if failed.number.is_none() && failed.kind != Kind::Login {
        failed.kind = Kind::Connection;
    }
    let host = format!("{}:{}", settings.host, settings.port);
    failed.text = format!("cannot connect to PostgreSQL at `{host}`: {}", failed.text);
    failed
}

/// An error of the server, or of the line to it.
fn server(error: &tokio_postgres::Error) -> DatabaseError {
    let Some(said) = error.as_db_error() else {
        let mut text = error.to_string();
        if let Some(cause) = std::error::Error::source(error) {
            text = format!("{text}: {cause}");
        }
        let kind = if error.is_closed() { Kind::Connection } else { Kind::Statement };
        return DatabaseError::new(kind, text);
    };
    let code = said.code();
    let kind = match code.code().get(..2) {
        Some("08" | "57") if *code == SqlState::QUERY_CANCELED => Kind::TimedOut,
        Some("08" | "57") => Kind::Connection,
        Some("28") => Kind::Login,
        Some("23") => Kind::Integrity,
        Some("22") => Kind::Conversion,
        _ if *code == SqlState::INSUFFICIENT_PRIVILEGE => Kind::Permission,
        _ if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN => {
            Kind::Missing
        }
        _ => Kind::Statement,
    };
    let mut text = format!("{}: {}", said.code().code(), said.message());
    for more in [said.detail(), said.where_()].into_iter().flatten() {
        text.push_str(" (");
        text.push_str(more);
        text.push(')');
    }
    let transient = *code == SqlState::CANNOT_CONNECT_NOW
        || *code == SqlState::TOO_MANY_CONNECTIONS
        || *code == SqlState::T_R_DEADLOCK_DETECTED
        || *code == SqlState::T_R_SERIALIZATION_FAILURE;
    DatabaseError { kind, text, number: u32::from_str_radix(code.code(), 36).ok(), transient }
}

/// The columns of a statement; a type that is not known here is named.
fn columns_of(statement: &tokio_postgres::Statement) -> Result<Vec<Column>, DatabaseError> {
    let column = |column: &tokio_postgres::Column| {
        let data_type = value::data_type(column.type_(), column.type_modifier());
        let data_type = data_type.ok_or_else(|| {
            let (name, ty) = (column.name(), column.type_().name());
            let text = format!(
                "column `{name}` has the type `{ty}`, which has no SSIS type; cast it to text in the query"
            );
            DatabaseError::new(Kind::Unsupported, text)
        })?;
        Ok(Column {
            name: column.name().to_owned(),
            // A numeric without a precision holds digits that no one type has.
            data_type: Some(data_type).filter(|_| !value::is_unlimited(column)),
            writable: true,
            identity: false,
        })
    };
    statement.columns().iter().map(column).collect()
}

/// Sends one statement with its parameters.
async fn send(
    client: &Client,
    text: &str,
    parameters: &[Value],
) -> Result<(RowStream, Vec<Column>), DatabaseError> {
    let prepared = client.prepare(text).await.map_err(|error| server(&error))?;
    let columns = columns_of(&prepared)?;
    let (markers, given) = (prepared.params().len(), parameters.len());
    if markers != given {
        let text = format!(
            "the statement has {markers} parameter markers, and {given} parameters are bound"
        );
        return Err(DatabaseError::new(Kind::Statement, text));
    }
    let bound = parameters.iter().map(text::Bound);
    let rows = client.query_raw(&prepared, bound).await.map_err(|error| server(&error))?;
    Ok((rows, columns))
}

/// All rows of one statement, and how many it affected.
async fn collect(
    client: &Client,
    text: &str,
    parameters: &[Value],
) -> Result<(RowSet, Option<u64>), DatabaseError> {
    let (rows, columns) = send(client, text, parameters).await?;
    let types: Vec<DataType> =
        columns.iter().map(|column| column.data_type.unwrap_or(value::NUMERIC)).collect();
    let mut rows = std::pin::pin!(rows);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(|error| server(&error))? {
        all.push(value::row(&row)?);
    }
    let names = columns.into_iter().map(|column| column.name);
    Ok((RowSet { columns: names.zip(types).collect(), rows: all }, rows.rows_affected()))
}

impl Database for Connection {
    fn product(&self) -> Product {
        Product::Postgres
    }

    fn is_open(&self) -> bool {
        self.client.as_ref().is_some_and(|client| !client.is_closed())
    }

    fn describe(
        &mut self,
        text: &str,
        limits: &Limits<'_>,
    ) -> Result<Option<Vec<Column>>, DatabaseError> {
        let text = script::marked(text);
        self.with_client(limits, async |client| {
            let prepared = client.prepare(&text).await.map_err(|error| server(&error))?;
            columns_of(&prepared).map(Some)
        })
    }

    fn query(
        &mut self,
        statement: &Statement,
        block_rows: usize,
        limits: &Limits<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<(), DatabaseError> {
        let (text, parameters) = script::compile(statement)?;
        let client = self.take_client()?;
        let result = self.stream(&client, (&text, &parameters), (block_rows.max(1), limits), sink);
        match &result {
            // The rest of the answer is still under way.
            Ok(false) => self.put_back(client, &Err::<(), _>(DatabaseError::stopped())),
            Ok(true) | Err(_) => self.put_back(client, &result),
        }
        result.map(|_| ())
    }

    fn execute(
        &mut self,
        statement: &Statement,
        limits: &Limits<'_>,
    ) -> Result<Outcome, DatabaseError> {
        let (text, parameters) = script::compile(statement)?;
        let pieces = if parameters.is_empty() { script::split(&text) } else { vec![text] };
        self.with_client(limits, async |client| {
            let mut outcome = Outcome::default();
            for piece in &pieces {
                let (rows, affected) = collect(client, piece, &parameters).await?;
                if !rows.columns.is_empty() {
                    outcome.result_sets.push(rows);
                }
                outcome.rows_affected = affected.and_then(|n| i64::try_from(n).ok());
            }
            Ok(outcome)
        })
    }

    fn bulk_insert(
        &mut self,
        into: &BulkInsert,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError> {
        let names: Vec<String> =
            into.columns.iter().map(|c| quoted_column(Product::Postgres, &c.name)).collect();
        let text = format!("COPY {} ({}) FROM STDIN", into.table, names.join(", "));
        self.with_client(limits, async |client| {
            let sink = client.copy_in::<_, Bytes>(&text).await.map_err(|error| server(&error))?;
            let mut sink = std::pin::pin!(sink);
            let mut piece = String::with_capacity(COPY_BYTES * 2);
            for row in rows {
                text::copy_row(&mut piece, row)?;
                if COPY_BYTES <= piece.len() {
                    let bytes = Bytes::from(std::mem::take(&mut piece));
                    sink.send(bytes).await.map_err(|error| server(&error))?;
                }
            }
            sink.send(Bytes::from(piece)).await.map_err(|error| server(&error))?;
            sink.finish().await.map_err(|error| server(&error))?;
            Ok(())
        })
    }

    fn begin(&mut self) -> Result<bool, DatabaseError> {
        // In a transaction that began earlier the two clocks differ. Not so in one message of the
        // simple protocol, which is a transaction of its own.
        let open = "SELECT transaction_timestamp() <> statement_timestamp()";
        let open = self.with_client(&Limits::NONE, async |client| {
            client.simple_query(open).await.map_err(|error| server(&error))
        })?;
        let is_open = |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"));
        if open.iter().any(is_open) {
            return Ok(false);
        }
        self.command("BEGIN")?;
        Ok(true)
    }

    fn commit(&mut self) -> Result<(), DatabaseError> {
        self.command("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), DatabaseError> {
        self.command("ROLLBACK")
    }
}

impl Connection {
    /// Whether the answer came to its end.
    fn stream(
        &self,
        client: &Client,
        (text, parameters): (&str, &[Value]),
        (block_rows, limits): (usize, &Limits<'_>),
        sink: &mut dyn RowSink,
    ) -> Result<bool, DatabaseError> {
        let (rows, columns) = self.wait(limits, send(client, text, parameters))?;
        let mut rows = Box::pin(rows);
        if !sink.columns(&columns) {
            return Ok(false);
        }
        let patient = Limits { time_max: None, ..*limits };
        loop {
            let block = self.wait(&patient, async {
                let mut block = Vec::new();
                while block.len() < block_rows {
                    match rows.try_next().await.map_err(|error| server(&error))? {
                        Some(row) => block.push(value::row(&row)?),
                        None => return Ok((block, false)),
                    }
                }
                Ok((block, true))
            });
            let (block, more) = block?;
            if !block.is_empty() && !sink.rows(block) {
                return Ok(false);
            }
            if !more {
                return Ok(true);
            }
        }
    }
}

/// Directions other than Input, which this protocol does not have.
fn refuse_outputs(statement: &Statement) -> Result<(), DatabaseError> {
    match statement.parameters.iter().find(|p| p.direction != Direction::Input) {
        None => Ok(()),
        Some(parameter) => Err(DatabaseError::new(
            Kind::Unsupported,
            format!(
                "parameter `{}` is an output parameter, which PostgreSQL has as a result set only",
                parameter.name
            ),
        )),
    }
}
