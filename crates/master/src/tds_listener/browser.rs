//! SQL Server Browser: tells clients that ask for `HOST\INSTANCE` the instance's port.

use std::net::SocketAddr;
use std::time::Duration;

use tds::browser::{BrowserRequest, Instance};
use tokio::net::UdpSocket;
use tokio::time::sleep;

use super::options::TdsStartError;

/// More than a question can have; the rest of a longer datagram is lost.
const DATAGRAM_MAX: usize = 512;

/// How long to wait after the system could not give a datagram.
const PAUSE: Duration = Duration::from_millis(20);

/// The product version that clients are told: that of LOGINACK.
const VERSION: &str = "16.0.1000.6";

/// A bound UDP port.
pub struct SqlBrowser {
    socket: UdpSocket,
    local: SocketAddr,
    instance: Instance,
}

impl SqlBrowser {
    /// Binds the port, to tell of one instance of the machine `server`.
    pub async fn bind(
        address: SocketAddr,
        server: &str,
        instance: &str,
        port: u16,
    ) -> Result<Self, TdsStartError> {
        let failed = |source| TdsStartError::Browser { address, source };
        let socket = UdpSocket::bind(address).await.map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        let instance = Instance {
            server: server.to_owned(),
            name: instance.to_owned(),
            version: VERSION.to_owned(),
            port,
        };
        Ok(Self { socket, local, instance })
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Answers until `shutdown` is ready. Whatever is not a question is left alone: there is
    /// nobody to complain to, and an answer could be meant to flood somebody else.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let answering = async {
            let mut datagram = [0; DATAGRAM_MAX];
            loop {
                let Ok((length, peer)) = self.socket.recv_from(&mut datagram).await else {
                    // The answer before could not be delivered, or memory is short.
                    sleep(PAUSE).await;
                    continue;
                };
                let question = BrowserRequest::decode(&datagram[..length]);
                let answer = question
                    .ok()
                    .and_then(|question| question.answer(std::slice::from_ref(&self.instance)));
                if let Some(answer) = answer
                    && let Err(error) = self.socket.send_to(&answer, peer).await
                {
                    tracing::debug!(%peer, %error, "cannot answer a client that looks for an instance");
                }
            }
        };
        tokio::select! {
            () = answering => {}
            () = shutdown => {}
        }
    }
}
