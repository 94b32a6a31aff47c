//! A task's folder, and in it a log for people: one file per attempt.
//!
//! The folder's name is the TaskId, as in the original. Which events the log has follows the
//! bits of `TaskLogLevel` (scale-out fact sheet, section 11). The log is a convenience beside
//! the catalog: when it cannot be written the package goes on, and the worker's own log says so.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use fs_err::{File, OpenOptions};
use model::record::Record;
use model::{Attempt, MessageType, TaskId, Timestamp};

/// `0x01` verbose.
const VERBOSE: u32 = 0x01;
/// `0x02` information.
const INFORMATION: u32 = 0x02;
/// `0x04` warning.
const WARNING: u32 = 0x04;
/// `0x08` error.
const ERROR: u32 = 0x08;
/// `0x10` progress.
const PROGRESS: u32 = 0x10;
/// `0x20` critical error: the process, not the package.
const CRITICAL: u32 = 0x20;
/// `0x40` audit: what the worker did.
const AUDIT: u32 = 0x40;

/// The log of one attempt.
pub(crate) struct TaskLog {
    level: u32,
    file: Mutex<Option<File>>,
}

impl TaskLog {
    /// Opens the log in `folder`; without one, nothing is written.
    pub(crate) fn open(folder: Option<&Path>, attempt: Attempt, level: u32) -> Self {
        let open = |folder: &Path| {
            let path = folder.join(format!("attempt-{attempt}.log"));
            OpenOptions::new().create(true).append(true).open(path)
        };
        let file = folder.map(open).and_then(|file| match file {
            Ok(file) => Some(file),
            Err(error) => {
                tracing::warn!(%error, "no task log");
                None
            }
        });
        Self { level, file: Mutex::new(file) }
    }

    /// Writes what a package said.
    pub(crate) fn records(&self, records: &[Record]) {
        let mut lines = String::new();
        for record in records {
            if let Record::EventMessage(event) = record
                && self.level & bit(event.message_type) != 0
            {
                let name = if event.event_name.is_empty() {
                    event.message_type.name()
                } else {
                    event.event_name.as_str()
                };
                line(&mut lines, event.time, name, &event.execution_path, &event.message);
            }
        }
        self.write(&lines);
    }

    /// Writes what the worker did.
    pub(crate) fn audit(&self, text: &str) {
        self.worker_line(AUDIT, "Audit", text);
    }

    /// Writes what went wrong with the package's process.
    pub(crate) fn critical(&self, text: &str) {
        self.worker_line(CRITICAL, "CriticalError", text);
    }

    /// Writes a line of the process's standard error.
    pub(crate) fn stderr(&self, text: &str) {
        self.worker_line(CRITICAL, "stderr", text);
    }

    fn worker_line(&self, bit: u32, name: &str, text: &str) {
        if self.level & bit != 0 {
            let mut lines = String::new();
            line(&mut lines, now(), name, "", text);
            self.write(&lines);
        }
    }

    fn write(&self, lines: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return;
        }
        if let Some(open) = file.as_mut()
            && let Err(error) = open.write_all(lines.as_bytes())
        {
            tracing::warn!(%error, "the task log ends here");
            *file = None;
        }
    }
}

fn line(lines: &mut String, time: Timestamp, name: &str, place: &str, text: &str) {
    let time = time.to_string();
    lines.push_str(time.get(..23).unwrap_or(&time));
    for part in [name, place, text] {
        if !part.is_empty() {
            lines.push(' ');
            lines.push_str(&part.replace(['\n', '\r'], " "));
        }
    }
    lines.push('\n');
}

/// The bit of `TaskLogLevel` that an event belongs to.
const fn bit(kind: MessageType) -> u32 {
    match kind {
        MessageType::Error | MessageType::TaskFailed => ERROR,
        MessageType::Warning => WARNING,
        MessageType::Information
        | MessageType::PreExecute
        | MessageType::PostExecute
        | MessageType::PreValidate
        | MessageType::PostValidate
        | MessageType::StatusChange
        | MessageType::NonDiagnostic => INFORMATION,
        MessageType::Progress => PROGRESS,
        MessageType::Unknown
        | MessageType::VariableValueChanged
        | MessageType::Diagnostic
        | MessageType::DiagnosticEx
        | MessageType::QueryCancel
        | MessageType::Custom => VERBOSE,
    }
}

/// The wall clock, for people and records; never for leases.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Where a task's files are.
pub(crate) fn task_folder(root: &Path, task: TaskId) -> PathBuf {
    root.join(task.to_string())
}

/// Removes the folders of tasks that nothing was written to for `retention`, except those that
/// `is_held` knows. Only folders whose name is a TaskId are looked at.
pub(crate) fn sweep(
    root: &Path,
    retention: Duration,
    is_held: impl Fn(TaskId) -> bool,
) -> io::Result<usize> {
    let mut n = 0;
    for entry in fs_err::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(task) = name.to_str().and_then(|name| name.parse::<TaskId>().ok()) else {
            continue;
        };
        let modified = entry.metadata()?.modified()?;
        let old = modified.elapsed().is_ok_and(|age| retention <= age);
        if old && !is_held(task) {
            fs_err::remove_dir_all(entry.path())?;
            n += 1;
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;

    #[test]
    fn a_log_has_the_events_of_its_level_one_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let log = TaskLog::open(Some(folder.path()), Attempt(2), ERROR | AUDIT);
        log.records(&[event(MessageType::Error, "no\nfile"), event(MessageType::Warning, "hm")]);
        log.audit("starts");
        log.critical("crashed");
        let text = fs_err::read_to_string(folder.path().join("attempt-2.log")).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| &line[24..]).collect();
        assert_eq!(lines, [r"OnError \Package no file", "Audit starts"]);
    }

    #[test]
    fn a_log_that_cannot_be_written_stops_nothing() {
        let log = TaskLog::open(Some(Path::new("/nowhere/at/all")), Attempt(1), 127);
        log.audit("starts");
    }

    #[test]
    fn old_folders_of_tasks_go_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let held: TaskId = "64c020e2-f819-4c2d-a22f-efb31a91e70a".parse().unwrap();
        let over: TaskId = "74c020e2-f819-4c2d-a22f-efb31a91e70a".parse().unwrap();
        for name in [held.to_string(), over.to_string(), "notes".to_owned()] {
            fs_err::create_dir(root.path().join(name)).unwrap();
        }
        assert_eq!(sweep(root.path(), Duration::from_secs(60), |_| false).unwrap(), 0);
        assert_eq!(sweep(root.path(), Duration::ZERO, |task| task == held).unwrap(), 1);
        assert!(root.path().join("notes").exists());
        assert!(task_folder(root.path(), held).exists());
    }
}
