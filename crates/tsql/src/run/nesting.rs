//! How FOR XML AUTO and FOR JSON AUTO nest: by the tables that columns come from.

use crate::value::SqlValue;

/// The columns of one table.
pub(super) struct Level {
    /// The table's alias.
    pub(super) name: String,
    pub(super) columns: Vec<usize>,
}

/// The tables in the order of their first column. A column of none belongs to the table before
/// it, or to the first one.
pub(super) fn levels(tables: &[Option<String>], count: usize) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let mut early = Vec::new();
    for column in 0..count {
        let Some(name) = tables.get(column).cloned().flatten() else {
            match levels.last_mut() {
                Some(level) => level.columns.push(column),
                None => early.push(column),
            }
            continue;
        };
        match levels.iter_mut().find(|level| level.name == name) {
            Some(level) => level.columns.push(column),
            None => levels.push(Level { name, columns: vec![column] }),
        }
    }
    match levels.first_mut() {
        Some(first) => {
            early.append(&mut first.columns);
            first.columns = early;
        }
        None => levels.push(Level { name: String::new(), columns: early }),
    }
    levels
}

/// The first table for which a new object begins: the first whose columns have changed, and the
/// last one in any case.
pub(super) fn first_change(
    levels: &[Level],
    before: Option<&[SqlValue]>,
    row: &[SqlValue],
) -> usize {
    let Some(before) = before else { return 0 };
    let changed = |level: &Level| level.columns.iter().any(|&at| before.get(at) != row.get(at));
    levels.iter().position(changed).unwrap_or(levels.len().saturating_sub(1))
}
