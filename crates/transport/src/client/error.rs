//! Why a call failed, with the server's name and the next step.

use std::io;
use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;

use crate::{Thumbprint, TlsError};

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No server was given.
    #[error("no master endpoint is given: set MasterEndpoint to https://host:port")]
    NoEndpoint,
    /// A server's address cannot be read.
    #[error("`{endpoint}` is not a master's endpoint (https://host:port): {reason}")]
    BadEndpoint {
        /// As given.
        endpoint: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The client's own certificate cannot be used.
    #[error(transparent)]
    Identity(#[from] TlsError),
    /// No connection to a server.
    #[error(
        "cannot reach the master at {endpoint}: check that it runs, that the port is right and \
         that no firewall is between"
    )]
    Unreachable {
        /// Which server.
        endpoint: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Something else than a server of ours answers, or TLS fails.
    #[error("no TLS with the master at {endpoint}: check that a master listens at that port")]
    Handshake {
        /// Which server.
        endpoint: String,
        /// What TLS says.
        #[source]
        source: io::Error,
    },
    /// The server's certificate is not pinned.
    #[error(
        "the master at {endpoint} shows the certificate {presented}, which is not trusted here: \
         if it is right, add it to MasterHttpsCertThumbprint"
    )]
    Untrusted {
        /// Which server.
        endpoint: String,
        /// What it showed.
        presented: Thumbprint,
    },
    /// The connection broke before the answer was complete. The call may have been carried out.
    #[error("the connection to {endpoint} broke before it answered {path}")]
    Lost {
        /// Which server.
        endpoint: String,
        /// What was asked.
        path: String,
        /// What HTTP says.
        #[source]
        source: hyper::Error,
    },
    /// The deadline passed. The call may have been carried out.
    #[error("no answer from {endpoint} to {path} within {deadline:?}")]
    Deadline {
        /// The server that was asked last.
        endpoint: String,
        /// What was asked.
        path: String,
        /// The time it had.
        deadline: Duration,
    },
    /// The server answered, and refused.
    #[error("{message}")]
    Refused {
        /// Which server.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// Stable name of the kind of error.
        error: String,
        /// What happened and what to do next, in the server's words.
        message: String,
        /// The catalog's error number, where it has one.
        number: Option<i32>,
    },
    /// The server answered, and says of itself that it is not one for this client.
    #[error("{endpoint}: {message}")]
    Unfit {
        /// Which server.
        endpoint: String,
        /// What is wrong with it, in the words of this program.
        message: String,
    },
    /// The answer is longer than any correct one.
    #[error("the answer of {endpoint} to {path} is longer than {bytes_max} bytes")]
    TooLong {
        /// Which server.
        endpoint: String,
        /// What was asked.
        path: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The answer is not what was expected.
    #[error("the answer of {endpoint} to {path} is not understood: check that versions match")]
    Decode {
        /// Which server.
        endpoint: String,
        /// What was asked.
        path: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The request cannot be written as JSON.
    #[error("the request for {path} cannot be written as JSON")]
    Encode {
        /// What was asked.
        path: String,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// The path has characters that a URI cannot have.
    #[error("`{path}` is not a path")]
    BadPath {
        /// As given.
        path: String,
        /// What is wrong with it.
        #[source]
        source: hyper::http::Error,
    },
    /// What was downloaded cannot be written down.
    #[error("cannot write what {path} answers")]
    Write {
        /// What was asked.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// What servers of ours put into the body of a refusal.
#[derive(Deserialize)]
struct Body {
    error: String,
    message: String,
    #[serde(default)]
    number: Option<i32>,
}

impl ClientError {
    /// Whether the same call can succeed later without anybody doing anything about it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Handshake { .. }
            | Self::Lost { .. }
            | Self::Deadline { .. } => true,
            Self::Refused { status, .. } => matches!(*status, 408 | 429) || *status >= 500,
            Self::NoEndpoint
            | Self::BadEndpoint { .. }
            | Self::Identity(_)
            | Self::Untrusted { .. }
            | Self::Unfit { .. }
            | Self::TooLong { .. }
            | Self::Decode { .. }
            | Self::Encode { .. }
            | Self::BadPath { .. }
            | Self::Write { .. } => false,
        }
    }

    /// Whether another server of the list might do better.
    pub(crate) fn may_differ_elsewhere(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Handshake { .. }
            | Self::Lost { .. }
            | Self::Untrusted { .. }
            | Self::Unfit { .. } => true,
            Self::Refused { status, .. } => *status == StatusCode::SERVICE_UNAVAILABLE.as_u16(),
            Self::NoEndpoint
            | Self::BadEndpoint { .. }
            | Self::Identity(_)
            | Self::Deadline { .. }
            | Self::TooLong { .. }
            | Self::Decode { .. }
            | Self::Encode { .. }
            | Self::BadPath { .. }
            | Self::Write { .. } => false,
        }
    }

    /// Of two servers' errors, the one that helps more: an answer rather than silence.
    pub(crate) fn more_telling(earlier: Option<Self>, later: Self) -> Self {
        match earlier {
            Some(earlier) if later.rank() <= earlier.rank() => earlier,
            Some(_) | None => later,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Refused { .. } | Self::Unfit { .. } => 3,
            Self::Untrusted { .. } => 2,
            Self::Lost { .. } => 1,
            Self::NoEndpoint
            | Self::BadEndpoint { .. }
            | Self::Identity(_)
            | Self::Unreachable { .. }
            | Self::Handshake { .. }
            | Self::Deadline { .. }
            | Self::TooLong { .. }
            | Self::Decode { .. }
            | Self::Encode { .. }
            | Self::BadPath { .. }
            | Self::Write { .. } => 0,
        }
    }

    /// The error for a status other than success.
    pub(crate) fn refused(endpoint: String, status: StatusCode, body: &[u8]) -> Self {
        let body = serde_json::from_slice(body).unwrap_or_else(|_| Body {
            error: "http".to_owned(),
            message: format!("{endpoint} answered {status}: check that a master listens there"),
            number: None,
        });
        Self::Refused {
            endpoint,
            status: status.as_u16(),
            error: body.error,
            message: body.message,
            number: body.number,
        }
    }
}
