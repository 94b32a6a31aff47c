//! How long clients and packages wait when a master, the primary of the database, or a worker is
//! killed. A bare client of the same database is measured beside them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use testkit::wait_until;
use transport::Client;

use crate::cluster::{Cluster, MASTERS, WORKERS};
use crate::database::Database;
use crate::marks;
use crate::process::signal;
use crate::report::Report;
use crate::run::{Plan, set_up};

/// How often each thing is killed.
const MASTER_KILLS: usize = 6;
const PRIMARY_KILLS: usize = 5;
const WORKER_KILLS: usize = 3;

/// Packages that run while a worker is killed, and for how long, in tenths of a second.
const LONG_PACKAGES: usize = 24;
const LONG_TICKS: u64 = 450;

/// How long nothing is done to the cluster before the next kill.
const QUIET: Duration = Duration::from_secs(5);

/// How long everything is watched after a kill.
const WATCHED: Duration = Duration::from_secs(3);

/// How long a client waits for an answer: longer than a failover.
const DEADLINE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(10);

/// A client that asks all the time, and when it was answered.
struct Probe {
    answers: Arc<Mutex<Vec<Instant>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Probe {
    fn start(mut ask: impl FnMut() -> bool + Send + 'static) -> Self {
        let (answers, stop) = (Arc::<Mutex<Vec<Instant>>>::default(), Arc::<AtomicBool>::default());
        let (told, stopping) = (Arc::clone(&answers), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            while !stopping.load(Ordering::Acquire) {
                if ask() {
                    told.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                }
                thread::sleep(PAUSE);
            }
        });
        Self { answers, stop, thread: Some(thread) }
    }

    /// The longest time between two answers since just before a moment.
    fn gap_since(&self, moment: Instant) -> Duration {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let from = answers.partition_point(|answer| *answer < moment).saturating_sub(1);
        let since = answers.get(from..).unwrap_or_default();
        let gaps = since.windows(2).map(|pair| match pair {
            [one, next] => next.duration_since(*one),
            _ => Duration::ZERO,
        });
        gaps.max().unwrap_or(DEADLINE)
    }

    /// Waits until it was answered some times after a moment.
    fn wait_for_answers_after(&self, moment: Instant) {
        wait_until("answers after a failover", DEADLINE * 3, || {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            let n = answers.iter().filter(|answer| moment + WATCHED < **answer).count();
            if 20 < n { Ok(()) } else { Err(n) }
        });
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Measures a cluster, in the world that [`crate::enter`] gives.
pub fn failover(plan: &Plan) -> Result<Report> {
    let (world, database, cluster, marks) = set_up(plan)?;
    let mut report = Report::default();
    let client = cluster.client(0)?;
    let api = api_probe(client.clone())?;
    let bare = bare_probe(&database)?;
    wait_until("packages to run", DEADLINE, || match marks.read() {
        Ok(all) if 50 < all.len() => Ok(()),
        Ok(all) => Err(format!("{} ran", all.len())),
        Err(error) => Err(format!("{error:#}")),
    });
    let masters = kill_masters((&cluster, &client), (&api, &marks))?;
    tell(&mut report, "master killed: next request accepted after", &masters.0);
    tell(&mut report, "master killed: next package started after", &masters.1);
    let primaries = kill_primaries(&database, (&api, &bare))?;
    let bare_gaps: Vec<_> = primaries.iter().map(|(_, bare)| *bare).collect();
    let ours: Vec<_> = primaries.iter().map(|(ours, _)| *ours).collect();
    tell(&mut report, "node of the primary killed: next request accepted after", &ours);
    tell(&mut report, "the same, for a bare client of the database", &bare_gaps);
    drop((api, bare));
    let workers = kill_workers((&cluster, &client), &marks)?;
    tell(&mut report, "worker killed: all its packages run elsewhere after", &workers);
    let is_late =
        |all: &[Duration], most: u64| all.iter().any(|gap| Duration::from_secs(most) < *gap);
    if is_late(&masters.0, 1) || is_late(&masters.1, 1) || is_late(&workers, 15) {
        report.wrong.push("longer than 1 s after a master, or 15 s after a worker".to_owned());
    }
    if primaries.iter().any(|(ours, bare)| *bare + Duration::from_secs(1) < *ours) {
        report.wrong.push("over 1 s longer than a bare client's gap".to_owned());
    }
    drop(world);
    Ok(report)
}

fn tell(report: &mut Report, what: &str, gaps: &[Duration]) {
    let list: Vec<_> = gaps.iter().map(|gap| format!("{:.2}", gap.as_secs_f64())).collect();
    report.line(format!("{what}, s"), list.join(" "));
}

fn body(key: &str, ticks: u64) -> Value {
    json!([{
        "folder": "Packhorse", "project": "Chaos", "package": "Work.dtsx",
        "idempotency_key": key, "retry_count": 5,
        "parameters": [{"name": "Key", "value": key}, {"name": "Ticks", "value": ticks.to_string()}],
    }])
}

fn api_probe(client: Client) -> Result<Probe> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let number = AtomicU64::new(0);
    Ok(Probe::start(move || {
        let key = format!("probe-{:06}", number.fetch_add(1, Ordering::AcqRel));
        let body = body(&key, 0);
        let asked =
            runtime.block_on(client.post_json::<_, Value>("/api/executions", &body, DEADLINE));
        asked.inspect_err(|error| eprintln!("not accepted: {error}")).is_ok()
    }))
}

/// What a client of PostgreSQL sees that tries again as fast as it can.
fn bare_probe(database: &Database) -> Result<Probe> {
    let url =
        format!("{}&connect_timeout=2&keepalives_idle=1&tcp_user_timeout=2000", database.url());
    let config: tokio_postgres::Config = url.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut connection: Option<tokio_postgres::Client> = None;
    let table = "CREATE TABLE IF NOT EXISTS bare_client (n BIGSERIAL PRIMARY KEY, v INT)";
    runtime.block_on(insert(&config, &mut connection, table))?;
    let sql = "INSERT INTO bare_client (v) VALUES (1)";
    Ok(Probe::start(move || runtime.block_on(insert(&config, &mut connection, sql)).is_ok()))
}

async fn insert(
    config: &tokio_postgres::Config,
    connection: &mut Option<tokio_postgres::Client>,
    sql: &str,
) -> Result<()> {
    let client = match connection.take() {
        Some(client) => client,
        None => {
            let (client, driver) = config.connect(tokio_postgres::NoTls).await?;
            tokio::spawn(async move { driver.await.ok() });
            client
        }
    };
    tokio::time::timeout(Duration::from_secs(2), client.batch_execute(sql)).await??;
    *connection = Some(client);
    Ok(())
}

/// Gaps of a client whose master is killed, and between starts of packages.
fn kill_masters(
    (cluster, client): (&Cluster, &Client),
    (api, marks): (&Probe, &marks::Folder),
) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut accepted, mut started) = (Vec::new(), Vec::new());
    for _ in 0..MASTER_KILLS {
        thread::sleep(QUIET);
        let endpoint = client.endpoint();
        let index = cluster.endpoints(0).iter().position(|one| *one == endpoint);
        let index = index.context("the client's master is none")?;
        let (moment, since) = (Instant::now(), micros());
        let master = cluster.masters.get(index).context("no such master")?;
        master.kill();
        api.wait_for_answers_after(moment);
        accepted.push(api.gap_since(moment));
        started.push(longest_pause(marks, since)?);
        master.start_again()?;
        eprintln!("{} killed: {:?}, {:?}", MASTERS[index], accepted.last(), started.last());
    }
    Ok((accepted, started))
}

/// The longest time between starts of packages, from just before a moment on.
fn longest_pause(marks: &marks::Folder, since: i64) -> Result<Duration> {
    let all = marks.read()?;
    let mut starts: Vec<i64> =
        all.values().flat_map(|runs| &runs.runs).map(|run| run.first).collect();
    starts.sort_unstable();
    let from = starts.partition_point(|start| *start < since).saturating_sub(1);
    let since = starts.get(from..).unwrap_or_default();
    let longest = since.windows(2).map(|pair| pair[1] - pair[0]).max();
    Ok(Duration::from_micros(longest.and_then(|us| u64::try_from(us).ok()).unwrap_or(u64::MAX / 2)))
}

/// Gaps of ours and of the bare client.
fn kill_primaries(
    database: &Database,
    (api, bare): (&Probe, &Probe),
) -> Result<Vec<(Duration, Duration)>> {
    let mut gaps = Vec::new();
    for _ in 0..PRIMARY_KILLS {
        database.wait_until_complete();
        thread::sleep(QUIET);
        let host = database.primary().context("no primary")?;
        let index = crate::database::HOSTS.iter().position(|one| *one == host);
        let node = index.and_then(|index| database.patroni.get(index)).context("no node")?;
        let moment = Instant::now();
        node.kill();
        database.node_processes(host, true).into_iter().for_each(|id| signal(id, Signal::SIGKILL));
        api.wait_for_answers_after(moment);
        bare.wait_for_answers_after(moment);
        gaps.push((api.gap_since(moment), bare.gap_since(moment)));
        node.start_again()?;
        eprintln!("primary {host} killed: {:?}", gaps.last());
    }
    Ok(gaps)
}

/// How long it takes until all packages of a killed worker run elsewhere.
fn kill_workers(
    (cluster, client): (&Cluster, &Client),
    marks: &marks::Folder,
) -> Result<Vec<Duration>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut times = Vec::new();
    for round in 0..WORKER_KILLS {
        let keys: Vec<_> = (0..LONG_PACKAGES).map(|n| format!("long{round}-{n:02}")).collect();
        for key in &keys {
            let body = body(key, LONG_TICKS);
            runtime.block_on(client.post_json::<_, Value>("/api/executions", &body, DEADLINE))?;
        }
        let hosts = |all: &BTreeMap<String, marks::Runs>| -> Vec<Option<String>> {
            let host = |key| all.get(key)?.runs.last().map(|run: &marks::Run| run.host.clone());
            keys.iter().map(host).collect()
        };
        wait_until("all packages to run", DEADLINE, || {
            let all = marks.read().map_err(|error| format!("{error:#}"))?;
            let n = hosts(&all).iter().flatten().count();
            if n == keys.len() { Ok(()) } else { Err(format!("{n}")) }
        });
        let index = round % WORKERS.len();
        let (worker, host) = (&cluster.workers[index], WORKERS[index]);
        let since = micros();
        worker.kill();
        let last = wait_until("its packages to run elsewhere", DEADLINE, || {
            let all = marks.read().map_err(|error| format!("{error:#}"))?;
            let here = hosts(&all).iter().flatten().filter(|one| *one == host).count();
            let starts = keys.iter().filter_map(|key| Some(all.get(key)?.runs.last()?.first));
            let last = starts.max().unwrap_or(since);
            if here == 0 { Ok(last) } else { Err(format!("{here} left")) }
        });
        times.push(Duration::from_micros(u64::try_from(last - since).unwrap_or(0)));
        worker.start_again()?;
        eprintln!("{host} killed: {:?}", times.last());
        wait_until("long packages to end", DEADLINE * 3, || {
            let all = marks.read().map_err(|error| format!("{error:#}"))?;
            let ended = keys.iter().filter(|key| {
                all.get(*key).is_some_and(|runs| runs.runs.iter().any(|run| run.is_complete))
            });
            let n = ended.count();
            if n == keys.len() { Ok(()) } else { Err(format!("{n} ended")) }
        });
    }
    Ok(times)
}

/// Microseconds since 1970.
fn micros() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
