//! A document as it comes in: bytes to text to XML, within limits, and what went wrong with it.
//!
//! Document type definitions are refused, so there are no entities to expand.

mod scan;

use std::borrow::Cow;

use model::{Code, Diagnostic, Severity, Span};
use roxmltree::{Document, ParsingOptions};

use self::scan::{Forbidden, scan};
use crate::Secret;

/// A document could not be read at all. Mistakes inside one that could are [`Diagnostic`]s.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot read `{part}`: {diagnostic}")]
pub struct ReadError {
    /// Name of the document: a file name, or the part of an archive.
    pub part: String,
    /// What is wrong with it.
    pub diagnostic: Box<Diagnostic>,
}

impl ReadError {
    pub(crate) fn new(part: &str, code: Code, message: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            diagnostic: Box::new(Diagnostic {
                severity: Severity::Error,
                code,
                message: message.into(),
                place: String::new(),
                span: Span::default(),
                hint: None,
            }),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic.hint = Some(hint.into());
        self
    }

    pub(crate) fn span(mut self, span: Span) -> Self {
        self.diagnostic.span = span;
        self
    }
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Opens documents that are encrypted with a password.
    pub password: Option<Secret>,
}

/// Bytes of a document at most: 8 times the largest package known in public.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 32 << 20;
/// What to do about a document that no designer saved.
const FORBIDDEN_HINT: &str =
    "packages never need it; take the document from a source that you trust";
/// Nodes of a document at most; each takes some 100 bytes.
const NODES_MAX: u32 = 4_000_000;

/// The text of a document: UTF-8 or UTF-16, with or without a byte order mark.
pub(crate) fn decode<'a>(part: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, ReadError> {
    if DOCUMENT_BYTES_MAX < bytes.len() {
        let message = format!("the document is larger than {} MiB", DOCUMENT_BYTES_MAX >> 20);
        return Err(ReadError::new(part, Code::NotXml, message));
    }
    let units = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok().map(Cow::Owned)
    };
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(Cow::Borrowed),
        [0xFF, 0xFE, ..] => units(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => units(u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    };
    text.ok_or_else(|| {
        ReadError::new(part, Code::NotXml, "the document is not text in UTF-8 or UTF-16")
            .hint("check that the file is a package and that it was copied whole")
    })
}

/// The XML of a document.
pub(crate) fn parse<'a>(part: &str, text: &'a str) -> Result<Document<'a>, ReadError> {
    if let Err(Forbidden { what, at }) = scan(text) {
        return Err(ReadError::new(part, Code::ForbiddenXml, what)
            .span(Span { start: at, end: text.len().min(at + 1) })
            .hint(FORBIDDEN_HINT));
    }
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| xml_error(part, text, &error))
}

fn xml_error(part: &str, text: &str, error: &roxmltree::Error) -> ReadError {
    let at = error.pos();
    let start = offset_of(text, at);
    let span = Span { start, end: text.len().min(start + 1) };
    let forbidden = matches!(
        error,
        roxmltree::Error::DtdDetected
            | roxmltree::Error::EntityReferenceLoop(_)
            | roxmltree::Error::UnknownEntityReference(..)
            | roxmltree::Error::NodesLimitReached
    );
    if forbidden {
        return ReadError::new(part, Code::ForbiddenXml, forbidden_words(error))
            .span(span)
            .hint(FORBIDDEN_HINT);
    }
    let cut_short = matches!(
        error,
        roxmltree::Error::UnclosedRootNode
            | roxmltree::Error::UnexpectedEndOfStream
            | roxmltree::Error::NoRootNode
    );
    if cut_short {
        let end = Span { start: text.len(), end: text.len() };
        return ReadError::new(part, Code::NotXml, "the document ends before its XML does")
            .span(end)
            .hint("the file is empty or was cut short; copy or save it again");
    }
    let message = format!("not well-formed XML at line {}, column {}", at.row, at.col);
    ReadError::new(part, Code::NotXml, message)
        .span(span)
        .hint("open the file in a text editor at that place, or save it again in the designer")
}

fn forbidden_words(error: &roxmltree::Error) -> &'static str {
    if matches!(error, roxmltree::Error::NodesLimitReached) {
        "the document has too many elements"
    } else {
        "the document uses a document type definition or entities"
    }
}

fn offset_of(text: &str, at: roxmltree::TextPos) -> usize {
    let row = usize::try_from(at.row).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(at.col).unwrap_or(1).saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    let line = &text[line_start.min(text.len())..];
    let in_line = line.char_indices().nth(column).map_or(line.len(), |(offset, _)| offset);
    (line_start + in_line).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let error = parse("A.dtsx", text).unwrap_err();
        format!("{error}; {}", error.diagnostic.hint.clone().unwrap_or_default())
    }

    #[test]
    fn a_billion_laughs_are_refused_before_the_first() {
        let text = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><x>&b;</x>";
        insta::assert_snapshot!(refusal(text), @"cannot read `A.dtsx`: PH0102: the document uses a document type definition or entities; packages never need it; take the document from a source that you trust");
    }

    #[test]
    fn what_is_not_xml_says_where_it_stops_being_xml() {
        insta::assert_snapshot!(refusal("<a>\n  <b x=1/></a>"), @"cannot read `A.dtsx`: PH0101: not well-formed XML at line 2, column 8; open the file in a text editor at that place, or save it again in the designer");
        insta::assert_snapshot!(refusal("<a><b>"), @"cannot read `A.dtsx`: PH0101: the document ends before its XML does; the file is empty or was cut short; copy or save it again");
        assert_eq!(refusal(""), refusal("<a><b"));
    }

    #[test]
    fn nesting_has_a_limit() {
        let text = format!("{}{}", "<a>".repeat(500), "</a>".repeat(500));
        assert_eq!(parse("A", &text).unwrap_err().diagnostic.code, Code::ForbiddenXml);
    }

    #[test]
    fn utf_16_is_text_too() {
        let bytes: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("<é/>".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode("A", &bytes).unwrap(), "<é/>");
        assert_eq!(decode("A", &[0xC3]).unwrap_err().diagnostic.code, Code::NotXml);
    }
}
