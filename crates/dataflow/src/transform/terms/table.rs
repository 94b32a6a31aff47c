//! Terms in a column of a table of the database: all of them, in memory.

use connect::database::{Column, RowSink, Statement, quoted_column, quoted_table};
use model::{DataType, Value};

use crate::database::convert::to_type;
use crate::database::{Link, limits, lock, place_of};
use crate::{Build, Context, Failure, Invalid, Stop};

/// Terms that are read at once.
const BLOCK_ROWS: usize = 4096;
/// About what a term takes beside its letters.
const TERM_BYTES: usize = 128;

/// A column with terms.
pub(crate) struct TermTable {
    pub(crate) link: Link,
    pub(crate) table: String,
    pub(crate) column: String,
    /// The code for a table that does not have the column.
    pub(crate) not_located: u32,
}

impl TermTable {
    fn missing(&self) -> String {
        format!("The reference column \"{}\" was not found in {}.", self.column, self.table)
    }

    /// Looks whether the table has the column.
    pub(crate) fn validate(&self, build: &Build<'_>) -> Result<(), Invalid> {
        let limits = limits(0, &|| false);
        let found = self.link.look(build, |database| {
            let table = quoted_table(database.product(), &self.table);
            database.table_columns(&table, &limits)
        })?;
        if found.is_empty() || place_of(&found, &self.column).is_some() {
            return Ok(());
        }
        Err(Invalid::broken(self.not_located, self.missing()))
    }

    /// Reads the terms that are not NULL; they take of the memory budget what is given with them.
    pub(crate) fn read(&self, context: &Context<'_>) -> Result<(Vec<String>, usize), Stop> {
        let opened = self.link.open_to_run(context)?;
        let mut database = lock(&opened)?;
        let product = database.product();
        let (column, table) =
            (quoted_column(product, &self.column), quoted_table(product, &self.table));
        let statement = Statement::batch(format!("SELECT {column} FROM {table}"));
        let stopped = || context.is_stopped();
        let mut sink = Terms { context, terms: Vec::new(), bytes: 0, stop: None };
        let result = database.query(&statement, BLOCK_ROWS, &limits(0, &stopped), &mut sink);
        let Terms { terms, bytes, stop, .. } = sink;
        let outcome = match stop {
            Some(stop) => Err(stop.into()),
            None => context
                .check()
                .and_then(|()| result.map_err(|error| self.link.failure(&error).into())),
        };
        if outcome.is_err() {
            context.release(bytes);
        }
        outcome.map(|()| (terms, bytes))
    }
}

struct Terms<'a, 'c> {
    context: &'a Context<'c>,
    terms: Vec<String>,
    bytes: usize,
    stop: Option<Failure>,
}

impl RowSink for Terms<'_, '_> {
    fn columns(&mut self, _: &[Column]) -> bool {
        true
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        let texts = rows.into_iter().filter_map(|row| row.into_iter().next());
        let terms = texts.filter_map(|value| match to_type(value, DataType::NText) {
            Ok(Value::Text(text)) => Some(text.to_string()),
            Ok(_) | Err(_) => None,
        });
        let terms: Vec<String> = terms.collect();
        let bytes = terms.iter().map(|term| 2 * term.len() + TERM_BYTES).sum::<usize>();
        self.terms.extend(terms);
        match self.context.reserve(bytes) {
            Ok(()) => self.bytes += bytes,
            Err(failure) => self.stop = Some(failure),
        }
        self.stop.is_none()
    }
}
