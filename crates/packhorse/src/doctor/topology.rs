//! Checks of masters and workers against each other, by what they wrote into SSISDB: who fell
//! silent, whose clock or version differs, and who passes for somebody else.

use catalog::reads::{self, WorkerRow};
use catalog::scale_out::{MasterRow, masters};
use catalog::{Caller, CatalogError, Tx};
use model::{AgentId, Timestamp};
use scaleout::policy;

use super::fault::{CLOCK_SKEW, MASTER_GONE, REFUSED, SAME_AGENT, VERSION_MIX};
use super::ssisdb::{MASTER_GONE_MS, SKEW_MAX_MS};
use super::{Fix, Report};

/// Who there is.
pub(crate) struct Topology {
    /// Masters that others than their own machine can reach.
    pub(crate) masters: Vec<MasterRow>,
    /// All workers.
    pub(crate) workers: Vec<WorkerRow>,
    /// The time that SSISDB goes by.
    pub(crate) now: Timestamp,
    /// Masters that stand by, when none serves.
    pub(super) standbys: Vec<String>,
}

impl Topology {
    /// Reads who there is.
    pub(super) fn read(tx: &mut dyn Tx, caller: &Caller) -> Result<Self, CatalogError> {
        let (mut masters, now) = (masters(tx)?, tx.now());
        let standbys = standbys(&masters, now);
        // One that serves its own machine only is nobody else's business, and may be a command's.
        masters.retain(|master| !is_loopback(&master.address));
        Ok(Self { masters, workers: reads::workers(tx, caller)?, now, standbys })
    }

    /// Whether a worker gave a sign of life lately.
    pub(super) fn is_online(&self, agent: AgentId, now: Timestamp) -> bool {
        self.workers.iter().any(|worker| worker.id == agent && is_online(worker, now))
    }

    /// Masters that say that they serve.
    pub(crate) fn masters_online(&self) -> impl Iterator<Item = &MasterRow> {
        self.masters.iter().filter(|master| !is_gone(master, self.now))
    }
}

/// Masters that are online and all stand by; none where one serves.
fn standbys(masters: &[MasterRow], now: Timestamp) -> Vec<String> {
    let online: Vec<&MasterRow> =
        masters.iter().filter(|master| now <= master.online_until).collect();
    let all_stand_by = online.iter().all(|master| master.standing == "standby");
    let addresses = online.iter().map(|master| master.address.clone());
    if all_stand_by { addresses.collect() } else { Vec::new() }
}

fn is_loopback(address: &str) -> bool {
    let host = address.trim_start_matches("https://");
    host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
}

fn is_online(worker: &WorkerRow, now: Timestamp) -> bool {
    now.ms_since(worker.last_online) <= policy::OFFLINE_AFTER_MS
}

fn is_gone(master: &MasterRow, now: Timestamp) -> bool {
    MASTER_GONE_MS < now.ms_since(master.last_online)
}

/// What starts a worker again.
pub(super) fn start_worker(agent: AgentId, name: &str, topology: &Topology) -> Fix {
    let worker = topology.workers.iter().find(|worker| worker.id == agent);
    let machine = worker.map(|worker| worker.machine_name.clone()).unwrap_or_default();
    let fix = Fix::new(format!("start {name}; `packhorse doctor` there says what keeps it"));
    fix.at(machine).run("packhorse worker")
}

/// What lets a master serve, of masters that all stand by.
fn one_shall_serve() -> Fix {
    Fix::new(
        "start the master on the machine of SSISDB's primary; if it runs, correct LocalSqlServer \
         in its MasterSettings.toml and restart it",
    )
}

/// Compares masters and workers.
pub(super) fn judge(topology: &Topology, now: Timestamp, report: &mut Report) {
    report.check("every master gives signs of life");
    for master in topology.masters.iter().filter(|master| is_gone(master, now)) {
        let evidence = format!("{} has said nothing since {}", master.address, master.last_online);
        let fix = Fix::new("start it again; if it has left for good, it is forgotten after a day")
            .at(&master.machine_name)
            .run("packhorse master");
        report.find(MASTER_GONE, evidence, fix);
    }
    report.check("a master serves");
    if !topology.standbys.is_empty() {
        let evidence = format!(
            "all masters stand by: {}; each has Availability = \"with_catalog\", and none is \
             beside SSISDB's primary",
            topology.standbys.join(", ")
        );
        report.find(REFUSED, evidence, one_shall_serve());
    }
    report.check("clocks of masters and workers");
    for (name, ahead_ms) in clocks(topology, now) {
        if SKEW_MAX_MS < ahead_ms.abs() {
            let evidence = format!("the clock of {name} is {ahead_ms} ms ahead of SSISDB's");
            let fix = "run a time service (chrony) on that machine";
            report.find(CLOCK_SKEW, evidence, fix);
        }
    }
    report.check("versions of masters and workers");
    let own = env!("CARGO_PKG_VERSION");
    let others = versions(topology, now).filter(|(_, version)| *version != own);
    let others: Vec<String> = others.map(|(name, version)| format!("{name} {version}")).collect();
    if !others.is_empty() {
        let evidence = format!("this program is {own}; {}", others.join(", "));
        let fix = "install the same version on all machines, and restart one after the other";
        report.find(VERSION_MIX, evidence, fix);
    }
    report.check("one process for each worker");
    for worker in &topology.workers {
        let lately = |time| now.ms_since(time) <= policy::OFFLINE_AFTER_MS;
        if worker.doubled.is_some_and(lately) {
            let places: Vec<&str> = worker.places.iter().flatten().map(String::as_str).collect();
            two_pass_for_one(&worker.id.to_string(), &places, report);
        }
    }
}

/// Two processes pass for one worker.
pub(super) fn two_pass_for_one(agent: &str, places: &[&str], report: &mut Report) {
    let evidence = format!("{agent} speaks from {}", places.join(" and from "));
    let fix = "stop the worker that is the copy, remove its folder, and let it join as a worker \
               of its own (`packhorse workers add`)";
    report.find(SAME_AGENT, evidence, fix);
}

fn clocks(topology: &Topology, now: Timestamp) -> Vec<(String, i64)> {
    let masters = topology.masters_online();
    let masters = masters.map(|master| (master.address.clone(), master.clock_ahead_ms));
    let workers = topology.workers.iter().filter(|worker| is_online(worker, now));
    let workers = workers.filter_map(|worker| {
        Some((
            format!("{} on {}", worker.display_name, worker.machine_name),
            worker.clock_ahead_ms?,
        ))
    });
    masters.chain(workers).collect()
}

fn versions(topology: &Topology, now: Timestamp) -> impl Iterator<Item = (&str, &str)> {
    let masters = topology.masters_online();
    let masters = masters.map(|master| (master.address.as_str(), master.version.as_str()));
    let workers = topology.workers.iter().filter(move |worker| is_online(worker, now));
    masters.chain(workers.map(|worker| (worker.display_name.as_str(), worker.version.as_str())))
}
