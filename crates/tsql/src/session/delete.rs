//! DELETE and TRUNCATE TABLE.
//!
//! Source: T-SQL reference, "DELETE", "TRUNCATE TABLE".

use std::collections::HashSet;

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::output_clause::{Beside, Seen};
use super::syntax;
use super::table::{Change, Table};
use super::target::{id_of, other_sources};
use super::update::{add_beside, beside_columns};
use crate::ast::{Delete, ObjectName, TargetName};
use crate::host::{Command, Row};

impl Interpreter<'_> {
    pub(super) fn delete(&mut self, delete: &Delete) -> Result<Option<Ended>, Trouble> {
        let reading = self.reading(&delete.target.name, &delete.from, &delete.with, "DELETE")?;
        let mut table = self.target_table(&reading.table)?;
        let beside = match delete.output.is_empty() {
            true => Vec::new(),
            false => other_sources(&reading),
        };
        let mut items = vec![syntax::item(reading.row_id())];
        add_beside(&mut items, &beside);
        let mut select = syntax::select(items, reading.from.clone());
        select.filter = self.condition(&delete.filter, &reading)?;
        select.top.clone_from(&delete.top);
        let plan = self.plan(select, &reading, &delete.hints)?;
        let columns = beside_columns(&plan, 1, beside.len());
        let named: Vec<Beside<'_>> = beside
            .iter()
            .zip(&columns)
            .map(|(alias, (_, columns))| Beside { alias, columns })
            .collect();
        let seen =
            Seen { columns: table.visible(), deleted: true, inserted: false, beside: &named };
        let outputs = self.bind_outputs(&delete.output, seen)?;
        let wanted = !outputs.is_empty();
        let mut ids = HashSet::new();
        let (mut deleted, mut given) = (Vec::new(), Vec::new());
        self.rows(&plan, |_, _, row| {
            let Some(id) = id_of(&row).filter(|id| ids.insert(*id)) else { return Ok(()) };
            deleted.push(id);
            if wanted {
                let mut seen = old_row(&table, id);
                let others = columns.iter().flat_map(|(at, own)| &row[*at..at + own.len()]);
                seen.extend(others.cloned());
                given.push(seen);
            }
            Ok(())
        })?;
        drop(plan);
        let count = u64::try_from(deleted.len()).unwrap_or(u64::MAX);
        table.let_go();
        self.apply(&reading.table, Change { deleted, ..Change::default() })?;
        self.give_outputs(outputs, &given)?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Delete, count: Some(count) }))
    }

    pub(super) fn truncate(&mut self, name: &ObjectName) -> Result<Option<Ended>, Trouble> {
        let table = self.table_ref(&TargetName::Object(name.clone()), "TRUNCATE TABLE")?;
        self.refuse_doomed()?;
        self.with_table(&table, Table::truncate)?;
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }
}

/// The visible columns of a row.
pub(super) fn old_row(table: &Table, id: i64) -> Row {
    let width = table.rules.len();
    table.row(id).map(|row| row[..width.min(row.len())].to_vec()).unwrap_or_default()
}
