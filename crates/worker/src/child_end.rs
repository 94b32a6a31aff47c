//! The package process's end of the pipes: what `packhorse exec --child` calls.
//!
//! ```no_run
//! # use scaleout::{child::FromChild, message::Outcome};
//! # fn run(_: worker::ChildJob, _: &worker::FrameWriter) -> FromChild {
//! #     FromChild::Ended { outcome: Outcome::Succeeded, rows_written: 0 }
//! # }
//! let (child, frames) = worker::ChildEnd::start();
//! if let Some(job) = child.wait_for_job() {
//!     child.on_stop(|| { /* cancel the package */ });
//!     let ended = run(job, &frames);
//!     frames.write(&ended).ok();
//! }
//! ```
//!
//! # Invariants
//!
//! * When the worker is gone, however it went, the process and everything that it started are
//!   gone at once: the end of standard input kills all that it started and its process group.
//! * The same happens when the lease was not renewed in time: a worker that is frozen cannot end
//!   its packages, and another may be given them.
//! * Standard output carries frames and nothing else.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{getpgrp, getpid};
use scaleout::child::{ChildJob, FromChild, ToChild};

use crate::descendants::kill_descendants;
use crate::frame::{self, FrameError};
use crate::over_by::OverBy;

type StopHandler = Box<dyn FnOnce() + Send>;

/// A package process, as its worker sees it.
pub struct ChildEnd {
    job: Receiver<ChildJob>,
    stop: Arc<Mutex<StopState>>,
}

#[derive(Default)]
struct StopState {
    asked: bool,
    handler: Option<StopHandler>,
}

/// Writes frames to the worker, from any thread.
pub struct FrameWriter {
    stdout: Mutex<io::Stdout>,
}

impl ChildEnd {
    /// Starts to listen to the worker. Call it once, first thing.
    pub fn start() -> (Self, FrameWriter) {
        let stop = Arc::new(Mutex::new(StopState::default()));
        let (job_tx, job) = channel();
        let heard = Arc::clone(&stop);
        thread::spawn(move || {
            let mut stdin = io::stdin().lock();
            let mut over_by: Option<OverBy> = None;
            loop {
                match frame::read::<ToChild>(&mut stdin) {
                    // Nobody waits any more only when the process is about to end.
                    Ok(Some(ToChild::Run(job))) => {
                        over_by = job.over_by_ms.map(|ms| OverBy::watch(ms, end_all));
                        drop(job_tx.send(*job));
                    }
                    Ok(Some(ToChild::Lease { over_by_ms })) => {
                        over_by.iter().for_each(|over_by| over_by.renew(over_by_ms));
                    }
                    Ok(Some(ToChild::Stop)) => stop_asked(&heard),
                    Ok(None) | Err(_) => end_all(),
                }
            }
        });
        (Self { job, stop }, FrameWriter { stdout: Mutex::new(io::stdout()) })
    }

    /// Waits for the package to run. `None` when there will be none.
    pub fn wait_for_job(&self) -> Option<ChildJob> {
        self.job.recv().ok()
    }

    /// Calls `handler` when the worker asks to stop the package; at once if it has already.
    pub fn on_stop(&self, handler: impl FnOnce() + Send + 'static) {
        let mut state = lock(&self.stop);
        if state.asked {
            drop(state);
            handler();
        } else {
            state.handler = Some(Box::new(handler));
        }
    }
}

impl FrameWriter {
    /// Writes one frame. It fails only when the worker is gone.
    pub fn write(&self, message: &FromChild) -> Result<(), FrameError> {
        let mut stdout = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(&mut *stdout, message)
    }
}

fn stop_asked(stop: &Mutex<StopState>) {
    let handler = {
        let mut state = lock(stop);
        state.asked = true;
        state.handler.take()
    };
    if let Some(handler) = handler {
        handler();
    }
}

fn lock(stop: &Mutex<StopState>) -> MutexGuard<'_, StopState> {
    stop.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends this process and what it started. The worker made the process the leader of a group of
/// its own; started otherwise, only the process itself may be ended.
fn end_all() -> ! {
    kill_descendants(getpid());
    if getpgrp() == getpid() {
        // Kills this process too; if it fails there is nothing left to kill but this process.
        killpg(getpgrp(), Signal::SIGKILL).ok();
    }
    std::process::exit(1)
}
