//! Serves T-SQL clients: every SQL Server client, over TDS, with and without TLS.
//!
//! ```text
//!   TdsListener ──accepts──▶ Connection ──▶ Work: one request on a thread ──▶ Conversation
//!        │                       │ login                                     (tsql::Session)
//!        └── Phase: drain, cut   └──▶ Hosts
//! ```
//!
//! What the bytes mean is the crate `tds`, what the statements mean `tsql`, what there is to be
//! queried the [`Hosts`]. Here they are put together with sockets, TLS and threads.
//!
//! # Invariants
//!
//! * An idle client costs no thread. A running request costs one, of a bounded number.
//! * However slow a client reads, what waits for it has a fixed size.
//! * After shutdown no request runs and no connection is open.
//!
//! Read `connection.rs` first, then `work.rs` and `response.rs`.

mod browser;
mod calls;
mod catalog_hosts;
mod connection;
mod host;
mod options;
mod response;
mod server;
mod service;
mod sessions;
mod stream;
mod types;
mod values;
mod work;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use transport::{Credentials, Doorkeeper, Visitor, keep_alive};

pub use browser::SqlBrowser;
pub(crate) use catalog_hosts::CatalogHosts;
pub use host::{ConnectionFacts, Conversation, Elsewhere, Hosts, LoginRefusal, Welcome};
pub use options::{TdsOptions, TdsStartError};
pub(crate) use service::TdsService;
pub use sessions::Sessions;

use connection::{Connection, Ending};
use server::{Acceptors, Phase, Server};

/// How long to wait after the system could not take a connection (no file handles left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// After how long a silent client is asked whether it lives: SQL Server's KeepAlive default.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(30);

/// How long requests may take to end that are being stopped.
const CUT_WITHIN: Duration = Duration::from_secs(5);

/// A bound port. Nothing is taken before [`TdsListener::serve`].
pub struct TdsListener {
    tcp: TcpListener,
    local: SocketAddr,
    options: TdsOptions,
    acceptors: Acceptors,
    sessions: Sessions,
}

impl TdsListener {
    /// Binds the port.
    pub async fn bind(
        options: TdsOptions,
        credentials: impl Into<Credentials>,
    ) -> Result<Self, TdsStartError> {
        let address = options.address;
        let failed = |source: io::Error| match source.kind() == io::ErrorKind::AddrInUse {
            true => TdsStartError::InUse { address, source },
            false => TdsStartError::Listen { address, source },
        };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        keep_alive(&tcp, KEEP_ALIVE_AFTER).map_err(failed)?;
        let local = tcp.local_addr().map_err(failed)?;
        let acceptors = Acceptors::new(&credentials.into())?;
        Ok(Self { tcp, local, options, acceptors, sessions: Sessions::default() })
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Who is connected.
    pub fn sessions(&self) -> Sessions {
        self.sessions.clone()
    }

    /// Serves until `shutdown` is ready, then lets requests that run end. Meanwhile new clients
    /// are told to go elsewhere.
    pub async fn serve(self, hosts: Arc<dyn Hosts>, shutdown: impl Future<Output = ()>) {
        let Self { tcp, options, acceptors, sessions, .. } = self;
        let places = Arc::new(Semaphore::new(options.connections_max));
        let server = Arc::new(Server::new(&options, acceptors, sessions, hosts));
        let (phase, phases) = watch::channel(Phase::Serving);
        let door = Door { tcp, places, server, phases, doorkeeper: Doorkeeper::default() };
        let mut clients = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = clients.join_next(), if !clients.is_empty() => {}
                client = door.next_client() => drop(clients.spawn(client)),
            }
        }
        phase.send_replace(Phase::Draining);
        let drained = timeout(options.drain_timeout, drain(&door, &mut clients)).await;
        drop(door);
        if drained.is_ok() {
            return;
        }
        tracing::warn!(left = clients.len(), "stopping T-SQL requests that outlast the shutdown");
        phase.send_replace(Phase::Cutting);
        let ended = async { while clients.join_next().await.is_some() {} };
        if timeout(CUT_WITHIN, ended).await.is_err() {
            tracing::warn!(left = clients.len(), "T-SQL requests do not stop and are left");
            clients.shutdown().await;
        }
    }
}

/// Waits for the clients that are there. Those that come meanwhile hear where to go.
async fn drain(door: &Door, clients: &mut JoinSet<()>) {
    while !clients.is_empty() {
        tokio::select! {
            _ = clients.join_next() => {}
            client = door.next_client() => drop(clients.spawn(client)),
        }
    }
}

/// Where clients come in.
struct Door {
    tcp: TcpListener,
    places: Arc<Semaphore>,
    server: Arc<Server>,
    phases: watch::Receiver<Phase>,
    /// Whoever has not logged in yet gives way to others.
    doorkeeper: Doorkeeper,
}

impl Door {
    /// Waits for a free place, then for a client. What it gives serves the client.
    async fn next_client(&self) -> impl Future<Output = ()> + Send + 'static {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let (socket, peer) = loop {
            match self.tcp.accept().await {
                Ok(taken) => break taken,
                Err(error) => {
                    tracing::warn!(%error, "cannot take a T-SQL connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        };
        let (server, phase) = (Arc::clone(&self.server), self.phases.clone());
        let visitor = self.doorkeeper.admit(peer.ip());
        async move {
            serve_one(server, (socket, peer), phase, visitor).await;
            drop(place);
        }
    }
}

async fn serve_one(
    server: Arc<Server>,
    (socket, peer): (TcpStream, SocketAddr),
    phase: watch::Receiver<Phase>,
    visitor: Visitor,
) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot turn off delays");
    }
    let Some(place) = server.sessions.enter() else {
        tracing::warn!(%peer, "no T-SQL session is free");
        return;
    };
    let session = place.number();
    match Box::pin(Connection::serve(server, socket, (place, visitor), phase)).await {
        Ending::HungUp | Ending::Stopping => tracing::trace!(%peer, session, "T-SQL client left"),
        ending @ (Ending::Closed(_)
        | Ending::Broken(_)
        | Ending::TooSlow
        | Ending::GaveWay
        | Ending::Killed
        | Ending::Fatal) => {
            let error = crate::error::chain(&ending);
            tracing::debug!(%peer, session, error, "a T-SQL connection has ended");
        }
    }
}
