//! What a user's module takes and gives, as system views show it: its text, bound and not run.
//!
//! Source: "sys.columns", "sys.parameters".

use std::sync::Arc;

use super::{Session, SessionSettings};
use crate::ast::{FunctionReturns, Parameter, StatementKind};
use crate::bind::{self, DeclaredType};
use crate::host::{Column, Host, Module};
use crate::parse::{ParseOptions, parse};
use crate::types::SqlType;
use crate::value::SqlError;

/// What a module takes and gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The columns of a view or of a function that gives rows.
    pub columns: Vec<Column>,
    /// The type of a function of one value.
    pub value: Option<SqlType>,
    /// The parameters, in order.
    pub parameters: Vec<ShapeParameter>,
}

/// A parameter of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeParameter {
    /// With its sign.
    pub name: String,
    /// Its type; `None` for a table.
    pub data_type: Option<SqlType>,
    /// Whether the caller can have its value back.
    pub is_output: bool,
    /// Whether it may be left out.
    pub has_default: bool,
}

/// The shape of a module, for a server with that module. A table type has none here.
///
/// # Errors
///
/// Where the text names what is no longer there.
pub fn shape(module: &Module, host: &Arc<dyn Host>) -> Result<Shape, SqlError> {
    let database = module.name.database.clone();
    let settings = SessionSettings { database, ..SessionSettings::default() };
    let session = Session::new(Arc::clone(host), settings);
    let batch = session.parsed(module)?;
    let mut shape = Shape::default();
    for statement in &batch.statements {
        if matches!(statement.kind, StatementKind::CreateView(_)) {
            shape.columns = session.columns_of(&source(module, ""))?;
        } else if let StatementKind::CreateProcedure(procedure) = &statement.kind {
            shape.parameters = session.parameters_of(&procedure.parameters)?;
        } else if let StatementKind::CreateFunction(function) = &statement.kind {
            shape.parameters = session.parameters_of(&function.parameters)?;
            if let FunctionReturns::Value(data_type) = &function.returns {
                let found = bind::data_type(data_type, &session).map_err(|why| why.error)?;
                shape.value = scalar(found);
            } else {
                let arguments = vec!["NULL"; function.parameters.len()].join(", ");
                let source = source(module, &format!("({arguments})"));
                shape.columns = session.columns_of(&source)?;
            }
        }
    }
    Ok(shape)
}

/// The module in a FROM clause.
fn source(module: &Module, arguments: &str) -> String {
    let quoted = |name: &str| format!("[{}]", name.replace(']', "]]"));
    let schema = module.name.schema.as_deref().unwrap_or("dbo");
    format!("{}.{}{arguments}", quoted(schema), quoted(&module.name.name))
}

fn scalar(declared: DeclaredType) -> Option<SqlType> {
    match declared {
        DeclaredType::Scalar(data_type) => Some(data_type),
        DeclaredType::Table(_) => None,
    }
}

impl Session {
    fn columns_of(&self, source: &str) -> Result<Vec<Column>, SqlError> {
        let text = format!("SELECT * FROM {source}");
        let Ok(batch) = parse(&text, &ParseOptions::default()) else { return Ok(Vec::new()) };
        let Some(StatementKind::Select(query)) = batch.statements.first().map(|one| &one.kind)
        else {
            return Ok(Vec::new());
        };
        bind::query(query, self).map(|plan| plan.columns).map_err(|why| why.error)
    }

    fn parameters_of(&self, parameters: &[Parameter]) -> Result<Vec<ShapeParameter>, SqlError> {
        let one = |parameter: &Parameter| {
            let found = bind::data_type(&parameter.data_type, self).map_err(|why| why.error)?;
            Ok(ShapeParameter {
                name: parameter.name.clone(),
                data_type: scalar(found),
                is_output: parameter.output,
                has_default: parameter.default.is_some(),
            })
        };
        parameters.iter().map(one).collect()
    }
}
