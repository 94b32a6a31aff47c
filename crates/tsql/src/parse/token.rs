//! Looking at tokens, taking them, and saying which one is wrong.

use super::{Parsed, Parser, is_reserved};
use crate::ast::Place;
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, Token, TokenKind, shown_value};

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Token {
        self.peek_at(0)
    }

    /// The token so many places ahead, or the end.
    pub(super) fn peek_at(&self, ahead: usize) -> Token {
        let index = (self.at + ahead).min(self.tokens.len().saturating_sub(1));
        self.tokens[index]
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    pub(super) fn is_end(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    pub(super) fn raw(&self, token: Token) -> &'a str {
        &self.text[token.span.start..token.span.end]
    }

    /// Whether the next token is this word, not quoted.
    pub(super) fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    pub(super) fn is_at(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek_at(ahead);
        token.kind == TokenKind::Word && self.raw(token).eq_ignore_ascii_case(word)
    }

    /// Whether the next tokens are these words.
    pub(super) fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(index, word)| self.is_at(index, word))
    }

    /// Takes the word if it comes next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.take_all(&[word])
    }

    /// Takes the words if all of them come next.
    pub(super) fn take_all(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Takes whichever of the words comes next.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    pub(super) fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.take(word) { Ok(()) } else { self.unexpected() }
    }

    pub(super) fn expect_all(&mut self, words: &[&str]) -> Parsed<()> {
        words.iter().try_for_each(|word| self.expect(word))
    }

    pub(super) fn is_symbol(&self, symbol: Symbol) -> bool {
        self.is_symbol_at(0, symbol)
    }

    pub(super) fn is_symbol_at(&self, ahead: usize, symbol: Symbol) -> bool {
        self.peek_at(ahead).kind == TokenKind::Symbol(symbol)
    }

    pub(super) fn take_symbol(&mut self, symbol: Symbol) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: Symbol) -> Parsed<()> {
        if self.take_symbol(symbol) { Ok(()) } else { self.unexpected() }
    }

    /// Items with commas between them; at least one.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_symbol(Symbol::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A list in parentheses.
    pub(super) fn parenthesised<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect_symbol(Symbol::Open)?;
        let items = self.list(item)?;
        self.expect_symbol(Symbol::Close)?;
        Ok(items)
    }

    /// Where the next token stands.
    pub(super) fn here(&self) -> Place {
        self.peek().place()
    }

    /// From `start` to the end of the last token taken.
    pub(super) fn since(&self, start: Place) -> Place {
        let last = self.at.checked_sub(1).and_then(|index| self.tokens.get(index));
        let end = last.map_or(start.span.end, |token| token.span.end.max(start.span.end));
        Place { span: (start.span.start..end).into(), line: start.line }
    }

    /// The token that a message is about: the next one, or the last one of the text.
    fn culprit(&self) -> Token {
        let token = self.peek();
        if token.kind == TokenKind::End && 0 < self.at { self.tokens[self.at - 1] } else { token }
    }

    /// How the next token looks in a message.
    pub(super) fn shown(&self) -> String {
        let token = self.culprit();
        shown_value(token.kind, self.raw(token))
    }

    /// What SQL Server says about a token that does not fit.
    pub(super) fn near(&self) -> Box<SyntaxError> {
        let token = self.culprit();
        let raw = self.raw(token);
        let keyword = token.kind == TokenKind::Word && is_reserved(raw) && !self.is_end();
        Box::new(if keyword {
            SyntaxError::near_keyword(token.place(), raw)
        } else {
            SyntaxError::near(token.place(), &shown_value(token.kind, raw))
        })
    }

    pub(super) fn unexpected<T>(&self) -> Parsed<T> {
        Err(self.near())
    }

    /// Refuses a statement by name, from `start` on.
    pub(super) fn unsupported<T>(&self, start: Place, name: &str) -> Parsed<T> {
        let place = self.since(start);
        Err(Box::new(SyntaxError::unsupported_statement(place, &name.to_ascii_uppercase())))
    }

    /// Refuses the next token, an option or function that exists but not here.
    pub(super) fn unsupported_here<T>(&self) -> Parsed<T> {
        let place = self.here();
        Err(Box::new(SyntaxError::unsupported_option(place, &self.shown())))
    }
}
