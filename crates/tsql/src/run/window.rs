//! Window functions: the rows sorted by partition and order, and one more column for each call.
//!
//! Rows come out in the order of the last call's window, which is what people are used to.
//!
//! Source: T-SQL reference, "SELECT - OVER Clause", "Ranking functions", "Analytic functions".

mod frame;
mod rank;

use std::cmp::Ordering;
use std::ops::Range;

use super::budget::{Held, value_bytes};
use super::row::plain_column;
use super::scope::{Outer, Scope};
use super::sort::{keys_of, order, sort_by};
use super::state::Run;
use super::step::{Boxed, Step};
use crate::host::Row;
use crate::plan::{SortKey, WindowCall, WindowFunction};
use crate::value::{SqlError, SqlValue, sort_compare};

/// The rows of an input with what window functions give for them.
pub(super) struct Windows<'a> {
    calls: &'a [WindowCall],
    input: Option<Boxed<'a>>,
    rows: std::vec::IntoIter<Item>,
    held: Option<Held<'a>>,
}

/// A row and where the window of the current call puts it.
struct Item {
    row: Row,
    partition: Vec<SqlValue>,
    order: Vec<SqlValue>,
}

/// The rows of one partition, and how they relate.
struct Partition<'p, 'a> {
    run: &'p Run<'a>,
    call: &'a WindowCall,
    /// The arguments' values for each row.
    arguments: Vec<Vec<SqlValue>>,
    /// For each row, the rows that equal it in order.
    peers: Vec<Range<usize>>,
    order: Vec<&'p [SqlValue]>,
}

impl<'a> Windows<'a> {
    pub(super) fn new(input: Boxed<'a>, calls: &'a [WindowCall]) -> Self {
        Self { calls, input: Some(input), rows: Vec::new().into_iter(), held: None }
    }

    fn fill(
        &mut self,
        run: &Run<'a>,
        mut input: Boxed<'a>,
        outer: Outer<'_>,
    ) -> Result<(), SqlError> {
        let mut held = run.held();
        let mut items = Vec::new();
        while let Some(row) = input.next(run, outer)? {
            held.row(&row)?;
            items.push(Item { row, partition: Vec::new(), order: Vec::new() });
        }
        let mut before: Option<&WindowCall> = None;
        for call in self.calls {
            let sorted = before.is_some_and(|before| same_window(before, call));
            if !sorted {
                items = arranged(run, call, items, (outer, &mut held))?;
                before = Some(call);
            }
            compute(run, call, &mut items, (outer, &mut held))?;
        }
        self.rows = items.into_iter();
        self.held = Some(held);
        Ok(())
    }
}

impl<'a> Step<'a> for Windows<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if let Some(input) = self.input.take() {
            self.fill(run, input, outer)?;
        }
        run.tick()?;
        Ok(self.rows.next().map(|item| item.row))
    }
}

/// Whether two calls are over the same partitions in the same order, as far as that is plain.
fn same_window(one: &WindowCall, other: &WindowCall) -> bool {
    let columns = |call: &WindowCall| -> Option<Vec<(usize, bool)>> {
        let partition = call.partition.iter().map(|(key, _)| Some((plain_column(key)?, false)));
        let order = call.order.iter().map(|key| Some((plain_column(&key.value)?, key.descending)));
        partition.chain(order).collect()
    };
    one.partition.len() == other.partition.len()
        && columns(one).is_some()
        && columns(one) == columns(other)
}

/// The rows sorted by the call's window.
fn arranged<'a>(
    run: &Run<'a>,
    call: &'a WindowCall,
    mut items: Vec<Item>,
    (outer, held): (Outer<'_>, &mut Held<'a>),
) -> Result<Vec<Item>, SqlError> {
    for item in &mut items {
        run.tick()?;
        let scope = Scope::new(&item.row, outer);
        let keys = call.partition.iter().map(|(key, _)| run.value(key, &scope));
        item.partition = keys.collect::<Result<_, _>>()?;
        item.order = keys_of(run, &call.order, &scope)?;
        held.row(&item.partition)?;
        held.row(&item.order)?;
    }
    sort_by(run, items, |a, b| {
        partition_order(call, a, b).then_with(|| order(&call.order, &a.order, &b.order))
    })
}

fn partition_order(call: &WindowCall, left: &Item, right: &Item) -> Ordering {
    let pairs = left.partition.iter().zip(&right.partition).zip(&call.partition);
    pairs
        .map(|((left, right), (_, collation))| sort_compare(left, right, *collation))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Adds the call's column to the sorted rows.
fn compute<'a>(
    run: &Run<'a>,
    call: &'a WindowCall,
    items: &mut [Item],
    (outer, held): (Outer<'_>, &mut Held<'a>),
) -> Result<(), SqlError> {
    let mut start = 0;
    while start < items.len() {
        let mut length = 1;
        while let Some(item) = items.get(start + length)
            && partition_order(call, &items[start], item).is_eq()
        {
            run.tick()?;
            length += 1;
        }
        let rows = &mut items[start..start + length];
        let results = Partition::new(run, call, rows, outer)?.results()?;
        for (item, value) in rows.iter_mut().zip(results) {
            held.bytes(value_bytes(&value))?;
            item.row.push(value);
        }
        start += length;
    }
    Ok(())
}

impl<'p, 'a> Partition<'p, 'a> {
    fn new(
        run: &'p Run<'a>,
        call: &'a WindowCall,
        rows: &'p [Item],
        outer: Outer<'_>,
    ) -> Result<Self, SqlError> {
        let mut arguments = Vec::with_capacity(rows.len());
        for item in rows {
            run.tick()?;
            arguments.push(run.values(&call.arguments, &Scope::new(&item.row, outer))?);
        }
        let order: Vec<&[SqlValue]> = rows.iter().map(|item| item.order.as_slice()).collect();
        let peers = peers(run, &call.order, &order)?;
        Ok(Self { run, call, arguments, peers, order })
    }

    fn len(&self) -> usize {
        self.peers.len()
    }

    fn argument(&self, row: usize, at: usize) -> &SqlValue {
        self.arguments[row].get(at).unwrap_or(&SqlValue::Null)
    }

    /// What the function gives for each row.
    fn results(&self) -> Result<Vec<SqlValue>, SqlError> {
        match self.call.function {
            WindowFunction::Aggregate(aggregate) => self.aggregate(aggregate),
            WindowFunction::RowNumber => Ok((1..=self.len()).map(big).collect()),
            WindowFunction::Rank => {
                Ok(self.peers.iter().map(|peers| big(peers.start + 1)).collect())
            }
            WindowFunction::DenseRank => Ok(self.dense_rank()),
            WindowFunction::Ntile => self.ntile(),
            WindowFunction::Lag => self.lag(true),
            WindowFunction::Lead => self.lag(false),
            WindowFunction::FirstValue => self.edge_value(true),
            WindowFunction::LastValue => self.edge_value(false),
            WindowFunction::PercentRank => Ok(self.percent_rank()),
            WindowFunction::CumeDist => Ok(self.cume_dist()),
            WindowFunction::PercentileCont => self.percentile(true),
            WindowFunction::PercentileDisc => self.percentile(false),
        }
    }
}

/// For each row, the range of rows that equal it in order.
fn peers(
    run: &Run<'_>,
    keys: &[SortKey],
    rows: &[&[SqlValue]],
) -> Result<Vec<Range<usize>>, SqlError> {
    let mut found: Vec<Range<usize>> = Vec::with_capacity(rows.len());
    while found.len() < rows.len() {
        let start = found.len();
        let mut length = 1;
        while let Some(row) = rows.get(start + length)
            && order(keys, rows[start], row).is_eq()
        {
            run.tick()?;
            length += 1;
        }
        run.tick()?;
        found.extend(std::iter::repeat_n(start..start + length, length));
    }
    Ok(found)
}

fn big(number: usize) -> SqlValue {
    SqlValue::BigInt(i64::try_from(number).unwrap_or(i64::MAX))
}
