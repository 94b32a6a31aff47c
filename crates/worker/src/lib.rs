//! Scale Out Worker: claims packages, runs each in a process of its own, and reports.
//!
//! ```text
//!              register_loop   claim_loop   renew_loop, kill_loop   upload_loop
//!                     \            |               |                 /
//!   masters ◀──HTTPS───  Shared { Holder (scaleout decides), attempts }
//!                                  |
//!                     attempt::run ── pipes ──▶ package process, forked from a template
//!                                               (packhorse exec --template)
//!                                  |
//!                            spool/, tasks/<TaskId>/
//! ```
//!
//! # Invariants
//!
//! * What a package says is on disk before it is sent, and stays until it is in the catalog.
//! * A package is killed before the lease that was last renewed can end at a master.
//! * No process of a package outlives its attempt, nor the worker, however the worker ends, nor
//!   its lease while the worker is frozen.
//!
//! Read `worker.rs` first, then `attempt.rs`, then `upload.rs`.

pub mod frame;

mod attempt;
mod child_end;
mod claim;
mod descendants;
mod forks;
mod leftovers;
mod machine;
mod masters;
mod over_by;
mod pause;
mod process;
mod project_cache;
mod register;
mod renew;
mod runner;
mod settings;
mod shared;
mod spool;
mod task_log;
mod upload;
mod worker;

#[cfg(test)]
mod testing;

pub use child_end::{ChildEnd, FrameWriter};
pub use forks::serve_forks;
pub use masters::trusted_masters;
pub use scaleout::child::ChildJob;
pub use settings::{KEYS, Settings, SettingsError, UnusedKey};
pub use worker::{Options, Worker, WorkerError, check_certificate};
