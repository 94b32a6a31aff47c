//! Names, variables, types, and constants that stand alone.

use super::{Parsed, Parser, is_reserved};
use crate::ast::{Ident, ObjectName, TypeName, TypeSize};
use crate::diagnose::SyntaxError;
use crate::lexer::{NAME_MAX, Symbol, TokenKind, quoted_value, string_value};

/// Spellings of types that have more than one word, and the name each stands for.
/// Source: "Data type synonyms (Transact-SQL)".
const TYPE_SYNONYMS: &[(&[&str], &str)] = &[
    (&["NATIONAL", "CHARACTER", "VARYING"], "nvarchar"),
    (&["NATIONAL", "CHAR", "VARYING"], "nvarchar"),
    (&["NATIONAL", "CHARACTER"], "nchar"),
    (&["NATIONAL", "CHAR"], "nchar"),
    (&["NATIONAL", "TEXT"], "ntext"),
    (&["CHARACTER", "VARYING"], "varchar"),
    (&["CHAR", "VARYING"], "varchar"),
    (&["BINARY", "VARYING"], "varbinary"),
    (&["DOUBLE", "PRECISION"], "float"),
];

/// The most parts a name has: server, database, schema, object; a column has one more.
const PARTS_MAX: usize = 5;

impl Parser<'_> {
    /// Whether the token so many places ahead can be a name.
    pub(super) fn is_ident_at(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        token.kind == TokenKind::Quoted
            || (token.kind == TokenKind::Word && !is_reserved(self.raw(token)))
    }

    pub(super) fn is_ident(&self) -> bool {
        self.is_ident_at(0)
    }

    /// Whether a label comes next.
    pub(super) fn is_label(&self) -> bool {
        self.is_ident() && self.is_symbol_at(1, Symbol::Colon)
    }

    pub(super) fn ident(&mut self) -> Parsed<Ident> {
        if self.is_ident() { Ok(self.any_word()) } else { self.unexpected() }
    }

    /// The next token as a name, whatever it is.
    pub(super) fn any_word(&mut self) -> Ident {
        let token = self.advance();
        let raw = self.raw(token);
        let quoted = token.kind == TokenKind::Quoted;
        let value = if quoted { quoted_value(raw) } else { raw.to_owned() };
        Ident { value, quoted, place: token.place() }
    }

    /// A name, or a string that names, as aliases may be.
    pub(super) fn ident_or_string(&mut self) -> Parsed<Ident> {
        let token = self.peek();
        if !matches!(token.kind, TokenKind::String | TokenKind::National) {
            return self.ident();
        }
        self.advance();
        let value = string_value(self.raw(token));
        if value.is_empty() {
            return Err(Box::new(SyntaxError::empty_name(token.place())));
        }
        if NAME_MAX < value.chars().count() {
            return Err(Box::new(SyntaxError::too_long(token.place(), &value)));
        }
        Ok(Ident { value, quoted: true, place: token.place() })
    }

    /// A name of one to four parts, where parts in the middle may be left out.
    pub(super) fn object_name(&mut self) -> Parsed<ObjectName> {
        let name = self.dotted()?;
        if PARTS_MAX <= name.parts.len() {
            return self.unexpected();
        }
        Ok(name)
    }

    /// A name of parts with points between them.
    pub(super) fn dotted(&mut self) -> Parsed<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.is_symbol(Symbol::Dot) {
            if self.is_symbol_at(1, Symbol::Star) {
                break;
            }
            self.advance();
            if self.is_symbol(Symbol::Dot) {
                let place = self.here();
                parts.push(Ident { value: String::new(), quoted: false, place });
            } else if self.peek().kind == TokenKind::Word || self.is_ident() {
                // Behind a point any word is a name to clients that do not quote (`t.key`),
                // but SQL Server wants brackets.
                parts.push(self.ident()?);
            } else {
                return self.unexpected();
            }
            if PARTS_MAX < parts.len() {
                return self.unexpected();
            }
        }
        Ok(ObjectName { parts })
    }

    /// A name of one part.
    pub(super) fn idents(&mut self) -> Parsed<Vec<Ident>> {
        self.parenthesised(Self::ident)
    }

    /// `(a, b)` where it is there.
    pub(super) fn optional_idents(&mut self) -> Parsed<Vec<Ident>> {
        if self.is_symbol(Symbol::Open) { self.idents() } else { Ok(Vec::new()) }
    }

    /// `@name`.
    pub(super) fn variable(&mut self) -> Parsed<String> {
        if self.peek().kind != TokenKind::Variable {
            return self.unexpected();
        }
        let token = self.advance();
        Ok(self.raw(token).to_owned())
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(self.peek().kind, TokenKind::String | TokenKind::National)
    }

    /// The text of a string constant.
    pub(super) fn string(&mut self) -> Parsed<String> {
        if !self.is_string() {
            return self.unexpected();
        }
        let token = self.advance();
        Ok(string_value(self.raw(token)))
    }

    /// `ON` or `OFF`.
    pub(super) fn on_off(&mut self) -> Parsed<bool> {
        if self.take("ON") {
            return Ok(true);
        }
        self.expect("OFF")?;
        Ok(false)
    }

    pub(super) fn type_name(&mut self) -> Parsed<TypeName> {
        let start = self.here();
        let synonym = TYPE_SYNONYMS.iter().find(|(words, _)| self.are(words));
        let name = if let Some((words, name)) = synonym {
            self.at += words.len();
            let value = (*name).to_owned();
            ObjectName { parts: vec![Ident { value, quoted: false, place: self.since(start) }] }
        } else {
            self.object_name()?
        };
        let size = self.type_size()?;
        Ok(TypeName { name, size, place: self.since(start) })
    }

    fn type_size(&mut self) -> Parsed<TypeSize> {
        if !self.take_symbol(Symbol::Open) {
            return Ok(TypeSize::Absent);
        }
        let size = if self.take("MAX") {
            TypeSize::Max
        } else {
            let first = self.number()?;
            if self.take_symbol(Symbol::Comma) {
                TypeSize::Two(first, self.number()?)
            } else {
                TypeSize::One(first)
            }
        };
        self.expect_symbol(Symbol::Close)?;
        Ok(size)
    }

    pub(super) fn number(&mut self) -> Parsed<u32> {
        let token = self.peek();
        let number = self.raw(token).parse().ok().filter(|_| token.kind == TokenKind::Integer);
        let Some(number) = number else { return self.unexpected() };
        self.advance();
        Ok(number)
    }
}
