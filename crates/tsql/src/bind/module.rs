//! The texts of views and functions: read, and given the names of their own database.

use std::sync::Arc;

use super::error::{At, Bind, fail};
use super::scope::{Scope, Table};
use super::typed::{Typed, constant};
use super::{Binder, Names};
use crate::ast::{
    ColumnDef, ColumnOption, CreateFunction, CreateView, Expr, FunctionReturns, Place, Query,
    Statement, StatementKind, TableConstraintKind, TableDefinition, TableElement, TypeName,
};
use crate::collation::Collation;
use crate::host::{Column, Host, Module, Relation};
use crate::parse::ParseOptions;
use crate::plan::Scalar;
use crate::types::{ArithmeticOp, SqlType};
use crate::value::{DateSettings, SqlError, SqlValue};

/// How deep views and functions may stand in each other.
pub(super) const NESTING_MAX: u32 = 32;

/// What the text of a function says of its parameters and result.
pub(super) struct Signature {
    pub(super) parameters: Vec<Parameter>,
    /// The type of a function of one value.
    pub(super) value: Option<SqlType>,
    /// The query of an inline function.
    pub(super) query: Option<Query>,
    /// The columns of a function with a table variable.
    pub(super) columns: Option<Vec<Column>>,
}

/// A parameter of a user's function.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) data_type: SqlType,
    pub(super) default: Option<Expr>,
}

impl Binder<'_> {
    /// The names that a text of this database knows: no variables, no temporary tables.
    pub(super) fn module_names<'m>(&'m self, module: &'m Module) -> ModuleNames<'m> {
        ModuleNames { outer: self.names, module }
    }

    /// The query of a view with its column names.
    pub(super) fn view(&self, module: &Module, place: Place) -> Bind<CreateView> {
        let StatementKind::CreateView(view) = statement(module, place)? else {
            return fail(place, broken(module));
        };
        Ok(*view)
    }

    /// What the text of a function says.
    pub(super) fn signature(&self, module: &Arc<Module>, place: Place) -> Bind<Signature> {
        let StatementKind::CreateFunction(function) = statement(module, place)? else {
            return fail(place, broken(module));
        };
        let CreateFunction { parameters, returns, .. } = *function;
        let names = self.module_names(module);
        let binder = self.inner(&names);
        let parameters: Bind<Vec<_>> = parameters
            .into_iter()
            .map(|parameter| {
                let data_type = binder.value_type(&parameter.data_type, 1)?;
                Ok(Parameter { name: parameter.name, data_type, default: parameter.default })
            })
            .collect();
        let mut signature =
            Signature { parameters: parameters?, value: None, query: None, columns: None };
        match returns {
            FunctionReturns::Value(ty) => signature.value = Some(binder.value_type(&ty, 1)?),
            FunctionReturns::Query(query) => signature.query = Some(*query),
            FunctionReturns::Table { definition, .. } => {
                signature.columns = Some(binder.table_columns(&definition)?);
            }
        }
        Ok(signature)
    }
}

impl Binder<'_> {
    /// The columns of a table that is declared.
    pub(super) fn table_columns(&self, definition: &TableDefinition) -> Bind<Vec<Column>> {
        let mut columns: Vec<Column> = Vec::new();
        for element in &definition.elements {
            match element {
                TableElement::Column(column) => {
                    let ty = self.value_type(&column.data_type, 1)?;
                    columns.push(declared(column, ty)?);
                }
                TableElement::Computed { name, value, .. } => {
                    let scope = Scope::new(vec![Table::aliased("", columns.clone())], None);
                    let value = self.expr(value, &scope)?.scalar;
                    columns.push(super::select::column_of(&value, name.value.clone()));
                }
                TableElement::Constraint(_) | TableElement::Index(_) => {}
            }
        }
        Ok(columns)
    }

    /// A column with a value of its own for `IDENTITY(type, seed, step)` of SELECT INTO: the
    /// number of the row.
    pub(super) fn identity(
        &self,
        to: &TypeName,
        seed: Option<&(Box<Expr>, Box<Expr>)>,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let to = self.value_type(to, 1)?;
        let whole = to.precision_and_scale().is_some_and(|(_, scale)| scale == 0);
        if !whole || to == SqlType::Bit {
            let message = "Identity column must be of a data type that holds whole numbers.";
            return fail(place, SqlError::new(2749, 16, 2, message));
        }
        let wide = SqlType::Numeric { precision: 38, scale: 0 };
        let (seed, step) = match seed {
            Some((seed, step)) => (self.expr(seed, scope)?, self.expr(step, scope)?),
            None => {
                let one = || Typed::weak(constant(SqlValue::Int(1), place));
                (one(), one())
            }
        };
        let number = self.coerce(super::window::row_number(place, scope), wide)?;
        let one = Typed::weak(constant(SqlValue::Int(1), place));
        let before = self.arithmetic(ArithmeticOp::Subtract, number, one, place)?;
        let moved = self.arithmetic(ArithmeticOp::Multiply, before, step, place)?;
        let value = self.arithmetic(ArithmeticOp::Add, seed, moved, place)?;
        let value = self.coerce(value, to)?;
        Ok(Typed { scalar: Scalar { nullable: false, ..value.scalar }, ..value })
    }
}

/// A column as its definition has it.
fn declared(definition: &ColumnDef, ty: SqlType) -> Bind<Column> {
    let mut column = Column::new(definition.name.value.as_str(), ty);
    for option in &definition.options {
        match option {
            ColumnOption::NotNull | ColumnOption::Identity(_) => column.nullable = false,
            ColumnOption::Collate(name) => {
                column.collation = Collation::named(&name.value).at(name.place)?;
            }
            ColumnOption::Constraint(constraint) => {
                if let TableConstraintKind::Key { primary: true, .. } = constraint.kind {
                    column.nullable = false;
                }
            }
            ColumnOption::Null
            | ColumnOption::RowGuid
            | ColumnOption::Sparse
            | ColumnOption::Index { .. } => {}
        }
    }
    Ok(column)
}

/// The one statement of a module's text.
fn statement(module: &Module, place: Place) -> Bind<StatementKind> {
    let options =
        ParseOptions { quoted_identifiers: module.quoted_identifiers, returns_value: true };
    let batch = match crate::parse(&module.text, &options) {
        Ok(batch) => batch,
        Err(errors) => {
            let Some(first) = errors.into_iter().next() else { return fail(place, broken(module)) };
            let number = i32::try_from(first.number).unwrap_or(102);
            return fail(place, SqlError::new(number, first.severity, first.state, first.message));
        }
    };
    let created = |statement: &Statement| {
        matches!(statement.kind, StatementKind::CreateView(_) | StatementKind::CreateFunction(_))
    };
    match batch.statements.into_iter().find(created) {
        Some(statement) => Ok(statement.kind),
        None => fail(place, broken(module)),
    }
}

fn broken(module: &Module) -> SqlError {
    let name = &module.name.name;
    let message = format!("Could not use view or function '{name}' because of binding errors.");
    SqlError::new(4413, 16, 1, message)
}

/// What names mean in the text of a view or function.
pub(super) struct ModuleNames<'m> {
    outer: &'m dyn Names,
    module: &'m Module,
}

impl Names for ModuleNames<'_> {
    fn variable(&self, _: &str) -> Option<(usize, SqlType)> {
        None
    }

    fn table_variable(&self, _: &str) -> Option<Arc<dyn Relation>> {
        None
    }

    fn temp_table(&self, _: &str) -> Option<Arc<dyn Relation>> {
        None
    }

    fn host(&self) -> &dyn Host {
        self.outer.host()
    }

    fn database(&self) -> &str {
        &self.module.name.database
    }

    fn parse_options(&self) -> ParseOptions {
        ParseOptions {
            quoted_identifiers: self.module.quoted_identifiers,
            ..self.outer.parse_options()
        }
    }

    fn dates(&self) -> DateSettings {
        self.outer.dates()
    }
}
