//! Finding out that a peer vanished without a word, where the protocol has no message for it.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};

/// How often a probe is sent to a peer that does not answer.
const INTERVAL: Duration = Duration::from_secs(5);

/// How many probes may stay without an answer.
const PROBES: u32 = 3;

/// Lets the kernel ask a silent peer whether it lives, first after `idle` (whole seconds). Set on
/// a listening socket, it holds for every connection that is taken from it.
pub fn keep_alive(socket: &impl AsFd, idle: Duration) -> io::Result<()> {
    let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    setsockopt(socket, sockopt::KeepAlive, &true)?;
    setsockopt(socket, sockopt::TcpKeepIdle, &seconds(idle))?;
    setsockopt(socket, sockopt::TcpKeepInterval, &seconds(INTERVAL))?;
    setsockopt(socket, sockopt::TcpKeepCount, &PROBES)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use nix::sys::socket::getsockopt;

    use super::*;

    #[test]
    fn connections_have_what_their_listener_has() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        keep_alive(&listener, Duration::from_secs(30)).unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (taken, _) = listener.accept().unwrap();
        assert!(getsockopt(&taken, sockopt::KeepAlive).unwrap());
        assert_eq!(getsockopt(&taken, sockopt::TcpKeepIdle).unwrap(), 30);
    }
}
