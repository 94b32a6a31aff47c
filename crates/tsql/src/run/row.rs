//! Steps that look at one row at a time: VALUES, filter, projection.

use super::scope::{Outer, Scope};
use super::state::Run;
use super::step::{Boxed, Step};
use crate::host::{Restriction, Row};
use crate::plan::{Predicate, Scalar, ScalarKind};
use crate::value::{SqlError, SqlValue};

/// `VALUES`.
pub(super) struct Values<'a>(std::slice::Iter<'a, Vec<Scalar>>);

impl<'a> Values<'a> {
    pub(super) fn new(rows: &'a [Vec<Scalar>]) -> Self {
        Self(rows.iter())
    }
}

impl<'a> Step<'a> for Values<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        run.tick()?;
        self.0.next().map(|row| run.values(row, &Scope::around(outer))).transpose()
    }
}

/// The rows for which a condition is true.
pub(super) struct Filter<'a> {
    input: Boxed<'a>,
    predicate: &'a Predicate,
}

impl<'a> Filter<'a> {
    pub(super) fn new(input: Boxed<'a>, predicate: &'a Predicate) -> Self {
        Self { input, predicate }
    }
}

impl<'a> Step<'a> for Filter<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        while let Some(row) = self.input.next(run, outer)? {
            run.tick()?;
            if run.holds(self.predicate, &Scope::new(&row, outer))? == Some(true) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn ordered(&self) -> bool {
        self.input.ordered()
    }
}

/// A projection in the cheapest way that does it.
pub(super) fn project<'a>(input: Boxed<'a>, columns: &'a [Scalar]) -> Boxed<'a> {
    let plain: Option<Vec<usize>> = columns.iter().map(plain_column).collect();
    match plain {
        Some(plain) if (0..plain.len()).eq(plain.iter().copied()) => {
            Box::new(Cut { input, width: plain.len() })
        }
        Some(plain) if is_distinct(&plain) => Box::new(Pick { input, columns: plain }),
        Some(_) | None => Box::new(Project { input, columns }),
    }
}

/// The column of the current row that an expression is.
pub(super) fn plain_column(scalar: &Scalar) -> Option<usize> {
    if let ScalarKind::Column { depth: 0, index } = scalar.kind { Some(index) } else { None }
}

fn is_distinct(columns: &[usize]) -> bool {
    let mut sorted = columns.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// The first columns as they are.
struct Cut<'a> {
    input: Boxed<'a>,
    width: usize,
}

impl<'a> Step<'a> for Cut<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let Some(mut row) = self.input.next(run, outer)? else { return Ok(None) };
        row.truncate(self.width);
        Ok(Some(row))
    }

    fn ordered(&self) -> bool {
        self.input.ordered()
    }
}

/// Different columns in another order: they are moved and not copied.
struct Pick<'a> {
    input: Boxed<'a>,
    columns: Vec<usize>,
}

impl<'a> Step<'a> for Pick<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let Some(mut row) = self.input.next(run, outer)? else { return Ok(None) };
        let take = |&column: &usize| match row.get_mut(column) {
            Some(value) => Ok(std::mem::replace(value, SqlValue::Null)),
            None => Err(super::scope::inconsistent("a row is too short")),
        };
        self.columns.iter().map(take).collect::<Result<Row, _>>().map(Some)
    }

    fn ordered(&self) -> bool {
        self.input.ordered()
    }
}

/// Any expressions.
struct Project<'a> {
    input: Boxed<'a>,
    columns: &'a [Scalar],
}

impl<'a> Step<'a> for Project<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let Some(row) = self.input.next(run, outer)? else { return Ok(None) };
        run.tick()?;
        run.values(self.columns, &Scope::new(&row, outer)).map(Some)
    }

    fn ordered(&self) -> bool {
        self.input.ordered()
    }
}

/// Which column a hint is about.
pub(super) fn hint_column(hint: &Restriction) -> usize {
    match hint {
        Restriction::Compare { column, .. }
        | Restriction::In { column, .. }
        | Restriction::IsNull { column, .. } => *column,
    }
}

/// The same hint about another column.
pub(super) fn moved_hint(hint: &Restriction, to: usize) -> Restriction {
    let mut moved = hint.clone();
    match &mut moved {
        Restriction::Compare { column, .. }
        | Restriction::In { column, .. }
        | Restriction::IsNull { column, .. } => *column = to,
    }
    moved
}

/// The hints that hold for the input of a projection too.
pub(super) fn hints_below(columns: &[Scalar], hints: &[Restriction]) -> Vec<Restriction> {
    let below = |hint: &Restriction| {
        let column = columns.get(hint_column(hint)).and_then(plain_column)?;
        Some(moved_hint(hint, column))
    };
    hints.iter().filter_map(below).collect()
}
