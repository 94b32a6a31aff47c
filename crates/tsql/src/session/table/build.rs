//! Making rows that keep the rules of their table.

use super::{Check, Table};
use crate::ast::SelectItem;
use crate::bind::{self, BindError, Names, RowTable};
use crate::host::Row;
use crate::plan::{Predicate, Scalar};
use crate::run::{self, Context};
use crate::value::{ConvertOptions, DateSettings, SqlError, SqlValue, convert, plain_text, store};

/// The rules of a table, bound for one statement.
pub(in crate::session) struct Building {
    computed: Vec<(usize, Scalar)>,
    checks: Vec<(Check, Predicate)>,
}

/// How values are put into columns.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Storing {
    pub(in crate::session) dates: DateSettings,
    /// `ANSI_WARNINGS`: whether what is too long is an error.
    pub(in crate::session) warnings: bool,
}

impl Building {
    pub(in crate::session) fn new(table: &Table, names: &dyn Names) -> Result<Self, BindError> {
        let tables = [RowTable { alias: &table.name, columns: table.visible() }];
        let mut computed = Vec::new();
        for (index, rule) in table.rules.iter().enumerate() {
            let Some(value) = &rule.computed else { continue };
            let item = SelectItem::Expr { value: value.clone(), alias: None };
            let bound = bind::over_row(&[item], &tables, names)?;
            computed.extend(bound.into_iter().map(|(scalar, _)| (index, scalar)));
        }
        let mut checks = Vec::new();
        for check in table.checks.iter() {
            let bound = bind::predicate_over_row(&check.condition, &tables, names)?;
            checks.push((check.clone(), bound));
        }
        Ok(Self { computed, checks })
    }

    /// Lets rows in that break a CHECK constraint.
    pub(in crate::session) fn forget_checks(&mut self) {
        self.checks.clear();
    }

    /// Fills in what is computed, and refuses a row that breaks a rule. `verb` is the statement.
    pub(in crate::session) fn finish(
        &self,
        table: &Table,
        row: &mut Row,
        verb: &str,
        context: &Context<'_>,
    ) -> Result<(), SqlError> {
        for (index, scalar) in &self.computed {
            let value = run::evaluate(scalar, row, context)?;
            if let Some(place) = row.get_mut(*index) {
                *place = value;
            }
        }
        for (column, value) in table.visible().iter().zip(row.iter()) {
            if value.is_null() && !column.nullable {
                return Err(null_refused(&column.name, table, verb));
            }
        }
        for (check, predicate) in &self.checks {
            if run::test(predicate, row, context)? == Some(false) {
                return Err(check_refused(check, table, verb));
            }
        }
        Ok(())
    }
}

impl Table {
    /// A value as the column with this index holds it.
    pub(in crate::session) fn stored(
        &self,
        index: usize,
        value: &SqlValue,
        storing: Storing,
    ) -> Result<SqlValue, SqlError> {
        let Some(column) = self.visible().get(index) else { return Ok(value.clone()) };
        let options = ConvertOptions { style: None, dates: storing.dates };
        if !storing.warnings {
            return convert(value, &column.data_type, options);
        }
        store(value, &column.data_type, options).map_err(|error| {
            if error.number != SqlError::truncated().number {
                return error;
            }
            let text = plain_text(value.unwrapped()).unwrap_or_default();
            let kept = convert(value, &column.data_type, options).ok();
            let kept = kept.and_then(|kept| plain_text(&kept).ok()).unwrap_or(text);
            SqlError::truncated_in(&self.shown(), &column.name, &kept)
        })
    }
}

fn null_refused(column: &str, table: &Table, verb: &str) -> SqlError {
    let text = format!(
        "Cannot insert the value NULL into column '{column}', table '{}'; column does not allow \
         nulls. {verb} fails.",
        table.shown()
    );
    SqlError::new(515, 16, 2, text)
}

fn check_refused(check: &Check, table: &Table, verb: &str) -> SqlError {
    let column = check.column.as_ref().map(|name| format!(", column '{name}'"));
    let text = format!(
        "The {verb} statement conflicted with the CHECK constraint \"{}\". The conflict occurred \
         in database \"tempdb\", table \"{}\"{}.",
        check.name,
        table.shown_object(),
        column.unwrap_or_default()
    );
    SqlError::new(547, 16, 0, text)
}
