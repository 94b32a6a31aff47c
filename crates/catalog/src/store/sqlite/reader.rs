//! A reader thread: one job at a time, each on one unchanging state of the file.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::connection::Database;
use super::tx::{Rendered, SqliteTx};
use crate::error::CatalogError;
use crate::store::{Job, run_caught};

pub(super) struct Reader {
    database: Database,
    connection: Connection,
    rendered: Rendered,
}

impl Reader {
    pub(super) fn new(database: Database, connection: Connection) -> Self {
        Self { database, connection, rendered: Rendered::new() }
    }

    /// Until nobody can send jobs any more. The readers take turns in waiting for one.
    pub(super) fn run(mut self, jobs: &Mutex<mpsc::Receiver<Box<dyn Job>>>) {
        loop {
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(mut job) = job else { return };
            let result = self.run_job(job.as_mut());
            job.done(result);
        }
    }

    fn run_job(&mut self, job: &mut dyn Job) -> Result<(), CatalogError> {
        self.statement("BEGIN")?;
        let mut tx = SqliteTx::new(&self.database, &self.connection, &mut self.rendered);
        let result = run_caught(job, &mut tx);
        if !self.connection.is_autocommit() {
            self.statement("ROLLBACK")?;
        }
        result
    }

    fn statement(&self, sql: &str) -> Result<(), CatalogError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut sql| sql.raw_execute());
        done.map(drop).map_err(|source| self.database.error(sql, source))
    }
}
