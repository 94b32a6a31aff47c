//! Puts messages together from packets as bytes come in.
//!
//! # Invariants
//!
//! * Never holds more than one message of [`Limits::message`] bytes, and the bytes of the last
//!   [`PacketReader::feed`] that follow it.
//! * After an error the stream has no known position: every further call returns the error.

use super::header::{HEADER_SIZE, Header, PacketType, Status};
use crate::error::DecodeError;

/// How many bytes of an empty buffer are kept, so that connections that wait cost little.
const KEPT: usize = 4096;

/// How large things may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest packet, header included, in bytes.
    pub packet: usize,
    /// Largest message, headers not counted, in bytes.
    pub message: usize,
}

/// A whole message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: PacketType,
    /// The status bits of its first packet with those of its last one: the reset bits count
    /// in the first, the ignore bit in the last.
    pub status: Status,
    /// What the packets carried, in order.
    pub payload: Vec<u8>,
}

/// Shows the size only: a payload may hold a password.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:#04X} of {} bytes", self.kind, self.status.0, self.payload.len())
    }
}

/// Why a stream of packets cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The header is not one.
    #[error("cannot read a packet header")]
    Header(#[source] DecodeError),
    /// The packet is larger than agreed.
    #[error("a packet of {length} bytes, where {limit} is the limit")]
    PacketTooLong {
        /// What the header says.
        length: usize,
        /// What was agreed.
        limit: usize,
    },
    /// The message is larger than we take.
    #[error("a message of more than {limit} bytes")]
    MessageTooLong {
        /// The largest we take.
        limit: usize,
    },
    /// A packet of another type before the end of the message.
    #[error("a packet of type {found:?} inside a message of type {expected:?}")]
    Interleaved {
        /// The message's type.
        expected: PacketType,
        /// The packet's type.
        found: PacketType,
    },
}

/// Puts messages together.
pub struct PacketReader {
    limits: Limits,
    /// Bytes that came in; those before `start` are used up.
    buffer: Vec<u8>,
    start: usize,
    partial: Option<Message>,
    failed: Option<PacketError>,
    /// Packets since they were last asked for.
    count: u64,
}

impl PacketReader {
    /// A reader at the start of a stream.
    pub fn new(limits: Limits) -> PacketReader {
        PacketReader { limits, buffer: Vec::new(), start: 0, partial: None, failed: None, count: 0 }
    }

    /// How many packets have come since this was last asked.
    pub fn take_count(&mut self) -> u64 {
        std::mem::take(&mut self.count)
    }

    /// Changes the limits from the next packet on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes bytes as they came.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether it holds bytes that are not yet a whole message.
    pub fn has_leftover(&self) -> bool {
        self.start < self.buffer.len() || self.partial.is_some()
    }

    /// The next whole message, if there is one.
    pub fn next_message(&mut self) -> Result<Option<Message>, PacketError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.advance().inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn advance(&mut self) -> Result<Option<Message>, PacketError> {
        loop {
            if self.start == self.buffer.len() && KEPT < self.buffer.capacity() {
                (self.buffer, self.start) = (Vec::new(), 0);
            }
            let rest = &self.buffer[self.start..];
            if rest.len() < HEADER_SIZE {
                return Ok(None);
            }
            let header = Header::decode(rest).map_err(PacketError::Header)?;
            let length = usize::from(header.length);
            self.check(&header)?;
            let Some(packet) = rest.get(HEADER_SIZE..length) else { return Ok(None) };
            let message = self.partial.get_or_insert_with(|| Message {
                kind: header.kind,
                status: header.status,
                payload: Vec::new(),
            });
            message.payload.extend_from_slice(packet);
            self.start += length;
            self.count += 1;
            if header.status.has(Status::END) {
                message.status = message.status.with(Status(header.status.0 & 0x03));
                return Ok(self.partial.take());
            }
        }
    }

    fn check(&self, header: &Header) -> Result<(), PacketError> {
        let length = usize::from(header.length);
        if length > self.limits.packet {
            return Err(PacketError::PacketTooLong { length, limit: self.limits.packet });
        }
        let mut total = length - HEADER_SIZE;
        if let Some(message) = &self.partial {
            if message.kind != header.kind {
                let (expected, found) = (message.kind, header.kind);
                return Err(PacketError::Interleaved { expected, found });
            }
            total += message.payload.len();
        }
        if total > self.limits.message {
            return Err(PacketError::MessageTooLong { limit: self.limits.message });
        }
        Ok(())
    }
}
