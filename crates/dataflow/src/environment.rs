//! What a data flow needs from the task around it: connections, variables, a place for events,
//! the clock. The engine itself opens nothing that did not come from here.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use connect::database::Retained;
use model::{DataType, Ticks, Timestamp, Value};
use package::ConnectionManager;

use crate::{Caches, DataFlowEvent, Tap};

/// What went wrong outside of the data flow; its text goes into an SSIS message.
pub type OutsideError = Box<dyn Error + Send + Sync>;

/// The task around a data flow. Called from all threads of the engine.
pub trait Environment: Sync {
    /// The connection manager with this refId, id or name, its property expressions applied.
    fn connection(&self, reference: &str) -> Option<Arc<ConnectionManager>>;

    /// The file of this machine that a path in the package means.
    fn resolve_path(&self, path: &str) -> Result<PathBuf, OutsideError>;

    /// The variable or parameter with this name (`User::Rows`, `Rows`, `System::StartTime`,
    /// `$Project::Folder`) or id (`{GUID}`).
    fn variable(&self, name: &str) -> Option<VariableValue>;

    /// Gives a variable its value, converted to the variable's type.
    fn set_variable(&self, name: &str, value: Value) -> Result<(), OutsideError>;

    /// Where the cache of a Cache connection manager is kept as long as its package runs; of a
    /// connection manager of the project, as long as the whole run. `None` where there is no
    /// package around the data flow: its caches cannot be used then.
    fn caches(&self, manager: &ConnectionManager) -> Option<Arc<Caches>> {
        let _ = manager;
        None
    }

    /// Where the connection of a manager with RetainSameConnection is kept for all that use it.
    /// `None` where there is no package around the data flow: each component has its own then.
    fn retained(&self, manager: &ConnectionManager) -> Option<Arc<Retained>> {
        let _ = manager;
        None
    }

    /// Paths whose rows are to be copied into files.
    fn taps(&self) -> Vec<Tap> {
        Vec::new()
    }

    /// Takes notice of something that happened.
    fn event(&self, event: DataFlowEvent);

    /// The time now, UTC.
    fn now(&self) -> Timestamp;

    /// The time now on the clock of this machine's time zone, for GETDATE().
    fn now_local(&self) -> Ticks;

    /// The Windows locale of the Data Flow Task.
    fn locale_id(&self) -> u32;

    /// Name of the Data Flow Task.
    fn task_name(&self) -> &str;

    /// How the engine is to work.
    fn settings(&self) -> Settings {
        Settings::default()
    }
}

/// A variable as a data flow reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableValue {
    /// Its type in expressions; `None` for an object.
    pub data_type: Option<DataType>,
    /// Its value.
    pub value: Value,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// How the engine is to work, beyond what the package says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Rows in a batch; `None` sizes them by the Data Flow Task's properties.
    pub batch_rows: Option<usize>,
    /// Bytes that components which must keep rows (Sort, Aggregate, Merge, Merge Join, Row
    /// Sampling, caches) may keep, all together. Beyond that Sort, Aggregate, Merge Join and rows
    /// that wait for another input go into files; of the others the data flow fails with a
    /// message that says so.
    pub memory_budget: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { batch_rows: None, memory_budget: 1 << 30 }
    }
}

/// Asks a running data flow to stop. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nothing has been asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shares a flag that somebody else sets.
    pub const fn from_flag(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }

    /// Asks to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
