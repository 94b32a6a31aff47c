//! What follows from an event that was applied to a task.

use std::fmt;

use model::OperationStatus;

use super::Lease;
use crate::message::Outcome;

/// What the catalog must write besides the task's own row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The execution's new status, when it changed.
    pub status: Option<OperationStatus>,
    /// An attempt that began.
    pub attempt_started: Option<Lease>,
    /// The attempt that ended, and how.
    pub attempt_ended: Option<(Lease, AttemptEnd)>,
    /// The task waits for a worker again: wake the claims.
    pub waits_again: bool,
}

/// How one attempt ended, for the catalog's list of attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// As its worker reported.
    Reported(Outcome),
    /// Its lease ran out: the worker is dead or cut off.
    LeaseExpired,
    /// Its worker was started anew.
    WorkerRestarted,
    /// Its worker never heard of it.
    NeverStarted,
}

impl AttemptEnd {
    /// A stable name for the catalog.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reported(Outcome::Succeeded) => "succeeded",
            Self::Reported(Outcome::Completed) => "completed",
            Self::Reported(Outcome::Failed) => "failed",
            Self::Reported(Outcome::Canceled) => "canceled",
            Self::Reported(Outcome::EndedUnexpectedly { .. }) => "ended_unexpectedly",
            Self::Reported(Outcome::HandedBack) => "handed_back",
            Self::LeaseExpired => "lease_expired",
            Self::WorkerRestarted => "worker_restarted",
            Self::NeverStarted => "never_started",
        }
    }
}

/// For people: why the attempt is over.
impl fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(Outcome::Succeeded) => f.write_str("the package succeeded"),
            Self::Reported(Outcome::Completed) => f.write_str("the package completed"),
            Self::Reported(Outcome::Failed) => f.write_str("the package failed"),
            Self::Reported(Outcome::Canceled) => f.write_str("the package was stopped"),
            Self::Reported(Outcome::EndedUnexpectedly { detail }) => {
                write!(f, "the package's process ended unexpectedly: {detail}")
            }
            Self::Reported(Outcome::HandedBack) => f.write_str("the worker handed it back"),
            Self::LeaseExpired => f.write_str("the worker stopped renewing its lease"),
            Self::WorkerRestarted => f.write_str("the worker was restarted"),
            Self::NeverStarted => f.write_str("the worker never received it"),
        }
    }
}
