//! Rows of relations and table functions.
//!
//! A scan inside a correlated subquery is opened for every outer row. From some openings on its
//! rows are kept in a hash table by the column that is compared with the outer row, as the index
//! spool of SQL Server does, unless there are too many of them.

use std::collections::HashMap;
use std::rc::Rc;

use super::budget::Held;
use super::reach::sees_outer;
use super::scope::{Outer, Scope};
use super::state::{Run, address};
use super::step::{Boxed, Step};
use crate::ast::CompareOp;
use crate::host::{Restriction, Row, RowSource, Scan, TableFunction};
use crate::plan::{PushedRestriction, Scalar, ScanNode};
use crate::value::{GroupKey, SqlError, SqlValue};

/// After how many openings a scan is worth keeping, and up to how many rows.
const SPOOL_AFTER: u32 = 32;
const SPOOL_ROWS: usize = 100_000;

/// What is known of a scan that is opened again and again.
pub(crate) enum Spool<'a> {
    /// So many openings.
    Opened(u32),
    /// Its rows, by the values of a column.
    Kept { column: usize, rows: Rc<SpoolRows>, _held: Held<'a> },
    /// There are too many rows.
    TooLarge,
}

pub(crate) type SpoolRows = HashMap<GroupKey, Vec<Row>>;

/// Begins to read a relation.
pub(super) fn open<'a>(
    run: &Run<'a>,
    node: &'a ScanNode,
    outer: Outer<'_>,
    hints: &[Restriction],
) -> Result<Boxed<'a>, SqlError> {
    let scope = Scope::around(outer);
    let mut restrictions = Vec::with_capacity(node.restrictions.len() + hints.len());
    for pushed in &node.restrictions {
        match resolved(run, pushed, &scope)? {
            Some(restriction) => restrictions.push(restriction),
            None => return Ok(Box::new(Portions::empty())),
        }
    }
    if outer.is_some()
        && let Some(rows) = spooled(run, node, &restrictions)?
    {
        return Ok(Box::new(rows));
    }
    restrictions.extend(hints.iter().cloned());
    let limit = match &node.limit {
        Some(limit) => run.value(limit, &scope)?.as_i64(),
        None => None,
    };
    let limit = limit.and_then(|limit| u64::try_from(limit).ok());
    let columns = node.columns.clone();
    let scan = Scan { columns, restrictions, order: node.order.clone(), limit };
    let scanned = node.relation.scan(&scan)?;
    Ok(Box::new(Portions {
        source: Some(scanned.rows),
        portion: Vec::new().into_iter(),
        ordered: scanned.ordered,
    }))
}

/// Begins to read the rows of a function.
pub(super) fn call<'a>(
    run: &Run<'a>,
    function: &dyn TableFunction,
    arguments: &'a [Scalar],
    outer: Outer<'_>,
) -> Result<Boxed<'a>, SqlError> {
    let arguments = run.values(arguments, &Scope::around(outer))?;
    let source = function.call(&arguments)?;
    Ok(Box::new(Portions { source: Some(source), portion: Vec::new().into_iter(), ordered: false }))
}

/// A restriction with its values; `None` if a NULL in it leaves no row.
fn resolved<'a>(
    run: &Run<'a>,
    pushed: &'a PushedRestriction,
    scope: &Scope<'_>,
) -> Result<Option<Restriction>, SqlError> {
    let found = match pushed {
        PushedRestriction::Compare(column, operator, value) => {
            let value = run.value(value, scope)?;
            let (column, operator) = (*column, *operator);
            (!value.is_null()).then_some(Restriction::Compare { column, operator, value })
        }
        PushedRestriction::In(column, values) => {
            let mut values = run.values(values, scope)?;
            values.retain(|value| !value.is_null());
            (!values.is_empty()).then_some(Restriction::In { column: *column, values })
        }
        PushedRestriction::IsNull(column, negated) => {
            Some(Restriction::IsNull { column: *column, negated: *negated })
        }
    };
    Ok(found)
}

/// The kept rows for this opening, if the scan is one that rows are kept of.
fn spooled<'a>(
    run: &Run<'a>,
    node: &'a ScanNode,
    restrictions: &[Restriction],
) -> Result<Option<Kept>, SqlError> {
    let mut spools = run.spools.borrow_mut();
    let spool = spools.entry(address(node)).or_insert(Spool::Opened(0));
    if let Spool::Opened(count) = spool {
        *count += 1;
        if *count < SPOOL_AFTER {
            return Ok(None);
        }
        *spool = filled(run, node, restrictions)?;
    }
    let Spool::Kept { column, rows, .. } = spool else { return Ok(None) };
    let wanted = restrictions.iter().find_map(|restriction| match restriction {
        Restriction::Compare { column: at, operator: CompareOp::Equal, value } if at == column => {
            Some(GroupKey::of(value, node.relation.columns()[*at].collation))
        }
        Restriction::Compare { .. } | Restriction::In { .. } | Restriction::IsNull { .. } => None,
    });
    let Some(key) = wanted else { return Ok(None) };
    Ok(Some(Kept { rows: Rc::clone(rows), key, at: 0 }))
}

/// Reads all rows that the constant restrictions leave, by the first column that must equal
/// something of an outer row.
fn filled<'a>(
    run: &Run<'a>,
    node: &'a ScanNode,
    restrictions: &[Restriction],
) -> Result<Spool<'a>, SqlError> {
    if node.limit.is_some() {
        return Ok(Spool::TooLarge);
    }
    let columns = node.relation.columns();
    let key = node.restrictions.iter().find_map(|pushed| match pushed {
        PushedRestriction::Compare(column, CompareOp::Equal, value) => {
            let (one, other) = (columns.get(*column)?.data_type.kind(), value.data_type.kind());
            let same = one == other || (one.is_character() && other.is_character());
            (sees_outer(value) && same).then_some(*column)
        }
        PushedRestriction::Compare(..)
        | PushedRestriction::In(..)
        | PushedRestriction::IsNull(..) => None,
    });
    let Some(column) = key else { return Ok(Spool::TooLarge) };
    let constant = node.restrictions.iter().zip(restrictions).filter(|(pushed, _)| match pushed {
        PushedRestriction::Compare(_, _, value) => !changes(value),
        PushedRestriction::In(_, values) => !values.iter().any(changes),
        PushedRestriction::IsNull(..) => true,
    });
    let restrictions = constant.map(|(_, restriction)| restriction.clone()).collect();
    let scan = Scan { columns: node.columns.clone(), restrictions, ..Scan::default() };
    let mut source = node.relation.scan(&scan)?.rows;
    let mut held = run.held();
    let (mut rows, mut count) = (SpoolRows::new(), 0);
    while let Some(portion) = source.next()? {
        for row in portion {
            run.tick()?;
            count += 1;
            if SPOOL_ROWS < count || held.row(&row).is_err() {
                return Ok(Spool::TooLarge);
            }
            let value = row.get(column).unwrap_or(&SqlValue::Null);
            rows.entry(GroupKey::of(value, columns[column].collation)).or_default().push(row);
        }
    }
    Ok(Spool::Kept { column, rows: Rc::new(rows), _held: held })
}

/// Whether a value may be another one at the next opening.
fn changes(value: &Scalar) -> bool {
    let constant = matches!(value.kind, crate::plan::ScalarKind::Constant(_));
    !constant
}

/// Rows that come in portions.
struct Portions {
    source: Option<Box<dyn RowSource>>,
    portion: std::vec::IntoIter<Row>,
    ordered: bool,
}

impl Portions {
    fn empty() -> Self {
        Self { source: None, portion: Vec::new().into_iter(), ordered: true }
    }
}

impl<'a> Step<'a> for Portions {
    fn next(&mut self, run: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        run.tick()?;
        loop {
            if let Some(row) = self.portion.next() {
                return Ok(Some(row));
            }
            let Some(source) = &mut self.source else { return Ok(None) };
            match source.next()? {
                Some(portion) => self.portion = portion.into_iter(),
                None => self.source = None,
            }
        }
    }

    fn ordered(&self) -> bool {
        self.ordered
    }
}

/// Kept rows with one key.
struct Kept {
    rows: Rc<SpoolRows>,
    key: GroupKey,
    at: usize,
}

impl<'a> Step<'a> for Kept {
    fn next(&mut self, run: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        run.tick()?;
        let row = self.rows.get(&self.key).and_then(|rows| rows.get(self.at));
        self.at += 1;
        Ok(row.cloned())
    }
}
