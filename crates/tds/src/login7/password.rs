//! A password as LOGIN7 carries it. Never shown.

use crate::bytes::{put_utf16, utf16};
use crate::error::DecodeError;

/// A password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Password {
        Password(text.into())
    }

    /// The password itself, for checking it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the bytes of LOGIN7.
    pub(crate) fn reveal(bytes: &[u8], what: &'static str) -> Result<Password, DecodeError> {
        let plain: Vec<u8> = bytes.iter().map(|byte| (byte ^ 0xA5).rotate_left(4)).collect();
        utf16(&plain, what).map(Password)
    }

    /// Appends the bytes of LOGIN7.
    pub(crate) fn obfuscate(&self, out: &mut Vec<u8>) {
        let start = out.len();
        put_utf16(out, &self.0);
        out[start..].iter_mut().for_each(|byte| *byte = byte.rotate_left(4) ^ 0xA5);
    }
}

/// Shows whether there is one.
impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() { "no password" } else { "a password" })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn the_letter_a_is_b3_a5_on_the_wire() {
        let mut out = Vec::new();
        Password::new("aZ0").obfuscate(&mut out);
        assert_snapshot!(format!("{out:02X?}"), @"[B3, A5, 00, A5, A6, A5]");
        assert_eq!(Password::reveal(&out, "password"), Ok(Password::new("aZ0")));
    }

    #[test]
    fn debug_never_shows_it() {
        assert_eq!(format!("{:?}", Password::new("hunter2")), "a password");
    }
}
