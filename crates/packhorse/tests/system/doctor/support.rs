//! Asking doctor, and doing what it prints.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::lab::Machine;
use testkit::wait_for;

use crate::harness::{Packhorse, Said, signal};

/// A disk that is nearly full is a finding of the machine of the tests, not of the test.
const DISK: &str = "PH0307";

/// A process, killed when dropped.
pub(super) struct Running(Child);

impl Running {
    pub(super) fn start(mut command: Command, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Self(command.spawn().unwrap())
    }

    /// Sends it a signal, as `kill` does.
    pub(super) fn signal(&self, name: &str) {
        signal(self.0.id().cast_signed(), name);
    }

    /// Kills it and all that it started, as `kill -9` does, at once.
    pub(super) fn kill(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process in a machine of a lab is a child of the one that went in.
        let all = descendants(self.0.id());
        for id in &all {
            Command::new("kill").args(["-9", &id.to_string()]).stderr(Stdio::null()).status().ok();
        }
        self.0.kill().ok();
        self.0.wait().ok();
        // Nobody here is told of their ends, and until then they hold their locks and ports.
        wait_for("killed processes to end", || {
            let left: Vec<_> = all.iter().filter(|id| lives(**id)).collect();
            if left.is_empty() { Ok(()) } else { Err(left) }
        });
    }
}

/// Whether a process has not ended: one that nobody takes note of stays, as a zombie.
fn lives(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

fn descendants(id: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|id| id.parse().ok());
    children.flat_map(|child| [vec![child], descendants(child)].concat()).collect()
}

/// Who asks doctor.
pub(super) trait Patient {
    /// A shell there, with `packhorse` in its search path and the data directory known.
    fn shell(&self, script: &str) -> Command;

    /// What doctor finds with these words: code by code, but for the disk.
    fn findings(&self, words: &str) -> Vec<Value> {
        let said: Said =
            self.shell(&format!("packhorse doctor --json {words}")).output().unwrap().into();
        let report = said.json();
        let all = report["findings"].as_array().unwrap().clone();
        assert_eq!(said.code, i32::from(!all.is_empty()), "{said:?}");
        all.into_iter().filter(|one| one["code"] != DISK).collect()
    }

    /// The same, which must be these codes, sorted.
    fn expect(&self, words: &str, codes: &[&str]) -> Vec<Value> {
        let found = self.findings(words);
        let mut seen: Vec<&str> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
        seen.sort_unstable();
        assert_eq!(seen, codes, "{found:#?}");
        found
    }

    /// Waits until doctor finds exactly these.
    fn until(&self, words: &str, codes: &[&str]) -> Vec<Value> {
        wait_for("doctor to find what is expected", || {
            let found = self.findings(words);
            let mut seen: Vec<&str> =
                found.iter().map(|one| one["code"].as_str().unwrap()).collect();
            seen.sort_unstable();
            if seen == codes { Ok(found) } else { Err(format!("{found:#?}")) }
        })
    }

    /// Runs the commands that a finding prints, which must succeed.
    fn mend(&self, finding: &Value) {
        for command in commands(finding) {
            let said: Said = self.shell(&command).output().unwrap().into();
            assert_eq!(said.code, 0, "{command}: {said:?}");
        }
    }
}

/// The commands that a finding prints: there must be some.
pub(super) fn commands(finding: &Value) -> Vec<String> {
    let commands = finding["run"].as_array().unwrap();
    assert!(!commands.is_empty(), "nothing to run: {finding}");
    commands.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// The folder with the program.
pub(super) fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_packhorse")).parent().unwrap()
}

impl Patient for Packhorse {
    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        let path = std::env::var("PATH").unwrap_or_default();
        command.args(["-c", script]).stdin(Stdio::null()).current_dir(self.folder());
        command.env("PACKHORSE_DATA_DIR", self.data());
        command.env("PATH", format!("{}:{path}", programs().display()));
        command
    }
}

impl Patient for Machine {
    fn shell(&self, script: &str) -> Command {
        let mut command = self.command("sh");
        command.args(["-c", script]);
        command
    }
}
