//! Decides who runs what. Never acts.
//!
//! A master reads a [`Snapshot`] of the catalog, calls [`plan`], and carries the [`Plan`] out;
//! every change of one scale-out task goes through [`Task::apply`]. Everything hard about high
//! availability is in here, and none of it touches a socket, a clock or a database, so that a
//! test can try hundreds of schedules a second.
//!
//! ```text
//!    catalog ──snapshot──▶ plan() ──decisions──▶ master ──▶ Task::apply ──▶ catalog
//!                         (this crate)                     (this crate)
//!    worker: what it holds, when to renew, when to kill, what to send again: Holder (this crate)
//! ```
//!
//! # Invariants
//!
//! * Any number of masters may plan at once. The catalog settles who wins, by comparing fences,
//!   so masters never elect a leader or talk to each other.
//! * A scale-out task has at most one living lease; what carries an older fence is refused.
//! * A worker stops a package before the lease that it last renewed can end at the master.
//! * An execution's status only moves forward, and a final one never changes.
//!
//! Read `task.rs` first, then `plan.rs`, then `holder.rs`.

pub mod child;
pub mod message;
pub mod policy;
pub mod sequence;
pub mod sim;

mod explain;
mod holder;
mod plan;
mod task;

pub use explain::{Reason, explain, sentence};
pub use holder::{Command, Holder, Limits, Why};
pub use plan::{Asking, Decision, Plan, Snapshot, Worker, plan, plan_registration};
pub use task::{
    Allowed, AttemptEnd, Avoid, Effects, Ending, Event, Lease, Phase, Refusal, Task, is_forward,
};
