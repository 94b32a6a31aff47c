//! What looks at other rows: aggregates over frames, FIRST_VALUE, LAST_VALUE, LAG, LEAD.
//!
//! An aggregate whose frame begins, or ends, with the partition is carried on from row to row;
//! other frames are added up for each row.

use std::ops::Range;

use super::Partition;
use crate::ast::FrameUnit;
use crate::function::{Accumulator, Aggregate};
use crate::plan::FrameEdge;
use crate::value::{SqlError, SqlValue};

impl Partition<'_, '_> {
    /// The rows of a row's frame.
    fn frame(&self, row: usize) -> Range<usize> {
        let frame = &self.call.frame;
        let count = self.len();
        let moved = |by: i64| {
            let at = i64::try_from(row).unwrap_or(i64::MAX).saturating_add(by);
            at.clamp(-1, i64::try_from(count).unwrap_or(i64::MAX))
        };
        let place = |at: i64| usize::try_from(at).unwrap_or(0);
        let start = match (frame.start, frame.unit) {
            (FrameEdge::Unbounded, _) => 0,
            (FrameEdge::Offset(by), FrameUnit::Rows) => place(moved(by)),
            (FrameEdge::Offset(_), FrameUnit::Range) => self.peers[row].start,
        };
        let end = match (frame.end, frame.unit) {
            (FrameEdge::Unbounded, _) => count,
            (FrameEdge::Offset(by), FrameUnit::Rows) => place(moved(by) + 1).min(count),
            (FrameEdge::Offset(_), FrameUnit::Range) => self.peers[row].end,
        };
        start.min(end)..end
    }

    pub(super) fn aggregate(&self, aggregate: Aggregate) -> Result<Vec<SqlValue>, SqlError> {
        let frame = &self.call.frame;
        if frame.start == FrameEdge::Unbounded {
            return self.carried(aggregate, (0..self.len()).collect());
        }
        if frame.end == FrameEdge::Unbounded {
            return self.carried(aggregate, (0..self.len()).rev().collect());
        }
        let mut results = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let mut sum = self.accumulator(aggregate);
            for other in self.frame(row) {
                self.run.tick()?;
                self.add(&mut sum, other)?;
            }
            results.push(sum.finish()?);
        }
        Ok(results)
    }

    fn accumulator(&self, aggregate: Aggregate) -> Accumulator {
        Accumulator::new(aggregate, self.call.result, self.call.collation, false)
    }

    fn add(&self, sum: &mut Accumulator, row: usize) -> Result<(), SqlError> {
        match self.arguments[row].first() {
            Some(value) => {
                if value.is_null() {
                    self.run.context.frame.null_left_out();
                }
                sum.add(value, &SqlValue::Null)
            }
            None => {
                sum.add_row();
                Ok(())
            }
        }
    }

    /// Frames that only grow when the rows are taken in this order.
    fn carried(&self, aggregate: Aggregate, rows: Vec<usize>) -> Result<Vec<SqlValue>, SqlError> {
        let mut sum = self.accumulator(aggregate);
        let mut results = vec![SqlValue::Null; self.len()];
        let (mut added, mut last) = (0, None);
        for row in rows.iter().copied() {
            self.run.tick()?;
            let size = self.frame(row).len();
            while added < size {
                self.run.tick()?;
                self.add(&mut sum, rows[added])?;
                added += 1;
                last = None;
            }
            let value = match last.take() {
                Some(value) => value,
                None => sum.clone().finish()?,
            };
            results[row] = value.clone();
            last = Some(value);
        }
        Ok(results)
    }

    /// FIRST_VALUE and LAST_VALUE.
    pub(super) fn edge_value(&self, first: bool) -> Result<Vec<SqlValue>, SqlError> {
        let mut results = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let mut frame = self.frame(row);
            let counts = |row: &usize| !self.call.ignore_nulls || !self.argument(*row, 0).is_null();
            let found = if first { frame.find(counts) } else { frame.rfind(counts) };
            self.run.tick()?;
            results.push(found.map_or(SqlValue::Null, |row| self.argument(row, 0).clone()));
        }
        Ok(results)
    }

    /// LAG, or LEAD: the value so many rows before, or behind; else the default.
    pub(super) fn lag(&self, before: bool) -> Result<Vec<SqlValue>, SqlError> {
        let mut results = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            self.run.tick()?;
            let distance = match self.arguments[row].get(1) {
                Some(distance) => distance.as_i64(),
                None => Some(1),
            };
            let Some(distance) = distance else {
                results.push(SqlValue::Null);
                continue;
            };
            let distance = usize::try_from(distance).map_err(|_| {
                let text =
                    "Offset parameter for Lag and Lead functions cannot be a negative value.";
                SqlError::new(8730, 16, 2, text)
            })?;
            let found = self.other(row, distance, before);
            results.push(found.unwrap_or_else(|| self.argument(row, 2)).clone());
        }
        Ok(results)
    }

    fn other(&self, row: usize, distance: usize, before: bool) -> Option<&SqlValue> {
        if distance == 0 {
            return Some(self.argument(row, 0));
        }
        if !self.call.ignore_nulls {
            let at = if before { row.checked_sub(distance) } else { row.checked_add(distance) };
            return at.filter(|&at| at < self.len()).map(|at| self.argument(at, 0));
        }
        let value = |at: usize| Some(self.argument(at, 0)).filter(|value| !value.is_null());
        match before {
            true => (0..row).rev().filter_map(value).nth(distance - 1),
            false => (row + 1..self.len()).filter_map(value).nth(distance - 1),
        }
    }
}
