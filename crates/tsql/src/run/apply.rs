//! CROSS APPLY and OUTER APPLY.

use std::rc::Rc;

use super::scope::{Outer, Scope};
use super::state::{Kept, KeptResult, Run};
use super::step::{Boxed, Step, open_node};
use crate::host::Row;
use crate::plan::Node;
use crate::value::{SqlError, SqlValue};

/// For each left row the right side's rows.
pub(super) struct Apply<'a> {
    left: Boxed<'a>,
    right: &'a Node,
    right_width: usize,
    keep_left: bool,
    current: Option<Current<'a>>,
}

struct Current<'a> {
    row: Row,
    right: Right<'a>,
    matched: bool,
}

enum Right<'a> {
    Running(Boxed<'a>),
    /// The right side does not look at the left row.
    Kept(Rc<Kept<'a>>, usize),
}

impl<'a> Apply<'a> {
    pub(super) fn new(
        left: Boxed<'a>,
        right: &'a Node,
        right_width: usize,
        keep_left: bool,
    ) -> Self {
        Self { left, right, right_width, keep_left, current: None }
    }

    fn begin(&self, run: &Run<'a>, row: Row, outer: Outer<'_>) -> Result<Current<'a>, SqlError> {
        let scope = Scope::new(&row, outer);
        let kept = run.keep(self.right, |held| {
            let mut right = open_node(run, self.right, Some(&scope), &[])?;
            let mut rows = Vec::new();
            while let Some(row) = right.next(run, Some(&scope))? {
                held.row(&row)?;
                rows.push(row);
            }
            Ok(KeptResult::Rows(rows))
        })?;
        let right = match kept {
            Some(kept) => Right::Kept(kept, 0),
            None => Right::Running(open_node(run, self.right, Some(&scope), &[])?),
        };
        Ok(Current { row, right, matched: false })
    }
}

impl<'a> Current<'a> {
    fn next_right(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        match &mut self.right {
            Right::Running(right) => {
                let scope = Scope::new(&self.row, outer);
                right.next(run, Some(&scope))
            }
            Right::Kept(kept, at) => {
                let KeptResult::Rows(rows) = &kept.result else { return Ok(None) };
                *at += 1;
                Ok(rows.get(*at - 1).cloned())
            }
        }
    }
}

impl<'a> Step<'a> for Apply<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        loop {
            run.tick()?;
            if self.current.is_none() {
                let Some(row) = self.left.next(run, outer)? else { return Ok(None) };
                self.current = Some(self.begin(run, row, outer)?);
            }
            let Some(current) = &mut self.current else { return Ok(None) };
            if let Some(right) = current.next_right(run, outer)? {
                current.matched = true;
                let mut row = current.row.clone();
                row.extend(right.into_iter().take(self.right_width));
                return Ok(Some(row));
            }
            let alone = self.keep_left && !current.matched;
            let mut row = std::mem::take(&mut current.row);
            self.current = None;
            if alone {
                row.resize(row.len() + self.right_width, SqlValue::Null);
                return Ok(Some(row));
            }
        }
    }

    fn ordered(&self) -> bool {
        self.left.ordered()
    }
}
