//! Control flow, messages and errors.

use super::{Parsed, Parser};
use crate::ast::{If, RaiseError, Statement, StatementKind, ThrowArguments, While};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

impl Parser<'_> {
    pub(super) fn flow(&mut self, word: &str) -> Parsed<StatementKind> {
        let place = self.here();
        self.advance();
        match word {
            "IF" => self.if_statement(),
            "WHILE" => self.while_statement(),
            "BREAK" if self.loops == 0 => Err(Box::new(SyntaxError::break_outside_loop(place))),
            "BREAK" => Ok(StatementKind::Break),
            "CONTINUE" if self.loops == 0 => {
                Err(Box::new(SyntaxError::continue_outside_loop(place)))
            }
            "CONTINUE" => Ok(StatementKind::Continue),
            "RETURN" => self.return_statement(),
            "GOTO" => {
                let label = self.ident()?;
                self.gotos.push(label.clone());
                Ok(StatementKind::Goto(label))
            }
            _ => self.wait_for(),
        }
    }

    fn if_statement(&mut self) -> Parsed<StatementKind> {
        let condition = self.condition()?;
        let then = self.statement()?;
        if self.is_symbol(Symbol::Semicolon) && self.is_at(1, "ELSE") {
            self.advance();
        }
        let otherwise = if self.take("ELSE") { Some(self.statement()?) } else { None };
        Ok(StatementKind::If(Box::new(If { condition, then, otherwise })))
    }

    fn while_statement(&mut self) -> Parsed<StatementKind> {
        let condition = self.condition()?;
        self.loops += 1;
        let body = self.statement()?;
        self.loops -= 1;
        Ok(StatementKind::While(Box::new(While { condition, body })))
    }

    fn return_statement(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        let value = if self.begins_value() { Some(self.expr()?) } else { None };
        if value.is_some() && !self.returns_value {
            return Err(Box::new(SyntaxError::return_value_in_batch(self.since(start))));
        }
        Ok(StatementKind::Return(value))
    }

    /// Whether a value comes next, and not another statement.
    fn begins_value(&self) -> bool {
        const WORDS: &[&str] = &[
            "NULL",
            "CASE",
            "COALESCE",
            "CONVERT",
            "TRY_CONVERT",
            "LEFT",
            "NULLIF",
            "RIGHT",
            "CURRENT_TIMESTAMP",
            "CURRENT_USER",
            "SESSION_USER",
            "SYSTEM_USER",
            "USER",
        ];
        match self.peek().kind {
            TokenKind::End => false,
            TokenKind::Symbol(symbol) => matches!(
                symbol,
                Symbol::Open | Symbol::OpenBrace | Symbol::Plus | Symbol::Minus | Symbol::Tilde
            ),
            TokenKind::Word => {
                WORDS.iter().any(|word| self.is(word))
                    || (self.is_ident() && !self.is_label() && !self.is("THROW"))
            }
            TokenKind::Quoted => !self.is_label(),
            TokenKind::Variable
            | TokenKind::SystemVariable
            | TokenKind::String
            | TokenKind::National
            | TokenKind::Integer
            | TokenKind::Decimal
            | TokenKind::Float
            | TokenKind::Money
            | TokenKind::Binary => true,
        }
    }

    fn wait_for(&mut self) -> Parsed<StatementKind> {
        if self.take("DELAY") {
            return self.expr().map(StatementKind::WaitForDelay);
        }
        if self.take("TIME") {
            return self.expr().map(StatementKind::WaitForTime);
        }
        if self.is_symbol(Symbol::Open) {
            return self.unsupported(self.here(), "WAITFOR (RECEIVE)");
        }
        self.unexpected()
    }

    /// Labels are compared without case.
    pub(super) fn label(&mut self) -> Parsed<StatementKind> {
        let label = self.ident()?;
        self.expect_symbol(Symbol::Colon)?;
        if !self.labels.insert(label.value.to_lowercase()) {
            return Err(Box::new(SyntaxError::label_twice(label.place, &label.value)));
        }
        Ok(StatementKind::Label(label))
    }

    /// Whether every `GOTO` has its label; then both are forgotten.
    pub(super) fn check_labels(&mut self) -> Parsed<()> {
        let labels = std::mem::take(&mut self.labels);
        let gotos = std::mem::take(&mut self.gotos);
        for goto in gotos {
            if !labels.contains(&goto.value.to_lowercase()) {
                return Err(Box::new(SyntaxError::label_missing(goto.place, &goto.value)));
            }
        }
        Ok(())
    }

    /// `BEGIN`: a block, a transaction, or `TRY`.
    pub(super) fn begin(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        self.expect("BEGIN")?;
        if self.is("TRAN") || self.is("TRANSACTION") {
            return self.begin_transaction();
        }
        if self.take("TRY") {
            return self.try_catch();
        }
        if self.is("DISTRIBUTED") {
            return self.unsupported(start, "BEGIN DISTRIBUTED TRANSACTION");
        }
        if self.is("DIALOG") || self.is("CONVERSATION") {
            return self.unsupported(start, "BEGIN DIALOG CONVERSATION");
        }
        let statements = self.statements()?;
        if statements.is_empty() {
            return self.unexpected();
        }
        self.expect("END")?;
        Ok(StatementKind::Block(statements))
    }

    fn try_catch(&mut self) -> Parsed<StatementKind> {
        let body: Vec<Statement> = self.statements()?;
        self.expect_all(&["END", "TRY"])?;
        self.expect_all(&["BEGIN", "CATCH"])?;
        let handler = self.statements()?;
        self.expect_all(&["END", "CATCH"])?;
        Ok(StatementKind::TryCatch { body, handler })
    }

    pub(super) fn throw(&mut self) -> Parsed<StatementKind> {
        self.expect("THROW")?;
        let follows = matches!(self.peek().kind, TokenKind::Integer | TokenKind::Variable);
        if !follows {
            return Ok(StatementKind::Throw(None));
        }
        let number = self.primary()?;
        self.expect_symbol(Symbol::Comma)?;
        let message = self.primary()?;
        self.expect_symbol(Symbol::Comma)?;
        let state = self.primary()?;
        Ok(StatementKind::Throw(Some(Box::new(ThrowArguments { number, message, state }))))
    }

    pub(super) fn print(&mut self) -> Parsed<StatementKind> {
        self.expect("PRINT")?;
        self.expr().map(StatementKind::Print)
    }

    pub(super) fn raise_error(&mut self) -> Parsed<StatementKind> {
        self.expect("RAISERROR")?;
        self.expect_symbol(Symbol::Open)?;
        let message = self.expr()?;
        self.expect_symbol(Symbol::Comma)?;
        let severity = self.expr()?;
        self.expect_symbol(Symbol::Comma)?;
        let state = self.expr()?;
        let mut arguments = Vec::new();
        while self.take_symbol(Symbol::Comma) {
            arguments.push(self.expr()?);
        }
        self.expect_symbol(Symbol::Close)?;
        let mut raise = RaiseError {
            message,
            severity,
            state,
            arguments,
            log: false,
            nowait: false,
            set_error: false,
        };
        if self.take("WITH") {
            self.list(|parser| parser.raise_option(&mut raise))?;
        }
        Ok(StatementKind::RaiseError(Box::new(raise)))
    }

    fn raise_option(&mut self, raise: &mut RaiseError) -> Parsed<()> {
        if self.take("LOG") {
            raise.log = true;
        } else if self.take("NOWAIT") {
            raise.nowait = true;
        } else if self.take("SETERROR") {
            raise.set_error = true;
        } else {
            return self.unexpected();
        }
        Ok(())
    }
}
