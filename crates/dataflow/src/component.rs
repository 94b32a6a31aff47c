//! What a component is to the engine.
//!
//! A component of the package ([`package::Component`]) is how its author configured it; the types
//! that implement these traits are what runs, made from it by a `build` function per class (see
//! [`crate::Build`]). The engine calls, in this order: `open` (SSIS: PreExecute), the component's
//! own method (PrimeOutput or ProcessInput), `close` (PostExecute). Dropping it is Cleanup; it
//! may be dropped at any time, after a failure too.
//!
//! A batch is a [`RecordBatch`] with the physical types of `expression::array`. Which columns it
//! has, and where, was fixed when the component was built: [`crate::InputLayout`] and
//! [`crate::OutputLayout`].

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use crate::engine::{Inputs, Outbox};
use crate::{Context, Message};
use model::Value;

/// Why a component comes back before its rows are through.
#[derive(Debug)]
pub enum Stop {
    /// The component cannot go on.
    Failed(Failure),
    /// Somebody else stopped the data flow: a component further on, another thread, the user.
    Stopped,
}

/// A component cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the call returns: goes into the engine's message about it.
    pub code: u32,
    /// What the component says about it, in order.
    pub errors: Vec<Message>,
}

impl Failure {
    /// A failure with one message, whose code is what the call returns.
    pub fn new(code: u32, text: impl Into<String>) -> Self {
        Self { code, errors: vec![Message::new(code, text)] }
    }

    /// The same failure with a message before the others; the call still returns the same code.
    #[must_use]
    pub fn after(mut self, code: u32, text: impl Into<String>) -> Self {
        self.errors.insert(0, Message::new(code, text));
        self
    }

    /// The same failure with a further message behind; the call still returns the first code.
    #[must_use]
    pub fn and(mut self, code: u32, text: impl Into<String>) -> Self {
        self.errors.push(Message::new(code, text));
        self
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Arrow refuses what the engine's own types should rule out, and overflows of 2 GB of text in
/// one batch.
impl From<ArrowError> for Stop {
    fn from(error: ArrowError) -> Self {
        Self::Failed(Failure::from(error))
    }
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        Self::new(
            model::dts::DTS_E_BUFFERALLOCFAILED,
            format!("A batch could not be built: {error}."),
        )
    }
}

/// What all components have in common.
pub trait Lifecycle: Send {
    /// Opens files and connections.
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        context.check()
    }

    /// Finishes what is outside, after the last row of the whole data flow. Not called after a
    /// failure.
    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        context.check()
    }

    /// Variables that get a value when the data flow has succeeded.
    fn variables(&mut self) -> Vec<(String, Value)> {
        Vec::new()
    }
}

/// Makes rows from what is outside.
pub trait Source: Lifecycle {
    /// Sends all rows, in batches of at most [`Outbox::batch_rows`], and returns.
    fn read(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop>;
}

/// A synchronous transformation: passes the rows of its one input on, with columns added or
/// changed, to one or several outputs. Runs on the thread of its execution tree.
pub trait Transform: Lifecycle {
    /// Takes a batch and sends what becomes of it.
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop>;

    /// There are no more rows.
    fn end(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        out.check()
    }
}

/// An asynchronous transformation: takes rows from its inputs and makes rows of its own. Has a
/// thread, on which the execution trees of its outputs run too.
pub trait Combine: Lifecycle {
    /// Takes all rows of all inputs and sends what comes out of them.
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop>;
}

/// Puts the rows of its input where they belong outside. Its outputs, if any, carry errors.
pub trait Destination: Lifecycle {
    /// Writes a batch.
    fn write(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop>;

    /// There are no more rows: what is not yet written must be on its way.
    fn end(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        out.check()
    }

    /// Rows written, for the message at the end.
    fn rows_written(&self) -> u64;
}

/// A component that can run.
pub enum Runnable {
    /// Makes rows.
    Source(Box<dyn Source>),
    /// Passes rows on.
    Transform(Box<dyn Transform>),
    /// Takes rows and makes others.
    Combine(Box<dyn Combine>),
    /// Takes rows away.
    Destination(Box<dyn Destination>),
}
