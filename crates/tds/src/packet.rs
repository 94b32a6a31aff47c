//! Packets: how a message is cut into pieces on the wire, and put together again.
//!
//! Source: [MS-TDS] 2.2.3. A packet is eight bytes of header and at most the negotiated size in
//! all; a message is a run of packets of one type, of which the last has the end bit.

mod header;
mod reader;
mod writer;

pub use header::{HEADER_SIZE, Header, PacketType, Status};
pub use reader::{Limits, Message, PacketError, PacketReader};
pub use writer::PacketWriter;

/// What a connection starts with, and what a client gets that asks for 0: [MS-TDS] 2.2.3.1.3.
pub const DEFAULT_PACKET_SIZE: u16 = 4096;
/// The smallest size that can be negotiated.
pub const SMALLEST_PACKET_SIZE: u16 = 512;
/// The largest size that can be negotiated.
pub const LARGEST_PACKET_SIZE: u16 = 32767;

/// The size to use with a client that asks for `asked` bytes.
pub fn negotiate_packet_size(asked: u32) -> u16 {
    match asked {
        0 => DEFAULT_PACKET_SIZE,
        _ => asked.clamp(SMALLEST_PACKET_SIZE.into(), LARGEST_PACKET_SIZE.into()) as u16,
    }
}

#[cfg(test)]
mod tests;
