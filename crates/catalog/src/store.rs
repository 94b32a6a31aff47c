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
pub(crate) mod dialect;
pub(crate) mod migrate;
mod sqlite;

use std::pin::Pin;

use model::Timestamp;
use tokio::sync::watch;

pub(crate) use cell::params;
pub use cell::{Cell, FromCell, Param, Row};
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
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 3] = [Self::Tasks, Self::Executions, Self::Messages];
}

/// One transaction, as a job sees it.
pub trait Tx {
    /// Runs a statement and returns all its rows.
    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError>;

    /// Runs a statement and returns how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, CatalogError>;

    /// Runs a statement once for each set of parameters, as cheaply as the store can.
    fn execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError>;

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

    /// Runs an `INSERT ... RETURNING id` and returns the id.
    pub(crate) fn insert(&mut self, sql: &str, params: &[Param<'_>]) -> Result<i64, CatalogError> {
        let id = self.scalar(sql, params)?;
        id.ok_or(CatalogError::UnexpectedCell { column: 0, expected: "the id of a new row" })
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

/// A database that holds a catalog.
pub trait Store: Send + Sync {
    /// Queues a job that may write, waiting for room in the queue.
    fn write(&self, job: Box<dyn Job>) -> Pending<'_>;

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
