//! Databases of any product, as tasks and components use them: one small trait over the drivers.
//!
//! ```text
//!   connection string ──Target::parse──▶ Target ──open──▶ dyn Database
//!   Statement (`?` or `@name`) ──query──▶ blocks of rows into a RowSink
//!                              ──execute──▶ Outcome (row sets, outputs, rows affected)
//!   rows ──bulk_insert──▶ TDS bulk load, PostgreSQL COPY, SQLite inserts
//! ```
//!
//! Everything blocks the calling thread. Between two blocks of rows nothing of an asynchronous
//! runtime is on the stack, so that a sink may use another database of its own.
//!
//! # Invariants
//!
//! * Rows stream: no driver keeps a result of [`Database::query`] beyond a block.
//! * Everything that waits looks at [`Limits::stopped`] at least every 20 ms.
//! * No error has a password or a connection string in it.

mod error;
mod excel;
mod name;
mod postgres;
mod retained;
mod sql_server;
mod sqlite;
mod target;

use std::fmt::Debug;
use std::time::Duration;

use model::{DataType, Value};

pub use crate::sql_server::{Api, Direction, Outcome, Parameter, Secret, Statement, split_batches};
pub use error::{DatabaseError, Kind};
pub use excel::unsupported as unsupported_in_excel;
pub use name::{quoted_column, quoted_table};
pub use postgres::PostgresSettings;
pub use retained::Retained;
pub use target::{Target, TargetError};

/// How often something that waits looks whether it should stop.
pub(crate) const STOP_POLL: Duration = Duration::from_millis(20);

/// Whose database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Microsoft SQL Server.
    SqlServer,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// A workbook of Microsoft Excel.
    Excel,
}

impl Product {
    /// The product's own name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SqlServer => "SQL Server",
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Excel => "Excel",
        }
    }
}

/// How long a call may take, and whether it is still wanted.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// `None` waits as long as it takes.
    pub time_max: Option<Duration>,
    /// Whether the call should come back with [`Kind::Stopped`].
    pub stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Limits<'_> {
    /// As long as it takes.
    pub const NONE: Limits<'static> = Limits { time_max: None, stopped: &|| false };
}

impl Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("time_max", &self.time_max).finish_non_exhaustive()
    }
}

/// A column of a result or table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The SSIS type that its values have; `None` where they may have any.
    pub data_type: Option<DataType>,
    /// Whether rows can be written to it: not to computed columns. Identity columns can.
    pub writable: bool,
    /// Whether the server numbers it.
    pub identity: bool,
}

/// Takes the rows of a query.
pub trait RowSink {
    /// The columns, once, before any row; `false` ends the query.
    fn columns(&mut self, columns: &[Column]) -> bool;

    /// Rows, each with one value a column; `false` ends the query.
    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool;
}

/// Where and how rows are inserted in bulk.
#[derive(Clone, Debug, Default)]
pub struct BulkInsert {
    /// The table, quoted as the product wants it.
    pub table: String,
    /// The columns, in the order of the values.
    pub columns: Vec<Column>,
    /// Identity columns get the values given, and not the server's.
    pub keep_identity: bool,
    /// NULL stays NULL where the column has a default.
    pub keep_nulls: bool,
    /// Lock the whole table.
    pub table_lock: bool,
    /// Check constraints.
    pub check_constraints: bool,
    /// Fire insert triggers.
    pub fire_triggers: bool,
    /// Columns by which the rows are sorted, and whether descending.
    pub order: Vec<(String, bool)>,
}

/// A connection to a database.
pub trait Database: Send + Debug {
    /// Whose it is.
    fn product(&self) -> Product;

    /// Whether it can execute statements: not after a broken line, a time-out, a stop.
    fn is_open(&self) -> bool;

    /// The columns that a query gives, found without its rows; `None` where this cannot be known.
    fn describe(
        &mut self,
        text: &str,
        limits: &Limits<'_>,
    ) -> Result<Option<Vec<Column>>, DatabaseError>;

    /// The columns of a table, in its order.
    fn table_columns(
        &mut self,
        table: &str,
        limits: &Limits<'_>,
    ) -> Result<Vec<Column>, DatabaseError> {
        let found = self.describe(&format!("SELECT * FROM {table}"), limits)?;
        Ok(found.unwrap_or_default())
    }

    /// Executes a statement and hands its first result set to `sink`, in blocks of at most
    /// `block_rows` rows.
    fn query(
        &mut self,
        statement: &Statement,
        block_rows: usize,
        limits: &Limits<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<(), DatabaseError>;

    /// Executes a statement; all of its results are kept.
    fn execute(
        &mut self,
        statement: &Statement,
        limits: &Limits<'_>,
    ) -> Result<Outcome, DatabaseError>;

    /// Inserts rows, all or none. Values have the types of the columns.
    fn bulk_insert(
        &mut self,
        into: &BulkInsert,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError>;

    /// Begins a transaction, unless one is open already: then `false`.
    fn begin(&mut self) -> Result<bool, DatabaseError>;

    /// Commits the transaction.
    fn commit(&mut self) -> Result<(), DatabaseError>;

    /// Rolls the transaction back.
    fn rollback(&mut self) -> Result<(), DatabaseError>;
}
