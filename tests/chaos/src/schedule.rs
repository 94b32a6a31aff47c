//! When which fault happens: drawn from a seed, as many at once as leave the cluster a chance.
//!
//! Of the masters one is always left alone, of the workers one, and of the database's hosts two;
//! the database is whole again before its next fault, because losing two of three nodes may stop
//! it for good, which is its right. Faults of different parts overlap freely.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;

use crate::cluster::{CLOCKS, MASTERS, WORKERS};
use crate::database::HOSTS;
use crate::fault::{Cure, Fault, Kind, Stage};
use crate::random::Random;
use crate::world::CLIENTS;

/// How often one that can happen now is looked for before that is left for later.
const TRIES: usize = 30;

/// A fault that was done and undone.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) fault: Fault,
    /// When it was undone, in microseconds since 1970.
    pub(crate) cured: i64,
}

/// Faults, one after the other.
pub(crate) struct Schedule<'a> {
    stage: Stage<'a>,
    /// Whether the database is whole, as somebody else watches.
    is_whole: &'a AtomicBool,
    random: Random,
    every_ms: u64,
    active: Vec<(Fault, Cure, Instant)>,
    next_at: Instant,
    pub(crate) done: Vec<Done>,
    pub(crate) n_struck: usize,
    log: std::fs::File,
}

impl<'a> Schedule<'a> {
    pub(crate) fn new(
        stage: Stage<'a>,
        is_whole: &'a AtomicBool,
        (seed, every_ms): (u64, u64),
        log: std::fs::File,
    ) -> Self {
        Self {
            stage,
            is_whole,
            random: Random::new(seed),
            every_ms,
            active: Vec::new(),
            next_at: Instant::now(),
            done: Vec::new(),
            n_struck: 0,
            log,
        }
    }

    /// Undoes what is due, and does the next fault when it is time for it.
    pub(crate) fn step(&mut self, wants_more: bool) -> Result<()> {
        self.cure_until(Instant::now())?;
        if !wants_more || Instant::now() < self.next_at {
            return Ok(());
        }
        let pause = self.random.between(self.every_ms / 2, self.every_ms * 3 / 2);
        self.next_at = Instant::now() + Duration::from_millis(pause);
        for _ in 0..TRIES {
            let fault = self.choose();
            if self.is_possible(&fault) {
                return self.strike(fault);
            }
        }
        Ok(())
    }

    /// Undoes everything.
    pub(crate) fn end(&mut self) -> Result<()> {
        let last = self.active.iter().map(|(_, _, until)| *until).max();
        self.cure_until(last.unwrap_or_else(Instant::now))
    }

    /// How many faults of each kind there were.
    pub(crate) fn counts(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for done in &self.done {
            *counts.entry(done.fault.kind).or_default() += 1;
        }
        counts
    }

    fn strike(&mut self, fault: Fault) -> Result<()> {
        let Some(cure) = self.stage.strike(&fault)? else { return Ok(()) };
        self.n_struck += 1;
        let text = format!("{} {fault:?}\n", now());
        self.log.write_all(text.as_bytes())?;
        if is_of_database(&fault) {
            self.is_whole.store(false, Ordering::Release);
        }
        let until = Instant::now() + Duration::from_millis(fault.lasts_ms);
        self.active.push((fault, cure, until));
        Ok(())
    }

    fn cure_until(&mut self, time: Instant) -> Result<()> {
        let is_due = |(_, _, until): &mut (Fault, Cure, Instant)| *until <= time;
        let due: Vec<_> = self.active.extract_if(.., is_due).collect();
        for (fault, cure, _) in due {
            self.stage.cure(&fault, &cure)?;
            let text =
                format!("{} over: {} {} {}\n", now(), fault.kind.name(), fault.host, fault.other);
            self.log.write_all(text.as_bytes())?;
            self.done.push(Done { fault, cured: now() });
        }
        Ok(())
    }

    fn choose(&mut self) -> Fault {
        let all: u64 = Kind::ALL.iter().map(|(_, weight)| weight).sum();
        let mut at = self.random.below(all);
        let mut kind = Kind::MasterKilled;
        for (one, weight) in Kind::ALL {
            if at < weight {
                kind = one;
                break;
            }
            at -= weight;
        }
        // Even the shortest run loses the machine of the primary.
        let (kind, (host, other)) = if self.n_struck == 0 {
            let primary = self.stage.database.primary().unwrap_or("d1");
            (Kind::NodeKilled, (primary.to_owned(), String::new()))
        } else {
            (kind, self.places(kind))
        };
        let (shortest, longest) = lasts(kind);
        let lasts_ms = self.random.between(shortest, longest);
        Fault { kind, host, other, number: self.random.next(), lasts_ms }
    }

    fn places(&mut self, kind: Kind) -> (String, String) {
        let random = &mut self.random;
        let mut one = |of: &[&str]| random.one(of).map_or(String::new(), |&name| name.to_owned());
        let host = match kind {
            Kind::MasterKilled | Kind::MasterFrozen => one(&MASTERS),
            Kind::WorkerKilled
            | Kind::WorkerFrozen
            | Kind::WorkerHostKilled
            | Kind::WorkerHostFrozen
            | Kind::PackageKilled
            | Kind::PackageFrozen
            | Kind::TemplateKilled
            | Kind::DiskFull => one(&WORKERS),
            Kind::NodeKilled | Kind::NodeFrozen | Kind::EtcdKilled | Kind::EtcdFrozen => {
                one(&HOSTS)
            }
            // Those that follow are hit with their nodes; this one is about the primary.
            Kind::PostgresKilled => self.stage.database.primary().unwrap_or("d1").to_owned(),
            Kind::ClockJump => one(&CLOCKS),
            Kind::LinkCut | Kind::LinkCutOneWay => {
                let (a, b) = match one(&["mw", "mw", "md", "md", "mc", "dd"]).as_str() {
                    "mw" => (one(&MASTERS), one(&WORKERS)),
                    "md" => (one(&MASTERS), one(&HOSTS)),
                    "mc" => (one(&MASTERS), CLIENTS.to_owned()),
                    _ => (one(&HOSTS), one(&HOSTS)),
                };
                return if one(&["to", "fro"]) == "to" { (a, b) } else { (b, a) };
            }
        };
        (host, String::new())
    }

    /// Whether the cluster can bear it beside what is being done to it.
    fn is_possible(&self, fault: &Fault) -> bool {
        if fault.host == fault.other {
            return false;
        }
        let is_same = |one: &Fault| {
            (one.host == fault.host && one.other == fault.other)
                || (one.host == fault.other && one.other == fault.host)
        };
        if self.active.iter().any(|(one, _, _)| is_same(one)) {
            return false;
        }
        if is_of_database(fault) {
            return self.is_whole.load(Ordering::Acquire);
        }
        // One of each kind is left alone, by links that are cut too.
        let is_hit = |host: &&&str| {
            let is_in = |one: &Fault| one.host == **host || one.other == **host;
            is_in(fault) || self.active.iter().any(|(one, _, _)| is_in(one))
        };
        let hit = |hosts: &[&str]| hosts.iter().filter(|host| is_hit(host)).count();
        hit(&MASTERS) < MASTERS.len() && hit(&WORKERS) < WORKERS.len()
    }
}

fn is_of_database(fault: &Fault) -> bool {
    let is_host = |name: &str| HOSTS.contains(&name);
    if matches!(fault.kind, Kind::LinkCut | Kind::LinkCutOneWay) {
        return is_host(&fault.host) && is_host(&fault.other);
    }
    is_host(&fault.host)
}

/// How long a fault lasts, in milliseconds. What freezes does so for longer than a lease lasts,
/// now and then.
fn lasts(kind: Kind) -> (u64, u64) {
    match kind {
        Kind::PackageKilled | Kind::TemplateKilled | Kind::PostgresKilled => (0, 0),
        Kind::MasterKilled | Kind::WorkerKilled | Kind::WorkerHostKilled => (200, 6_000),
        Kind::MasterFrozen | Kind::NodeFrozen => (1_000, 12_000),
        Kind::WorkerFrozen | Kind::WorkerHostFrozen | Kind::PackageFrozen => (1_000, 16_000),
        Kind::NodeKilled | Kind::EtcdKilled | Kind::EtcdFrozen => (500, 8_000),
        Kind::LinkCut | Kind::LinkCutOneWay => (1_000, 12_000),
        Kind::DiskFull => (2_000, 10_000),
        Kind::ClockJump => (3_000, 20_000),
    }
}

/// Microseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
