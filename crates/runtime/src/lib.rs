//! Control flow: runs a package.
//!
//! ```text
//!   run ─▶ validate the tree ─▶ execute ─▶ schedule children ─▶ execute ─▶ task ─▶ dataflow, ...
//!                                  └─ events ─▶ frame ─▶ handlers, error counts ─▶ Sink
//! ```
//!
//! # Invariants
//! * Nothing runs before the whole package has been validated; what cannot run here is refused
//!   by name then ([`check`]).
//! * Every event reaches the [`Sink`], in the order in which its executable raised it; the
//!   logging level decides only which become rows of the catalog.
//! * A package that is asked to stop leaves no program and no thread behind.
//!
//! Read `execute.rs` first, then `schedule.rs` and `frame.rs`. Rules are cited where applied.

mod cancel;
mod check;
mod checkpoint;
mod clock;
mod configuration;
mod container;
mod convert;
mod evaluate;
mod event;
mod execute;
mod frame;
mod handler;
mod instance;
mod launch;
mod leftover;
mod log;
mod log_provider;
mod node;
mod options;
mod package_run;
mod parameters;
mod property;
mod run;
mod runner;
mod schedule;
mod scope;
mod sink;
mod slots;
mod sql;
mod task;
mod transaction;
mod validation;
mod xml;

pub use cancel::Cancel;
pub use check::{NamedPath, Unsupported, check, named_paths};
pub use event::{Event, Source};
pub use launch::launch;
pub use options::{
    ConnectionOverride, Dumps, Logging, ParameterValue, PropertyOverride, RunOptions, RunResult,
};
pub use parameters::ParameterError;
pub use run::{run, validate};
pub use sink::{Ignore, Sink};
