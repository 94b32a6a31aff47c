//! How a worker comes to be trusted: with a token that an administrator made, or by approval.

use std::fmt;

use model::{AgentId, Timestamp};
use serde::{Deserialize, Serialize};

/// Body of `POST /api/joins`: let one more worker join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewJoin {
    /// Its `WorkerAgentId`; without one, a new one is made.
    #[serde(default)]
    pub worker_agent_id: Option<AgentId>,
}

/// Answer to `POST /api/joins`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinCreated {
    /// What the worker shows, once. It is nowhere else.
    pub token: String,
    /// The worker that it is for.
    pub worker_agent_id: AgentId,
    /// How long it can be spent, in milliseconds.
    pub valid_ms: u64,
    /// Thumbprints (SHA-256) of the masters' certificates.
    pub master_thumbprints: Vec<String>,
    /// `MASTER_ADDRESS`, where workers reach a master.
    pub master_endpoint: String,
}

impl fmt::Debug for JoinCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinCreated")
            .field("worker_agent_id", &self.worker_agent_id)
            .finish_non_exhaustive()
    }
}

/// Body of `POST /api/join`: trust the certificate that this request shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The token.
    pub token: String,
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").finish_non_exhaustive()
    }
}

/// Answer to `POST /api/join`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The worker that the certificate may speak for.
    pub worker_agent_id: AgentId,
    /// Thumbprints (SHA-256) of the masters' certificates, for the worker to pin.
    pub master_thumbprints: Vec<String>,
    /// Where other masters are reached, `https://host:port`.
    #[serde(default)]
    pub master_endpoints: Vec<String>,
}

/// Answer to `GET /api/workers/waiting`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingWorkers {
    /// Workers that this master turned away lately because nobody trusts their certificate.
    pub workers: Vec<WaitingWorker>,
}

/// A worker that introduced itself and is not trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingWorker {
    /// The id that it claims.
    pub worker_agent_id: AgentId,
    /// Thumbprint (SHA-256) of the certificate that it showed.
    pub thumbprint: String,
    /// The name that it claims.
    pub display_name: String,
    /// The host that it claims.
    pub machine_name: String,
    /// When it last asked.
    pub last_asked_time: Timestamp,
}

/// Body of `POST /api/workers/{id}`; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeWorker {
    /// `DisplayName`.
    #[serde(default)]
    pub display_name: Option<String>,
    /// `Description`.
    #[serde(default)]
    pub description: Option<String>,
    /// `Tags`.
    #[serde(default)]
    pub tags: Option<String>,
}
