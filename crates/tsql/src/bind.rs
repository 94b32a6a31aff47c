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

use std::sync::Arc;

use crate::ast::{Expr, Place, Query, SelectItem, TypeName};
use crate::host::{Column, Host, Relation};
use crate::parse::ParseOptions;
use crate::plan::{Plan, Predicate, Scalar};
use crate::types::SqlType;
use crate::value::{DateOrder, SqlError};

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

    /// The server around the session.
    fn host(&self) -> &dyn Host;

    /// The current database.
    fn database(&self) -> &str;

    /// How the text of dynamic parts is read.
    fn parse_options(&self) -> ParseOptions;

    /// `SET DATEFORMAT`, for constants that are converted while binding.
    fn date_order(&self) -> DateOrder;
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
    let _ = names.database();
    Err(BindError { error: SqlError::unsupported("Query"), place: query.place })
}

/// Binds an expression that sees no columns.
pub fn scalar(expr: &Expr, names: &dyn Names) -> Result<Scalar, BindError> {
    let _ = names.database();
    Err(BindError { error: SqlError::unsupported("Expression"), place: expr.place })
}

/// Binds a condition that sees no columns.
pub fn predicate(expr: &Expr, names: &dyn Names) -> Result<Predicate, BindError> {
    predicate_over_row(expr, &[], names)
}

/// What a type's name in a declaration stands for: a length that is left out is 1.
pub fn data_type(name: &TypeName, names: &dyn Names) -> Result<DeclaredType, BindError> {
    let _ = names.database();
    Err(BindError { error: SqlError::unsupported("Type"), place: name.place })
}

/// Binds the items of an OUTPUT clause and the like. Columns count through all the tables, in
/// their order.
pub fn over_row(
    items: &[SelectItem],
    tables: &[RowTable<'_>],
    names: &dyn Names,
) -> Result<Vec<(Scalar, Column)>, BindError> {
    let _ = (items, tables, names.database());
    Err(BindError { error: SqlError::unsupported("OUTPUT"), place: Place::default() })
}

/// Binds a condition on such a row.
pub fn predicate_over_row(
    expr: &Expr,
    tables: &[RowTable<'_>],
    names: &dyn Names,
) -> Result<Predicate, BindError> {
    let _ = (tables, names.database());
    Err(BindError { error: SqlError::unsupported("Condition"), place: expr.place })
}

/// The same value in another type, if it converts by itself.
pub fn convert(scalar: Scalar, to: SqlType) -> Result<Scalar, SqlError> {
    let _ = scalar;
    Err(SqlError::unsupported(to.name()))
}
