//! What the tests of all tokens share, and hostile token streams.

use proptest::prelude::*;

use super::*;

/// What `write` writes.
pub(crate) fn bytes(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

/// The one token in `wire`.
pub(crate) fn one(wire: &[u8], version: Version) -> Token {
    let mut tokens = TokenReader::new(wire, version).read_all().unwrap();
    assert_eq!(tokens.len(), 1);
    tokens.remove(0)
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        token in prop::sample::select(vec![
            0x79u8, 0x81, 0xA4, 0xA5, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xD1, 0xD2, 0xE3, 0xFD,
            0xFE, 0xFF,
        ]),
        mut bytes in prop::collection::vec(any::<u8>(), 0..120),
        old: bool,
    ) {
        let version = if old { Version::V7_1 } else { Version::V7_4 };
        bytes.insert(0, token);
        let mut reader = TokenReader::new(&bytes, version);
        while let Ok(Some(_)) = reader.next_token() {}
    }
}
