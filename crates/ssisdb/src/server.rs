//! The server that clients connect to: what all its connections share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Caller, Catalog};
use model::Timestamp;
use tokio::runtime::Handle;
use tsql::host::Host;
use tsql::session::GlobalTables;

use crate::connection::Connection;

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    /// `@@SERVERNAME`.
    pub server_name: String,
    /// `SERVERPROPERTY('MachineName')`.
    pub machine_name: String,
    /// The TCP port, as connections show it.
    pub port: u16,
    /// The version of this program, as `@@VERSION` shows it behind the version that it speaks for.
    pub program_version: String,
}

/// A client that has logged in.
#[derive(Clone)]
pub struct Client {
    /// Who it is, and what it may do.
    pub caller: Caller,
    /// The session's number: `@@SPID`.
    pub session: i16,
    /// The client's machine, as it says.
    pub host_name: String,
    /// The client's program, as it says.
    pub program: String,
    /// The client's address.
    pub address: String,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// Ends the connection, for `KILL`.
    pub kill: Arc<dyn Fn() + Send + Sync>,
}

/// What a server asks of the world outside the catalog.
pub trait Probe: Send + Sync {
    /// Logs in with a connection string of OLE DB, asks a query, and gives its first row as texts.
    /// Or gives the reason why it cannot, without anything secret of the string. It may take as
    /// long as the string's own time-out.
    fn ask(&self, connection_string: &str, query: &str) -> Result<Vec<Option<String>>, String>;

    /// The SHA-256 thumbprint of the certificate that is shown at `https://host:port`, or the
    /// reason why there is none.
    fn certificate_at(&self, address: &str) -> Result<String, String>;

    /// Where a file is on this machine that a script names, by a Windows path perhaps. Gives the
    /// reason why that cannot be said. The file need not be there.
    fn locate(&self, path: &str) -> Result<PathBuf, String>;
}

/// A server. Clones share it.
#[derive(Clone)]
pub struct Server(Arc<Shared>);

/// What connections share.
pub(crate) struct Shared {
    pub(crate) catalog: Catalog,
    pub(crate) runtime: Handle,
    pub(crate) facts: ServerFacts,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) started: Timestamp,
    /// How many clients have logged in.
    pub(crate) connections: AtomicI64,
    /// Packets: those that came, those that went, those that could not be read.
    pub(crate) packets: [AtomicI64; 3],
    /// The `##tables` that connections share.
    pub(crate) globals: Arc<GlobalTables>,
    sessions: Mutex<BTreeMap<i16, SessionEntry>>,
}

/// A session, as `sys.dm_exec_sessions` shows it.
#[derive(Clone)]
pub(crate) struct SessionEntry {
    pub(crate) client: Client,
    pub(crate) since: Timestamp,
}

impl Server {
    /// A server over `catalog`. Its connections wait for the catalog on `runtime`, so they are
    /// used on threads that are not the runtime's own.
    pub fn new(
        catalog: Catalog,
        runtime: Handle,
        facts: ServerFacts,
        probe: Arc<dyn Probe>,
    ) -> Self {
        let (started, sessions) = (now(), Mutex::default());
        let connections = AtomicI64::new(0);
        let globals = Arc::default();
        Self(Arc::new(Shared {
            catalog,
            runtime,
            facts,
            probe,
            started,
            connections,
            packets: Default::default(),
            globals,
            sessions,
        }))
    }

    /// Packets came, went, or could not be read: `@@PACK_RECEIVED` and its like.
    pub fn count_packets(&self, received: u64, sent: u64, broken: u64) {
        for (count, more) in self.0.packets.iter().zip([received, sent, broken]) {
            count.fetch_add(more.cast_signed(), Ordering::Relaxed);
        }
    }

    /// The host of a client's session. The session is listed until it is dropped.
    pub fn connect(&self, client: Client) -> Arc<dyn Host> {
        let entry = SessionEntry { client: client.clone(), since: now() };
        self.0.sessions().insert(client.session, entry);
        self.0.connections.fetch_add(1, Ordering::Relaxed);
        Arc::new(Connection::new(Arc::clone(&self.0), client))
    }
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, BTreeMap<i16, SessionEntry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sessions that are connected, by number.
    pub(crate) fn session_entries(&self) -> Vec<SessionEntry> {
        self.sessions().values().cloned().collect()
    }

    /// The session with this number.
    pub(crate) fn session(&self, number: i16) -> Option<SessionEntry> {
        self.sessions().get(&number).cloned()
    }

    pub(crate) fn forget(&self, session: i16) {
        self.sessions().remove(&session);
    }
}

pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}
