//! A certificate's name: the SHA-256 of its DER bytes.
//!
//! Windows shows SHA-1 thumbprints (scale-out fact sheet, section 6); [`sha1`] is there so that
//! one can be looked up, never to trust by it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

/// The SHA-256 of a certificate's DER bytes. Shown as 64 uppercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint([u8; 32]);

/// A text that is not a thumbprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadThumbprint {
    /// Not hexadecimal.
    #[error("a thumbprint is hexadecimal digits, and `{found}` is not one")]
    Digit {
        /// The first character that does not fit.
        found: char,
    },
    /// The length of a SHA-1.
    #[error(
        "the thumbprint has 40 digits, so it is a SHA-1 as Windows shows it; \
         give the SHA-256 with 64 digits"
    )]
    Sha1,
    /// Another length.
    #[error("a SHA-256 thumbprint has 64 hexadecimal digits, not {digits}")]
    Length {
        /// How many there are.
        digits: usize,
    },
}

impl Thumbprint {
    /// The thumbprint of a certificate.
    pub fn of(certificate_der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, certificate_der).as_ref());
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The SHA-1 of a certificate's DER bytes as Windows shows it: 40 uppercase digits.
pub fn sha1(certificate_der: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate_der);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// The first eight digits: enough to tell certificates apart in a log.
impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl FromStr for Thumbprint {
    type Err = BadThumbprint;

    /// Takes the digits in either case, with spaces and colons between them.
    fn from_str(text: &str) -> Result<Self, BadThumbprint> {
        let mut digits = Vec::with_capacity(64);
        for found in text.chars().filter(|c| !is_separator(*c)) {
            let digit = found.to_digit(16).ok_or(BadThumbprint::Digit { found })?;
            digits.push(u8::try_from(digit).unwrap_or_default());
        }
        match digits.len() {
            64 => {
                let mut bytes = [0; 32];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = pair[0] << 4 | pair[1];
                }
                Ok(Self(bytes))
            }
            40 => Err(BadThumbprint::Sha1),
            digits => Err(BadThumbprint::Length { digits }),
        }
    }
}

/// U+200E is what copying a thumbprint from the Windows certificate dialog puts before it.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '-' | '\u{200e}')
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_thumbprint_is_what_openssl_and_windows_print() {
        let shown = Thumbprint::of(b"abc").to_string();
        assert_snapshot!(shown, @"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
        assert_snapshot!(sha1(b"abc"), @"A9993E364706816ABA3E25717850C26C9CD0D89D");
        assert_snapshot!(format!("{:?}", Thumbprint::of(b"abc")), @"BA7816BF");
    }

    #[test]
    fn colons_spaces_and_lowercase_do_not_matter() {
        let thumbprint = Thumbprint::of(b"abc");
        let with_colons: Vec<String> =
            thumbprint.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(with_colons.join(":").parse(), Ok(thumbprint));
        assert_eq!(format!("\u{200e} {}\n", with_colons.join(" ")).parse(), Ok(thumbprint));
    }

    #[test]
    fn what_is_wrong_with_a_thumbprint_is_said() {
        let error = |text: &str| text.parse::<Thumbprint>().unwrap_err().to_string();
        assert_snapshot!(error("xyz"), @"a thumbprint is hexadecimal digits, and `x` is not one");
        assert_snapshot!(error(""), @"a SHA-256 thumbprint has 64 hexadecimal digits, not 0");
        assert_snapshot!(error(&sha1(b"abc")), @"the thumbprint has 40 digits, so it is a SHA-1 as Windows shows it; give the SHA-256 with 64 digits");
    }
}
