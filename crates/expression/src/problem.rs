//! What is wrong with the text of an expression.

use std::fmt;

use model::{Code, Diagnostic, Severity, Span};

/// A mistake, or a warning, with its SSIS code and its place in the expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether the expression can still be evaluated.
    pub severity: Severity,
    /// The SSIS code.
    pub code: u32,
    /// One sentence, no full stop.
    pub message: String,
    /// The bytes of the expression that it is about.
    pub span: Span,
    /// What to do about it, if there is one thing to do.
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn error(code: u32, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), span, hint: None }
    }

    pub(crate) fn warning(code: u32, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The problem as a diagnostic about `place`, for example a component's column.
    pub fn diagnostic(&self, place: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: self.severity,
            code: Code::BadExpression,
            message: format!("{self} (0x{:08X})", self.code),
            place: place.into(),
            span: self.span,
            hint: self.hint.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
