//! How much a query may hold in memory at once.
//!
//! Whatever keeps rows (a sort, a hash table, a group) holds a [`Held`], which counts them and
//! gives the room back when it is dropped. Sizes are estimates of the heap: near enough that a
//! runaway query ends, and not the server.

use std::cell::Cell;

use crate::host::Row;
use crate::value::{SqlError, SqlValue};

/// The room of one query.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: Cell<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::DEFAULT_BYTES)
    }
}

impl Budget {
    /// The room where nobody said otherwise, in bytes.
    pub const DEFAULT_BYTES: u64 = 256 << 20;

    /// Room for so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self { limit: bytes, used: Cell::new(0) }
    }

    /// How many bytes are held now.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    fn take(&self, bytes: u64) -> Result<(), SqlError> {
        let used = self.used.get().saturating_add(bytes);
        if self.limit < used {
            return Err(over(self.limit));
        }
        self.used.set(used);
        Ok(())
    }

    fn give_back(&self, bytes: u64) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }
}

/// The number of SQL Server's own error for a query that does not fit, and what helps.
fn over(limit: u64) -> SqlError {
    let text = format!(
        "There is insufficient system memory to run this query: it may hold {} MB of rows at once. \
         Narrow it with WHERE or TOP, select fewer or shorter columns, or leave out ORDER BY, \
         DISTINCT or GROUP BY over large texts.",
        limit >> 20
    );
    SqlError::new(701, 17, 123, text)
}

/// What one operator holds of the budget.
pub(crate) struct Held<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl<'a> Held<'a> {
    pub(crate) fn new(budget: &'a Budget) -> Self {
        Self { budget, bytes: 0 }
    }

    pub(crate) fn row(&mut self, row: &[SqlValue]) -> Result<(), SqlError> {
        self.bytes(row_bytes(row))
    }

    pub(crate) fn bytes(&mut self, bytes: usize) -> Result<(), SqlError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back what a row took.
    pub(crate) fn release(&mut self, row: &[SqlValue]) {
        let bytes = u64::try_from(row_bytes(row)).unwrap_or(u64::MAX).min(self.bytes);
        self.budget.give_back(bytes);
        self.bytes -= bytes;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

fn row_bytes(row: &[SqlValue]) -> usize {
    size_of::<Row>() + row.iter().map(value_bytes).sum::<usize>()
}

/// The size of a value with its heap.
pub(crate) fn value_bytes(value: &SqlValue) -> usize {
    let heap = match value {
        SqlValue::VarChar(text) | SqlValue::NVarChar(text) | SqlValue::Xml(text) => text.len() + 16,
        SqlValue::Binary(bytes) => bytes.len() + 16,
        SqlValue::Variant(inner) => value_bytes(&inner.value) + 16,
        SqlValue::Null
        | SqlValue::Bit(_)
        | SqlValue::TinyInt(_)
        | SqlValue::SmallInt(_)
        | SqlValue::Int(_)
        | SqlValue::BigInt(_)
        | SqlValue::Decimal(_)
        | SqlValue::SmallMoney(_)
        | SqlValue::Money(_)
        | SqlValue::Real(_)
        | SqlValue::Float(_)
        | SqlValue::Date(_)
        | SqlValue::Time { .. }
        | SqlValue::SmallDateTime(_)
        | SqlValue::DateTime(_)
        | SqlValue::DateTime2 { .. }
        | SqlValue::DateTimeOffset(_)
        | SqlValue::Guid(_) => 0,
    };
    size_of::<SqlValue>() + heap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_held_comes_back_when_it_ends() {
        let budget = Budget::new(1000);
        let row = vec![SqlValue::nvarchar("x".repeat(300))];
        let mut one = Held::new(&budget);
        one.row(&row).unwrap();
        one.row(&row).unwrap();
        let error = one.row(&row).unwrap_err();
        assert_eq!((error.number, error.severity), (701, 17));
        one.release(&row);
        one.row(&row).unwrap();
        drop(one);
        assert_eq!(budget.used(), 0);
    }
}
