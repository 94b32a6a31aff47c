//! The data flow: a pipeline of the package becomes components that run on Arrow batches.
//!
//! [`check`] names what would not run. [`DataFlow::validate`] builds the components and says in
//! SSIS's words what is wrong with them; [`Prepared::run`] moves the rows.
//!
//! # Invariants
//!
//! * Nothing that passes [`check`] is refused as unsupported later.
//! * A row that comes in leaves by an output, is written, or is counted by the component that
//!   took it; the engine itself never drops a row that somebody waits for.
//! * What a batch on a path holds is fixed before the first row is read.
//!
//! Read `component.rs` and `build.rs` to write a component, `engine.rs` to see how they run.

mod build;
mod cache;
mod check;
mod class;
mod component;
mod database;
mod destination;
mod engine;
mod environment;
mod error;
mod event;
mod formula;
mod gather;
mod layout;
mod prepare;
mod raw;
mod sort_key;
mod source;
mod spill;
mod tap;
mod transform;

pub use build::{
    Arriving, Build, InputLayout, Invalid, Leaving, OutputLayout, Rule, ValidationStatus,
};
pub use cache::Caches;
pub use check::{Unsupported, check};
pub use component::{Combine, Destination, Failure, Lifecycle, Runnable, Source, Stop, Transform};
pub use engine::{Context, Counters, Inputs, Outbox};
pub use environment::{Cancel, Environment, OutsideError, Settings, VariableValue};
pub use error::{RowError, RowErrors, ValueError};
pub use event::{DataFlowEvent, LogEntry, Message, Phase, Subcomponent};
pub use prepare::{DataFlow, DataFlowFailed, PathRows, Prepared, RunSummary, ValidationFailed};
pub use tap::Tap;

#[cfg(test)]
mod testing;
