//! SQLBatch: T-SQL text. [MS-TDS] 2.2.6.7.

use super::all_headers::AllHeaders;
use crate::bytes::{Reader, put_utf16, utf16};
use crate::error::DecodeError;
use crate::version::Version;

/// T-SQL text.
#[derive(Clone, PartialEq, Eq)]
pub struct SqlBatch {
    /// What stands before it.
    pub headers: AllHeaders,
    /// The text.
    pub text: String,
}

/// Shows the size only: a batch may create a login.
impl std::fmt::Debug for SqlBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "batch of {} bytes, {:?}", self.text.len(), self.headers)
    }
}

impl SqlBatch {
    /// Appends the message.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        self.headers.encode(version, out);
        put_utf16(out, &self.text);
    }

    /// Reads the message.
    pub fn decode(bytes: &[u8], version: Version) -> Result<SqlBatch, DecodeError> {
        let mut reader = Reader::new(bytes);
        let headers = AllHeaders::decode(&mut reader, version)?;
        Ok(SqlBatch { headers, text: utf16(reader.take_rest(), "batch")? })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn wire(text: &str, version: Version) -> Vec<u8> {
        let mut out = Vec::new();
        let headers = AllHeaders { outstanding: 1, ..AllHeaders::default() };
        SqlBatch { headers, text: text.into() }.encode(version, &mut out);
        out
    }

    #[test]
    fn a_batch_looks_like_this_on_the_wire() {
        assert_snapshot!(
            format!("{:02X?}", wire("é", Version::V7_4)),
            @"[16, 00, 00, 00, 12, 00, 00, 00, 02, 00, 00, 00, 00, 00, 00, 00, 00, 00, 01, 00, 00, 00, E9, 00]"
        );
        assert_snapshot!(format!("{:02X?}", wire("é", Version::V7_1)), @"[E9, 00]");
    }

    #[test]
    fn half_a_character_is_refused() {
        assert_snapshot!(SqlBatch::decode(b"S", Version::V7_1).unwrap_err(), @"batch is not UTF-16");
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(text in ".{0,80}") {
            let read = SqlBatch::decode(&wire(&text, Version::V7_2), Version::V7_2).unwrap();
            prop_assert_eq!(read.text, text);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            drop(SqlBatch::decode(&bytes, Version::V7_4));
        }
    }
}
