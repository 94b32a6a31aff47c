//! Transactions of clients: what a client does between BEGIN TRAN and COMMIT, as a journal.
//!
//! A client may take minutes over its transaction, and a database transaction that is open all
//! that time would hold everybody else back. So none is: the calls are kept here, and each new
//! one is run behind the changes of those before it, in a savepoint that is rolled back at the
//! end. The commit runs all calls once more, and keeps what they do.
//!
//! ```text
//!    write_in(call 3) ──▶ [ savepoint: changes 1, changes 2, call 3; roll back ] reserve 3's ids
//!    commit           ──▶ [ call 1, call 2, call 3 ] commit, tell those who wait
//! ```
//!
//! The changes are the statements that a call made. Making them again is much less work than the
//! call with its checks, and shows in what they change whether anything is different now; where
//! it is, the calls are run after all, and decide.
//!
//! Reads that look at no table that was changed are ordinary reads (`transaction/touched.rs`).
//!
//! # Invariants
//!
//! * A replayed call gets the time, the ids and the GUIDs that it got the first time. Its ids are
//!   reserved when it first runs, as IDENTITY values of SQL Server are: a rollback does not give
//!   them back.
//! * A replayed call that answers something else than the client was told means that somebody
//!   else changed the same objects: [`CatalogError::TransactionConflict`], never a silent change.
//! * Before the commit nobody else sees anything, and nobody is told.
//! * Ids that no procedure returns (of parameters, for example) are given at the commit.

mod tape;
mod touched;

use std::sync::{Arc, Mutex, PoisonError};

use self::tape::{Call, Notices, Recorded, Recording, Taken, Tape};
use self::touched::{Apart, Touched};
use crate::catalog::Catalog;
use crate::error::{CatalogError, StoreError};
use crate::store::{Change, Tx};

/// How many calls a transaction holds at most. Each call runs all before it again, so one that
/// grew without end would end up keeping the catalog busy by itself.
const CALLS_MAX: usize = 5000;

/// How much what a transaction's calls have written may be: several large projects.
const BYTES_MAX: usize = 512 << 20;

/// SQL Server's number for a transaction log that is full.
const LOG_FULL: i32 = 9002;

/// The write calls of an open transaction of one client. Dropping it rolls it back.
#[derive(Default)]
pub struct Transaction {
    calls: Vec<Arc<dyn Recorded>>,
}

/// A place in a transaction to which it can be rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(usize);

impl Transaction {
    /// A transaction that has done nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it has written nothing.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// What SAVE TRANSACTION remembers.
    pub fn mark(&self) -> Mark {
        Mark(self.calls.len())
    }

    /// Forgets what was done since `mark`.
    pub fn rollback_to(&mut self, mark: Mark) {
        self.calls.truncate(mark.0);
    }
}

impl Catalog {
    /// Runs `job` as the next call of `transaction`: it sees what the calls before it did, and
    /// what it does becomes real with [`Catalog::commit`]. A call that fails leaves the
    /// transaction as it was; a conflict rolls all of it back.
    pub async fn write_in<T, F>(
        &self,
        transaction: &mut Transaction,
        job: F,
    ) -> Result<T, CatalogError>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + Sync + 'static,
    {
        transaction.check_room()?;
        let job = Arc::new(job);
        let (earlier, fresh) = (transaction.calls.clone(), Arc::clone(&job));
        let done = self.write(move |tx| {
            let (answer, tape) = undone(tx, &earlier, &*fresh)?;
            for taken in &tape.taken {
                if let Taken::Id { table, id: Some(id) } = taken {
                    tx.reserve_id(table, *id)?;
                }
            }
            Ok((answer, tape))
        });
        let (answer, tape) = transaction.unless_conflict(done.await)?;
        transaction.calls.push(Arc::new(Call { job, answer: answer.clone(), tape }));
        Ok(answer)
    }

    /// Runs `job`, which only reads, on what the catalog would be after a commit.
    pub async fn read_in<T, F>(
        &self,
        transaction: &mut Transaction,
        job: F,
    ) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        if transaction.is_empty() {
            return self.read(job).await;
        }
        let job = Arc::new(Mutex::new(job));
        if let Some(touched) = transaction.touched()
            && let Some(answer) = self.read_apart(touched, Arc::clone(&job)).await?
        {
            return Ok(answer);
        }
        let earlier = transaction.calls.clone();
        let read = move |tx: &mut dyn Tx| job.lock().unwrap_or_else(PoisonError::into_inner)(tx);
        let done = self.write(move |tx| Ok(undone(tx, &earlier, &read)?.0)).await;
        transaction.unless_conflict(done)
    }

    /// The answer of a read that does not concern the touched tables; `None` when it does.
    async fn read_apart<T, F>(
        &self,
        touched: Touched,
        job: Arc<Mutex<F>>,
    ) -> Result<Option<T>, CatalogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        self.read(move |tx| {
            let mut apart = Apart { tx, touched: &touched, met: false };
            let answer = job.lock().unwrap_or_else(PoisonError::into_inner)(&mut apart);
            if apart.met { Ok(None) } else { answer.map(Some) }
        })
        .await
    }

    /// Makes everything that `transaction` did durable and visible, or nothing of it.
    pub async fn commit(&self, transaction: Transaction) -> Result<(), CatalogError> {
        if transaction.is_empty() {
            return Ok(());
        }
        self.write(move |tx| replay(tx, &transaction.calls, Notices::Pass)).await
    }
}

impl Transaction {
    fn check_room(&self) -> Result<(), CatalogError> {
        let changes = self.calls.iter().flat_map(|call| call.changes());
        let n_bytes: usize = changes.map(Change::n_bytes).sum();
        if self.calls.len() < CALLS_MAX && n_bytes < BYTES_MAX {
            return Ok(());
        }
        let message = format!(
            "the transaction holds {} changes of {n_bytes} bytes, and has no room for more: \
             commit it in parts",
            self.calls.len()
        );
        Err(CatalogError::procedure(LOG_FULL, message))
    }

    fn touched(&self) -> Option<Touched> {
        Touched::by(self.calls.iter().flat_map(|call| call.changes()))
    }

    fn unless_conflict<T>(&mut self, done: Result<T, CatalogError>) -> Result<T, CatalogError> {
        if matches!(done, Err(CatalogError::TransactionConflict)) {
            self.calls.clear();
        }
        done
    }
}

/// Runs `job` behind `earlier`, and undoes all of it. The error of a lost database transaction is
/// that of the job, not that of the rollback which then fails too.
fn undone<T>(
    tx: &mut dyn Tx,
    earlier: &[Arc<dyn Recorded>],
    job: &dyn Fn(&mut dyn Tx) -> Result<T, CatalogError>,
) -> Result<(T, Tape), CatalogError> {
    tx.execute("SAVEPOINT journal", &[])?;
    let ran = make_again(tx, earlier).and_then(|()| record(tx, job));
    let back = tx.execute("ROLLBACK TO SAVEPOINT journal", &[]);
    let released = tx.execute("RELEASE SAVEPOINT journal", &[]);
    let ran = ran?;
    back?;
    released?;
    Ok(ran)
}

/// Brings about what the calls did.
fn make_again(tx: &mut dyn Tx, calls: &[Arc<dyn Recorded>]) -> Result<(), CatalogError> {
    let changes: Vec<&Change> = calls.iter().flat_map(|call| call.changes()).collect();
    let counts = match tx.make_again(&changes) {
        Err(CatalogError::Store(
            StoreError::Statement { .. } | StoreError::ServerStatement { .. },
        )) => return Err(CatalogError::TransactionConflict),
        counts => counts?,
    };
    let as_before = |(change, count): (&&Change, &u64)| change.n_rows.is_none_or(|n| n == *count);
    if changes.iter().zip(&counts).all(as_before) {
        return Ok(());
    }
    tx.execute("ROLLBACK TO SAVEPOINT journal", &[])?;
    replay(tx, calls, Notices::Drop)
}

fn replay(
    tx: &mut dyn Tx,
    calls: &[Arc<dyn Recorded>],
    notices: Notices,
) -> Result<(), CatalogError> {
    calls.iter().try_for_each(|call| call.replay(tx, notices))
}

fn record<T>(
    tx: &mut dyn Tx,
    job: &dyn Fn(&mut dyn Tx) -> Result<T, CatalogError>,
) -> Result<(T, Tape), CatalogError> {
    let tape = Tape { now: tx.now(), taken: Vec::new(), changes: Vec::new() };
    let mut recording = Recording { tx, tape };
    let answer = job(&mut recording)?;
    Ok((answer, recording.tape))
}

#[cfg(test)]
mod tests;
