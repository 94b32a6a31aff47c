//! Joins: the right side in a table, by key where there are keys, and the left side past it.
//!
//! A short left side is read first: its key values then restrict the scans of the right side,
//! which may be far larger (`hints`). A right side that does not look at outer rows is kept when
//! the join runs again, for the next outer row.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::budget::Held;
use super::row::{hint_column, moved_hint, plain_column};
use super::scope::{Outer, Scope};
use super::state::{Kept, KeptResult, Run};
use super::step::{Boxed, Step, open_node};
use crate::collation::Collation;
use crate::host::{Restriction, Row};
use crate::plan::{JoinNode, JoinType, Scalar};
use crate::value::{GroupKey, SqlError, SqlValue};

/// Up to how many rows a left side is short.
const SHORT: usize = 500;

/// The rows of a right side.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// Where the rows of a key are; not used for a join without keys.
    by_key: HashMap<Vec<GroupKey>, Vec<u32>>,
}

/// Begins to run a join.
pub(super) fn open<'a>(
    run: &Run<'a>,
    node: &'a JoinNode,
    outer: Outer<'_>,
    hints: &[Restriction],
) -> Result<Boxed<'a>, SqlError> {
    let to_left = matches!(node.kind, JoinType::Inner | JoinType::Left);
    let to_right = matches!(node.kind, JoinType::Inner | JoinType::Right);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for hint in hints {
        match hint_column(hint).checked_sub(node.left_width) {
            None if to_left => left.push(hint.clone()),
            Some(column) if to_right => right.push(moved_hint(hint, column)),
            None | Some(_) => {}
        }
    }
    Ok(Box::new(Join {
        node,
        left: open_node(run, &node.left, outer, &left)?,
        ahead: VecDeque::new(),
        right_hints: right,
        table: None,
        matched: Vec::new(),
        current: None,
        rest: 0,
        in_order: matches!(node.kind, JoinType::Inner | JoinType::Left),
    }))
}

struct Join<'a> {
    node: &'a JoinNode,
    left: Boxed<'a>,
    /// Left rows that were read before the right side.
    ahead: VecDeque<Row>,
    right_hints: Vec<Restriction>,
    table: Option<Right<'a>>,
    /// Which right rows have had a partner, where that counts.
    matched: Vec<bool>,
    current: Option<Current>,
    /// The next right row that may have had no partner.
    rest: usize,
    in_order: bool,
}

/// A table of this join, or one that all runs of it share.
enum Right<'a> {
    Own(Table, #[expect(dead_code, reason = "gives the budget back when it is dropped")] Held<'a>),
    Shared(Rc<Kept<'a>>),
}

struct Current {
    row: Row,
    candidates: Candidates,
    matched: bool,
}

enum Candidates {
    All(usize),
    Some { key: Vec<GroupKey>, at: usize },
}

impl Right<'_> {
    fn table(&self) -> Option<&Table> {
        match self {
            Self::Own(table, _) => Some(table),
            Self::Shared(kept) => match &kept.result {
                KeptResult::Table(table) => Some(table),
                KeptResult::Value(_)
                | KeptResult::Exists(_)
                | KeptResult::Set(_)
                | KeptResult::Rows(_) => None,
            },
        }
    }
}

impl Candidates {
    /// The number of the next right row.
    fn next(&mut self, table: &Table) -> Option<usize> {
        match self {
            Self::All(at) => {
                *at += 1;
                (*at <= table.rows.len()).then_some(*at - 1)
            }
            Self::Some { key, at } => {
                *at += 1;
                let found = table.by_key.get(key)?.get(*at - 1)?;
                usize::try_from(*found).ok()
            }
        }
    }
}

impl<'a> Join<'a> {
    /// Reads the right side.
    fn prepare(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Right<'a>, SqlError> {
        let node = self.node;
        if outer.is_some() && self.right_hints.is_empty() {
            let kept = run.keep(&node.right, |held| {
                let right = open_node(run, &node.right, outer, &[])?;
                filled(run, node, right, (outer, held)).map(KeptResult::Table)
            })?;
            if let Some(kept) = kept {
                return Ok(Right::Shared(kept));
            }
        }
        let mut hints = std::mem::take(&mut self.right_hints);
        if matches!(node.kind, JoinType::Inner | JoinType::Left) && self.read_ahead(run, outer)? {
            if self.ahead.is_empty() {
                return Ok(Right::Own(Table::default(), run.held()));
            }
            for (left, right, collation) in &node.keys {
                hints.extend(self.key_hint(run, (left, right, *collation), outer)?);
            }
        }
        let mut held = run.held();
        let right = open_node(run, &node.right, outer, &hints)?;
        let table = filled(run, node, right, (outer, &mut held))?;
        Ok(Right::Own(table, held))
    }

    /// Reads left rows ahead; whether these are all.
    fn read_ahead(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<bool, SqlError> {
        if self.node.keys.iter().all(|(_, right, _)| plain_column(right).is_none()) {
            return Ok(false);
        }
        while self.ahead.len() < SHORT {
            match self.left.next(run, outer)? {
                Some(row) => self.ahead.push_back(row),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    /// `right column IN (the values of the left rows)`. Text only where the column's own
    /// collation finds all that are equal by the join's.
    fn key_hint(
        &self,
        run: &Run<'a>,
        (left, right, collation): (&'a Scalar, &'a Scalar, Collation),
        outer: Outer<'_>,
    ) -> Result<Option<Restriction>, SqlError> {
        let Some(column) = plain_column(right) else { return Ok(None) };
        let known = [Collation::CI_AS, Collation::BIN2].contains(&collation);
        if right.data_type.kind().is_character() && !(known && right.collation == Collation::CI_AS)
        {
            return Ok(None);
        }
        let mut seen = std::collections::HashSet::new();
        let mut values = Vec::new();
        for row in &self.ahead {
            let value = run.value(left, &Scope::new(row, outer))?;
            if !value.is_null() && seen.insert(GroupKey::of(&value, Collation::BIN2)) {
                values.push(value);
            }
        }
        Ok(Some(Restriction::In { column, values }))
    }

    /// The next left row with its candidates.
    fn advance(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<bool, SqlError> {
        let row = match self.ahead.pop_front() {
            Some(row) => Some(row),
            None => self.left.next(run, outer)?,
        };
        let Some(mut row) = row else { return Ok(false) };
        row.truncate(self.node.left_width);
        let candidates = if self.node.keys.is_empty() {
            Candidates::All(0)
        } else {
            let left = self.node.keys.iter().map(|(left, _, collation)| (left, *collation));
            let key = join_key(run, left, &Scope::new(&row, outer))?.unwrap_or_default();
            Candidates::Some { key, at: 0 }
        };
        self.current = Some(Current { row, candidates, matched: false });
        Ok(true)
    }

    /// The next pair of the current left row, or the row alone.
    fn step(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let Some(table) = self.table.as_ref().and_then(Right::table) else { return Ok(None) };
        let Some(current) = &mut self.current else { return Ok(None) };
        while let Some(at) = current.candidates.next(table) {
            run.tick()?;
            let mut row = Vec::with_capacity(self.node.left_width + self.node.right_width);
            row.extend(current.row.iter().cloned());
            row.extend(table.rows[at].iter().cloned());
            if let Some(condition) = &self.node.condition
                && run.holds(condition, &Scope::new(&row, outer))? != Some(true)
            {
                continue;
            }
            current.matched = true;
            if let Some(matched) = self.matched.get_mut(at) {
                *matched = true;
            }
            return Ok(Some(row));
        }
        let alone = !current.matched && matches!(self.node.kind, JoinType::Left | JoinType::Full);
        let mut row = std::mem::take(&mut current.row);
        self.current = None;
        if !alone {
            return Ok(None);
        }
        row.resize(self.node.left_width + self.node.right_width, SqlValue::Null);
        Ok(Some(row))
    }

    /// The next right row without a partner.
    fn lonely(&mut self) -> Option<Row> {
        let table = self.table.as_ref().and_then(Right::table)?;
        while self.rest < self.matched.len() {
            self.rest += 1;
            if !self.matched[self.rest - 1] {
                let mut row = vec![SqlValue::Null; self.node.left_width];
                row.extend(table.rows[self.rest - 1].iter().cloned());
                return Some(row);
            }
        }
        None
    }
}

impl<'a> Step<'a> for Join<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if self.table.is_none() {
            let right = self.prepare(run, outer)?;
            if matches!(self.node.kind, JoinType::Right | JoinType::Full) {
                self.matched = vec![false; right.table().map_or(0, |table| table.rows.len())];
            }
            self.table = Some(right);
        }
        loop {
            run.tick()?;
            if self.current.is_none() && !self.advance(run, outer)? {
                return Ok(self.lonely());
            }
            if let Some(row) = self.step(run, outer)? {
                return Ok(Some(row));
            }
        }
    }

    fn ordered(&self) -> bool {
        self.in_order && self.left.ordered()
    }
}

/// The table of a right side.
fn filled<'a>(
    run: &Run<'a>,
    node: &'a JoinNode,
    mut right: Boxed<'a>,
    (outer, held): (Outer<'_>, &mut Held<'a>),
) -> Result<Table, SqlError> {
    let mut table = Table::default();
    let outer_right = matches!(node.kind, JoinType::Right | JoinType::Full);
    while let Some(mut row) = right.next(run, outer)? {
        run.tick()?;
        row.truncate(node.right_width);
        let number = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
        if !node.keys.is_empty() {
            let keys = node.keys.iter().map(|(_, right, collation)| (right, *collation));
            match join_key(run, keys, &Scope::new(&row, outer))? {
                Some(key) => {
                    held.bytes(key.len() * size_of::<GroupKey>() + 32)?;
                    table.by_key.entry(key).or_default().push(number);
                }
                None if outer_right => {}
                None => continue,
            }
        }
        held.row(&row)?;
        table.rows.push(row);
    }
    Ok(table)
}

/// The key of a row; `None` if it has a NULL, which equals nothing.
fn join_key<'a>(
    run: &Run<'a>,
    keys: impl Iterator<Item = (&'a Scalar, Collation)>,
    scope: &Scope<'_>,
) -> Result<Option<Vec<GroupKey>>, SqlError> {
    let mut key = Vec::with_capacity(1);
    for (scalar, collation) in keys {
        let value = run.peek(scalar, scope)?;
        if value.is_null() {
            return Ok(None);
        }
        key.push(GroupKey::of(&value, collation));
    }
    Ok(Some(key))
}
