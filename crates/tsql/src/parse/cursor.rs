//! Cursors.

use super::{Parsed, Parser};
use crate::ast::{
    CursorDefinition, CursorOption, CursorRef, CursorUpdate, Fetch, FetchDirection, StatementKind,
};
use crate::lexer::{Symbol, TokenKind};

/// Words behind `CURSOR`.
const OPTIONS: &[(&str, CursorOption)] = &[
    ("LOCAL", CursorOption::Local),
    ("GLOBAL", CursorOption::Global),
    ("FORWARD_ONLY", CursorOption::ForwardOnly),
    ("SCROLL", CursorOption::Scroll),
    ("STATIC", CursorOption::Static),
    ("KEYSET", CursorOption::Keyset),
    ("DYNAMIC", CursorOption::Dynamic),
    ("FAST_FORWARD", CursorOption::FastForward),
    ("READ_ONLY", CursorOption::ReadOnly),
    ("SCROLL_LOCKS", CursorOption::ScrollLocks),
    ("OPTIMISTIC", CursorOption::Optimistic),
    ("TYPE_WARNING", CursorOption::TypeWarning),
];

impl Parser<'_> {
    /// `name [INSENSITIVE] [SCROLL] CURSOR ...`, behind `DECLARE`.
    pub(super) fn declare_cursor(&mut self) -> Parsed<StatementKind> {
        let name = self.ident()?;
        let mut options = Vec::new();
        if self.take("INSENSITIVE") {
            options.push(CursorOption::Insensitive);
        }
        if self.take("SCROLL") {
            options.push(CursorOption::Scroll);
        }
        self.expect("CURSOR")?;
        let definition = self.cursor_definition(options)?;
        Ok(StatementKind::DeclareCursor(name, Box::new(definition)))
    }

    /// `[options] FOR query [FOR ...]`, behind `CURSOR`.
    pub(super) fn cursor_definition(
        &mut self,
        mut options: Vec<CursorOption>,
    ) -> Parsed<CursorDefinition> {
        while let Some((_, option)) = OPTIONS.iter().find(|(word, _)| self.take(word)) {
            options.push(*option);
        }
        self.expect("FOR")?;
        let with = if self.take("WITH") { self.ctes()? } else { Vec::new() };
        let query = self.query_statement(with)?;
        let update = if self.take_all(&["FOR", "READ", "ONLY"]) {
            Some(CursorUpdate::ReadOnly)
        } else if self.take_all(&["FOR", "UPDATE"]) {
            let columns = if self.take("OF") { self.list(Self::ident)? } else { Vec::new() };
            Some(CursorUpdate::Columns(columns))
        } else {
            None
        };
        Ok(CursorDefinition { options, query, update })
    }

    /// `[GLOBAL] name` or `@variable`.
    pub(super) fn cursor_ref(&mut self) -> Parsed<CursorRef> {
        if self.peek().kind == TokenKind::Variable {
            return self.variable().map(CursorRef::Variable);
        }
        let global = self.is("GLOBAL") && self.is_ident_at(1);
        if global {
            self.advance();
        }
        Ok(CursorRef::Name { name: self.ident()?, global })
    }

    pub(super) fn cursor(&mut self, word: &str) -> Parsed<StatementKind> {
        let start = self.here();
        self.advance();
        if matches!(word, "OPEN" | "CLOSE") && (self.is("SYMMETRIC") || self.is("MASTER")) {
            return self.unsupported(start, &format!("{word} KEY"));
        }
        match word {
            "OPEN" => self.cursor_ref().map(StatementKind::Open),
            "CLOSE" => self.cursor_ref().map(StatementKind::Close),
            "DEALLOCATE" => self.cursor_ref().map(StatementKind::Deallocate),
            _ => self.fetch(),
        }
    }

    fn fetch(&mut self) -> Parsed<StatementKind> {
        let direction = self.fetch_direction()?;
        let cursor = self.cursor_ref()?;
        let into = if self.take("INTO") { self.list(Self::variable)? } else { Vec::new() };
        Ok(StatementKind::Fetch(Box::new(Fetch { direction, cursor, into })))
    }

    /// The direction and `FROM`. A cursor may itself be called `next`, so that `FROM` decides.
    fn fetch_direction(&mut self) -> Parsed<FetchDirection> {
        if self.take("FROM") {
            return Ok(FetchDirection::Next);
        }
        for (word, direction) in [
            ("NEXT", FetchDirection::Next),
            ("PRIOR", FetchDirection::Prior),
            ("FIRST", FetchDirection::First),
            ("LAST", FetchDirection::Last),
        ] {
            if self.take_all(&[word, "FROM"]) {
                return Ok(direction);
            }
        }
        let absolute = self.is("ABSOLUTE");
        let counted = (absolute || self.is("RELATIVE"))
            && (matches!(self.peek_at(1).kind, TokenKind::Integer | TokenKind::Variable)
                || self.is_symbol_at(1, Symbol::Minus));
        if !counted {
            return Ok(FetchDirection::Next);
        }
        self.advance();
        let row = self.expr()?;
        self.expect("FROM")?;
        let absolutely = FetchDirection::Absolute;
        Ok(if absolute { absolutely(row) } else { FetchDirection::Relative(row) })
    }
}
