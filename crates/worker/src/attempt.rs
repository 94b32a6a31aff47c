//! One attempt at a package: its project is fetched, a process runs it, and all that the process
//! says is spooled.
//!
//! Every way that this can end is an [`Outcome`]; none is an error of the worker's.

mod handle;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use model::record::{EventMessage, Record};
use model::{ExecutionId, MessageSourceType, MessageType};
use nix::sys::signal::Signal;
use scaleout::Why;
use scaleout::child::{ChildJob, FromChild, ToChild};
use scaleout::message::{Assignment, AttemptOutcome, LeaseRef, MachineFacts, Outcome};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

pub(crate) use self::handle::{Control, RunningAttempt};
use crate::frame::FrameError;
use crate::machine;
use crate::process::PackageProcess;
use crate::project_cache::{ProjectError, ProjectFile};
use crate::shared::Shared;
use crate::spool::{Header, Spool, SpoolError};
use crate::task_log::{self, TaskLog};

/// How long a process may take to exit after it said that the package is over.
const EXIT_PATIENCE: Duration = Duration::from_secs(2);

/// The same when it closed its pipe without a word. Short: whatever it still does, it may do no
/// longer than its lease lasts.
const CRASH_PATIENCE: Duration = Duration::from_millis(200);

/// How long the request to stop may take to enter the pipe. One that does not read is killed
/// when the grace period is over, and must not keep anybody from killing it before.
const STOP_PATIENCE: Duration = Duration::from_millis(100);

/// For how long fetching a project is tried again before the attempt is given up.
const FETCH_PATIENCE: Duration = Duration::from_secs(120);

/// The pause between two tries.
const FETCH_PAUSE: Duration = Duration::from_millis(500);

/// How the attempt ended, before it is written down.
struct Ended {
    outcome: Outcome,
    rows_written: u64,
}

impl Ended {
    const fn with(outcome: Outcome) -> Self {
        Self { outcome, rows_written: 0 }
    }

    fn unexpectedly(detail: impl Into<String>) -> Self {
        Self::with(Outcome::EndedUnexpectedly { detail: detail.into() })
    }
}

/// What happens next to a running package.
enum Turn {
    Said(Result<Option<FromChild>, FrameError>),
    Asked(Control),
    /// The lease was renewed; this is when the process must be over now.
    Renewed(u64),
    GraceIsOver,
}

struct Runner<'a> {
    shared: &'a Shared,
    attempt: &'a RunningAttempt,
    assignment: &'a Assignment,
    log: Arc<TaskLog>,
    folder: Option<PathBuf>,
    machine: MachineFacts,
    process_id: Option<u32>,
}

/// Starts to hold an attempt: from now on it can be controlled, and what it says is kept.
pub(crate) fn hold(
    shared: &Shared,
    lease: LeaseRef,
    execution: ExecutionId,
) -> Arc<RunningAttempt> {
    let header = Header { lease, execution };
    let attempt = match Spool::create(&shared.spool_folder, header.clone()) {
        Ok(spool) => RunningAttempt::new(spool),
        Err(error) => {
            let trouble = format!("{}, check the disk's free space", chain(&error));
            tracing::error!(reason = %trouble, task = %lease.task, "a package cannot start");
            let spool = Spool::in_memory(header);
            RunningAttempt::in_trouble(spool, trouble)
        }
    };
    shared.add(attempt)
}

/// Gives back an attempt that was never started.
pub(crate) fn give_back(shared: &Shared, attempt: &RunningAttempt) {
    let ended = Ended::with(Outcome::HandedBack);
    conclude(shared, attempt, ended, None, None);
}

/// Runs an attempt to its end and hands its outcome to the upload.
pub(crate) async fn run(shared: Arc<Shared>, attempt: Arc<RunningAttempt>, assignment: Assignment) {
    let folder = make_folder(&shared, &assignment);
    let log_folder = folder.as_deref().filter(|_| shared.settings.task_log_enabled);
    let level = shared.settings.task_log_level;
    let log = Arc::new(TaskLog::open(log_folder, assignment.attempt, level));
    log.audit(&format!(
        "attempt {} of execution {}: {}/{}/{}",
        assignment.attempt,
        assignment.execution,
        assignment.folder,
        assignment.project,
        assignment.package
    ));
    let mut runner = Runner {
        shared: &shared,
        attempt: &attempt,
        assignment: &assignment,
        log,
        folder,
        machine: machine::facts(),
        process_id: None,
    };
    let ended = runner.run().await;
    runner.end(ended);
}

fn make_folder(shared: &Shared, assignment: &Assignment) -> Option<PathBuf> {
    let folder = task_log::task_folder(&shared.tasks_folder, assignment.task);
    match fs_err::create_dir_all(&folder) {
        Ok(()) => Some(folder),
        Err(error) => {
            tracing::warn!(%error, "no folder for a task");
            None
        }
    }
}

impl Runner<'_> {
    async fn run(&mut self) -> Ended {
        let mut control = self.attempt.control.subscribe();
        if let Some(trouble) = &self.attempt.trouble {
            return self.fail(trouble.clone());
        }
        if self.folder.is_none() {
            let text =
                "the worker cannot make the task's folder: check TasksRootFolder and its disk";
            return self.fail(text.to_owned());
        }
        let project = tokio::select! {
            biased;
            asked = asked_more(&mut control, Control::Run) => return unstarted(asked),
            project = self.project() => project,
        };
        let project = match project {
            Ok(project) => project,
            Err(error) => return self.lose(chain(&error)),
        };
        let process = match self.shared.pool.take().await {
            Ok(process) => process,
            Err(error) => return self.lose(chain(&error)),
        };
        self.process_id = process.id();
        process.log_to(Arc::clone(&self.log));
        self.run_in(process, &project, &mut control).await
    }

    async fn project(&self) -> Result<ProjectFile, ProjectError> {
        let deadline = Instant::now() + FETCH_PATIENCE;
        loop {
            let hash = &self.assignment.project_hash;
            match self.shared.projects.get(hash, &self.shared.client).await {
                Err(error) if error.is_transient() && Instant::now() < deadline => {
                    tracing::warn!(reason = chain(&error), "fetching the project is tried again");
                    sleep(FETCH_PAUSE).await;
                }
                result => return result,
            }
        }
    }

    async fn run_in(
        &mut self,
        mut process: PackageProcess,
        project: &ProjectFile,
        control: &mut watch::Receiver<Control>,
    ) -> Ended {
        let mut leases = self.attempt.over_by_ms.subscribe();
        let job = ToChild::Run(Box::new(self.job(project.path())));
        let sent = tokio::select! {
            biased;
            asked = asked_more(control, Control::Stop) => {
                process.finish(Duration::ZERO).await;
                return unstarted(asked);
            }
            sent = process.send(&job) => sent,
        };
        if let Err(error) = sent {
            tracing::debug!(error = &error as &dyn std::error::Error, "the process did not listen");
            return self.crashed(process).await;
        }
        let mut grace_ends = None;
        loop {
            let turn = next_turn(&mut process, control, (&mut leases, grace_ends)).await;
            let step = self.on_turn(turn, &mut process).await;
            match step {
                Step::On => {}
                Step::Grace => {
                    grace_ends = Some(Instant::now() + self.shared.settings.stop_grace_period);
                }
                Step::Ended(ended) => {
                    process.finish(EXIT_PATIENCE).await;
                    return ended;
                }
                Step::Kill(ended) => {
                    process.finish(Duration::ZERO).await;
                    return ended;
                }
                Step::Crashed => return self.crashed(process).await,
            }
        }
    }

    fn job(&self, project: &Path) -> ChildJob {
        ChildJob {
            assignment: self.assignment.clone(),
            project_file: project.to_string_lossy().into_owned(),
            task_folder: self.folder.as_deref().unwrap_or(Path::new("")).display().to_string(),
            path_mappings: self.shared.settings.path_mappings.clone(),
            data_dumps_folder: self.shared.dumps("DataDumps"),
            error_dumps_folder: self.shared.dumps("ErrorDumps"),
            over_by_ms: self.shared.over_by_ms(&self.attempt.lease),
        }
    }

    async fn on_turn(&self, turn: Turn, process: &mut PackageProcess) -> Step {
        match turn {
            Turn::Said(Ok(Some(said))) => self.on_said(said),
            Turn::Said(Ok(None)) => Step::Crashed,
            Turn::Said(Err(error)) => {
                let text = format!("the package process spoke nonsense: {}", chain(&error));
                Step::Kill(self.lose(text))
            }
            Turn::Asked(Control::Run) => Step::On,
            Turn::Asked(Control::Stop) => {
                self.log.audit("stop requested");
                drop(timeout(STOP_PATIENCE, process.send(&ToChild::Stop)).await);
                Step::Grace
            }
            Turn::Renewed(over_by_ms) => {
                // One that does not hear of it ends itself, which is safe.
                let renewed = ToChild::Lease { over_by_ms };
                drop(timeout(STOP_PATIENCE, process.send(&renewed)).await);
                Step::On
            }
            Turn::Asked(asked @ (Control::HandBack | Control::Kill(_))) => {
                Step::Kill(unstarted(asked))
            }
            Turn::GraceIsOver => {
                self.log.audit("the package did not stop in time and is killed");
                Step::Kill(Ended::with(Outcome::Canceled))
            }
        }
    }

    fn on_said(&self, said: FromChild) -> Step {
        match said {
            FromChild::Records { records } => match self.say(records) {
                Ok(()) => Step::On,
                Err(error) => Step::Kill(self.fail(chain(&error))),
            },
            FromChild::Progress(progress) => {
                self.attempt.set_progress(progress);
                Step::On
            }
            FromChild::Ended { outcome, rows_written } => {
                Step::Ended(Ended { outcome, rows_written })
            }
        }
    }

    fn say(&self, records: Vec<Record>) -> Result<(), SpoolError> {
        self.log.records(&records);
        let n = records.len() as u64;
        self.attempt.spool().append(records)?;
        self.shared.holder().on_said(&self.attempt.lease, n);
        self.shared.to_upload.notify_one();
        Ok(())
    }

    /// The process is gone without a word.
    async fn crashed(&self, process: PackageProcess) -> Ended {
        let (status, last_line) = process.finish(CRASH_PATIENCE).await;
        let how = status.map_or_else(|| "unknown".to_owned(), exit_text);
        let text = if last_line.is_empty() { how } else { format!("{how}: {last_line}") };
        self.lose(format!("the package process ended unexpectedly: {text}"))
    }

    /// The attempt is lost, for a reason that people should find among its messages.
    fn lose(&self, text: String) -> Ended {
        self.say_error(&text);
        Ended::unexpectedly(text)
    }

    /// The attempt failed before or beside its package.
    fn fail(&self, text: String) -> Ended {
        self.say_error(&text);
        Ended::with(Outcome::Failed)
    }

    fn say_error(&self, text: &str) {
        self.log.critical(text);
        let record = error_record(&self.assignment.package, text);
        let mut spool = self.attempt.spool();
        if spool.append(vec![record.clone()]).is_err() {
            spool.append_unwritten(record);
        }
        drop(spool);
        self.shared.holder().on_said(&self.attempt.lease, 1);
    }

    fn end(&self, ended: Ended) {
        self.log.audit(&format!("ended: {:?}", ended.outcome));
        conclude(self.shared, self.attempt, ended, self.process_id, Some(self.machine));
    }
}

/// Writes an outcome down and hands it to the upload.
fn conclude(
    shared: &Shared,
    attempt: &RunningAttempt,
    ended: Ended,
    process_id: Option<u32>,
    machine: Option<MachineFacts>,
) {
    let mut spool = attempt.spool();
    let outcome = AttemptOutcome {
        lease: attempt.lease,
        outcome: ended.outcome,
        rows_written: ended.rows_written,
        process_id,
        machine,
        last_sequence: spool.said(),
        tail: None,
    };
    if let Err(error) = spool.end(outcome) {
        tracing::warn!(reason = chain(&error), task = %attempt.lease.task, "an outcome is in memory only");
    }
    drop(spool);
    shared.holder().on_ended(&attempt.lease);
    shared.to_upload.notify_one();
    shared.slot_free.notify_one();
}

/// What to do after a turn.
enum Step {
    On,
    Grace,
    Ended(Ended),
    Kill(Ended),
    Crashed,
}

async fn next_turn(
    process: &mut PackageProcess,
    control: &mut watch::Receiver<Control>,
    (leases, grace_ends): (&mut watch::Receiver<u64>, Option<Instant>),
) -> Turn {
    let known = *control.borrow();
    let grace = async {
        match grace_ends {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    let known = if grace_ends.is_some() { known } else { Control::Run };
    tokio::select! {
        biased;
        asked = asked_more(control, known) => Turn::Asked(asked),
        () = grace => Turn::GraceIsOver,
        over_by_ms = renewed(leases) => Turn::Renewed(over_by_ms),
        said = process.next() => Turn::Said(said),
    }
}

/// Waits until the lease is renewed; when the process must be over then.
async fn renewed(leases: &mut watch::Receiver<u64>) -> u64 {
    match leases.changed().await {
        Ok(()) => *leases.borrow_and_update(),
        // The sender lives as long as the attempt does.
        Err(_) => std::future::pending().await,
    }
}

/// Waits until more is asked than `known`.
async fn asked_more(control: &mut watch::Receiver<Control>, known: Control) -> Control {
    let asked = control.wait_for(|asked| known.rank() < asked.rank()).await.map(|asked| *asked);
    match asked {
        Ok(asked) => asked,
        // The sender lives as long as the attempt does.
        Err(_) => std::future::pending().await,
    }
}

/// The outcome of an attempt that is ended from outside, before or while its package runs.
fn unstarted(asked: Control) -> Ended {
    match asked {
        Control::Run | Control::Stop => Ended::with(Outcome::Canceled),
        Control::HandBack => Ended::with(Outcome::HandedBack),
        Control::Kill(Why::LeaseEnds) => Ended::unexpectedly(
            "stopped because its lease could not be renewed: no master answered in time",
        ),
        Control::Kill(Why::LeaseLost) => Ended::unexpectedly("stopped because its lease was lost"),
    }
}

fn exit_text(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(number), _) => match Signal::try_from(number) {
            Ok(signal) => format!("signal {number} ({signal})"),
            Err(_) => format!("signal {number}"),
        },
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "unknown".to_owned(),
    }
}

fn error_record(package: &str, text: &str) -> Record {
    Record::EventMessage(EventMessage {
        time: task_log::now(),
        message_type: MessageType::Error,
        source_type: MessageSourceType::ExecutionProcess,
        message: text.to_owned(),
        package_name: package.to_owned(),
        event_name: "OnError".to_owned(),
        source_name: package.to_owned(),
        source_id: String::new(),
        subcomponent_name: String::new(),
        package_path: String::new(),
        execution_path: String::new(),
        thread_id: 0,
        message_code: 0,
        context: Vec::new(),
    })
}

/// An error with its causes, on one line, for people who see only the catalog.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
