//! A certificate's name: the SHA-256 of its DER bytes.
//!
//! Windows shows SHA-1 thumbprints (scale-out fact sheet, section 6). A [`GivenThumbprint`] is
//! what a person has pasted, either of the two: a SHA-1 finds a certificate that is at hand, and
//! what is kept and compared from then on is its SHA-256.

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
    Sha1Thumbprint::of(certificate_der).to_string()
}

/// The SHA-1 of a certificate's DER bytes, as Windows shows it: 40 uppercase digits. It finds a
/// certificate; nothing is trusted by it for longer than it takes to see that certificate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha1Thumbprint([u8; 20]);

impl Sha1Thumbprint {
    /// The SHA-1 of a certificate.
    pub fn of(certificate_der: &[u8]) -> Self {
        let mut bytes = [0; 20];
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate_der);
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

/// A thumbprint as somebody has written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GivenThumbprint {
    /// 64 digits.
    Sha256(Thumbprint),
    /// 40 digits.
    Sha1(Sha1Thumbprint),
}

impl GivenThumbprint {
    /// The SHA-256, if it is one.
    pub fn sha256(&self) -> Option<Thumbprint> {
        match self {
            Self::Sha256(thumbprint) => Some(*thumbprint),
            Self::Sha1(_) => None,
        }
    }

    /// The SHA-1, if it is one.
    pub fn sha1(&self) -> Option<Sha1Thumbprint> {
        match self {
            Self::Sha256(_) => None,
            Self::Sha1(thumbprint) => Some(*thumbprint),
        }
    }

    /// Whether it names this certificate.
    pub fn names(&self, certificate_der: &[u8]) -> bool {
        match self {
            Self::Sha256(thumbprint) => *thumbprint == Thumbprint::of(certificate_der),
            Self::Sha1(thumbprint) => *thumbprint == Sha1Thumbprint::of(certificate_der),
        }
    }
}

impl From<Thumbprint> for GivenThumbprint {
    fn from(thumbprint: Thumbprint) -> Self {
        Self::Sha256(thumbprint)
    }
}

impl From<Sha1Thumbprint> for GivenThumbprint {
    fn from(thumbprint: Sha1Thumbprint) -> Self {
        Self::Sha1(thumbprint)
    }
}

impl fmt::Display for Sha1Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Sha1Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for GivenThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(thumbprint) => thumbprint.fmt(f),
            Self::Sha1(thumbprint) => thumbprint.fmt(f),
        }
    }
}

impl FromStr for GivenThumbprint {
    type Err = BadThumbprint;

    /// Takes the digits in either case, with spaces and colons between them, and with the
    /// invisible character that Windows puts before them.
    fn from_str(text: &str) -> Result<Self, BadThumbprint> {
        let digits = digits(text)?;
        if let Some(bytes) = bytes(&digits) {
            return Ok(Self::Sha256(Thumbprint(bytes)));
        }
        match bytes(&digits) {
            Some(bytes) => Ok(Self::Sha1(Sha1Thumbprint(bytes))),
            None => Err(BadThumbprint::Length { digits: digits.len() }),
        }
    }
}

/// The values of the digits.
fn digits(text: &str) -> Result<Vec<u8>, BadThumbprint> {
    let digit = |found: char| match found.to_digit(16) {
        Some(digit) => Ok(u8::try_from(digit).unwrap_or_default()),
        None => Err(BadThumbprint::Digit { found }),
    };
    text.chars().filter(|c| !is_separator(*c)).map(digit).collect()
}

/// Two digits to a byte, if that gives as many as wanted.
fn bytes<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |b, d| b << 4 | d)).collect();
    if digits.len() == 2 * N { bytes.try_into().ok() } else { None }
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
        match text.parse()? {
            GivenThumbprint::Sha256(thumbprint) => Ok(thumbprint),
            GivenThumbprint::Sha1(_) => Err(BadThumbprint::Sha1),
        }
    }
}

/// U+200E is what copying a thumbprint from the Windows certificate dialog puts before it.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '-' | '\u{200e}' | '\u{feff}')
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
    fn what_windows_shows_is_taken_where_a_certificate_can_be_looked_up() {
        let shown = "\u{200e}a9 99 3e 36 47 06 81 6a ba 3e 25 71 78 50 c2 6c 9c d0 d8 9d";
        let given: GivenThumbprint = shown.parse().unwrap();
        assert!(given.names(b"abc") && !given.names(b"abd"));
        assert_snapshot!(given, @"A9993E364706816ABA3E25717850C26C9CD0D89D");
        let sha256: GivenThumbprint = Thumbprint::of(b"abc").to_string().parse().unwrap();
        assert!(sha256.names(b"abc") && !sha256.names(b"abd"));
    }

    #[test]
    fn what_is_wrong_with_a_thumbprint_is_said() {
        let error = |text: &str| text.parse::<Thumbprint>().unwrap_err().to_string();
        assert_snapshot!(error("xyz"), @"a thumbprint is hexadecimal digits, and `x` is not one");
        assert_snapshot!(error(""), @"a SHA-256 thumbprint has 64 hexadecimal digits, not 0");
        assert_snapshot!(error(&sha1(b"abc")), @"the thumbprint has 40 digits, so it is a SHA-1 as Windows shows it; give the SHA-256 with 64 digits");
    }
}
