//! What the worker's loops share: the holder that decides, the attempts that it decides about,
//! and the wake-up calls between the loops.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use model::{AgentId, Attempt, TaskId};
use scaleout::message::LeaseRef;
use scaleout::{Command, Holder};
use tokio::sync::{Notify, watch};
use transport::{Client, Credentials};
use uuid::Uuid;

use crate::attempt::{Control, RunningAttempt};
use crate::masters::KnownMasters;
use crate::over_by::monotonic_ms;
use crate::process::Pool;
use crate::project_cache::ProjectCache;
use crate::settings::Settings;

/// Everything that the loops share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) agent: AgentId,
    pub(crate) spool_folder: PathBuf,
    pub(crate) tasks_folder: PathBuf,
    data_folder: PathBuf,
    /// Tells this process from an earlier one, and from one of a copied folder.
    pub(crate) instance: Uuid,
    pub(crate) client: Client,
    /// What the worker shows to masters.
    pub(crate) credentials: Credentials,
    /// What masters show to it.
    pub(crate) masters: KnownMasters,
    pub(crate) pool: Pool,
    pub(crate) projects: ProjectCache,
    holder: Mutex<Holder>,
    attempts: Mutex<HashMap<(TaskId, Attempt), Arc<RunningAttempt>>>,
    start: Instant,
    /// What the machine's monotonic clock showed at the start, in milliseconds.
    start_ms: u64,
    /// A package ended: there may be room for another.
    pub(crate) slot_free: Notify,
    /// Leases came: there are new deadlines to watch.
    pub(crate) leases_changed: Notify,
    /// The renewals have the same need of a wake-up, and a permit wakes only one waiter.
    pub(crate) renewals_changed: Notify,
    /// There is something to send.
    pub(crate) to_upload: Notify,
    /// Whether a master knows this worker.
    pub(crate) registered: watch::Sender<bool>,
    /// Whether the worker takes no new tasks any more.
    pub(crate) draining: watch::Sender<bool>,
}

/// What [`Shared::new`] is made of.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) agent: AgentId,
    pub(crate) spool_folder: PathBuf,
    pub(crate) tasks_folder: PathBuf,
    pub(crate) data_folder: PathBuf,
    pub(crate) client: Client,
    pub(crate) credentials: Credentials,
    pub(crate) masters: KnownMasters,
    pub(crate) pool: Pool,
    pub(crate) projects: ProjectCache,
    pub(crate) holder: Holder,
    /// Attempts of earlier processes that still have something to say.
    pub(crate) recovered: Vec<RunningAttempt>,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        let recovered = parts.recovered.into_iter();
        let attempts = recovered.map(|attempt| (key(&attempt.lease), Arc::new(attempt))).collect();
        Self {
            settings: parts.settings,
            agent: parts.agent,
            spool_folder: parts.spool_folder,
            tasks_folder: parts.tasks_folder,
            data_folder: parts.data_folder,
            instance: Uuid::new_v4(),
            client: parts.client,
            credentials: parts.credentials,
            masters: parts.masters,
            pool: parts.pool,
            projects: parts.projects,
            holder: Mutex::new(parts.holder),
            attempts: Mutex::new(attempts),
            start: Instant::now(),
            start_ms: monotonic_ms(),
            slot_free: Notify::new(),
            leases_changed: Notify::new(),
            renewals_changed: Notify::new(),
            to_upload: Notify::new(),
            registered: watch::Sender::new(false),
            draining: watch::Sender::new(false),
        }
    }

    /// Milliseconds of the worker's own clock, which never jumps.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The worker's data folder.
    pub(crate) fn data_folder(&self) -> &Path {
        &self.data_folder
    }

    /// The folder of this name in the worker's data folder, as it is told to package processes.
    pub(crate) fn dumps(&self, name: &str) -> String {
        self.data_folder.join(name).display().to_string()
    }

    /// When the worker's clock shows this.
    pub(crate) fn instant(&self, ms: u64) -> tokio::time::Instant {
        (self.start + std::time::Duration::from_millis(ms)).into()
    }

    /// When the process of an attempt must have ended by itself, on the machine's clock.
    pub(crate) fn over_by_ms(&self, lease: &LeaseRef) -> Option<u64> {
        self.holder().over_by(lease).map(|ms| self.start_ms.saturating_add(ms))
    }

    /// Tells the processes of renewed leases how long they may go on.
    pub(crate) fn pass_on_leases<'a>(&self, leases: impl IntoIterator<Item = &'a LeaseRef>) {
        for lease in leases {
            if let (Some(attempt), Some(ms)) = (self.attempt(lease), self.over_by_ms(lease)) {
                attempt.renew(ms);
            }
        }
    }

    /// The holder. Locked for a moment only, never across an await.
    pub(crate) fn holder(&self) -> MutexGuard<'_, Holder> {
        lock(&self.holder)
    }

    pub(crate) fn attempt(&self, lease: &LeaseRef) -> Option<Arc<RunningAttempt>> {
        self.attempt_of(lease.task, lease.attempt)
    }

    pub(crate) fn attempt_of(&self, task: TaskId, attempt: Attempt) -> Option<Arc<RunningAttempt>> {
        lock(&self.attempts).get(&(task, attempt)).cloned()
    }

    pub(crate) fn attempts(&self) -> Vec<Arc<RunningAttempt>> {
        lock(&self.attempts).values().cloned().collect()
    }

    pub(crate) fn add(&self, attempt: RunningAttempt) -> Arc<RunningAttempt> {
        let attempt = Arc::new(attempt);
        lock(&self.attempts).insert(key(&attempt.lease), Arc::clone(&attempt));
        attempt
    }

    pub(crate) fn remove(&self, lease: &LeaseRef) -> Option<Arc<RunningAttempt>> {
        lock(&self.attempts).remove(&key(lease))
    }

    pub(crate) fn is_held(&self, task: TaskId) -> bool {
        lock(&self.attempts).keys().any(|(held, _)| *held == task)
    }

    /// Does what the holder says.
    pub(crate) fn obey(&self, commands: impl IntoIterator<Item = Command>) {
        for command in commands {
            let (lease, control) = match command {
                Command::Stop(lease) => (lease, Control::Stop),
                Command::Kill(lease, why) => {
                    tracing::warn!(task = %lease.task, attempt = %lease.attempt, ?why, "a package is killed");
                    (lease, Control::Kill(why))
                }
            };
            if let Some(attempt) = self.attempt(&lease) {
                attempt.control(control);
            }
        }
    }

    /// There are new leases: those who watch them look again.
    pub(crate) fn wake_watchers(&self) {
        self.leases_changed.notify_one();
        self.renewals_changed.notify_one();
    }
}

fn key(lease: &LeaseRef) -> (TaskId, Attempt) {
    (lease.task, lease.attempt)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
