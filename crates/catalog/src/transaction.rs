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

mod touched;

use std::sync::{Arc, Mutex, PoisonError};

use model::Timestamp;
use uuid::Uuid;

use self::touched::{Apart, Touched};
use crate::catalog::Catalog;
use crate::error::{CatalogError, StoreError};
use crate::key::CatalogKey;
use crate::store::{Change, NewRow, Param, Row, Topic, Tx};

/// How many calls a transaction holds at most. Each call runs all before it again, so one that
/// grew without end would end up keeping the catalog busy by itself.
const CALLS_MAX: usize = 5000;

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
        if CALLS_MAX <= transaction.calls.len() {
            let message = format!(
                "the transaction has made {CALLS_MAX} changes and can hold no more: commit it in \
                 parts"
            );
            return Err(CatalogError::procedure(LOG_FULL, message));
        }
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

/// What a call got from its transaction when it ran first, and did to it.
struct Tape {
    now: Timestamp,
    /// In the order of the call's requests.
    taken: Vec<Taken>,
    /// In the order in which it made them.
    changes: Vec<Change>,
}

enum Taken {
    /// `None` where the row was not inserted, because there is one with its unique values.
    Id {
        table: &'static str,
        id: Option<i64>,
    },
    Guid(Uuid),
}

/// Whether those who wait for a topic are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notices {
    Drop,
    Pass,
}

/// A call that can be made again, whatever it answers.
trait Recorded: Send + Sync {
    fn replay(&self, tx: &mut dyn Tx, notices: Notices) -> Result<(), CatalogError>;

    fn changes(&self) -> &[Change];
}

struct Call<T, F> {
    job: Arc<F>,
    answer: T,
    tape: Tape,
}

impl<T, F> Recorded for Call<T, F>
where
    T: PartialEq + Send + Sync,
    F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + Sync,
{
    fn replay(&self, tx: &mut dyn Tx, notices: Notices) -> Result<(), CatalogError> {
        let mut replaying = Replaying { tx, tape: &self.tape, next: 0, notices };
        let answer = (self.job)(&mut replaying);
        let all_taken = replaying.next == self.tape.taken.len();
        match answer {
            Ok(answer) if answer == self.answer && all_taken => Ok(()),
            Ok(_) | Err(CatalogError::Procedure { .. }) => Err(CatalogError::TransactionConflict),
            Err(error) => Err(error),
        }
    }

    fn changes(&self) -> &[Change] {
        &self.tape.changes
    }
}

/// The transaction of a call that runs for the first time: notes what the call gets.
struct Recording<'a> {
    tx: &'a mut dyn Tx,
    tape: Tape,
}

/// The transaction of a call that runs again: gives it the same once more.
struct Replaying<'a> {
    tx: &'a mut dyn Tx,
    tape: &'a Tape,
    next: usize,
    notices: Notices,
}

impl Replaying<'_> {
    fn take(&mut self) -> Result<&Taken, CatalogError> {
        let taken = self.tape.taken.get(self.next);
        self.next += 1;
        taken.ok_or(CatalogError::TransactionConflict)
    }
}

/// What both kinds leave to the transaction beneath.
macro_rules! pass_on {
    () => {
        fn reserve_id(&mut self, table: &'static str, id: i64) -> Result<(), CatalogError> {
            self.tx.reserve_id(table, id)
        }

        fn key(&self) -> &CatalogKey {
            self.tx.key()
        }

        fn now(&self) -> Timestamp {
            self.tape.now
        }
    };
}

impl Tx for Recording<'_> {
    pass_on!();

    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError> {
        let rows = self.tx.query(sql, params)?;
        if !is_read(sql) {
            let change = Change::new(sql, params, Some(rows.len() as u64));
            self.tape.changes.push(Change { returns_rows: true, ..change });
        }
        Ok(rows)
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, CatalogError> {
        let n_rows = self.tx.execute(sql, params)?;
        self.tape.changes.push(Change::new(sql, params, Some(n_rows)));
        Ok(n_rows)
    }

    fn execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError> {
        self.tx.execute_many(sql, rows)?;
        self.tape.changes.extend(rows.iter().map(|row| Change::new(sql, row, None)));
        Ok(())
    }

    fn insert_row(&mut self, row: &NewRow<'_>) -> Result<Option<i64>, CatalogError> {
        let id = self.tx.insert_row(row)?;
        self.tape.changes.extend(id.map(|id| Change::of_row(row, id)));
        self.tape.taken.push(Taken::Id { table: row.table, id });
        Ok(id)
    }

    fn new_guid(&mut self) -> Uuid {
        let guid = self.tx.new_guid();
        self.tape.taken.push(Taken::Guid(guid));
        guid
    }

    fn notify(&mut self, _topic: Topic) {}
}

/// Whether a statement only reads. The catalog's are written in upper case.
fn is_read(sql: &str) -> bool {
    sql.trim_start().starts_with("SELECT")
}

impl Tx for Replaying<'_> {
    pass_on!();

    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError> {
        self.tx.query(sql, params)
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, CatalogError> {
        self.tx.execute(sql, params)
    }

    fn execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError> {
        self.tx.execute_many(sql, rows)
    }

    fn insert_row(&mut self, row: &NewRow<'_>) -> Result<Option<i64>, CatalogError> {
        match self.take()? {
            &Taken::Id { table, id } if table == row.table => {
                self.tx.insert_row(&NewRow { id, ..*row })
            }
            Taken::Id { .. } | Taken::Guid(_) => Err(CatalogError::TransactionConflict),
        }
    }

    /// Where the tape has none, a new one shows in the answer, or in what was not taken.
    fn new_guid(&mut self) -> Uuid {
        match self.take() {
            Ok(Taken::Guid(guid)) => *guid,
            Ok(Taken::Id { .. }) | Err(_) => self.tx.new_guid(),
        }
    }

    fn notify(&mut self, topic: Topic) {
        if self.notices == Notices::Pass {
            self.tx.notify(topic);
        }
    }
}

#[cfg(test)]
mod tests;
