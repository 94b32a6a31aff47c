//! Keys: PRIMARY KEY, UNIQUE and unique indexes.

use std::collections::HashSet;
use std::sync::Arc;

use super::Table;
use crate::collation::Collation;
use crate::host::{Column, Row};
use crate::value::{GroupKey, SqlError, plain_text};

/// A key's value in one row.
pub(super) type KeyValue = Vec<GroupKey>;

/// Columns that no two rows have alike.
#[derive(Clone)]
pub(in crate::session) struct Key {
    pub(in crate::session) name: String,
    /// Indexes of its columns.
    pub(in crate::session) columns: Vec<usize>,
    /// How their texts compare.
    collations: Vec<Collation>,
    pub(in crate::session) kind: KeyKind,
    /// The values that are there.
    values: Arc<HashSet<KeyValue>>,
}

/// What made a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum KeyKind {
    /// `PRIMARY KEY`.
    Primary,
    /// `UNIQUE`.
    Unique,
    /// `CREATE UNIQUE INDEX`.
    Index,
}

impl Key {
    /// A key over some columns of `all`.
    pub(in crate::session) fn new(
        name: String,
        columns: Vec<usize>,
        kind: KeyKind,
        all: &[Column],
    ) -> Self {
        let collation = |at: &usize| all.get(*at).map_or(Collation::CI_AS, |one| one.collation);
        let collations = columns.iter().map(collation).collect();
        Self { name, columns, collations, kind, values: Arc::default() }
    }

    fn value(&self, row: &Row) -> KeyValue {
        let of = |(at, collation): (&usize, &Collation)| {
            row.get(*at).map(|value| GroupKey::of(value, *collation))
        };
        self.columns.iter().zip(&self.collations).filter_map(of).collect()
    }

    /// Takes all these rows in, as when the key is made.
    pub(super) fn fill(&mut self, table: &Table) -> Result<(), SqlError> {
        let mut values = HashSet::new();
        for row in table.rows() {
            if !values.insert(self.value(row)) {
                return Err(self.duplicate_on_create(table, row));
            }
        }
        self.values = Arc::new(values);
        Ok(())
    }

    /// Whether the key still holds when `removed` go and `added` come.
    pub(super) fn check(
        &self,
        table: &Table,
        removed: &[&Row],
        added: &[&Row],
    ) -> Result<(), SqlError> {
        let removed: HashSet<KeyValue> = removed.iter().map(|row| self.value(row)).collect();
        let mut new = HashSet::with_capacity(added.len());
        for row in added {
            let value = self.value(row);
            let there = self.values.contains(&value) && !removed.contains(&value);
            if there || !new.insert(value) {
                return Err(self.duplicate(table, row));
            }
        }
        Ok(())
    }

    /// Makes the change that was checked.
    pub(super) fn change(&mut self, removed: &[&Row], added: &[&Row]) {
        if removed.is_empty() && added.is_empty() {
            return;
        }
        let removed: Vec<KeyValue> = removed.iter().map(|row| self.value(row)).collect();
        let added: Vec<KeyValue> = added.iter().map(|row| self.value(row)).collect();
        let values = Arc::make_mut(&mut self.values);
        for value in &removed {
            values.remove(value);
        }
        values.extend(added);
    }

    /// The columns behind this one move one place forward.
    pub(super) fn shift(&mut self, removed: usize) {
        for column in &mut self.columns {
            if removed < *column {
                *column -= 1;
            }
        }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.values = Arc::default();
    }

    fn shown(&self, row: &Row) -> String {
        let text = |at: &usize| match row.get(*at) {
            Some(value) if !value.is_null() => plain_text(value).unwrap_or_default(),
            Some(_) | None => "<NULL>".to_owned(),
        };
        self.columns.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    fn duplicate(&self, table: &Table, row: &Row) -> SqlError {
        let (object, shown, name) = (table.shown_object(), self.shown(row), &self.name);
        let constraint = match self.kind {
            KeyKind::Primary => "PRIMARY KEY",
            KeyKind::Unique => "UNIQUE KEY",
            KeyKind::Index => {
                let text = format!(
                    "Cannot insert duplicate key row in object '{object}' with unique index \
                     '{name}'. The duplicate key value is ({shown})."
                );
                return SqlError::new(2601, 14, 1, text);
            }
        };
        let text = format!(
            "Violation of {constraint} constraint '{name}'. Cannot insert duplicate key in object \
             '{object}'. The duplicate key value is ({shown})."
        );
        SqlError::new(2627, 14, 1, text)
    }

    fn duplicate_on_create(&self, table: &Table, row: &Row) -> SqlError {
        let text = format!(
            "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for \
             the object name '{}' and the index name '{}'. The duplicate key value is ({}).",
            table.shown_object(),
            self.name,
            self.shown(row)
        );
        SqlError::new(1505, 16, 1, text)
    }
}
