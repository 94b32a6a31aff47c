//! FTP: files and folders of one server, over one session.
//!
//! Plain FTP as the FTP connection manager speaks it: user and password in clear, data
//! connections in passive or active mode. What a file holds goes over the wire as it is in both
//! transfer types, as on Windows, where lines end in a file as they do on the wire; what the type
//! ASCII changes is what the server makes of it.
//!
//! # Invariants
//!
//! * Every wait ends: after the server's time-out without a byte, or when the caller says stop.
//! * A file that is received is there whole or not at all.
//! * A name that a server tells is a file name, never a path; nothing that is sent has line ends
//!   of its own.
//! * Data connections lead to the server itself, whatever address its answer names.
//!
//! Source: RFC 959, RFC 1123 4.1, RFC 2428, "FTP Connection Manager".

mod control;
mod data;
mod listing;
mod paced;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use thiserror::Error;

use self::control::Control;
pub use self::control::Reply;
use self::paced::Paced;
pub use self::paced::Stop;

/// How long a server that did not answer is left alone before the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// An FTP server, and how it is spoken to.
#[derive(Clone, PartialEq, Eq)]
pub struct FtpServer {
    /// Name or address.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// Who signs in.
    pub user: String,
    /// The password; may be empty.
    pub password: String,
    /// How long each byte is waited for; `None` as long as it takes.
    pub time_max: Option<Duration>,
    /// How often a connection is tried; `None` until one comes about.
    pub attempts_max: Option<u32>,
    /// Whether data connections are made from here (passive mode) or by the server.
    pub passive: bool,
    /// How many bytes are read and written at a time.
    pub chunk_bytes: usize,
}

impl fmt::Debug for FtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FtpServer");
        shown.field("host", &self.host).field("port", &self.port).field("user", &self.user);
        shown.finish_non_exhaustive()
    }
}

/// What a server makes of a file that it sends or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferType {
    /// Nothing.
    Binary,
    /// Lines of its own kind of text, which travel with carriage return and line feed.
    Ascii,
}

/// Why an FTP operation did not come about.
#[derive(Debug, Error)]
pub enum FtpError {
    /// A server that cannot be reached.
    #[error("cannot connect to the FTP server {address}")]
    Connect {
        /// Its name and port.
        address: String,
        #[source]
        /// Why.
        error: io::Error,
    },
    /// A connection that broke off, timed out or was stopped.
    #[error("the connection to the FTP server failed")]
    Connection(#[source] io::Error),
    /// What the server says to something that it does not do.
    #[error("{0}")]
    Refused(Reply),
    /// An answer that is not FTP.
    #[error("the FTP server answers `{text}`, which is not understood")]
    Answer {
        /// What it answers.
        text: String,
    },
    /// A name or path that FTP cannot say.
    #[error("`{name}` cannot be sent as a name")]
    Name {
        /// The name.
        name: String,
    },
    /// A file that is there already.
    #[error("the file `{name}` already exists")]
    Exists {
        /// Its name or path.
        name: String,
    },
    /// A file of this machine.
    #[error("cannot use the local file {path}")]
    Local {
        /// Where it is.
        path: PathBuf,
        #[source]
        /// Why.
        error: io::Error,
    },
}

/// A session of one user with one server.
#[derive(Debug)]
pub struct FtpSession<'a> {
    control: Control<'a>,
    passive: bool,
    chunk_bytes: usize,
    is_open: bool,
}

impl<'a> FtpSession<'a> {
    /// Connects and signs in. A server that cannot be reached, or that has no room, is tried
    /// again; one that refuses the password is not.
    pub fn open(server: &FtpServer, stop: Stop<'a>) -> Result<Self, FtpError> {
        let mut attempt: u32 = 1;
        loop {
            let error = match Self::attempt(server, stop) {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let is_last = server.attempts_max.is_some_and(|most| most <= attempt);
            if is_last || !error.may_pass() || paced::pause(PAUSE, stop) {
                return Err(error);
            }
            attempt = attempt.saturating_add(1);
        }
    }

    fn attempt(server: &FtpServer, stop: Stop<'a>) -> Result<Self, FtpError> {
        let address = format!("{}:{}", server.host, server.port);
        let stream = paced::connect(&server.host, server.port, server.time_max, stop)
            .map_err(|error| FtpError::Connect { address, error })?;
        let control = Control::new(stream, server.time_max, stop)?;
        let mut session = Self {
            control,
            passive: server.passive,
            chunk_bytes: server.chunk_bytes.max(1),
            is_open: true,
        };
        session.watched(|session| session.sign_in(server))?;
        Ok(session)
    }

    fn sign_in(&mut self, server: &FtpServer) -> Result<(), FtpError> {
        self.control.greeted()?;
        let reply = self.control.ask("USER", &server.user)?;
        let reply = match reply.class() {
            3 => self.control.ask("PASS", &server.password)?,
            _ => reply,
        };
        if reply.class() != 2 {
            return Err(FtpError::Refused(reply));
        }
        // Servers that speak UTF-8 anyway may not know the option.
        self.control.ask("OPTS", "UTF8 ON").map(drop)
    }

    /// Whether the server still listens, as far as is known.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Makes a folder the current one.
    pub fn enter(&mut self, folder: &str) -> Result<(), FtpError> {
        self.watched(|session| session.control.expect("CWD", folder, 2).map(drop))
    }

    /// The names of the files in the current folder that a mask such as `*.csv` means, as the
    /// server orders them.
    pub fn files(&mut self, mask: &str) -> Result<Vec<String>, FtpError> {
        self.watched(|session| {
            let bytes = session.download(TransferType::Ascii, "LIST", "")?;
            let mut names = listing::files(&bytes)?;
            names.retain(|name| listing::matches(mask, name));
            Ok(names)
        })
    }

    /// Makes a folder.
    pub fn make_folder(&mut self, folder: &str) -> Result<(), FtpError> {
        self.watched(|session| session.control.expect("MKD", folder, 2).map(drop))
    }

    /// Removes a folder, which must be empty for most servers.
    pub fn remove_folder(&mut self, folder: &str) -> Result<(), FtpError> {
        self.watched(|session| session.control.expect("RMD", folder, 2).map(drop))
    }

    /// Deletes a file of the current folder.
    pub fn delete(&mut self, name: &str) -> Result<(), FtpError> {
        self.watched(|session| session.control.expect("DELE", name, 2).map(drop))
    }

    /// Receives a file of the current folder. It is not overwritten unless the caller says so.
    pub fn receive(
        &mut self,
        name: &str,
        to: &Path,
        kind: TransferType,
        overwrite: bool,
    ) -> Result<(), FtpError> {
        if to.exists() && !overwrite {
            return Err(FtpError::Exists { name: to.display().to_string() });
        }
        let mut part = to.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        let local = |error| FtpError::Local { path: to.to_owned(), error };
        let received = self.watched(|session| session.receive_into(name, &part, kind));
        let received = received.and_then(|()| fs::rename(&part, to).map_err(local));
        if received.is_err() {
            // It may not have come to be.
            drop(fs::remove_file(&part));
        }
        received
    }

    fn receive_into(&mut self, name: &str, to: &Path, kind: TransferType) -> Result<(), FtpError> {
        let mut data = self.begin(kind, "RETR", name)?;
        let local = |error| FtpError::Local { path: to.to_owned(), error };
        let mut file = fs::File::create(to).map_err(local)?;
        let mut chunk = vec![0; self.chunk_bytes];
        loop {
            let count = data.read(&mut chunk).map_err(FtpError::Connection)?;
            if count == 0 {
                break;
            }
            file.write_all(&chunk[..count]).map_err(local)?;
        }
        drop(data);
        self.control.finished(2).map(drop)
    }

    /// Sends a file into the current folder.
    pub fn send(&mut self, from: &Path, name: &str, kind: TransferType) -> Result<(), FtpError> {
        self.watched(|session| session.send_from(from, name, kind))
    }

    fn send_from(&mut self, from: &Path, name: &str, kind: TransferType) -> Result<(), FtpError> {
        let local = |error| FtpError::Local { path: from.to_owned(), error };
        let mut file = fs::File::open(from).map_err(local)?;
        let mut data = self.begin(kind, "STOR", name)?;
        let mut chunk = vec![0; self.chunk_bytes];
        loop {
            let count = file.read(&mut chunk).map_err(local)?;
            if count == 0 {
                break;
            }
            if let Err(error) = data.write_all(&chunk[..count]) {
                return Err(self.interrupted(error));
            }
        }
        drop(data);
        self.control.finished(2).map(drop)
    }

    /// Why a transfer broke off: what the server says of it, where it says something.
    fn interrupted(&mut self, error: io::Error) -> FtpError {
        let is_reset =
            matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset);
        let said = if is_reset { self.control.finished(2).err() } else { None };
        said.filter(|said| matches!(said, FtpError::Refused(_)))
            .unwrap_or(FtpError::Connection(error))
    }

    fn download(
        &mut self,
        kind: TransferType,
        verb: &'static str,
        argument: &str,
    ) -> Result<Vec<u8>, FtpError> {
        let data = self.begin(kind, verb, argument)?;
        let mut bytes = Vec::new();
        let read = data.take(listing::BYTES_MAX + 1).read_to_end(&mut bytes);
        let read = read.map_err(FtpError::Connection)?;
        if listing::BYTES_MAX < read as u64 {
            return Err(FtpError::Answer { text: "a folder that does not end".to_owned() });
        }
        self.control.finished(2)?;
        Ok(bytes)
    }

    /// Begins a transfer: the connection that the file's bytes go over.
    fn begin(
        &mut self,
        kind: TransferType,
        verb: &'static str,
        argument: &str,
    ) -> Result<Paced<'a>, FtpError> {
        let letter = match kind {
            TransferType::Binary => "I",
            TransferType::Ascii => "A",
        };
        self.control.expect("TYPE", letter, 2)?;
        let way = data::Way::prepare(&mut self.control, self.passive)?;
        self.control.expect(verb, argument, 1)?;
        way.open(&self.control)
    }

    /// Does something, and remembers whether the session is over then. One whose answers may no
    /// longer belong to its questions is over.
    fn watched<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, FtpError>,
    ) -> Result<T, FtpError> {
        let done = work(self);
        if let Err(error) = &done {
            self.is_open &= match error {
                FtpError::Refused(reply) => reply.code() != 421,
                FtpError::Name { .. } | FtpError::Exists { .. } => true,
                FtpError::Local { .. } => !self.control.is_asked(),
                FtpError::Connect { .. } | FtpError::Connection(_) | FtpError::Answer { .. } => {
                    false
                }
            };
        }
        done
    }
}

impl Drop for FtpSession<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // The server notices anyway.
            drop(self.control.say("QUIT", ""));
        }
    }
}

impl FtpError {
    /// Whether the same may go well a moment later.
    fn may_pass(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Connection(_) => true,
            Self::Refused(reply) => reply.code() == 421,
            Self::Answer { .. } | Self::Name { .. } | Self::Exists { .. } | Self::Local { .. } => {
                false
            }
        }
    }
}
