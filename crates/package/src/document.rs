//! A document as it comes in: bytes to text to XML, within limits, and what went wrong with it.

use model::{Code, Diagnostic, Severity, Span};

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
