//! A Scale Out Worker as a whole: how it starts, and how it ends.
//!
//! Start-up after a crash takes the same path as the first one: the spools that are there, none
//! or many, are adopted before the first registration.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fs_err::File;
use model::AgentId;
use nix::fcntl::{Flock, FlockArg};
use scaleout::message::{PROTOCOL_HEADER, understood};
use scaleout::{Holder, Limits};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout_at};
use transport::{Client, ClientError, Credentials, GivenThumbprint, Identity, Pins, Thumbprint};
use uuid::Uuid;

use crate::attempt::{Control, RunningAttempt};
use crate::claim::claim_loop;
use crate::leftovers::end_leftovers;
use crate::masters::KnownMasters;
use crate::process::Pool;
use crate::project_cache::ProjectCache;
use crate::register::register_loop;
use crate::renew::{kill_loop, renew_loop};
use crate::runner::run_loop;
use crate::settings::Settings;
use crate::shared::{Parts, Shared};
use crate::spool::{Spool, SpoolError};
use crate::task_log;
use crate::upload::upload_loop;

/// How long stopped packages, and then what they said, may take at the end.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// How often folders of old tasks are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// The text of [`scaleout::message::PROTOCOL_VERSION`], as a header carries it.
const PROTOCOL: &str = "1";

const _: () = assert!(scaleout::message::PROTOCOL_VERSION == 1, "PROTOCOL must say the same");

/// What a worker is made of besides its settings.
pub struct Options {
    /// Folder for everything that the worker keeps: id, spools, projects, tasks.
    pub data_folder: PathBuf,
    /// Program and arguments of a package process, for example `packhorse exec --child`.
    pub package_command: Vec<String>,
    /// The command of a process that becomes package processes ([`crate::serve_forks`]), which
    /// saves starting the program for each; empty for none.
    pub template_command: Vec<String>,
    /// The certificate that it shows to masters; it may change while the worker runs.
    pub credentials: Credentials,
}

/// A worker that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A folder or file of its own cannot be used. The source names it.
    #[error("the worker cannot use its data folder")]
    Folder {
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another worker uses the same folder.
    #[error(
        "another worker uses `{}`: stop it, or give this one a data directory of its own",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The file with the worker's id holds something else.
    #[error("`{}` does not hold a worker's id: remove the file to get a new one", path.display())]
    BadId {
        /// The file.
        path: PathBuf,
    },
    /// The settings ask for another certificate.
    #[error(
        "WorkerHttpsCertThumbprint is {expected}, and the worker's certificate is {actual}: \
         correct or remove the setting, or take the certificate that it means: packhorse cert \
         import"
    )]
    Certificate {
        /// As set.
        expected: GivenThumbprint,
        /// The certificate's.
        actual: Thumbprint,
    },
    /// Its endpoints or certificates cannot be used.
    #[error("the worker cannot talk to masters")]
    Client {
        /// Why not.
        #[source]
        source: ClientError,
    },
    /// What an earlier process left to be sent cannot be read.
    #[error("the worker cannot read what waits to be sent")]
    Spool {
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A Scale Out Worker.
pub struct Worker {
    shared: Arc<Shared>,
    /// Keeps other workers out of the folder while this one lives.
    _lock: Flock<std::fs::File>,
}

impl Worker {
    /// Prepares a worker: its folders, its id, and what an earlier process of it left to be sent.
    /// Nothing is sent yet.
    pub fn new(settings: Settings, options: Options) -> Result<Self, WorkerError> {
        let folder = |source| WorkerError::Folder { source };
        let data = &options.data_folder;
        fs_err::create_dir_all(data).map_err(folder)?;
        let lock = lock_folder(data)?;
        let owner = std::path::absolute(data).map_err(folder)?.to_string_lossy().into_owned();
        end_leftovers(&owner).map_err(folder)?;
        let agent = match settings.agent_id {
            Some(agent) => agent,
            None => agent_id(data)?,
        };
        let beside = |set: &Option<PathBuf>, name| set.clone().unwrap_or_else(|| data.join(name));
        let spool_folder = beside(&settings.execution_log_cache_folder, "spool");
        let tasks_folder = beside(&settings.tasks_root_folder, "tasks");
        fs_err::create_dir_all(&spool_folder).map_err(folder)?;
        fs_err::create_dir_all(&tasks_folder).map_err(folder)?;
        check_certificate(&settings, &options.credentials.identity())?;
        let masters = KnownMasters::open(&settings, data).map_err(folder)?;
        let cache_max = settings.project_cache_max_mb.saturating_mul(1 << 20);
        let projects = ProjectCache::open(data.join("projects"), cache_max).map_err(folder)?;
        let mut holder = Holder::new(limits(&settings), first_number());
        let recovered = recover(&spool_folder, &mut holder)?;
        for unused in &settings.unused {
            tracing::info!(key = unused.key, reason = unused.reason, "a setting has no use here");
        }
        let shared = Shared::new(Parts {
            client: client(&settings, &options.credentials, masters.pins())?,
            credentials: options.credentials,
            masters,
            pool: Pool::new(
                options.package_command,
                options.template_command,
                settings.warm_processes,
                owner,
            ),
            settings,
            agent,
            spool_folder,
            tasks_folder,
            data_folder: std::path::absolute(data).map_err(folder)?,
            projects,
            holder,
            recovered,
        });
        Ok(Self { shared: Arc::new(shared), _lock: lock })
    }

    /// Its lasting id.
    pub fn agent(&self) -> AgentId {
        self.shared.agent
    }

    /// Works until `shutdown` is ready. Then it takes no new tasks, lets running packages finish
    /// for `ShutdownTimeout`, stops and hands back those that do not, and sends what there is
    /// left to send. What cannot be sent stays in the spool for the next start.
    ///
    /// Dropped before it is done, it ends everything at once, packages included.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let shared = &self.shared;
        // As many starts as can be granted at once never wait.
        let n_starts = usize::try_from(shared.settings.max_task_count).unwrap_or(1);
        let (starts_tx, starts_rx) = mpsc::channel(n_starts);
        let mut loops = JoinSet::new();
        spawn(&mut loops, shared, |shared| async move { register_loop(&shared).await });
        spawn(&mut loops, shared, |shared| async move { renew_loop(&shared).await });
        spawn(&mut loops, shared, |shared| async move { kill_loop(&shared).await });
        spawn(&mut loops, shared, |shared| async move { upload_loop(&shared).await });
        spawn(&mut loops, shared, |shared| async move { shared.pool.refill_loop().await });
        spawn(&mut loops, shared, sweep_loop);
        let mut claims = JoinSet::new();
        spawn(&mut claims, shared, |shared| async move { claim_loop(&shared, &starts_tx).await });
        let mut runner = JoinSet::new();
        spawn(&mut runner, shared, |shared| run_loop(shared, starts_rx));

        shutdown.await;
        tracing::info!(packages = shared.holder().n_packages(), "the worker ends");
        shared.draining.send_replace(true);
        let deadline = Instant::now() + shared.settings.shutdown_timeout;
        join(&mut claims).await;
        if timeout_at(deadline, join(&mut runner)).await.is_err() {
            hand_back(shared);
            join(&mut runner).await;
        }
        flush(shared).await;
        loops.shutdown().await;
        shared.pool.close().await;
    }
}

fn spawn<F, Fut>(loops: &mut JoinSet<()>, shared: &Arc<Shared>, start: F)
where
    F: FnOnce(Arc<Shared>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    loops.spawn(start(Arc::clone(shared)));
}

async fn join(loops: &mut JoinSet<()>) {
    while let Some(ended) = loops.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a loop of the worker ended by mistake");
        }
    }
}

fn hand_back(shared: &Shared) {
    tracing::info!("packages that did not finish in time are stopped and handed back");
    for attempt in shared.attempts() {
        attempt.control(Control::HandBack);
    }
}

/// Waits until all is sent, or until that takes too long.
async fn flush(shared: &Shared) {
    let deadline = Instant::now() + FLUSH_TIMEOUT;
    while !shared.holder().is_empty() {
        if deadline <= Instant::now() {
            let attempts = shared.attempts().len();
            tracing::warn!(attempts, "messages stay in the spool until the next start");
            return;
        }
        shared.to_upload.notify_one();
        sleep(Duration::from_millis(20)).await;
    }
}

async fn sweep_loop(shared: Arc<Shared>) {
    let mut ticks = interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        let shared = Arc::clone(&shared);
        // There may be thousands of folders, and the runtime has packages to watch.
        let swept = tokio::task::spawn_blocking(move || {
            let retention = shared.settings.task_folder_retention.max(Duration::from_secs(60));
            task_log::sweep(&shared.tasks_folder, retention, |task| shared.is_held(task))
        });
        match swept.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "folders of old tasks stay"),
            Err(error) => tracing::error!(%error, "looking for old tasks went wrong"),
        }
    }
}

fn limits(settings: &Settings) -> Limits {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Limits {
        tasks_max: settings.max_task_count,
        renew_every_ms: ms(settings.task_heartbeat_interval),
        lease_ms: ms(settings.lease_interval),
        // Enough for a second's worth of short packages while a master is slow.
        unreported_max: settings.max_task_count.saturating_mul(50).max(500),
    }
}

/// Above every number that an earlier process used: it started earlier, and sends less than one
/// request a microsecond.
fn first_number() -> u64 {
    u64::try_from(task_log::now().0).unwrap_or(0)
}

/// Whether a certificate is the one that the settings name.
pub fn check_certificate(settings: &Settings, identity: &Identity) -> Result<(), WorkerError> {
    let (Some(expected), actual) = (settings.worker_thumbprint, identity.thumbprint()) else {
        return Ok(());
    };
    if !expected.names(identity.certificate_der()) {
        return Err(WorkerError::Certificate { expected, actual });
    }
    if expected.sha256().is_none() {
        tracing::warn!(
            "WorkerHttpsCertThumbprint is a SHA-1: write the SHA-256 in its place: {actual}"
        );
    }
    Ok(())
}

fn client(
    settings: &Settings,
    credentials: &Credentials,
    pins: &Pins,
) -> Result<Client, WorkerError> {
    let endpoints = settings.master_endpoints.clone();
    Client::new(endpoints, credentials, pins)
        .map(|client| client.with_header(PROTOCOL_HEADER, PROTOCOL))
        .map(|client| client.with_check(PROTOCOL_HEADER, understood))
        .map_err(|source| WorkerError::Client { source })
}

fn lock_folder(data: &Path) -> Result<Flock<std::fs::File>, WorkerError> {
    let file = File::create(data.join("worker.lock"))
        .map_err(|source| WorkerError::Folder { source })?
        .into_parts()
        .0;
    Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|_| WorkerError::InUse { folder: data.to_owned() })
}

/// The id of this worker, made at its first start.
fn agent_id(data: &Path) -> Result<AgentId, WorkerError> {
    let folder = |source| WorkerError::Folder { source };
    let path = data.join("agent-id");
    match fs_err::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|_| WorkerError::BadId { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = AgentId(Uuid::new_v4());
            let partial = path.with_extension("partial");
            fs_err::write(&partial, format!("{id}\n")).map_err(folder)?;
            fs_err::rename(&partial, &path).map_err(folder)?;
            Ok(id)
        }
        Err(source) => Err(folder(source)),
    }
}

fn recover(folder: &Path, holder: &mut Holder) -> Result<Vec<RunningAttempt>, WorkerError> {
    let unreadable = |source: SpoolError| WorkerError::Spool { source: Box::new(source) };
    let spools = Spool::recover(folder).map_err(unreadable)?;
    if !spools.is_empty() {
        tracing::info!(attempts = spools.len(), "an earlier process left messages to send");
    }
    for spool in &spools {
        holder.adopt(spool.header().lease, spool.said(), spool.outcome().is_some());
    }
    Ok(spools.into_iter().map(RunningAttempt::new).collect())
}
