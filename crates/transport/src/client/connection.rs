//! The one connection that a client keeps to a server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{ClientError, Endpoint};
use crate::tls::NotPinned;
use crate::{Credentials, Pins, Thumbprint};

/// How long one address of a server may take to answer, and TLS after that. Short beside a
/// lease, so that a worker that renews has time left for the next master.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection is asked this often whether it lives, and is given up when it does not say so in
/// time: a master whose machine vanished is left before leases end.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer may be under way unread: project files arrive without waiting for
/// round trips.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 2 << 20;

/// A server, and the connection to it while there is one.
pub(crate) struct Slot {
    pub(crate) endpoint: Endpoint,
    kept: Mutex<Kept>,
}

/// How both ends of a connection show who they are.
pub(crate) struct Proof {
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) credentials: Credentials,
    pub(crate) pins: Pins,
}

#[derive(Default)]
struct Kept {
    open: Option<Open>,
    /// Counts connections, so that one that broke is not taken for its successor.
    number: u64,
}

/// A connection, and which certificates its two ends have shown.
struct Open {
    sender: http2::SendRequest<Full<Bytes>>,
    own: Thumbprint,
    server: Thumbprint,
}

impl Open {
    /// Whether it lives, and both certificates are still those to be shown and trusted.
    fn is_good(&self, proof: &Proof) -> bool {
        !self.sender.is_closed()
            && self.own == proof.credentials.thumbprint()
            && proof.pins.contains(self.server)
    }
}

/// A connection in use by one request. Others use the same at the same time.
pub(crate) struct Connection {
    sender: http2::SendRequest<Full<Bytes>>,
    number: u64,
    /// Whether it was made for this request: if it breaks, another attempt will not help.
    pub(crate) fresh: bool,
}

/// An answer's body could not be read.
pub(crate) enum ReadFailure {
    /// The connection broke.
    Lost(hyper::Error),
    /// It is longer than the limit.
    TooLong,
}

impl Slot {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, kept: Mutex::default() }
    }

    /// The kept connection, or a new one. Callers that come while one is being made wait for it.
    pub(crate) async fn connect(&self, proof: &Proof) -> Result<Connection, ClientError> {
        let mut kept = self.kept.lock().await;
        if let Some(open) = kept.open.as_ref().filter(|open| open.is_good(proof)) {
            return Ok(Connection {
                sender: open.sender.clone(),
                number: kept.number,
                fresh: false,
            });
        }
        // Requests that are under way on it have senders of their own.
        kept.open = None;
        let open = Box::pin(self.open(proof)).await?;
        let sender = open.sender.clone();
        kept.open = Some(open);
        kept.number += 1;
        Ok(Connection { sender, number: kept.number, fresh: true })
    }

    /// Gives a broken connection up.
    pub(crate) async fn forget(&self, broken: &Connection) {
        let mut kept = self.kept.lock().await;
        if kept.number == broken.number {
            kept.open = None;
        }
    }

    async fn open(&self, proof: &Proof) -> Result<Open, ClientError> {
        let stream = self.dial().await.map_err(|source| ClientError::Unreachable {
            endpoint: self.endpoint.to_string(),
            source,
        })?;
        // Read before the handshake: if it is exchanged meanwhile, the next request connects anew.
        let own = proof.credentials.thumbprint();
        let handshake = TlsConnector::from(Arc::clone(&proof.tls))
            .connect(self.endpoint.server_name.clone(), stream);
        let stream = timeout(CONNECT_TIMEOUT, handshake)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|error| self.handshake_failed(error))?;
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default().first();
        let server = Thumbprint::of(shown.map_or(&[], |certificate| certificate.as_ref()));
        Ok(Open { sender: self.start_http(stream).await?, own, server })
    }

    /// Tries each address of the server's name in turn.
    async fn dial(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in self.addresses().await? {
            match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(last)
    }

    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let lookup = lookup_host((self.endpoint.host.as_str(), self.endpoint.port));
        match timeout(CONNECT_TIMEOUT, lookup).await {
            Ok(addresses) => Ok(addresses?.collect()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn start_http(
        &self,
        stream: TlsStream<TcpStream>,
    ) -> Result<http2::SendRequest<Full<Bytes>>, ClientError> {
        let handshake = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(|source| ClientError::Lost {
            endpoint: self.endpoint.to_string(),
            path: "/".to_owned(),
            source,
        })?;
        let endpoint = self.endpoint.to_string();
        // Ends by itself when the last sender is gone or the connection breaks.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%endpoint, %error, "connection ended");
            }
        });
        Ok(sender)
    }

    fn handshake_failed(&self, source: io::Error) -> ClientError {
        let endpoint = self.endpoint.to_string();
        match not_pinned(&source) {
            Some(presented) => ClientError::Untrusted { endpoint, presented },
            None => ClientError::Handshake { endpoint, source },
        }
    }
}

impl Connection {
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }
}

fn not_pinned(error: &io::Error) -> Option<Thumbprint> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) = error else {
        return None;
    };
    other.0.downcast_ref::<NotPinned>().map(|error| error.presented)
}
