//! TOP and OFFSET ... FETCH.
//!
//! Source: T-SQL reference, "TOP", "ORDER BY Clause"; errors 127, 1031, 1060, 10742, 10744.

use super::budget::Held;
use super::scope::{Outer, Scope};
use super::sort::{keys_of, order};
use super::state::Run;
use super::step::{Boxed, Step};
use crate::host::Row;
use crate::plan::{Scalar, SortKey};
use crate::value::{SqlError, SqlValue};

/// Begins to run a TOP.
pub(super) fn top<'a>(
    run: &Run<'a>,
    input: Boxed<'a>,
    (count, percent, ties): (&'a Scalar, bool, &'a [SortKey]),
    outer: Outer<'_>,
) -> Result<Boxed<'a>, SqlError> {
    let count = run.value(count, &Scope::around(outer))?;
    if percent {
        let percent = count.as_f64().ok_or_else(not_a_count)?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(SqlError::new(1031, 15, 1, "Percent values must be between 0 and 100."));
        }
        return Ok(Box::new(Percent { input: Some(input), percent, ties, rows: None, held: None }));
    }
    let count = count.as_i64().ok_or_else(not_a_count)?;
    let left = u64::try_from(count).map_err(|_| {
        SqlError::new(127, 15, 1, "A TOP N or FETCH rowcount value may not be negative.")
    })?;
    Ok(Box::new(Top { input: Some(input), left, ties, last: None }))
}

fn not_a_count() -> SqlError {
    let text = "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.";
    SqlError::new(1060, 15, 1, text)
}

/// So many rows, and those that equal the last one.
struct Top<'a> {
    input: Option<Boxed<'a>>,
    left: u64,
    ties: &'a [SortKey],
    last: Option<Vec<SqlValue>>,
}

impl<'a> Step<'a> for Top<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let wanted = 0 < self.left || self.last.is_some();
        let Some(input) = self.input.as_mut().filter(|_| wanted) else { return Ok(None) };
        let Some(row) = input.next(run, outer)? else {
            self.input = None;
            return Ok(None);
        };
        if 0 < self.left {
            self.left -= 1;
            if self.left == 0 && !self.ties.is_empty() {
                self.last = Some(keys_of(run, self.ties, &Scope::new(&row, outer))?);
            } else if self.left == 0 {
                self.input = None;
            }
            return Ok(Some(row));
        }
        let keys = keys_of(run, self.ties, &Scope::new(&row, outer))?;
        if self.last.as_ref().is_some_and(|last| order(self.ties, last, &keys).is_eq()) {
            return Ok(Some(row));
        }
        self.input = None;
        Ok(None)
    }

    fn ordered(&self) -> bool {
        self.input.as_ref().is_some_and(|input| input.ordered())
    }
}

/// A percentage of the rows, rounded up.
struct Percent<'a> {
    input: Option<Boxed<'a>>,
    percent: f64,
    ties: &'a [SortKey],
    rows: Option<std::vec::IntoIter<Row>>,
    held: Option<Held<'a>>,
}

impl<'a> Percent<'a> {
    /// So many rows, and those behind them that equal the last one.
    fn with_ties(
        &self,
        run: &Run<'a>,
        rows: &[Row],
        mut count: usize,
        outer: Outer<'_>,
    ) -> Result<usize, SqlError> {
        if self.ties.is_empty() || count == 0 {
            return Ok(count);
        }
        let last = keys_of(run, self.ties, &Scope::new(&rows[count - 1], outer))?;
        while let Some(row) = rows.get(count) {
            run.tick()?;
            let keys = keys_of(run, self.ties, &Scope::new(row, outer))?;
            if order(self.ties, &last, &keys).is_ne() {
                break;
            }
            count += 1;
        }
        Ok(count)
    }
}

impl<'a> Step<'a> for Percent<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if let Some(mut input) = self.input.take() {
            let mut held = run.held();
            let mut rows = Vec::new();
            while let Some(row) = input.next(run, outer)? {
                held.row(&row)?;
                rows.push(row);
            }
            let count = (rows.len() as f64 * self.percent / 100.0).ceil() as usize;
            rows.truncate(self.with_ties(run, &rows, count, outer)?);
            self.rows = Some(rows.into_iter());
            self.held = Some(held);
        }
        Ok(self.rows.as_mut().and_then(Iterator::next))
    }
}

/// Begins to run an OFFSET.
pub(super) fn offset<'a>(
    run: &Run<'a>,
    input: Boxed<'a>,
    (skip, take): (&'a Scalar, Option<&'a Scalar>),
    outer: Outer<'_>,
) -> Result<Boxed<'a>, SqlError> {
    let scope = Scope::around(outer);
    let skip = run.value(skip, &scope)?.as_i64().ok_or_else(not_a_count)?;
    let skip = u64::try_from(skip).map_err(|_| {
        SqlError::new(10742, 15, 1, "The offset specified in a OFFSET clause may not be negative.")
    })?;
    let take = match take {
        None => u64::MAX,
        Some(take) => {
            let take = run.value(take, &scope)?.as_i64().ok_or_else(not_a_count)?;
            u64::try_from(take).ok().filter(|&take| 0 < take).ok_or_else(fetch_nothing)?
        }
    };
    Ok(Box::new(Offset { input, skip, take }))
}

fn fetch_nothing() -> SqlError {
    let text = "The number of rows provided for a FETCH clause must be greater then zero.";
    SqlError::new(10744, 15, 1, text)
}

struct Offset<'a> {
    input: Boxed<'a>,
    skip: u64,
    take: u64,
}

impl<'a> Step<'a> for Offset<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        while 0 < self.skip {
            self.skip -= 1;
            if self.input.next(run, outer)?.is_none() {
                self.take = 0;
                self.skip = 0;
            }
        }
        if self.take == 0 {
            return Ok(None);
        }
        self.take -= 1;
        self.input.next(run, outer)
    }

    fn ordered(&self) -> bool {
        self.input.ordered()
    }
}
