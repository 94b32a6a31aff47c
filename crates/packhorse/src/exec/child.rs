//! `packhorse exec --child`: runs one package for a worker, then ends.
//!
//! The process is started before there is a package for it. It waits for its job, runs it, sends
//! what happens as frames, and exits. When its standard input ends, the worker is gone, and the
//! process ends at once with everything that it started.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use model::record::{EventMessage, Record};
use model::{ExecutionResult, MessageSourceType, MessageType, Timestamp};
use nix::sys::signal::Signal;
use runtime::{Cancel, Sink};
use scaleout::child::{ChildJob, FRAME_MAX, FromChild, Progress, ToChild};
use scaleout::message::Outcome;

use super::job;

/// Records that may wait to be written; beyond that the package waits for the worker.
const RECORDS_WAITING_MAX: usize = 4096;

/// Records in one frame at most.
const RECORDS_PER_FRAME: usize = 512;

/// How long a record may wait for others to share its frame.
const GATHER: Duration = Duration::from_millis(20);

/// How often progress is sent.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Runs one package for the worker at the other end of standard input and output.
pub(crate) fn run() -> Result<()> {
    follow_worker()?;
    let mut input = BufReader::new(io::stdin());
    let Some(first) = read_frame(&mut input)? else { return Ok(()) };
    let ToChild::Run(job) = first else { bail!("the first frame is not a job") };
    let cancel = Cancel::new();
    watch_worker(input, cancel.clone());
    let (sender, receiver) = sync_channel(RECORDS_WAITING_MAX);
    let progress = Arc::new(Mutex::new(Progress::default()));
    let sink = Arc::new(Frames { sender, progress: Arc::clone(&progress) });
    let writer = thread::Builder::new()
        .name("frames".to_owned())
        .spawn(move || write_frames(&receiver, &progress))
        .context("cannot start a thread")?;
    let (outcome, rows_written) = run_package(&job, Arc::clone(&sink), &cancel);
    drop(sink);
    writer.join().map_err(|_| anyhow::anyhow!("the thread that writes frames has failed"))??;
    write_frame(&mut io::stdout().lock(), &FromChild::Ended { outcome, rows_written })?;
    Ok(())
}

/// Asks the kernel to kill this process when its worker dies, however it dies, and leads a
/// process group, so that what it starts can be ended with it.
fn follow_worker() -> Result<()> {
    // Fails only where this process leads a group already.
    nix::unistd::setsid().ok();
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).context("cannot follow the worker")
}

/// Runs the package. A job that cannot even start is a failure with one message in the log.
fn run_package(job: &ChildJob, sink: Arc<Frames>, cancel: &Cancel) -> (Outcome, u64) {
    let options = match job::options(job) {
        Ok(options) => options,
        Err(error) => {
            sink.record(cannot_start(job, &error));
            return (Outcome::Failed, 0);
        }
    };
    let result = runtime::run(&options, sink, cancel);
    let outcome = match result.result {
        ExecutionResult::Success => Outcome::Succeeded,
        ExecutionResult::Failure => Outcome::Failed,
        ExecutionResult::Completion => Outcome::Completed,
        ExecutionResult::Canceled => Outcome::Canceled,
    };
    (outcome, result.rows_written)
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

/// Reads what else the worker says: `Stop`, or that it is gone.
fn watch_worker(mut input: BufReader<io::Stdin>, cancel: Cancel) {
    // The thread lives as long as the process: it waits on a pipe that ends with either side.
    thread::spawn(move || {
        loop {
            match read_frame(&mut input) {
                Ok(Some(ToChild::Stop)) => cancel.cancel(),
                Ok(Some(ToChild::Run(_))) => {}
                Ok(None) | Err(_) => die(),
            }
        }
    });
}

/// Ends this process and everything it started, at once: nobody listens any more.
fn die() -> ! {
    // Fails only where this process leads no group; then it has started nothing of its own.
    nix::sys::signal::killpg(nix::unistd::getpgrp(), Signal::SIGKILL).ok();
    std::process::exit(1)
}

/// Puts records and progress where the writing thread finds them.
struct Frames {
    sender: SyncSender<Record>,
    progress: Arc<Mutex<Progress>>,
}

impl Sink for Frames {
    fn record(&self, record: Record) {
        // Fails only when the writing thread has ended, and then the worker is gone.
        self.sender.send(record).ok();
    }

    fn progress(&self, executable: &str, rows_read: u64, rows_written: u64) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        *progress = Progress { executable: executable.to_owned(), rows_read, rows_written };
    }
}

fn write_frames(receiver: &Receiver<Record>, progress: &Mutex<Progress>) -> Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout());
    let mut sent = Progress::default();
    let mut sent_at = Instant::now();
    loop {
        let first = receiver.recv_timeout(PROGRESS_EVERY);
        let ended = matches!(first, Err(RecvTimeoutError::Disconnected));
        let mut records: Vec<Record> = first.into_iter().collect();
        if !records.is_empty() {
            gather(receiver, &mut records);
            write_frame(&mut out, &FromChild::Records { records })?;
        }
        if ended || PROGRESS_EVERY <= sent_at.elapsed() {
            let current = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if current != sent {
                write_frame(&mut out, &FromChild::Progress(current.clone()))?;
                (sent, sent_at) = (current, Instant::now());
            }
        }
        out.flush().context("cannot write to the worker")?;
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

/// Reads one frame; `None` at the end of the stream.
pub(crate) fn read_frame(input: &mut impl Read) -> Result<Option<ToChild>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error).context("cannot read from the worker"),
    }
    let length = u32::from_le_bytes(length);
    if FRAME_MAX < length {
        bail!("a frame of {length} bytes is longer than {FRAME_MAX}");
    }
    let mut bytes = vec![0; usize::try_from(length)?];
    input.read_exact(&mut bytes).context("cannot read from the worker")?;
    Ok(Some(serde_json::from_slice(&bytes).context("a frame from the worker is damaged")?))
}

/// Writes one frame and flushes it.
fn write_frame(out: &mut impl Write, frame: &FromChild) -> Result<()> {
    let bytes = serde_json::to_vec(frame)?;
    let length = u32::try_from(bytes.len()).ok().filter(|&length| length <= FRAME_MAX);
    let length = length.context("a frame is too long for the worker")?;
    out.write_all(&length.to_le_bytes()).context("cannot write to the worker")?;
    out.write_all(&bytes).context("cannot write to the worker")?;
    out.flush().context("cannot write to the worker")
}
