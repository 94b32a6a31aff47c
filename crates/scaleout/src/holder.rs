//! What a worker holds: the leases it was granted, the packages it runs under them, and what of
//! their messages and outcomes a master has confirmed.
//!
//! The worker's loops feed it what they hear (`on_*`) and do what it says. It counts in
//! milliseconds of the worker's own monotonic clock, and counts every lease from *before* the
//! request that won it was sent, so its picture of a lease ends no later than the master's.
//!
//! ```text
//!   on_claimed ─▶ Running ──on_stop──▶ Stopping ─┐
//!                    │  └────on_time, lost───────┴─▶ Killing ──on_ended──▶ Ended ─▶ reported,
//!                    └─────────────────on_ended────────────────────────────┘        forgotten
//! ```
//!
//! # Invariants
//!
//! * A package is killed [`policy::kill_margin_ms`] before its lease can end at the master; its
//!   process is told to end itself half of that before, in case the worker is frozen then.
//! * Of one task at most one package runs here, whatever is granted.
//! * An attempt is forgotten only when all that it said is in the catalog and its outcome was
//!   answered.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use model::{AgentId, Attempt, TaskId};

use crate::message::{Claim, Committed, LeaseRef, LeaseState, OutcomeState, Renew};
use crate::policy;

/// Limits of one worker, from its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `MaxTaskCount`: how many packages run at once.
    pub tasks_max: u32,
    /// `TaskHeartbeatInterval`: how often a lease is renewed.
    pub renew_every_ms: u64,
    /// `LeaseInterval`: the lease that is asked for.
    pub lease_ms: u64,
    /// How many ended attempts may wait for their report before no more tasks are asked for, so
    /// that a worker whose masters are slow does not run ahead of them without bound.
    pub unreported_max: u32,
}

/// What the worker must do to a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask it to stop (`stop_operation`), and kill it after a grace period.
    Stop(LeaseRef),
    /// Kill it at once: nobody may believe any more that it runs here.
    Kill(LeaseRef, Why),
}

/// Why a package is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its lease could not be renewed and is about to end.
    LeaseEnds,
    /// A master says that the lease is gone.
    LeaseLost,
}

/// Everything one worker holds.
#[derive(Clone, Debug)]
pub struct Holder {
    limits: Limits,
    held: BTreeMap<(TaskId, Attempt), Held>,
    /// Number of the last claim or registration. The worker starts it above every number that an
    /// earlier process of it used.
    number: u64,
    /// Number of the last claim that was answered.
    answered: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    Running,
    Stopping,
    Killing,
    Ended,
}

#[derive(Clone, Debug)]
struct Held {
    lease: LeaseRef,
    /// How long the last grant or renewal made the lease, for the kill margin.
    lease_ms: u64,
    /// When the lease ends at the earliest.
    ends: u64,
    /// When the grant or the last renewal was asked for.
    asked: u64,
    package: Package,
    /// Whether a master still expects renewals and a report.
    responsible: bool,
    /// Number of the last message that the package said.
    said: u64,
    /// Number of the last message that is in the catalog.
    committed: u64,
}

impl Held {
    fn is_finished(&self) -> bool {
        self.package == Package::Ended && !self.responsible && self.said <= self.committed
    }

    fn kill_at(&self) -> u64 {
        self.ends.saturating_sub(policy::kill_margin_ms(self.lease_ms))
    }

    /// When the package's process ends itself: after the worker, which says why it does, has had
    /// its chance, and before the lease can end.
    fn over_by(&self) -> u64 {
        self.ends.saturating_sub(policy::kill_margin_ms(self.lease_ms) / 2)
    }
}

fn key(lease: &LeaseRef) -> (TaskId, Attempt) {
    (lease.task, lease.attempt)
}

impl Holder {
    /// A worker that holds nothing. `number` is above every one that an earlier process of this
    /// worker can have used; microseconds since 1970 will do.
    pub const fn new(limits: Limits, number: u64) -> Self {
        Self { limits, held: BTreeMap::new(), number, answered: number }
    }

    /// Takes over an attempt of an earlier process of this worker, whose package died with it:
    /// its messages must still reach the catalog and, when it had ended before, its outcome.
    pub fn adopt(&mut self, lease: LeaseRef, said: u64, has_outcome: bool) {
        let held = Held {
            lease,
            lease_ms: self.limits.lease_ms,
            ends: 0,
            asked: 0,
            package: Package::Ended,
            responsible: has_outcome,
            said,
            committed: 0,
        };
        self.held.insert(key(&lease), held);
    }

    /// Numbers a registration, and says which leases it must list as held. What a claim under way
    /// is granted is not listed, and not lost either: the registration has the claim's number, as
    /// only leases of earlier ones end that it does not list.
    pub fn registration(&mut self) -> (u64, Vec<LeaseRef>) {
        if self.answered == self.number {
            self.number += 1;
        }
        let held = self.held.values().filter(|held| held.responsible);
        (self.number, held.map(|held| held.lease).collect())
    }

    /// The claim to send now. `may_take` says whether the machine has room for more packages.
    pub fn claim(&mut self, agent: AgentId, wait_ms: u64, may_take: bool) -> Claim {
        self.number += 1;
        let tasks_max = if may_take { self.room() } else { 0 };
        let responsible = || self.held.values().filter(|held| held.responsible);
        let (running, other): (Vec<_>, Vec<_>) =
            responsible().partition(|held| held.package == Package::Running);
        Claim {
            agent,
            tasks_max,
            wait_ms,
            running: running.into_iter().map(|held| held.lease).collect(),
            also_held: other.into_iter().map(|held| held.lease).collect(),
            number: self.number,
            lease_ms: self.limits.lease_ms,
        }
    }

    /// How many more packages may start.
    pub fn room(&self) -> u32 {
        let (ended, running): (Vec<_>, Vec<_>) =
            self.held.values().partition(|held| held.package == Package::Ended);
        let unreported = ended.iter().filter(|held| held.responsible).count();
        if self.limits.unreported_max as usize <= unreported {
            return 0;
        }
        let running = u32::try_from(running.len()).unwrap_or(u32::MAX);
        self.limits.tasks_max.saturating_sub(running)
    }

    /// A claim was answered with these leases and how long each lasts; none of them began before
    /// `began`: when the claim was sent, plus how long the master held it. Returns those to start; what is left out stays unmentioned in the next claim, and the master takes
    /// it back. Only the first answer to the last claim counts.
    pub fn on_claimed(
        &mut self,
        number: u64,
        granted: &[(LeaseRef, u64)],
        began: u64,
        now: u64,
    ) -> Vec<LeaseRef> {
        if number != self.number || self.answered == number {
            return Vec::new();
        }
        self.answered = number;
        let mut started = Vec::new();
        for &(lease, lease_ms) in granted {
            let held = Held {
                lease,
                lease_ms,
                ends: began.saturating_add(lease_ms),
                asked: began,
                package: Package::Running,
                responsible: true,
                said: 0,
                committed: 0,
            };
            if now < held.kill_at() && self.can_start(&lease) {
                self.held.insert(key(&lease), held);
                started.push(lease);
            }
        }
        started
    }

    fn can_start(&self, lease: &LeaseRef) -> bool {
        let runs_here =
            |held: &Held| held.lease.task == lease.task && held.package != Package::Ended;
        0 < self.room()
            && !self.held.contains_key(&key(lease))
            && !self.held.values().any(runs_here)
    }

    /// The renewal to send now, if any lease is due. Send it, then tell the answer with
    /// [`Self::on_renewed`]; without an answer the next one is due an interval later.
    pub fn renewal(&mut self, agent: AgentId, now: u64) -> Option<Renew> {
        let every = self.limits.renew_every_ms;
        let mut leases = Vec::new();
        for held in self.held.values_mut() {
            if held.responsible && held.asked.saturating_add(every) <= now {
                held.asked = now;
                leases.push(held.lease);
            }
        }
        let lease_ms = self.limits.lease_ms;
        (!leases.is_empty()).then_some(Renew { agent, leases, lease_ms })
    }

    /// What a master said of a lease in answer to a renewal sent at `sent`.
    pub fn on_renewed(
        &mut self,
        lease: &LeaseRef,
        state: LeaseState,
        sent: u64,
    ) -> Option<Command> {
        let held = self.held.get_mut(&key(lease)).filter(|held| held.lease == *lease)?;
        match state {
            LeaseState::Held { lease_ms, stop } => {
                let ends = sent.saturating_add(lease_ms);
                if held.ends < ends {
                    (held.ends, held.lease_ms) = (ends, lease_ms);
                }
                (stop && held.package == Package::Running).then(|| stop_now(held))
            }
            LeaseState::Lost => {
                held.responsible = false;
                let lives = matches!(held.package, Package::Running | Package::Stopping);
                lives.then(|| kill_now(held, Why::LeaseLost))
            }
        }
    }

    /// A master says that the task must be stopped.
    pub fn on_stop(&mut self, task: TaskId) -> Option<Command> {
        let running =
            |held: &&mut Held| held.lease.task == task && held.package == Package::Running;
        self.held.values_mut().find(running).map(stop_now)
    }

    /// Time has passed: what must be killed now.
    pub fn on_time(&mut self, now: u64) -> Vec<Command> {
        let due = self.held.values_mut().filter(|held| {
            matches!(held.package, Package::Running | Package::Stopping) && held.kill_at() <= now
        });
        due.map(|held| kill_now(held, Why::LeaseEnds)).collect()
    }

    /// When the process of a package that runs here must have ended by itself, if nobody has
    /// ended it: the worker that should may be frozen.
    pub fn over_by(&self, lease: &LeaseRef) -> Option<u64> {
        let held = self.held.get(&key(lease)).filter(|held| held.lease == *lease)?;
        (held.package != Package::Ended).then(|| held.over_by())
    }

    /// When [`Self::renewal`] next has something to send.
    pub fn next_renewal(&self) -> Option<u64> {
        let every = self.limits.renew_every_ms;
        let responsible = self.held.values().filter(|held| held.responsible);
        responsible.map(|held| held.asked.saturating_add(every)).min()
    }

    /// When [`Self::on_time`] next has something to kill.
    pub fn next_kill(&self) -> Option<u64> {
        let lives = |held: &&Held| matches!(held.package, Package::Running | Package::Stopping);
        self.held.values().filter(lives).map(Held::kill_at).min()
    }

    /// The package said `n` messages; the number of the first. `None`: it is not held.
    pub fn on_said(&mut self, lease: &LeaseRef, n: u64) -> Option<u64> {
        let held = self.held.get_mut(&key(lease))?;
        let first = held.said + 1;
        held.said += n;
        Some(first)
    }

    /// The package's process is gone, and how it ended is known.
    pub fn on_ended(&mut self, lease: &LeaseRef) {
        if let Some(held) = self.held.get_mut(&key(lease)) {
            held.package = Package::Ended;
        }
    }

    /// Numbers of the messages that still have to be sent; `None` when there are none.
    pub fn unsent(&self, lease: &LeaseRef) -> Option<RangeInclusive<u64>> {
        let held = self.held.get(&key(lease))?;
        (held.committed < held.said).then(|| held.committed + 1..=held.said)
    }

    /// What a master said of an attempt's messages. It is believed also when it is less than
    /// before (a catalog that was restored); an answer that comes late makes some messages go
    /// twice, which does no harm. `None` from the catalog means that it wants no more of them.
    pub fn on_committed(&mut self, committed: &Committed) {
        let Some(held) = self.held.get_mut(&(committed.task, committed.attempt)) else { return };
        match committed.last_sequence {
            Some(last) => held.committed = last.min(held.said),
            None => held.committed = u64::MAX,
        }
    }

    /// Attempts whose outcome a master must be told.
    pub fn unreported(&self) -> impl Iterator<Item = LeaseRef> + '_ {
        let due = |held: &&Held| held.package == Package::Ended && held.responsible;
        self.held.values().filter(due).map(|held| held.lease)
    }

    /// What a master said of an outcome.
    pub fn on_outcome(&mut self, lease: &LeaseRef, state: OutcomeState) {
        let Some(held) = self.held.get_mut(&key(lease)) else { return };
        match state {
            OutcomeState::Recorded => {
                held.responsible = false;
                held.committed = held.committed.max(held.said);
            }
            OutcomeState::Stale => held.responsible = false,
            OutcomeState::MessagesMissing { last_sequence } => {
                held.committed = last_sequence.min(held.said);
            }
        }
    }

    /// Forgets the attempts of which nothing is left to do, and names them: their spools can go.
    pub fn forget_finished(&mut self) -> Vec<LeaseRef> {
        let finished: Vec<LeaseRef> =
            self.held.values().filter(|held| held.is_finished()).map(|held| held.lease).collect();
        for lease in &finished {
            self.held.remove(&key(lease));
        }
        finished
    }

    /// Every attempt that is held.
    pub fn leases(&self) -> impl Iterator<Item = LeaseRef> + '_ {
        self.held.values().map(|held| held.lease)
    }

    /// How many packages run, those that are being stopped included.
    pub fn n_packages(&self) -> usize {
        self.held.values().filter(|held| held.package != Package::Ended).count()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

fn stop_now(held: &mut Held) -> Command {
    held.package = Package::Stopping;
    Command::Stop(held.lease)
}

fn kill_now(held: &mut Held, why: Why) -> Command {
    held.package = Package::Killing;
    Command::Kill(held.lease, why)
}

#[cfg(test)]
mod tests;
