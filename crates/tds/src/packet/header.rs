//! The eight bytes before every packet: [MS-TDS] 2.2.3.1.

use crate::bytes::Reader;
use crate::error::DecodeError;

/// Bytes of a packet header.
pub const HEADER_SIZE: usize = 8;

/// What a packet belongs to: [MS-TDS] 2.2.3.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// T-SQL text.
    SqlBatch = 0x01,
    /// The login of TDS 4.2 and 5.0, which we do not speak.
    PreTds7Login = 0x02,
    /// Procedure calls.
    Rpc = 0x03,
    /// Everything a server answers with.
    TabularResult = 0x04,
    /// Cancel.
    Attention = 0x06,
    /// Rows of a BULK INSERT.
    BulkLoad = 0x07,
    /// The token of a federated login.
    FederatedAuthenticationToken = 0x08,
    /// Begin, commit, roll back.
    TransactionManager = 0x0E,
    /// The login of TDS 7.
    Login7 = 0x10,
    /// Integrated authentication.
    Sspi = 0x11,
    /// What comes before the login, and TLS records while TLS starts.
    PreLogin = 0x12,
}

impl PacketType {
    /// The type that a byte stands for.
    pub fn from_byte(byte: u8) -> Option<PacketType> {
        Some(match byte {
            0x01 => PacketType::SqlBatch,
            0x02 => PacketType::PreTds7Login,
            0x03 => PacketType::Rpc,
            0x04 => PacketType::TabularResult,
            0x06 => PacketType::Attention,
            0x07 => PacketType::BulkLoad,
            0x08 => PacketType::FederatedAuthenticationToken,
            0x0E => PacketType::TransactionManager,
            0x10 => PacketType::Login7,
            0x11 => PacketType::Sspi,
            0x12 => PacketType::PreLogin,
            _ => return None,
        })
    }
}

/// The status bits of a packet: [MS-TDS] 2.2.3.1.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status(pub u8);

impl Status {
    /// The last packet of a message.
    pub const END: Status = Status(0x01);
    /// The client gave the message up while sending it.
    pub const IGNORE: Status = Status(0x02);
    /// Reset the session before running the message.
    pub const RESET: Status = Status(0x08);
    /// Reset the session, and leave its transaction as it is.
    pub const RESET_KEEP_TRANSACTION: Status = Status(0x10);

    /// Whether all bits of `bits` are set.
    pub fn has(self, bits: Status) -> bool {
        self.0 & bits.0 == bits.0
    }

    /// The bits of both.
    #[must_use]
    pub fn with(self, bits: Status) -> Status {
        Status(self.0 | bits.0)
    }
}

/// A packet header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the packet belongs to.
    pub kind: PacketType,
    /// Its status bits.
    pub status: Status,
    /// Bytes of the packet, with these eight.
    pub length: u16,
    /// The session of the server; clients send 0.
    pub session_id: u16,
    /// Counts packets, modulo 256. Nobody checks it.
    pub packet_id: u8,
}

impl Header {
    /// Appends the header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind as u8, self.status.0]);
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&self.session_id.to_be_bytes());
        out.extend_from_slice(&[self.packet_id, 0]);
    }

    /// Reads a header.
    pub fn decode(bytes: &[u8]) -> Result<Header, DecodeError> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8("packet type")?;
        let kind = PacketType::from_byte(kind)
            .ok_or(DecodeError::Invalid { what: "packet type", value: kind.into() })?;
        let status = Status(reader.u8("packet status")?);
        let length = u16::from_be_bytes(reader.array("packet length")?);
        if usize::from(length) < HEADER_SIZE {
            return Err(DecodeError::Invalid { what: "packet length", value: length.into() });
        }
        let session_id = u16::from_be_bytes(reader.array("packet session")?);
        let packet_id = reader.u8("packet number")?;
        reader.u8("packet window")?;
        Ok(Header { kind, status, length, session_id, packet_id })
    }
}
