//! SET: variables and options of the session.

use super::{Parsed, Parser};
use crate::ast::{Expr, ExprKind, IsolationLevel, Literal, SetOption, StatementKind, UnaryOp};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

/// Options that are on or off. Source: "SET Statements (Transact-SQL)".
const SWITCHES: &[&str] = &[
    "ANSI_DEFAULTS",
    "ANSI_NULL_DFLT_OFF",
    "ANSI_NULL_DFLT_ON",
    "ANSI_NULLS",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ARITHABORT",
    "ARITHIGNORE",
    "CONCAT_NULL_YIELDS_NULL",
    "CURSOR_CLOSE_ON_COMMIT",
    "FMTONLY",
    "FORCEPLAN",
    "IMPLICIT_TRANSACTIONS",
    "NOCOUNT",
    "NOEXEC",
    "NUMERIC_ROUNDABORT",
    "PARSEONLY",
    "QUOTED_IDENTIFIER",
    "REMOTE_PROC_TRANSACTIONS",
    "RESULT_SET_CACHING",
    "SHOWPLAN_ALL",
    "SHOWPLAN_TEXT",
    "SHOWPLAN_XML",
    "XACT_ABORT",
    "NO_BROWSETABLE",
    "DISABLE_DEF_CNST_CHK",
];

/// Options with a value.
const VALUES: &[&str] = &[
    "CONTEXT_INFO",
    "DATEFIRST",
    "DATEFORMAT",
    "DEADLOCK_PRIORITY",
    "FIPS_FLAGGER",
    "LANGUAGE",
    "LOCK_TIMEOUT",
    "QUERY_GOVERNOR_COST_LIMIT",
    "ROWCOUNT",
    "TEXTSIZE",
];

/// What `SET STATISTICS` can show.
const STATISTICS: &[&str] = &["IO", "TIME", "XML", "PROFILE"];

impl Parser<'_> {
    pub(super) fn set(&mut self) -> Parsed<StatementKind> {
        self.expect("SET")?;
        if self.peek().kind == TokenKind::Variable {
            return self.set_variable();
        }
        self.set_option().map(StatementKind::SetOption)
    }

    fn set_variable(&mut self) -> Parsed<StatementKind> {
        let variable = self.variable()?;
        if self.is_symbol(Symbol::Dot) {
            // A method that changes an xml or a user's type.
            self.advance();
            return self.unsupported_here();
        }
        let Some(operator) = self.assignment_at(0) else { return self.unexpected() };
        self.advance();
        if self.take("CURSOR") {
            let definition = self.cursor_definition(Vec::new())?;
            return Ok(StatementKind::SetCursor(variable, Box::new(definition)));
        }
        let value = self.expr()?;
        Ok(StatementKind::SetVariable { variable, operator, value })
    }

    fn set_option(&mut self) -> Parsed<SetOption> {
        if self.take_any(&["TRANSACTION", "TRAN"]) {
            self.expect_all(&["ISOLATION", "LEVEL"])?;
            return self.isolation_level().map(SetOption::Isolation);
        }
        if self.take("IDENTITY_INSERT") {
            let table = self.object_name()?;
            return Ok(SetOption::IdentityInsert(table, self.on_off()?));
        }
        if self.take("STATISTICS") {
            let names = self.list(|parser| parser.listed(STATISTICS, "STATISTICS "))?;
            return Ok(SetOption::Switch { names, on: self.on_off()? });
        }
        if VALUES.iter().any(|name| self.is(name)) {
            let name = self.listed(VALUES, "")?;
            return Ok(SetOption::Value { name, value: self.option_value()? });
        }
        if self.is("OFFSETS") {
            return self.unsupported_here();
        }
        let names = self.list(|parser| parser.listed(SWITCHES, ""))?;
        Ok(SetOption::Switch { names, on: self.on_off()? })
    }

    /// One of the names, in upper case behind `prefix`.
    fn listed(&mut self, names: &[&str], prefix: &str) -> Parsed<String> {
        if let Some(name) = names.iter().find(|name| self.is(name)) {
            self.advance();
            return Ok(format!("{prefix}{name}"));
        }
        if self.peek().kind == TokenKind::Word && self.is_ident() {
            let place = self.here();
            return Err(Box::new(SyntaxError::unknown_set_option(place, &self.shown())));
        }
        self.unexpected()
    }

    /// A constant, a variable, or a bare word that stands for its text.
    fn option_value(&mut self) -> Parsed<Expr> {
        let start = self.here();
        if self.is_ident() || self.is("OFF") {
            let word = self.any_word();
            let kind = ExprKind::Literal(Literal::String(word.value));
            return Ok(self.made(start, kind));
        }
        if self.take_symbol(Symbol::Minus) {
            let operand = Box::new(self.primary()?);
            return Ok(self.made(start, ExprKind::Unary(UnaryOp::Minus, operand)));
        }
        self.primary()
    }

    fn isolation_level(&mut self) -> Parsed<IsolationLevel> {
        const LEVELS: &[(&[&str], IsolationLevel)] = &[
            (&["READ", "UNCOMMITTED"], IsolationLevel::ReadUncommitted),
            (&["READ", "COMMITTED"], IsolationLevel::ReadCommitted),
            (&["REPEATABLE", "READ"], IsolationLevel::RepeatableRead),
            (&["SNAPSHOT"], IsolationLevel::Snapshot),
            (&["SERIALIZABLE"], IsolationLevel::Serializable),
        ];
        match LEVELS.iter().find(|(words, _)| self.take_all(words)) {
            Some((_, level)) => Ok(*level),
            None => self.unexpected(),
        }
    }
}
