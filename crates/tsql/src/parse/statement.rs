//! Batches and statements: which rule reads what comes next.

use super::{Parsed, Parser};
use crate::ast::{Batch, Statement, StatementKind};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

/// Statements that exist and that nothing here reads.
const UNSUPPORTED: &[&[&str]] = &[
    &["BACKUP"],
    &["RESTORE"],
    &["BULK", "INSERT"],
    &["CHECKPOINT"],
    &["RECONFIGURE"],
    &["SHUTDOWN"],
    &["READTEXT"],
    &["WRITETEXT"],
    &["UPDATETEXT"],
    &["SETUSER"],
    &["DISK"],
    &["DUMP"],
    &["LOAD"],
    &["LINENO"],
    &["ENABLE", "TRIGGER"],
    &["DISABLE", "TRIGGER"],
    &["GET", "CONVERSATION"],
    &["SEND", "ON"],
    &["RECEIVE"],
    &["MOVE", "CONVERSATION"],
    &["ADD", "SIGNATURE"],
    &["ADD", "COUNTER"],
    &["ADD", "SENSITIVITY"],
];

impl Parser<'_> {
    /// A whole text.
    pub(super) fn batch(&mut self) -> Parsed<Batch> {
        while self.take_symbol(Symbol::Semicolon) {}
        let mut statements = Vec::new();
        let bare_call = self.is_ident() && !self.is_label() && !self.is_statement_word();
        if bare_call {
            // The first statement may be a procedure's name without EXEC.
            let start = self.here();
            let kind = self.call(start)?;
            statements.push(Statement { kind, place: self.since(start) });
        }
        statements.extend(self.statements()?);
        if self.is_end() {
            self.check_labels()?;
            return Ok(Batch { statements });
        }
        self.unexpected()
    }

    /// Whether a word that is no keyword begins a statement of its own.
    fn is_statement_word(&self) -> bool {
        let unsupported = UNSUPPORTED.iter().any(|words| self.are(words));
        self.is("THROW") || (unsupported && !self.is_symbol_at(1, Symbol::Dot))
    }

    /// Statements up to an `END` or the end.
    pub(super) fn statements(&mut self) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.take_symbol(Symbol::Semicolon) {}
            if self.is_end() || self.is("END") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
        }
    }

    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        let start = self.here();
        let kind = self.deeper(|parser| parser.measured(Self::statement_kind))?;
        Ok(Statement { kind, place: self.since(start) })
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        let token = self.peek();
        if token.kind == TokenKind::Symbol(Symbol::Open) && self.is_parenthesised_query() {
            return Ok(StatementKind::Select(Box::new(self.query_statement(Vec::new())?)));
        }
        if self.is_label() {
            return self.label();
        }
        if token.kind != TokenKind::Word {
            return self.unexpected();
        }
        let word = self.raw(token).to_ascii_uppercase();
        match word.as_str() {
            "SELECT" | "WITH" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" => self.data_statement(),
            "TRUNCATE" => self.truncate(),
            "DECLARE" => self.declare(),
            "SET" => self.set(),
            "EXEC" | "EXECUTE" => self.execute_statement(),
            "IF" | "WHILE" | "BREAK" | "CONTINUE" | "RETURN" | "GOTO" | "WAITFOR" => {
                self.flow(&word)
            }
            "BEGIN" => self.begin(),
            "THROW" => self.throw(),
            "RAISERROR" => self.raise_error(),
            "PRINT" => self.print(),
            "COMMIT" | "ROLLBACK" | "SAVE" => self.transaction(&word),
            "OPEN" | "FETCH" | "CLOSE" | "DEALLOCATE" => self.cursor(&word),
            "CREATE" => self.create(),
            "ALTER" => self.alter(),
            "DROP" => self.drop_statement(),
            "GRANT" | "DENY" | "REVOKE" => self.permission(&word),
            "USE" => self.use_database(),
            "REVERT" => self.revert(),
            "KILL" => self.kill(),
            "DBCC" => self.dbcc(),
            _ => self.unknown_statement(),
        }
    }

    fn is_parenthesised_query(&self) -> bool {
        let mut ahead = 0;
        while self.is_symbol_at(ahead, Symbol::Open) {
            ahead += 1;
        }
        self.is_query_at(ahead)
    }

    fn data_statement(&mut self) -> Parsed<StatementKind> {
        let with = if self.take("WITH") { self.ctes()? } else { Vec::new() };
        if self.is("INSERT") {
            return self.insert(with);
        }
        if self.is("UPDATE") {
            return self.update(with);
        }
        if self.is("DELETE") {
            return self.delete(with);
        }
        if self.is("MERGE") {
            return self.merge(with);
        }
        Ok(StatementKind::Select(Box::new(self.query_statement(with)?)))
    }

    fn unknown_statement(&self) -> Parsed<StatementKind> {
        let found = UNSUPPORTED.iter().find(|words| self.are(words));
        let Some(words) = found else { return self.unexpected() };
        let place = self.here();
        Err(Box::new(SyntaxError::unsupported_statement(place, &words.join(" "))))
    }

    fn use_database(&mut self) -> Parsed<StatementKind> {
        self.expect("USE")?;
        Ok(StatementKind::Use(self.ident()?))
    }

    fn revert(&mut self) -> Parsed<StatementKind> {
        self.expect("REVERT")?;
        if self.are(&["WITH", "COOKIE"]) {
            self.advance();
            return self.unsupported_here();
        }
        Ok(StatementKind::Revert)
    }

    fn kill(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        self.expect("KILL")?;
        if self.is("QUERY") || self.is("STATS") {
            return self.unsupported(start, "KILL QUERY NOTIFICATION");
        }
        let session = self.expr()?;
        if self.is("WITH") {
            self.advance();
            return self.unsupported_here();
        }
        Ok(StatementKind::Kill(session))
    }

    fn dbcc(&mut self) -> Parsed<StatementKind> {
        self.expect("DBCC")?;
        let command = self.ident()?;
        let mut arguments = Vec::new();
        if self.is_symbol(Symbol::Open) {
            arguments = self.arguments()?;
        }
        let mut options = Vec::new();
        if self.take("WITH") {
            options = self.list(|parser| Ok(parser.ident()?.value.to_ascii_uppercase()))?;
        }
        Ok(StatementKind::Dbcc { command, arguments, options })
    }
}
