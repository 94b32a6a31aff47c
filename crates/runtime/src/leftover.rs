//! Programs that a stopped package left running.
//!
//! A stop kills the process group of each program that runs. What a program has put into the
//! background, or into a group or session of its own, is found by the environment that it
//! inherited: every program of a run gets the run's mark. Only a process that has thrown away its
//! environment gets away.

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

/// The environment variable that marks the programs of a run.
pub(crate) const MARK: &str = "PACKHORSE_RUN";

/// How often the processes are looked at: one that was just starting another may have been missed,
/// and has been killed since.
const ROUNDS_MAX: usize = 10;

/// Kills every process that has this mark.
pub(crate) fn end_all(mark: &str) {
    let entry = format!("{MARK}={mark}");
    for _ in 0..ROUNDS_MAX {
        let found = marked(entry.as_bytes());
        if found.is_empty() {
            return;
        }
        for process in found {
            if let Err(error) = kill(process, Signal::SIGKILL) {
                tracing::debug!(%process, %error, "a program could not be ended");
            }
        }
    }
    tracing::warn!("programs of a stopped package go on starting others");
}

fn marked(entry: &[u8]) -> Vec<Pid> {
    let Ok(entries) = fs_err::read_dir("/proc") else { return Vec::new() };
    let process = |name: &str| name.parse().ok().map(Pid::from_raw);
    entries
        .filter_map(|found| process(found.ok()?.file_name().to_str()?))
        .filter(|&process| process != getpid() && has_mark(process, entry))
        .collect()
}

/// Processes of other users, and zombies, show no environment.
fn has_mark(process: Pid, entry: &[u8]) -> bool {
    let environment = fs_err::read(format!("/proc/{process}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == entry)
}
