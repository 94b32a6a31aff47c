//! Data connections: made from here in passive mode, waited for in active mode.
//!
//! Source: RFC 959 4.1.2 (PASV, PORT), RFC 2428 (EPSV, EPRT) for IPv6.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

use super::FtpError;
use super::control::{Control, Reply};
use super::paced::{self, Paced};

/// A data connection to be.
pub(super) enum Way {
    /// One that is there already.
    Made(TcpStream),
    /// One that the server is going to make.
    Awaited(TcpListener),
}

impl Way {
    /// Tells the server how the next transfer's data connection comes about.
    pub(super) fn prepare(control: &mut Control<'_>, passive: bool) -> Result<Self, FtpError> {
        let (server, here) = control.ends()?;
        if passive {
            let port = match server.ip() {
                IpAddr::V4(_) => port_of_pasv(&control.expect("PASV", "", 2)?)?,
                IpAddr::V6(_) => port_of_epsv(&control.expect("EPSV", "", 2)?)?,
            };
            let host = server.ip().to_string();
            let made = paced::connect(&host, port, control.time_max(), control.stop());
            return made.map(Self::Made).map_err(FtpError::Connection);
        }
        let listener = TcpListener::bind((here.ip(), 0)).map_err(FtpError::Connection)?;
        let address = listener.local_addr().map_err(FtpError::Connection)?;
        match address.ip() {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                let [high, low] = address.port().to_be_bytes();
                control.expect("PORT", &format!("{a},{b},{c},{d},{high},{low}"), 2)?;
            }
            IpAddr::V6(ip) => {
                control.expect("EPRT", &format!("|2|{ip}|{}|", address.port()), 2)?;
            }
        }
        Ok(Self::Awaited(listener))
    }

    /// The connection, once the server has said that the transfer begins.
    pub(super) fn open<'a>(self, control: &Control<'a>) -> Result<Paced<'a>, FtpError> {
        let (time_max, stop) = (control.time_max(), control.stop());
        let stream = match self {
            Self::Made(stream) => stream,
            Self::Awaited(listener) => {
                let (server, _) = control.ends()?;
                let accepted = listener
                    .set_nonblocking(true)
                    .and_then(|()| paced::until(time_max, stop, || accept(&listener, server)));
                accepted.map_err(FtpError::Connection)?
            }
        };
        Paced::new(stream, time_max, stop).map_err(FtpError::Connection)
    }
}

/// A connection from the server; others are turned away.
fn accept(listener: &TcpListener, server: SocketAddr) -> io::Result<TcpStream> {
    match listener.accept() {
        Ok((stream, from)) if from.ip() == server.ip() => Ok(stream),
        Ok(_) => Err(io::ErrorKind::WouldBlock.into()),
        Err(error) => {
            std::thread::sleep(paced::SLICE);
            Err(error)
        }
    }
}

/// `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`; some servers leave the parentheses out.
fn port_of_pasv(reply: &Reply) -> Result<u16, FtpError> {
    let text = reply.text();
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != ',').find_map(|part| {
        let numbers: Option<Vec<u8>> = part.split(',').map(|n| n.parse().ok()).collect();
        numbers.filter(|numbers| numbers.len() == 6)
    });
    let port = numbers.map(|numbers| u16::from_be_bytes([numbers[4], numbers[5]]));
    port.ok_or_else(|| FtpError::Answer { text: reply.to_string() })
}

/// `229 Entering Extended Passive Mode (|||port|)`; the bar may be another character.
fn port_of_epsv(reply: &Reply) -> Result<u16, FtpError> {
    let inside = reply.text().split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let port = inside.and_then(|(inside, _)| {
        let bar = inside.chars().next()?;
        inside.split(bar).nth(3)?.parse().ok()
    });
    port.ok_or_else(|| FtpError::Answer { text: reply.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_passive_mode_are_found_however_they_are_put() {
        for text in [
            "Entering Passive Mode (10,0,0,1,8,73).",
            "Entering Passive Mode 10,0,0,1,8,73",
            "=10,0,0,1,8,73",
        ] {
            assert_eq!(port_of_pasv(&Reply::new(227, text)).unwrap(), 2121, "{text}");
        }
        for text in ["Entering Extended Passive Mode (|||2121|)", "ok (!!!2121!)"] {
            assert_eq!(port_of_epsv(&Reply::new(229, text)).unwrap(), 2121, "{text}");
        }
        for text in ["", "10,0,0,1,8", "(10,0,0,1,8,300)", "(|||x|)", "(|||)"] {
            port_of_pasv(&Reply::new(227, text)).unwrap_err();
            port_of_epsv(&Reply::new(229, text)).unwrap_err();
        }
    }
}
