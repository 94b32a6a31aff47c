//! Reads and writes the base fields of [MS-TDS] 2.2.5: integers, byte-counted and
//! word-counted strings.
//!
//! # Invariants
//!
//! * A [`Reader`] never looks past its slice and never allocates more than the slice holds.

use crate::error::{DecodeError, EncodeError};

/// A cursor over bytes that somebody else sent.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next byte, left where it is.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next `count` bytes.
    pub(crate) fn take(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => {
                let missing = (count - self.rest.len()) as u64;
                Err(DecodeError::Truncated { what, missing })
            }
        }
    }

    /// Everything that is left.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// The next `N` bytes as an array.
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let bytes = self.take(N, what)?;
        let mut array = [0; N];
        array.copy_from_slice(bytes);
        Ok(array)
    }

    /// A BYTE.
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        Ok(self.array::<1>(what)?[0])
    }

    /// A USHORT, little endian.
    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array(what)?))
    }

    /// A ULONG, little endian.
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// A LONG, little endian.
    pub(crate) fn i32(&mut self, what: &'static str) -> Result<i32, DecodeError> {
        Ok(i32::from_le_bytes(self.array(what)?))
    }

    /// A ULONGLONG, little endian.
    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// UTF-16 text of `units` two-byte units.
    pub(crate) fn utf16(
        &mut self,
        units: usize,
        what: &'static str,
    ) -> Result<String, DecodeError> {
        utf16(self.take(units.saturating_mul(2), what)?, what)
    }

    /// A B_VARCHAR: one byte of length in characters, then UTF-16.
    pub(crate) fn b_varchar(&mut self, what: &'static str) -> Result<String, DecodeError> {
        let units = self.u8(what)?;
        self.utf16(units.into(), what)
    }

    /// A US_VARCHAR: two bytes of length in characters, then UTF-16.
    pub(crate) fn us_varchar(&mut self, what: &'static str) -> Result<String, DecodeError> {
        let units = self.u16(what)?;
        self.utf16(units.into(), what)
    }

    /// A B_VARBYTE: one byte of length, then bytes.
    pub(crate) fn b_varbyte(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let count = self.u8(what)?;
        self.take(count.into(), what)
    }
}

/// Text from UTF-16, little endian. An unpaired surrogate is refused: replacing it would
/// change what the user wrote.
pub(crate) fn utf16(bytes: &[u8], what: &'static str) -> Result<String, DecodeError> {
    let (units, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(DecodeError::Utf16 { what });
    }
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .collect::<Result<String, _>>()
        .map_err(|_| DecodeError::Utf16 { what })
}

/// Appends text as UTF-16, little endian.
pub(crate) fn put_utf16(out: &mut Vec<u8>, text: &str) {
    for unit in text.encode_utf16() {
        out.extend_from_slice(&unit.to_le_bytes());
    }
}

/// Appends a B_VARCHAR. Text over 255 units is cut: these fields hold names, which are shorter.
pub(crate) fn put_b_varchar(out: &mut Vec<u8>, text: &str) {
    let text = cut(text, u8::MAX.into());
    out.push(units(text) as u8);
    put_utf16(out, text);
}

/// Appends a US_VARCHAR. Text over 65535 units is cut.
pub(crate) fn put_us_varchar(out: &mut Vec<u8>, text: &str) {
    let text = cut(text, u16::MAX.into());
    out.extend_from_slice(&(units(text) as u16).to_le_bytes());
    put_utf16(out, text);
}

/// Appends what `body` writes, after its length as a USHORT.
pub(crate) fn put_u16_counted(
    out: &mut Vec<u8>,
    what: &'static str,
    body: impl FnOnce(&mut Vec<u8>),
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 2]);
    body(out);
    match u16::try_from(out.len() - start - 2) {
        Ok(length) => {
            out[start..start + 2].copy_from_slice(&length.to_le_bytes());
            Ok(())
        }
        Err(_) => {
            out.truncate(start);
            Err(EncodeError::TooLong { what, limit: u16::MAX.into() })
        }
    }
}

/// How many UTF-16 units `text` takes.
pub(crate) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The longest start of `text` that takes at most `limit` UTF-16 units.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.len_utf16();
        if used > limit {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_past_the_end_says_how_much_is_missing() {
        let error = Reader::new(&[1, 2, 3]).u64("row count").unwrap_err();
        assert_eq!(error, DecodeError::Truncated { what: "row count", missing: 5 });
    }

    #[test]
    fn names_are_counted_in_utf16_units_and_cut_between_characters() {
        assert_eq!(units("a😀"), 3);
        assert_eq!(cut("a😀b", 2), "a");
        assert_eq!(cut("a😀b", 3), "a😀");
    }

    #[test]
    fn an_unpaired_surrogate_is_refused() {
        assert_eq!(utf16(&[0x00, 0xD8], "batch"), Err(DecodeError::Utf16 { what: "batch" }));
        assert_eq!(utf16(&[0x41], "batch"), Err(DecodeError::Utf16 { what: "batch" }));
    }
}
