//! Variables: declaring them, giving them values.
//!
//! Source: T-SQL reference, "DECLARE @local_variable", "SET @local_variable", "SELECT
//! @local_variable" (it assigns row by row, and nothing without a row).

use super::check;
use super::cursor::CursorHandle;
use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::scope::lower;
use super::syntax;
use super::table::{Table, define_table};
use crate::ast::{
    AssignOp, Expr, ExprKind, Place, Statement, TypeName, VariableDecl, VariableKind,
};
use crate::bind::{self, DeclaredType};
use crate::host::Command;
use crate::plan::ScalarKind;
use crate::run;
use crate::types::{SqlType, check_implicit};
use crate::value::{ConvertOptions, SqlError, SqlValue, convert};

/// What a declared name is.
pub(super) enum Declared {
    Scalar(SqlType),
    Table(Table),
    Cursor,
}

impl Interpreter<'_> {
    /// Declares the variables of all these statements in the current scope.
    pub(super) fn declare_all(&mut self, statements: &[Statement]) -> Result<(), Trouble> {
        for one in check::declarations(statements) {
            let declared = self.declared(one)?;
            self.declare(&one.name, declared)?;
        }
        Ok(())
    }

    pub(super) fn declare(&mut self, name: &str, declared: Declared) -> Result<(), Trouble> {
        let scope = self.scope()?;
        match declared {
            Declared::Scalar(data_type) => {
                scope.declare(name, data_type, SqlValue::Null);
            }
            Declared::Table(table) => {
                scope.tables.insert(lower(name), table);
            }
            Declared::Cursor => {
                scope.cursor_variables.insert(lower(name), None);
            }
        }
        Ok(())
    }

    fn declared(&self, one: &VariableDecl) -> Result<Declared, Trouble> {
        match &one.kind {
            VariableKind::Cursor => Ok(Declared::Cursor),
            VariableKind::Scalar { data_type, .. } => self.declared_type(&one.name, data_type),
            VariableKind::Table(definition) => {
                let table = define_table(&one.name, definition, &*self.session, true)?;
                Ok(Declared::Table(table))
            }
        }
    }

    /// What a variable or parameter of this type is: a value, or a table of a user's type.
    pub(super) fn declared_type(
        &self,
        name: &str,
        data_type: &TypeName,
    ) -> Result<Declared, Trouble> {
        if let Some(table) = self.user_table(name, data_type)? {
            return Ok(Declared::Table(table));
        }
        Ok(match bind::data_type(data_type, &*self.session)? {
            DeclaredType::Scalar(data_type) => Declared::Scalar(data_type),
            DeclaredType::Table(columns) => Declared::Table(Table::plain(name, columns.to_vec())),
        })
    }

    /// `DECLARE`: the values that it gives. One without a value keeps what it has.
    pub(super) fn initialise(&mut self, variables: &[VariableDecl]) -> Result<(), Trouble> {
        for one in variables {
            if let VariableKind::Scalar { value: Some(value), .. } = &one.kind {
                self.assign(&one.name, value)?;
                self.session.last.row_count = 1;
                self.session.last.error = 0;
            }
        }
        Ok(())
    }

    pub(super) fn set_variable(
        &mut self,
        variable: &str,
        operator: AssignOp,
        value: &Expr,
    ) -> Result<Option<Ended>, Trouble> {
        if self.scope()?.cursor_variables.contains_key(&lower(variable)) {
            let cursor = self.cursor_value(value)?;
            self.set_cursor_variable(variable, Some(cursor))?;
            return Ok(Some(Ended { command: Command::Other, count: None }));
        }
        let own = Expr { kind: ExprKind::Variable(variable.to_owned()), place: value.place };
        self.assign(variable, &syntax::assigned(own, operator, value))?;
        self.session.last.row_count = 1;
        Ok(Some(Ended { command: Command::Other, count: None }))
    }

    fn cursor_value(&mut self, value: &Expr) -> Result<CursorHandle, Trouble> {
        if let ExprKind::Variable(name) = &value.kind {
            return self.cursor_in_variable(name);
        }
        if let ExprKind::Column(name) = &value.kind {
            return self.cursor_named(name.name(), false);
        }
        Err(Trouble::bind(SqlError::unsupported("SET of a cursor variable"), value.place))
    }

    /// Gives a variable the value of an expression.
    fn assign(&mut self, variable: &str, value: &Expr) -> Result<(), Trouble> {
        let (slot, data_type) = self.variable(variable, value.place)?;
        let value = self.value_as(value, &data_type)?;
        self.scope()?.set(slot, value);
        Ok(())
    }

    pub(super) fn variable(&self, name: &str, place: Place) -> Result<(usize, SqlType), Trouble> {
        let found = self.session.scopes.last().and_then(|scope| scope.variable(name));
        found.ok_or_else(|| Trouble::bind(check::undeclared(name, false), place))
    }

    /// The value of an expression without columns, and its type.
    pub(super) fn value(&mut self, expr: &Expr) -> Result<(SqlValue, SqlType), Trouble> {
        let scalar = bind::scalar(expr, &*self.session)?;
        let session = &*self.session;
        let value =
            session.with_context(self.cancel, |context| run::evaluate(&scalar, &[], context))?;
        Ok((value, scalar.data_type))
    }

    /// The value of an expression without columns, converted as an assignment converts.
    pub(super) fn value_as(&mut self, expr: &Expr, to: &SqlType) -> Result<SqlValue, Trouble> {
        if syntax::is_bare_null(expr) {
            return Ok(SqlValue::Null);
        }
        let scalar = bind::scalar(expr, &*self.session)?;
        let null = matches!(scalar.kind, ScalarKind::Constant(SqlValue::Null));
        if !null {
            check_implicit(&scalar.data_type, to)
                .map_err(|error| Trouble::bind(error, expr.place))?;
        }
        let session = &*self.session;
        let value =
            session.with_context(self.cancel, |context| run::evaluate(&scalar, &[], context))?;
        Ok(self.session.converted(&value, &scalar.data_type, to)?)
    }
}

impl super::Session {
    /// A value as a variable or parameter of another type takes it.
    pub(super) fn converted(
        &self,
        value: &SqlValue,
        from: &SqlType,
        to: &SqlType,
    ) -> Result<SqlValue, SqlError> {
        if *to == SqlType::SqlVariant {
            return Ok(value.clone().into_variant(*from));
        }
        let options = ConvertOptions { style: None, dates: self.options.dates() };
        convert(value, to, options)
    }
}
