//! LOGINACK: the login succeeded. [MS-TDS] 2.2.7.14.

use super::byte;
use crate::bytes::{Reader, put_b_varchar, put_u16_counted};
use crate::error::{DecodeError, EncodeError};
use crate::version::Version;

/// The version of the server's program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductVersion {
    /// 16 for SQL Server 2022.
    pub major: u8,
    /// Usually 0.
    pub minor: u8,
    /// Such as 1000.
    pub build: u16,
}

/// The login succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginAck {
    /// The number of the protocol version that is spoken from now on.
    pub version: u32,
    /// What the server calls itself. FreeTDS wants it to start with "Microsoft".
    pub program: String,
    /// Of the server's program.
    pub program_version: ProductVersion,
}

/// The language spoken is T-SQL.
const INTERFACE_TSQL: u8 = 1;

impl LoginAck {
    /// An acknowledgement of `version`.
    pub fn new(version: Version, program: &str, program_version: ProductVersion) -> LoginAck {
        LoginAck { version: version.number(), program: program.to_owned(), program_version }
    }

    /// Appends the token.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(byte::LOGIN_ACK);
        put_u16_counted(out, "LOGINACK", |out| {
            out.push(INTERFACE_TSQL);
            out.extend_from_slice(&self.version.to_be_bytes());
            put_b_varchar(out, &self.program);
            out.extend_from_slice(&[self.program_version.major, self.program_version.minor]);
            out.extend_from_slice(&self.program_version.build.to_be_bytes());
        })
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<LoginAck, DecodeError> {
        let length = reader.u16("LOGINACK")?;
        let mut inside = Reader::new(reader.take(length.into(), "LOGINACK")?);
        inside.u8("LOGINACK interface")?;
        let version = u32::from_be_bytes(inside.array("LOGINACK version")?);
        let program = inside.b_varchar("LOGINACK program")?;
        let [major, minor, high, low] = inside.array("LOGINACK program version")?;
        let build = u16::from_be_bytes([high, low]);
        Ok(LoginAck { version, program, program_version: ProductVersion { major, minor, build } })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};

    #[test]
    fn a_login_ack_looks_like_this_on_the_wire() {
        let version = ProductVersion { major: 16, minor: 0, build: 1000 };
        let ack = LoginAck::new(Version::V7_4, "ab", version);
        let wire = bytes(|out| ack.encode(out).unwrap());
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[AD, 0E, 00, 01, 74, 00, 00, 04, 02, 61, 00, 62, 00, 10, 00, 03, E8]"
        );
        assert_eq!(one(&wire, Version::V7_4), Token::LoginAck(ack));
    }
}
