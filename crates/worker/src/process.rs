//! One package process as its worker holds it, and the pool of those that wait, started, for the
//! next package.
//!
//! # Invariants
//!
//! * Each process leads a session of its own. When it has to be killed, what it started is killed
//!   before it, whatever group that is in; and when it was killed, what is left of its session:
//!   nothing that a package started outlives it.
//! * A process whose worker is gone sees the end of its standard input and does the same to
//!   itself (see `child_end.rs`).

mod template;

pub(crate) use template::{FORK_PIPES, Said};

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, pipe2};
use template::{Forked, Template};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::descendants::kill_descendants;
use crate::frame::{self, FrameError, FrameReader};
use crate::leftovers::OWNER;
use crate::task_log::TaskLog;

/// Lines of standard error that are kept while a process has no log yet.
const EARLY_LINES_MAX: usize = 100;

/// How long a line of standard error may be.
const LINE_MAX: u64 = 4 << 10;

/// How long to wait before starting processes again after that failed.
const START_PAUSE: Duration = Duration::from_secs(1);

/// A process that cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the package process `{program}`")]
pub(crate) struct StartError {
    program: String,
    #[source]
    source: io::Error,
}

/// A package process.
pub(crate) struct PackageProcess {
    running: Running,
    /// Its process group, which has its number; `None` once that was ended.
    group: Option<Pid>,
    stdin: Option<Sender>,
    frames: FrameReader<Receiver>,
    stderr: Arc<Mutex<Stderr>>,
    stderr_reader: tokio::task::JoinHandle<()>,
}

/// Where a process comes from, and how its end is learned.
enum Running {
    /// Started by this worker.
    Child(Child),
    /// What a template became.
    Forked(Forked),
}

impl Running {
    fn is_running(&mut self) -> bool {
        match self {
            Self::Child(child) => matches!(child.try_wait(), Ok(None)),
            Self::Forked(forked) => forked.is_running(),
        }
    }

    async fn wait(&mut self) -> Option<ExitStatus> {
        match self {
            Self::Child(child) => child.wait().await.ok(),
            Self::Forked(forked) => forked.wait().await,
        }
    }
}

/// The pipes of a process that starts: the worker's ends, and those of the process.
struct Pipes {
    stdin: Sender,
    stdout: Receiver,
    stderr: Receiver,
    theirs: [OwnedFd; FORK_PIPES],
}

impl Pipes {
    fn new() -> io::Result<Self> {
        let [stdin, stdout, stderr] = [(); FORK_PIPES].map(|()| pipe2(OFlag::O_CLOEXEC));
        let ((in_read, in_write), (out_read, out_write)) = (stdin?, stdout?);
        let (err_read, err_write) = stderr?;
        Ok(Self {
            stdin: Sender::from_owned_fd(in_write)?,
            stdout: Receiver::from_owned_fd(out_read)?,
            stderr: Receiver::from_owned_fd(err_read)?,
            theirs: [in_read, out_write, err_write],
        })
    }
}

#[derive(Default)]
struct Stderr {
    log: Option<Arc<TaskLog>>,
    early: VecDeque<String>,
    last: String,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PackageProcess {
    /// Starts a process that waits for a package.
    pub(crate) fn start(command: &[String], owner: &str) -> Result<Self, StartError> {
        let program = command.first().cloned().unwrap_or_default();
        let failed = |source| StartError { program: program.clone(), source };
        let Pipes { stdin, stdout, stderr, theirs } = Pipes::new().map_err(failed)?;
        let [their_stdin, their_stdout, their_stderr] = theirs.map(Stdio::from);
        let mut starting = Command::new(&program);
        lead_a_session(&mut starting);
        let child = starting
            .args(command.iter().skip(1))
            .env(OWNER, owner)
            .stdin(their_stdin)
            .stdout(their_stdout)
            .stderr(their_stderr)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Ok(Self::new(Running::Child(child), group, (stdin, stdout, stderr)))
    }

    /// Has a template become a process that waits for a package.
    async fn fork(template: Arc<Template>) -> io::Result<Self> {
        let Pipes { stdin, stdout, stderr, theirs } = Pipes::new()?;
        let forked = template.fork(theirs.each_ref().map(AsFd::as_fd)).await?;
        let group = Some(forked.process);
        Ok(Self::new(Running::Forked(forked), group, (stdin, stdout, stderr)))
    }

    fn new(
        running: Running,
        group: Option<Pid>,
        (stdin, stdout, stderr_pipe): (Sender, Receiver, Receiver),
    ) -> Self {
        let stderr = Arc::new(Mutex::new(Stderr::default()));
        let stderr_reader = tokio::spawn(read_stderr(stderr_pipe, Arc::clone(&stderr)));
        let (stdin, frames) = (Some(stdin), FrameReader::new(stdout));
        Self { running, group, stdin, frames, stderr, stderr_reader }
    }

    /// Its process id, for `catalog.executions`.
    pub(crate) fn id(&self) -> Option<u32> {
        self.group.and_then(|process| u32::try_from(process.as_raw()).ok())
    }

    /// Where its standard error goes from now on.
    pub(crate) fn log_to(&self, log: Arc<TaskLog>) {
        let mut stderr = lock(&self.stderr);
        for line in stderr.early.drain(..) {
            log.stderr(&line);
        }
        stderr.log = Some(log);
    }

    /// Writes a frame to its standard input.
    pub(crate) async fn send<T: serde::Serialize>(
        &mut self,
        message: &T,
    ) -> Result<(), FrameError> {
        match &mut self.stdin {
            Some(stdin) => frame::write_async(stdin, message).await,
            None => Err(FrameError::Pipe { source: io::ErrorKind::BrokenPipe.into() }),
        }
    }

    /// Reads a frame from its standard output; `None` at its end. Can be given up at any time.
    pub(crate) async fn next<T: serde::de::DeserializeOwned>(
        &mut self,
    ) -> Result<Option<T>, FrameError> {
        self.frames.next().await
    }

    /// Waits until it exits by itself, at most `patience`, then kills it; in either case nothing
    /// of its group is left. `None` when the system does not say how it exited.
    pub(crate) async fn finish(mut self, patience: Duration) -> (Option<ExitStatus>, String) {
        if !patience.is_zero() {
            // A timeout is answered by the kill below.
            drop(tokio::time::timeout(patience, self.running.wait()).await);
        }
        // Also when the process has ended: what it started may not have.
        self.kill_descendants();
        // The process may be reaped by now, and its number free; it cannot be another group's
        // yet, because numbers are given out in turn.
        self.kill_group();
        let status = self.running.wait().await;
        drop(self.stdin.take());
        // What holds standard error open was just killed; a process that left the group may
        // still hold it, and is not waited for.
        drop(tokio::time::timeout(Duration::from_millis(200), &mut self.stderr_reader).await);
        let last = lock(&self.stderr).last.clone();
        self.group = None;
        (status, last)
    }

    fn kill_group(&mut self) {
        let Some(group) = self.group else { return };
        // An error says that nothing of the group is left, or that it is not there yet: a forked
        // process makes it in its first moment.
        if killpg(group, Signal::SIGKILL).is_err() && self.is_running() {
            kill(group, Signal::SIGKILL).ok();
        }
    }

    fn kill_descendants(&self) {
        if let Some(process) = self.group {
            kill_descendants(process);
        }
    }

    fn is_running(&mut self) -> bool {
        self.running.is_running()
    }
}

impl Drop for PackageProcess {
    fn drop(&mut self) {
        self.kill_descendants();
        self.kill_group();
        self.stderr_reader.abort();
    }
}

/// Makes the process that is started lead a session, and with it a group.
fn lead_a_session(command: &mut Command) {
    let lead = || nix::unistd::setsid().map(drop).map_err(io::Error::from);
    #[expect(unsafe_code, reason = "the standard library has no other way to make a session")]
    // SAFETY: between fork and exec only calls that are safe there are allowed; `setsid` is one.
    unsafe {
        command.pre_exec(lead);
    }
}

async fn read_stderr(pipe: Receiver, stderr: Arc<Mutex<Stderr>>) {
    let mut pipe = BufReader::with_capacity(1 << 10, pipe);
    let mut line = Vec::new();
    // A longer line becomes several.
    while let Ok(n) = (&mut pipe).take(LINE_MAX).read_until(b'\n', &mut line).await
        && n != 0
    {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        let mut stderr = lock(&stderr);
        match &stderr.log {
            Some(log) => log.stderr(&text),
            None if stderr.early.len() < EARLY_LINES_MAX => stderr.early.push_back(text.clone()),
            None => {}
        }
        if !text.is_empty() {
            stderr.last = text;
        }
    }
}

/// Processes that wait for a package.
pub(crate) struct Pool {
    command: Vec<String>,
    /// What becomes new processes; none, and processes are started by `command`.
    template: Option<TemplateSlot>,
    /// The worker, as package processes know it.
    owner: String,
    n_idle: usize,
    idle: Mutex<VecDeque<PackageProcess>>,
    taken: Notify,
}

/// The template that is in use, and how to start another.
struct TemplateSlot {
    command: Vec<String>,
    current: tokio::sync::Mutex<Option<Arc<Template>>>,
}

impl Pool {
    /// A pool that keeps `n_idle` processes ready once [`Self::refill_loop`] runs. An empty
    /// `template` command is none.
    pub(crate) fn new(
        command: Vec<String>,
        template: Vec<String>,
        n_idle: usize,
        owner: String,
    ) -> Self {
        let template = (!template.is_empty())
            .then(|| TemplateSlot { command: template, current: <_>::default() });
        Self {
            command,
            template,
            owner,
            n_idle,
            idle: Mutex::new(VecDeque::new()),
            taken: Notify::new(),
        }
    }

    /// A process: a waiting one, or a new one.
    pub(crate) async fn take(&self) -> Result<PackageProcess, StartError> {
        loop {
            let waiting = lock(&self.idle).pop_front();
            self.taken.notify_one();
            let Some(mut process) = waiting else { return self.start().await };
            if process.is_running() {
                return Ok(process);
            }
            let last = lock(&process.stderr).last.clone();
            tracing::warn!(stderr = %last, "a waiting package process ended by itself");
        }
    }

    /// A new process: from the template, or where that fails by starting the program.
    async fn start(&self) -> Result<PackageProcess, StartError> {
        if let Some(slot) = &self.template {
            match slot.fork(&self.owner).await {
                Ok(process) => return Ok(process),
                Err(error) => tracing::warn!(%error, "the template has failed; starting anew"),
            }
        }
        PackageProcess::start(&self.command, &self.owner)
    }

    /// Keeps the pool full. Never returns; when it is dropped, the pool is not refilled.
    pub(crate) async fn refill_loop(&self) {
        loop {
            while lock(&self.idle).len() < self.n_idle {
                match self.start().await {
                    Ok(process) => lock(&self.idle).push_back(process),
                    Err(error) => {
                        let reason = crate::attempt::chain(&error);
                        tracing::error!(reason, "cannot keep package processes ready");
                        tokio::time::sleep(START_PAUSE).await;
                    }
                }
                // Starting takes about a millisecond; others get their turn between two.
                tokio::task::yield_now().await;
            }
            self.taken.notified().await;
        }
    }

    /// Ends all that wait.
    pub(crate) async fn close(&self) {
        let idle = std::mem::take(&mut *lock(&self.idle));
        for process in idle {
            process.finish(Duration::ZERO).await;
        }
        if let Some(slot) = &self.template {
            slot.current.lock().await.take();
        }
    }
}

impl TemplateSlot {
    /// A process of the template, which is started when there is none. One that fails is not
    /// asked again: the next request starts another.
    async fn fork(&self, owner: &str) -> io::Result<PackageProcess> {
        let template = {
            let mut current = self.current.lock().await;
            match &*current {
                Some(template) => Arc::clone(template),
                None => {
                    Arc::clone(current.insert(Arc::new(Template::start(&self.command, owner)?)))
                }
            }
        };
        let forked = PackageProcess::fork(Arc::clone(&template)).await;
        if forked.is_err() {
            let mut current = self.current.lock().await;
            if current.as_ref().is_some_and(|one| Arc::ptr_eq(one, &template)) {
                current.take();
            }
        }
        forked
    }
}

#[cfg(test)]
mod tests;
