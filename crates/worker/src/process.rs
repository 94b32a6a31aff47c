//! One package process as its worker holds it, and the pool of those that wait, started, for the
//! next package.
//!
//! # Invariants
//!
//! * Each process leads a process group of its own. When it has to be killed, what it started is
//!   killed before it, whatever group that is in: nothing that a package started outlives it.
//! * A process whose worker is gone sees the end of its standard input and does the same to
//!   itself (see `child_end.rs`).

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Notify;

use crate::descendants::kill_descendants;
use crate::frame::{self, FrameError, FrameReader};
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
    child: Child,
    group: Option<Pid>,
    stdin: Option<ChildStdin>,
    frames: FrameReader<ChildStdout>,
    stderr: Arc<Mutex<Stderr>>,
    stderr_reader: tokio::task::JoinHandle<()>,
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
    pub(crate) fn start(command: &[String]) -> Result<Self, StartError> {
        let program = command.first().cloned().unwrap_or_default();
        let failed = |source| StartError { program: program.clone(), source };
        let mut child = Command::new(&program)
            .args(command.iter().skip(1))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (stdin, Some(stdout), Some(stderr_pipe)) = pipes else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let stderr = Arc::new(Mutex::new(Stderr::default()));
        let stderr_reader = tokio::spawn(read_stderr(stderr_pipe, Arc::clone(&stderr)));
        Ok(Self { child, group, stdin, frames: FrameReader::new(stdout), stderr, stderr_reader })
    }

    /// Its process id, for `catalog.executions`.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
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
            drop(tokio::time::timeout(patience, self.child.wait()).await);
        }
        if self.is_running() {
            self.kill_descendants();
        }
        // The process may be reaped by now, and its number free; it cannot be another group's
        // yet, because numbers are given out in turn.
        self.kill_group();
        let status = self.child.wait().await.ok();
        drop(self.stdin.take());
        // What holds standard error open was just killed; a process that left the group may
        // still hold it, and is not waited for.
        drop(tokio::time::timeout(Duration::from_millis(200), &mut self.stderr_reader).await);
        let last = lock(&self.stderr).last.clone();
        (status, last)
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            // An error says that nothing of the group is left.
            killpg(group, Signal::SIGKILL).ok();
        }
    }

    fn kill_descendants(&self) {
        if let Some(process) = self.group {
            kill_descendants(process);
        }
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for PackageProcess {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            self.kill_descendants();
            self.kill_group();
        }
        self.stderr_reader.abort();
    }
}

async fn read_stderr(pipe: ChildStderr, stderr: Arc<Mutex<Stderr>>) {
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
    n_idle: usize,
    idle: Mutex<VecDeque<PackageProcess>>,
    taken: Notify,
}

impl Pool {
    /// A pool that keeps `n_idle` processes ready once [`Self::refill_loop`] runs.
    pub(crate) fn new(command: Vec<String>, n_idle: usize) -> Self {
        Self { command, n_idle, idle: Mutex::new(VecDeque::new()), taken: Notify::new() }
    }

    /// A process: a waiting one, or a new one.
    pub(crate) fn take(&self) -> Result<PackageProcess, StartError> {
        loop {
            let waiting = lock(&self.idle).pop_front();
            self.taken.notify_one();
            let Some(mut process) = waiting else { return PackageProcess::start(&self.command) };
            if process.is_running() {
                return Ok(process);
            }
            let last = lock(&process.stderr).last.clone();
            tracing::warn!(stderr = %last, "a waiting package process ended by itself");
        }
    }

    /// Keeps the pool full. Never returns; when it is dropped, the pool is not refilled.
    pub(crate) async fn refill_loop(&self) {
        loop {
            while lock(&self.idle).len() < self.n_idle {
                match PackageProcess::start(&self.command) {
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
    }
}

#[cfg(test)]
mod tests;
