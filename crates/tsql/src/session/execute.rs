//! EXEC: a procedure, or a text.
//!
//! Source: T-SQL reference, "EXECUTE".

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::names::qualified;
use super::procedure::{Argument, Called, Given, no_server};
use super::scope::{ScopeKind, lower};
use super::system;
use crate::ast::{
    ExecArgument, ExecTarget, ExecValue, Execute, ExecuteAs, ExecuteString, Expr, ExprKind,
    ObjectName, ResultSets,
};
use crate::host::Command;
use crate::parse::parse_name;
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

const ENDED: Ended = Ended { command: Command::Execute, count: None };

impl Interpreter<'_> {
    pub(super) fn execute(&mut self, call: &Execute) -> Result<Option<Ended>, Trouble> {
        self.call(call)?;
        Ok(Some(ENDED))
    }

    /// Calls a procedure, and gives its status and OUTPUT values to the variables.
    pub(super) fn call(&mut self, call: &Execute) -> Result<(), Trouble> {
        if call.result_sets == Some(ResultSets::NoneAllowed) {
            let error = SqlError::unsupported("WITH RESULT SETS NONE");
            return Err(Trouble::bind(error, call.place));
        }
        let name = self.target_name(&call.target)?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.argument(argument)?);
        }
        let called = self.call_by_name(&name, arguments)?;
        self.sent = None;
        if self.depth() == 0 && !called.raised() {
            self.output.procedure_done(called.status, 0)?;
        }
        if let Some(status) = &call.status {
            self.set_status(status, called.status)?;
        }
        self.take_outputs(&call.arguments, called)
    }

    /// Calls a procedure of the engine, or one of the host.
    pub(super) fn call_by_name(
        &mut self,
        name: &ObjectName,
        arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        if name.server().is_none()
            && let Some(procedure) = system::named(name)
        {
            return self.call_system(procedure, arguments);
        }
        let name = qualified(name, &self.session.database);
        self.call_named(&name, arguments)
    }

    fn target_name(&mut self, target: &ExecTarget) -> Result<ObjectName, Trouble> {
        match target {
            ExecTarget::Procedure(name) => Ok(name.clone()),
            ExecTarget::Variable(variable) => {
                let (slot, _) = self.variable(variable, Default::default())?;
                let value = self.scope()?.value(slot);
                let text = value.unwrapped().as_str().unwrap_or_default().to_owned();
                let missing = || {
                    let text = format!("Could not find stored procedure '{text}'.");
                    SqlError::new(2812, 16, 62, text)
                };
                Ok(parse_name(&text).map_err(|_| missing())?)
            }
        }
    }

    fn set_status(&mut self, variable: &str, status: i32) -> Result<(), Trouble> {
        let (slot, data_type) = self.variable(variable, Default::default())?;
        let status = SqlValue::Int(status);
        let status = self.session.converted(&status, &SqlType::Int, &data_type)?;
        self.scope()?.set(slot, status);
        Ok(())
    }

    fn argument(&mut self, argument: &ExecArgument) -> Result<Argument, Trouble> {
        let given = match &argument.value {
            ExecValue::Default => Given::Default,
            ExecValue::Word(word) => {
                let value = SqlValue::nvarchar(&*word.value);
                Given::Scalar { data_type: value.sql_type(), value }
            }
            ExecValue::Value(expr) => self.given(expr)?,
        };
        Ok(Argument { name: argument.name.clone(), given, output: argument.output })
    }

    fn given(&mut self, expr: &Expr) -> Result<Given, Trouble> {
        if let ExprKind::Variable(name) = &expr.kind
            && let Some(table) = self.scope()?.tables.get(&lower(name))
        {
            return Ok(Given::Table(table.clone()));
        }
        if super::syntax::is_bare_null(expr) {
            return Ok(Given::Scalar { value: SqlValue::Null, data_type: SqlType::Int });
        }
        let (value, data_type) = self.value(expr)?;
        Ok(Given::Scalar { value, data_type })
    }

    fn take_outputs(&mut self, arguments: &[ExecArgument], called: Called) -> Result<(), Trouble> {
        for returned in called.outputs {
            let argument = arguments.get(returned.argument).map(|argument| &argument.value);
            let Some(ExecValue::Value(Expr { kind: ExprKind::Variable(name), place })) = argument
            else {
                continue;
            };
            let (slot, data_type) = self.variable(name, *place)?;
            let value = self.session.converted(&returned.value, &returned.data_type, &data_type)?;
            self.scope()?.set(slot, value);
        }
        called.trouble.map_or(Ok(()), Err)
    }

    pub(super) fn execute_string(
        &mut self,
        call: &ExecuteString,
    ) -> Result<Option<Ended>, Trouble> {
        self.run_string(call)?;
        Ok(Some(ENDED))
    }

    /// `EXEC ('text')`: in a scope of its own, where the variables of the caller are not seen.
    pub(super) fn run_string(&mut self, call: &ExecuteString) -> Result<(), Trouble> {
        if let Some(server) = &call.at {
            return Err(no_server(&server.value));
        }
        let mut text = String::new();
        for part in &call.text {
            let value = self.value_as(part, &SqlType::NVARCHAR_MAX)?;
            text.push_str(value.as_str().unwrap_or_default());
        }
        if let Some(run_as) = &call.run_as {
            self.impersonate(run_as)?;
        }
        let result = self.run_text(&text);
        if call.run_as.is_some() {
            self.session.host.revert()?;
        }
        self.sent = None;
        result
    }

    fn run_text(&mut self, text: &str) -> Result<(), Trouble> {
        self.check_nesting()?;
        let scope = self.new_scope(ScopeKind::Text);
        self.within(scope, |interpreter| interpreter.text(text))
    }

    /// `EXECUTE AS`.
    pub(super) fn impersonate(&mut self, run_as: &ExecuteAs) -> Result<(), Trouble> {
        let (name, login) = match run_as {
            ExecuteAs::Login(name) => (name, true),
            ExecuteAs::User(name) => (name, false),
            ExecuteAs::Caller => return Ok(()),
            ExecuteAs::Creator => return Err(SqlError::unsupported("EXECUTE AS SELF").into()),
            ExecuteAs::Owner => return Err(SqlError::unsupported("EXECUTE AS OWNER").into()),
        };
        let name = self.value_as(name, &SqlType::SYSNAME)?;
        let name = name.as_str().unwrap_or_default().to_owned();
        Ok(self.session.host.execute_as(&name, login)?)
    }
}
