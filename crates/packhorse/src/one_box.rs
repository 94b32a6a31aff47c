//! A master and its workers on this machine, as `run` and `up` start them.
//!
//! They are the same processes that a cluster has, and speak HTTPS with certificates on both
//! sides. Only the set-up is done here: the worker's certificate is trusted and the worker
//! enabled before it starts, because both are this machine's own.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use catalog::scale_out::{CertificateRole, TrustedCertificate, register_agent, trust_certificate};
use catalog::{Caller, Catalog, CatalogError, CatalogKey};
use master::api::{Done, Stopped};
use model::{AgentId, ExecutionId};
use scaleout::child::PathMapping;
use scaleout::message::Register;
use transport::{Client, Identity};

use crate::cli::Tds;
use crate::data_dir::{self, DataDir};
use crate::doctor::code;
use crate::doctor::fault::WRONG_KEY;
use crate::exec::child::now;
use crate::session::{REQUEST_DEADLINE, admin_client};
use crate::supervise::{Plan, Process, Ready};
use crate::worker_settings;

/// A process that ends sooner than this after its start is in trouble.
const SOON: Duration = Duration::from_secs(2);

/// How often in a row a process may end soon before that is given up.
const SOON_MAX: u32 = 5;

/// How long to wait before a process in trouble is started again.
const PAUSE: Duration = Duration::from_secs(1);

/// A master and workers, running.
pub(crate) struct OneBox {
    dir: DataDir,
    processes: Vec<Member>,
    client: Client,
    endpoint: String,
    tds: Option<String>,
    agents: Vec<AgentId>,
}

/// Where a master listens: for workers and commands at the port in its settings, or at one of
/// the loopback address (0: a free one), and for T-SQL clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// For workers and commands.
    pub(crate) master: Option<u16>,
    /// For T-SQL clients.
    pub(crate) tds: Tds,
}

/// A process and how it has fared. The master is the first of them.
struct Member {
    process: Process,
    started: Instant,
    ended_soon: u32,
}

impl OneBox {
    /// Sets up what is missing, and starts a master and its workers.
    pub(crate) async fn start_at(
        dir: &DataDir,
        workers: u32,
        maps: &[PathMapping],
        ports: Ports,
    ) -> Result<Self> {
        let numbers = free_workers(dir, workers)?;
        let agents = prepare(dir, &numbers).await?;
        let (master, Ready { endpoint, tds, .. }) = start_master(dir, ports, maps).await?;
        let endpoint = endpoint.context("the master did not say where it listens")?;
        let client = admin_client(dir, vec![endpoint.clone()])?;
        let mut processes = vec![master];
        for &number in &numbers {
            processes.push(start_worker(dir, number, &endpoint, maps).await?);
        }
        Ok(Self { dir: dir.clone(), processes, client, endpoint, tds, agents })
    }

    /// The workers.
    pub(crate) fn agents(&self) -> &[AgentId] {
        &self.agents
    }

    /// A client of the master.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Where the master listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where T-SQL clients connect to, if they may.
    pub(crate) fn tds(&self) -> Option<&str> {
        self.tds.as_deref()
    }

    /// Waits until a process ends that nobody asked to, and starts it again. Says so.
    pub(crate) async fn keep_running(&mut self) -> Result<String> {
        let (index, status) = first_to_end(&mut self.processes).await;
        let member = &mut self.processes[index];
        let name = member.process.name().to_owned();
        let soon = member.started.elapsed() < SOON;
        let ended_soon = if soon { member.ended_soon + 1 } else { 0 };
        if SOON_MAX <= ended_soon {
            let log = member.process.plan().log.display().to_string();
            bail!("the {name} keeps ending ({status}); see {log}");
        }
        if soon {
            tokio::time::sleep(PAUSE).await;
        }
        let (process, _) = Process::start_again(self.processes[index].process.plan()).await?;
        self.processes[index] = Member { process, started: Instant::now(), ended_soon };
        Ok(format!("the {name} ended ({status}) and was started again"))
    }

    /// Stops the workers, which finish or hand back what they run, then the master.
    pub(crate) async fn stop(self) {
        let mut processes = self.processes.into_iter().map(|member| member.process);
        let master = processes.next();
        let workers: Vec<Process> = processes.collect();
        workers.iter().for_each(Process::ask_to_stop);
        for worker in workers {
            worker.join().await;
        }
        if let Some(master) = master {
            master.ask_to_stop();
            master.join().await;
        }
        // The next command finds out by itself that the master has ended.
        self.dir.set_endpoint(None).ok();
    }
}

/// Asks the master to stop these executions; those that have ended refuse, which is well.
pub(crate) async fn stop_executions(client: &Client, executions: &[ExecutionId]) {
    for id in executions {
        let path = format!("/api/operations/{id}/stop");
        let asked: Result<Stopped, _> =
            client.post_json(&path, &Done::default(), REQUEST_DEADLINE).await;
        if let Err(error) = asked {
            tracing::debug!(execution = %id, %error, "was not stopped");
        }
    }
}

/// The process that ends first, and how.
async fn first_to_end(members: &mut [Member]) -> (usize, String) {
    let mut ends: Vec<_> =
        members.iter_mut().map(|member| Box::pin(member.process.ended())).collect();
    poll_fn(|context| {
        for (index, end) in ends.iter_mut().enumerate() {
            if let Poll::Ready(status) = pin!(end).poll(context) {
                return Poll::Ready((index, status));
            }
        }
        Poll::Pending
    })
    .await
}

/// The first numbers whose folders no other worker uses.
fn free_workers(dir: &DataDir, count: u32) -> Result<Vec<u32>> {
    dir.create()?;
    let mut numbers = Vec::new();
    for number in 1..=1_000 {
        if numbers.len() as u64 == u64::from(count) {
            break;
        }
        if dir.lock_worker(number)?.is_some() {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// Makes what is missing: key, catalog, certificates, settings; trusts and enables the workers.
pub(crate) async fn prepare(dir: &DataDir, workers: &[u32]) -> Result<Vec<AgentId>> {
    dir.create()?;
    let catalog = open_catalog(dir, true)?;
    let master = dir.identity("master", &data_dir::machine_names())?;
    let admin = dir.identity("admin", &[])?;
    let mut agents = Vec::new();
    let mut trusted = vec![
        certificate(&master, CertificateRole::Master, None),
        certificate(&admin, CertificateRole::Admin, None),
    ];
    let mut registrations = Vec::new();
    for &number in workers {
        let agent = worker_settings::ensure(dir, number)?;
        let identity = dir.worker_identity(number)?;
        trusted.push(certificate(&identity, CertificateRole::Worker, Some(agent)));
        registrations.push((registration(agent, number), identity.thumbprint().to_string()));
        agents.push(agent);
    }
    let written = catalog
        .write(move |tx| {
            let caller = Caller::admin(data_dir::user_name());
            catalog::procedures::enable_scaleout(tx, &caller)?;
            for one in &trusted {
                trust_certificate(tx, one)?;
            }
            for (registration, thumbprint) in &registrations {
                add_worker(tx, &caller, registration, thumbprint)?;
            }
            Ok(())
        })
        .await;
    catalog.close().await;
    written.context("cannot set up SSISDB")?;
    Ok(agents)
}

/// Adds a worker of this machine, enabled. One that is there already stays as its administrator
/// left it.
fn add_worker(
    tx: &mut dyn catalog::Tx,
    caller: &Caller,
    registration: &Register,
    thumbprint: &str,
) -> Result<(), CatalogError> {
    if catalog::reads::worker(tx, caller, registration.agent)?.is_some() {
        return Ok(());
    }
    // It has not been heard of yet, so it is not online.
    let never = model::Timestamp::default();
    register_agent(tx, registration, Some(thumbprint), never)?;
    catalog::procedures::enable_worker_agent(tx, caller, registration.agent)
}

/// Opens this directory's catalog, or makes it when asked to.
pub(crate) fn open_catalog(dir: &DataDir, create: bool) -> Result<Catalog> {
    let place = dir.catalog()?;
    let key = if create {
        if Path::new(&place).exists() && !dir.key().exists() {
            let text = format!(
                "`{place}` is there but its key `{}` is not; put the key back from a backup",
                dir.key().display()
            );
            return Err(code::named(WRONG_KEY, text));
        }
        CatalogKey::load_or_create(dir.key())?
    } else {
        CatalogKey::load(dir.key())?
    };
    Ok(Catalog::open_at(&place, key, dir.patience()?)?)
}

/// A certificate of this machine, for SSISDB to trust.
pub(crate) fn certificate(
    identity: &Identity,
    role: CertificateRole,
    agent: Option<AgentId>,
) -> TrustedCertificate {
    TrustedCertificate {
        thumbprint: identity.thumbprint().to_string(),
        sha1_thumbprint: Some(transport::sha1(identity.certificate_der())),
        role,
        agent,
        added_by: data_dir::user_name(),
        added: now(),
        revoked: None,
    }
}

fn registration(agent: AgentId, number: u32) -> Register {
    Register {
        agent,
        display_name: worker_settings::display_name(number),
        description: String::new(),
        machine_name: data_dir::machine_name(),
        user_account: data_dir::user_name(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        running: Vec::new(),
        number: 0,
        lease_ms: 0,
        sender: None,
    }
}

async fn start_master(
    dir: &DataDir,
    ports: Ports,
    maps: &[PathMapping],
) -> Result<(Member, Ready)> {
    let mut words = vec!["master".to_owned()];
    words.extend(data_dir_words(dir));
    if let Some(port) = ports.master {
        words.extend(["--port".to_owned(), port.to_string()]);
        words.extend(["--bind", "127.0.0.1"].map(str::to_owned));
    }
    if let Some(port) = ports.tds.tds_port {
        words.extend(["--tds-port".to_owned(), port.to_string()]);
    }
    if ports.tds.no_tds {
        words.push("--no-tds".to_owned());
    }
    words.extend(map_words(maps));
    let plan = Plan { name: "master".to_owned(), arguments: words, log: dir.log("master") };
    let (mut process, ready) = Process::start(plan).await?;
    // Should it have to be started again, it must be where the workers and clients look for it.
    let port_of = |address: &str| address.rsplit([':', ',']).next().unwrap_or_default().to_owned();
    for (option, address) in [("--port", &ready.endpoint), ("--tds-port", &ready.tds)] {
        if let Some(address) = address {
            process.replace_argument(option, &port_of(address));
        }
    }
    Ok((Member { process, started: Instant::now(), ended_soon: 0 }, ready))
}

async fn start_worker(
    dir: &DataDir,
    number: u32,
    endpoint: &str,
    maps: &[PathMapping],
) -> Result<Member> {
    let mut words = vec!["worker".to_owned(), "--number".to_owned(), number.to_string()];
    words.extend(["--master".to_owned(), endpoint.to_owned()]);
    words.extend(data_dir_words(dir));
    words.extend(map_words(maps));
    let name = format!("worker {number}");
    let plan = Plan { name, arguments: words, log: dir.log(&format!("worker-{number}")) };
    let (process, _) = Process::start(plan).await?;
    Ok(Member { process, started: Instant::now(), ended_soon: 0 })
}

fn map_words(maps: &[PathMapping]) -> impl Iterator<Item = String> {
    maps.iter().flat_map(|map| ["--map-path".to_owned(), format!("{}={}", map.from, map.to)])
}

fn data_dir_words(dir: &DataDir) -> [String; 2] {
    ["--data-dir".to_owned(), dir.root().to_string_lossy().into_owned()]
}

/// A master inside this process, for a command that needs one for a moment.
pub(crate) struct Embedded {
    handle: master::Handle,
    catalog: Catalog,
}

impl Embedded {
    /// Starts it at a free port of the loopback address.
    pub(crate) async fn start(dir: &DataDir) -> Result<Self> {
        let settings = master::Settings {
            port_number: 0,
            bind_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tds_enabled: false,
            ..master::Settings::default()
        };
        let catalog = open_catalog(dir, false)?;
        let identity = dir.identity("master", &data_dir::machine_names())?;
        let handle = master::Master::start(settings, catalog.clone(), identity).await?;
        Ok(Self { handle, catalog })
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.handle.local_addr().port())
    }

    /// Ends it.
    pub(crate) async fn stop(self) {
        self.handle.shutdown().await;
        self.catalog.close().await;
    }
}
