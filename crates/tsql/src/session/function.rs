//! User's functions: a session of their own runs their statements, so that a query can call them
//! while it reads.
//!
//! Source: T-SQL reference, "CREATE FUNCTION" (what a function cannot do), error 443.

use std::sync::Arc;

use super::Session;
use super::failure::Trouble;
use super::interpreter::{Flow, Interpreter};
use super::output::Silent;
use super::procedure::{Given, visible_rows};
use super::scope::{ScopeKind, lower};
use super::table::define_table;
use crate::ast::{CreateFunction, Expr, FunctionReturns, Statement, StatementKind, TargetName};
use crate::bind::{self, DeclaredType};
use crate::host::{Module, Row};
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

/// What a function gives.
enum Outcome {
    Value(SqlValue),
    Rows(Vec<Row>),
}

impl Session {
    pub(super) fn run_scalar_function(
        &self,
        module: &Module,
        arguments: &[SqlValue],
    ) -> Result<SqlValue, SqlError> {
        match self.run_function(module, arguments)? {
            Outcome::Value(value) => Ok(value),
            Outcome::Rows(_) => Err(SqlError::unsupported(&module.name.name)),
        }
    }

    pub(super) fn run_table_function(
        &self,
        module: &Module,
        arguments: &[SqlValue],
    ) -> Result<Vec<Row>, SqlError> {
        match self.run_function(module, arguments)? {
            Outcome::Rows(rows) => Ok(rows),
            Outcome::Value(_) => Err(SqlError::unsupported(&module.name.name)),
        }
    }

    /// A session for a function that this one calls.
    fn for_function(&self, module: &Module) -> Self {
        let mut child = Self::new(Arc::clone(&self.host), self.settings.clone());
        child.options = self.options.clone();
        child.options.quoted_identifiers = module.quoted_identifiers;
        child.options.row_count = 0;
        child.options.format_only = false;
        child.database = module.name.database.clone();
        child.nested = self.nested + self.scopes.len();
        child.level = self.level;
        child.modules = Arc::clone(&self.modules);
        child.context = self.context.clone();
        child.context_info = self.context_info.clone();
        child.cancel = self.cancel.clone();
        child
    }

    fn run_function(&self, module: &Module, arguments: &[SqlValue]) -> Result<Outcome, SqlError> {
        let batch = self.parsed(module)?;
        let function = batch.statements.iter().find_map(|statement| {
            let StatementKind::CreateFunction(function) = &statement.kind else { return None };
            Some(function)
        });
        let Some(function) = function else {
            return Err(SqlError::unsupported(&module.name.name));
        };
        let mut child = self.for_function(module);
        let cancel = self.cancel.clone();
        let mut interpreter =
            Interpreter { session: &mut child, output: &mut Silent, cancel: &cancel, sent: None };
        interpreter.function(module, function, arguments).map_err(|trouble| match trouble {
            Trouble::Failed(failure) => failure.error,
            Trouble::Thrown(caught) => caught.message.error,
            Trouble::Cancelled | Trouble::Stopped => SqlError::cancelled(),
            Trouble::Ended(_) => SqlError::unsupported(&module.name.name),
        })
    }
}

impl Interpreter<'_> {
    fn function(
        &mut self,
        module: &Module,
        function: &CreateFunction,
        arguments: &[SqlValue],
    ) -> Result<Outcome, Trouble> {
        self.check_nesting()?;
        let schema = module.name.schema.as_deref().unwrap_or("dbo");
        let name = format!("{schema}.{}", module.name.name);
        let scope = self.new_scope(ScopeKind::Function(name));
        self.within(scope, |interpreter| {
            // Whatever fails goes to the caller: nobody here can be told.
            interpreter.session.tries.push(0);
            let formals = interpreter.formals(&function.parameters)?;
            for ((parameter, formal), value) in
                function.parameters.iter().zip(&formals).zip(arguments)
            {
                let data_type = value.sql_type();
                let given = Given::Scalar { value: value.clone(), data_type };
                interpreter.declare_parameter(parameter, formal, Some(given))?;
            }
            interpreter.declare_all(&function.body)?;
            interpreter.function_result(function)
        })
    }

    fn function_result(&mut self, function: &CreateFunction) -> Result<Outcome, Trouble> {
        match &function.returns {
            FunctionReturns::Value(data_type) => {
                let flow = self.statements(&function.body)?;
                let Flow::Return(value) = flow else {
                    return Ok(Outcome::Value(SqlValue::Null));
                };
                match bind::data_type(data_type, &*self.session)? {
                    DeclaredType::Scalar(to) => {
                        let from = value.sql_type();
                        Ok(Outcome::Value(self.session.converted(&value, &from, &to)?))
                    }
                    DeclaredType::Table(_) => {
                        Err(SqlError::unsupported("Function that returns a table type").into())
                    }
                }
            }
            FunctionReturns::Query(query) => {
                let plan = bind::query(query, &*self.session)?;
                let width = plan.columns.len();
                let mut rows = self.collect(&plan)?;
                for row in &mut rows {
                    row.truncate(width);
                }
                Ok(Outcome::Rows(rows))
            }
            FunctionReturns::Table { variable, definition } => {
                let table = define_table(variable, definition, &*self.session, true)?;
                self.scope()?.tables.insert(lower(variable), table);
                self.statements(&function.body)?;
                let table = self.scope()?.tables.get(&lower(variable)).cloned();
                Ok(Outcome::Rows(table.as_ref().map(visible_rows).unwrap_or_default()))
            }
        }
    }

    /// The value of RETURN in a function, of whatever type the expression has.
    pub(super) fn function_value(&mut self, value: &Expr) -> Result<SqlValue, Trouble> {
        if super::syntax::is_bare_null(value) {
            return Ok(SqlValue::Null);
        }
        let (value, data_type) = self.value(value)?;
        let variant = data_type == SqlType::SqlVariant;
        Ok(if variant { value.into_variant(data_type) } else { value })
    }

    /// A function changes nothing but its own variables.
    pub(super) fn refuse_in_function(&self, statement: &Statement) -> Result<(), Trouble> {
        if !self.session.in_function() {
            return Ok(());
        }
        let own = |target: &TargetName| matches!(target, TargetName::Variable(_));
        let (name, allowed) = if let StatementKind::Insert(insert) = &statement.kind {
            ("INSERT", own(&insert.target.name))
        } else if let StatementKind::Update(update) = &statement.kind {
            ("UPDATE", own(&update.target.name) || !update.from.is_empty())
        } else if let StatementKind::Delete(delete) = &statement.kind {
            ("DELETE", own(&delete.target.name) || !delete.from.is_empty())
        } else if let StatementKind::Merge(merge) = &statement.kind {
            ("MERGE", own(&merge.target.name))
        } else if let StatementKind::Print(_) = &statement.kind {
            ("PRINT", false)
        } else if let StatementKind::RaiseError(_) = &statement.kind {
            ("RAISERROR", false)
        } else if let StatementKind::Execute(_) | StatementKind::ExecuteString(_) = &statement.kind
        {
            let text = "Only functions and some extended stored procedures can be executed from \
                        within a function.";
            return Err(SqlError::new(557, 16, 2, text).into());
        } else {
            ("statement", allowed_in_function(&statement.kind))
        };
        if allowed {
            return Ok(());
        }
        let text = format!("Invalid use of a side-effecting operator '{name}' within a function.");
        Err(SqlError::new(443, 16, 14, text).into())
    }
}

fn allowed_in_function(kind: &StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Declare(_)
            | StatementKind::SetVariable { .. }
            | StatementKind::Select(_)
            | StatementKind::DeclareCursor(..)
            | StatementKind::SetCursor(..)
            | StatementKind::Open(_)
            | StatementKind::Fetch(_)
            | StatementKind::Close(_)
            | StatementKind::Deallocate(_)
    )
}
