//! Processes of packages that an earlier process of this worker left behind.
//!
//! A package process ends itself when its worker is gone. One that is frozen at that moment does
//! not, nor does what it started; and a worker that starts again tells masters that nothing of
//! its packages is left. So it makes sure of that first. Whatever a package starts inherits the
//! name of its worker in its environment, and is known by it.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

/// The variable that names the worker: its data folder, which no two workers share.
pub(crate) const OWNER: &str = "PACKHORSE_WORKER";

/// How long killed processes may take to be gone. One that waits for a dead file server can take
/// for ever; the worker must not start beside it.
const PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(10);

/// Ends them all, and waits until they are gone.
pub(crate) fn end_leftovers(owner: &str) -> io::Result<()> {
    let start = Instant::now();
    loop {
        let found = owned(owner);
        let Some(one) = found.first() else { return Ok(()) };
        if PATIENCE < start.elapsed() {
            let text = format!("process {one} of an earlier package does not end");
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        for process in found {
            tracing::warn!(%process, "a process of an earlier package is killed");
            // It fails for a process that has just ended.
            kill(process, Signal::SIGKILL).ok();
        }
        thread::sleep(PAUSE);
    }
}

/// Every living process whose environment names this worker.
fn owned(owner: &str) -> Vec<Pid> {
    let wanted = format!("{OWNER}={owner}");
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let one = |entry: io::Result<std::fs::DirEntry>| {
        let path = entry.ok()?.path();
        let process = Pid::from_raw(path.file_name()?.to_str()?.parse().ok()?);
        (process != getpid() && names(&path, wanted.as_bytes())).then_some(process)
    };
    entries.filter_map(one).collect()
}

/// Whether the environment of a process has this variable. Those of other accounts cannot be
/// read, and are nobody's leftovers; a zombie has none.
fn names(process: &Path, wanted: &[u8]) -> bool {
    let environment = std::fs::read(process.join("environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == wanted)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_an_earlier_worker_left_is_ended_even_frozen_and_in_a_session_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let owner = folder.path().to_string_lossy().into_owned();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "setsid sleep 27182 & sleep 27183; true"]).process_group(0);
        let mut shell = shell.env(OWNER, &owner).spawn().unwrap();
        testkit::wait_for("the shell and its programs", || match owned(&owner).len() {
            3 => Ok(()),
            n => Err(n),
        });
        for process in owned(&owner) {
            kill(process, Signal::SIGSTOP).unwrap();
        }
        end_leftovers(&owner).unwrap();
        assert!(owned(&owner).is_empty());
        shell.wait().unwrap();
    }
}
