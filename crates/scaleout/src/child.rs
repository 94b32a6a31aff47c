//! What a worker and the process that runs one package say to each other over pipes.
//!
//! A frame is a length (4 bytes, little-endian) and that many bytes of JSON. The worker writes
//! one [`ToChild::Run`] to the child's standard input, [`ToChild::Lease`] whenever the lease was
//! renewed, perhaps [`ToChild::Stop`]; the end of standard input means that the worker is gone,
//! and the child ends at once, as it does when its lease was not renewed in time. The child writes
//! [`FromChild`] frames to its standard output and its process exits after the last, `Ended`.

use model::record::Record;
use serde::{Deserialize, Serialize};

use crate::message::{Assignment, Outcome};

/// The longest frame taken: 64 MiB.
pub const FRAME_MAX: u32 = 64 << 20;

/// From the worker to the child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum ToChild {
    /// Run this package, then exit. A warm child waits for it.
    Run(Box<ChildJob>),
    /// Stop the package: cancel what runs, report `Canceled`.
    Stop,
    /// The lease was renewed: see [`ChildJob::over_by_ms`].
    Lease {
        /// When the package must be over now.
        over_by_ms: u64,
    },
}

/// All that a child needs to run a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChildJob {
    /// What to run.
    pub assignment: Assignment,
    /// The project's `.ispac` on this machine.
    pub project_file: String,
    /// Folder of this attempt, for the task's log and temporary files.
    pub task_folder: String,
    /// Path mappings: what paths in packages start with, and what that is here.
    pub path_mappings: Vec<PathMapping>,
    /// Where the files of data taps go; made when the first of them is written.
    #[serde(default)]
    pub data_dumps_folder: String,
    /// Where dumps of the package's state go; made when the first of them is written.
    #[serde(default)]
    pub error_dumps_folder: String,
    /// When the package must be over unless the lease is renewed: milliseconds of the machine's
    /// monotonic clock (`CLOCK_MONOTONIC`), which all its processes share. A child ends itself
    /// then, because its worker may be frozen and cannot. `None` never.
    #[serde(default)]
    pub over_by_ms: Option<u64>,
}

/// `from=to`: a path that starts with `from` in a package is found under `to` here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathMapping {
    /// As packages write it: `C:\Data\` or `\\server\share\`.
    pub from: String,
    /// A folder of this machine.
    pub to: String,
}

/// From the child to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum FromChild {
    /// Something for the catalog.
    Records {
        /// In the order they happened.
        records: Vec<Record>,
    },
    /// How far it is, for people who watch. Not kept.
    Progress(Progress),
    /// It is over. Nothing follows.
    Ended {
        /// How.
        outcome: Outcome,
        /// Rows that destinations wrote.
        rows_written: u64,
    },
}

/// How far a running package is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The executable that works now.
    pub executable: String,
    /// Rows that sources read so far.
    pub rows_read: u64,
    /// Rows that destinations wrote so far.
    pub rows_written: u64,
}
