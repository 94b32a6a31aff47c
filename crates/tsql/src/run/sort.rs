//! ORDER BY.
//!
//! The sort is stable, keeps only the first rows where a limit is known, and is left out where
//! the relation gave its rows in the wanted order.

use std::cmp::Ordering;

use super::budget::Held;
use super::row::plain_column;
use super::scope::{Outer, Scope};
use super::state::Run;
use super::step::{Boxed, Step, open_node};
use crate::collation::Collation;
use crate::host::{Restriction, Row};
use crate::plan::{JoinType, Node, Scalar, SortKey};
use crate::value::{SqlError, SqlValue, sort_compare};

/// Begins to run a sort.
pub(super) fn open<'a>(
    run: &Run<'a>,
    (input, keys, limit): (&'a Node, &'a [SortKey], Option<&'a Scalar>),
    outer: Outer<'_>,
    hints: &[Restriction],
) -> Result<Boxed<'a>, SqlError> {
    let rows = open_node(run, input, outer, hints)?;
    if rows.ordered() && is_scan_order(input, keys) {
        return Ok(rows);
    }
    let limit = match limit {
        Some(limit) => run.value(limit, &Scope::around(outer))?.as_i64(),
        None => None,
    };
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    Ok(Box::new(Sort {
        input: Some(rows),
        keys,
        limit,
        sorted: Vec::new().into_iter(),
        held: None,
    }))
}

/// Whether these keys are what the scan below was asked to sort by.
fn is_scan_order(node: &Node, keys: &[SortKey]) -> bool {
    let wanted: Option<Vec<(usize, bool, Collation)>> = keys
        .iter()
        .map(|key| Some((plain_column(&key.value)?, key.descending, key.collation)))
        .collect();
    wanted.is_some_and(|wanted| scan_gives(node, wanted))
}

fn scan_gives(node: &Node, mut wanted: Vec<(usize, bool, Collation)>) -> bool {
    if let Node::Filter { input, .. } = node {
        return scan_gives(input, wanted);
    }
    if let Node::Project { input, columns } = node {
        for (column, ..) in &mut wanted {
            match columns.get(*column).and_then(plain_column) {
                Some(below) => *column = below,
                None => return false,
            }
        }
        return scan_gives(input, wanted);
    }
    if let Node::Join(join) = node {
        let left = wanted.iter().all(|(column, ..)| *column < join.left_width);
        return left
            && matches!(join.kind, JoinType::Inner | JoinType::Left)
            && scan_gives(&join.left, wanted);
    }
    let Node::Scan(scan) = node else { return false };
    let columns = scan.relation.columns();
    wanted.len() <= scan.order.len()
        && wanted.iter().zip(&scan.order).all(|((column, descending, collation), order)| {
            let text = columns.get(*column).is_some_and(|c| c.data_type.kind().is_character());
            let same = columns.get(*column).is_some_and(|c| c.collation == *collation);
            *column == order.column && *descending == order.descending && (same || !text)
        })
}

struct Sort<'a> {
    input: Option<Boxed<'a>>,
    keys: &'a [SortKey],
    limit: Option<usize>,
    sorted: std::vec::IntoIter<Entry>,
    held: Option<Held<'a>>,
}

/// A row and what it is sorted by.
pub(super) struct Entry {
    pub(super) keys: Vec<SqlValue>,
    pub(super) row: Row,
}

/// The values that a row is sorted by.
pub(super) fn keys_of<'a>(
    run: &Run<'a>,
    keys: &'a [SortKey],
    scope: &Scope<'_>,
) -> Result<Vec<SqlValue>, SqlError> {
    keys.iter().map(|key| run.value(&key.value, scope)).collect()
}

/// The order of two rows' sort values.
pub(super) fn order(keys: &[SortKey], left: &[SqlValue], right: &[SqlValue]) -> Ordering {
    for (key, (left, right)) in keys.iter().zip(left.iter().zip(right)) {
        let order = sort_compare(left, right, key.collation);
        if order.is_ne() {
            return if key.descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

impl<'a> Sort<'a> {
    fn fill(
        &mut self,
        run: &Run<'a>,
        mut input: Boxed<'a>,
        outer: Outer<'_>,
    ) -> Result<(), SqlError> {
        let mut held = run.held();
        let mut entries: Vec<Entry> = Vec::new();
        // With a limit, the buffer is cut down to it whenever it is twice as long.
        let full = self.limit.map_or(usize::MAX, |limit| limit.saturating_mul(2).max(256));
        let mut cut = false;
        while let Some(row) = input.next(run, outer)? {
            run.tick()?;
            let keys = keys_of(run, self.keys, &Scope::new(&row, outer))?;
            let last = self.limit.and_then(|limit| entries.get(limit.checked_sub(1)?));
            let late = |last: &Entry| order(self.keys, &last.keys, &keys).is_le();
            if cut && last.is_some_and(late) {
                continue;
            }
            held.row(&row)?;
            held.row(&keys)?;
            entries.push(Entry { keys, row });
            if entries.len() == full {
                entries = self.sorted(run, entries)?;
                for entry in entries.split_off(self.limit.unwrap_or(full)) {
                    held.release(&entry.row);
                    held.release(&entry.keys);
                }
                cut = true;
            }
        }
        let mut entries = self.sorted(run, entries)?;
        entries.truncate(self.limit.unwrap_or(usize::MAX));
        self.sorted = entries.into_iter();
        self.held = Some(held);
        Ok(())
    }

    fn sorted(&self, run: &Run<'a>, entries: Vec<Entry>) -> Result<Vec<Entry>, SqlError> {
        sort_by(run, entries, |a, b| order(self.keys, &a.keys, &b.keys))
    }
}

impl<'a> Step<'a> for Sort<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if let Some(input) = self.input.take() {
            self.fill(run, input, outer)?;
        }
        Ok(self.sorted.next().map(|entry| entry.row))
    }
}

/// How many items are sorted between two looks at the cancel flag.
const PORTION: usize = 1024;

/// Sorts, stably, so that it can be cancelled: in portions, which are then merged.
pub(super) fn sort_by<T>(
    run: &Run<'_>,
    items: Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, SqlError> {
    let mut portions = Vec::with_capacity(items.len() / PORTION + 1);
    let mut rest = items.into_iter();
    loop {
        let mut portion: Vec<T> = rest.by_ref().take(PORTION).collect();
        if portion.is_empty() {
            break;
        }
        run.check()?;
        portion.sort_by(&order);
        portions.push(portion);
    }
    while 1 < portions.len() {
        let mut merged = Vec::with_capacity(portions.len().div_ceil(2));
        let mut pairs = portions.into_iter();
        while let Some(left) = pairs.next() {
            merged.push(match pairs.next() {
                Some(right) => merge(run, left, right, &order)?,
                None => left,
            });
        }
        portions = merged;
    }
    Ok(portions.pop().unwrap_or_default())
}

fn merge<T>(
    run: &Run<'_>,
    left: Vec<T>,
    right: Vec<T>,
    order: &impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, SqlError> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        run.tick()?;
        let from = if order(a, b).is_le() { &mut left } else { &mut right };
        merged.extend(from.next());
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
