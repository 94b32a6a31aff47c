//! Why an event was not applied to a task: somebody was out of date, or something is wrong.

use model::{Fence, TaskId, Timestamp};

use super::{Event, Phase};

/// Why an event was not applied. The caller must tell a bug from the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Normal: somebody else answers for the task now.
    #[error("fence {got} is out of date: task {task} is at {current}")]
    Stale {
        /// Which.
        task: TaskId,
        /// The sender's.
        got: Fence,
        /// The task's.
        current: Fence,
    },
    /// Normal: the lease was renewed since the sender looked.
    #[error("the lease of task {task} lives until {expires}")]
    LeaseLives {
        /// Which.
        task: TaskId,
        /// When the lease ends.
        expires: Timestamp,
    },
    /// A bug: nothing correct sends this event in this phase.
    #[error("task {task} at fence {fence} cannot take {event:?} while {phase:?}")]
    Illegal {
        /// Which.
        task: TaskId,
        /// The sender's fence.
        fence: Fence,
        /// Where the task is.
        phase: Phase,
        /// What was sent.
        event: Box<Event>,
    },
}

impl Refusal {
    /// Whether only a bug, here or at the sender's, explains it.
    pub const fn is_bug(&self) -> bool {
        matches!(self, Self::Illegal { .. })
    }
}
