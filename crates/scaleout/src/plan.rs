//! What a master intends, from what it saw in the catalog. The picture may be stale: every
//! decision names the fence that it assumes, and the catalog refuses it when that has moved.
//!
//! Oldest task first; the freest worker that may take it; a retry rather elsewhere.

use std::collections::HashMap;

use model::{AgentId, Fence, TaskId, Timestamp};

use crate::message::{LeaseRef, Register};
use crate::policy;
use crate::task::{Avoid, Event, Lease, Phase, Task};

/// What a master saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Tasks that wait for a worker, oldest first. It need not be all of them.
    pub waiting: Vec<Task>,
    /// Tasks under a lease: those whose lease has ended, and all of the workers that ask.
    pub leased: Vec<Task>,
    /// Every worker that the catalog knows, those that ask in the order in which they asked.
    pub workers: Vec<Worker>,
}

/// A Scale Out Worker as a master sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its id.
    pub agent: AgentId,
    /// Whether it may be given tasks.
    pub enabled: bool,
    /// When it last gave a sign of life, by the catalog's clock.
    pub last_online: Timestamp,
    /// Its claim, when it asks this master for tasks now.
    pub asking: Option<Asking>,
}

/// A worker's claim, as far as planning needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asking {
    /// How many tasks it can take (`Claim::tasks_max`).
    pub tasks_max: u32,
    /// The lease that it asks for (`Claim::lease_ms`); 0 for the default.
    pub lease_ms: u64,
    /// Number of the claim (`Claim::number`); 0 when the worker does not count.
    pub number: u64,
    /// Every lease that the worker knows of, running or not (`Claim::running` and
    /// `Claim::also_held`).
    pub held: Vec<LeaseRef>,
}

/// What a master intends to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which to do it.
    pub decisions: Vec<Decision>,
}

/// One intended change, on the assumption that the task is still at `fence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Hand a waiting task to a worker.
    Grant {
        /// Which.
        task: TaskId,
        /// The fence assumed.
        fence: Fence,
        /// To whom.
        agent: AgentId,
        /// For how long.
        lease_ms: u64,
        /// Number of the claim that it answers.
        claim: u64,
    },
    /// End a lease that has run out.
    Expire {
        /// Which.
        task: TaskId,
        /// The fence assumed.
        fence: Fence,
    },
    /// Take back a task whose worker never heard of it.
    TakeBack {
        /// Which.
        task: TaskId,
        /// The fence assumed.
        fence: Fence,
    },
    /// End a lease that died with an earlier process of its worker.
    Lose {
        /// Which.
        task: TaskId,
        /// The fence assumed.
        fence: Fence,
    },
}

impl Decision {
    /// Which task it is about.
    pub const fn task(&self) -> TaskId {
        match self {
            Self::Grant { task, .. }
            | Self::Expire { task, .. }
            | Self::TakeBack { task, .. }
            | Self::Lose { task, .. } => *task,
        }
    }

    /// The fence that it assumes.
    pub const fn fence(&self) -> Fence {
        match self {
            Self::Grant { fence, .. }
            | Self::Expire { fence, .. }
            | Self::TakeBack { fence, .. }
            | Self::Lose { fence, .. } => *fence,
        }
    }

    /// What to [`Task::apply`].
    pub const fn event(&self) -> Event {
        match *self {
            Self::Grant { agent, lease_ms, claim, .. } => Event::Granted { agent, lease_ms, claim },
            Self::Expire { .. } => Event::Expired,
            Self::TakeBack { .. } => Event::Unanswered,
            Self::Lose { .. } => Event::Lost,
        }
    }
}

impl Worker {
    /// Whether it gave a sign of life lately. One that asks just did.
    pub fn is_online(&self, now: Timestamp) -> bool {
        self.asking.is_some() || now.ms_since(self.last_online) <= policy::OFFLINE_AFTER_MS
    }

    pub(crate) fn may_run(&self, task: &Task) -> bool {
        self.enabled && task.allowed.contains(self.agent)
    }
}

/// Decides what to do about what `snapshot` shows. Pure: the same picture, the same plan.
pub fn plan(snapshot: &Snapshot, now: Timestamp) -> Plan {
    let mut decisions: Vec<Decision> = Vec::new();
    for task in &snapshot.leased {
        decisions.extend(release(snapshot, task, now));
    }
    grant_all(snapshot, now, &mut decisions);
    Plan { decisions }
}

/// Decides what a worker's [`Register`] means for the leases that the catalog has for it: those
/// that it does not list died with an earlier process of it. A registration that arrives late
/// says nothing about leases that were granted after it was sent.
pub fn plan_registration(leased: &[Task], register: &Register) -> Plan {
    let lost = leased.iter().filter(|task| {
        let Phase::Running(lease) = task.phase else { return false };
        lease.agent == register.agent
            && lease.claim < register.number
            && !knows(&register.running, task.id, &lease)
    });
    Plan {
        decisions: lost.map(|task| Decision::Lose { task: task.id, fence: task.fence }).collect(),
    }
}

fn knows(held: &[LeaseRef], task: TaskId, lease: &Lease) -> bool {
    held.iter().any(|held| held.task == task && held.attempt == lease.attempt)
}

fn release(snapshot: &Snapshot, task: &Task, now: Timestamp) -> Option<Decision> {
    let Phase::Running(lease) = task.phase else { return None };
    if is_unanswered(snapshot, task) {
        return Some(Decision::TakeBack { task: task.id, fence: task.fence });
    }
    (lease.expires <= now).then_some(Decision::Expire { task: task.id, fence: task.fence })
}

/// Whether the task's worker asks again, later, and does not know the lease. A worker has one
/// claim under way at a time, so the answer that carried the lease is lost for good. Claims may
/// arrive out of order, hence the comparison of numbers.
fn is_unanswered(snapshot: &Snapshot, task: &Task) -> bool {
    let Phase::Running(lease) = task.phase else { return false };
    let worker = snapshot.workers.iter().find(|worker| worker.agent == lease.agent);
    let Some(asking) = worker.and_then(|worker| worker.asking.as_ref()) else { return false };
    lease.claim < asking.number && !knows(&asking.held, task.id, &lease)
}

fn grant_all(snapshot: &Snapshot, now: Timestamp, decisions: &mut Vec<Decision>) {
    let mut free: HashMap<AgentId, u32> = snapshot
        .workers
        .iter()
        .filter_map(|worker| Some((worker.agent, worker.asking.as_ref()?.tasks_max)))
        .collect();
    for task in &snapshot.waiting {
        if free.values().all(|&tasks| tasks == 0) {
            return;
        }
        let Some((worker, asking)) = choose(snapshot, task, &free, now) else { continue };
        if let Some(tasks) = free.get_mut(&worker.agent) {
            *tasks -= 1;
        }
        decisions.push(Decision::Grant {
            task: task.id,
            fence: task.fence,
            agent: worker.agent,
            lease_ms: policy::lease_ms(asking.lease_ms),
            claim: asking.number,
        });
    }
}

/// The freest asking worker that may take the task; of equals the one that asked first.
fn choose<'a>(
    snapshot: &'a Snapshot,
    task: &Task,
    free: &HashMap<AgentId, u32>,
    now: Timestamp,
) -> Option<(&'a Worker, &'a Asking)> {
    let mut best: Option<(u32, &Worker, &Asking)> = None;
    for worker in &snapshot.workers {
        let Some(asking) = &worker.asking else { continue };
        let tasks = free.get(&worker.agent).copied().unwrap_or(0);
        let better = best.is_none_or(|(most, ..)| most < tasks);
        let may = worker.may_run(task) && avoided(snapshot, task, worker.agent, now).is_none();
        if 0 < tasks && better && may {
            best = Some((tasks, worker, asking));
        }
    }
    best.map(|(_, worker, asking)| (worker, asking))
}

/// Until when `agent` is passed over for a retry, if it is: its last attempt failed there, and
/// another worker that may take it is alive.
pub(crate) fn avoided(
    snapshot: &Snapshot,
    task: &Task,
    agent: AgentId,
    now: Timestamp,
) -> Option<Timestamp> {
    let Phase::Waiting { avoid: Some(Avoid { agent: failed_at, until }) } = task.phase else {
        return None;
    };
    let another = || {
        snapshot
            .workers
            .iter()
            .any(|worker| worker.agent != agent && worker.may_run(task) && worker.is_online(now))
    };
    (failed_at == agent && now < until && another()).then_some(until)
}

#[cfg(test)]
mod tests;
