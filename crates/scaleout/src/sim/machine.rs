//! A machine of the simulator: a disk that survives, and on it, while it lives, a worker process
//! that drives a real [`Holder`], with packages that die with it.

use std::collections::BTreeMap;

use model::{AgentId, Attempt, TaskId};

use super::catalog::Batch;
use super::rng::Rng;
use crate::message::{
    AttemptOutcome, Claim, Committed, LeaseRef, LeaseState, Outcome, OutcomeState, Register, Renew,
};
use crate::{Command, Holder, Limits};

type Key = (TaskId, Attempt);

/// After this long without an answer a claim is given up and another one sent.
const CLAIM_GIVEN_UP_MS: u64 = 3_000;

/// What a worker sends.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Register(Register),
    Claim(Claim),
    Renew(Renew),
    Append(Batch),
    Report(AttemptOutcome, Option<Batch>),
}

/// What comes back, with when the request was sent.
#[derive(Clone, Debug)]
pub(super) enum Response {
    Registered,
    Claimed { number: u64, tasks: Vec<(LeaseRef, u64)>, stop: Vec<TaskId> },
    Renewed { leases: Vec<LeaseRef>, states: Vec<LeaseState> },
    Appended(Committed),
    Reported { lease: LeaseRef, state: OutcomeState },
}

/// What the disk remembers of an attempt.
struct Spool {
    lease: LeaseRef,
    said: u64,
    outcome: Option<Outcome>,
}

struct Package {
    lease: LeaseRef,
    work_left: u64,
    stopping: bool,
    dies_at: Option<u64>,
}

/// A worker process.
pub(super) struct Process {
    /// Distinguishes it from those before it: mail for them does not reach it.
    pub(super) birth: u64,
    holder: Holder,
    packages: BTreeMap<Key, Package>,
    registered: bool,
    claim_sent: Option<u64>,
}

/// A machine.
pub(super) struct Machine {
    pub(super) agent: AgentId,
    pub(super) process: Option<Process>,
    pub(super) cut_off_until: u64,
    pub(super) frozen_until: u64,
    pub(super) n_killed: usize,
    limits: Limits,
    disk: BTreeMap<Key, Spool>,
}

fn key(lease: &LeaseRef) -> Key {
    (lease.task, lease.attempt)
}

impl Machine {
    pub(super) const fn new(agent: AgentId, limits: Limits) -> Self {
        Self {
            agent,
            process: None,
            cut_off_until: 0,
            frozen_until: 0,
            n_killed: 0,
            limits,
            disk: BTreeMap::new(),
        }
    }

    /// Starts a worker process, which finds what an earlier one left on the disk.
    pub(super) fn boot(&mut self, now: u64) {
        let mut holder = Holder::new(self.limits, now * 1_000);
        for spool in self.disk.values() {
            holder.adopt(spool.lease, spool.said, spool.outcome.is_some());
        }
        self.process = Some(Process {
            birth: now,
            holder,
            packages: BTreeMap::new(),
            registered: false,
            claim_sent: None,
        });
    }

    /// `kill -9` of the worker: its packages die with it, its disk stays.
    pub(super) fn die(&mut self) {
        self.process = None;
    }

    pub(super) const fn is_frozen(&self, now: u64) -> bool {
        now < self.frozen_until
    }

    pub(super) const fn is_cut_off(&self, now: u64) -> bool {
        now < self.cut_off_until
    }

    pub(super) fn disk_is_empty(&self) -> bool {
        self.disk.is_empty()
    }

    pub(super) fn spools(&self) -> impl Iterator<Item = (LeaseRef, u64)> + '_ {
        self.disk.values().map(|spool| (spool.lease, spool.said))
    }

    /// The packages that live here now.
    pub(super) fn living(&self) -> impl Iterator<Item = Key> + '_ {
        self.process.iter().flat_map(|process| process.packages.keys()).copied()
    }

    /// The worker is told to register again, as when a master does not know it.
    pub(super) fn forget_registration(&mut self) {
        if let Some(process) = &mut self.process {
            process.registered = false;
        }
    }

    /// Time has passed: kills what must not live longer, and lets what was killed die.
    pub(super) fn on_time(&mut self, now: u64, rng: &mut Rng) {
        let Some(process) = &mut self.process else { return };
        let commands = process.holder.on_time(now);
        // After a freeze a kill is late already, and takes effect before the package works on.
        let late = if self.frozen_until != 0 { 0 } else { rng.below(100) };
        self.frozen_until = 0;
        for command in commands {
            self.obey(command, now + late);
        }
        self.bury(now);
    }

    fn obey(&mut self, command: Command, at: u64) {
        let Some(process) = &mut self.process else { return };
        match command {
            Command::Stop(lease) => {
                if let Some(package) = process.packages.get_mut(&key(&lease)) {
                    package.stopping = true;
                }
            }
            Command::Kill(lease, _) => {
                if let Some(package) = process.packages.get_mut(&key(&lease)) {
                    package.dies_at = Some(at);
                    self.n_killed += 1;
                }
            }
        }
    }

    fn bury(&mut self, now: u64) {
        let Some(process) = &self.process else { return };
        let dead = |package: &&Package| package.dies_at.is_some_and(|at| at <= now);
        let dead: Vec<LeaseRef> =
            process.packages.values().filter(dead).map(|package| package.lease).collect();
        for lease in dead {
            self.end(&lease, Outcome::EndedUnexpectedly { detail: "killed".to_owned() });
        }
    }

    fn end(&mut self, lease: &LeaseRef, outcome: Outcome) {
        let Some(process) = &mut self.process else { return };
        process.packages.remove(&key(lease));
        process.holder.on_ended(lease);
        if let Some(spool) = self.disk.get_mut(&key(lease)) {
            spool.outcome = Some(outcome);
        }
    }

    /// One package works: says something, or ends.
    pub(super) fn work(&mut self, rng: &mut Rng) {
        let Some(process) = &mut self.process else { return };
        let index = rng.index(process.packages.len());
        let Some(package) = process.packages.values_mut().nth(index) else { return };
        let lease = package.lease;
        if package.stopping && rng.percent(50) {
            return self.end(&lease, Outcome::Canceled);
        }
        if package.work_left == 0 {
            return self.end(&lease, luck_of(rng));
        }
        package.work_left -= 1;
        let n = rng.below(4);
        process.holder.on_said(&lease, n);
        if let Some(spool) = self.disk.get_mut(&key(&lease)) {
            spool.said += n;
        }
    }

    /// What the worker sends now.
    pub(super) fn send(&mut self, now: u64, rng: &mut Rng) -> Option<Request> {
        let agent = self.agent;
        let lease_ms = self.limits.lease_ms;
        let process = self.process.as_mut()?;
        if !process.registered {
            let (number, running) = process.holder.registration();
            return Some(Request::Register(register(agent, running, number, lease_ms)));
        }
        if let Some(renew) = process.holder.renewal(agent, now) {
            return Some(Request::Renew(renew));
        }
        let claims = process.claim_sent.is_none_or(|sent| sent + CLAIM_GIVEN_UP_MS <= now);
        if claims && rng.percent(50) {
            process.claim_sent = Some(now);
            return Some(Request::Claim(process.holder.claim(agent, 1_000, rng.percent(90))));
        }
        let leases: Vec<LeaseRef> = process.holder.leases().collect();
        let lease = *leases.get(rng.index(leases.len()))?;
        let batch = self.batch(&lease, rng);
        if !self.process.as_ref()?.holder.unreported().any(|due| due == lease) || rng.percent(20) {
            return batch.map(Request::Append);
        }
        let spool = self.disk.get(&key(&lease))?;
        let outcome = AttemptOutcome {
            lease,
            outcome: spool.outcome.clone()?,
            rows_written: 0,
            process_id: None,
            machine: None,
            last_sequence: spool.said,
            tail: None,
        };
        Some(Request::Report(outcome, batch.filter(|_| rng.percent(80))))
    }

    fn batch(&self, lease: &LeaseRef, rng: &mut Rng) -> Option<Batch> {
        let unsent = self.process.as_ref()?.holder.unsent(lease)?;
        let n = usize::try_from(1 + rng.below(6)).unwrap_or(1);
        let first = *unsent.start();
        Some(Batch { lease: *lease, first, said: unsent.take(n).collect() })
    }

    /// An answer arrives.
    pub(super) fn on_response(&mut self, response: Response, sent: u64, now: u64, rng: &mut Rng) {
        let Some(process) = &mut self.process else { return };
        let mut commands = Vec::new();
        match response {
            Response::Registered => process.registered = true,
            Response::Claimed { number, tasks, stop } => {
                process.claim_sent = process.claim_sent.filter(|&last| last != sent);
                let started = process.holder.on_claimed(number, &tasks, sent, now);
                commands.extend(stop.iter().filter_map(|&task| process.holder.on_stop(task)));
                for lease in started {
                    self.start(lease, rng);
                }
            }
            Response::Renewed { leases, states } => {
                let answers = leases.iter().zip(states);
                let holder = &mut process.holder;
                commands.extend(answers.filter_map(|(l, state)| holder.on_renewed(l, state, sent)));
            }
            Response::Appended(committed) => process.holder.on_committed(&committed),
            Response::Reported { lease, state } => process.holder.on_outcome(&lease, state),
        }
        for command in commands {
            self.obey(command, now);
        }
        self.bury(now);
        self.clean_up();
    }

    fn start(&mut self, lease: LeaseRef, rng: &mut Rng) {
        let Some(process) = &mut self.process else { return };
        let work_left = if rng.percent(20) { 60 } else { rng.below(8) };
        let package = Package { lease, work_left, stopping: false, dies_at: None };
        process.packages.insert(key(&lease), package);
        self.disk.insert(key(&lease), Spool { lease, said: 0, outcome: None });
    }

    fn clean_up(&mut self) {
        let Some(process) = &mut self.process else { return };
        for lease in process.holder.forget_finished() {
            self.disk.remove(&key(&lease));
        }
    }
}

fn register(agent: AgentId, running: Vec<LeaseRef>, number: u64, lease_ms: u64) -> Register {
    Register {
        agent,
        display_name: String::new(),
        description: String::new(),
        machine_name: String::new(),
        user_account: String::new(),
        version: String::new(),
        running,
        number,
        lease_ms,
        sender: None,
    }
}

fn luck_of(rng: &mut Rng) -> Outcome {
    match rng.below(10) {
        0 => Outcome::Failed,
        1 => Outcome::EndedUnexpectedly { detail: "signal 11".to_owned() },
        2 => Outcome::HandedBack,
        3 => Outcome::Completed,
        _ => Outcome::Succeeded,
    }
}
