//! The writer thread: takes what is queued, runs it in one transaction, commits once, answers.
//!
//! A commit costs a flush of the disk, whatever is in it. So the jobs that arrive while one
//! commit is under way share the next; each has a savepoint, and one that fails undoes itself
//! only.

use std::io;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use super::connection::Database;
use super::tx::{Rendered, SqliteTx};
use crate::error::{CatalogError, StoreError};
use crate::store::changes::Changes;
use crate::store::{Job, Topic, run_caught};

/// How many jobs share a commit at most, so that the first of them does not wait long.
pub(super) const GROUP_MAX: usize = 256;

/// How often to look whether another process has changed the file.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often a whole group is tried when the file is locked; each try waits for
/// `busy_timeout`.
const TRIES: usize = 3;

pub(super) struct Writer {
    database: Database,
    connection: Connection,
    rendered: Rendered,
    changes: Changes,
    /// Waits for jobs with a time limit.
    waiting: Runtime,
    /// `PRAGMA data_version` when last looked at; other connections' commits change it.
    seen: i64,
    looked: Instant,
}

/// A job of a group, and how it went so far.
struct Member {
    job: Box<dyn Job>,
    result: Result<(), CatalogError>,
    topics: [bool; Topic::ALL.len()],
    /// It took a transaction down with it, and is not run again.
    doomed: bool,
}

/// The transaction of a group is gone.
struct Lost(StoreError);

impl Writer {
    pub(super) fn new(
        database: Database,
        connection: Connection,
        changes: Changes,
    ) -> io::Result<Self> {
        let waiting = Builder::new_current_thread().enable_time().build()?;
        let mut writer = Self {
            database,
            connection,
            rendered: Rendered::new(),
            changes,
            waiting,
            seen: 0,
            looked: Instant::now(),
        };
        writer.seen = writer.data_version().unwrap_or_default();
        Ok(writer)
    }

    /// Until nobody can send jobs any more and the queue is empty.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        loop {
            let next = self
                .waiting
                .block_on(async { tokio::time::timeout(LOOK_EVERY, jobs.recv()).await });
            match next {
                Ok(None) => return,
                Ok(Some(first)) => self.run_group(collect(first, &mut jobs)),
                Err(_elapsed) => {}
            }
            if LOOK_EVERY <= self.looked.elapsed() {
                self.look();
            }
        }
    }

    fn run_group(&mut self, mut group: Vec<Member>) {
        for attempt in 1..=TRIES {
            match self.try_group(&mut group) {
                Ok(()) => break,
                Err(Lost(StoreError::Locked { .. })) if attempt < TRIES => {
                    tracing::warn!(attempt, "the catalog is locked by another process");
                }
                Err(Lost(error)) => {
                    fail_all(&mut group, &error);
                    break;
                }
            }
        }
        for topic in Topic::ALL {
            let changed = |member: &Member| member.result.is_ok() && member.topics[topic as usize];
            if group.iter().any(changed) {
                self.changes.bump(topic);
            }
        }
        for member in group {
            member.job.done(member.result);
        }
    }

    /// Runs the jobs and commits. When one of them takes the whole transaction down (a full disk
    /// does), the others are run again without it: also those that were refused, as they may have
    /// been refused because of what is undone now.
    fn try_group(&mut self, group: &mut [Member]) -> Result<(), Lost> {
        loop {
            self.statement("BEGIN IMMEDIATE").map_err(Lost)?;
            if self.run_members(group) {
                let committed = self.statement("COMMIT");
                if committed.is_err() && !self.connection.is_autocommit() {
                    self.undo();
                }
                return committed.map_err(Lost);
            }
        }
    }

    /// False when the transaction was lost on the way.
    fn run_members(&mut self, group: &mut [Member]) -> bool {
        for member in group.iter_mut().filter(|member| !member.doomed) {
            member.result = self.run_member(member);
            if self.connection.is_autocommit() {
                // Also when the job itself thought nothing of it: its work is gone.
                let took = std::mem::replace(&mut member.result, Ok(())).err();
                member.result = Err(took.unwrap_or(CatalogError::Closed));
                member.doomed = true;
                return false;
            }
        }
        true
    }

    fn run_member(&mut self, member: &mut Member) -> Result<(), CatalogError> {
        self.statement("SAVEPOINT job").map_err(CatalogError::Store)?;
        let mut tx = SqliteTx::new(&self.database, &self.connection, &mut self.rendered);
        let result = run_caught(member.job.as_mut(), &mut tx);
        member.topics = tx.topics;
        if self.connection.is_autocommit() {
            return result;
        }
        let undone = if result.is_err() { self.statement("ROLLBACK TO job") } else { Ok(()) };
        if let Err(error) = undone.and_then(|()| self.statement("RELEASE job")) {
            self.undo();
            return Err(CatalogError::Store(error));
        }
        result
    }

    fn undo(&self) {
        if let Err(error) = self.statement("ROLLBACK") {
            tracing::error!(%error, "a failed transaction of the catalog was not rolled back");
        }
    }

    /// Wakes everybody when another process has committed something.
    fn look(&mut self) {
        self.looked = Instant::now();
        let Ok(version) = self.data_version() else { return };
        if version != self.seen {
            self.seen = version;
            self.changes.bump_all();
        }
    }

    fn data_version(&self) -> rusqlite::Result<i64> {
        self.connection.query_row("PRAGMA data_version", (), |row| row.get(0))
    }

    fn statement(&self, sql: &str) -> Result<(), StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut sql| sql.raw_execute());
        done.map(drop).map_err(|source| self.database.store_error(sql, source))
    }
}

/// The first job and those that wait behind it.
fn collect(first: Box<dyn Job>, jobs: &mut mpsc::Receiver<Box<dyn Job>>) -> Vec<Member> {
    let member =
        |job| Member { job, result: Ok(()), topics: [false; Topic::ALL.len()], doomed: false };
    let mut group = vec![member(first)];
    while group.len() < GROUP_MAX
        && let Ok(job) = jobs.try_recv()
    {
        group.push(member(job));
    }
    group
}

/// Nothing of the group is stored, so its refusals, too, say nothing that can be relied on.
fn fail_all(group: &mut [Member], error: &StoreError) {
    for member in group.iter_mut().filter(|member| !member.doomed) {
        member.result = Err(CatalogError::Store(error.clone()));
    }
}
