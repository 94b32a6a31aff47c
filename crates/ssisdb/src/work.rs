//! Jobs of a connection in the catalog: by themselves, or inside the client's transaction.

use std::sync::{Mutex, MutexGuard, PoisonError};

use catalog::{Catalog, CatalogError, Transaction, Tx};
use tokio::runtime::Handle;
use tsql::value::SqlError;

use crate::error::sql_error;

/// Where a connection's jobs go. It waits for them, so it is used on threads that may wait.
pub(crate) struct Work {
    catalog: Catalog,
    runtime: Handle,
    transaction: Mutex<Open>,
}

/// The client's transaction.
#[derive(Default)]
struct Open {
    journal: Option<Transaction>,
    /// The marks of savepoints; a savepoint is named by its place here.
    marks: Vec<catalog::Mark>,
}

impl Work {
    pub(crate) fn new(catalog: Catalog, runtime: Handle) -> Self {
        Self { catalog, runtime, transaction: Mutex::default() }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.transaction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads; inside a transaction it sees what the transaction did.
    pub(crate) fn read<T, F>(&self, job: F) -> Result<T, SqlError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        let mut open = self.open();
        let answer = match &mut open.journal {
            Some(journal) => self.runtime.block_on(self.catalog.read_in(journal, job)),
            None => {
                drop(open);
                self.runtime.block_on(self.catalog.read(job))
            }
        };
        answer.map_err(|error| sql_error(&error))
    }

    /// Writes; inside a transaction nobody else sees it before the commit.
    pub(crate) fn write<T, F>(&self, job: F) -> Result<T, SqlError>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + Sync + 'static,
    {
        let mut open = self.open();
        let answer = match &mut open.journal {
            Some(journal) => self.runtime.block_on(self.catalog.write_in(journal, job)),
            None => {
                drop(open);
                self.runtime.block_on(self.catalog.write(job))
            }
        };
        answer.map_err(|error| sql_error(&error))
    }

    /// Writes as [`Self::write`] does, beside other such writes (`catalog::Catalog::write_beside`):
    /// only for what the master's own API does so, too.
    pub(crate) fn write_beside<T, F>(&self, job: F) -> Result<T, SqlError>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + Sync + 'static,
    {
        if self.in_transaction() {
            return self.write(job);
        }
        let answer = self.runtime.block_on(self.catalog.write_beside(job));
        answer.map_err(|error| sql_error(&error))
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.open().journal.is_some()
    }

    pub(crate) fn begin(&self) {
        *self.open() = Open { journal: Some(Transaction::new()), marks: Vec::new() };
    }

    pub(crate) fn commit(&self) -> Result<(), SqlError> {
        let journal = std::mem::take(&mut *self.open()).journal;
        let Some(journal) = journal else { return Ok(()) };
        self.runtime.block_on(self.catalog.commit(journal)).map_err(|error| sql_error(&error))
    }

    pub(crate) fn rollback(&self) {
        *self.open() = Open::default();
    }

    pub(crate) fn savepoint(&self) -> u64 {
        let mut open = self.open();
        let mark = open.journal.as_ref().map(Transaction::mark);
        open.marks.extend(mark);
        open.marks.len() as u64
    }

    pub(crate) fn rollback_to(&self, savepoint: u64) {
        let mut open = self.open();
        let at = usize::try_from(savepoint).unwrap_or(usize::MAX).wrapping_sub(1);
        let Some(mark) = open.marks.get(at).copied() else { return };
        open.marks.truncate(at + 1);
        if let Some(journal) = &mut open.journal {
            journal.rollback_to(mark);
        }
    }
}
