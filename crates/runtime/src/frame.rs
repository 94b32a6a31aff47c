//! One run of one executable: where it is, what went wrong in it, and how its events rise.
//!
//! ```text
//!   task ──▶ loop ──▶ package ──▶ Execute Package Task ──▶ parent package
//! ```
//!
//! An event goes up this line. On its way, an error counts in every frame, and the handlers of
//! every executable run, until one of them says no (`System::Propagate`).

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use model::{ExecutionResult, MessageType, Timestamp, Value};
use package::Executable;

use crate::clock;
use crate::instance::Instance;
use crate::log::{context, dump};
use crate::node::source_kind;
use crate::package_run::PackageRun;
use crate::scope::{Cell, Scope};
use crate::transaction::Transaction;
use crate::{Event, Source};
use crate::{handler, log_provider};

/// One run of one executable.
pub(crate) struct Frame {
    /// The run of the package that it belongs to.
    pub(crate) run: Arc<PackageRun>,
    /// What it runs in; for the package of an Execute Package Task, the task.
    pub(crate) parent: Option<Arc<Frame>>,
    /// The executable and its variables.
    pub(crate) instance: Arc<Instance>,
    /// Who its events come from.
    pub(crate) source: Source,
    /// Which iteration of the loop around it this is, from 1; 0 outside of loops.
    pub(crate) iteration: u64,
    /// Event handlers that it runs in, at whatever distance: they do not start again from within.
    pub(crate) inside: Vec<HandlerKey>,
    /// Whether it is, or runs in, a package's own control flow, whose tasks share its slots. An
    /// event handler has a control flow of its own.
    pub(crate) takes_slot: bool,
    /// The executable after its property expressions.
    effective: OnceLock<Executable>,
    /// The data flow between its validation and its run.
    pub(crate) prepared: Mutex<Option<dataflow::Prepared>>,
    /// How it ended, once that is known.
    pub(crate) result: OnceLock<ExecutionResult>,
    /// The transaction that it has started.
    pub(crate) transaction: OnceLock<Arc<Transaction>>,
    errors: AtomicU32,
    failed: AtomicBool,
    stopped: AtomicBool,
}

/// Which event handler.
pub(crate) type HandlerKey = usize;

/// Where a frame is.
struct Place {
    path: String,
    iteration: u64,
    inside: Vec<HandlerKey>,
}

/// An event with what handlers learn about it besides.
pub(crate) struct Raised {
    /// The event.
    pub(crate) event: Event,
    /// The variable that changed.
    pub(crate) variable: Option<(Arc<Cell>, Value)>,
}

impl Frame {
    /// The frame of a package.
    pub(crate) fn of_package(run: &Arc<PackageRun>, parent: Option<Arc<Self>>) -> Arc<Self> {
        let executable = &run.root.node.executable;
        let path = parent.as_ref().map_or("", |parent| parent.source.execution_path.as_str());
        let inside = parent.as_ref().map(|parent| parent.inside.clone()).unwrap_or_default();
        let path = format!("{path}\\{}", executable.ref_id);
        Arc::new(Self {
            source: source_of(run, executable, path),
            run: Arc::clone(run),
            instance: Arc::clone(&run.root),
            iteration: 0,
            inside,
            takes_slot: true,
            parent,
            effective: OnceLock::new(),
            prepared: Mutex::new(None),
            result: OnceLock::new(),
            transaction: OnceLock::new(),
            errors: AtomicU32::new(0),
            failed: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        })
    }

    /// The frame of a child; `iteration` is 0 outside of loops.
    pub(crate) fn child(self: &Arc<Self>, instance: &Arc<Instance>, iteration: u64) -> Arc<Self> {
        let name = &instance.node.executable.name;
        let around = &self.source.execution_path;
        let path = match iteration {
            0 => format!("{around}\\{name}"),
            n => format!("{around}[{n}]\\{name}"),
        };
        let place = Place { path, iteration, inside: self.inside.clone() };
        self.inner(instance, place, self.takes_slot)
    }

    /// The frame of an event handler of this executable, for an event that `raiser` raised.
    pub(crate) fn handler(
        self: &Arc<Self>,
        instance: &Arc<Instance>,
        event: &str,
        inside: Vec<HandlerKey>,
    ) -> Arc<Self> {
        let path = format!("{}.EventHandlers[{event}]", self.source.execution_path);
        self.inner(instance, Place { path, iteration: 0, inside }, false)
    }

    fn inner(
        self: &Arc<Self>,
        instance: &Arc<Instance>,
        Place { path, iteration, inside }: Place,
        takes_slot: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            iteration,
            run: Arc::clone(&self.run),
            parent: Some(Arc::clone(self)),
            source: source_of(&self.run, &instance.node.executable, path),
            instance: Arc::clone(instance),
            inside,
            takes_slot,
            effective: OnceLock::new(),
            prepared: Mutex::new(None),
            result: OnceLock::new(),
            transaction: OnceLock::new(),
            errors: AtomicU32::new(0),
            failed: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        })
    }

    /// The executable, its property expressions applied if they have been evaluated.
    pub(crate) fn executable(&self) -> &Executable {
        self.effective.get().unwrap_or(&self.instance.node.executable)
    }

    /// Sets what property expressions made of the executable, once.
    pub(crate) fn set_effective(&self, executable: Executable) {
        // A frame evaluates its expressions when it is made and never again.
        drop(self.effective.set(executable));
    }

    /// Its variables.
    pub(crate) fn scope(&self) -> &Arc<Scope> {
        &self.instance.scope
    }

    /// Errors raised in it and in what it contains.
    pub(crate) fn errors(&self) -> u32 {
        self.errors.load(Ordering::SeqCst)
    }

    /// Whether it has had as many errors as it may have.
    pub(crate) fn has_too_many_errors(&self) -> bool {
        let limit = self.executable().max_error_count;
        limit != 0 && limit <= self.errors()
    }

    /// Whether a child has failed it (FailParentOnFailure, FailPackageOnFailure).
    pub(crate) fn is_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Fails it: nothing new starts in it.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
        self.stop();
    }

    /// Lets nothing new start in it.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Whether nothing new starts in it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst) || self.is_cancelled()
    }

    /// Whether the whole run has been asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.run.runner.cancel.is_cancelled()
    }

    /// The frames from here to the package, in the same package.
    pub(crate) fn up_to_package(self: &Arc<Self>) -> Vec<Arc<Self>> {
        let mut frames = Vec::new();
        let mut at = Some(self);
        while let Some(frame) = at.filter(|frame| Arc::ptr_eq(&frame.run, &self.run)) {
            frames.push(Arc::clone(frame));
            at = frame.parent.as_ref();
        }
        frames
    }

    /// The frame in whose executable `scope` lies.
    pub(crate) fn owner_of(self: &Arc<Self>, scope: &Arc<Scope>) -> Arc<Self> {
        let frames = self.up_to_package();
        let owner = frames.into_iter().find(|frame| frame.scope().is(scope));
        owner.unwrap_or_else(|| Arc::clone(self))
    }

    /// An error.
    pub(crate) fn error(self: &Arc<Self>, code: u32, description: impl Into<String>) {
        self.say(MessageType::Error, code, description);
    }

    /// A warning.
    pub(crate) fn warning(self: &Arc<Self>, code: u32, description: impl Into<String>) {
        self.say(MessageType::Warning, code, description);
    }

    /// An event without more to it than code and text.
    pub(crate) fn say(
        self: &Arc<Self>,
        kind: MessageType,
        code: u32,
        description: impl Into<String>,
    ) {
        self.raise(self.event(kind, code, description.into()));
    }

    /// OnPostExecute, with the time since OnPreExecute.
    pub(crate) fn post_execute(self: &Arc<Self>, start: Timestamp) {
        let mut event = self.event(MessageType::PostExecute, 0, String::new());
        event.elapsed_ms = Some(event.time.ms_since(start));
        self.raise(event);
    }

    /// An event of this executable.
    pub(crate) fn event(&self, kind: MessageType, code: u32, description: String) -> Event {
        Event {
            time: clock::now(),
            kind,
            name: kind.name().to_owned(),
            code,
            description,
            source: self.source.clone(),
            subcomponent: String::new(),
            percent: None,
            elapsed_ms: None,
            thread_id: clock::thread_id(),
        }
    }

    /// Raises an event.
    pub(crate) fn raise(self: &Arc<Self>, event: Event) {
        self.raise_with(Raised { event, variable: None });
    }

    /// Raises an event: logs it, then lets it rise.
    pub(crate) fn raise_with(self: &Arc<Self>, raised: Raised) {
        let event = &raised.event;
        self.run.runner.event(event, || context::of(self, event));
        dump::consider(self, event);
        log_provider::log(self, &raised.event, self.result.get().copied());
        let is_error = raised.event.kind == MessageType::Error;
        let mut at = Some(Arc::clone(self));
        while let Some(frame) = at {
            if is_error {
                frame.errors.fetch_add(1, Ordering::SeqCst);
            }
            at = if handler::run_all(&frame, &raised, self) {
                frame.parent.clone()
            } else {
                // Propagate=False does not hold an event back from the parent package (measured).
                let package = frame.up_to_package().pop();
                package.and_then(|package| package.parent.clone())
            };
        }
    }
}

fn source_of(run: &PackageRun, executable: &Executable, execution_path: String) -> Source {
    Source {
        kind: source_kind(executable),
        name: executable.name.clone(),
        id: executable.id.clone(),
        description: executable.description.clone(),
        package_name: run.file_name.clone(),
        package_path: executable.package_path(),
        execution_path,
    }
}
