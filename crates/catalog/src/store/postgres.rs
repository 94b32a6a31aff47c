//! The catalog in a PostgreSQL database: any number of machines, and a server that fails over.
//!
//! ```text
//!    write(job) ──▶ bounded queue ──▶ runner threads, a session each ──▶ answers
//!    read(job)  ──▶ bounded queue ──▶ runner threads, a session each ──▶ answers
//!    commits ──▶ listener: NOTIFY ──▶ listeners of other masters ──▶ those who wait there
//! ```
//!
//! # Invariants
//!
//! * An answered write is committed, as durably as the server is set to: at the synchronous
//!   standby too, where there is one.
//! * A write takes effect once, also when the connection is lost during its commit.
//! * Time is the server's, which all masters share.
//! * Only a server that takes writes is used; when it changes, the jobs under way run again there.
//!
//! A connection pooler that gives each transaction another server connection does not work: the
//! sessions keep prepared statements, settings and a LISTEN.

mod address;
mod bind;
mod failure;
mod listener;
mod passfile;
mod runner;
mod session;
mod tls;
mod tx;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use self::address::Address;
pub use self::address::{AddressError, has_password, is_address, shown_address};
use self::listener::{Listener, Notices};
pub use self::passfile::PassfileError;
use self::runner::{Queue, Runner, Work};
use self::session::Session;
pub use self::tls::TlsError;
use super::changes::Changes;
use super::dialect::POSTGRES;
use super::setup::{self, Opening};
use super::threads::{join_all, spawn, submit};
use super::{Job, Pending, Store, Topic, Tx, WriteMode};
use crate::error::{CatalogError, OpenError};
use crate::key::CatalogKey;

/// How many jobs may wait for a thread. Beyond that callers wait.
const QUEUE: usize = 256;

/// How many transactions of one process write at a time: enough to share the server's flushes
/// of its disk, few enough for a server with 100 connections and several masters.
const WRITERS: usize = 6;

/// How many read at a time.
const READERS: usize = 3;

/// The pause between tries to open a catalog whose server does not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// A catalog in a PostgreSQL database.
pub struct PostgresStore {
    queues: Mutex<Option<Queues>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    changes: Changes,
    closing: Arc<AtomicBool>,
    stop_listening: watch::Sender<bool>,
}

#[derive(Clone)]
struct Queues {
    write: mpsc::Sender<Work>,
    read: mpsc::Sender<Work>,
}

impl PostgresStore {
    /// Opens the catalog at a `postgres://` URL, makes it in an empty database, and brings its
    /// schema up to date. Waits up to `patience` for a server that takes writes.
    pub fn open(url: &str, key: CatalogKey, patience: Duration) -> Result<Self, OpenError> {
        Self::open_for(url, key, patience, Opening::Use)
    }

    /// The same for another purpose.
    pub(crate) fn open_for(
        url: &str,
        key: CatalogKey,
        patience: Duration,
        opening: Opening<'_>,
    ) -> Result<Self, OpenError> {
        let address = Arc::new(Address::parse(url).map_err(OpenError::Address)?);
        let place = address.place.clone();
        let changes = Changes::new();
        let notices = Arc::new(Notices::new(changes.clone()));
        let closing = Arc::new(AtomicBool::new(false));
        let parts = Parts { address, key: Arc::new(key), notices, closing };
        let no_thread = |source| OpenError::Thread { place: place.clone(), source };
        let first = parts.runner().map_err(no_thread)?;
        let first = prepare(first, &place, patience, opening)?;
        let (write, write_jobs) = mpsc::channel(QUEUE);
        let (read, read_jobs) = mpsc::channel(QUEUE);
        let (stop_listening, stop) = watch::channel(false);
        let mut threads = vec![spawn(&place, "catalog-listener", {
            let runtime = Listener::runtime().map_err(no_thread)?;
            let listener =
                Listener::new(Arc::clone(&parts.address), Arc::clone(&parts.notices), stop);
            move || runtime.block_on(listener.run())
        })?];
        let mut ready = Some(first);
        for (name, n_threads, jobs) in
            [("catalog-writer", WRITERS, write_jobs), ("catalog-reader", READERS, read_jobs)]
        {
            let jobs: Queue = Arc::new(tokio::sync::Mutex::new(jobs));
            for _ in 0..n_threads {
                let runner = match ready.take() {
                    Some(runner) => runner,
                    None => parts.runner().map_err(no_thread)?,
                };
                let jobs = Arc::clone(&jobs);
                threads.push(spawn(&place, name, move || runner.run(&jobs))?);
            }
        }
        Ok(Self {
            queues: Mutex::new(Some(Queues { write, read })),
            threads: Mutex::new(threads),
            changes,
            closing: parts.closing,
            stop_listening,
        })
    }

    fn queues(&self) -> Option<Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What every thread of a store shares.
struct Parts {
    address: Arc<Address>,
    key: Arc<CatalogKey>,
    notices: Arc<Notices>,
    closing: Arc<AtomicBool>,
}

impl Parts {
    fn runner(&self) -> std::io::Result<Runner> {
        Ok(Runner {
            session: Session::new(Arc::clone(&self.address), self.notices.silences())?,
            key: Arc::clone(&self.key),
            notices: Arc::clone(&self.notices),
            closing: Arc::clone(&self.closing),
        })
    }
}

/// Schema and key, on a thread of its own: the caller's may belong to a runtime already.
fn prepare(
    runner: Runner,
    place: &str,
    patience: Duration,
    opening: Opening<'_>,
) -> Result<Runner, OpenError> {
    let prepared = thread::scope(|scope| {
        let thread = scope.spawn(move || prepare_here(runner, place, patience, opening));
        thread.join()
    });
    prepared.unwrap_or_else(|_panic| {
        let source = Box::new(CatalogError::Closed);
        Err(OpenError::Store { place: place.to_owned(), source })
    })
}

fn prepare_here(
    mut runner: Runner,
    place: &str,
    patience: Duration,
    opening: Opening<'_>,
) -> Result<Runner, OpenError> {
    let until = Instant::now() + patience;
    while let Err(failure) = runner.session.open() {
        if until <= Instant::now() || failure.error.is_for_good() {
            let source = Box::new(CatalogError::Store(failure.error));
            return Err(OpenError::Store { place: place.to_owned(), source });
        }
        thread::sleep(PAUSE);
    }
    let mut setup = Setup { place: place.to_owned(), opening, refused: None };
    let done = runner.run_job(&mut setup, Some(WriteMode::Alone));
    match (done, setup.refused) {
        (Ok(()), None) => Ok(runner),
        (_, Some(refused)) => Err(refused),
        (Err(error), None) => {
            Err(OpenError::Store { place: place.to_owned(), source: Box::new(error) })
        }
    }
}

/// The job that brings schema and key in order.
struct Setup<'f> {
    place: String,
    opening: Opening<'f>,
    refused: Option<OpenError>,
}

impl Job for Setup<'_> {
    fn run(&mut self, tx: &mut dyn Tx) -> Result<(), CatalogError> {
        match setup::prepare(tx, &POSTGRES, &self.place, self.opening) {
            Ok(()) => {
                self.refused = None;
                Ok(())
            }
            Err(refused) => {
                self.refused = Some(refused);
                Err(CatalogError::Closed)
            }
        }
    }

    fn done(self: Box<Self>, _result: Result<(), CatalogError>) {}
}

impl Store for PostgresStore {
    fn write(&self, job: Box<dyn Job>, mode: WriteMode) -> Pending<'_> {
        let queue = self.queues().map(|queues| queues.write);
        Box::pin(submit(queue, Work { job, mode: Some(mode) }, |work| work.job))
    }

    fn read(&self, job: Box<dyn Job>) -> Pending<'_> {
        let queue = self.queues().map(|queues| queues.read);
        Box::pin(submit(queue, Work { job, mode: None }, |work| work.job))
    }

    fn changes(&self, topic: Topic) -> watch::Receiver<u64> {
        self.changes.subscribe(topic)
    }

    fn close(&self) -> Pending<'_> {
        drop(self.queues.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.closing.store(true, Ordering::Relaxed);
        self.stop_listening.send_replace(true);
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(join_all(std::mem::take(&mut *threads)))
    }
}

impl Drop for PostgresStore {
    /// The listener would go on for ever; the others end with their queues.
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.stop_listening.send_replace(true);
    }
}

#[cfg(test)]
mod tests;
