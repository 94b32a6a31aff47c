//! A connection from its first byte to its last, as a state machine: bytes in, events out.
//!
//! ```text
//!          PRELOGIN            TLS started           LOGIN7            accepted
//!  Opening ────────▶ StartingTls ────────▶ Greeted ────────▶ CheckingLogin ────────▶ Idle
//!     │ └────────────(no encryption)──────────▲                     │                 │ ▲
//!     └── LOGIN7 (jTDS sends no PRELOGIN) ──────────────────────────┘         request │ │ finish
//!                                                                                     ▼ │
//!                                   Closed ◀── refused, routed, protocol error ──── Running
//! ```
//!
//! The caller owns socket, TLS and the meaning of requests. It feeds what it reads (decrypted)
//! to [`Session::receive`] and carries out the events of [`Session::next_event`] in order. While
//! a request runs it goes on reading, because a cancel comes in between.
//!
//! Source: [MS-TDS] 3.3.5.
//!
//! # Invariants
//!
//! * One request runs at a time; one more may wait. A third ends the connection.
//! * A cancel is answered with one acknowledgement, in a message of its own, after the response
//!   that it interrupted has ended. (`tedious` hangs if the two are one message.)

mod login;
mod run;
#[cfg(test)]
mod tests;
mod tls_tunnel;

use std::collections::VecDeque;

pub use login::LoginAnswer;
pub use run::{Request, Reset};
pub use tls_tunnel::TlsTunnel;

use crate::error::DecodeError;
use crate::login7::{self, Login7};
use crate::packet::{
    DEFAULT_PACKET_SIZE, LARGEST_PACKET_SIZE, Limits, Message, PacketError, PacketReader,
    PacketType, PacketWriter,
};
use crate::prelogin::{Encrypted, EncryptionPolicy};
use crate::token::{ProductVersion, ServerMessage};
use crate::types::Collation;
use crate::version::Version;

/// What a connection needs to know of its server.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// TLS stands outside TDS (TDS 8.0), and has started before the first byte.
    pub strict: bool,
    /// The session's number, which packets carry.
    pub session_id: u16,
    /// Whether clients may do without encryption.
    pub encryption: EncryptionPolicy,
    /// The instance's name. Clients that ask for another one are turned away.
    pub instance: String,
    /// What messages are signed with.
    pub server_name: String,
    /// What the server calls itself in LOGINACK.
    pub program: String,
    /// The version of its program.
    pub program_version: ProductVersion,
    /// The collation that clients are told.
    pub collation: Collation,
    /// The largest request, in bytes. A project file comes in one.
    pub message_max: usize,
}

impl Default for SessionOptions {
    fn default() -> SessionOptions {
        SessionOptions {
            strict: false,
            session_id: 51,
            encryption: EncryptionPolicy::AsClientAsks,
            instance: "MSSQLSERVER".to_owned(),
            server_name: String::new(),
            program: "Microsoft SQL Server".to_owned(),
            program_version: ProductVersion { major: 16, minor: 0, build: 1000 },
            collation: Collation::DEFAULT,
            message_max: 256 << 20,
        }
    }
}

/// Packets of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketCounts {
    /// Those that came.
    pub received: u64,
    /// Those that went.
    pub sent: u64,
    /// Those that could not be read: one at most, at the end.
    pub broken: u64,
}

/// What the caller has to do.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// Write these bytes, encrypted if TLS is on.
    Send(Vec<u8>),
    /// Shake hands as the TLS server inside TDS packets (see [`TlsTunnel`]; TLS 1.2 at most,
    /// since clients of 1.3 leave the tunnel too early), then call [`Session::tls_started`].
    StartTls,
    /// Go on without TLS: only the login was to be encrypted.
    StopTls,
    /// Check the login, then call [`Session::accept_login`], [`Session::refuse_login`] or
    /// [`Session::route_login`].
    CheckLogin(Box<Login7>),
    /// Bring the session back to what it was after the login. The client has been told that it is
    /// done; a request follows.
    Reset(Reset),
    /// Run the request; answer with [`Session::respond`] and [`Session::finish`].
    Run(Box<Request>),
    /// Stop running the request, then call [`Session::cancelled`] (or [`Session::finish`], if it
    /// came to its end anyway).
    Cancel,
    /// Close the connection.
    Close(Closing),
}

/// Why a connection is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closing {
    /// The login was refused, and the client was told why.
    #[error("the login was refused")]
    LoginRefused,
    /// The client was told to connect somewhere else.
    #[error("the client was sent to another server")]
    Routed,
    /// The client cannot encrypt, and must.
    #[error("the client cannot encrypt, and this server requires it")]
    EncryptionImpossible,
    /// The client asks for an instance that is not this one.
    #[error("the client asks for another instance")]
    OtherInstance,
    /// The client speaks TDS 4.2, 5.0 or 7.0.
    #[error("the client speaks a version of TDS that is too old")]
    TooOld,
    /// The stream of packets is broken.
    #[error("cannot read the packets of the client")]
    Packets(#[source] PacketError),
    /// A message before the login is broken.
    #[error("cannot read what the client says before its login")]
    Opening(#[source] DecodeError),
    /// A message that has no place here.
    #[error("a message of type {kind:?} has no place here")]
    Unexpected {
        /// The message's type.
        kind: PacketType,
    },
    /// The client sent bytes where it must wait for TLS.
    #[error("the client went on without waiting for TLS")]
    Impatient,
    /// More requests than one wait for the running one.
    #[error("too many requests at once")]
    TooManyRequests,
}

enum State {
    Opening,
    StartingTls { login_only: bool },
    Greeted { encrypted: Encrypted },
    CheckingLogin { login: LoginFacts },
    Idle,
    Running { cancelling: bool },
    Closed,
}

/// What is kept of a login while it is being checked.
struct LoginFacts {
    packet_size: u32,
    extension: bool,
    utf8: bool,
}

/// A connection.
pub struct Session {
    options: SessionOptions,
    state: State,
    version: Version,
    reader: PacketReader,
    writer: PacketWriter,
    events: VecDeque<Event>,
    /// The request that waits for the running one.
    waiting: Option<Message>,
}

/// Whether a connection that starts with this byte is TLS (TDS 8.0) and not TDS.
pub fn opens_with_tls(first_byte: u8) -> bool {
    first_byte == 0x16
}

impl Session {
    /// A connection that nothing has been read from.
    pub fn new(options: SessionOptions) -> Session {
        let before_login =
            Limits { packet: LARGEST_PACKET_SIZE.into(), message: login7::LENGTH_MAX };
        let (kind, id) = (PacketType::TabularResult, options.session_id);
        Session {
            state: State::Opening,
            version: if options.strict { Version::V8_0 } else { Version::V7_4 },
            reader: PacketReader::new(before_login),
            writer: PacketWriter::new(kind, DEFAULT_PACKET_SIZE, id),
            events: VecDeque::new(),
            waiting: None,
            options,
        }
    }

    /// The version that is spoken; known once there is a login to check.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether a request is running.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// Whether the connection is at its end.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// How many packets came and went since this was last asked, those of TLS left out.
    pub fn take_counts(&mut self) -> PacketCounts {
        let broken = matches!(self.events.back(), Some(Event::Close(Closing::Packets(_))));
        PacketCounts {
            received: self.reader.take_count(),
            sent: self.writer.take_count(),
            broken: u64::from(broken),
        }
    }

    /// Takes bytes as they came from the client, decrypted.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.is_closed() {
            return;
        }
        self.reader.feed(bytes);
        while !matches!(self.state, State::Closed) {
            match self.reader.next_message() {
                Ok(Some(message)) => self.on_message(message),
                Ok(None) => break,
                Err(error) => self.close(Closing::Packets(error)),
            }
        }
        self.refuse_impatience();
    }

    /// The next thing to do, in order.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The bytes of [`Event::Send`], if that is the next thing to do; otherwise none. Spares who
    /// hands in a long response the other events, which do not come of it.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        let next = self.events.pop_front_if(|event| matches!(event, Event::Send(_)));
        if let Some(Event::Send(bytes)) = next { bytes } else { Vec::new() }
    }

    fn on_message(&mut self, message: Message) {
        match &self.state {
            State::Opening => self.on_opening(&message),
            State::Greeted { encrypted } => {
                let encrypted = *encrypted;
                self.on_login(&message, encrypted);
            }
            State::Idle => self.on_request(message),
            State::Running { cancelling } => {
                let cancelling = *cancelling;
                self.on_message_while_running(message, cancelling);
            }
            State::StartingTls { .. } => self.close(Closing::Impatient),
            State::CheckingLogin { .. } => self.close(Closing::Unexpected { kind: message.kind }),
            State::Closed => {}
        }
    }

    /// Bytes behind a PRELOGIN that TLS follows would be taken for TLS records later, or be a
    /// login that was meant to be secret.
    fn refuse_impatience(&mut self) {
        if matches!(self.state, State::StartingTls { .. }) && self.reader.has_leftover() {
            self.close(Closing::Impatient);
        }
    }

    fn close(&mut self, why: Closing) {
        self.state = State::Closed;
        self.waiting = None;
        self.events.push_back(Event::Close(why));
    }

    /// Appends to the message that is being written, and sends the packets that are full.
    fn write(&mut self, tokens: &[u8]) {
        let mut packets = Vec::new();
        self.writer.write(tokens, &mut packets);
        self.send(packets);
    }

    /// Ends the message that is being written.
    fn end_message(&mut self) {
        let mut packets = Vec::new();
        self.writer.finish(&mut packets);
        self.send(packets);
    }

    fn send(&mut self, mut packets: Vec<u8>) {
        if packets.is_empty() {
            return;
        }
        if let Some(Event::Send(unsent)) = self.events.back_mut() {
            unsent.append(&mut packets);
        } else {
            self.events.push_back(Event::Send(packets));
        }
    }

    /// A message of this server.
    fn message(&self, number: i32, class: u8, text: String) -> ServerMessage {
        let server = self.options.server_name.clone();
        ServerMessage { number, state: 1, class, text, server, procedure: String::new(), line: 1 }
    }
}
