//! Text into tokens, and scripts into batches.
//!
//! Tokens are places in the text, so a batch with a project of many megabytes in a hexadecimal
//! constant is not copied before it is needed. Rules: "Constants", "Database identifiers" and
//! "Backslash (line continuation)" of the Transact-SQL reference.

mod batches;
mod scan;
mod value;

use model::Span;

use crate::ast::Place;
use crate::diagnose::SyntaxError;

pub use batches::{ScriptBatch, split_batches};
pub(crate) use scan::shown_value;
pub(crate) use value::{binary_value, quoted_value, string_value};

/// More tokens than any batch that people write, and few enough to fit in memory.
const TOKENS_MAX: usize = 2_000_000;

/// The longest name, in characters (`sysname`).
pub(crate) const NAME_MAX: usize = 128;

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A bare name or keyword.
    Word,
    /// A name in brackets or quotes.
    Quoted,
    /// `@name`.
    Variable,
    /// `@@name`.
    SystemVariable,
    String,
    National,
    Integer,
    Decimal,
    Float,
    Money,
    Binary,
    Symbol(Symbol),
    /// Behind the last token.
    End,
}

/// A token of punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    Comma,
    Semicolon,
    Dot,
    Colon,
    DoubleColon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Ampersand,
    Pipe,
    Caret,
    Tilde,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    PlusEqual,
    MinusEqual,
    StarEqual,
    SlashEqual,
    PercentEqual,
    AmpersandEqual,
    PipeEqual,
    CaretEqual,
    ShiftLeft,
    ShiftRight,
}

/// A piece of the text that means something by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    pub(crate) line: u32,
}

impl Token {
    pub(crate) fn place(self) -> Place {
        Place { span: self.span, line: self.line }
    }
}

/// All tokens of a batch, and an [`TokenKind::End`] behind them.
pub(crate) fn tokens(text: &str, quoted_identifiers: bool) -> Result<Vec<Token>, Vec<SyntaxError>> {
    let mut lexer = Lexer { text, at: 0, line: 1, quoted_identifiers };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks().map_err(|error| vec![error])?;
        let token = lexer.token()?;
        tokens.push(token);
        if token.kind == TokenKind::End {
            return Ok(tokens);
        }
        if TOKENS_MAX < tokens.len() {
            return Err(vec![SyntaxError::too_large(token.place())]);
        }
    }
}

/// Reads a text from its start.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    /// Whether `"..."` is a name, as `SET QUOTED_IDENTIFIER ON` has it, and not a string.
    quoted_identifiers: bool,
}
