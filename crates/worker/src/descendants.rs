//! Ends what a process has started, and what that has started, and so on.
//!
//! Programs of a package lead process groups of their own, so killing the package process's group
//! does not reach them; and a shell that is killed leaves what it runs behind. As long as the
//! process itself lives, the chain of parents leads from each of them to it.

use std::collections::HashMap;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often the processes are looked at again: one that was just starting another may have been
/// missed, and has been killed since.
const ROUNDS_MAX: usize = 5;

/// Kills every descendant of `root`, and not `root` itself.
pub(crate) fn kill_descendants(root: Pid) {
    for _ in 0..ROUNDS_MAX {
        let found = descendants(root, &parents());
        if found.is_empty() {
            return;
        }
        for process in found {
            // It fails only for a process that has ended, which is what is wanted.
            kill(process, Signal::SIGKILL).ok();
        }
    }
}

fn descendants(root: Pid, parents: &HashMap<Pid, Pid>) -> Vec<Pid> {
    let leads_to_root = |process: &Pid| {
        let mut at = *process;
        // A process number may have been given anew while the list was read; a circle ends here.
        for _ in 0..parents.len() {
            match parents.get(&at) {
                Some(&parent) if parent == root => return true,
                Some(&parent) => at = parent,
                None => return false,
            }
        }
        false
    };
    parents.keys().filter(|process| leads_to_root(process)).copied().collect()
}

/// Every process that runs, with its parent; zombies have ended and do not count.
fn parents() -> HashMap<Pid, Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let process: i32 = name.to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // The name in parentheses may hold anything, also spaces and parentheses.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?;
            let parent = fields.next()?.parse().ok()?;
            (state != "Z").then(|| (Pid::from_raw(process), Pid::from_raw(parent)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn grandchildren_in_groups_of_their_own_are_ended() {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "setsid sleep 31415 & sleep 31416; true"]).process_group(0);
        let mut shell = shell.spawn().unwrap();
        let root = Pid::from_raw(i32::try_from(shell.id()).unwrap());
        testkit::wait_for("the shell's programs", || {
            let n = descendants(root, &parents()).len();
            if n == 2 { Ok(()) } else { Err(n) }
        });
        let found = descendants(root, &parents());
        kill_descendants(root);
        testkit::wait_for("them to be gone", || {
            let left: Vec<_> = found.iter().filter(|one| parents().contains_key(one)).collect();
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        });
        shell.kill().ok();
        shell.wait().unwrap();
    }
}
