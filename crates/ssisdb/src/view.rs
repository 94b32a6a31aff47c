//! The documented views as relations: read in pages, so that a view of any size streams.

use std::sync::Arc;

use catalog::views::{Compare, Condition, View, ViewQuery, rows};
use catalog::{Caller, Param};
use tsql::ast::CompareOp;
use tsql::host::{Column, Relation, Restriction, Row, RowSource, Scan, Scanned};
use tsql::value::SqlError;

use crate::value;
use crate::work::Work;

/// How many rows are read at once.
const PAGE: u64 = 1_000;

/// How many rows an ORDER BY ... TOP may ask for in one statement. Beyond, the engine sorts.
const ORDERED_MAX: u64 = 5_000;

/// A view as one connection sees it.
pub(crate) struct ViewRelation {
    view: &'static View,
    columns: Vec<Column>,
    source: Source,
}

#[derive(Clone)]
struct Source {
    work: Arc<Work>,
    caller: Arc<Caller>,
}

impl ViewRelation {
    pub(crate) fn new(view: &'static View, work: Arc<Work>, caller: Arc<Caller>) -> Self {
        Self { view, columns: columns(view), source: Source { work, caller } }
    }
}

/// A view's columns with their T-SQL types.
pub(crate) fn columns(view: &View) -> Vec<Column> {
    let one = |column: &catalog::views::ViewColumn| {
        let found = Column::new(column.name, value::column_type(column.kind));
        if column.nullable { found } else { found.not_null() }
    };
    view.columns.iter().map(one).collect()
}

impl Relation for ViewRelation {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, SqlError> {
        let mut query = ViewQuery { columns: scan.columns.clone(), ..ViewQuery::default() };
        let mut exact = true;
        for restriction in &scan.restrictions {
            match condition(self.view, restriction) {
                Some(condition) => query.conditions.push(condition),
                None => exact = false,
            }
        }
        let wanted: Vec<(usize, bool)> =
            scan.order.iter().map(|key| (key.column, key.descending)).collect();
        let limit = scan.limit.filter(|_| exact);
        if let Some(limit) = limit.filter(|limit| *limit <= ORDERED_MAX)
            && !wanted.is_empty()
            && wanted.iter().all(|(column, _)| self.is_ordered(*column))
        {
            query.order = wanted;
            query.limit = Some(limit);
            let rows = self.source.page(self.view, query)?;
            return Ok(Scanned { rows: Box::new(tsql::host::Ready::new(rows)), ordered: true });
        }
        Ok(self.in_pages(query, &wanted, limit))
    }
}

impl ViewRelation {
    fn is_ordered(&self, column: usize) -> bool {
        self.view.columns.get(column).is_some_and(|column| column.kind.is_ordered())
    }

    /// Pages in the order of the key, which may be the wanted order.
    fn in_pages(
        &self,
        mut query: ViewQuery,
        wanted: &[(usize, bool)],
        limit: Option<u64>,
    ) -> Scanned {
        let descending = wanted.first().is_some_and(|(_, descending)| *descending);
        let key: Vec<(usize, bool)> =
            self.view.key.iter().map(|column| (*column, descending)).collect();
        let by_key = key.iter().all(|(column, _)| self.is_ordered(*column));
        let ordered = wanted.is_empty() || (by_key && key.starts_with(wanted));
        for (column, _) in &key {
            if let Some(wanted) = query.columns.get_mut(*column) {
                *wanted = true;
            }
        }
        query.order = key;
        let left = if ordered { limit } else { None };
        let (view, source) = (self.view, self.source.clone());
        Scanned {
            rows: Box::new(Pages { view, source, query, left, behind: None, ended: false }),
            ordered,
        }
    }
}

/// What the store can do of a restriction; `None` if it would not do exactly the same.
fn condition(view: &View, restriction: &Restriction) -> Option<Condition> {
    match restriction {
        Restriction::Compare { column, operator, value } => {
            let kind = view.columns.get(*column)?.kind;
            let is_equality = matches!(operator, CompareOp::Equal | CompareOp::NotEqual);
            if !(kind.is_ordered() || (is_equality && kind.is_comparable())) {
                return None;
            }
            Some(Condition::Compare(*column, compare(*operator), value::to_param(kind, value)?))
        }
        Restriction::In { column, values } => {
            let kind = view.columns.get(*column)?.kind;
            let values: Option<Vec<Param<'static>>> =
                values.iter().map(|value| value::to_param(kind, value)).collect();
            Some(Condition::In(*column, values?))
        }
        Restriction::IsNull { column, negated } => {
            view.columns.get(*column)?;
            Some(Condition::IsNull(*column, *negated))
        }
    }
}

const fn compare(operator: CompareOp) -> Compare {
    match operator {
        CompareOp::Equal => Compare::Equal,
        CompareOp::NotEqual => Compare::NotEqual,
        CompareOp::Less => Compare::Less,
        CompareOp::LessOrEqual => Compare::LessOrEqual,
        CompareOp::Greater => Compare::Greater,
        CompareOp::GreaterOrEqual => Compare::GreaterOrEqual,
    }
}

impl Source {
    fn page(&self, view: &'static View, query: ViewQuery) -> Result<Vec<Row>, SqlError> {
        let read = self.read(view, query)?;
        read.into_iter().map(|cells| from_store(view, cells)).collect()
    }

    fn read(&self, view: &'static View, query: ViewQuery) -> Result<Vec<catalog::Row>, SqlError> {
        let caller = Arc::clone(&self.caller);
        self.work.read(move |tx| rows(tx, &caller, view, &query))
    }
}

fn from_store(view: &View, row: catalog::Row) -> Result<Row, SqlError> {
    let mut cells = row.into_cells();
    let mut at = 0;
    let mut values = Vec::with_capacity(view.columns.len());
    for column in view.columns {
        let end = at + column.kind.cells();
        values.push(value::from_cells(column.kind, cells.get_mut(at..end).unwrap_or_default())?);
        at = end;
    }
    Ok(values)
}

/// Rows on their way, page by page.
struct Pages {
    view: &'static View,
    source: Source,
    query: ViewQuery,
    /// How many rows are still wanted, where that is known.
    left: Option<u64>,
    /// The last row's key.
    behind: Option<Condition>,
    ended: bool,
}

impl RowSource for Pages {
    fn next(&mut self) -> Result<Option<Vec<Row>>, SqlError> {
        if self.ended {
            return Ok(None);
        }
        let size = self.left.unwrap_or(PAGE).min(PAGE);
        let mut query = self.query.clone();
        query.limit = Some(size);
        query.conditions.extend(self.behind.take());
        let read = self.source.read(self.view, query)?;
        let count = read.len() as u64;
        self.left = self.left.map(|left| left.saturating_sub(count));
        self.ended = count < size || self.left == Some(0);
        if let Some(last) = read.last() {
            self.behind = Some(self.key_of(last));
        }
        let rows: Result<Vec<Row>, SqlError> =
            read.into_iter().map(|cells| from_store(self.view, cells)).collect();
        Ok(Some(rows?).filter(|rows| !rows.is_empty()))
    }
}

impl Pages {
    fn key_of(&self, row: &catalog::Row) -> Condition {
        let descending = self.query.order.first().is_some_and(|(_, descending)| *descending);
        let cell_of = |column: usize| {
            let before = self.view.columns.iter().take(column);
            row.cells().get(before.map(|column| column.kind.cells()).sum::<usize>())
        };
        let key = self.view.key.iter();
        let key = key.map(|column| (*column, cell_of(*column).map_or(Param::Null, to_param)));
        Condition::Behind(key.collect(), descending)
    }
}

fn to_param(cell: &catalog::Cell) -> Param<'static> {
    match cell {
        catalog::Cell::Null => Param::Null,
        catalog::Cell::Int(number) => Param::Int(*number),
        catalog::Cell::Real(number) => Param::Real(*number),
        catalog::Cell::Text(text) => text.clone().into(),
        catalog::Cell::Blob(bytes) => bytes.clone().into(),
    }
}
