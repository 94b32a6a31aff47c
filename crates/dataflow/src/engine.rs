//! Runs a prepared data flow: a thread per source and per asynchronous component, each with the
//! execution trees of its outputs fused behind it; bounded queues where trees end.
//!
//! # Invariants
//!
//! * A batch moves through a tree by value; columns are shared, never copied, unless rows are
//!   filtered out.
//! * A queue holds at most [`QUEUE_BATCHES`] batches per input, except while its reader waits for
//!   another input; what is beyond counts against the memory budget, and goes into a file when
//!   that is used up. A blocked writer therefore always has a reader that makes progress, and no
//!   arrangement of trees can deadlock.
//! * The first failure stops everything; every thread looks at the stop flag at least once a
//!   batch and, while it waits, every [`POLL`].

mod context;
mod counters;
mod failure;
mod inbox;
mod outbox;
mod overflow;
mod report;
mod run;
mod sizing;
mod stage;
mod tree;

pub use context::Context;
pub(crate) use context::{Shared, Who};
pub use counters::Counters;
pub use inbox::Inputs;
pub use outbox::Outbox;
pub(crate) use run::Flow;
pub(crate) use tree::{Built, RootWork, Wiring, sent_columns};

use std::time::Duration;

/// Batches that wait at one input of an asynchronous component.
pub(crate) const QUEUE_BATCHES: usize = 4;

/// How long a thread waits before it looks at the stop flag again.
pub(crate) const POLL: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
