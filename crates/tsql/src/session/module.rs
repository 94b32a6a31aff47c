//! CREATE and ALTER of procedures, functions, views and types: the host keeps their text, the
//! session parses it when it is needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Session;
use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::names::qualified;
use super::table::{Table, define_table};
use crate::ast::{
    Batch, CreateKind, ExecuteAs, FunctionReturns, ObjectName, Parameter, Place, Statement,
    StatementKind, TypeDefinition, TypeName,
};
use crate::bind;
use crate::host::{DefineMode, Module, ModuleKind};
use crate::lexer::{TokenKind, tokens};
use crate::parse::{ParseOptions, parse};
use crate::types::type_named;
use crate::value::SqlError;

/// Parsed modules by their texts, so that a function called for every row is parsed once.
#[derive(Default)]
pub(super) struct ModuleCache(Mutex<HashMap<(String, bool), Arc<Batch>>>);

/// How many modules are kept parsed.
const KEPT: usize = 256;

impl ModuleCache {
    /// The tree of a module.
    pub(super) fn parsed(&self, module: &Module) -> Result<Arc<Batch>, SqlError> {
        let key = (module.text.clone(), module.quoted_identifiers);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(batch) = kept.get(&key) {
            return Ok(Arc::clone(batch));
        }
        let options =
            ParseOptions { quoted_identifiers: module.quoted_identifiers, returns_value: false };
        let batch = parse(&module.text, &options).map_err(|errors| {
            let first = errors.into_iter().next().map(super::batch::mistake);
            first.map_or(SqlError::unsupported("Module"), |(error, _)| error)
        })?;
        if KEPT <= kept.len() {
            kept.clear();
        }
        let batch = Arc::new(batch);
        kept.insert(key, Arc::clone(&batch));
        Ok(batch)
    }
}

/// The statements of a procedure or function, and the variables that are declared in its head.
pub(super) fn body_of(kind: &StatementKind) -> Option<(&[Statement], Vec<String>)> {
    let names = |parameters: &[Parameter]| -> Vec<String> {
        parameters.iter().map(|parameter| parameter.name.clone()).collect()
    };
    if let StatementKind::CreateProcedure(procedure) = kind {
        return Some((&procedure.body, names(&procedure.parameters)));
    }
    let StatementKind::CreateFunction(function) = kind else { return None };
    let mut known = names(&function.parameters);
    if let FunctionReturns::Table { variable, .. } = &function.returns {
        known.push(variable.clone());
    }
    Some((&function.body, known))
}

impl Interpreter<'_> {
    pub(super) fn create_module(
        &mut self,
        statement: &Statement,
    ) -> Result<Option<Ended>, Trouble> {
        self.refuse_doomed()?;
        let place = statement.place;
        let (name, kind, mode) = if let StatementKind::CreateProcedure(made) = &statement.kind {
            refuse_other_rights(made.execute_as.as_ref(), place)?;
            refuse_cursors(&made.parameters)?;
            (&made.name, ModuleKind::Procedure, mode(made.kind))
        } else if let StatementKind::CreateFunction(made) = &statement.kind {
            refuse_other_rights(made.execute_as.as_ref(), place)?;
            (&made.name, function_kind(&made.returns), mode(made.kind))
        } else if let StatementKind::CreateView(made) = &statement.kind {
            bind::query(&made.query, &*self.session)?;
            (&made.name, ModuleKind::View, mode(made.kind))
        } else if let StatementKind::CreateType(made) = &statement.kind {
            let TypeDefinition::Table(definition) = &made.definition else {
                return Err(Trouble::bind(SqlError::unsupported("CREATE TYPE ... FROM"), place));
            };
            define_table(made.name.name(), definition, &*self.session, true)?;
            (&made.name, ModuleKind::TableType, DefineMode::Create)
        } else {
            return Ok(None);
        };
        let module = self.module(name, kind, place)?;
        refuse_temporary(&module).map_err(|error| Trouble::bind(error, place))?;
        self.session.host.define(module, mode)?;
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    fn module(
        &mut self,
        name: &ObjectName,
        kind: ModuleKind,
        place: Place,
    ) -> Result<Module, Trouble> {
        if name.name().starts_with('#') {
            let error = SqlError::unsupported("Temporary procedure");
            return Err(Trouble::bind(error, place));
        }
        let quoted_identifiers = self.session.options.quoted_identifiers;
        let mut name = qualified(name, &self.session.database);
        name.schema.get_or_insert_with(|| "dbo".to_owned());
        let whole = &self.scope()?.text;
        // A type is a statement among others; the others are all of their batch.
        let text = match kind {
            ModuleKind::TableType => whole.get(place.span.start..place.span.end),
            ModuleKind::Procedure
            | ModuleKind::ScalarFunction
            | ModuleKind::TableFunction
            | ModuleKind::View => Some(&**whole),
        };
        let text = text.unwrap_or_default().to_owned();
        Ok(Module { name, kind, text, quoted_identifiers })
    }

    /// The table that a variable of a user's table type is.
    pub(super) fn user_table(
        &self,
        variable: &str,
        data_type: &TypeName,
    ) -> Result<Option<Table>, Trouble> {
        let name = &data_type.name;
        let built_in = |error: SqlError| error.number != SqlError::unknown_type("").number;
        if name.parts.len() == 1 && type_named(name.name(), &[], 1).map_or_else(built_in, |_| true)
        {
            return Ok(None);
        }
        let name = qualified(name, &self.session.database);
        let Some(module) = self.session.host.user_table_type(&name)? else { return Ok(None) };
        let batch = self.session.modules.parsed(&module)?;
        let definition = batch.statements.iter().find_map(|statement| {
            let StatementKind::CreateType(made) = &statement.kind else { return None };
            match &made.definition {
                TypeDefinition::Table(definition) => Some(definition),
                TypeDefinition::Alias(..) => None,
            }
        });
        let Some(definition) = definition else { return Ok(None) };
        Ok(Some(define_table(variable, definition, &*self.session, true)?))
    }
}

impl Session {
    /// The tree of a procedure or function.
    pub(super) fn parsed(&self, module: &Module) -> Result<Arc<Batch>, SqlError> {
        self.modules.parsed(module)
    }
}

/// A view or function outlives the session, and its temporary tables do not.
fn refuse_temporary(module: &Module) -> Result<(), SqlError> {
    if matches!(module.kind, ModuleKind::Procedure | ModuleKind::TableType) {
        return Ok(());
    }
    let tokens = tokens(&module.text, module.quoted_identifiers).unwrap_or_default();
    let temporary = tokens.iter().any(|token| {
        let text = module.text.get(token.span.start..token.span.end).unwrap_or_default();
        let quoted = token.kind == TokenKind::Quoted;
        let name = if quoted { text.get(1..).unwrap_or_default() } else { text };
        name.starts_with('#')
    });
    if !temporary {
        return Ok(());
    }
    let text = "Views or functions are not allowed on temporary tables. Table names that begin with \
                '#' denote temporary tables.";
    Err(SqlError::new(4508, 16, 1, text))
}

const fn function_kind(returns: &FunctionReturns) -> ModuleKind {
    match returns {
        FunctionReturns::Value(_) => ModuleKind::ScalarFunction,
        FunctionReturns::Query(_) | FunctionReturns::Table { .. } => ModuleKind::TableFunction,
    }
}

const fn mode(kind: CreateKind) -> DefineMode {
    match kind {
        CreateKind::Create => DefineMode::Create,
        CreateKind::Alter => DefineMode::Alter,
        CreateKind::CreateOrAlter => DefineMode::CreateOrAlter,
    }
}

/// A module runs with the rights of its caller.
fn refuse_other_rights(execute_as: Option<&ExecuteAs>, place: Place) -> Result<(), Trouble> {
    match execute_as {
        None | Some(ExecuteAs::Caller) => Ok(()),
        Some(ExecuteAs::Creator | ExecuteAs::Owner | ExecuteAs::Login(_) | ExecuteAs::User(_)) => {
            Err(Trouble::bind(SqlError::unsupported("WITH EXECUTE AS"), place))
        }
    }
}

fn refuse_cursors(parameters: &[Parameter]) -> Result<(), Trouble> {
    let cursor =
        |parameter: &&Parameter| parameter.data_type.name.name().eq_ignore_ascii_case("cursor");
    match parameters.iter().find(cursor) {
        Some(one) => Err(Trouble::bind(
            SqlError::unsupported("Parameter of type CURSOR"),
            one.data_type.place,
        )),
        None => Ok(()),
    }
}
