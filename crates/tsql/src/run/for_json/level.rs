//! FOR JSON AUTO: the rows of the second table stand in an array of the first one's object, and
//! so on. A row that equals the one before in the columns of a table goes on in its object.

use super::{Values, Writer};
use crate::json::quoted;
use crate::run::nesting::{Level, first_change, levels};
use crate::value::{SqlError, SqlValue};

/// Writes rows nested by their tables.
pub(super) struct LevelWriter<'a> {
    values: Values<'a>,
    levels: Vec<Level>,
    before: Option<Vec<SqlValue>>,
    /// For each open level, whether its object has properties.
    filled: Vec<bool>,
}

impl<'a> LevelWriter<'a> {
    pub(super) fn new(values: Values<'a>) -> Result<Self, SqlError> {
        let columns = &values.node.columns;
        if columns.iter().any(|column| column.name.is_empty()) {
            return Err(Values::unnamed());
        }
        let levels = levels(&values.node.tables, columns.len());
        for level in &levels {
            let names: Vec<&str> = level.columns.iter().map(|&at| &*columns[at].name).collect();
            for (at, name) in names.iter().enumerate() {
                if names[..at].contains(name) {
                    return Err(Values::conflict(name));
                }
            }
        }
        Ok(Self { values, levels, before: None, filled: Vec::new() })
    }

    /// Closes the objects, and the arrays inside others, down to this level.
    fn close(&mut self, level: usize, text: &mut String) {
        while level < self.filled.len() {
            self.filled.pop();
            text.push_str(if level < self.filled.len() { "}]" } else { "}" });
        }
    }
}

impl Writer for LevelWriter<'_> {
    fn row(&mut self, row: &[SqlValue], text: &mut String) -> Result<(), SqlError> {
        let from = first_change(&self.levels, self.before.as_deref(), row);
        if self.before.is_some() {
            self.close(from, text);
            text.push(',');
        }
        for (at, level) in self.levels.iter().enumerate().skip(from) {
            if from < at {
                if std::mem::replace(&mut self.filled[at - 1], true) {
                    text.push(',');
                }
                text.push_str(&format!("{}:[", quoted(&level.name)));
            }
            text.push('{');
            let mut members = Vec::new();
            for &column in &level.columns {
                let name = &self.values.node.columns[column].name;
                members.extend(self.values.member(name, column, row)?);
            }
            text.push_str(&members.join(","));
            self.filled.push(!members.is_empty());
        }
        self.before = Some(row.to_vec());
        Ok(())
    }

    fn end(&mut self, text: &mut String) {
        self.close(0, text);
    }
}
