//! Workers, masters and the certificates that they show.

use std::collections::BTreeMap;

use model::{AgentId, Timestamp};
use serde::{Deserialize, Serialize};

/// Answer to `GET /api/workers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workers {
    /// By name.
    pub workers: Vec<WorkerRow>,
}

/// A row of `catalog.worker_agents`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerRow {
    /// `WorkerAgentId`.
    pub worker_agent_id: AgentId,
    /// Whether it is given tasks.
    pub is_enabled: bool,
    /// `DisplayName`.
    pub display_name: String,
    /// `Description`.
    pub description: String,
    /// Its host.
    pub machine_name: String,
    /// Free text, set by administrators.
    pub tags: String,
    /// The account that its packages run under.
    pub user_account: String,
    /// Its last sign of life.
    pub last_online_time: Timestamp,
    /// Whether that is recent.
    pub is_online: bool,
    /// How many tasks it holds.
    pub running: u32,
    /// The version of its program.
    pub version: String,
}

/// Answer to requests that change something and have nothing to say about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Always true.
    pub done: bool,
}

/// Answer to `GET /api/master`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MasterInfo {
    /// Version of this master's program.
    pub version: String,
    /// Thumbprint (SHA-256) of this master's certificate.
    pub thumbprint: String,
    /// The same certificate's SHA-1 thumbprint, as Windows shows it.
    pub thumbprint_sha1: String,
    /// First port that this master listens on.
    pub port: u16,
    /// Rows of `catalog.master_properties`.
    pub properties: BTreeMap<String, String>,
    /// Whether Scale Out is enabled (`catalog.enable_scaleout`).
    pub scaleout_enabled: bool,
    /// Workers whose claims this master holds now.
    pub waiting_claims: u32,
    /// The version of the protocol that it speaks.
    #[serde(default)]
    pub protocol: u32,
    /// `serving`, `standby` or `waiting` (for SSISDB).
    #[serde(default)]
    pub standing: String,
}

/// Answer to `GET /api/masters`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MasterList {
    /// By machine.
    pub masters: Vec<MasterRow>,
}

/// A master that is online, or was less than a day ago and did not say that it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MasterRow {
    /// Its host.
    pub machine_name: String,
    /// Where it listens for workers.
    pub port: u16,
    /// `https://host:port`, as others reach it.
    pub address: String,
    /// The version of its program.
    pub version: String,
    /// The version of the protocol that it speaks.
    pub protocol: u32,
    /// The newest schema of SSISDB that it knows.
    pub schema: i64,
    /// `serving`, `standby` or `waiting` (for SSISDB).
    pub standing: String,
    /// Its last sign of life.
    pub last_online_time: Timestamp,
    /// Whether that is recent.
    pub is_online: bool,
}

/// Answer to `GET /api/certificates`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificates {
    /// Those that are trusted.
    pub certificates: Vec<CertificateRow>,
}

/// A certificate that masters trust.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateRow {
    /// SHA-256, uppercase hexadecimal.
    pub thumbprint: String,
    /// What it may do: `worker`, `admin` or `master`.
    pub role: String,
    /// The worker that it belongs to.
    pub worker_agent_id: Option<AgentId>,
    /// Who trusted it.
    pub added_by_name: String,
    /// When.
    pub added_time: Timestamp,
}

/// Body of `POST /api/certificates`: trust a certificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrustCertificate {
    /// SHA-256 of the certificate, with or without colons.
    pub thumbprint: String,
    /// What it may do: `worker`, `admin` or `master`.
    pub role: String,
    /// For a worker: its `WorkerAgentId`, the only one that it may speak for.
    #[serde(default)]
    pub worker_agent_id: Option<AgentId>,
}

/// Answer to `POST /api/certificates`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateTrusted {
    /// SHA-256, uppercase hexadecimal.
    pub thumbprint: String,
}
