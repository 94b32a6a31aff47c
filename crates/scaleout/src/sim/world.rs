//! The whole simulated world: catalog, masters, machines, and the mail between them.

use std::collections::{BTreeMap, BTreeSet};

use model::{AgentId, Attempt, ExecutionId, TaskId, Timestamp};
use uuid::Uuid;

use super::Report;
use super::catalog::Catalog;
use super::machine::{Machine, Request, Response};
use super::rng::Rng;
use crate::message::{Claim, LeaseRef};
use crate::{Allowed, Asking, Decision, Limits, Snapshot, Task, plan};

const N_MASTERS: usize = 3;
const N_MACHINES: u128 = 3;

/// Tasks that are open at once, so that schedules are dense.
const N_OPEN_MAX: usize = 6;

/// Steps in which a healed world must come to rest.
const HEALED_STEPS_MAX: u32 = 20_000;

/// Who sent a request, and when by its own clock.
#[derive(Clone, Copy)]
struct Sender {
    machine: usize,
    birth: u64,
    sent: u64,
}

#[derive(Clone)]
enum Mail {
    ToMaster(usize, Sender, Request),
    ToMachine(Sender, Response),
}

/// A master: claims that it holds back, and a picture that it has not acted on yet.
#[derive(Default)]
struct Master {
    claims: Vec<(Sender, Claim)>,
    picture: Option<Snapshot>,
}

/// Everything there is.
pub(super) struct World<'a> {
    rng: Rng,
    now: u64,
    seed: u64,
    step: u32,
    healing: bool,
    catalog: Catalog,
    masters: Vec<Master>,
    machines: Vec<Machine>,
    mail: BTreeMap<(u64, u64), Mail>,
    n_mail: u64,
    n_tasks: u128,
    tell: Option<&'a mut dyn FnMut(&str)>,
}

impl<'a> World<'a> {
    pub(super) fn new(seed: u64, tell: Option<&'a mut dyn FnMut(&str)>) -> Self {
        let mut rng = Rng::new(seed);
        let limits = Limits {
            tasks_max: 2,
            renew_every_ms: 500 + rng.below(1_500),
            lease_ms: 3_000 + rng.below(5_000),
            unreported_max: 4,
        };
        let machine = |n| Machine::new(AgentId(Uuid::from_u128(n << 96)), limits);
        Self {
            rng,
            now: 1_000,
            seed,
            step: 0,
            healing: false,
            catalog: Catalog::default(),
            masters: (0..N_MASTERS).map(|_| Master::default()).collect(),
            machines: (1..=N_MACHINES).map(machine).collect(),
            mail: BTreeMap::new(),
            n_mail: 0,
            n_tasks: 0,
            tell,
        }
    }

    pub(super) fn run(mut self, steps: u32) -> Report {
        while self.step < steps && self.catalog.violation.is_none() {
            self.take_step();
        }
        let taken = self.step;
        self.heal();
        while self.catalog.violation.is_none() && !self.is_at_rest() {
            if steps + HEALED_STEPS_MAX < self.step {
                let open = self.catalog.open().to_vec();
                self.catalog.violate(format!("the healed world never came to rest: {open:?}"));
            }
            self.take_step();
        }
        self.report(taken)
    }

    fn report(self, steps: u32) -> Report {
        let step = self.step;
        Report {
            seed: self.seed,
            steps,
            n_tasks: self.catalog.n_tasks(),
            n_attempts: self.catalog.n_attempts,
            n_messages: self.catalog.n_messages(),
            n_stale: self.catalog.n_stale,
            n_expired: self.catalog.n_expired,
            n_taken_back: self.catalog.n_taken_back,
            n_killed: self.machines.iter().map(|machine| machine.n_killed).sum(),
            violation: self.catalog.violation.map(|what| format!("step {step}: {what}")),
        }
    }

    fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(tell) = &mut self.tell {
            tell(&format!("{:>6} t={:<8} {}", self.step, self.now, what()));
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp(i64::try_from(self.now).unwrap_or(i64::MAX).saturating_mul(1_000))
    }

    fn heal(&mut self) {
        self.say(|| "the world is healed".to_owned());
        self.healing = true;
        for machine in &mut self.machines {
            machine.cut_off_until = 0;
            machine.frozen_until = machine.frozen_until.min(self.now);
        }
        for worker in self.catalog.workers() {
            worker.enabled = true;
        }
    }

    fn is_at_rest(&self) -> bool {
        self.catalog.open().is_empty() && self.machines.iter().all(Machine::disk_is_empty)
    }

    fn take_step(&mut self) {
        self.step += 1;
        self.now += self.rng.below(60);
        let now = self.now;
        for machine in self.machines.iter_mut().filter(|machine| !machine.is_frozen(now)) {
            machine.on_time(now, &mut self.rng);
        }
        match self.rng.below(20) {
            0..7 => self.machine_sends(),
            7..11 => self.machine_works(),
            11..13 => self.master_looks(),
            13..15 => self.master_acts(),
            15..17 => self.somebody_starts_a_task(),
            17 => self.somebody_administers(),
            _ => self.bad_luck(),
        }
        self.mail_arrives();
        self.check_living();
    }

    fn awake(&mut self) -> Option<usize> {
        let index = self.rng.index(self.machines.len());
        let machine = self.machines.get_mut(index)?;
        if machine.process.is_none() && (self.healing || self.rng.percent(20)) {
            machine.boot(self.now);
            self.say(|| format!("machine {index} boots"));
        }
        let machine = self.machines.get(index)?;
        (machine.process.is_some() && !machine.is_frozen(self.now)).then_some(index)
    }

    fn machine_sends(&mut self) {
        let Some(index) = self.awake() else { return };
        let machine = &mut self.machines[index];
        let Some(birth) = machine.process.as_ref().map(|process| process.birth) else { return };
        let Some(request) = machine.send(self.now, &mut self.rng) else { return };
        self.say(|| format!("machine {index} sends {request:?}"));
        let sender = Sender { machine: index, birth, sent: self.now };
        let master = self.rng.index(N_MASTERS);
        self.post(index, Mail::ToMaster(master, sender, request));
    }

    fn machine_works(&mut self) {
        if let Some(index) = self.awake() {
            self.machines[index].work(&mut self.rng);
        }
    }

    /// Takes a picture of the catalog, to act on it now or much later.
    fn master_looks(&mut self) {
        let master = self.rng.index(N_MASTERS);
        let claims = &self.masters[master].claims;
        let asking: Vec<(AgentId, Asking)> =
            claims.iter().map(|(_, claim)| (claim.agent, asking(claim))).collect();
        self.masters[master].picture = Some(self.catalog.snapshot(&asking));
    }

    fn master_acts(&mut self) {
        let index = self.rng.index(N_MASTERS);
        let now = self.time();
        let Some(picture) = self.masters[index].picture.take() else { return };
        let mut granted: BTreeMap<AgentId, Vec<(LeaseRef, u64)>> = BTreeMap::new();
        for decision in plan(&picture, now).decisions {
            let grant = self.catalog.carry_out(&decision, now);
            self.say(|| format!("master {index} decides {decision:?}, won: {grant:?}"));
            if let (Some(grant), Decision::Grant { agent, .. }) = (grant, decision) {
                granted.entry(agent).or_default().push(grant);
            }
        }
        let patience = self.rng.percent(50);
        let claims = std::mem::take(&mut self.masters[index].claims);
        for (sender, claim) in claims {
            let tasks = granted.remove(&claim.agent).unwrap_or_default();
            let stop = self.catalog.stops(&claim.running);
            if tasks.is_empty() && stop.is_empty() && patience {
                self.masters[index].claims.push((sender, claim));
                continue;
            }
            let response = Response::Claimed { number: claim.number, tasks, stop };
            self.post(sender.machine, Mail::ToMachine(sender, response));
        }
    }

    fn somebody_starts_a_task(&mut self) {
        if self.healing || N_OPEN_MAX <= self.catalog.open().len() {
            return;
        }
        self.n_tasks += 1;
        let id = TaskId(Uuid::from_u128(self.n_tasks << 96));
        let execution = ExecutionId(i64::try_from(self.n_tasks).unwrap_or(i64::MAX));
        let allowed = if self.rng.percent(70) {
            Allowed::AnyWorker
        } else {
            let chosen = |_: &&Machine| self.rng.percent(50);
            let mut agents: BTreeSet<AgentId> =
                self.machines.iter().filter(chosen).map(|machine| machine.agent).collect();
            agents.extend(self.machines.first().map(|machine| machine.agent));
            Allowed::Only(agents)
        };
        let retries = u32::try_from(self.rng.below(4)).unwrap_or(0);
        self.catalog.start(Task::new(id, execution, retries, allowed));
    }

    fn somebody_administers(&mut self) {
        let open = self.catalog.open();
        let task = open.get(self.rng.index(open.len())).copied();
        let now = self.time();
        match (self.rng.below(10), task) {
            (0, Some(task)) => {
                self.say(|| format!("stop_operation of {task:?}"));
                self.catalog.request_stop(task, now);
            }
            (1..4, _) if !self.healing => {
                let enable = self.rng.percent(75);
                let workers = self.catalog.workers();
                let index = self.rng.index(workers.len());
                if let Some(worker) = workers.get_mut(index) {
                    worker.enabled = enable;
                }
            }
            (4..6, _) => {
                let index = self.rng.index(self.machines.len());
                self.machines[index].forget_registration();
            }
            _ => (),
        }
    }

    fn bad_luck(&mut self) {
        if self.healing {
            return;
        }
        let index = self.rng.index(self.machines.len());
        let until = self.now + self.rng.below(12_000);
        let luck = self.rng.below(16);
        match luck {
            0 => self.machines[index].die(),
            1 => self.machines[index].frozen_until = until,
            2 => self.machines[index].cut_off_until = until,
            3 => self.masters[index] = Master::default(),
            _ => return,
        }
        self.say(|| {
            let what = ["dies", "freezes", "is cut off", "loses its master"];
            format!("machine {index} {}", what[usize::try_from(luck).unwrap_or(0)])
        });
    }

    /// Mail is lost, late, or comes twice.
    fn post(&mut self, machine: usize, mail: Mail) {
        let copies = match self.rng.below(100) {
            _ if self.healing => 1,
            _ if self.machines[machine].is_cut_off(self.now) => 0,
            0..7 => 0,
            7..14 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let slow = !self.healing && self.rng.percent(10);
            let delay = self.rng.below(if slow { 6_000 } else { 200 });
            self.n_mail += 1;
            self.mail.insert((self.now + delay, self.n_mail), mail.clone());
        }
    }

    fn mail_arrives(&mut self) {
        while let Some(entry) = self.mail.first_entry()
            && entry.key().0 <= self.now
        {
            match entry.remove() {
                Mail::ToMaster(master, sender, request) => self.answer(master, sender, request),
                Mail::ToMachine(sender, response) => self.deliver(sender, response),
            }
        }
    }

    fn deliver(&mut self, sender: Sender, response: Response) {
        let now = self.now;
        let machine = &mut self.machines[sender.machine];
        let same = machine.process.as_ref().is_some_and(|process| process.birth == sender.birth);
        if !same || machine.is_cut_off(now) {
            return;
        }
        if machine.is_frozen(now) {
            let at = (machine.frozen_until + 1, self.n_mail);
            self.n_mail += 1;
            self.mail.insert(at, Mail::ToMachine(sender, response));
            return;
        }
        let before: Vec<(LeaseRef, u64)> = machine.spools().collect();
        machine.on_response(response, sender.sent, now, &mut self.rng);
        let after: Vec<LeaseRef> = machine.spools().map(|(lease, _)| lease).collect();
        for (lease, said) in before {
            self.check_spool(&lease, said, after.contains(&lease));
        }
    }

    /// What a machine has on its disk may be ahead of the catalog, never behind it; and it is
    /// kept until the catalog has all of it.
    fn check_spool(&mut self, lease: &LeaseRef, said: u64, kept: bool) {
        let committed = self.catalog.n_messages_of(lease) as u64;
        if said < committed {
            self.catalog.violate(format!("the catalog has more of {lease:?} than was said"));
        }
        if committed < said && !kept {
            self.catalog.violate(format!("messages of {lease:?} were lost: {committed} of {said}"));
        }
    }

    fn answer(&mut self, master: usize, sender: Sender, request: Request) {
        let now = self.time();
        let response = match request {
            Request::Claim(claim) => {
                self.masters[master].claims.push((sender, claim));
                return;
            }
            Request::Register(register) => {
                self.catalog.register(&register, now);
                Response::Registered
            }
            Request::Renew(renew) => {
                let states = self.catalog.renew(&renew, now);
                Response::Renewed { leases: renew.leases, states }
            }
            Request::Append(batch) => Response::Appended(self.catalog.append(&batch)),
            Request::Report(outcome, tail) => {
                let agent = self.machines[sender.machine].agent;
                let state = self.catalog.report(agent, &outcome, tail.as_ref(), now);
                Response::Reported { lease: outcome.lease, state }
            }
        };
        self.post(sender.machine, Mail::ToMachine(sender, response));
    }

    fn check_living(&mut self) {
        let now = self.now;
        let awake = self.machines.iter().filter(|machine| !machine.is_frozen(now));
        let living: Vec<(TaskId, Attempt)> = awake.flat_map(Machine::living).collect();
        let mut tasks = BTreeSet::new();
        for (task, attempt) in living {
            if !tasks.insert(task) {
                self.catalog.violate(format!("two packages of {task:?} live"));
            }
            if !self.catalog.is_leased(task, attempt, self.time()) {
                self.catalog.violate(format!("{attempt:?} of {task:?} outlived its lease"));
            }
        }
    }
}

fn asking(claim: &Claim) -> Asking {
    Asking {
        tasks_max: claim.tasks_max,
        lease_ms: claim.lease_ms,
        number: claim.number,
        held: claim.running.iter().chain(&claim.also_held).copied().collect(),
    }
}
