//! The control connection: commands and replies.
//!
//! Source: RFC 959 4.2, 5.3.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::FtpError;
use super::paced::{Paced, Stop};

/// More than any server says in one line.
const LINE_BYTES_MAX: u64 = 8 * 1024;
/// More than any server says in one reply.
const LINES_MAX: usize = 1000;
/// How much of a reply is shown.
const SHOWN_MAX: usize = 500;

/// What a server says to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    #[cfg(test)]
    pub(super) fn new(code: u16, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }

    /// Its three digits.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// Its first digit: 1 begun, 2 done, 3 go on, 4 not now, 5 no.
    pub(super) const fn class(&self) -> u16 {
        self.code / 100
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text.chars().take(SHOWN_MAX).collect();
        write!(f, "{} {text}", self.code)
    }
}

/// The connection that commands and replies go over.
#[derive(Debug)]
pub(super) struct Control<'a> {
    stream: BufReader<Paced<'a>>,
    /// Whether a reply is still to come.
    is_asked: bool,
}

impl<'a> Control<'a> {
    pub(super) fn new(
        stream: TcpStream,
        time_max: Option<Duration>,
        stop: Stop<'a>,
    ) -> Result<Self, FtpError> {
        let stream = Paced::new(stream, time_max, stop).map_err(FtpError::Connection)?;
        Ok(Self { stream: BufReader::new(stream), is_asked: true })
    }

    /// Waits until the server is ready.
    pub(super) fn greeted(&mut self) -> Result<(), FtpError> {
        // 120 says that it will be soon.
        while self.reply()?.class() == 1 {}
        Ok(())
    }

    /// Whether the server owes a reply, so that the next one belongs to an earlier command.
    pub(super) const fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Sends a command.
    pub(super) fn say(&mut self, verb: &'static str, argument: &str) -> Result<(), FtpError> {
        if argument.contains(['\r', '\n', '\0']) {
            let shown = if verb == "PASS" { "the password" } else { argument };
            return Err(FtpError::Name { name: shown.escape_default().to_string() });
        }
        let line = match argument {
            "" => format!("{verb}\r\n"),
            argument => format!("{verb} {argument}\r\n"),
        };
        let sent = self.stream.get_mut().write_all(line.as_bytes());
        self.is_asked = true;
        sent.map_err(FtpError::Connection)
    }

    /// Sends a command and takes what the server says to it.
    pub(super) fn ask(&mut self, verb: &'static str, argument: &str) -> Result<Reply, FtpError> {
        self.say(verb, argument)?;
        let reply = self.take()?;
        // The reply to what the command did comes when it is done.
        self.is_asked = reply.class() == 1;
        Ok(reply)
    }

    /// The same for a command that only one class of replies is right for.
    pub(super) fn expect(
        &mut self,
        verb: &'static str,
        argument: &str,
        class: u16,
    ) -> Result<Reply, FtpError> {
        let reply = self.ask(verb, argument)?;
        if reply.class() == class { Ok(reply) } else { Err(FtpError::Refused(reply)) }
    }

    /// What the server says when a transfer is over.
    pub(super) fn finished(&mut self, class: u16) -> Result<Reply, FtpError> {
        let reply = self.reply()?;
        if reply.class() == class { Ok(reply) } else { Err(FtpError::Refused(reply)) }
    }

    fn reply(&mut self) -> Result<Reply, FtpError> {
        let reply = self.take()?;
        self.is_asked = false;
        if reply.class() < 4 { Ok(reply) } else { Err(FtpError::Refused(reply)) }
    }

    /// One reply, which may have many lines: `220-first` to `220 last`.
    fn take(&mut self) -> Result<Reply, FtpError> {
        let first = self.line()?;
        let wrong = || FtpError::Answer { text: first.chars().take(SHOWN_MAX).collect() };
        let code = first.get(..3).and_then(|digits| digits.parse::<u16>().ok());
        let code = code.filter(|code| (100..600).contains(code)).ok_or_else(wrong)?;
        let mut text = first.get(4..).unwrap_or_default().trim().to_owned();
        if first.as_bytes().get(3) != Some(&b'-') {
            return Ok(Reply { code, text });
        }
        let last = format!("{code:03} ");
        for _ in 0..LINES_MAX {
            let line = self.line()?;
            let is_last = line.starts_with(&last);
            text.push(' ');
            text.push_str(line.strip_prefix(&last).unwrap_or(&line).trim());
            if is_last {
                return Ok(Reply { code, text });
            }
        }
        Err(wrong())
    }

    fn line(&mut self) -> Result<String, FtpError> {
        let mut bytes = Vec::new();
        let limited = self.stream.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes);
        limited.map_err(FtpError::Connection)?;
        if bytes.pop() != Some(b'\n') {
            let kind = std::io::ErrorKind::UnexpectedEof;
            let error = std::io::Error::new(kind, "the server closed it or did not end a line");
            return Err(FtpError::Connection(error));
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.chars().filter(|c| !c.is_control()).collect())
    }

    /// The two ends of the connection: the server's and ours.
    pub(super) fn ends(&self) -> Result<(SocketAddr, SocketAddr), FtpError> {
        let stream = self.stream.get_ref().stream();
        let ends = stream.peer_addr().and_then(|peer| Ok((peer, stream.local_addr()?)));
        ends.map_err(FtpError::Connection)
    }

    pub(super) fn stop(&self) -> Stop<'a> {
        self.stream.get_ref().stop()
    }

    pub(super) fn time_max(&self) -> Option<Duration> {
        self.stream.get_ref().time_max()
    }
}
