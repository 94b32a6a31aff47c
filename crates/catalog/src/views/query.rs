//! Rows of a view: the statement is put together here, and nowhere else.

use std::fmt::Write as _;

use model::SecurableType;

use super::{View, Visible};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::{readable, readable_by_log_readers};
use crate::store::{Param, Row, Tx};

/// What is wanted of a view. Columns count from 0.
#[derive(Clone, Default)]
pub struct ViewQuery {
    /// Which columns are looked at; the cells of the others are NULL. Empty is all.
    pub columns: Vec<bool>,
    /// What holds for every row; all of them together. Only on comparable columns.
    pub conditions: Vec<Condition>,
    /// The order, most important first, with whether it is descending. NULL is least.
    pub order: Vec<(usize, bool)>,
    /// How many rows at most.
    pub limit: Option<u64>,
}

/// A condition on one column.
#[derive(Clone)]
pub enum Condition {
    /// A comparison with a value that is not NULL.
    Compare(usize, Compare, Param<'static>),
    /// Equal to one of these.
    In(usize, Vec<Param<'static>>),
    /// NULL, or with `true` not NULL.
    IsNull(usize, bool),
    /// Behind this row in the order of these columns: the next page. All descending or none.
    Behind(Vec<(usize, Param<'static>)>, bool),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    const fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// The rows of a view that `caller` may see.
pub fn rows(
    tx: &mut dyn Tx,
    caller: &Caller,
    view: &View,
    query: &ViewQuery,
) -> Result<Vec<Row>, CatalogError> {
    let mut statement = Statement { view, params: Vec::new(), filters: Vec::new() };
    if !statement.see(caller) {
        return Ok(Vec::new());
    }
    if !view.only.is_empty() {
        statement.filters.push(view.only.to_owned());
    }
    for condition in &query.conditions {
        statement.add(condition);
    }
    let sql = statement.sql(query);
    tx.query(&sql, &statement.params)
}

/// A statement that is being put together.
struct Statement<'a> {
    view: &'a View,
    params: Vec<Param<'static>>,
    filters: Vec<String>,
}

impl Statement<'_> {
    fn param(&mut self, value: Param<'static>) -> usize {
        self.params.push(value);
        self.params.len()
    }

    /// The column as the store knows it.
    fn column(&self, index: usize) -> &'static str {
        self.view.columns.get(index).map_or("NULL", |column| column.sql)
    }

    /// Leaves the rows that the caller may see. `false` when there are none.
    fn see(&mut self, caller: &Caller) -> bool {
        let filter = match &self.view.visible {
            Visible::All => return true,
            Visible::Admins => return caller.is_admin(),
            Visible::Executors => return caller.may_run_in_scale_out(),
            Visible::Folder(column) => readable(caller, SecurableType::Folder, column),
            Visible::Environment(column) => readable(caller, SecurableType::Environment, column),
            Visible::Project(column) => {
                readable_by_log_readers(caller, SecurableType::Project, column)
            }
            Visible::ProjectDetail(column) => readable(caller, SecurableType::Project, column),
            Visible::Operation(column) => {
                readable_by_log_readers(caller, SecurableType::Operation, column)
            }
        };
        self.filters.push(filter);
        true
    }

    fn add(&mut self, condition: &Condition) {
        let filter = match condition {
            Condition::Compare(column, compare, value) => {
                let at = self.param(value.clone());
                format!("{} {} ?{at}", self.column(*column), compare.sql())
            }
            Condition::In(column, values) => {
                let list: Vec<String> =
                    values.iter().map(|value| format!("?{}", self.param(value.clone()))).collect();
                if list.is_empty() {
                    "1 = 0".to_owned()
                } else {
                    format!("{} IN ({})", self.column(*column), list.join(", "))
                }
            }
            Condition::IsNull(column, negated) => {
                let not = if *negated { "NOT " } else { "" };
                format!("{} IS {not}NULL", self.column(*column))
            }
            Condition::Behind(keys, descending) => self.behind(keys, *descending),
        };
        self.filters.push(filter);
    }

    /// `a > x OR a = x AND b > y`.
    fn behind(&mut self, keys: &[(usize, Param<'static>)], descending: bool) -> String {
        let operator = if descending { "<" } else { ">" };
        let mut equal = String::new();
        let mut either = Vec::new();
        for (column, value) in keys {
            let (column, at) = (self.column(*column), self.param(value.clone()));
            either.push(format!("({equal}{column} {operator} ?{at})"));
            let _written = write!(equal, "{column} = ?{at} AND ");
        }
        format!("({})", either.join(" OR "))
    }

    fn sql(&self, query: &ViewQuery) -> String {
        let wanted = |at: usize| query.columns.get(at).copied().unwrap_or(true);
        let mut cells = Vec::new();
        for (at, column) in self.view.columns.iter().enumerate() {
            cells.push(if wanted(at) { column.sql } else { "NULL" });
            if let super::ColumnKind::Variant(data_type) = column.kind {
                cells.push(if wanted(at) { data_type } else { "NULL" });
            }
        }
        let mut sql = format!("SELECT {} FROM {}", cells.join(", "), self.view.from);
        if !self.filters.is_empty() {
            let _written = write!(sql, " WHERE {}", self.filters.join(" AND "));
        }
        let order: Vec<String> = query.order.iter().map(|key| self.order(*key)).collect();
        if !order.is_empty() {
            let _written = write!(sql, " ORDER BY {}", order.join(", "));
        }
        if let Some(limit) = query.limit {
            let _written = write!(sql, " LIMIT {limit}");
        }
        sql
    }

    fn order(&self, (column, descending): (usize, bool)) -> String {
        let sql = self.column(column);
        let nullable = self.view.columns.get(column).is_some_and(|column| column.nullable);
        match (descending, nullable) {
            (false, false) => sql.to_owned(),
            (true, false) => format!("{sql} DESC"),
            (false, true) => format!("{sql} ASC NULLS FIRST"),
            (true, true) => format!("{sql} DESC NULLS LAST"),
        }
    }
}
