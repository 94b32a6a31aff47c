//! What a call got from its transaction and did to it, and the transactions that note it and give
//! it once more.

use std::sync::Arc;

use model::Timestamp;
use uuid::Uuid;

use crate::error::CatalogError;
use crate::key::CatalogKey;
use crate::store::{Change, NewRow, Param, Row, Topic, Tx};

/// What a call got from its transaction when it ran first, and did to it.
pub(super) struct Tape {
    pub(super) now: Timestamp,
    /// In the order of the call's requests.
    pub(super) taken: Vec<Taken>,
    /// In the order in which it made them.
    pub(super) changes: Vec<Change>,
}

pub(super) enum Taken {
    /// `None` where the row was not inserted, because there is one with its unique values.
    Id {
        table: &'static str,
        id: Option<i64>,
    },
    Guid(Uuid),
}

/// Whether those who wait for a topic are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Notices {
    Drop,
    Pass,
}

/// A call that can be made again, whatever it answers.
pub(super) trait Recorded: Send + Sync {
    fn replay(&self, tx: &mut dyn Tx, notices: Notices) -> Result<(), CatalogError>;

    fn changes(&self) -> &[Change];
}

pub(super) struct Call<T, F> {
    pub(super) job: Arc<F>,
    pub(super) answer: T,
    pub(super) tape: Tape,
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
pub(super) struct Recording<'a> {
    pub(super) tx: &'a mut dyn Tx,
    pub(super) tape: Tape,
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
pub(super) fn is_read(sql: &str) -> bool {
    let sql = sql.trim_start();
    let changes = ["INSERT ", "UPDATE ", "DELETE "];
    sql.starts_with("SELECT")
        || (sql.starts_with("WITH") && !changes.iter().any(|word| sql.contains(word)))
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
