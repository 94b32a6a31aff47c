//! A mistake in the user's text: package, project, expression, T-SQL, settings.

use std::fmt;
use std::ops::Range;

/// Bytes of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// Whether the package can still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It runs, and the user should know something.
    Warning,
    /// It does not run.
    Error,
}

/// One problem in the user's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the package can still run.
    pub severity: Severity,
    /// Stable, documented in `docs/errors/`, never reused.
    pub code: Code,
    /// One sentence, no full stop.
    pub message: String,
    /// The part of the document that it is about: a refId, a column, a property.
    pub place: String,
    /// The bytes to underline.
    pub span: Span,
    /// What to do about it, if there is one thing to do.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.place.is_empty() {
            write!(f, " (at {})", self.place)?;
        }
        Ok(())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $(, dts = $dts:literal)?;)*) => {
        /// What kind of problem a [`Diagnostic`] is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $name = $number,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The SSIS error number that goes with it, where SSIS has one.
            pub const fn dts(self) -> Option<u32> {
                match self { $(Self::$name => codes!(@dts $($dts)?),)* }
            }
        }
    };
    (@dts) => { None };
    (@dts $dts:literal) => { Some($dts) };
}

codes! {
    /// The file is not XML, or not a complete one.
    NotXml = 101, dts = 0xC0011007;
    /// The document uses a document type definition or entities.
    ForbiddenXml = 102, dts = 0xC0011007;
    /// The XML is not a package, project or connection manager.
    NotAPackage = 103, dts = 0xC0011007;
    /// The package format is newer or older than what can be read.
    UnknownFormat = 104, dts = 0xC001700A;
    /// An attribute or element has a value that its property cannot take.
    BadProperty = 105, dts = 0xC0010018;
    /// A precedence constraint names an executable that is not in its container.
    UnknownExecutable = 106;
    /// A name or id refers to something that is not in the document.
    UnknownReference = 107, dts = 0xC001000E;
    /// A task is of a type that does not exist here.
    UnknownTask = 108, dts = 0xC001F02A;
    /// A data flow component is of a class that does not exist here.
    UnknownComponent = 109, dts = 0xC0048021;
    /// A part of the package is understood but cannot be run.
    Unsupported = 110;
    /// The document, or a part of it, is encrypted and cannot be decrypted.
    Encrypted = 111, dts = 0xC0016016;
    /// The `.ispac` archive is damaged or breaks a limit.
    BadArchive = 112;
    /// A part that the project's manifest lists is missing.
    MissingPart = 113;
    /// An expression does not parse or type-check.
    BadExpression = 120, dts = 0xC0047084;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PH{:04}", *self as u16)
    }
}
