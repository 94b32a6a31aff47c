//! A scale-out task: what carries one execution to a worker, from start to end.
//!
//! ```text
//!                Granted                       Reported (final)
//!    Waiting ─────────────▶ Running(Lease) ─────────────────────▶ Done(Ending)
//!      ▲  │                   │  ▲   │ Expired, Lost, Reported (failed) with no retry left  ▲
//!      │  │ StopRequested     │  └───┘ Renewed, StopRequested                              │
//!      │  └───────────────────┼────────────────────────────────────────────────────────────┘
//!      └──────────────────────┘ HandedBack, Unanswered; Expired, Lost, failed while retries are left
//! ```
//!
//! # Invariants
//!
//! * The fence rises with every change of responsibility (granted, given up, ended), so that of
//!   several masters and workers with an old picture at most one is right.
//! * `now` is the catalog's clock, the same for all masters; workers count with their own.
//! * A refused event changes nothing.

mod effects;
mod refusal;

use std::collections::BTreeSet;

use model::{AgentId, Attempt, ExecutionId, Fence, OperationStatus, TaskId, Timestamp};

pub use self::effects::{AttemptEnd, Effects};
pub use self::refusal::Refusal;
use crate::message::Outcome;
use crate::policy;

/// One scale-out task. A row of `internal.tasks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The `TaskId` that users search for.
    pub id: TaskId,
    /// The execution that it carries.
    pub execution: ExecutionId,
    /// Where it is in its life.
    pub phase: Phase,
    /// Rises with every change of responsibility.
    pub fence: Fence,
    /// How many attempts were granted so far; the number of the last one.
    pub attempt: Attempt,
    /// How many more attempts may follow one that failed (`@retry_count` at the start).
    pub retries_left: u32,
    /// Who may run it.
    pub allowed: Allowed,
    /// Whether `stop_operation` was called. Never taken back.
    pub stop_requested: bool,
}

/// Which workers may run a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// `@useanyworker = 1`.
    AnyWorker,
    /// Those that `add_execution_worker` named.
    Only(BTreeSet<AgentId>),
}

impl Allowed {
    /// Whether `agent` may run the task.
    pub fn contains(&self, agent: AgentId) -> bool {
        match self {
            Self::AnyWorker => true,
            Self::Only(agents) => agents.contains(&agent),
        }
    }
}

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// For a worker to take it.
    Waiting {
        /// After an attempt that failed: where, and until when another worker is preferred.
        avoid: Option<Avoid>,
    },
    /// A worker runs it.
    Running(Lease),
    /// Over.
    Done(Ending),
}

/// A worker that a retry rather does not return to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avoid {
    /// Where the last attempt failed.
    pub agent: AgentId,
    /// From then on it is as good as any other.
    pub until: Timestamp,
}

/// A worker's right to run one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose.
    pub agent: AgentId,
    /// Which attempt.
    pub attempt: Attempt,
    /// When it ends unless it is renewed, by the catalog's clock.
    pub expires: Timestamp,
    /// Number of the claim that it answers (`Claim::number`). A later request of the same worker
    /// that does not name the lease proves that the answer never arrived.
    pub claim: u64,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The package succeeded.
    Succeeded,
    /// The package ran to its end with the result Completion.
    Completed,
    /// The package failed, and no retry was left.
    Failed,
    /// Stopped on request.
    Canceled,
    /// Its process or its worker was lost, and no retry was left.
    EndedUnexpectedly,
}

impl Ending {
    /// The execution's status.
    pub const fn status(self) -> OperationStatus {
        match self {
            Self::Succeeded => OperationStatus::Succeeded,
            Self::Completed => OperationStatus::Completed,
            Self::Failed => OperationStatus::Failed,
            Self::Canceled => OperationStatus::Canceled,
            Self::EndedUnexpectedly => OperationStatus::EndedUnexpectedly,
        }
    }

    /// The ending that a final status stands for; `None` for one that is not final.
    pub const fn from_status(status: OperationStatus) -> Option<Self> {
        match status {
            OperationStatus::Succeeded => Some(Self::Succeeded),
            OperationStatus::Completed => Some(Self::Completed),
            OperationStatus::Failed => Some(Self::Failed),
            OperationStatus::Canceled => Some(Self::Canceled),
            OperationStatus::EndedUnexpectedly => Some(Self::EndedUnexpectedly),
            OperationStatus::Created
            | OperationStatus::Running
            | OperationStatus::Pending
            | OperationStatus::Stopping => None,
        }
    }
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A master hands it to a worker.
    Granted {
        /// To whom.
        agent: AgentId,
        /// For how long.
        lease_ms: u64,
        /// Number of the claim that it answers.
        claim: u64,
    },
    /// The worker prolongs its lease.
    Renewed {
        /// Who.
        agent: AgentId,
        /// For how long from now.
        lease_ms: u64,
    },
    /// The lease ran out.
    Expired,
    /// The worker came back as a new process without it.
    Lost,
    /// The worker never heard of its lease: the answer to its claim was lost.
    Unanswered,
    /// The worker says how the attempt ended.
    Reported {
        /// Who.
        agent: AgentId,
        /// How.
        outcome: Outcome,
    },
    /// `stop_operation` was called.
    StopRequested,
}

impl Task {
    /// A task as `start_execution` makes it.
    pub const fn new(
        id: TaskId,
        execution: ExecutionId,
        retry_count: u32,
        allowed: Allowed,
    ) -> Self {
        Self {
            id,
            execution,
            phase: Phase::Waiting { avoid: None },
            fence: Fence(0),
            attempt: Attempt(0),
            retries_left: retry_count,
            allowed,
            stop_requested: false,
        }
    }

    /// The status that the execution shows. It stays `Running` while a retry waits.
    pub const fn status(&self) -> OperationStatus {
        match self.phase {
            Phase::Waiting { .. } if self.attempt.0 == 0 => OperationStatus::Pending,
            Phase::Waiting { .. } => OperationStatus::Running,
            Phase::Running(_) if self.stop_requested => OperationStatus::Stopping,
            Phase::Running(_) => OperationStatus::Running,
            Phase::Done(ending) => ending.status(),
        }
    }

    /// Applies `event` as sent by somebody who saw the task at `fence`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; the task is unchanged then.
    pub fn apply(
        &mut self,
        event: &Event,
        fence: Fence,
        now: Timestamp,
    ) -> Result<Effects, Refusal> {
        if fence < self.fence {
            return Err(Refusal::Stale { task: self.id, got: fence, current: self.fence });
        }
        if self.fence < fence {
            return Err(self.illegal(event, fence));
        }
        let before = self.status();
        let mut effects = match (self.phase, event) {
            (Phase::Waiting { .. }, Event::Granted { agent, lease_ms, claim })
                if self.allowed.contains(*agent) =>
            {
                self.grant(*agent, now.plus_ms(whole_ms(*lease_ms)), *claim)
            }
            (Phase::Waiting { .. }, Event::StopRequested) => self.stop_waiting(),
            (Phase::Running(_), Event::StopRequested) => self.stop_running(),
            (Phase::Running(lease), Event::Renewed { agent, lease_ms })
                if lease.agent == *agent =>
            {
                self.renew(lease, now.plus_ms(whole_ms(*lease_ms)))
            }
            (Phase::Running(lease), Event::Expired) if now < lease.expires => {
                return Err(Refusal::LeaseLives { task: self.id, expires: lease.expires });
            }
            (Phase::Running(lease), Event::Expired) => {
                self.end_attempt(lease, AttemptEnd::LeaseExpired, now)
            }
            (Phase::Running(lease), Event::Lost) => {
                self.end_attempt(lease, AttemptEnd::WorkerRestarted, now)
            }
            (Phase::Running(lease), Event::Unanswered) => {
                self.end_attempt(lease, AttemptEnd::NeverStarted, now)
            }
            (Phase::Running(lease), Event::Reported { agent, outcome })
                if lease.agent == *agent =>
            {
                self.end_attempt(lease, AttemptEnd::Reported(outcome.clone()), now)
            }
            _ => return Err(self.illegal(event, fence)),
        };
        let after = self.status();
        effects.status = (before != after).then_some(after);
        Ok(effects)
    }

    fn illegal(&self, event: &Event, fence: Fence) -> Refusal {
        Refusal::Illegal { task: self.id, fence, phase: self.phase, event: Box::new(event.clone()) }
    }

    fn grant(&mut self, agent: AgentId, expires: Timestamp, claim: u64) -> Effects {
        self.attempt = Attempt(self.attempt.0.saturating_add(1));
        let lease = Lease { agent, attempt: self.attempt, expires, claim };
        self.pass_on(Phase::Running(lease));
        Effects { attempt_started: Some(lease), ..Effects::default() }
    }

    /// A renewal never shortens a lease: a late duplicate of an old one must do no harm.
    fn renew(&mut self, lease: Lease, expires: Timestamp) -> Effects {
        self.phase = Phase::Running(Lease { expires: expires.max(lease.expires), ..lease });
        Effects::default()
    }

    fn stop_waiting(&mut self) -> Effects {
        self.stop_requested = true;
        self.pass_on(Phase::Done(Ending::Canceled));
        Effects::default()
    }

    fn stop_running(&mut self) -> Effects {
        self.stop_requested = true;
        Effects::default()
    }

    fn end_attempt(&mut self, lease: Lease, end: AttemptEnd, now: Timestamp) -> Effects {
        let next = match verdict(&end) {
            Verdict::Final(ending) => Phase::Done(ending),
            Verdict::Free(_) | Verdict::Costly(_) if self.stop_requested => {
                Phase::Done(Ending::Canceled)
            }
            Verdict::Costly(ending) if self.retries_left == 0 => Phase::Done(ending),
            Verdict::Costly(_) => {
                self.retries_left -= 1;
                self.wait_for_another(lease.agent, now)
            }
            Verdict::Free(Rather::Elsewhere) => self.wait_for_another(lease.agent, now),
            Verdict::Free(Rather::Anywhere) => Phase::Waiting { avoid: None },
        };
        self.pass_on(next);
        Effects {
            attempt_ended: Some((lease, end)),
            waits_again: matches!(next, Phase::Waiting { .. }),
            ..Effects::default()
        }
    }

    fn wait_for_another(&self, agent: AgentId, now: Timestamp) -> Phase {
        Phase::Waiting { avoid: Some(Avoid { agent, until: now.plus_ms(policy::AVOID_MS) }) }
    }

    /// The one place where responsibility changes, and so the one place where the fence rises.
    fn pass_on(&mut self, phase: Phase) {
        self.phase = phase;
        self.fence = Fence(self.fence.0.saturating_add(1));
    }
}

/// What the end of an attempt means for its task.
enum Verdict {
    /// The task is over.
    Final(Ending),
    /// Again while retries are left, at the price of one; else this ending.
    Costly(Ending),
    /// Again, at no price.
    Free(Rather),
}

/// Where to run it again.
enum Rather {
    Elsewhere,
    Anywhere,
}

const fn verdict(end: &AttemptEnd) -> Verdict {
    match end {
        AttemptEnd::Reported(Outcome::Succeeded) => Verdict::Final(Ending::Succeeded),
        AttemptEnd::Reported(Outcome::Completed) => Verdict::Final(Ending::Completed),
        AttemptEnd::Reported(Outcome::Canceled) => Verdict::Final(Ending::Canceled),
        AttemptEnd::Reported(Outcome::Failed) => Verdict::Costly(Ending::Failed),
        AttemptEnd::Reported(Outcome::EndedUnexpectedly { .. })
        | AttemptEnd::LeaseExpired
        | AttemptEnd::WorkerRestarted => Verdict::Costly(Ending::EndedUnexpectedly),
        AttemptEnd::Reported(Outcome::HandedBack) => Verdict::Free(Rather::Elsewhere),
        AttemptEnd::NeverStarted => Verdict::Free(Rather::Anywhere),
    }
}

fn whole_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// Whether an execution may go from one status to another. Nothing leaves a final one.
pub const fn is_forward(from: OperationStatus, to: OperationStatus) -> bool {
    !from.is_final() && rank(from) < rank(to)
}

const fn rank(status: OperationStatus) -> u8 {
    match status {
        OperationStatus::Created => 0,
        OperationStatus::Pending => 1,
        OperationStatus::Running => 2,
        OperationStatus::Stopping => 3,
        OperationStatus::Canceled
        | OperationStatus::Failed
        | OperationStatus::EndedUnexpectedly
        | OperationStatus::Succeeded
        | OperationStatus::Completed => 4,
    }
}

#[cfg(test)]
mod tests;
