//! Procedures of the engine itself: dynamic SQL with parameters, prepared statements, session
//! context. What of them SQL Server has and this engine has not is refused by name.
//!
//! Source: T-SQL reference, "sp_executesql", "sp_set_session_context"; MS-TDS 2.2.6.6 (the
//! numbered procedures); "sp_prepare" and the pages next to it.

mod describe;
mod undeclared;

pub use describe::describe_columns;

use super::failure::{Reach, Trouble};
use super::interpreter::Interpreter;
use super::procedure::{Argument, Called, Given, Returned, in_order, match_arguments};
use super::scope::{ScopeKind, lower};
use crate::ast::{ObjectName, Parameter};
use crate::parse::{ParseOptions, parse_name, parse_parameters};
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

/// A procedure of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemProcedure {
    ExecuteSql,
    Prepare,
    Execute,
    PrepExec,
    PrepExecRpc,
    Unprepare,
    DescribeFirstResultSet,
    DescribeUndeclaredParameters,
    SetSessionContext,
    ResetConnection,
    /// One that is known and not done.
    Refused(&'static str),
}

/// A prepared statement.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    /// A text with its parameters.
    Text { text: String, parameters: String },
    /// A procedure by name.
    Procedure(String),
}

/// Known, and not done: clients fall back, or tell their user.
const REFUSED: &[&str] = &[
    "sp_cursor",
    "sp_cursoropen",
    "sp_cursorprepare",
    "sp_cursorexecute",
    "sp_cursorprepexec",
    "sp_cursorunprepare",
    "sp_cursorfetch",
    "sp_cursoroption",
    "sp_cursorclose",
    "sp_getapplock",
    "sp_releaseapplock",
    "sp_addmessage",
    "sp_bindsession",
    "sp_getbindtoken",
    "sp_xml_preparedocument",
    "sp_xml_removedocument",
    "sp_oacreate",
    "xp_cmdshell",
];

/// The procedure of the engine with this name.
pub(super) fn named(name: &ObjectName) -> Option<SystemProcedure> {
    use SystemProcedure as P;
    let schema = name.schema().unwrap_or("sys");
    if !schema.eq_ignore_ascii_case("sys") && !schema.eq_ignore_ascii_case("dbo") {
        return None;
    }
    let lower = name.name().to_ascii_lowercase();
    Some(match lower.as_str() {
        "sp_executesql" => P::ExecuteSql,
        "sp_prepare" => P::Prepare,
        "sp_execute" => P::Execute,
        "sp_prepexec" => P::PrepExec,
        "sp_prepexecrpc" => P::PrepExecRpc,
        "sp_unprepare" => P::Unprepare,
        "sp_describe_first_result_set" => P::DescribeFirstResultSet,
        "sp_describe_undeclared_parameters" => P::DescribeUndeclaredParameters,
        "sp_set_session_context" => P::SetSessionContext,
        "sp_reset_connection" => P::ResetConnection,
        other => P::Refused(REFUSED.iter().find(|refused| **refused == other)?),
    })
}

impl Interpreter<'_> {
    pub(super) fn call_system(
        &mut self,
        procedure: SystemProcedure,
        mut arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        match procedure {
            SystemProcedure::ExecuteSql => self.execute_sql(arguments, true),
            SystemProcedure::Prepare => self.prepare(&arguments),
            SystemProcedure::Execute => self.execute_prepared(arguments),
            SystemProcedure::PrepExec => self.prepare_and_execute(arguments),
            SystemProcedure::PrepExecRpc => {
                let text = text_of(arguments.get(1)).unwrap_or_default();
                let handle = self.keep(Prepared::Procedure(text.clone()));
                let rest = arguments.split_off(2.min(arguments.len()));
                let called = self.call_prepared_procedure(&text, rest)?;
                Ok(with_handle(called, handle, 2))
            }
            SystemProcedure::Unprepare => {
                let handle = handle_of(arguments.first());
                match self.session.prepared.remove(&handle) {
                    Some(_) => Ok(Called::default()),
                    None => Err(no_handle(handle).into()),
                }
            }
            SystemProcedure::DescribeFirstResultSet => self.describe_first_result(&arguments),
            SystemProcedure::DescribeUndeclaredParameters => self.describe_undeclared(&arguments),
            SystemProcedure::SetSessionContext => self.set_session_context(&arguments),
            SystemProcedure::ResetConnection => {
                self.session.resets = true;
                Ok(Called::default())
            }
            SystemProcedure::Refused(name) => Err(SqlError::unsupported(name).into()),
        }
    }

    /// `sp_executesql statement, parameters, arguments`.
    fn execute_sql(
        &mut self,
        mut arguments: Vec<Argument>,
        strict: bool,
    ) -> Result<Called, Trouble> {
        let Some(first) = arguments.first() else {
            let text = "Procedure or function 'sp_executesql' expects parameter '@statement', \
                        which was not supplied.";
            return Err(SqlError::new(201, 16, 10, text).into());
        };
        if strict {
            check_unicode(first, "@statement")?;
        }
        let text = text_of(Some(first)).unwrap_or_default();
        let parameters = text_of(arguments.get(1)).unwrap_or_default();
        let rest = arguments.split_off(2.min(arguments.len()));
        let mut called = self.run_parameterised(&text, &parameters, rest)?;
        for returned in &mut called.outputs {
            returned.argument += 2;
        }
        Ok(called)
    }

    /// Runs a text with parameters, in a scope of its own.
    fn run_parameterised(
        &mut self,
        text: &str,
        parameters: &str,
        arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        self.check_nesting()?;
        let parameters = self.parameters(parameters)?;
        let formals = self.formals(&parameters)?;
        let matched = match formals.is_empty() && arguments.is_empty() {
            true => Vec::new(),
            false => match_arguments("sp_executesql", &formals, arguments, in_order)
                .map_err(|error| not_supplied(error, text, &formals))?,
        };
        let scope = self.new_scope(ScopeKind::Text);
        self.within(scope, |interpreter| {
            let mut wanted = Vec::new();
            for ((parameter, formal), argument) in parameters.iter().zip(&formals).zip(matched) {
                if let Some((index, _)) = argument.as_ref().filter(|(_, one)| one.output) {
                    wanted.push((*index, formal.name.clone()));
                }
                let given = argument.map(|(_, argument)| argument.given);
                interpreter.declare_parameter(parameter, formal, given)?;
            }
            let failed = match interpreter.text(text) {
                Err(Trouble::Ended(Reach::Scope)) => Ok(()),
                other => other,
            };
            failed?;
            let status = interpreter.scope()?.worst;
            let outputs = interpreter.returned(wanted)?;
            let status = if 10 < status { interpreter.session.last.error } else { 0 };
            Ok(Called { status, outputs, trouble: None })
        })
    }

    fn parameters(&mut self, text: &str) -> Result<Vec<Parameter>, Trouble> {
        let quoted_identifiers = self.session.options.quoted_identifiers;
        let options = ParseOptions { quoted_identifiers, returns_value: false };
        match parse_parameters(text, &options) {
            Ok(parameters) => Ok(parameters),
            Err(errors) => {
                let first = errors.into_iter().next().map(super::batch::mistake);
                let (error, place) = first.unwrap_or_else(|| {
                    (SqlError::unsupported("Parameters"), super::procedure::NOWHERE)
                });
                Err(Trouble::bind(error, place))
            }
        }
    }

    fn keep(&mut self, prepared: Prepared) -> i32 {
        let handle = self.session.next_handle;
        self.session.next_handle = handle.wrapping_add(1).max(1);
        self.session.prepared.insert(handle, prepared);
        handle
    }

    /// `sp_prepare handle OUTPUT, parameters, statement, options`.
    fn prepare(&mut self, arguments: &[Argument]) -> Result<Called, Trouble> {
        let parameters = text_of(arguments.get(1)).unwrap_or_default();
        let text = text_of(arguments.get(2)).unwrap_or_default();
        self.parameters(&parameters)?;
        if let Some(plan) = self.described(&text, &parameters)? {
            self.output.columns(&plan.columns)?;
            self.sent = Some(0);
            let command = crate::host::Command::Select;
            self.done(super::interpreter::Ended { command, count: None })?;
        }
        let handle = self.keep(Prepared::Text { text, parameters });
        Ok(with_handle(Called::default(), handle, 0))
    }

    /// `sp_execute handle, arguments`.
    fn execute_prepared(&mut self, mut arguments: Vec<Argument>) -> Result<Called, Trouble> {
        let handle = handle_of(arguments.first());
        let rest = arguments.split_off(1.min(arguments.len()));
        let Some(prepared) = self.session.prepared.get(&handle).cloned() else {
            return Err(no_handle(handle).into());
        };
        let mut called = match prepared {
            Prepared::Text { text, parameters } => {
                self.run_parameterised(&text, &parameters, rest)?
            }
            Prepared::Procedure(name) => self.call_prepared_procedure(&name, rest)?,
        };
        for returned in &mut called.outputs {
            returned.argument += 1;
        }
        Ok(called)
    }

    /// `sp_prepexec handle OUTPUT, parameters, statement, arguments`.
    fn prepare_and_execute(&mut self, mut arguments: Vec<Argument>) -> Result<Called, Trouble> {
        let parameters = text_of(arguments.get(1)).unwrap_or_default();
        let text = text_of(arguments.get(2)).unwrap_or_default();
        let rest = arguments.split_off(3.min(arguments.len()));
        let kept = Prepared::Text { text: text.clone(), parameters: parameters.clone() };
        let handle = self.keep(kept);
        let called = self.run_parameterised(&text, &parameters, rest)?;
        Ok(with_handle(called, handle, 3))
    }

    fn call_prepared_procedure(
        &mut self,
        name: &str,
        arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        let name = parse_name(name).map_err(|_| SqlError::unsupported("sp_prepexecrpc"))?;
        self.call_by_name(&name, arguments)
    }

    /// `sp_set_session_context key, value, read_only`.
    fn set_session_context(&mut self, arguments: &[Argument]) -> Result<Called, Trouble> {
        let key = argument(arguments, "@key", 0);
        let key = lower(&text_of(key).unwrap_or_default());
        let value = match argument(arguments, "@value", 1).map(|one| &one.given) {
            Some(Given::Scalar { value, data_type }) => value.clone().into_variant(*data_type),
            Some(Given::Default | Given::Table(_)) | None => SqlValue::Null,
        };
        let read_only = argument(arguments, "@read_only", 2);
        let read_only = read_only.and_then(|one| match &one.given {
            Given::Scalar { value, .. } => value.unwrapped().as_i64(),
            Given::Default | Given::Table(_) => None,
        });
        if self.session.context.get(&key).is_some_and(|(_, fixed)| *fixed) {
            let text = format!(
                "Cannot set key '{key}' in the session context. The key has been set as read_only \
                 for this session."
            );
            return Err(SqlError::new(15664, 16, 1, text).into());
        }
        self.session.context.insert(key, (value, read_only == Some(1)));
        Ok(Called::default())
    }

    /// Refuses a call that stands too deep in others.
    pub(super) fn check_nesting(&self) -> Result<(), Trouble> {
        if self.depth() + self.session.nested < 32 {
            return Ok(());
        }
        let text = "Maximum stored procedure, function, trigger, or view nesting level exceeded \
                    (limit 32).";
        Err(SqlError::new(217, 16, 1, text).into())
    }
}

/// An argument by its name, else by its place.
fn argument<'a>(arguments: &'a [Argument], name: &str, at: usize) -> Option<&'a Argument> {
    let same = |one: &&Argument| one.name.as_deref().is_some_and(|given| lower(given) == name);
    let named = arguments.iter().find(same);
    named.or_else(|| arguments.get(at).filter(|one| one.name.is_none()))
}

fn text_of(argument: Option<&Argument>) -> Option<String> {
    let Given::Scalar { value, .. } = &argument?.given else { return None };
    value.unwrapped().as_str().map(str::to_owned)
}

fn handle_of(argument: Option<&Argument>) -> i32 {
    let Some(Given::Scalar { value, .. }) = argument.map(|one| &one.given) else { return 0 };
    value.as_i64().and_then(|handle| i32::try_from(handle).ok()).unwrap_or(0)
}

/// The result of a procedure that gives a handle as its first argument, where the arguments of
/// the statement begin at `first`.
fn with_handle(mut called: Called, handle: i32, first: usize) -> Called {
    for returned in &mut called.outputs {
        returned.argument += first;
    }
    let value = SqlValue::Int(handle);
    called.outputs.insert(0, Returned { argument: 0, data_type: SqlType::Int, value });
    called
}

fn no_handle(handle: i32) -> SqlError {
    let text = format!("Could not find prepared statement with handle {handle}.");
    SqlError::new(8179, 16, 2, text)
}

fn check_unicode(argument: &Argument, name: &str) -> Result<(), SqlError> {
    let Given::Scalar { data_type, value } = &argument.given else { return Ok(()) };
    if data_type.kind().is_unicode() || value.is_null() {
        return Ok(());
    }
    let text = format!("Procedure expects parameter '{name}' of type 'ntext/nchar/nvarchar'.");
    Err(SqlError::new(214, 16, 2, text))
}

/// A missing parameter of a text has a message of its own.
fn not_supplied(error: SqlError, text: &str, formals: &[super::procedure::Formal]) -> SqlError {
    if error.number != 201 {
        return error;
    }
    let missing =
        formals.iter().find(|formal| error.message.contains(&format!("'{}'", formal.name)));
    let name = missing.map_or("", |formal| &formal.name);
    let listed: Vec<&str> = formals.iter().map(|formal| formal.name.as_str()).collect();
    let shown = crate::value::cut_text(&format!("({}){text}", listed.join(",")), 128);
    let text = format!(
        "The parameterized query '{shown}' expects the parameter '{name}', which was not supplied."
    );
    SqlError::new(8178, 16, 1, text)
}
