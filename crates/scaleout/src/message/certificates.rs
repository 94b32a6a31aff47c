//! Which certificates masters and workers trust, and how they are exchanged.

use model::AgentId;
use serde::{Deserialize, Serialize};

/// The certificates of all masters, by thumbprint (SHA-256, uppercase hexadecimal). A worker
/// learns them from a master that it trusts, so that a master's certificate can be exchanged
/// without a word to each worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masters {
    /// Those that masters show or are about to show.
    pub trusted: Vec<String>,
    /// Those that no master shows any more, and that nobody is to be believed by.
    #[serde(default)]
    pub retired: Vec<String>,
}

/// A worker exchanges its certificate: the next one is trusted as this worker's before it is
/// shown, and the old one is forgotten after that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCertificates {
    /// Which worker.
    pub agent: AgentId,
    /// The certificate to trust from now on, as PEM.
    #[serde(default)]
    pub trust: Option<String>,
    /// Thumbprint (SHA-256) of the certificate to trust no longer; not the one that is shown with
    /// this request.
    #[serde(default)]
    pub retire: Option<String>,
}

/// Answer to [`ChangeCertificates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatesChanged {
    /// Always true.
    pub done: bool,
}
