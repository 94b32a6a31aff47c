//! Runs plans: a bound query in, rows out.
//!
//! ```text
//!   Plan ──open──▶ Step ── next ──▶ Row            (one step for each node, pulled from above)
//!                   └─ Run: what all steps of a query share (caches, cancel, budget)
//! ```
//!
//! A step holds no outer rows: whoever pulls passes them down as a chain of borrowed
//! [`scope::Scope`]s, so that a correlated subquery copies nothing. Steps that keep rows count
//! them in the [`Budget`]; every loop over rows looks at the cancel flag.
//!
//! Conversions are the binder's business: the executor never guesses a type. Rules of single
//! operators are in `value` and `function`.

mod aggregate;
mod apply;
mod budget;
mod built_in;
mod for_json;
mod for_xml;
mod join;
mod limit;
mod nesting;
mod predicate;
mod reach;
mod recursive;
mod row;
mod scalar;
mod scan;
mod scope;
mod set;
mod sort;
mod state;
mod step;
mod subquery;
mod window;

pub use budget::Budget;

use scope::Scope;
use state::Run;
use step::{Boxed, open_node};

use crate::function;
use crate::host::{Cancel, Host, Module, Row};
use crate::plan::{Plan, Predicate, Scalar, SessionFunction};
use crate::value::{SqlError, SqlValue};

/// What a running query asks of the session.
pub trait Frame {
    /// The value of the variable in this slot, now.
    fn variable(&self, slot: usize) -> SqlValue;

    /// The value of a function about the session or the server.
    fn session_value(
        &self,
        function: SessionFunction,
        arguments: &[SqlValue],
    ) -> Result<SqlValue, SqlError>;

    /// An aggregate left out a NULL.
    fn null_left_out(&self) {}

    /// Runs a user's scalar function.
    fn call_function(&self, module: &Module, arguments: &[SqlValue]) -> Result<SqlValue, SqlError>;

    /// Runs a user's function that gives rows.
    fn call_table_function(
        &self,
        module: &Module,
        arguments: &[SqlValue],
    ) -> Result<Vec<Row>, SqlError>;
}

/// What a query runs in.
pub struct Context<'a> {
    /// The server.
    pub host: &'a dyn Host,
    /// The session.
    pub frame: &'a dyn Frame,
    /// What functions ask of the session.
    pub functions: function::Session<'a>,
    /// Stops the query.
    pub cancel: &'a Cancel,
    /// How much it may hold.
    pub budget: &'a Budget,
}

/// Rows of a running query.
pub trait Rows {
    /// The next row; `None` at the end, and from then on.
    fn next(&mut self) -> Result<Option<Row>, SqlError>;
}

/// Begins to run a query. Its rows have the columns of the plan.
///
/// A cancelled query ends with [`SqlError::cancelled`].
pub fn open<'a>(plan: &'a Plan, context: &'a Context<'a>) -> Result<Box<dyn Rows + 'a>, SqlError> {
    let run = Run::new(context);
    let root = open_node(&run, &plan.root, None, &[])?;
    Ok(Box::new(Running { run, root: Some(root), width: plan.columns.len() }))
}

struct Running<'a> {
    run: Run<'a>,
    root: Option<Boxed<'a>>,
    width: usize,
}

impl Rows for Running<'_> {
    fn next(&mut self) -> Result<Option<Row>, SqlError> {
        let Some(root) = &mut self.root else { return Ok(None) };
        match root.next(&self.run, None) {
            Ok(Some(mut row)) => {
                row.truncate(self.width);
                Ok(Some(row))
            }
            end => {
                self.root = None;
                end
            }
        }
    }
}

/// The value of an expression on a row.
pub fn evaluate(
    scalar: &Scalar,
    row: &[SqlValue],
    context: &Context<'_>,
) -> Result<SqlValue, SqlError> {
    Run::new(context).value(scalar, &Scope::new(row, None))
}

/// Whether a condition holds for a row; `None` is unknown.
pub fn test(
    predicate: &Predicate,
    row: &[SqlValue],
    context: &Context<'_>,
) -> Result<Option<bool>, SqlError> {
    Run::new(context).holds(predicate, &Scope::new(row, None))
}

#[cfg(test)]
mod tests;
