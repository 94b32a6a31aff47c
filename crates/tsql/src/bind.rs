//! From a tree to a plan: names become columns, everything gets a type, conversions are written
//! out. Nothing runs here; what a name means is asked of [`Names`].
//!
//! ```text
//!   Query ──query──▶ from ─▶ group ─▶ select ─▶ order ──▶ Plan ──improve──▶ Plan
//! ```
//!
//! # Invariants
//!
//! * A bound query has all its types: no later step guesses one.
//! * What is not done here is refused with its name and place ([`SqlError::unsupported`]).
//!
//! Sources: T-SQL reference, "SELECT" and the pages of its clauses, "Data type precedence",
//! "Collation precedence"; `sys.messages` for the errors.

mod aggregate;
mod call;
mod choose;
mod condition;
mod convert;
mod cte;
mod error;
mod expr;
mod for_clause;
mod from;
mod group;
mod improve;
mod literal;
mod module;
mod odbc;
mod operator;
mod order_by;
mod pivot;
mod query;
mod same;
mod scope;
mod select;
mod session;
mod set_operation;
mod table;
mod table_function;
mod typed;
mod walk;
mod window;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::ast::{Expr, Place, Query, SelectItem, TypeName};
use crate::host::{Column, Host, Relation};
use crate::parse::ParseOptions;
use crate::plan::{Plan, Predicate, Scalar};
use crate::types::SqlType;
use crate::value::{DateSettings, SqlError};

use scope::Scope;

/// Why a text does not bind, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct BindError {
    /// What the client is told.
    pub error: SqlError,
    /// Where it stands in the batch.
    pub place: Place,
}

/// What names mean: the session answers.
pub trait Names {
    /// Slot and type of a variable; the name has its sign, case does not count.
    fn variable(&self, name: &str) -> Option<(usize, SqlType)>;

    /// The table variable with this name, which has its sign.
    fn table_variable(&self, name: &str) -> Option<Arc<dyn Relation>>;

    /// The temporary table with this name: `#name` or `##name`.
    fn temp_table(&self, name: &str) -> Option<Arc<dyn Relation>>;

    /// Tells the server the temporary tables that there are, for its views of `tempdb`.
    fn show_temp_tables(&self) {}

    /// The server around the session.
    fn host(&self) -> &dyn Host;

    /// The current database.
    fn database(&self) -> &str;

    /// How the text of dynamic parts is read.
    fn parse_options(&self) -> ParseOptions;

    /// `SET DATEFORMAT` and `SET LANGUAGE`, for constants that are converted while binding.
    fn dates(&self) -> DateSettings;
}

/// What a type's name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum DeclaredType {
    /// A type of values.
    Scalar(SqlType),
    /// A table type.
    Table(Arc<[Column]>),
}

/// A row that expressions see by a name: `inserted`, `deleted`, the row of a CHECK.
#[derive(Clone, Copy, Debug)]
pub struct RowTable<'a> {
    /// Its name.
    pub alias: &'a str,
    /// Its columns.
    pub columns: &'a [Column],
}

/// Binds a query, whole.
pub fn query(query: &Query, names: &dyn Names) -> Result<Plan, BindError> {
    let binder = Binder::new(names);
    binder.take_hints(query)?;
    improve::plan(binder.plan(query, None)?)
}

/// Binds an expression that sees no columns.
pub fn scalar(expr: &Expr, names: &dyn Names) -> Result<Scalar, BindError> {
    let scope = Scope::new(Vec::new(), None);
    improve::scalar(Binder::new(names).expr(expr, &scope)?.scalar)
}

/// Binds a condition that sees no columns.
pub fn predicate(expr: &Expr, names: &dyn Names) -> Result<Predicate, BindError> {
    predicate_over_row(expr, &[], names)
}

/// What a type's name in a declaration stands for: a length that is left out is 1.
pub fn data_type(name: &TypeName, names: &dyn Names) -> Result<DeclaredType, BindError> {
    Binder::new(names).declared_type(name)
}

/// Binds the items of an OUTPUT clause and the like. Columns count through all the tables, in
/// their order.
pub fn over_row(
    items: &[SelectItem],
    tables: &[RowTable<'_>],
    names: &dyn Names,
) -> Result<Vec<(Scalar, Column)>, BindError> {
    let scope = Scope::new(row_tables(tables), None);
    let items = Binder::new(names).items(items, false, &scope)?;
    let with_column = |item: select::Item| {
        let column = select::column_of(&item.value.scalar, item.name);
        Ok((improve::scalar(item.value.scalar)?, column))
    };
    items.into_iter().map(with_column).collect()
}

/// Binds a condition on such a row.
pub fn predicate_over_row(
    expr: &Expr,
    tables: &[RowTable<'_>],
    names: &dyn Names,
) -> Result<Predicate, BindError> {
    let scope = Scope::new(row_tables(tables), None);
    improve::predicate(Binder::new(names).condition(expr, &scope)?)
}

/// The same value in another type, if it converts by itself.
pub fn convert(scalar: Scalar, to: SqlType) -> Result<Scalar, SqlError> {
    typed::coerce(scalar, to, DateSettings::default())
}

fn row_tables(tables: &[RowTable<'_>]) -> Vec<scope::Table> {
    let mut start = 0;
    let mut found = Vec::with_capacity(tables.len());
    for table in tables {
        let columns = table.columns.to_vec();
        let width = columns.len();
        found.push(scope::Table { start, ..scope::Table::aliased(table.alias, columns) });
        start += width;
    }
    found
}

/// What the steps of binding one text share.
struct Binder<'n> {
    names: &'n dyn Names,
    /// The common table expressions in sight, the last one first.
    ctes: RefCell<Option<Rc<cte::CteFrame>>>,
    /// How many views and functions stand around.
    nesting: u32,
    /// Names the recursive expressions of a plan.
    recursions: Rc<Cell<u32>>,
    /// `OPTION (MAXRECURSION n)`.
    max_recursion: Cell<u32>,
    /// Whether an outer join was met.
    outer_joins: Cell<bool>,
}

/// How many rounds a recursive expression may take, unless the statement says otherwise.
const RECURSION_MAX: u32 = 100;

impl<'n> Binder<'n> {
    fn new(names: &'n dyn Names) -> Self {
        Self {
            names,
            ctes: RefCell::default(),
            nesting: 0,
            recursions: Rc::default(),
            max_recursion: Cell::new(RECURSION_MAX),
            outer_joins: Cell::new(false),
        }
    }

    /// A binder for the text of a view or function inside this one's.
    fn inner<'m>(&self, names: &'m dyn Names) -> Binder<'m> {
        Binder {
            nesting: self.nesting + 1,
            recursions: self.recursions.clone(),
            max_recursion: self.max_recursion.clone(),
            ..Binder::new(names)
        }
    }
}
