//! What the connections of one listener have in common.

use std::sync::Arc;

use tds::SessionOptions;
use tds::prelogin::EncryptionPolicy;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use transport::{Credentials, TdsTls, TlsError, tds_config};

use super::host::Hosts;
use super::options::TdsOptions;
use super::sessions::Sessions;

/// How many logins are checked at once, each on a thread that mostly waits.
const LOGINS_MAX: usize = 16;

/// How the listener is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Requests are answered.
    Serving,
    /// Running requests may end; new clients are sent elsewhere.
    Draining,
    /// Running requests are stopped.
    Cutting,
}

/// Shared by all connections.
pub(super) struct Server {
    pub(super) hosts: Arc<dyn Hosts>,
    /// TLS inside TDS packets.
    pub(super) tunnelled: TlsAcceptor,
    /// TLS before TDS.
    pub(super) strict: TlsAcceptor,
    /// Places of running requests.
    pub(super) batches: Arc<Semaphore>,
    /// Places of logins that are being checked.
    pub(super) logins: Semaphore,
    pub(super) sessions: Sessions,
    session: SessionOptions,
}

/// Both ways of TLS.
pub(super) struct Acceptors {
    tunnelled: TlsAcceptor,
    strict: TlsAcceptor,
}

impl Acceptors {
    pub(super) fn new(credentials: &Credentials) -> Result<Self, TlsError> {
        let tunnelled = tds_config(credentials, TdsTls::Tunnelled)?.into();
        Ok(Self { tunnelled, strict: tds_config(credentials, TdsTls::Strict)?.into() })
    }
}

impl Server {
    pub(super) fn new(
        options: &TdsOptions,
        acceptors: Acceptors,
        sessions: Sessions,
        hosts: Arc<dyn Hosts>,
    ) -> Self {
        let forced = options.force_encryption;
        let session = SessionOptions {
            encryption: match forced {
                true => EncryptionPolicy::Forced,
                false => EncryptionPolicy::AsClientAsks,
            },
            instance: options.instance.clone(),
            server_name: options.server_name.clone(),
            ..SessionOptions::default()
        };
        let Acceptors { tunnelled, strict } = acceptors;
        let batches = Arc::new(Semaphore::new(options.batches_max));
        let logins = Semaphore::new(LOGINS_MAX);
        Self { hosts, tunnelled, strict, batches, logins, sessions, session }
    }

    /// What a new connection starts from.
    pub(super) fn options(&self) -> SessionOptions {
        self.session.clone()
    }

    /// What messages are signed with.
    pub(super) fn name(&self) -> &str {
        &self.session.server_name
    }
}
