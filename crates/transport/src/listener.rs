//! Takes HTTPS connections and serves them.
//!
//! One loop takes connections; everything that a slow or hostile client could draw out, the
//! handshake above all, happens in the connection's own tokio task and under a deadline. The
//! service finds a [`PeerThumbprint`] and the peer's [`SocketAddr`] among each request's
//! extensions, and the [`Visitor`], whom it may welcome before it answers.
//!
//! # Invariants
//!
//! * At most [`ListenOptions::connections_max`] connections are open, and few of them are of
//!   strangers: see [`Doorkeeper`]. More wait in the kernel.
//! * A connection holds a few megabytes at most, and none for a request that nobody reads.
//! * After shutdown no connection is taken, requests under way end within the drain deadline,
//!   and [`Listener::serve`] returns with no connection left.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{Doorkeeper, PeerSha1, PeerThumbprint, Sha1Thumbprint, Thumbprint, Visitor};

/// How long to wait after the system could not take a connection (no file handles left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How often a silent connection is asked whether it lives, and how long it may take to say so:
/// peers that vanished without a word free their place within half a minute.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// How much of one request, and of all requests of a connection, may be under way unread.
/// Large enough that message batches are not slowed down by round trips.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// Requests at a time on one connection.
const STREAMS_MAX: u32 = 256;

/// Limits of a [`Listener`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenOptions {
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long requests may go on after shutdown.
    pub drain_timeout: Duration,
    /// How many connections may be open.
    pub connections_max: usize,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(10),
            connections_max: 4096,
        }
    }
}

/// The port cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has it.
    #[error(
        "port {} is in use on {}: stop the program that listens there (`ss -ltnp 'sport = :{}'` \
         names it) or set another PortNumber",
        address.port(), address.ip(), address.port()
    )]
    InUse {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The port needs a privilege.
    #[error(
        "no permission to listen on port {} of {}: set a PortNumber above 1023 or grant \
         CAP_NET_BIND_SERVICE",
        address.port(), address.ip()
    )]
    Forbidden {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Anything else: the address is not of this machine, for example.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A bound port. Nothing is taken before [`Listener::serve`].
pub struct Listener {
    tcp: TcpListener,
    local: SocketAddr,
    tls: TlsAcceptor,
    options: ListenOptions,
}

impl Listener {
    /// Binds a port; port 0 is one that the system chooses.
    pub async fn bind(
        address: SocketAddr,
        config: Arc<ServerConfig>,
        options: ListenOptions,
    ) -> Result<Self, ListenError> {
        let failed = |source: io::Error| {
            if source.kind() == io::ErrorKind::AddrInUse {
                ListenError::InUse { address, source }
            } else if source.kind() == io::ErrorKind::PermissionDenied {
                ListenError::Forbidden { address, source }
            } else {
                ListenError::Listen { address, source }
            }
        };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let local = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, local, tls: TlsAcceptor::from(config), options })
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Serves until `shutdown` is ready, then lets requests under way end.
    ///
    /// A tower service (an axum router) is wrapped in `hyper_util`'s `TowerToHyperService`.
    pub async fn serve<S, B>(self, service: S, shutdown: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let places = Arc::new(Semaphore::new(self.options.connections_max));
        let door = Doorkeeper::default();
        let (drain, draining) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                (stream, peer, place) = accept(&self.tcp, &places) => {
                    let connection = Connection {
                        tls: self.tls.clone(),
                        peer,
                        handshake_timeout: self.options.handshake_timeout,
                        draining: draining.clone(),
                        visitor: Arc::new(door.admit(peer.ip())),
                        _place: place,
                    };
                    connections.spawn(connection.serve(stream, service.clone()));
                }
            }
        }
        drop(self.tcp);
        drain.send_replace(true);
        finish(connections, self.options.drain_timeout).await;
    }
}

/// Waits for a free place, then for a connection.
async fn accept(
    tcp: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match tcp.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn finish(mut connections: JoinSet<()>, deadline: Duration) {
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(deadline, all).await.is_err() {
        tracing::warn!(left = connections.len(), "cutting off requests that outlast the shutdown");
        connections.shutdown().await;
    }
}

/// One connection's life, from handshake to end.
struct Connection {
    tls: TlsAcceptor,
    peer: SocketAddr,
    handshake_timeout: Duration,
    draining: watch::Receiver<bool>,
    /// A newcomer until one of its requests was not refused.
    visitor: Arc<Visitor>,
    /// Given back when the connection ends.
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    async fn serve<S, B>(self, stream: TcpStream, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut draining = self.draining.clone();
        let handshake = tokio::select! {
            handshake = self.handshake(stream) => handshake,
            () = drained(&mut draining) => return,
            () = self.visitor.must_leave() => return,
        };
        let Some(tls) = handshake else { return };
        let (thumbprint, sha1) = thumbprints_of(&tls);
        let visitor = Arc::clone(&self.visitor);
        let service = WithPeer { thumbprint, sha1, address: self.peer, visitor, service };
        let http = http();
        let mut connection = pin!(http.serve_connection(TokioIo::new(tls), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = drained(&mut draining) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = self.visitor.must_leave() => return,
        };
        if let Err(error) = ended {
            tracing::debug!(peer = %self.peer, %error, "connection ended early");
        }
    }

    async fn handshake(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(peer = %self.peer, %error, "cannot turn off delays");
        }
        match timeout(self.handshake_timeout, self.tls.accept(stream)).await {
            Ok(Ok(tls)) => Some(tls),
            Ok(Err(error)) => {
                tracing::warn!(peer = %self.peer, %error, "TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::warn!(peer = %self.peer, "TLS handshake took too long");
                None
            }
        }
    }
}

/// Returns when the listener shuts down.
async fn drained(draining: &mut watch::Receiver<bool>) {
    // An error means that the listener is gone, which is the same.
    drop(draining.wait_for(|draining| *draining).await);
}

fn thumbprints_of(tls: &TlsStream<TcpStream>) -> (PeerThumbprint, PeerSha1) {
    let (_, session) = tls.get_ref();
    let shown = session.peer_certificates().unwrap_or_default().first();
    let sha1 = PeerSha1(shown.map(|certificate| Sha1Thumbprint::of(certificate)));
    (PeerThumbprint(shown.map(|certificate| Thumbprint::of(certificate))), sha1)
}

fn http() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE_INTERVAL);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(KEEP_ALIVE_INTERVAL))
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(STREAMS_MAX);
    http
}

/// Adds who asks to each request.
struct WithPeer<S> {
    thumbprint: PeerThumbprint,
    sha1: PeerSha1,
    address: SocketAddr,
    visitor: Arc<Visitor>,
    service: S,
}

impl<S, B> Service<Request<Incoming>> for WithPeer<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.thumbprint);
        request.extensions_mut().insert(self.sha1);
        request.extensions_mut().insert(Arc::clone(&self.visitor));
        request.extensions_mut().insert(self.address);
        let (answer, visitor) = (self.service.call(request), Arc::clone(&self.visitor));
        Box::pin(async move {
            let answer = answer.await?;
            if answer.status().is_success() {
                visitor.is_welcome();
            }
            Ok(answer)
        })
    }
}
