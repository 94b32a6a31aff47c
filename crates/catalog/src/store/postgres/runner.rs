//! A thread that runs jobs on a session of its own, and runs them again when they were lost.
//!
//! ```text
//!    BEGIN, lock ─▶ job ─▶ mark, COMMIT ─▶ answer
//!      ▲             │          │ answer lost: in doubt
//!      └── lost ◀────┴──────────┘
//! ```
//!
//! # Invariants
//!
//! * Writes that go alone hold the catalog's lock alone, others share it; so what is true of
//!   SQLite's one writer is true here of every write that does not say that it needs less.
//! * Each try of a write is committed together with a mark of its own. A try that follows a commit
//!   without an answer begins by writing the mark of that one: of the two at most one can commit,
//!   and the later finds out which.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::Timestamp;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

use super::failure::{Context, Failure, Remedy};
use super::listener::Notices;
use super::session::{Open, Session, wait};
use super::tx::{PostgresTx, both};
use crate::error::{CatalogError, ServerSaid, StoreError};
use crate::key::CatalogKey;
use crate::store::{Job, Topic, WriteMode, run_caught};

/// For how long a job is run again before its caller is told: longer than a Patroni cluster with
/// its default settings needs to have a new primary.
const RETRY_FOR: Duration = Duration::from_secs(45);

/// Pauses between tries grow from the first to the second.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// The advisory lock of a catalog: the letters `packhrse`.
const LOCK_ALONE: &str = "SELECT pg_advisory_xact_lock(8097860503120507749),
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
const LOCK_BESIDE: &str = "SELECT pg_advisory_xact_lock_shared(8097860503120507749),
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
const NO_LOCK: &str = "SELECT NULL::bigint,
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// One state of the catalog, whatever others do meanwhile.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// A transaction that has changed nothing needs no mark.
const MARK: &str = "INSERT INTO committed_requests (request_id, committed_time)
    SELECT CAST(?1 AS TEXT), CAST(?2 AS BIGINT) WHERE pg_current_xact_id_if_assigned() IS NOT NULL";
const MARK_FIRST: &str = "INSERT INTO committed_requests (request_id, committed_time)
    VALUES (?1, ?2) ON CONFLICT (request_id) DO NOTHING";

/// A job, and how it writes; `None` when it only reads.
pub(super) struct Work {
    pub(super) job: Box<dyn Job>,
    pub(super) mode: Option<WriteMode>,
}

/// What is shared by the threads of a store.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Work>>>;

pub(super) struct Runner {
    pub(super) session: Session,
    pub(super) key: Arc<CatalogKey>,
    pub(super) notices: Arc<Notices>,
    /// The store is being closed: nothing is tried again.
    pub(super) closing: Arc<AtomicBool>,
}

/// One try of a job.
struct Request {
    /// Its mark.
    id: String,
    mode: Option<WriteMode>,
    /// The marks of earlier tries that may have been committed.
    doubts: Vec<String>,
}

/// How a try ended.
enum Ended {
    /// Committed, now or by an earlier try.
    Done,
    /// The job refused, or failed for good; nothing is stored.
    Refused(CatalogError),
    /// The transaction was lost.
    Lost(Failure),
    /// The commit had no answer.
    InDoubt(Failure),
}

impl Runner {
    /// Until nobody can send jobs any more. The threads take turns in waiting for one.
    pub(super) fn run(mut self, jobs: &Queue) {
        loop {
            let next = async { jobs.lock().await.recv().await };
            let Some(Work { mut job, mode }) = self.session.runtime.block_on(next) else { return };
            let result = self.run_job(job.as_mut(), mode);
            job.done(result);
        }
    }

    /// Runs a job until it is done, refused, or out of time.
    pub(super) fn run_job(
        &mut self,
        job: &mut dyn Job,
        mode: Option<WriteMode>,
    ) -> Result<(), CatalogError> {
        let mut request = Request { id: new_mark(), mode, doubts: Vec::new() };
        let (until, mut pause) = (Instant::now() + RETRY_FOR, PAUSE_MIN);
        loop {
            let failure = match self.try_job(job, &request) {
                Ended::Done => return Ok(()),
                Ended::Refused(error) => return Err(error),
                Ended::Lost(failure) => failure,
                Ended::InDoubt(failure) => {
                    let mark = std::mem::replace(&mut request.id, new_mark());
                    request.doubts.push(mark);
                    failure
                }
            };
            let over = until <= Instant::now() || self.closing.load(Ordering::Relaxed);
            if failure.remedy == Remedy::None || over {
                return Err(CatalogError::Store(in_the_end(
                    failure.error,
                    !request.doubts.is_empty(),
                )));
            }
            if failure.remedy == Remedy::Alone {
                request.mode = Some(WriteMode::Alone);
            }
            tracing::debug!(error = %failure.error, "a transaction was lost, trying again");
            self.pause(&mut pause);
        }
    }

    /// Waits a little: not as long as others that wait, so that they do not meet again.
    fn pause(&self, pause: &mut Duration) {
        let part = f64::from(Uuid::new_v4().as_bytes()[0]) / 255.0;
        let length = pause.mul_f64(0.5 + part / 2.0);
        self.session.runtime.block_on(async { tokio::time::sleep(length).await });
        *pause = PAUSE_MAX.min(*pause * 2);
    }

    fn try_job(&mut self, job: &mut dyn Job, request: &Request) -> Ended {
        if let Err(failure) = self.session.open() {
            return Ended::Lost(failure);
        }
        let address = Arc::clone(&self.session.address);
        // There is one, as it was opened above.
        let Some((open, runtime, silences)) = self.session.parts() else {
            return Ended::Refused(CatalogError::Closed);
        };
        let context = Context { place: &address.place, mode: request.mode, silences };
        let mut attempt =
            Attempt { open, runtime, context, request, key: &self.key, notices: &self.notices };
        let ended = attempt.run(job);
        let usable = match &ended {
            Ended::Done => true,
            Ended::Lost(failure) if failure.remedy != Remedy::Reconnect => attempt.roll_back(),
            Ended::Refused(_) => attempt.roll_back(),
            Ended::Lost(_) | Ended::InDoubt(_) => false,
        };
        if !usable {
            self.session.discard();
        }
        ended
    }
}

fn new_mark() -> String {
    Uuid::new_v4().as_hyphenated().to_string()
}

/// An error that is told to the caller.
fn in_the_end(error: StoreError, in_doubt: bool) -> StoreError {
    if let StoreError::Unreachable { place, source } = error {
        return if in_doubt {
            StoreError::Uncertain { place, source }
        } else {
            StoreError::Unreachable { place, source }
        };
    }
    error
}

/// One try of a request.
struct Attempt<'s> {
    open: &'s mut Open,
    runtime: &'s Runtime,
    context: Context<'s>,
    request: &'s Request,
    key: &'s CatalogKey,
    notices: &'s Notices,
}

impl Attempt<'_> {
    fn run(&mut self, job: &mut dyn Job) -> Ended {
        let now = match self.begin() {
            Ok(now) => now,
            Err(failure) => return Ended::Lost(failure),
        };
        match self.settle_doubts(now) {
            Ok(None) => {}
            Ok(Some(ended)) => return ended,
            Err(failure) => return Ended::Lost(failure),
        }
        let topics = match self.work(job, now) {
            Ok(topics) => topics,
            Err(ended) => return ended,
        };
        let ended = self.commit(now);
        if matches!(ended, Ended::Done) {
            self.notices.tell(topics);
        }
        ended
    }

    /// Begins, waits for the catalog's lock, and reads the server's clock.
    fn begin(&mut self) -> Result<Timestamp, Failure> {
        let (begin, lock) = match self.request.mode {
            None => (BEGIN_READ, NO_LOCK),
            Some(WriteMode::Beside) => (BEGIN_WRITE, LOCK_BESIDE),
            Some(WriteMode::Alone) => (BEGIN_WRITE, LOCK_ALONE),
        };
        let statement = self.open.prepare(self.runtime, self.context, lock)?;
        let client = &self.open.client;
        let requests = async {
            let (begun, locked) =
                both(client.batch_execute(begin), client.query_one(&statement, &[])).await;
            begun.and(locked)
        };
        let row = wait(self.runtime, self.context, begin, requests)?;
        row.try_get(1).map(Timestamp).map_err(|error| self.context.failure(lock, &error))
    }

    fn work(
        &mut self,
        job: &mut dyn Job,
        now: Timestamp,
    ) -> Result<[bool; Topic::ALL.len()], Ended> {
        let mut tx = PostgresTx {
            open: self.open,
            runtime: self.runtime,
            context: self.context,
            key: self.key,
            now,
            topics: [false; Topic::ALL.len()],
            failed: None,
        };
        let result = run_caught(job, &mut tx);
        let (topics, failed) = (tx.topics, tx.failed);
        match (failed, result) {
            (Some(failure), Err(error)) if failure.remedy == Remedy::None => {
                Err(Ended::Refused(error))
            }
            (Some(failure), _) => Err(Ended::Lost(failure)),
            (None, Err(error)) => Err(Ended::Refused(error)),
            (None, Ok(())) => Ok(topics),
        }
    }

    /// Makes sure that no earlier try is committed from now on, or finds that one was.
    fn settle_doubts(&mut self, now: Timestamp) -> Result<Option<Ended>, Failure> {
        for (index, mark) in self.request.doubts.iter().enumerate() {
            if self.mark_first(mark, now)? {
                continue;
            }
            // Nobody may have been told of it.
            self.notices.tell([true; Topic::ALL.len()]);
            let is_last = index + 1 == self.request.doubts.len();
            return Ok(Some(if is_last { self.was_committed() } else { self.answer_is_lost() }));
        }
        Ok(None)
    }

    /// False when the mark is there: its try was committed. Waits for one that is under way.
    fn mark_first(&mut self, mark: &String, now: Timestamp) -> Result<bool, Failure> {
        let statement = self.open.prepare(self.runtime, self.context, MARK_FIRST)?;
        let client = &self.open.client;
        let inserted = async { client.execute(&statement, &[mark, &now.0]).await };
        Ok(wait(self.runtime, self.context, MARK_FIRST, inserted)? == 1)
    }

    /// The job still has the answer that it made in its last run.
    fn was_committed(&mut self) -> Ended {
        if self.roll_back() { Ended::Done } else { Ended::Lost(self.context.silence()) }
    }

    /// What the job made in an earlier run was overwritten by a later one.
    fn answer_is_lost(&self) -> Ended {
        let message = "it took place, but its answer was lost".to_owned();
        let source = ServerSaid { sqlstate: None, message };
        let place = self.context.place.to_owned();
        Ended::Refused(CatalogError::Store(StoreError::Uncertain { place, source }))
    }

    fn commit(&mut self, now: Timestamp) -> Ended {
        if self.request.mode.is_none() {
            let committed = self.open.batch(self.runtime, self.context, "COMMIT");
            return self.ended(committed);
        }
        let statement = match self.open.prepare(self.runtime, self.context, MARK) {
            Ok(statement) => statement,
            Err(failure) => return Ended::Lost(failure),
        };
        let client = &self.open.client;
        let requests = async {
            let mark = async { client.execute(&statement, &[&self.request.id, &now.0]).await };
            // A COMMIT behind a statement that failed rolls back, and says so in no error.
            Ok(both(mark, client.batch_execute("COMMIT")).await)
        };
        match wait(self.runtime, self.context, "COMMIT", requests) {
            Err(silence) => Ended::InDoubt(silence),
            Ok((Ok(_), Ok(()))) => Ended::Done,
            Ok((Err(error), _) | (Ok(_), Err(error))) => {
                self.ended(Err(self.context.failure("COMMIT", &error)))
            }
        }
    }

    /// A commit whose connection was lost may have taken place, unless it was of a reader.
    fn ended(&self, committed: Result<(), Failure>) -> Ended {
        match committed {
            Ok(()) => Ended::Done,
            Err(failure) if failure.remedy == Remedy::Reconnect && self.context.mode.is_some() => {
                Ended::InDoubt(failure)
            }
            Err(failure) => Ended::Lost(failure),
        }
    }

    /// False when the connection is of no use any more.
    fn roll_back(&mut self) -> bool {
        self.open.batch(self.runtime, self.context, "ROLLBACK").is_ok()
    }
}
