//! Recursive common table expressions: round after round, until one gives no rows.
//!
//! Source: T-SQL reference, "WITH common_table_expression" (recursive), "MAXRECURSION"; error 530.

use std::rc::Rc;

use super::budget::Held;
use super::scope::Outer;
use super::state::Run;
use super::step::{Boxed, Step, open_node};
use crate::host::Row;
use crate::plan::Node;
use crate::value::SqlError;

/// The anchor's rows, then those of each round.
pub(super) struct Recursive<'a> {
    id: u32,
    parts: &'a [Node],
    max_recursion: u32,
    anchor: Option<Boxed<'a>>,
    /// The round before, which the parts read.
    before: Rc<Vec<Row>>,
    /// The rows of this round so far.
    now: Vec<Row>,
    held_before: Held<'a>,
    held_now: Held<'a>,
    round: u32,
    part: usize,
    running: Option<Boxed<'a>>,
}

impl<'a> Recursive<'a> {
    pub(super) fn new(
        run: &Run<'a>,
        anchor: Boxed<'a>,
        (id, parts, max_recursion): (u32, &'a [Node], u32),
    ) -> Self {
        Self {
            id,
            parts,
            max_recursion,
            anchor: Some(anchor),
            before: Rc::default(),
            now: Vec::new(),
            held_before: run.held(),
            held_now: run.held(),
            round: 0,
            part: usize::MAX,
            running: None,
        }
    }

    fn keep(&mut self, row: Row) -> Result<Option<Row>, SqlError> {
        self.held_now.row(&row)?;
        self.now.push(row.clone());
        Ok(Some(row))
    }

    /// Begins the next part, or the next round. `false` at the end.
    fn advance(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<bool, SqlError> {
        self.part = self.part.saturating_add(1);
        if self.parts.len() <= self.part {
            if self.now.is_empty() {
                return Ok(false);
            }
            self.before = Rc::new(std::mem::take(&mut self.now));
            self.held_before = std::mem::replace(&mut self.held_now, run.held());
            self.part = 0;
            self.round += 1;
        }
        self.publish(run);
        self.running = Some(open_node(run, &self.parts[self.part], outer, &[])?);
        Ok(true)
    }

    /// Makes the round before what [`Input`] reads; other recursive expressions may have run in
    /// between.
    fn publish(&self, run: &Run<'a>) {
        run.rounds.borrow_mut().insert(self.id, Rc::clone(&self.before));
    }
}

impl<'a> Step<'a> for Recursive<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if let Some(anchor) = &mut self.anchor {
            if let Some(row) = anchor.next(run, outer)? {
                return self.keep(row);
            }
            self.anchor = None;
        }
        if self.parts.is_empty() {
            return Ok(None);
        }
        loop {
            run.tick()?;
            if self.running.is_some() {
                self.publish(run);
            }
            let Some(running) = &mut self.running else {
                if !self.advance(run, outer)? {
                    return Ok(None);
                }
                continue;
            };
            match running.next(run, outer)? {
                Some(_) if 0 < self.max_recursion && self.max_recursion < self.round => {
                    return Err(SqlError::recursion_exhausted(self.max_recursion));
                }
                Some(row) => return self.keep(row),
                None => self.running = None,
            }
        }
    }
}

/// The rows of the round before.
pub(super) struct Input {
    id: u32,
    rows: Option<Rc<Vec<Row>>>,
    at: usize,
}

impl Input {
    pub(super) fn new(id: u32) -> Self {
        Self { id, rows: None, at: 0 }
    }
}

impl<'a> Step<'a> for Input {
    fn next(&mut self, run: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        run.tick()?;
        let rows = self.rows.get_or_insert_with(|| {
            run.rounds.borrow().get(&self.id).map(Rc::clone).unwrap_or_default()
        });
        self.at += 1;
        Ok(rows.get(self.at - 1).cloned())
    }
}
