//! RETURNSTATUS: what a procedure returned. [MS-TDS] 2.2.7.18.

use super::byte;
use crate::bytes::Reader;
use crate::error::DecodeError;

/// What a procedure returned; 0 unless it said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnStatus(pub i32);

impl ReturnStatus {
    /// Appends the token.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.push(byte::RETURN_STATUS);
        out.extend_from_slice(&self.0.to_le_bytes());
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<ReturnStatus, DecodeError> {
        reader.i32("RETURNSTATUS").map(ReturnStatus)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};
    use crate::version::Version;

    #[test]
    fn a_return_status_of_minus_six_looks_like_this_on_the_wire() {
        let wire = bytes(|out| ReturnStatus(-6).encode(out));
        assert_snapshot!(format!("{wire:02X?}"), @"[79, FA, FF, FF, FF]");
        assert_eq!(one(&wire, Version::V7_1), Token::ReturnStatus(ReturnStatus(-6)));
    }
}
