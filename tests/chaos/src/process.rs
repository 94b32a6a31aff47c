//! One long-lived process of the cluster: started, killed, frozen, and started again when it ends
//! by itself, as a service manager does.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::world::World;

/// How long a process that ended by itself stays away.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// What to start, and where.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// `m1`, `w3`, `etcd2`, for people.
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) words: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Not as root.
    pub(crate) ordinary: bool,
    /// Where its output goes, appended.
    pub(crate) log: PathBuf,
}

/// A process that is meant to run.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) program: Program,
    world: Arc<World>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    /// Whether it is to be started again when it ends.
    wanted: bool,
    ended: Option<Instant>,
}

impl Process {
    pub(crate) fn start(world: &Arc<World>, program: Program) -> Result<Self> {
        let process =
            Self { program, world: Arc::clone(world), state: Mutex::new(State::default()) };
        process.start_again()?;
        Ok(process)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it, unless it runs.
    pub(crate) fn start_again(&self) -> Result<()> {
        let mut state = self.state();
        state.wanted = true;
        if state.child.is_some() {
            return Ok(());
        }
        let program = &self.program;
        let mut options = std::fs::OpenOptions::new();
        let log = options.create(true).append(true).open(&program.log)?;
        let mut command = self.world.command(&program.host, &program.words, program.ordinary);
        command.envs(program.environment.iter().map(|(name, value)| (name, value)));
        command.stdout(log.try_clone()?).stderr(log).current_dir("/").process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.name))?;
        state.child = Some(child);
        state.ended = None;
        Ok(())
    }

    /// Looks whether it ended by itself, and starts it again a moment later. How it ended, once.
    pub(crate) fn tend(&self) -> Result<Option<String>> {
        let mut state = self.state();
        if !state.wanted {
            return Ok(None);
        }
        if let Some(child) = &mut state.child {
            let Some(status) = child.try_wait()? else { return Ok(None) };
            state.child = None;
            state.ended = Some(Instant::now());
            return Ok(Some(status.to_string()));
        }
        let is_due = state.ended.is_none_or(|ended| RESTART_AFTER <= ended.elapsed());
        drop(state);
        if is_due {
            self.start_again()?;
        }
        Ok(None)
    }

    /// Its number, while it runs.
    pub(crate) fn id(&self) -> Option<i32> {
        self.state().child.as_ref().map(|child| child.id().cast_signed())
    }

    /// `kill -9`; it stays away until it is started again.
    pub(crate) fn kill(&self) {
        let mut state = self.state();
        state.wanted = false;
        if let Some(mut child) = state.child.take() {
            // It may have ended by itself, which is well.
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// Asks it to end, and waits for that; kills it when the time is over. Whether it ended well.
    pub(crate) fn stop(&self, patience: Duration) -> bool {
        let mut state = self.state();
        state.wanted = false;
        let Some(mut child) = state.child.take() else { return true };
        signal(child.id().cast_signed(), Signal::SIGTERM);
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Ok(Some(status)) = child.try_wait() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().ok();
        child.wait().ok();
        false
    }
}

/// Sends a signal to a process that may be gone.
pub(crate) fn signal(id: i32, signal: Signal) {
    kill(Pid::from_raw(id), signal).ok();
}
