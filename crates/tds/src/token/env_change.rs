//! ENVCHANGE: something of the session changed. [MS-TDS] 2.2.7.9.

use super::byte;
use crate::bytes::{Reader, put_b_varchar, put_u16_counted, put_us_varchar};
use crate::error::{DecodeError, EncodeError};
use crate::types::Collation;
use crate::version::Version;

/// The number that a client names a transaction by; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TransactionDescriptor(pub u64);

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvChange {
    /// The current database (1).
    Database {
        /// From now on.
        new: String,
        /// Until now.
        old: String,
    },
    /// The language of messages (2).
    Language {
        /// From now on.
        new: String,
        /// Until now.
        old: String,
    },
    /// The character set, told to clients before 7.2 (3).
    CharacterSet {
        /// From now on.
        new: String,
        /// Until now.
        old: String,
    },
    /// The packet size in bytes (4).
    PacketSize {
        /// From now on.
        new: u16,
        /// Until now.
        old: u16,
    },
    /// The collation (7).
    Collation {
        /// From now on.
        new: Collation,
        /// Until now.
        old: Option<Collation>,
    },
    /// A transaction began (8).
    BeginTransaction(TransactionDescriptor),
    /// It was committed (9).
    CommitTransaction(TransactionDescriptor),
    /// It was rolled back (10).
    RollbackTransaction(TransactionDescriptor),
    /// The session was reset because the request's header said so (18).
    ResetConnection,
    /// The client shall connect somewhere else (20).
    Routing {
        /// A TCP port.
        port: u16,
        /// A host name or address.
        server: String,
    },
    /// Any other; a server of ours does not send it.
    Other {
        /// Its number.
        kind: u8,
        /// What follows, as it is.
        data: Vec<u8>,
    },
}

impl EnvChange {
    /// Appends the token. Transactions are not told to clients before 7.2, which do not know
    /// these numbers.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let transaction = matches!(
            self,
            EnvChange::BeginTransaction(_)
                | EnvChange::CommitTransaction(_)
                | EnvChange::RollbackTransaction(_)
        );
        if transaction && !version.is_at_least_7_2() {
            return Ok(());
        }
        let start = out.len();
        out.push(byte::ENV_CHANGE);
        put_u16_counted(out, "ENVCHANGE", |out| self.encode_body(out))
            .inspect_err(|_| out.truncate(start))
    }

    fn encode_body(&self, out: &mut Vec<u8>) {
        let names = |out: &mut Vec<u8>, kind, new: &str, old: &str| {
            out.push(kind);
            put_b_varchar(out, new);
            put_b_varchar(out, old);
        };
        match self {
            EnvChange::Database { new, old } => names(out, 1, new, old),
            EnvChange::Language { new, old } => names(out, 2, new, old),
            EnvChange::CharacterSet { new, old } => names(out, 3, new, old),
            EnvChange::PacketSize { new, old } => {
                names(out, 4, &new.to_string(), &old.to_string());
            }
            EnvChange::Collation { new, old } => {
                out.extend_from_slice(&[7, 5]);
                out.extend_from_slice(&new.to_bytes());
                match old {
                    None => out.push(0),
                    Some(old) => {
                        out.push(5);
                        out.extend_from_slice(&old.to_bytes());
                    }
                }
            }
            EnvChange::BeginTransaction(descriptor) => {
                out.extend_from_slice(&[8, 8]);
                out.extend_from_slice(&descriptor.0.to_le_bytes());
                out.push(0);
            }
            EnvChange::CommitTransaction(descriptor) => {
                out.extend_from_slice(&[9, 0, 8]);
                out.extend_from_slice(&descriptor.0.to_le_bytes());
            }
            EnvChange::RollbackTransaction(descriptor) => {
                out.extend_from_slice(&[10, 0, 8]);
                out.extend_from_slice(&descriptor.0.to_le_bytes());
            }
            EnvChange::ResetConnection => out.extend_from_slice(&[18, 0, 0]),
            EnvChange::Routing { port, server } => encode_routing(*port, server, out),
            EnvChange::Other { kind, data } => {
                out.push(*kind);
                out.extend_from_slice(data);
            }
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<EnvChange, DecodeError> {
        let length = reader.u16("ENVCHANGE")?;
        let mut inside = Reader::new(reader.take(length.into(), "ENVCHANGE")?);
        let kind = inside.u8("ENVCHANGE type")?;
        let reader = &mut inside;
        let name = |reader: &mut Reader<'_>| reader.b_varchar("ENVCHANGE value");
        Ok(match kind {
            1 => EnvChange::Database { new: name(reader)?, old: name(reader)? },
            2 => EnvChange::Language { new: name(reader)?, old: name(reader)? },
            3 => EnvChange::CharacterSet { new: name(reader)?, old: name(reader)? },
            4 => EnvChange::PacketSize { new: size(reader)?, old: size(reader)? },
            7 => EnvChange::Collation {
                new: collation(reader)?
                    .ok_or(DecodeError::Invalid { what: "ENVCHANGE collation", value: 0 })?,
                old: collation(reader)?,
            },
            8 => EnvChange::BeginTransaction(descriptors(reader)?.0),
            9 => EnvChange::CommitTransaction(descriptors(reader)?.1),
            10 => EnvChange::RollbackTransaction(descriptors(reader)?.1),
            18 => EnvChange::ResetConnection,
            20 => decode_routing(reader)?,
            kind => EnvChange::Other { kind, data: reader.take_rest().to_vec() },
        })
    }
}

fn encode_routing(port: u16, server: &str, out: &mut Vec<u8>) {
    const TCP: u8 = 0;
    out.push(20);
    let mut value = vec![TCP];
    value.extend_from_slice(&port.to_le_bytes());
    // A host name has at most 253 characters.
    put_us_varchar(&mut value, crate::bytes::cut(server, 1024));
    out.extend_from_slice(&(value.len() as u16).to_le_bytes());
    out.extend_from_slice(&value);
    out.extend_from_slice(&[0, 0]);
}

fn decode_routing(reader: &mut Reader<'_>) -> Result<EnvChange, DecodeError> {
    reader.u16("ENVCHANGE routing")?;
    match reader.u8("ENVCHANGE routing protocol")? {
        0 => {}
        protocol => {
            let what = "ENVCHANGE routing protocol";
            return Err(DecodeError::Invalid { what, value: protocol.into() });
        }
    }
    let port = reader.u16("ENVCHANGE routing port")?;
    let server = reader.us_varchar("ENVCHANGE routing server")?;
    reader.u16("ENVCHANGE routing")?;
    Ok(EnvChange::Routing { port, server })
}

fn size(reader: &mut Reader<'_>) -> Result<u16, DecodeError> {
    let text = reader.b_varchar("ENVCHANGE packet size")?;
    text.parse().map_err(|_| DecodeError::Invalid {
        what: "ENVCHANGE packet size",
        value: text.len() as u64,
    })
}

fn collation(reader: &mut Reader<'_>) -> Result<Option<Collation>, DecodeError> {
    match *reader.b_varbyte("ENVCHANGE collation")? {
        [] => Ok(None),
        [a, b, c, d, e] => Ok(Some(Collation::from_bytes([a, b, c, d, e]))),
        ref other => {
            let value = other.len() as u64;
            Err(DecodeError::Invalid { what: "ENVCHANGE collation", value })
        }
    }
}

fn descriptors(
    reader: &mut Reader<'_>,
) -> Result<(TransactionDescriptor, TransactionDescriptor), DecodeError> {
    let mut one = || match reader.b_varbyte("ENVCHANGE transaction")? {
        [] => Ok(TransactionDescriptor(0)),
        bytes => Reader::new(bytes).u64("ENVCHANGE transaction").map(TransactionDescriptor),
    };
    Ok((one()?, one()?))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};

    fn hex(change: &EnvChange) -> String {
        let wire = bytes(|out| change.encode(Version::V7_4, out).unwrap());
        assert_eq!(one(&wire, Version::V7_4), Token::EnvChange(change.clone()));
        format!("{wire:02X?}")
    }

    #[test]
    fn a_change_of_database_carries_both_names() {
        let change = EnvChange::Database { new: "ab".into(), old: "c".into() };
        assert_snapshot!(hex(&change), @"[E3, 09, 00, 01, 02, 61, 00, 62, 00, 01, 63, 00]");
    }

    #[test]
    fn a_packet_size_is_told_in_digits() {
        let change = EnvChange::PacketSize { new: 8000, old: 4096 };
        assert_snapshot!(
            hex(&change),
            @"[E3, 13, 00, 04, 04, 38, 00, 30, 00, 30, 00, 30, 00, 04, 34, 00, 30, 00, 39, 00, 36, 00]"
        );
    }

    #[test]
    fn the_collation_comes_as_five_bytes() {
        let change = EnvChange::Collation { new: Collation::DEFAULT, old: None };
        assert_snapshot!(hex(&change), @"[E3, 08, 00, 07, 05, 09, 04, D0, 00, 34, 00]");
    }

    #[test]
    fn a_transaction_is_new_when_it_begins_and_old_when_it_ends() {
        let descriptor = TransactionDescriptor(0x0100_0000_0000_0002);
        assert_snapshot!(
            hex(&EnvChange::BeginTransaction(descriptor)),
            @"[E3, 0B, 00, 08, 08, 02, 00, 00, 00, 00, 00, 00, 01, 00]"
        );
        assert_snapshot!(
            hex(&EnvChange::CommitTransaction(descriptor)),
            @"[E3, 0B, 00, 09, 00, 08, 02, 00, 00, 00, 00, 00, 00, 01]"
        );
        assert_snapshot!(
            hex(&EnvChange::RollbackTransaction(descriptor)),
            @"[E3, 0B, 00, 0A, 00, 08, 02, 00, 00, 00, 00, 00, 00, 01]"
        );
    }

    #[test]
    fn a_client_of_7_1_is_not_told_of_transactions() {
        let change = EnvChange::BeginTransaction(TransactionDescriptor(1));
        assert!(bytes(|out| change.encode(Version::V7_1, out).unwrap()).is_empty());
    }

    #[test]
    fn routing_carries_port_and_server() {
        let change = EnvChange::Routing { port: 1433, server: "db".into() };
        assert_snapshot!(
            hex(&change),
            @"[E3, 0E, 00, 14, 09, 00, 00, 99, 05, 02, 00, 64, 00, 62, 00, 00, 00]"
        );
    }

    #[test]
    fn the_others_survive_the_round_trip() {
        let name = |text: &str| text.to_owned();
        assert_snapshot!(hex(&EnvChange::ResetConnection), @"[E3, 03, 00, 12, 00, 00]");
        hex(&EnvChange::Language { new: name("us_english"), old: name("") });
        hex(&EnvChange::CharacterSet { new: name("iso_1"), old: name("") });
        hex(&EnvChange::Other { kind: 13, data: vec![0, 0] });
    }
}
