//! DISTINCT, UNION, EXCEPT, INTERSECT. NULL equals NULL here.

use std::collections::HashSet;

use super::budget::Held;
use super::scope::Outer;
use super::state::Run;
use super::step::{Boxed, Step, open_node};
use crate::collation::Collation;
use crate::host::{Restriction, Row};
use crate::plan::Node;
use crate::value::{GroupKey, SqlError, SqlValue};

/// Rows that have been there.
struct Seen<'a> {
    collations: &'a [Collation],
    keys: HashSet<Vec<GroupKey>>,
    held: Option<Held<'a>>,
}

impl<'a> Seen<'a> {
    fn new(collations: &'a [Collation]) -> Self {
        Self { collations, keys: HashSet::new(), held: None }
    }

    fn key(&self, row: &[SqlValue]) -> Vec<GroupKey> {
        let pairs = row.iter().zip(self.collations);
        pairs.map(|(value, collation)| GroupKey::of(value, *collation)).collect()
    }

    /// Whether the row is new.
    fn insert(&mut self, run: &Run<'a>, row: &[SqlValue]) -> Result<bool, SqlError> {
        let key = self.key(row);
        if !self.keys.insert(key) {
            return Ok(false);
        }
        self.held.get_or_insert_with(|| run.held()).row(row)?;
        Ok(true)
    }
}

/// Each different row once.
pub(super) struct Distinct<'a> {
    input: Boxed<'a>,
    seen: Seen<'a>,
}

impl<'a> Distinct<'a> {
    pub(super) fn new(input: Boxed<'a>, collations: &'a [Collation]) -> Self {
        Self { input, seen: Seen::new(collations) }
    }
}

impl<'a> Step<'a> for Distinct<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        while let Some(row) = self.input.next(run, outer)? {
            run.tick()?;
            if self.seen.insert(run, &row)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn ordered(&self) -> bool {
        self.input.ordered()
    }
}

/// The rows of one input, then those of the other, which is opened when its turn comes.
pub(super) struct UnionAll<'a> {
    current: Boxed<'a>,
    next: Option<(&'a Node, Vec<Restriction>)>,
}

impl<'a> UnionAll<'a> {
    pub(super) fn new(left: Boxed<'a>, right: &'a Node, hints: &[Restriction]) -> Self {
        Self { current: left, next: Some((right, hints.to_vec())) }
    }
}

impl<'a> Step<'a> for UnionAll<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        loop {
            if let Some(row) = self.current.next(run, outer)? {
                return Ok(Some(row));
            }
            let Some((node, hints)) = self.next.take() else { return Ok(None) };
            self.current = open_node(run, node, outer, &hints)?;
        }
    }
}

/// The different rows of the left side that are, or are not, on the right side too.
pub(super) struct Common<'a> {
    left: Boxed<'a>,
    right: Option<Boxed<'a>>,
    others: Seen<'a>,
    given: Seen<'a>,
    wanted: bool,
}

impl<'a> Common<'a> {
    pub(super) fn new(
        left: Boxed<'a>,
        right: Boxed<'a>,
        collations: &'a [Collation],
        wanted: bool,
    ) -> Self {
        let (others, given) = (Seen::new(collations), Seen::new(collations));
        Self { left, right: Some(right), others, given, wanted }
    }
}

impl<'a> Step<'a> for Common<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if let Some(mut right) = self.right.take() {
            while let Some(row) = right.next(run, outer)? {
                run.tick()?;
                self.others.insert(run, &row)?;
            }
        }
        while let Some(row) = self.left.next(run, outer)? {
            run.tick()?;
            let there = self.others.keys.contains(&self.others.key(&row));
            if there == self.wanted && self.given.insert(run, &row)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn ordered(&self) -> bool {
        self.left.ordered()
    }
}
