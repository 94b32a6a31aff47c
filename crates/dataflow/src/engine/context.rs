//! What a running component may ask of the engine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, ThreadId};

use model::dts;

use super::Counters;
use crate::{Cancel, DataFlowEvent, Environment, Failure, LogEntry, Message, Stop, Subcomponent};

/// Who a component is in messages.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) id: i32,
}

impl Who {
    pub(crate) fn subcomponent(&self) -> Subcomponent {
        Subcomponent::Component { name: self.name.clone(), id: self.id }
    }
}

/// What the threads of a run share.
pub(crate) struct Shared<'a> {
    pub(crate) environment: &'a dyn Environment,
    pub(crate) cancel: &'a Cancel,
    failed: AtomicBool,
    /// Code of the first error.
    first: Mutex<Option<Message>>,
    memory_budget: usize,
    /// The thread on which the first error was raised.
    failing: OnceLock<ThreadId>,
    pub(crate) counters: &'a Counters,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(
        environment: &'a dyn Environment,
        cancel: &'a Cancel,
        counters: &'a Counters,
    ) -> Self {
        Self {
            environment,
            cancel,
            failed: AtomicBool::new(false),
            first: Mutex::new(None),
            memory_budget: environment.settings().memory_budget,
            failing: OnceLock::new(),
            counters,
        }
    }

    /// Raises an error and stops the run.
    pub(crate) fn error(&self, subcomponent: Subcomponent, message: Message) {
        if let Ok(mut first) = self.first.lock() {
            first.get_or_insert_with(|| message.clone());
        }
        self.failing.get_or_init(|| thread::current().id());
        self.failed.store(true, Ordering::Relaxed);
        self.environment.event(DataFlowEvent::Error { subcomponent, message });
    }

    pub(crate) fn information(&self, subcomponent: Subcomponent, code: u32, text: String) {
        let message = Message::new(code, text);
        self.environment.event(DataFlowEvent::Information { subcomponent, message });
    }

    pub(crate) fn log(&self, entry: LogEntry, text: String) {
        self.environment.event(DataFlowEvent::Log { entry, text });
    }

    pub(crate) fn progress(&self, description: &str, percent: u8) {
        let description = description.to_owned();
        self.environment.event(DataFlowEvent::Progress { description, percent });
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether the first error was raised on this thread.
    pub(crate) fn failed_here(&self) -> bool {
        self.failing.get() == Some(&thread::current().id())
    }

    /// The first error of the run.
    pub(crate) fn first_error(&self) -> Option<Message> {
        self.first.lock().ok().and_then(|first| first.clone())
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.has_failed() || self.cancel.is_cancelled()
    }

    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.is_stopped() { Err(Stop::Stopped) } else { Ok(()) }
    }

    pub(crate) fn reserve(&self, bytes: usize) -> Result<(), Failure> {
        if self.counters.keep(bytes) <= self.memory_budget {
            return Ok(());
        }
        self.counters.give_back(bytes);
        Err(Failure::new(
            dts::DTS_E_BUFFERALLOCFAILED,
            format!(
                "A buffer failed while allocating {bytes} bytes: the rows that this data flow must keep in memory at once need more than its budget of {} bytes.",
                self.memory_budget
            ),
        ))
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.counters.give_back(bytes);
    }
}

/// What a running component may ask of the engine.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub(crate) shared: &'a Shared<'a>,
    pub(crate) who: &'a Who,
}

impl<'a> Context<'a> {
    /// The task around the data flow.
    pub fn environment(&self) -> &'a dyn Environment {
        self.shared.environment
    }

    /// Name of the component.
    pub fn name(&self) -> &'a str {
        &self.who.name
    }

    /// The integer id of the component.
    pub fn id(&self) -> i32 {
        self.who.id
    }

    /// Whether the component must come back now.
    pub fn is_stopped(&self) -> bool {
        self.shared.is_stopped()
    }

    /// An error when the component must come back now.
    pub fn check(&self) -> Result<(), Stop> {
        self.shared.check()
    }

    /// Raises OnInformation in the name of the component.
    pub fn information(&self, code: u32, text: impl Into<String>) {
        self.shared.information(self.who.subcomponent(), code, text.into());
    }

    /// Raises OnWarning in the name of the component.
    pub fn warning(&self, code: u32, text: impl Into<String>) {
        let (subcomponent, message) = (self.who.subcomponent(), Message::new(code, text));
        self.shared.environment.event(DataFlowEvent::Warning { subcomponent, message });
    }

    /// Takes this many bytes of the data flow's memory budget, or fails by saying that it is used
    /// up. Call it before keeping rows; give them back with [`Context::release`].
    pub fn reserve(&self, bytes: usize) -> Result<(), Failure> {
        self.shared.reserve(bytes)
    }

    /// Bytes that the components of the data flow may keep, all together.
    pub(crate) fn memory_budget(&self) -> usize {
        self.shared.memory_budget
    }

    /// Says that batches were set aside in files, or (a negative number) came back.
    pub(crate) fn spooled(&self, batches: i64) {
        self.shared.counters.spooled(batches);
    }

    /// Gives bytes back.
    pub fn release(&self, bytes: usize) {
        self.shared.release(bytes);
    }
}
