//! What all steps of a running query share.
//!
//! Caches are keyed by the address of the plan's part that they belong to: the plan is borrowed
//! as long as the query runs, so that an address means one part.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Context;
use super::budget::Held;
use super::reach::Reach;
use super::scan::Spool;
use crate::collation::Collation;
use crate::host::Row;
use crate::value::{GroupKey, LikePattern, SqlError, SqlValue};

/// A running query.
pub(crate) struct Run<'a> {
    pub(crate) context: &'a Context<'a>,
    ticks: Cell<u32>,
    /// The rows of the round before, of each recursive expression.
    pub(crate) rounds: RefCell<HashMap<u32, Rc<Vec<Row>>>>,
    /// Patterns as they were last compiled.
    pub(crate) patterns: RefCell<HashMap<usize, Rc<Pattern>>>,
    /// Constant IN lists.
    pub(crate) lists: RefCell<HashMap<usize, Rc<ValueSet>>>,
    /// Results of parts that do not depend on outer rows.
    pub(crate) kept: RefCell<HashMap<usize, Rc<Kept<'a>>>>,
    /// Values that are the same for all rows: of RAND without or with a fixed seed.
    pub(crate) fixed: RefCell<HashMap<usize, SqlValue>>,
    /// What parts depend on.
    pub(crate) reach: RefCell<HashMap<usize, Rc<Reach>>>,
    /// Scans that are opened again and again.
    pub(crate) spools: RefCell<HashMap<usize, Spool<'a>>>,
}

/// A LIKE pattern and what it was made of.
pub(crate) struct Pattern {
    pub(crate) text: Arc<str>,
    pub(crate) escape: Option<Arc<str>>,
    pub(crate) compiled: LikePattern,
}

/// A result that stays as long as the variables it was made with.
pub(crate) struct Kept<'a> {
    /// The variables that it saw, and their values.
    pub(crate) variables: Vec<(usize, SqlValue)>,
    pub(crate) result: KeptResult,
    pub(crate) _held: Held<'a>,
}

pub(crate) enum KeptResult {
    Value(SqlValue),
    Exists(bool),
    Set(ValueSet),
    Rows(Vec<Row>),
    Table(super::join::Table),
}

/// Values to be looked for by equality.
#[derive(Default)]
pub(crate) struct ValueSet {
    keys: HashSet<GroupKey>,
    has_null: bool,
}

impl ValueSet {
    pub(crate) fn insert(&mut self, value: &SqlValue, collation: Collation) {
        if value.is_null() {
            self.has_null = true;
        } else {
            self.keys.insert(GroupKey::of(value, collation));
        }
    }

    /// `value = ANY (set)`.
    pub(crate) fn contains(&self, value: &SqlValue, collation: Collation) -> Option<bool> {
        if self.keys.is_empty() && !self.has_null {
            return Some(false);
        }
        if value.is_null() {
            return None;
        }
        if self.keys.contains(&GroupKey::of(value, collation)) {
            return Some(true);
        }
        if self.has_null { None } else { Some(false) }
    }
}

/// How many rows go by between two looks at the cancel flag.
const TICKS: u32 = 64;

impl<'a> Run<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            ticks: Cell::new(0),
            rounds: RefCell::default(),
            patterns: RefCell::default(),
            lists: RefCell::default(),
            kept: RefCell::default(),
            fixed: RefCell::default(),
            reach: RefCell::default(),
            spools: RefCell::default(),
        }
    }

    pub(crate) fn held(&self) -> Held<'a> {
        Held::new(self.context.budget)
    }

    /// Ends the query if it was cancelled.
    pub(crate) fn check(&self) -> Result<(), SqlError> {
        match self.context.cancel.is_cancelled() {
            true => Err(SqlError::cancelled()),
            false => Ok(()),
        }
    }

    /// Called for every row of every loop: ends the query if it was cancelled.
    pub(crate) fn tick(&self) -> Result<(), SqlError> {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(TICKS) { self.check() } else { Ok(()) }
    }
}

/// The key of a part of the plan in the caches.
pub(crate) fn address<T>(part: &T) -> usize {
    std::ptr::from_ref(part).addr()
}
