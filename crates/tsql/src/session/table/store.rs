//! Changing the rows of a table: all of a statement's changes together.

use std::sync::Arc;

use super::{Table, row_id};
use crate::host::Row;
use crate::value::{SqlError, SqlValue};

/// What a statement does to the rows of a table. Rows have the visible columns only.
#[derive(Debug, Default)]
pub(in crate::session) struct Change {
    /// New rows.
    pub(in crate::session) inserted: Vec<Row>,
    /// Rows that become others, by their ids.
    pub(in crate::session) updated: Vec<(i64, Row)>,
    /// Rows that go, by their ids.
    pub(in crate::session) deleted: Vec<i64>,
}

impl Change {
    /// About how many bytes it adds.
    pub(in crate::session) fn bytes(&self) -> usize {
        let changed = self.updated.iter().map(|(_, row)| row);
        self.inserted.iter().chain(changed).map(size).sum()
    }
}

impl Table {
    /// Makes a change, or none of it where a key forbids it.
    pub(in crate::session) fn apply(&mut self, change: Change) -> Result<(), SqlError> {
        self.check_keys(&change)?;
        let Change { inserted, updated, mut deleted } = change;
        let places: Vec<Option<usize>> = updated.iter().map(|(id, _)| self.position(*id)).collect();
        let rows = Arc::make_mut(&mut self.rows);
        for (place, (id, mut row)) in places.into_iter().zip(updated) {
            let Some(old) = place.and_then(|at| rows.get_mut(at)) else { continue };
            row.push(SqlValue::BigInt(id));
            self.bytes = (self.bytes + size(&row)).saturating_sub(size(old));
            *old = row;
        }
        if !deleted.is_empty() {
            deleted.sort_unstable();
            let gone = |row: &Row| deleted.binary_search(&row_id(row)).is_ok();
            let freed: usize = rows.iter().filter(|row| gone(row)).map(size).sum();
            rows.retain(|row| !gone(row));
            self.bytes = self.bytes.saturating_sub(freed);
        }
        for mut row in inserted {
            row.push(SqlValue::BigInt(self.next_row));
            self.next_row += 1;
            self.bytes += size(&row);
            rows.push(row);
        }
        Ok(())
    }

    /// Drops all rows, and begins the identity column again.
    pub(in crate::session) fn truncate(&mut self) {
        self.rows = Arc::default();
        self.bytes = 0;
        for key in &mut self.keys {
            key.clear();
        }
        if let Some(identity) = &mut self.identity {
            identity.last = None;
        }
    }

    /// Lets go of rows and keys that are shared with the table itself, so that a change there
    /// copies nothing.
    pub(in crate::session) fn let_go(&mut self) {
        self.rows = Arc::default();
        for key in &mut self.keys {
            key.clear();
        }
    }

    /// Every row with other visible columns, as ALTER TABLE makes them.
    pub(in crate::session) fn reshape(&mut self, make: impl Fn(&[SqlValue]) -> Row) {
        let width = self.rows.first().map_or(0, |row| row.len().saturating_sub(1));
        let rows = self.rows.iter().map(|row| {
            let mut made = make(&row[..width]);
            made.push(SqlValue::BigInt(row_id(row)));
            made
        });
        self.rows = Arc::new(rows.collect());
        self.bytes = self.rows.iter().map(size).sum();
    }

    /// Gives every row a value in one column, in the order of the rows.
    pub(in crate::session) fn set_column(&mut self, at: usize, values: Vec<SqlValue>) {
        let rows = Arc::make_mut(&mut self.rows);
        for (row, value) in rows.iter_mut().zip(values) {
            if let Some(place) = row.get_mut(at) {
                *place = value;
            }
        }
    }

    /// Takes a column away that nothing else uses.
    pub(in crate::session) fn remove_column(&mut self, at: usize) {
        let mut columns = self.columns.to_vec();
        columns.remove(at);
        self.columns = columns.into();
        let mut rules = self.rules.to_vec();
        if rules.remove(at).identity {
            self.identity = None;
        }
        self.rules = rules.into();
        for key in &mut self.keys {
            key.shift(at);
        }
        self.reshape(|row| {
            let others = row.iter().enumerate().filter(|(index, _)| *index != at);
            others.map(|(_, value)| value.clone()).collect()
        });
    }

    /// Takes a constraint away. Gives whether there was one.
    pub(in crate::session) fn remove_constraint(&mut self, name: &str) -> bool {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let mut rules = self.rules.to_vec();
        let rule = rules
            .iter_mut()
            .find(|rule| rule.default.as_ref().is_some_and(|(default, _)| same(default)));
        if let Some(rule) = rule {
            rule.default = None;
            self.rules = rules.into();
            return true;
        }
        let before = (self.keys.len(), self.checks.len());
        self.keys.retain(|key| !same(&key.name));
        self.checks = self.checks.iter().filter(|check| !same(&check.name)).cloned().collect();
        before != (self.keys.len(), self.checks.len())
    }

    /// Makes the keys anew from the rows.
    pub(in crate::session) fn refill(&mut self) -> Result<(), SqlError> {
        let mut keys = std::mem::take(&mut self.keys);
        let filled = keys.iter_mut().try_for_each(|key| key.fill(self));
        self.keys = keys;
        filled
    }

    fn check_keys(&mut self, change: &Change) -> Result<(), SqlError> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let mut keys = std::mem::take(&mut self.keys);
        let gone = change.updated.iter().map(|(id, _)| id).chain(&change.deleted);
        let removed: Vec<&Row> = gone.filter_map(|id| self.row(*id)).collect();
        let changed = change.updated.iter().map(|(_, row)| row);
        let added: Vec<&Row> = changed.chain(&change.inserted).collect();
        let checked = keys.iter().try_for_each(|key| key.check(self, &removed, &added));
        if checked.is_ok() {
            for key in &mut keys {
                key.change(&removed, &added);
            }
        }
        self.keys = keys;
        checked
    }
}

/// About how many bytes a row takes.
fn size(row: &Row) -> usize {
    let long = |value: &SqlValue| {
        let text = value.unwrapped();
        text.as_str().map(str::len).or(text.as_bytes().map(<[u8]>::len)).unwrap_or(0)
    };
    row.iter().map(|value| size_of::<SqlValue>() + long(value)).sum::<usize>() + size_of::<Row>()
}
