//! Who may do what: a certificate's thumbprint is looked up in the catalog, where all masters
//! see it at once. TLS has proven that the peer holds the certificate's key.
//!
//! Answers are kept for a moment, so that a busy worker costs one lookup a second and not one
//! per request. They are forgotten when any master trusts or revokes a certificate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use catalog::scale_out::{CertificateRole, certificate_of};
use catalog::{Caller, Catalog, Topic};
use model::{AgentId, Timestamp};
use scaleout::message::Register;
use tokio::sync::watch;
use transport::{PeerSha1, PeerThumbprint, Sha1Thumbprint, Thumbprint};

use crate::api::WaitingWorker;
use crate::error::ApiError;

/// How long an answer counts when nobody says that something has changed: the word of another
/// master may be lost with a connection to the database.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// How many answers are kept. Refused certificates are not, so peers cannot fill it.
const KEPT_MAX: usize = 10_000;

/// How many workers that nobody trusts are remembered, and for how long: strangers cannot fill a
/// master's memory, nor push a worker out that keeps asking.
const WAITING_MAX: usize = 100;
const WAITING_TEXT_MAX: usize = 256;
const WAITING_FOR_MS: i64 = 10 * 60 * 1000;

/// What a certificate may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Right {
    role: CertificateRole,
    agent: Option<AgentId>,
}

/// An answer, and from when and how many changes on it is known.
#[derive(Clone, Copy)]
struct Kept {
    right: Right,
    since: Instant,
    changes: u64,
}

/// Looks rights up.
pub(crate) struct Trust {
    catalog: Catalog,
    kept: Mutex<HashMap<Thumbprint, Kept>>,
    /// Rises when any certificate is trusted or revoked.
    changes: watch::Receiver<u64>,
    /// Workers that were turned away, latest last, with the SHA-1 of what they showed.
    waiting: Mutex<Vec<(WaitingWorker, Option<Sha1Thumbprint>)>>,
}

impl Trust {
    pub(crate) fn new(catalog: Catalog) -> Self {
        let changes = catalog.changes_of(Topic::Certificates);
        Self { catalog, kept: Mutex::default(), changes, waiting: Mutex::default() }
    }

    /// Lets a worker speak for `agent`. Returns its certificate's thumbprint.
    pub(crate) async fn worker(
        &self,
        peer: PeerThumbprint,
        agent: AgentId,
    ) -> Result<Thumbprint, ApiError> {
        let thumbprint = self.any_worker(peer).await?;
        let right = self.right_of(thumbprint).await?;
        match right.and_then(|right| right.agent) {
            Some(own) if own == agent => Ok(thumbprint),
            Some(own) => Err(ApiError::forbidden(
                "wrong_agent",
                format!(
                    "the certificate {thumbprint} belongs to worker {own} and cannot speak for \
                     {agent}: correct AgentId in WorkerSettings.toml, or trust the certificate \
                     for that worker"
                ),
            )),
            None => Err(ApiError::forbidden(
                "wrong_agent",
                format!(
                    "the certificate {thumbprint} is trusted without a WorkerAgentId: an \
                     administrator trusts it again, naming {agent}"
                ),
            )),
        }
    }

    /// Lets any worker pass. Returns its certificate's thumbprint.
    pub(crate) async fn any_worker(&self, peer: PeerThumbprint) -> Result<Thumbprint, ApiError> {
        let thumbprint = shown(peer)?;
        match self.right_of(thumbprint).await? {
            Some(Right { role: CertificateRole::Worker, .. }) => Ok(thumbprint),
            Some(Right { role, .. }) => Err(ApiError::forbidden(
                "not_a_worker",
                format!("the certificate {thumbprint} is trusted as {role}, not as a worker"),
            )),
            None => Err(ApiError::forbidden(
                "unknown_certificate",
                format!(
                    "the worker certificate {thumbprint} is not trusted: an administrator trusts \
                     it with `packhorse workers approve ID --thumbprint {thumbprint}`, where ID \
                     is the AgentId in the worker's settings"
                ),
            )),
        }
    }

    /// Remembers a worker that nobody trusts, for an administrator to approve.
    pub(crate) fn turned_away(
        &self,
        (peer, PeerSha1(sha1)): (PeerThumbprint, PeerSha1),
        register: &Register,
        now: Timestamp,
    ) {
        let Some(thumbprint) = peer.0 else { return };
        let thumbprint = thumbprint.to_string();
        let short = |text: &str| text.chars().take(WAITING_TEXT_MAX).collect::<String>();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(one, _)| {
            one.thumbprint != thumbprint && now.ms_since(one.last_asked_time) <= WAITING_FOR_MS
        });
        if waiting.len() < WAITING_MAX {
            let worker = WaitingWorker {
                worker_agent_id: register.agent,
                thumbprint,
                display_name: short(&register.display_name),
                machine_name: short(&register.machine_name),
                last_asked_time: now,
            };
            waiting.push((worker, sha1));
        }
    }

    /// Workers that were turned away lately.
    pub(crate) fn waiting(&self) -> Vec<WaitingWorker> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().map(|(worker, _)| worker.clone()).collect()
    }

    /// The certificate of the worker that was turned away and showed one with this SHA-1.
    pub(crate) fn waiting_with(&self, sha1: Sha1Thumbprint) -> Option<Thumbprint> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = waiting.iter().find(|(_, shown)| *shown == Some(sha1));
        shown.and_then(|(worker, _)| worker.thumbprint.parse().ok())
    }

    /// Forgets that a worker waits: its certificate is trusted now.
    pub(crate) fn admitted(&self, thumbprint: Thumbprint) {
        let thumbprint = thumbprint.to_string();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(one, _)| one.thumbprint != thumbprint);
    }

    /// Lets an administrator pass, who acts under `user` if that is given.
    pub(crate) async fn admin(
        &self,
        peer: PeerThumbprint,
        user: Option<&str>,
    ) -> Result<Caller, ApiError> {
        let Some(thumbprint) = peer.0 else {
            let message = "give a login's name and password, or an administrator's certificate";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "no_certificate", message));
        };
        match self.right_of(thumbprint).await? {
            Some(Right { role: CertificateRole::Admin, .. }) => {
                let name =
                    user.map_or_else(|| format!("certificate {thumbprint:?}"), str::to_owned);
                Ok(Caller::admin(name))
            }
            Some(Right { role, .. }) => Err(ApiError::forbidden(
                "not_an_administrator",
                format!(
                    "the certificate {thumbprint} is trusted as {role}, not as an administrator: \
                     use the certificate that `packhorse init` made for this"
                ),
            )),
            None => Err(ApiError::forbidden(
                "unknown_certificate",
                format!(
                    "the certificate {thumbprint} is not trusted: use the administrator's \
                     certificate that `packhorse init` made"
                ),
            )),
        }
    }

    /// Forgets what is known of certificates: something has changed.
    pub(crate) fn forget(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn right_of(&self, thumbprint: Thumbprint) -> Result<Option<Right>, ApiError> {
        if let Some(right) = self.kept(thumbprint) {
            return Ok(Some(right));
        }
        // Before the lookup: a change after it counts.
        let changes = *self.changes.borrow();
        let text = thumbprint.to_string();
        let found = self.catalog.read(move |tx| certificate_of(tx, &text)).await?;
        let right = found.map(|found| Right { role: found.role, agent: found.agent });
        if let Some(right) = right {
            self.keep(thumbprint, Kept { right, since: Instant::now(), changes });
        }
        Ok(right)
    }

    fn kept(&self, thumbprint: Thumbprint) -> Option<Right> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let one = kept.get(&thumbprint)?;
        let counts = one.since.elapsed() < KEPT_FOR && one.changes == *self.changes.borrow();
        counts.then_some(one.right)
    }

    fn keep(&self, thumbprint: Thumbprint, one: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if KEPT_MAX <= kept.len() {
            kept.clear();
        }
        kept.insert(thumbprint, one);
    }
}

fn shown(peer: PeerThumbprint) -> Result<Thumbprint, ApiError> {
    peer.0.ok_or_else(|| {
        let message = "a client certificate is needed here: give one that the catalog trusts";
        ApiError::forbidden("no_certificate", message)
    })
}
