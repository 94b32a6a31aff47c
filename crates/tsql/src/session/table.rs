//! Temporary tables and table variables: columns with their rules, and rows.
//!
//! A [`Table`] is cheap to clone: its rows and keys are shared until one of the clones changes.
//! A transaction keeps the clone that was there when it began; rolling back puts it back.
//!
//! # Invariants
//!
//! * The last column is [`ROW_ID`], which queries see only when the engine itself asks for it;
//!   rows are in the order of their ids, and an id is never used again.
//! * A change applies whole or not at all ([`Table::apply`]).
//!
//! Source: T-SQL reference, "CREATE TABLE", "tempdb" (messages name it), "table".

mod build;
mod define;
mod key;
mod store;

use std::sync::Arc;

use crate::ast::Expr;
use crate::host::{Column, Relation, Row, RowSource, Scan, Scanned};
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

pub(super) use build::{Building, Storing};
pub(super) use define::{Defining, column_twice, define_table, whole_number};
pub(super) use key::{Key, KeyKind};
pub(super) use store::Change;

/// The hidden column with the id of a row.
pub(super) const ROW_ID: &str = "\0row";

/// How many rows a portion of a scan has.
const PORTION: usize = 1024;

/// What holds for a column besides its type.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnRule {
    /// The value where none is given, and the name of the constraint.
    pub(super) default: Option<(String, Expr)>,
    /// What it is computed from.
    pub(super) computed: Option<Expr>,
    /// Whether it is the identity column.
    pub(super) identity: bool,
}

/// A condition on every row.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) condition: Expr,
    /// The column it was written at.
    pub(super) column: Option<String>,
}

/// The numbers of an identity column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) seed: i128,
    pub(super) increment: i128,
    /// The last one given; `None` before the first.
    pub(super) last: Option<i128>,
}

/// A table.
#[derive(Clone)]
pub(super) struct Table {
    /// As it was written, with its sign.
    pub(super) name: String,
    /// The visible columns, then [`ROW_ID`].
    pub(super) columns: Arc<[Column]>,
    /// One for each visible column.
    pub(super) rules: Arc<[ColumnRule]>,
    pub(super) checks: Arc<[Check]>,
    pub(super) keys: Vec<Key>,
    pub(super) identity: Option<Identity>,
    rows: Arc<Vec<Row>>,
    next_row: i64,
    /// About how many bytes the rows take.
    bytes: usize,
}

impl Table {
    /// An empty table with these visible columns and no rules.
    pub(super) fn plain(name: &str, visible: Vec<Column>) -> Self {
        let rules = visible.iter().map(|_| ColumnRule::default()).collect();
        let mut columns = visible;
        columns.push(Column::new(ROW_ID, SqlType::BigInt).not_null());
        Self {
            name: name.to_owned(),
            columns: columns.into(),
            rules,
            checks: Arc::new([]),
            keys: Vec::new(),
            identity: None,
            rows: Arc::default(),
            next_row: 1,
            bytes: 0,
        }
    }

    /// The columns that queries see.
    pub(super) fn visible(&self) -> &[Column] {
        &self.columns[..self.rules.len()]
    }

    /// The index of the column with this name.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let same =
            |column: &Column| crate::collation::Collation::default().equal(&column.name, name);
        self.visible().iter().position(same)
    }

    /// How messages name it: temporary tables with their database, variables alone.
    pub(super) fn shown(&self) -> String {
        match self.name.starts_with('@') {
            true => self.name.clone(),
            false => format!("tempdb.dbo.{}", self.name),
        }
    }

    /// How messages about keys name it.
    pub(super) fn shown_object(&self) -> String {
        format!("dbo.{}", self.name)
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// About how many bytes its rows take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The row with this id.
    pub(super) fn row(&self, id: i64) -> Option<&Row> {
        self.position(id).and_then(|at| self.rows.get(at))
    }

    fn position(&self, id: i64) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |row| row_id(row)).ok()
    }

    /// The next number of the identity column.
    pub(super) fn next_identity(&mut self) -> Option<i128> {
        let identity = self.identity.as_mut()?;
        let next =
            identity.last.map_or(identity.seed, |last| last.saturating_add(identity.increment));
        identity.last = Some(next);
        Some(next)
    }

    /// Takes note of a number that was given for the identity column.
    pub(super) fn given_identity(&mut self, value: i128) {
        let Some(identity) = self.identity.as_mut() else { return };
        let ahead = identity.last.is_none_or(|last| match 0 < identity.increment {
            true => last < value,
            false => value < last,
        });
        if ahead {
            identity.last = Some(value);
        }
    }

    /// The table as queries read it, as it is now.
    pub(super) fn relation(&self) -> Arc<dyn Relation> {
        let columns = Arc::clone(&self.columns);
        Arc::new(TableRows { columns, rows: Arc::clone(&self.rows) })
    }
}

/// The id of a row, which stands in its last column.
pub(super) fn row_id(row: &[SqlValue]) -> i64 {
    row.last().and_then(SqlValue::as_i64).unwrap_or(0)
}

/// The rows of a table at one moment.
struct TableRows {
    columns: Arc<[Column]>,
    rows: Arc<Vec<Row>>,
}

impl Relation for TableRows {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, SqlError> {
        let rows = Reading { rows: Arc::clone(&self.rows), at: 0, wanted: scan.columns.clone() };
        Ok(Scanned { rows: Box::new(rows), ordered: false })
    }
}

/// A scan on its way.
struct Reading {
    rows: Arc<Vec<Row>>,
    at: usize,
    wanted: Vec<bool>,
}

impl RowSource for Reading {
    fn next(&mut self) -> Result<Option<Vec<Row>>, SqlError> {
        let end = self.rows.len().min(self.at + PORTION);
        let Some(rows) = self.rows.get(self.at..end).filter(|rows| !rows.is_empty()) else {
            return Ok(None);
        };
        let wanted = |at: usize| self.wanted.get(at).copied().unwrap_or(true);
        let narrow = |row: &Row| {
            let value = |(at, value): (usize, &SqlValue)| match wanted(at) {
                true => value.clone(),
                false => SqlValue::Null,
            };
            row.iter().enumerate().map(value).collect()
        };
        let portion = rows.iter().map(narrow).collect();
        self.at = end;
        Ok(Some(portion))
    }
}
