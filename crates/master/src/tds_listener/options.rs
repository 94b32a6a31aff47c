//! How a listener is set up, and why one cannot be.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use transport::TlsError;

/// How to serve T-SQL clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TdsOptions {
    /// Where to listen. Port 0 lets the system choose.
    pub address: SocketAddr,
    /// Whether clients that cannot encrypt are turned away.
    pub force_encryption: bool,
    /// How many requests run at once, each on a thread.
    pub batches_max: usize,
    /// How many clients may be connected; more wait in the kernel.
    pub connections_max: usize,
    /// The server's name, which messages are signed with.
    pub server_name: String,
    /// The instance's name.
    pub instance: String,
    /// How long requests may go on after shutdown.
    pub drain_timeout: Duration,
}

/// A listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TdsStartError {
    /// Another program has the port.
    #[error(
        "port {} for T-SQL clients is in use on {}: stop the program that listens there \
         (`ss -ltnp 'sport = :{}'` names it), set another TdsPort (`--tds-port`), or turn T-SQL \
         off with TdsEnabled = false",
        address.port(), address.ip(), address.port()
    )]
    InUse {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Anything else: the address is not of this machine, for example.
    #[error("cannot listen on {address} for T-SQL clients")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The port of the SQL Server Browser cannot be had.
    #[error(
        "cannot listen on UDP port {} for clients that look for an instance: stop the program \
         that listens there (`ss -lunp 'sport = :{}'` names it), or set SqlBrowserEnabled = false",
        address.port(), address.port()
    )]
    Browser {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}
