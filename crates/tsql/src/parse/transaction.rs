//! Transactions.

use super::{Parsed, Parser};
use crate::ast::{StatementKind, TransactionName};
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// `TRAN [name] [WITH MARK ['text']]`, behind `BEGIN`.
    pub(super) fn begin_transaction(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let name = self.transaction_name()?;
        let mark = if name.is_some() && self.take_all(&["WITH", "MARK"]) {
            Some(if self.is_string() { Some(self.string()?) } else { None })
        } else {
            None
        };
        Ok(StatementKind::BeginTransaction { name, mark })
    }

    pub(super) fn transaction(&mut self, word: &str) -> Parsed<StatementKind> {
        self.advance();
        let named = self.take_any(&["TRAN", "TRANSACTION"]);
        if word == "SAVE" {
            let Some(name) = self.transaction_name()?.filter(|_| named) else {
                return self.unexpected();
            };
            return Ok(StatementKind::SaveTransaction(name));
        }
        let name = if named {
            self.transaction_name()?
        } else {
            self.take("WORK");
            None
        };
        if self.are(&["WITH"]) && self.is_at(2, "DELAYED_DURABILITY") {
            self.at += 2;
            return self.unsupported_here();
        }
        let commits = word == "COMMIT";
        Ok(if commits { StatementKind::Commit(name) } else { StatementKind::Rollback(name) })
    }

    fn transaction_name(&mut self) -> Parsed<Option<TransactionName>> {
        if self.peek().kind == TokenKind::Variable {
            return Ok(Some(TransactionName::Variable(self.variable()?)));
        }
        if self.is_ident() && !self.is_label() && !self.is("THROW") {
            return Ok(Some(TransactionName::Name(self.ident()?)));
        }
        Ok(None)
    }
}
