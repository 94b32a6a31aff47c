//! Running a procedure: matching arguments with parameters, then the procedure itself.
//!
//! Source: T-SQL reference, "EXECUTE", "CREATE PROCEDURE", "Parameters"; errors 201, 217, 2812,
//! 8143 to 8146, 8162, 8178 of `sys.messages`.

use super::assign::Declared;
use super::failure::{ARGUMENT_STATE, Origin, Reach, Trouble};
use super::interpreter::{Flow, Interpreter};
use super::scope::{ScopeKind, lower};
use super::table::Table;
use crate::ast::{Expr, Parameter, Place, Statement, StatementKind};
use crate::host::{Column, Module, ProcedureSource, QualifiedName, Row};
use crate::types::{SqlType, check_implicit};
use crate::value::{SqlError, SqlValue};

/// What the caller gives.
#[derive(Clone)]
pub(super) enum Given {
    /// `DEFAULT`.
    Default,
    /// A value.
    Scalar { value: SqlValue, data_type: SqlType },
    /// A table variable, or a table-valued parameter of a client.
    Table(Table),
}

/// An argument.
#[derive(Clone)]
pub(super) struct Argument {
    /// With its sign.
    pub(super) name: Option<String>,
    pub(super) given: Given,
    /// Whether the caller wants the last value.
    pub(super) output: bool,
}

/// What a procedure gives back.
#[derive(Debug, Default)]
pub(super) struct Called {
    pub(super) status: i32,
    /// The last values of OUTPUT arguments.
    pub(super) outputs: Vec<Returned>,
    /// What was wrong behind the end of the procedure.
    pub(super) trouble: Option<Trouble>,
}

impl Called {
    /// Whether the procedure itself raised an error; its caller hears of that before the rest.
    pub(super) fn raised(&self) -> bool {
        matches!(&self.trouble, Some(Trouble::Failed(failure)) if failure.origin == Origin::Raised)
    }
}

/// The last value of an argument.
#[derive(Debug)]
pub(super) struct Returned {
    /// Which argument.
    pub(super) argument: usize,
    pub(super) data_type: SqlType,
    pub(super) value: SqlValue,
}

/// A parameter, as arguments are matched with it.
pub(super) struct Formal {
    pub(super) name: String,
    pub(super) kind: FormalKind,
    pub(super) has_default: bool,
    pub(super) output: bool,
}

/// What a parameter takes.
pub(super) enum FormalKind {
    Scalar(SqlType),
    /// A table with these columns.
    Table(Vec<Column>),
}

impl Interpreter<'_> {
    /// Calls the procedure with this name.
    pub(super) fn call_named(
        &mut self,
        name: &QualifiedName,
        arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        if let Some(server) = &name.server {
            return Err(no_server(server));
        }
        self.check_nesting()?;
        match self.session.host.procedure(name)? {
            Some(ProcedureSource::Module(module)) => self.call_module(&module, arguments),
            Some(ProcedureSource::Native(native)) => {
                self.begin_implied_by_native()?;
                self.call_native(&*native, &shown(name), arguments)
            }
            None => {
                let mut full = match &name.schema {
                    Some(schema) => format!("{schema}.{}", name.name),
                    None => name.name.clone(),
                };
                if !name.database.eq_ignore_ascii_case(&self.session.database) {
                    full = format!("{}.{full}", name.database);
                }
                let text = format!("Could not find stored procedure '{full}'.");
                Err(SqlError::new(2812, 16, 62, text).into())
            }
        }
    }

    fn call_module(
        &mut self,
        module: &Module,
        arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        let batch = self.session.parsed(module)?;
        let procedure = batch.statements.iter().find_map(|statement| {
            let StatementKind::CreateProcedure(procedure) = &statement.kind else { return None };
            Some(procedure)
        });
        let Some(procedure) = procedure else {
            return Err(SqlError::unsupported(&module.name.name).into());
        };
        let name = shown(&module.name);
        let formals = self.formals(&procedure.parameters)?;
        let matched = match_arguments(&name, &formals, arguments, in_order)?;
        let mut scope = self.new_scope(ScopeKind::Procedure(name));
        scope.text = module.text.as_str().into();
        let before = scope.transactions;
        let called = self.within(scope, |interpreter| {
            interpreter.session.options.quoted_identifiers = module.quoted_identifiers;
            interpreter.session.database = module.name.database.clone();
            interpreter.run_module(&procedure.parameters, &formals, matched, &procedure.body)
        })?;
        let kind = ScopeKind::Procedure(String::new());
        let trouble = self.check_count(before, &kind).err();
        Ok(Called { trouble, ..called })
    }

    /// What the parameters of a module or of a text take.
    pub(super) fn formals(&self, parameters: &[Parameter]) -> Result<Vec<Formal>, Trouble> {
        let mut formals = Vec::new();
        for parameter in parameters {
            let kind = match self.declared_type(&parameter.name, &parameter.data_type)? {
                Declared::Scalar(data_type) => FormalKind::Scalar(data_type),
                Declared::Table(table) => FormalKind::Table(table.visible().to_vec()),
                Declared::Cursor => {
                    return Err(SqlError::unsupported("Parameter of type CURSOR").into());
                }
            };
            formals.push(Formal {
                name: parameter.name.clone(),
                kind,
                has_default: parameter.default.is_some(),
                output: parameter.output,
            });
        }
        Ok(formals)
    }

    /// Runs the statements of a procedure in the scope that was opened for it.
    fn run_module(
        &mut self,
        parameters: &[Parameter],
        formals: &[Formal],
        matched: Vec<Option<(usize, Argument)>>,
        body: &[Statement],
    ) -> Result<Called, Trouble> {
        let mut wanted = Vec::new();
        for ((parameter, formal), argument) in parameters.iter().zip(formals).zip(matched) {
            if let Some((index, _)) = argument.as_ref().filter(|(_, argument)| argument.output) {
                wanted.push((*index, formal.name.clone()));
            }
            let given = argument.map(|(_, argument)| argument.given);
            self.declare_parameter(parameter, formal, given)?;
        }
        self.declare_all(body)?;
        let flow = match self.statements(body) {
            Err(Trouble::Ended(Reach::Scope)) => Ok(Flow::Next),
            other => other,
        }?;
        let worst = self.scope()?.worst;
        let status = match flow {
            Flow::Return(SqlValue::Int(status)) => status,
            // Without a value it tells the worst error: -6 for severity 16.
            Flow::Return(_) | Flow::Next | Flow::Break | Flow::Continue | Flow::Goto(_) => {
                if 10 < worst { 10 - i32::from(worst) } else { 0 }
            }
        };
        let outputs = self.returned(wanted)?;
        Ok(Called { status, outputs, trouble: None })
    }

    /// Declares a parameter and gives it its value.
    pub(super) fn declare_parameter(
        &mut self,
        parameter: &Parameter,
        formal: &Formal,
        given: Option<Given>,
    ) -> Result<(), Trouble> {
        let declared = self.declared_type(&parameter.name, &parameter.data_type)?;
        match (declared, given) {
            (Declared::Scalar(data_type), Some(Given::Scalar { value, data_type: from })) => {
                let value = self.argument_value(&value, &from, &data_type)?;
                self.scope()?.declare(&formal.name, data_type, value);
            }
            (Declared::Scalar(data_type), _) => {
                let value = self.default_value(parameter.default.as_ref(), &data_type)?;
                self.scope()?.declare(&formal.name, data_type, value);
            }
            (Declared::Table(table), given) => {
                let table = match given {
                    Some(Given::Table(given)) => filled(table, &given)?,
                    Some(Given::Default | Given::Scalar { .. }) | None => table,
                };
                let scope = self.scope()?;
                scope.readonly.insert(lower(&formal.name));
                scope.tables.insert(lower(&formal.name), table);
            }
            (Declared::Cursor, _) => {}
        }
        Ok(())
    }

    fn default_value(
        &mut self,
        default: Option<&Expr>,
        data_type: &SqlType,
    ) -> Result<SqlValue, Trouble> {
        match default {
            Some(default) => self.value_as(default, data_type),
            None => Ok(SqlValue::Null),
        }
    }

    /// The last values of these variables of the current scope.
    pub(super) fn returned(
        &mut self,
        wanted: Vec<(usize, String)>,
    ) -> Result<Vec<Returned>, Trouble> {
        let scope = self.scope()?;
        let value = |(argument, name): (usize, String)| {
            let (slot, data_type) = scope.variable(&name)?;
            Some(Returned { argument, data_type, value: scope.value(slot) })
        };
        Ok(wanted.into_iter().filter_map(value).collect())
    }

    /// An argument as its parameter takes it.
    pub(super) fn argument_value(
        &self,
        value: &SqlValue,
        from: &SqlType,
        to: &SqlType,
    ) -> Result<SqlValue, SqlError> {
        if value.is_null() {
            return Ok(SqlValue::Null);
        }
        check_implicit(from, to)?;
        self.session.converted(value, from, to).map_err(|_| {
            let text = format!("Error converting data type {} to {}.", from.name(), to.name());
            SqlError::new(8114, 16, ARGUMENT_STATE, text)
        })
    }
}

/// The parameter at the place of the argument.
pub(super) const fn in_order(argument: usize, _is_output: bool) -> usize {
    argument
}

/// Which argument each parameter gets, with its place among the arguments. `position` says which
/// parameter an argument without a name is for.
pub(super) fn match_arguments(
    name: &str,
    formals: &[Formal],
    arguments: Vec<Argument>,
    position: impl Fn(usize, bool) -> usize,
) -> Result<Vec<Option<(usize, Argument)>>, SqlError> {
    // Messages name the procedure without its schema.
    let name = name.rsplit('.').next().unwrap_or(name);
    if formals.is_empty() && !arguments.is_empty() {
        let text = format!("Procedure {name} has no parameters and arguments were supplied.");
        return Err(SqlError::new(8146, 16, 2, text));
    }
    let mut matched: Vec<Option<(usize, Argument)>> = formals.iter().map(|_| None).collect();
    for (index, argument) in arguments.into_iter().enumerate() {
        let at = match &argument.name {
            Some(given) => {
                let same = |formal: &Formal| lower(&formal.name) == lower(given);
                formals.iter().position(same).ok_or_else(|| {
                    let text = format!("{given} is not a parameter for procedure {name}.");
                    SqlError::new(8145, 16, 2, text)
                })?
            }
            None => position(index, argument.output),
        };
        let (Some(formal), Some(place)) = (formals.get(at), matched.get_mut(at)) else {
            let text = format!("Procedure or function {name} has too many arguments specified.");
            return Err(SqlError::new(8144, 16, 2, text));
        };
        if place.is_some() {
            let text = format!("Parameter '{}' was supplied multiple times.", formal.name);
            return Err(SqlError::new(8143, 16, 1, text));
        }
        check_argument(formal, &argument)?;
        *place = Some((index, argument));
    }
    for (formal, argument) in formals.iter().zip(&matched) {
        let given = argument.as_ref().is_some_and(|(_, one)| !matches!(one.given, Given::Default));
        let needed = !formal.has_default && matches!(formal.kind, FormalKind::Scalar(_));
        if needed && !given {
            let text = format!(
                "Procedure or function '{name}' expects parameter '{}', which was not supplied.",
                formal.name
            );
            return Err(SqlError::new(201, 16, 4, text));
        }
    }
    Ok(matched)
}

fn check_argument(formal: &Formal, argument: &Argument) -> Result<(), SqlError> {
    if argument.output && !formal.output {
        let text = format!(
            "The formal parameter \"{}\" was not declared as an OUTPUT parameter, but the actual \
             parameter passed in requested output.",
            formal.name
        );
        return Err(SqlError::new(8162, 16, 2, text));
    }
    match (&formal.kind, &argument.given) {
        (FormalKind::Scalar(data_type), Given::Table(_)) => {
            Err(SqlError::operand_clash("table", data_type.name()))
        }
        (FormalKind::Table(_), Given::Scalar { data_type, .. }) => {
            Err(SqlError::operand_clash(data_type.name(), "table type"))
        }
        (FormalKind::Table(columns), Given::Table(table))
            if columns.len() != table.visible().len() =>
        {
            let text = format!(
                "Trying to pass a table-valued parameter with {} column(s) where the corresponding \
                 user-defined table type requires {} column(s).",
                table.visible().len(),
                columns.len()
            );
            Err(SqlError::new(500, 16, 1, text))
        }
        _fits => Ok(()),
    }
}

/// The rows of a table, with its visible columns.
pub(super) fn visible_rows(table: &Table) -> Vec<Row> {
    let width = table.visible().len();
    table.rows().iter().map(|row| row[..width.min(row.len())].to_vec()).collect()
}

/// A table with the rows of another, converted.
pub(super) fn filled(mut table: Table, given: &Table) -> Result<Table, SqlError> {
    let mut inserted = Vec::with_capacity(given.rows().len());
    for row in visible_rows(given) {
        let mut made = Vec::with_capacity(row.len());
        for (value, column) in row.iter().zip(table.visible()) {
            made.push(crate::value::store(value, &column.data_type, Default::default())?);
        }
        inserted.push(made);
    }
    table.apply(super::table::Change { inserted, ..Default::default() })?;
    Ok(table)
}

/// A procedure as messages name it.
fn shown(name: &QualifiedName) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}

/// A linked server, which there is none of. As a table of it does, it ends the batch: what follows
/// would go on without what it was to bring.
pub(super) fn no_server(name: &str) -> Trouble {
    let text = format!(
        "Could not find server '{name}' in sys.servers. Verify that the correct server name was \
         specified. If necessary, execute the stored procedure sp_addlinkedserver to add the \
         server to sys.servers."
    );
    Trouble::failed(SqlError::new(7202, 11, 2, text), Origin::Bind)
}

/// The place of what has none.
pub(super) const NOWHERE: Place = Place { span: model::Span { start: 0, end: 0 }, line: 0 };
