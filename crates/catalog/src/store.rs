//! What the catalog asks of a database, and the types that cross that line.
//!
//! Every statement of the catalog is one text for all stores: parameters are `?1` to `?N`, and a
//! few `{{tokens}}` (see `dialect.rs`) stand for what databases spell differently. Truth values
//! are 0 and 1, times are microseconds UTC, GUIDs are text of 36 characters in lower case.
//!
//! # Invariants
//!
//! * A write that was answered is on disk.
//! * A job that fails leaves nothing behind, and nothing of the jobs committed along with it is
//!   lost by that.
//! * A job may be run again after a transient failure: it must act through its [`Tx`] only.

mod cell;
mod change;
mod changes;
pub(crate) mod dialect;
pub(crate) mod migrate;
mod moving;
mod postgres;
pub(crate) mod setup;
mod sqlite;
pub(crate) mod sum;
pub(crate) mod tables;
mod threads;

use std::pin::Pin;

use model::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) use cell::params;
pub use cell::{Cell, FromCell, Param, Row};
pub use change::Change;
pub use moving::{MoveError, MovedTable};
pub use postgres::{
    AddressError, PassfileError, PostgresStore, TlsError, has_password, is_address, shown_address,
};
pub use sqlite::SqliteStore;

use crate::error::CatalogError;
use crate::key::CatalogKey;

/// What a commit changed, for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A worker may have something to do: a task waits, a stop was asked for, a worker was
    /// enabled or disabled.
    Tasks,
    /// An execution's status changed, or there is a new one.
    Executions,
    /// A running package said something.
    Messages,
    /// A certificate is trusted, or is not any more.
    Certificates,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 4] = [Self::Tasks, Self::Executions, Self::Messages, Self::Certificates];
}

/// One transaction, as a job sees it.
pub trait Tx {
    /// Runs a statement and returns all its rows.
    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError>;

    /// Runs a statement and returns how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, CatalogError>;

    /// Runs a statement once for each set of parameters, as cheaply as the store can.
    fn execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError>;

    /// Inserts a row, and returns the id it got; `None` when there is a row with its unique
    /// values already and [`NewRow::unique`] says that this is no error.
    fn insert_row(&mut self, row: &NewRow<'_>) -> Result<Option<i64>, CatalogError> {
        let id = row.id.map(Param::Int);
        let params: Vec<Param<'_>> = row.params.iter().cloned().chain(id).collect();
        self.query(&row.statement(), &params)?.first().map(|row| row.get(0)).transpose()
    }

    /// Makes changes again, in their order, and returns how many rows each changed this time. A
    /// store on the other side of a network sends them all before it waits.
    fn make_again(&mut self, changes: &[&Change]) -> Result<Vec<u64>, CatalogError> {
        let again = |change: &&Change| {
            if change.returns_rows {
                return Ok(self.query(&change.sql, &change.params)?.len() as u64);
            }
            self.execute(&change.sql, &change.params)
        };
        changes.iter().map(again).collect()
    }

    /// Makes sure that no later insert into `table` gets `id`, not even when the row that has it
    /// is rolled back. Where ids of rolled back rows are lost anyway there is nothing to do.
    fn reserve_id(&mut self, table: &'static str, id: i64) -> Result<(), CatalogError>;

    /// A GUID that nobody else has.
    fn new_guid(&mut self) -> Uuid {
        Uuid::new_v4()
    }

    /// Tells those who wait for `topic`, once the transaction is committed.
    fn notify(&mut self, topic: Topic);

    /// The time of this transaction, on the clock that all masters of this catalog share.
    fn now(&self) -> Timestamp;

    /// Seals and opens what is stored encrypted.
    fn key(&self) -> &CatalogKey;
}

impl dyn Tx + '_ {
    /// The first row, if there is one.
    pub fn query_opt(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, CatalogError> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The first column of the first row, if there is a row.
    pub fn scalar<T: FromCell>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Option<T>, CatalogError> {
        self.query_opt(sql, params)?.map(|row| row.get(0)).transpose()
    }

    /// Inserts a row into `(table, id column)` and returns its id. Rows whose id a client is told
    /// are inserted by this method or the next, so that a transaction of a client can give them
    /// the same id again.
    pub(crate) fn insert(
        &mut self,
        (table, id_column): (&'static str, &'static str),
        columns: &str,
        params: &[Param<'_>],
    ) -> Result<i64, CatalogError> {
        let row = NewRow { table, id_column, columns, params, unique: None, id: None };
        let id = self.insert_row(&row)?;
        id.ok_or(CatalogError::UnexpectedCell { column: 0, expected: "the id of a new row" })
    }

    /// The same; `None` when there is a row with the same values in the columns `unique`.
    pub(crate) fn insert_unless(
        &mut self,
        (table, id_column): (&'static str, &'static str),
        columns: &str,
        params: &[Param<'_>],
        unique: &str,
    ) -> Result<Option<i64>, CatalogError> {
        let unique = Some(unique);
        self.insert_row(&NewRow { table, id_column, columns, params, unique, id: None })
    }
}

/// A row to insert into a table that numbers its rows.
#[derive(Clone, Copy)]
pub struct NewRow<'a> {
    /// The table.
    pub table: &'static str,
    /// Its column with the number.
    pub id_column: &'static str,
    /// The other columns, separated by commas.
    pub columns: &'a str,
    /// Their values.
    pub params: &'a [Param<'a>],
    /// Columns that tell rows apart: another row with the same values there is no error.
    pub unique: Option<&'a str>,
    /// The id that the row must get; `None` for the next free one.
    pub id: Option<i64>,
}

impl NewRow<'_> {
    /// The statement that inserts it; an id that is given is its last parameter.
    fn statement(&self) -> String {
        let Self { table, id_column, columns, unique, .. } = self;
        let n_params = self.params.len() + usize::from(self.id.is_some());
        let values: Vec<String> = (1..=n_params).map(|n| format!("?{n}")).collect();
        let values = values.join(", ");
        let id = if self.id.is_some() { format!(", {id_column}") } else { String::new() };
        let unless = unique.map(|unique| format!("ON CONFLICT ({unique}) DO NOTHING "));
        let unless = unless.unwrap_or_default();
        format!(
            "INSERT INTO {table} ({columns}{id}) VALUES ({values}) {unless}RETURNING {id_column}"
        )
    }
}

/// A piece of work for one transaction, with its answer.
pub trait Job: Send {
    /// Does the work. Runs again, from the start, when the transaction was lost.
    fn run(&mut self, tx: &mut dyn Tx) -> Result<(), CatalogError>;

    /// Answers, after the commit or the failure.
    fn done(self: Box<Self>, result: Result<(), CatalogError>);
}

/// A future that a store returns.
pub type Pending<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What a write needs to be true of the writes of others, also of other masters, until it is
/// committed. A store whose writes follow one another anyway has nothing to do for either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// There are none: what the job has read stays true. For all that is not known to need less.
    Alone,
    /// There may be others like it: the job locks the rows that it decides on (`{{for_update}}`)
    /// before it reads them, always in the order worker, task, attempt, operation.
    Beside,
}

/// A database that holds a catalog.
pub trait Store: Send + Sync {
    /// Queues a job that may write, waiting for room in the queue.
    fn write(&self, job: Box<dyn Job>, mode: WriteMode) -> Pending<'_>;

    /// Queues a job that only reads; it sees one state of the catalog.
    fn read(&self, job: Box<dyn Job>) -> Pending<'_>;

    /// A counter that rises with the commits that concern `topic`, whoever made them.
    fn changes(&self, topic: Topic) -> watch::Receiver<u64>;

    /// Finishes what is queued, and gives back files and threads.
    fn close(&self) -> Pending<'_>;
}

/// Runs a job, and takes a panic of it for a failure: the thread that serves all the others goes
/// on. A panic is a bug, and is logged as one by the panic hook.
fn run_caught(job: &mut dyn Job, tx: &mut dyn Tx) -> Result<(), CatalogError> {
    let run = std::panic::AssertUnwindSafe(|| job.run(tx));
    std::panic::catch_unwind(run).unwrap_or(Err(CatalogError::Closed))
}
