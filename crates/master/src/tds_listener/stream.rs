//! A client's socket, before, in and after TLS.
//!
//! ```text
//!   TcpStream ── Wire (puts TLS records into TDS packets, or not) ── Plain or Tls
//! ```
//!
//! # Invariants
//!
//! * While hands are shaken in the tunnel, no byte behind the current packet reaches TLS.
//! * Records that were taken are sent before anything that is written later.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tds::session::TlsTunnel;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A connection's stream.
pub(super) enum Stream {
    /// Without TLS.
    Plain(Wire),
    /// Inside TLS.
    Tls(Box<TlsStream<Wire>>),
    /// A handshake has failed.
    Gone,
}

impl Stream {
    /// A stream without TLS.
    pub(super) fn plain(socket: TcpStream) -> Stream {
        Stream::Plain(Wire { socket, tunnel: None })
    }

    /// Shakes hands before the first TDS byte.
    pub(super) async fn start_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        let Stream::Plain(wire) = std::mem::replace(self, Stream::Gone) else {
            return Err(gone());
        };
        *self = Stream::Tls(Box::new(acceptor.accept(wire).await?));
        Ok(())
    }

    /// Shakes hands inside TDS packets.
    pub(super) async fn start_tls_in_tunnel(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        if let Stream::Plain(wire) = self {
            wire.tunnel = Some(Tunnel::default());
        }
        self.start_tls(acceptor).await?;
        if let Stream::Tls(tls) = self {
            tls.get_mut().0.leave_tunnel()?;
        }
        Ok(())
    }

    /// Goes on without TLS.
    pub(super) fn stop_tls(&mut self) {
        *self = match std::mem::replace(self, Stream::Gone) {
            Stream::Tls(tls) => Stream::Plain(tls.into_inner().0),
            Stream::Plain(wire) => Stream::Plain(wire),
            Stream::Gone => Stream::Gone,
        };
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the TLS handshake has failed")
}

/// The socket, with the packets that TLS records are put into at first.
pub(super) struct Wire {
    socket: TcpStream,
    tunnel: Option<Tunnel>,
}

/// What is on its way while hands are shaken in packets.
#[derive(Default)]
struct Tunnel {
    packets: TlsTunnel,
    /// Bytes of the socket that no packet has claimed yet.
    unread: Vec<u8>,
    /// Records that wait for their flush, which makes a message of them.
    records: Vec<u8>,
    /// Packets that wait for the socket.
    unsent: Vec<u8>,
}

impl Wire {
    /// From here on records travel alone. The client has the server's last word when the
    /// handshake is over, so nothing may be left.
    fn leave_tunnel(&mut self) -> io::Result<()> {
        let left = self.tunnel.take().unwrap_or_default();
        match left.unread.is_empty() && left.records.is_empty() && left.unsent.is_empty() {
            true => Ok(()),
            false => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the client went on before the TLS handshake was over",
            )),
        }
    }
}

impl Tunnel {
    /// Hands out what the packets that are here hold. False if more has to be read first.
    fn take(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<bool> {
        let mut records = Vec::new();
        while records.is_empty() && !self.unread.is_empty() {
            let wanted = self.unread.len().min(buf.remaining());
            let used = self
                .packets
                .unwrap(&self.unread[..wanted], &mut records)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.unread.drain(..used);
        }
        buf.put_slice(&records);
        Ok(!records.is_empty())
    }

    fn poll_send(&mut self, socket: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let records = std::mem::take(&mut self.records);
        self.unsent.extend(TlsTunnel::wrap(&records));
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut *socket).poll_write(cx, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Wire { socket, tunnel } = &mut *self;
        let Some(tunnel) = tunnel else { return Pin::new(socket).poll_read(cx, buf) };
        while !tunnel.take(buf)? {
            // One packet at most is here at a time: the client waits for an answer to each.
            let mut bytes = [0; 4096];
            let mut piece = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut *socket).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            tunnel.unread.extend_from_slice(piece.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Wire { socket, tunnel } = &mut *self;
        let Some(tunnel) = tunnel else { return Pin::new(socket).poll_write(cx, bytes) };
        tunnel.records.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Wire { socket, tunnel } = &mut *self;
        if let Some(tunnel) = tunnel {
            ready!(tunnel.poll_send(socket, cx))?;
        }
        Pin::new(socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::Plain(wire) => Pin::new(wire).poll_read(cx, buf),
            Stream::Tls(tls) => match ready!(Pin::new(tls).poll_read(cx, buf)) {
                // Clients hang up without the word that TLS has for it.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                read => Poll::Ready(read),
            },
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Stream::Plain(wire) => Pin::new(wire).poll_write(cx, bytes),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::Plain(wire) => Pin::new(wire).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::Plain(wire) => Pin::new(wire).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }
}
