//! CREATE TABLE, ALTER TABLE and CREATE INDEX, of temporary tables.
//!
//! Source: T-SQL reference, "CREATE TABLE", "ALTER TABLE", "CREATE INDEX".

use super::failure::Trouble;
use super::insert::no_column;
use super::interpreter::{Ended, Interpreter};
use super::select_into::exists;
use super::table::{Defining, Storing, Table, define_table};
use super::target::TableRef;
use crate::ast::{
    AlterTable, CreateIndex, Ident, ObjectName, TableDefinition, TableElement, TargetName,
};
use crate::bind;
use crate::run;
use crate::value::{SqlError, SqlValue};

impl Interpreter<'_> {
    pub(super) fn create_table(
        &mut self,
        name: &ObjectName,
        definition: &TableDefinition,
    ) -> Result<Option<Ended>, Trouble> {
        self.refuse_doomed()?;
        self.refuse_permanent("CREATE TABLE", name)?;
        let depth = self.depth();
        let same = self.session.temp_index(name.name());
        let here = same.and_then(|index| self.session.temp.get(index));
        if here.is_some_and(|temp| temp.depth == depth || temp.is_global()) {
            return Err(exists(name).into());
        }
        let nullable = self.session.options.column_null();
        let table = define_table(name.name(), definition, &*self.session, nullable)?;
        self.add_temp_table(table)?;
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    pub(super) fn alter_table(
        &mut self,
        name: &ObjectName,
        change: &AlterTable,
    ) -> Result<Option<Ended>, Trouble> {
        self.refuse_doomed()?;
        let target = self.table_ref(&TargetName::Object(name.clone()), "ALTER TABLE")?;
        let table = self.target_table(&target)?;
        let changed = match change {
            AlterTable::Add(elements) => self.add_elements(table, elements)?,
            AlterTable::AlterColumn(column) => self.alter_column(table, column)?,
            AlterTable::DropColumn { if_exists, names } => drop_columns(table, names, *if_exists)?,
            AlterTable::DropConstraint { if_exists, names } => {
                drop_constraints(table, names, *if_exists)?
            }
        };
        self.with_table(&target, |own| *own = changed)?;
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    /// New columns get their defaults where they take no NULL, else NULL.
    fn add_elements(&mut self, table: Table, elements: &[TableElement]) -> Result<Table, Trouble> {
        let nullable = self.session.options.column_null();
        let old = table.rules.len();
        let mut defining = Defining::of(table, &*self.session, nullable);
        defining.elements(elements)?;
        let mut table = defining.definition();
        let mut values = Vec::new();
        for (column, rule) in table.visible().iter().zip(table.rules.iter()).skip(old) {
            if rule.computed.is_some() || rule.identity {
                let what =
                    format!("ALTER TABLE ADD of column '{}' to a table with rows", column.name);
                if !table.rows().is_empty() {
                    return Err(SqlError::unsupported(&what).into());
                }
            }
            let default = rule.default.as_ref().filter(|_| !column.nullable);
            let value = match default {
                Some((_, value)) => self.value_in(value, &column.data_type)?,
                None if column.nullable || table.rows().is_empty() => SqlValue::Null,
                None => return Err(no_default(&column.name, &table.name).into()),
            };
            values.push(value);
        }
        table.reshape(|row| row.iter().chain(&values).cloned().collect());
        table.refill()?;
        Ok(table)
    }

    fn value_in(
        &self,
        value: &crate::ast::Expr,
        to: &crate::types::SqlType,
    ) -> Result<SqlValue, Trouble> {
        let scalar = bind::scalar(value, &*self.session)?;
        let session = &*self.session;
        let value =
            session.with_context(self.cancel, |context| run::evaluate(&scalar, &[], context))?;
        Ok(session.converted(&value, &scalar.data_type, to)?)
    }

    fn alter_column(&self, table: Table, column: &crate::ast::ColumnDef) -> Result<Table, Trouble> {
        let found = table.column(&column.name.value);
        let at = found.ok_or_else(|| no_column(&column.name.value))?;
        let mut defining = Defining::of(table, &*self.session, true);
        defining.alter_column(column)?;
        let mut table = defining.definition();
        let storing: Storing = self.session.storing();
        let mut rows = Vec::new();
        for row in table.rows() {
            let value = table.stored(at, row.get(at).unwrap_or(&SqlValue::Null), storing)?;
            if value.is_null() && !table.visible()[at].nullable {
                let text = format!(
                    "Cannot insert the value NULL into column '{}', table '{}'; column does not \
                     allow nulls. UPDATE fails.",
                    column.name.value,
                    table.shown()
                );
                return Err(SqlError::new(515, 16, 2, text).into());
            }
            rows.push(value);
        }
        table.set_column(at, rows);
        table.refill()?;
        Ok(table)
    }

    pub(super) fn create_index(&mut self, index: &CreateIndex) -> Result<Option<Ended>, Trouble> {
        let Some(name) = &index.table else { return Ok(Self::nothing()) };
        self.refuse_doomed()?;
        let target = self.table_ref(&TargetName::Object(name.clone()), "CREATE INDEX")?;
        let table = self.target_table(&target)?;
        let mut defining = Defining::of(table, &*self.session, true);
        defining.index(index)?;
        let mut table = defining.definition();
        table.refill()?;
        self.with_table(&target, |own| *own = table)?;
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    /// Drops an index of a temporary table. One that is not unique was never kept.
    pub(super) fn drop_index(&mut self, target: &TableRef, name: &str) -> Result<(), Trouble> {
        self.with_table(target, |table| {
            table.keys.retain(|key| !key.name.eq_ignore_ascii_case(name));
        })
    }
}

fn no_default(column: &str, table: &str) -> SqlError {
    let text = format!(
        "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT \
         definition specified, or the column being added is an identity or timestamp column, or \
         alternatively if none of the previous conditions are satisfied the table must be empty to \
         allow addition of this column. Column '{column}' cannot be added to non-empty table \
         '{table}' because it does not satisfy these conditions."
    );
    SqlError::new(4901, 16, 1, text)
}

fn drop_columns(mut table: Table, names: &[Ident], if_exists: bool) -> Result<Table, SqlError> {
    for name in names {
        let Some(at) = table.column(&name.value) else {
            if if_exists {
                continue;
            }
            let text = format!(
                "ALTER TABLE DROP COLUMN failed because column '{}' does not exist in table '{}'.",
                name.value, table.name
            );
            return Err(SqlError::new(4924, 16, 1, text));
        };
        let used = table.keys.iter().any(|key| key.columns.contains(&at))
            || table.checks.iter().any(|check| check.column.as_deref() == Some(&name.value))
            || table.rules[at].default.is_some();
        if used {
            let text = format!(
                "ALTER TABLE DROP COLUMN {} failed because one or more objects access this column.",
                name.value
            );
            return Err(SqlError::new(4922, 16, 9, text));
        }
        table.remove_column(at);
    }
    Ok(table)
}

fn drop_constraints(mut table: Table, names: &[Ident], if_exists: bool) -> Result<Table, SqlError> {
    for name in names {
        if !table.remove_constraint(&name.value) && !if_exists {
            let text = format!("'{}' is not a constraint.", name.value);
            return Err(SqlError::new(3728, 16, 1, text));
        }
    }
    Ok(table)
}
