//! What one run has, whatever packages it comes to run: the project, the sink, the counters.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::record::{self, MessageContext};
use package::ConnectionManager;
use uuid::Uuid;

use crate::leftover;
use crate::log::Log;
use crate::log::dump::Dumping;
use crate::node::Node;
use crate::task::data_flow::performance::Performance;
use crate::task::data_flow::tap::UsedTaps;
use crate::{Cancel, Event, RunOptions, Sink};

/// What one run has.
pub(crate) struct Runner {
    /// What to run, and how.
    pub(crate) options: RunOptions,
    /// The project's connection managers as this run uses them.
    pub(crate) connections: Vec<ConnectionManager>,
    /// Where events go.
    pub(crate) log: Log,
    /// Asks to stop.
    pub(crate) cancel: Cancel,
    /// Rows and errors so far.
    pub(crate) counters: Counters,
    /// Caches of the project's connection managers, which all packages of the run share.
    pub(crate) caches: Arc<dataflow::Caches>,
    /// Held while an expression is evaluated and its variable written, so that two assignments
    /// at once do not lose one of them. Tasks of the original lock their variables for this.
    pub(crate) assignment: Mutex<()>,
    /// What the programs of this run have in their environment, see [`crate::leftover`].
    pub(crate) mark: String,
    /// Whether any program has been started.
    pub(crate) starts_programs: AtomicBool,
    /// What its data flows do, for `dm_execution_performance_counters`.
    pub(crate) performance: Performance,
    /// Data taps whose tasks have run.
    pub(crate) used_taps: UsedTaps,
    /// What is kept for a dump.
    pub(crate) dumping: Dumping,
    first_error: Mutex<Option<(u32, String)>>,
    numbers: Mutex<Numbers>,
}

/// Rows and errors so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Rows that sources read.
    pub(crate) rows_read: AtomicU64,
    /// Rows that destinations wrote.
    pub(crate) rows_written: AtomicU64,
    /// Errors raised.
    pub(crate) errors: AtomicU64,
}

/// Which `executable_id`s the packages have.
#[derive(Debug, Default)]
struct Numbers {
    /// By file name and id: the number of the package itself. A package outside of the project may
    /// have the name of one in it.
    packages: HashMap<(String, String), i64>,
    used: i64,
}

impl Runner {
    /// A run of these options.
    pub(crate) fn new(
        options: RunOptions,
        connections: Vec<ConnectionManager>,
        sink: Arc<dyn Sink>,
        cancel: Cancel,
    ) -> Arc<Self> {
        let log = Log::new(sink, options.logging);
        Arc::new(Self {
            options,
            connections,
            log,
            cancel,
            counters: Counters::default(),
            caches: Arc::default(),
            assignment: Mutex::new(()),
            mark: Uuid::new_v4().to_string(),
            starts_programs: AtomicBool::new(false),
            performance: Performance::default(),
            used_taps: UsedTaps::default(),
            dumping: Dumping::default(),
            first_error: Mutex::new(None),
            numbers: Mutex::new(Numbers::default()),
        })
    }

    /// Takes notice of an event; `context` says what was true then.
    pub(crate) fn event(&self, event: &Event, context: impl FnOnce() -> Vec<MessageContext>) {
        if event.kind == model::MessageType::Error {
            self.counters.errors.fetch_add(1, Ordering::Relaxed);
            let mut first = self.first_error.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| (event.code, event.description.clone()));
        }
        self.log.event(event, context);
    }

    /// Ends the programs that a stopped run has left.
    pub(crate) fn end_leftovers(&self) {
        if self.cancel.is_cancelled() && self.starts_programs.load(Ordering::SeqCst) {
            leftover::end_all(&self.mark);
        }
    }

    /// Code and text of the first error.
    pub(crate) fn first_error(&self) -> Option<(u32, String)> {
        self.first_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `executable_id` of a package, whose executables have the numbers behind it. The first time,
    /// its executables are told to the catalog.
    pub(crate) fn number_of(&self, file_name: &str, root: &Arc<Node>) -> i64 {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (file_name.to_owned(), root.executable.id.clone());
        if let Some(&number) = numbers.packages.get(&key) {
            return number;
        }
        let nodes = root.all();
        let first = numbers.used + 1;
        numbers.used += i64::try_from(nodes.len()).unwrap_or(i64::MAX);
        numbers.packages.insert(key, first);
        drop(numbers);
        for node in nodes {
            self.log.executable(|| record::Executable {
                executable_id: first + node.number,
                name: node.executable.name.clone(),
                guid: node.executable.id.clone(),
                package_name: file_name.to_owned(),
                package_path: node.executable.package_path(),
            });
        }
        first
    }

    /// Tells watchers which executable works now.
    pub(crate) fn progress(&self, executable: &str) {
        let read = self.counters.rows_read.load(Ordering::Relaxed);
        let written = self.counters.rows_written.load(Ordering::Relaxed);
        self.log.progress(executable, read, written);
    }
}
