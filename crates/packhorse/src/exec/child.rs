//! `packhorse exec --child`: runs one package for a worker, then ends.
//!
//! The process is started before there is a package for it. It waits for its job, runs it, sends
//! what happens as frames, and exits. When its standard input ends, the worker is gone, and the
//! process ends at once with everything that it started.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use model::record::{EventMessage, Record};
use model::{ExecutionResult, MessageSourceType, MessageType, Timestamp};
use runtime::{Cancel, Sink};
use scaleout::child::{ChildJob, FromChild, Progress};
use scaleout::message::{Outcome, Validation};
use worker::{ChildEnd, FrameWriter};

use super::job;

/// Records that may wait to be written; beyond that the package waits for the worker. Room for
/// all of them is made at the start of every package, so it is small.
const RECORDS_WAITING_MAX: usize = 128;

/// Records in one frame at most.
const RECORDS_PER_FRAME: usize = 512;

/// How long a record may wait for others to share its frame.
const GATHER: Duration = Duration::from_millis(20);

/// How often progress is sent.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Runs one package for the worker at the other end of standard input and output.
pub(crate) fn run() -> Result<()> {
    let (child, frames) = ChildEnd::start();
    let Some(job) = child.wait_for_job() else { return Ok(()) };
    let cancel = Cancel::new();
    let stopping = cancel.clone();
    child.on_stop(move || stopping.cancel());
    let frames = Arc::new(frames);
    let (sender, receiver) = sync_channel(RECORDS_WAITING_MAX);
    let progress = Arc::new(Mutex::new(Progress::default()));
    let sink = Arc::new(Records { sender, progress: Arc::clone(&progress) });
    let writing = Arc::clone(&frames);
    let writer = thread::Builder::new()
        .name("frames".to_owned())
        .spawn(move || write_frames(&writing, &receiver, &progress))
        .context("cannot start a thread")?;
    let (outcome, rows_written) = run_package(&job, sink, cancel);
    writer.join().map_err(|_| anyhow::anyhow!("the thread that writes frames has failed"))??;
    frames.write(&FromChild::Ended { outcome, rows_written })?;
    Ok(())
}

/// Runs the package. A job that cannot even start is a failure with one message in the log.
fn run_package(job: &ChildJob, sink: Arc<Records>, cancel: Cancel) -> (Outcome, u64) {
    if let Some(validation) = &job.assignment.validation {
        return (validate(job, validation, &sink, &cancel), 0);
    }
    let options = match job::options(job) {
        Ok(options) => options,
        Err(error) => {
            sink.record(cannot_start(job, &error));
            return (Outcome::Failed, 0);
        }
    };
    let result = runtime::run(options, sink, cancel);
    (outcome_of(result.result), result.rows_written)
}

fn outcome_of(result: ExecutionResult) -> Outcome {
    match result {
        ExecutionResult::Success => Outcome::Succeeded,
        ExecutionResult::Failure => Outcome::Failed,
        ExecutionResult::Completion => Outcome::Completed,
        ExecutionResult::Canceled => Outcome::Canceled,
    }
}

/// Validates all packages, also after one that is not valid, within the time given for all.
fn validate(
    job: &ChildJob,
    validation: &Validation,
    sink: &Arc<Records>,
    cancel: &Cancel,
) -> Outcome {
    let (done, waits) = sync_channel::<()>(1);
    let late = cancel.clone();
    let timeout = Duration::from_millis(validation.timeout_ms);
    let watch = thread::Builder::new().name("timeout".to_owned()).spawn(move || {
        let is_late = waits.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout);
        if is_late {
            late.cancel();
        }
        is_late
    });
    let mut worst = Outcome::Succeeded;
    for check in &validation.checks {
        let mut one = job.clone();
        one.assignment.package.clone_from(&check.package);
        one.assignment.parameters.clone_from(&check.parameters);
        let outcome = match job::options(&one) {
            Ok(options) => {
                let said = Arc::clone(sink) as Arc<dyn Sink>;
                outcome_of(runtime::validate(options, said, cancel.clone()).result)
            }
            Err(error) => {
                sink.record(cannot_start(&one, &error));
                Outcome::Failed
            }
        };
        if outcome == Outcome::Canceled {
            worst = outcome;
            break;
        }
        if !matches!(outcome, Outcome::Succeeded | Outcome::Completed) {
            worst = outcome;
        }
    }
    drop(done);
    if watch.is_ok_and(|watch| watch.join().unwrap_or(false)) {
        // 27195 of the documentation.
        let error = anyhow::anyhow!("the validation took longer than VALIDATION_TIMEOUT allows");
        sink.record(cannot_start(job, &error));
        return Outcome::Failed;
    }
    worst
}

/// The message that says why a package could not start.
fn cannot_start(job: &ChildJob, error: &anyhow::Error) -> Record {
    let package = &job.assignment.package;
    Record::EventMessage(EventMessage {
        time: now(),
        message_type: MessageType::Error,
        source_type: MessageSourceType::ExecutionProcess,
        message: format!("{package}:Error: {error:#}"),
        package_name: package.clone(),
        event_name: "OnError".to_owned(),
        source_name: package.clone(),
        source_id: String::new(),
        subcomponent_name: String::new(),
        package_path: r"\Package".to_owned(),
        execution_path: r"\Package".to_owned(),
        thread_id: 0,
        message_code: model::dts::DTS_E_GENERICERROR.cast_signed(),
        context: Vec::new(),
    })
}

/// The time now.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// Puts records and progress where the writing thread finds them.
struct Records {
    sender: SyncSender<Record>,
    progress: Arc<Mutex<Progress>>,
}

impl Sink for Records {
    fn record(&self, record: Record) {
        // Fails only when the writing thread has ended, and then the worker is gone.
        self.sender.send(record).ok();
    }

    fn progress(&self, executable: &str, rows_read: u64, rows_written: u64) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        *progress = Progress { executable: executable.to_owned(), rows_read, rows_written };
    }
}

fn write_frames(
    frames: &FrameWriter,
    receiver: &Receiver<Record>,
    progress: &Mutex<Progress>,
) -> Result<()> {
    let mut sent = Progress::default();
    let mut sent_at = Instant::now();
    loop {
        let first = receiver.recv_timeout(PROGRESS_EVERY);
        let ended = matches!(first, Err(RecvTimeoutError::Disconnected));
        let mut records: Vec<Record> = first.into_iter().collect();
        if !records.is_empty() {
            gather(receiver, &mut records);
            frames.write(&FromChild::Records { records })?;
        }
        if ended || PROGRESS_EVERY <= sent_at.elapsed() {
            let current = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if current != sent {
                frames.write(&FromChild::Progress(current.clone()))?;
                (sent, sent_at) = (current, Instant::now());
            }
        }
        if ended {
            return Ok(());
        }
    }
}

/// Takes what follows shortly, so that a burst of records travels together.
fn gather(receiver: &Receiver<Record>, records: &mut Vec<Record>) {
    let until = Instant::now() + GATHER;
    while records.len() < RECORDS_PER_FRAME {
        let left = until.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok(record) => records.push(record),
            Err(_) => return,
        }
    }
}
