//! Transaction Manager requests: begin, commit, roll back, save. [MS-TDS] 2.2.6.9.

use super::all_headers::AllHeaders;
use crate::bytes::{Reader, cut, put_utf16, units, utf16};
use crate::error::DecodeError;
use crate::version::Version;

/// How much a transaction sees of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Isolation {
    /// What the session has.
    #[default]
    Unchanged = 0,
    /// READ UNCOMMITTED.
    ReadUncommitted = 1,
    /// READ COMMITTED.
    ReadCommitted = 2,
    /// REPEATABLE READ.
    RepeatableRead = 3,
    /// SERIALIZABLE.
    Serializable = 4,
    /// SNAPSHOT.
    Snapshot = 5,
}

/// What to do with a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionCommand {
    /// Begin one (5).
    Begin {
        /// How much it sees.
        isolation: Isolation,
        /// Its name, or nothing.
        name: String,
    },
    /// Commit it (7).
    Commit {
        /// Its name, or nothing.
        name: String,
        /// Begin another at once, with this isolation and name.
        then_begin: Option<(Isolation, String)>,
    },
    /// Roll it back (8), or back to a savepoint.
    Rollback {
        /// The name of it or of a savepoint, or nothing.
        name: String,
        /// Begin another at once, with this isolation and name.
        then_begin: Option<(Isolation, String)>,
    },
    /// Set a savepoint (9).
    Save {
        /// The savepoint's name.
        name: String,
    },
}

/// A request about a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRequest {
    /// What stands before it; the transaction is named there.
    pub headers: AllHeaders,
    /// What to do.
    pub command: TransactionCommand,
}

const BEGIN: u16 = 5;
const COMMIT: u16 = 7;
const ROLLBACK: u16 = 8;
const SAVE: u16 = 9;
const THEN_BEGIN: u8 = 1;

impl TransactionRequest {
    /// Appends the message.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        self.headers.encode(version, out);
        let then = |out: &mut Vec<u8>, next: &Option<(Isolation, String)>| match next {
            None => out.push(0),
            Some((isolation, name)) => {
                out.extend_from_slice(&[THEN_BEGIN, *isolation as u8]);
                put_name(out, name);
            }
        };
        match &self.command {
            TransactionCommand::Begin { isolation, name } => {
                out.extend_from_slice(&BEGIN.to_le_bytes());
                out.push(*isolation as u8);
                put_name(out, name);
            }
            TransactionCommand::Commit { name, then_begin } => {
                out.extend_from_slice(&COMMIT.to_le_bytes());
                put_name(out, name);
                then(out, then_begin);
            }
            TransactionCommand::Rollback { name, then_begin } => {
                out.extend_from_slice(&ROLLBACK.to_le_bytes());
                put_name(out, name);
                then(out, then_begin);
            }
            TransactionCommand::Save { name } => {
                out.extend_from_slice(&SAVE.to_le_bytes());
                put_name(out, name);
            }
        }
    }

    /// Reads the message. Distributed transactions are refused.
    pub fn decode(bytes: &[u8], version: Version) -> Result<TransactionRequest, DecodeError> {
        let mut reader = Reader::new(bytes);
        let headers = AllHeaders::decode(&mut reader, version)?;
        let reader = &mut reader;
        let command = match reader.u16("transaction request")? {
            BEGIN => {
                TransactionCommand::Begin { isolation: isolation(reader)?, name: name(reader)? }
            }
            COMMIT => {
                TransactionCommand::Commit { name: name(reader)?, then_begin: then_begin(reader)? }
            }
            ROLLBACK => TransactionCommand::Rollback {
                name: name(reader)?,
                then_begin: then_begin(reader)?,
            },
            SAVE => TransactionCommand::Save { name: name(reader)? },
            0 | 1 | 6 => {
                return Err(DecodeError::Unsupported { what: "a distributed transaction" });
            }
            value => {
                let what = "transaction request";
                return Err(DecodeError::Invalid { what, value: value.into() });
            }
        };
        Ok(TransactionRequest { headers, command })
    }
}

/// A name's length is in bytes, unlike elsewhere.
fn put_name(out: &mut Vec<u8>, name: &str) {
    let name = cut(name, 127);
    out.push(units(name) as u8 * 2);
    put_utf16(out, name);
}

fn name(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    utf16(reader.b_varbyte("transaction name")?, "transaction name")
}

fn isolation(reader: &mut Reader<'_>) -> Result<Isolation, DecodeError> {
    Ok(match reader.u8("isolation level")? {
        0 => Isolation::Unchanged,
        1 => Isolation::ReadUncommitted,
        2 => Isolation::ReadCommitted,
        3 => Isolation::RepeatableRead,
        4 => Isolation::Serializable,
        5 => Isolation::Snapshot,
        value => return Err(DecodeError::Invalid { what: "isolation level", value: value.into() }),
    })
}

/// Some clients leave the flag out when it is 0.
fn then_begin(reader: &mut Reader<'_>) -> Result<Option<(Isolation, String)>, DecodeError> {
    if reader.is_empty() || reader.u8("transaction flags")? & THEN_BEGIN == 0 {
        return Ok(None);
    }
    Ok(Some((isolation(reader)?, name(reader)?)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn wire(command: TransactionCommand) -> Vec<u8> {
        let mut out = Vec::new();
        let headers = AllHeaders::default();
        TransactionRequest { headers, command }.encode(Version::V7_4, &mut out);
        out
    }

    #[test]
    fn begin_and_commit_look_like_this_on_the_wire() {
        let isolation = Isolation::ReadCommitted;
        let begin = wire(TransactionCommand::Begin { isolation, name: "t".into() });
        assert_snapshot!(format!("{:02X?}", &begin[22..]), @"[05, 00, 02, 02, 74, 00]");
        let commit = TransactionCommand::Commit { name: String::new(), then_begin: None };
        assert_snapshot!(format!("{:02X?}", &wire(commit)[22..]), @"[07, 00, 00, 00]");
    }

    #[test]
    fn a_distributed_transaction_is_refused_by_name() {
        let error = TransactionRequest::decode(&[1, 0, 0, 0], Version::V7_1).unwrap_err();
        assert_snapshot!(error, @"a distributed transaction is not supported");
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(text in "\\PC{0,30}", again: bool, which in 0..4) {
            let name = text.clone();
            let isolation = Isolation::Snapshot;
            let then_begin = again.then_some((isolation, text));
            let command = match which {
                0 => TransactionCommand::Begin { isolation, name },
                1 => TransactionCommand::Commit { name, then_begin },
                2 => TransactionCommand::Rollback { name, then_begin },
                _ => TransactionCommand::Save { name },
            };
            let read = TransactionRequest::decode(&wire(command.clone()), Version::V7_4).unwrap();
            prop_assert_eq!(read.command, command);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            drop(TransactionRequest::decode(&bytes, Version::V7_1));
        }
    }
}
