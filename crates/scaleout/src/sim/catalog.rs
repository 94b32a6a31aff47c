//! The simulator's SSISDB: rows, fences, and messages that are appended once. Every method is
//! one transaction. It also watches over what must never happen to a row.

use std::collections::{BTreeMap, BTreeSet};

use model::{AgentId, Attempt, OperationStatus, TaskId, Timestamp};

use crate::message::{
    AttemptOutcome, Committed, LeaseRef, LeaseState, OutcomeState, Register, Renew,
};
use crate::sequence::{Join, join};
use crate::{
    Asking, AttemptEnd, Decision, Effects, Event, Phase, Refusal, Snapshot, Task, Worker,
    is_forward, plan_registration, policy,
};

/// Messages of one attempt as they travel: the first one's number, and what they say. A package
/// says its own count, so that order and number can be told apart.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) lease: LeaseRef,
    pub(super) first: u64,
    pub(super) said: Vec<u64>,
}

struct Row {
    task: Task,
    status: OperationStatus,
    log: BTreeMap<Attempt, Vec<u64>>,
    granted: BTreeSet<Attempt>,
    ended: BTreeSet<Attempt>,
}

/// The catalog.
#[derive(Default)]
pub(super) struct Catalog {
    rows: BTreeMap<TaskId, Row>,
    /// Tasks that are not over, oldest first.
    open: Vec<TaskId>,
    workers: Vec<Worker>,
    pub(super) n_attempts: usize,
    pub(super) n_stale: usize,
    pub(super) n_expired: usize,
    pub(super) n_taken_back: usize,
    pub(super) violation: Option<String>,
}

impl Catalog {
    pub(super) fn start(&mut self, task: Task) {
        let id = task.id;
        let row = Row {
            status: task.status(),
            task,
            log: BTreeMap::new(),
            granted: BTreeSet::new(),
            ended: BTreeSet::new(),
        };
        self.rows.insert(id, row);
        self.open.push(id);
    }

    pub(super) fn open(&self) -> &[TaskId] {
        &self.open
    }

    pub(super) fn n_tasks(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn n_messages(&self) -> usize {
        self.rows.values().flat_map(|row| row.log.values()).map(Vec::len).sum()
    }

    pub(super) fn workers(&mut self) -> &mut [Worker] {
        &mut self.workers
    }

    pub(super) fn snapshot(&self, asking: &[(AgentId, Asking)]) -> Snapshot {
        let ask = |agent| asking.iter().find(|(asker, _)| *asker == agent).map(|(_, a)| a.clone());
        let open = || self.open.iter().filter_map(|id| Some(&self.rows.get(id)?.task));
        let waits = |task: &&Task| matches!(task.phase, Phase::Waiting { .. });
        Snapshot {
            waiting: open().filter(waits).cloned().collect(),
            leased: open().filter(|task| !waits(task)).cloned().collect(),
            workers: self
                .workers
                .iter()
                .map(|worker| Worker { asking: ask(worker.agent), ..worker.clone() })
                .collect(),
        }
    }

    /// Carries out a decision. The grant, if it was one and won.
    pub(super) fn carry_out(
        &mut self,
        decision: &Decision,
        now: Timestamp,
    ) -> Option<(LeaseRef, u64)> {
        let effects = self.apply(decision.task(), &decision.event(), decision.fence(), now)?;
        let attempt = effects.attempt_started?.attempt;
        let fence = self.rows.get(&decision.task())?.task.fence;
        let Decision::Grant { lease_ms, .. } = *decision else { return None };
        Some((LeaseRef { task: decision.task(), attempt, fence }, lease_ms))
    }

    pub(super) fn request_stop(&mut self, task: TaskId, now: Timestamp) {
        if let Some(fence) = self.rows.get(&task).map(|row| row.task.fence) {
            self.apply(task, &Event::StopRequested, fence, now);
        }
    }

    /// Which of these have to be stopped.
    pub(super) fn stops(&self, running: &[LeaseRef]) -> Vec<TaskId> {
        let stop = |lease: &&LeaseRef| {
            self.rows.get(&lease.task).is_some_and(|row| row.task.stop_requested)
        };
        running.iter().filter(stop).map(|lease| lease.task).collect()
    }

    pub(super) fn register(&mut self, register: &Register, now: Timestamp) {
        match self.workers.iter_mut().find(|worker| worker.agent == register.agent) {
            Some(worker) => worker.last_online = now,
            None => self.workers.push(Worker {
                agent: register.agent,
                enabled: true,
                last_online: now,
                asking: None,
            }),
        }
        let leased: Vec<Task> = self.snapshot(&[]).leased;
        for decision in plan_registration(&leased, register).decisions {
            self.carry_out(&decision, now);
        }
    }

    pub(super) fn renew(&mut self, renew: &Renew, now: Timestamp) -> Vec<LeaseState> {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.agent == renew.agent) {
            worker.last_online = now;
        }
        let lease_ms = policy::lease_ms(renew.lease_ms);
        let event = Event::Renewed { agent: renew.agent, lease_ms };
        let one = |lease: &LeaseRef| match self.apply(lease.task, &event, lease.fence, now) {
            Some(_) => LeaseState::Held { lease_ms, stop: !self.stops(&[*lease]).is_empty() },
            None => LeaseState::Lost,
        };
        renew.leases.iter().map(one).collect()
    }

    pub(super) fn append(&mut self, batch: &Batch) -> Committed {
        let LeaseRef { task, attempt, .. } = batch.lease;
        let Some(row) = self.rows.get_mut(&task) else {
            return Committed { task, attempt, last_sequence: None };
        };
        let log = row.log.entry(attempt).or_default();
        if let Join::Skip(n) = join(log.len() as u64, batch.first, batch.said.len()) {
            log.extend(&batch.said[n..]);
        }
        let ordered = log.iter().zip(1..).all(|(&said, number)| said == number);
        let last_sequence = Some(log.len() as u64);
        if !ordered {
            self.violate(format!("messages of {task:?} {attempt:?} out of order"));
        }
        Committed { task, attempt, last_sequence }
    }

    pub(super) fn report(
        &mut self,
        agent: AgentId,
        report: &AttemptOutcome,
        tail: Option<&Batch>,
        now: Timestamp,
    ) -> OutcomeState {
        let lease = report.lease;
        let batch = tail.cloned().unwrap_or(Batch { lease, first: 1, said: Vec::new() });
        let committed = self.append(&batch).last_sequence.unwrap_or(0);
        let current = self.rows.get(&lease.task).map(|row| row.task.fence);
        if current == Some(lease.fence) && committed < report.last_sequence {
            return OutcomeState::MessagesMissing { last_sequence: committed };
        }
        let event = Event::Reported { agent, outcome: report.outcome.clone() };
        match self.apply(lease.task, &event, lease.fence, now) {
            Some(_) => OutcomeState::Recorded,
            None => OutcomeState::Stale,
        }
    }

    /// Whether this attempt has a lease that lives.
    pub(super) fn is_leased(&self, task: TaskId, attempt: Attempt, now: Timestamp) -> bool {
        let phase = self.rows.get(&task).map(|row| row.task.phase);
        let Some(Phase::Running(lease)) = phase else { return false };
        lease.attempt == attempt && now <= lease.expires
    }

    /// How many messages of an attempt are here.
    pub(super) fn n_messages_of(&self, lease: &LeaseRef) -> usize {
        let row = self.rows.get(&lease.task);
        row.and_then(|row| row.log.get(&lease.attempt)).map_or(0, Vec::len)
    }

    fn apply(
        &mut self,
        id: TaskId,
        event: &Event,
        fence: model::Fence,
        now: Timestamp,
    ) -> Option<Effects> {
        let row = self.rows.get_mut(&id)?;
        let before = row.task.clone();
        match row.task.apply(event, fence, now) {
            Ok(effects) => {
                let problem = watch(row, &before, &effects);
                self.count(&effects);
                if let Some(problem) = problem {
                    self.violate(problem);
                }
                self.close(id);
                Some(effects)
            }
            Err(refusal) => {
                let changed = row.task != before;
                self.on_refusal(&refusal, changed);
                None
            }
        }
    }

    fn on_refusal(&mut self, refusal: &Refusal, changed: bool) {
        self.n_stale += 1;
        if refusal.is_bug() {
            self.violate(refusal.to_string());
        }
        if changed {
            self.violate(format!("a refused event changed its task: {refusal}"));
        }
    }

    fn count(&mut self, effects: &Effects) {
        self.n_attempts += usize::from(effects.attempt_started.is_some());
        let end = effects.attempt_ended.as_ref().map(|(_, end)| end);
        self.n_expired += usize::from(end == Some(&AttemptEnd::LeaseExpired));
        self.n_taken_back += usize::from(end == Some(&AttemptEnd::NeverStarted));
    }

    fn close(&mut self, id: TaskId) {
        let done = self.rows.get(&id).is_some_and(|row| matches!(row.task.phase, Phase::Done(_)));
        if done {
            self.open.retain(|open| *open != id);
        }
    }

    pub(super) fn violate(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }
}

/// Writes what an event means for a row, and says which rule that breaks, if any.
fn watch(row: &mut Row, before: &Task, effects: &Effects) -> Option<String> {
    let id = before.id;
    if row.task.fence < before.fence {
        return Some(format!("the fence of {id:?} fell"));
    }
    if let Some(lease) = effects.attempt_started
        && !row.granted.insert(lease.attempt)
    {
        return Some(format!("{:?} of {id:?} was granted twice", lease.attempt));
    }
    if let Some((lease, _)) = &effects.attempt_ended
        && !row.ended.insert(lease.attempt)
    {
        return Some(format!("{:?} of {id:?} ended twice", lease.attempt));
    }
    let status = effects.status?;
    let forward = is_forward(row.status, status);
    let change = format!("{id:?} went from {} to {status}", row.status);
    row.status = status;
    (!forward).then_some(change)
}
