//! What packages really did: each writes marks into a file named after its key.
//!
//! A mark is one line, appended in one write, so the order of lines is the order of what happened
//! on all hosts together, and no clock is asked:
//!
//! ```text
//!   S 4711 1763741234567890 w2      attempt with process 4711 started on host w2, at that time (µs)
//!   T 4711 ...                      it still runs
//!   E 4711 ...                      it did all that it had to
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The program that packages run: `work KEY TICKS`. It gets the true time also where the package's
/// clock is another.
const PROGRAM: &str = r#"#!/bin/bash
[ -n "$LD_PRELOAD" ] && exec env -u LD_PRELOAD "$0" "$@"
file="FOLDER/${1: -2}/$1"
mark() { echo "$1 $$ ${EPOCHREALTIME/[^0-9]/} $CHAOS_HOST" >>"$file"; }
mark S
for ((n = 0; n < $2; n++)); do sleep 0.1; mark T; done
mark E
"#;

/// Where marks are kept.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// What one attempt, as the process that ran it, left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) process: i64,
    pub(crate) host: String,
    /// Microseconds since 1970.
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) is_complete: bool,
}

/// What happened to one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    /// In the order of their starts.
    pub(crate) runs: Vec<Run>,
    /// Marks of a run after a later one had started.
    pub(crate) overlaps: Vec<Overlap>,
}

/// A mark of a run after a later one had started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Where the older one runs.
    pub(crate) host: String,
    /// When, in microseconds since 1970.
    pub(crate) time: i64,
    /// How long after the start of the later one, in microseconds.
    pub(crate) late: i64,
}

impl Folder {
    /// Makes the folder and the program.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let marks = folder.join("marks");
        for n in 0..100 {
            std::fs::create_dir_all(marks.join(format!("{n:02}")))?;
        }
        let program = folder.join("work");
        std::fs::write(&program, PROGRAM.replace("FOLDER", &marks.to_string_lossy()))?;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
        Ok(Self(folder.to_owned()))
    }

    /// The program that packages run.
    pub(crate) fn program(&self) -> PathBuf {
        self.0.join("work")
    }

    /// All keys with marks.
    pub(crate) fn read(&self) -> Result<BTreeMap<String, Runs>> {
        let mut all = BTreeMap::new();
        for n in 0..100 {
            for entry in std::fs::read_dir(self.0.join("marks").join(format!("{n:02}")))? {
                let entry = entry?;
                let key = entry.file_name().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(entry.path())?;
                all.insert(key, parse(&text).with_context(|| format!("marks: {text}"))?);
            }
        }
        Ok(all)
    }
}

fn parse(text: &str) -> Result<Runs> {
    let mut all = Runs::default();
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [what, process, time, host] = words[..] else { anyhow::bail!("mark `{line}`") };
        let (process, time): (i64, i64) = (process.parse()?, time.parse()?);
        let newest = all.runs.last().map_or((0, 0), |run| (run.process, run.first));
        if what == "S" {
            let host = host.to_owned();
            all.runs.push(Run { process, host, first: time, last: time, is_complete: false });
            continue;
        }
        // A number may be given anew; the newest run with it is meant.
        let run = all.runs.iter_mut().rev().find(|run| run.process == process);
        let run = run.with_context(|| format!("mark `{line}` without a start"))?;
        run.last = time;
        run.is_complete |= what == "E";
        if newest.0 != process {
            all.overlaps.push(Overlap { host: host.to_owned(), time, late: time - newest.1 });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_after_a_later_start_is_an_overlap() {
        let runs = parse("S 1 10 w1\nT 1 20 w1\nS 2 30 w2\nT 1 40 w1\nE 2 50 w2\n");
        let runs = runs.expect("marks");
        assert_eq!(runs.overlaps, [Overlap { host: "w1".to_owned(), time: 40, late: 10 }]);
        assert_eq!(runs.runs.iter().map(|run| run.is_complete).collect::<Vec<_>>(), [false, true]);
        assert_eq!((runs.runs[0].first, runs.runs[0].last), (10, 40));
    }

    #[test]
    fn attempts_one_after_the_other_do_not_overlap() {
        let runs = parse("S 1 10 w1\nT 1 20 w1\nS 2 30 w2\nE 2 50 w2\n").expect("marks");
        assert!(runs.overlaps.is_empty());
        assert!(parse("T 1 20 w1\n").is_err());
    }
}
