//! One run from beginning to end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use testkit::wait_until;

use crate::check::{self, Evidence};
use crate::cluster::{Cluster, MASTERS, Parts, WORKERS};
use crate::database::{Database, Durability, HOSTS};
use crate::fault::Stage;
use crate::ledger::{Ledger, Way};
use crate::load::{Demand, Load};
use crate::marks;
use crate::report::Report;
use crate::schedule::Schedule;
use crate::world::World;

/// How long everything may take to come to rest after the last fault.
const REST: Duration = Duration::from_secs(420);

/// How long a role may take to end when it is asked to.
const STOP: Duration = Duration::from_secs(60);

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub packhorse: PathBuf,
    /// An empty folder that other accounts may enter.
    pub folder: PathBuf,
    /// How many faults there shall be at least.
    pub faults: usize,
    /// How many executions shall be acknowledged at least.
    pub executions: usize,
    /// What the schedule is drawn from.
    pub seed: u64,
    /// The usual time between two faults, in milliseconds.
    pub every_ms: u64,
    /// When it is to end although there were not enough faults and executions.
    pub time_max: Duration,
    /// Whether commits are flushed to the disk.
    pub is_durable: bool,
    /// More lines for `WorkerSettings.toml`.
    pub worker_settings: String,
}

struct Watch {
    stop: AtomicBool,
    is_whole: AtomicBool,
    /// Roles that ended by themselves, and how often.
    ended: Mutex<BTreeMap<String, usize>>,
}

/// What a plan is carried out on.
type Stand = (Arc<World>, Database, Cluster, marks::Folder);

/// Makes the world and the cluster of a plan.
pub(crate) fn set_up(plan: &Plan) -> Result<Stand> {
    let names = HOSTS.iter().chain(&MASTERS).chain(&WORKERS).map(|&name| name.to_owned());
    let world = Arc::new(World::new(&names.collect::<Vec<_>>())?);
    let durability = if plan.is_durable { Durability::Full } else { Durability::Processes };
    let database = Database::start(&world, &plan.folder.join("database"), durability)?;
    eprintln!("the database is complete");
    let parts = Parts {
        packhorse: plan.packhorse.clone(),
        folder: plan.folder.clone(),
        worker_settings: plan.worker_settings.clone(),
    };
    let cluster = Cluster::start(&world, &database, parts)?;
    let marks = marks::Folder::create(&plan.folder)?;
    cluster.deploy(&marks)?;
    eprintln!("masters and workers are online");
    Ok((world, database, cluster, marks))
}

/// Runs a plan, in the world that [`crate::enter`] gives.
pub fn run(plan: &Plan) -> Result<Report> {
    let (world, database, cluster, marks) = set_up(plan)?;
    let ledger = Arc::new(Ledger::new());
    let demand = Arc::new(Demand::new(Arc::clone(&ledger), plan.seed));
    let load = Load::start(&demand, &cluster)?;
    let reference = undisturbed(&database)?;
    let watch = Watch {
        stop: AtomicBool::new(false),
        is_whole: AtomicBool::new(true),
        ended: Mutex::new(BTreeMap::new()),
    };
    let mut report = Report::default();
    let start = Instant::now();
    let stage = Stage { world: &world, database: &database, cluster: &cluster };
    let log = std::fs::File::create(plan.folder.join("faults.log"))?;
    let mut schedule = Schedule::new(stage, &watch.is_whole, (plan.seed, plan.every_ms), log);
    thread::scope(|scope| {
        scope.spawn(|| tend(&watch, &database, &cluster));
        scope.spawn(|| observe(&watch, &database, &demand));
        let disturbed = disturb(plan, &mut schedule, (&demand, load), &cluster);
        let rested = disturbed.and_then(|()| rest(&database, &ledger));
        watch.stop.store(true, Ordering::Release);
        rested
    })?;
    report.line("seed", plan.seed);
    report.line("time", format!("{} s", start.elapsed().as_secs()));
    report.line("faults", schedule.done.len());
    for (kind, n) in schedule.counts() {
        report.line(format!("- {}", kind.name()), n);
    }
    report.line("executions acknowledged", ledger.n_acknowledged());
    if schedule.n_struck < plan.faults || ledger.n_acknowledged() < plan.executions {
        report.wrong.push(format!("not enough of both in {:?}", plan.time_max));
    }
    stop(&cluster, &world, &mut report);
    let evidence = Evidence {
        ledger: &ledger,
        marks: &marks.read()?,
        faults: &schedule.done,
        hosts: &agents(&cluster)?,
        reference: &reference,
    };
    check::check(&database, &evidence, &mut report)?;
    tell_waits(&ledger, &watch, &mut report);
    Ok(report)
}

/// What an execution says when nothing happens to it.
fn undisturbed(database: &Database) -> Result<String> {
    let first = wait_until("a first execution to succeed", REST, || {
        let sql = "SELECT min(execution_id) FROM task_attempts WHERE outcome = 'succeeded' AND attempt = 1";
        let rows = database.rows(sql).map_err(|error| format!("{error:#}"))?;
        let id = rows.first().and_then(|row| row.first()).and_then(|id| id.parse::<i64>().ok());
        id.ok_or_else(|| "none".to_owned())
    });
    check::reference(database, first)
}

/// Faults and load, until there were enough of both.
fn disturb(
    plan: &Plan,
    schedule: &mut Schedule<'_>,
    (demand, load): (&Demand, Load),
    cluster: &Cluster,
) -> Result<()> {
    let start = Instant::now();
    let mut told = Instant::now();
    loop {
        let wants_faults = schedule.n_struck < plan.faults;
        schedule.step(wants_faults)?;
        let n = demand.ledger.n_acknowledged();
        if (!wants_faults && plan.executions <= n) || plan.time_max < start.elapsed() {
            break;
        }
        if Duration::from_secs(15) < told.elapsed() {
            told = Instant::now();
            let (faults, open) = (schedule.n_struck, demand.open.load(Ordering::Acquire));
            let seconds = start.elapsed().as_secs();
            eprintln!("{seconds} s: {faults} faults, {n} acknowledged, {open} under way");
        }
        thread::sleep(Duration::from_millis(10));
    }
    schedule.end()?;
    let all = cluster.masters.iter().chain(&cluster.workers);
    all.into_iter().try_for_each(crate::process::Process::start_again)?;
    load.stop();
    Ok(())
}

/// Waits until everything has ended that was started.
fn rest(database: &Database, ledger: &Ledger) -> Result<()> {
    eprintln!("{} acknowledged; waiting for the last to end", ledger.n_acknowledged());
    database.wait_until_complete();
    let start = Instant::now();
    let mut left = "unknown".to_owned();
    while start.elapsed() < REST {
        match database.rows("SELECT count(*) FROM tasks WHERE phase <> 2") {
            Ok(rows) if rows == [["0"]] => return Ok(()),
            Ok(rows) => left = format!("{rows:?} tasks"),
            Err(error) => left = format!("{error:#}"),
        }
        thread::sleep(Duration::from_millis(200));
    }
    // The checker names them.
    eprintln!("not all has ended after {REST:?}: {left}");
    Ok(())
}

/// Starts again what ended by itself.
fn tend(watch: &Watch, database: &Database, cluster: &Cluster) {
    while !watch.stop.load(Ordering::Acquire) {
        for process in database.etcd.iter().chain(&database.patroni) {
            // Patroni ends when it must; what matters is that it comes back.
            process.tend().ok();
        }
        for ended in cluster.tend() {
            let mut all = watch.ended.lock().unwrap_or_else(PoisonError::into_inner);
            *all.entry(ended).or_default() += 1;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Looks how much is under way, and whether the database is whole.
fn observe(watch: &Watch, database: &Database, demand: &Demand) {
    while !watch.stop.load(Ordering::Acquire) {
        if let Ok(rows) = database.rows("SELECT count(*) FROM tasks WHERE phase <> 2")
            && let Some(open) = rows.first().and_then(|row| row.first()?.parse().ok())
        {
            demand.open.store(open, Ordering::Release);
        }
        if !watch.is_whole.load(Ordering::Acquire) {
            // What was just done to it may not show yet.
            thread::sleep(Duration::from_secs(2));
            let is_whole = database.primary().is_some() && database.following() == HOSTS.len() - 1;
            watch.is_whole.store(is_whole, Ordering::Release);
        }
        thread::sleep(Duration::from_millis(300));
    }
}

/// Ends all roles as a service manager does, and looks for what they left behind.
fn stop(cluster: &Cluster, world: &World, report: &mut Report) {
    thread::scope(|scope| {
        let all = cluster.workers.iter();
        let stopping: Vec<_> = all.map(|one| (one, scope.spawn(move || one.stop(STOP)))).collect();
        for (process, stopped) in stopping {
            if !stopped.join().unwrap_or(false) {
                report.wrong.push(format!("{} did not end well", process.program.name));
            }
        }
    });
    for host in WORKERS {
        for (id, words) in world.processes(host) {
            report.wrong.push(format!("{host}: process {id} is left behind: {words:?}"));
        }
        for left in spooled(&cluster.data(host)) {
            report.wrong.push(format!("{host}: `{}` was never sent", left.display()));
        }
    }
    for master in &cluster.masters {
        if !master.stop(STOP) {
            report.wrong.push(format!("{} did not end well", master.program.name));
        }
    }
}

/// Files of the spools below a data directory.
fn spooled(data: &Path) -> Vec<PathBuf> {
    let workers = std::fs::read_dir(data.join("workers")).into_iter().flatten().flatten();
    let spools = workers.map(|worker| worker.path().join("spool"));
    let files = spools.filter_map(|spool| std::fs::read_dir(spool).ok()).flatten().flatten();
    files.map(|file| file.path()).collect()
}

/// Hosts of the workers, by agent id.
fn agents(cluster: &Cluster) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for (index, host) in WORKERS.into_iter().enumerate() {
        let path = cluster.data(host).join(format!("workers/{}/WorkerSettings.toml", index + 1));
        let text = std::fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("AgentId = "));
        let id = line.context("no AgentId")?.trim_matches('"').to_lowercase();
        all.insert(id, host.to_owned());
    }
    Ok(all)
}

fn tell_waits(ledger: &Ledger, watch: &Watch, report: &mut Report) {
    let [median, most, longest] = ledger.waits();
    let waits = format!("{median:.1?}, {most:.1?}, {longest:.1?}");
    report.line("clients waited for an acknowledgement (median, 99 %, longest)", waits);
    for (second, waited) in ledger.slow() {
        eprintln!("slow: an acknowledgement at {second} took {waited} s");
    }
    for (ended, n) in watch.ended.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        report.line(format!("by itself: {ended}"), n);
    }
    let tsql = ledger.entries().into_values().filter(|one| one.way == Way::Tsql);
    let (asked, told) = tsql.fold((0, 0), |(asked, told), one| {
        (asked + 1, told + usize::from(one.execution.is_some()))
    });
    report.line("of these in T-SQL: asked, acknowledged", format!("{asked}, {told}"));
    for (refusal, n) in ledger.refusals().into_iter().take(12) {
        report.line(format!("told: {}", refusal.replace('|', "/").replace('\n', " ")), n);
    }
}
