//! DECLARE.

use super::{Parsed, Parser};
use crate::ast::{StatementKind, VariableDecl, VariableKind};
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn declare(&mut self) -> Parsed<StatementKind> {
        self.expect("DECLARE")?;
        if self.peek().kind != TokenKind::Variable {
            return self.declare_cursor();
        }
        self.list(Self::variable_decl).map(StatementKind::Declare)
    }

    fn variable_decl(&mut self) -> Parsed<VariableDecl> {
        let start = self.here();
        let name = self.variable()?;
        self.take("AS");
        let kind = if self.take("CURSOR") {
            VariableKind::Cursor
        } else if self.take("TABLE") {
            VariableKind::Table(self.table_definition()?)
        } else {
            let data_type = self.type_name()?;
            VariableKind::Scalar { data_type, value: self.initial_value()? }
        };
        Ok(VariableDecl { name, kind, place: self.since(start) })
    }
}
