//! ERROR and INFO: [MS-TDS] 2.2.7.10 and 2.2.7.13. The two have one layout; a message of class
//! 11 and above is an error.

use super::byte;
use crate::bytes::{Reader, cut, put_b_varchar, put_u16_counted, put_us_varchar};
use crate::error::DecodeError;
use crate::version::Version;

/// A message to the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerMessage {
    /// The message's number, 50000 and above for the user's own.
    pub number: i32,
    /// Tells apart the places that a message comes from.
    pub state: u8,
    /// The severity: 0 to 10 informs, 11 to 19 is an error, 20 and above ends the connection.
    pub class: u8,
    /// The text.
    pub text: String,
    /// Who says so.
    pub server: String,
    /// The procedure it comes from, or nothing.
    pub procedure: String,
    /// The line of the batch or procedure, from 1.
    pub line: u32,
}

/// Text is cut there, in UTF-16 units: the token's length has two bytes.
const TEXT_MAX: usize = 30_000;

impl ServerMessage {
    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.class > 10
    }

    /// Appends the token.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        out.push(if self.is_error() { byte::ERROR } else { byte::INFO });
        let body = |out: &mut Vec<u8>| {
            out.extend_from_slice(&self.number.to_le_bytes());
            out.extend_from_slice(&[self.state, self.class]);
            put_us_varchar(out, cut(&self.text, TEXT_MAX));
            put_b_varchar(out, &self.server);
            put_b_varchar(out, &self.procedure);
            if version.is_at_least_7_2() {
                out.extend_from_slice(&self.line.to_le_bytes());
            } else {
                let line = u16::try_from(self.line).unwrap_or(u16::MAX);
                out.extend_from_slice(&line.to_le_bytes());
            }
        };
        put_u16_counted(out, "message", body).expect("60,000 bytes of text and two names fit");
    }

    pub(super) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<ServerMessage, DecodeError> {
        let length = reader.u16("message")?;
        let mut inside = Reader::new(reader.take(length.into(), "message")?);
        Ok(ServerMessage {
            number: inside.i32("message number")?,
            state: inside.u8("message state")?,
            class: inside.u8("message class")?,
            text: inside.us_varchar("message text")?,
            server: inside.b_varchar("message server")?,
            procedure: inside.b_varchar("message procedure")?,
            line: match version.is_at_least_7_2() {
                true => inside.u32("message line")?,
                false => inside.u16("message line")?.into(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};

    fn message(class: u8) -> ServerMessage {
        ServerMessage {
            number: 5701,
            state: 2,
            class,
            text: "hi".into(),
            server: "s".into(),
            procedure: String::new(),
            line: 1,
        }
    }

    #[test]
    fn an_info_looks_like_this_on_the_wire() {
        let wire = bytes(|out| message(10).encode(Version::V7_4, out));
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[AB, 14, 00, 45, 16, 00, 00, 02, 0A, 02, 00, 68, 00, 69, 00, 01, 73, 00, 00, 01, 00, 00, 00]"
        );
    }

    #[test]
    fn class_11_is_an_error_and_7_1_has_two_bytes_of_line() {
        let wire = bytes(|out| message(11).encode(Version::V7_1, out));
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[AA, 12, 00, 45, 16, 00, 00, 02, 0B, 02, 00, 68, 00, 69, 00, 01, 73, 00, 00, 01, 00]"
        );
    }

    proptest! {
        #[test]
        fn any_message_is_written_and_at_most_cut(
            text in ".{0,60}", times in 1usize..2000, class: u8, number: i32, line: u32,
        ) {
            let text = text.repeat(times);
            let sent = ServerMessage { number, class, line, text, ..ServerMessage::default() };
            let wire = bytes(|out| sent.encode(Version::V7_4, out));
            let Token::Message(read) = one(&wire, Version::V7_4) else { panic!("not a message") };
            prop_assert!(sent.text.starts_with(&read.text));
            prop_assert_eq!(ServerMessage { text: sent.text.clone(), ..read }, sent);
        }
    }
}
