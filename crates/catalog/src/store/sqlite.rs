//! The catalog in an SQLite file: one machine, any number of processes.
//!
//! ```text
//!    write(job) ──▶ bounded queue ──▶ writer thread: many jobs, one commit ──▶ answers
//!    read(job)  ──▶ bounded queue ──▶ reader threads, one connection each  ──▶ answers
//! ```
//!
//! # Invariants
//!
//! * `synchronous=FULL` and WAL: an answered write survives the loss of power.
//! * One connection writes, so a transaction of this process never waits for another of it.
//! * Changes made by other processes are noticed within [`writer::LOOK_EVERY`].

mod connection;
mod reader;
mod tx;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, watch};

use self::connection::Database;
use self::tx::{Rendered, SqliteTx};
use super::changes::Changes;
use super::dialect::SQLITE;
use super::setup::{self, Opening};
use super::threads::{join_all, spawn, submit};
use super::{Job, Pending, Store, Topic, WriteMode};
use crate::error::OpenError;
use crate::key::CatalogKey;

/// How many jobs may wait for the writer. Beyond that callers wait, which is the back-pressure
/// that a flood of requests needs; two full groups keep the writer busy.
const WRITE_QUEUE: usize = 2 * writer::GROUP_MAX;

/// How many reads may wait for a reader thread.
const READ_QUEUE: usize = 256;

/// How many threads read: as many as the smallest machine has processors to spare.
const READERS: usize = 2;

/// A catalog in an SQLite file.
pub struct SqliteStore {
    queues: Mutex<Option<Queues>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    changes: Changes,
}

#[derive(Clone)]
struct Queues {
    write: mpsc::Sender<Box<dyn Job>>,
    read: mpsc::Sender<Box<dyn Job>>,
}

impl SqliteStore {
    /// Opens the catalog at `path`, makes it where there is none, and brings its schema up to
    /// date.
    pub fn open(path: impl AsRef<Path>, key: CatalogKey) -> Result<Self, OpenError> {
        Self::open_for(path.as_ref(), key, Opening::Use)
    }

    /// The same for another purpose.
    pub(crate) fn open_for(
        path: &Path,
        key: CatalogKey,
        opening: Opening<'_>,
    ) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let busy_timeout = connection::BUSY_TIMEOUT;
        Self::over(Database { path, key: Arc::new(key), busy_timeout }, opening)
    }

    fn over(database: Database, opening: Opening<'_>) -> Result<Self, OpenError> {
        let path = database.path.clone();
        connection::refuse_network_file_system(&path)?;
        let place = path.display().to_string();
        let mut first = database.connect()?;
        prepare(&database, &mut first, opening)?;
        let changes = Changes::new();
        let (write, write_jobs) = mpsc::channel(WRITE_QUEUE);
        let (read, read_jobs) = mpsc::channel(READ_QUEUE);
        let mut threads = Vec::new();
        let writer = writer::Writer::new(database.clone(), first, changes.clone())
            .map_err(|source| OpenError::Thread { place: place.clone(), source })?;
        threads.push(spawn(&place, "catalog-writer", move || writer.run(write_jobs))?);
        let read_jobs = Arc::new(Mutex::new(read_jobs));
        for _ in 0..READERS {
            let reader = reader::Reader::new(database.clone(), database.connect_to_read()?);
            let jobs = Arc::clone(&read_jobs);
            threads.push(spawn(&place, "catalog-reader", move || reader.run(&jobs))?);
        }
        Ok(Self {
            queues: Mutex::new(Some(Queues { write, read })),
            threads: Mutex::new(threads),
            changes,
        })
    }

    fn queues(&self) -> Option<Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Schema and key. Two processes may do it at once: the second waits, and then finds nothing left
/// to do.
fn prepare(
    database: &Database,
    connection: &mut Connection,
    opening: Opening<'_>,
) -> Result<(), OpenError> {
    let behavior = TransactionBehavior::Immediate;
    let transaction = connection
        .transaction_with_behavior(behavior)
        .map_err(|source| database.open_error("BEGIN IMMEDIATE", source))?;
    let mut rendered = Rendered::new();
    let mut tx = SqliteTx::new(database, &transaction, &mut rendered);
    setup::prepare(&mut tx, &SQLITE, &database.path.display().to_string(), opening)?;
    transaction.commit().map_err(|source| database.open_error("COMMIT", source))
}

impl Store for SqliteStore {
    fn write(&self, job: Box<dyn Job>, _mode: WriteMode) -> Pending<'_> {
        let queue = self.queues().map(|queues| queues.write);
        Box::pin(submit(queue, job, |job| job))
    }

    fn read(&self, job: Box<dyn Job>) -> Pending<'_> {
        let queue = self.queues().map(|queues| queues.read);
        Box::pin(submit(queue, job, |job| job))
    }

    fn changes(&self, topic: Topic) -> watch::Receiver<u64> {
        self.changes.subscribe(topic)
    }

    fn close(&self) -> Pending<'_> {
        drop(self.queues.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(join_all(std::mem::take(&mut *threads)))
    }
}

#[cfg(test)]
mod tests;
