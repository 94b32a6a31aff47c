//! The rows that an expression sees: its own, and those around it.

use crate::value::{SqlError, SqlValue};

/// A row, and the rows that a subquery or the right side of an APPLY sees around it.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'r> {
    /// The row at depth 0.
    pub(crate) row: &'r [SqlValue],
    /// The rows from depth 1 on.
    pub(crate) outer: Outer<'r>,
}

/// The rows around a plan.
pub(crate) type Outer<'r> = Option<&'r Scope<'r>>;

impl<'r> Scope<'r> {
    pub(crate) fn new(row: &'r [SqlValue], outer: Outer<'r>) -> Self {
        Self { row, outer }
    }

    /// For expressions that see outer rows only.
    pub(crate) fn around(outer: Outer<'r>) -> Self {
        Self { row: &[], outer }
    }

    pub(crate) fn column(&self, depth: u32, index: usize) -> Result<&'r SqlValue, SqlError> {
        let mut scope = *self;
        for _ in 0..depth {
            scope = *scope.outer.ok_or_else(|| inconsistent("an outer row is missing"))?;
        }
        scope.row.get(index).ok_or_else(|| inconsistent("a row is too short"))
    }
}

/// A plan or a relation broke a promise: SQL Server's number for errors of its own.
pub(crate) fn inconsistent(what: &str) -> SqlError {
    let text = format!("Internal error: the query processor could not run the query plan: {what}.");
    SqlError::new(8624, 16, 1, text)
}
