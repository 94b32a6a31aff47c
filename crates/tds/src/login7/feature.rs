//! The features that a client lists behind its login: [MS-TDS] 2.2.6.4, FeatureExt.

use crate::bytes::Reader;
use crate::error::DecodeError;

/// The session can be taken up again on another connection. Not taken.
pub const SESSION_RECOVERY: u8 = 0x01;
/// Federated authentication. Refused.
pub const FEDERATED_AUTHENTICATION: u8 = 0x02;
/// Column encryption. Not taken.
pub const COLUMN_ENCRYPTION: u8 = 0x04;
/// Transactions that survive the connection. Not taken.
pub const GLOBAL_TRANSACTIONS: u8 = 0x05;
/// Classification of columns. Not taken.
pub const DATA_CLASSIFICATION: u8 = 0x09;
/// `varchar` in UTF-8. Taken.
pub const UTF8_SUPPORT: u8 = 0x0A;
/// The server remembers names for the client. Not taken.
pub const DNS_CACHING: u8 = 0x0B;
/// What the client's driver is. Not taken.
pub const USER_AGENT: u8 = 0x10;

/// A feature of the client.
#[derive(Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its number.
    pub id: u8,
    /// What the client says to it.
    pub data: Vec<u8>,
}

/// Shows the size only: the data may be a token.
impl std::fmt::Debug for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "feature {:#04X} of {} bytes", self.id, self.data.len())
    }
}

const END: u8 = 0xFF;

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Feature>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut features = Vec::new();
    loop {
        match reader.u8("LOGIN7 feature")? {
            END => return Ok(features),
            id => {
                let length = reader.u32("LOGIN7 feature length")? as usize;
                let data = reader.take(length, "LOGIN7 feature data")?.to_vec();
                features.push(Feature { id, data });
            }
        }
    }
}

pub(super) fn encode(features: &[Feature], out: &mut Vec<u8>) {
    for feature in features {
        out.push(feature.id);
        out.extend_from_slice(&(feature.data.len() as u32).to_le_bytes());
        out.extend_from_slice(&feature.data);
    }
    out.push(END);
}
