//! Ends what a process has started, and what that has started, and so on.
//!
//! Programs of a package lead process groups of their own, so killing the package process's group
//! does not reach them; and a shell that is killed leaves what it runs behind. As long as the
//! process itself lives, the chain of parents leads from each of them to it. When it was killed,
//! that chain is broken, but they are still of its session, which it leads.

use std::collections::HashMap;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often the processes are looked at again: one that was just starting another may have been
/// missed, and has been killed since.
const ROUNDS_MAX: usize = 5;

/// Kills every descendant of `root` and all of the session that it leads, and not `root` itself,
/// which may have ended already.
pub(crate) fn kill_descendants(root: Pid) {
    for _ in 0..ROUNDS_MAX {
        let found = descendants(root, &processes());
        if found.is_empty() {
            return;
        }
        for process in found {
            // It fails only for a process that has ended, which is what is wanted.
            kill(process, Signal::SIGKILL).ok();
        }
    }
}

/// Where a process belongs.
#[derive(Clone, Copy)]
struct Place {
    parent: Pid,
    session: Pid,
}

fn descendants(root: Pid, processes: &HashMap<Pid, Place>) -> Vec<Pid> {
    let leads_to_root = |process: &Pid| {
        let mut at = *process;
        // A process number may have been given anew while the list was read; a circle ends here.
        for _ in 0..processes.len() {
            match processes.get(&at) {
                Some(place) if place.parent == root => return true,
                Some(place) => at = place.parent,
                None => return false,
            }
        }
        false
    };
    let is_of_root = |process: &Pid, place: &Place| {
        *process != root && (place.session == root || leads_to_root(process))
    };
    let found = processes.iter().filter(|(process, place)| is_of_root(process, place));
    found.map(|(process, _)| *process).collect()
}

/// Every process that runs; zombies have ended and do not count.
fn processes() -> HashMap<Pid, Place> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let process: i32 = name.to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // The name in parentheses may hold anything, also spaces and parentheses.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?;
            let mut number = || fields.next()?.parse().ok().map(Pid::from_raw);
            let (parent, _group, session) = (number()?, number()?, number()?);
            (state != "Z").then(|| (Pid::from_raw(process), Place { parent, session }))
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
            let n = descendants(root, &processes()).len();
            if n == 2 { Ok(()) } else { Err(n) }
        });
        let found = descendants(root, &processes());
        kill_descendants(root);
        testkit::wait_for("them to be gone", || {
            let left: Vec<_> = found.iter().filter(|one| processes().contains_key(one)).collect();
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        });
        shell.kill().ok();
        shell.wait().unwrap();
    }
}
