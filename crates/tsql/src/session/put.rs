//! Rows on their way into a table: defaults, numbers, computed columns, rules.
//!
//! INSERT, MERGE, OUTPUT ... INTO and bulk loads put their rows here.

use super::failure::Trouble;
use super::interpreter::Interpreter;
use super::output_clause::Seen;
use super::procedure::NOWHERE;
use super::select_into::identity_value;
use super::syntax;
use super::table::{Building, Change, Storing, Table};
use super::target::TableRef;
use crate::ast::{Expr, ExprKind, OutputClause, Place};
use crate::bind;
use crate::host::Row;
use crate::types::{SqlType, check_implicit};
use crate::value::{SqlError, SqlValue};

/// Rows on their way into a table.
pub(super) struct Incoming {
    /// The columns that they have values for.
    pub(super) places: Vec<usize>,
    /// The types of the values; `None` for a bare NULL or a default.
    pub(super) types: Vec<Option<SqlType>>,
    pub(super) rows: Vec<Row>,
}

/// How rows are put into a table.
#[derive(Clone, Copy)]
pub(super) struct Putting {
    /// The statement's place.
    pub(super) place: Place,
    /// Whether CHECK constraints are looked at.
    pub(super) checked: bool,
    /// Whether a NULL that is given for a column with a default becomes that.
    pub(super) null_is_default: bool,
}

impl Putting {
    /// As INSERT does.
    pub(super) fn at(place: Place) -> Self {
        Self { place, checked: true, null_is_default: false }
    }
}

impl Interpreter<'_> {
    /// Puts rows into a table.
    pub(super) fn put(
        &mut self,
        target: &TableRef,
        incoming: Incoming,
        outputs: &[OutputClause],
    ) -> Result<u64, Trouble> {
        self.put_as(target, incoming, outputs, Putting::at(NOWHERE))
    }

    pub(super) fn put_as(
        &mut self,
        target: &TableRef,
        incoming: Incoming,
        outputs: &[OutputClause],
        putting: Putting,
    ) -> Result<u64, Trouble> {
        let mut table = self.target_table(target)?;
        check_types(&table, &incoming).map_err(|error| Trouble::bind(error, putting.place))?;
        let seen = Seen { columns: table.visible(), deleted: false, inserted: true, beside: &[] };
        let outputs = self.bind_outputs(outputs, seen)?;
        let built = self.build_as(&mut table, &incoming, putting);
        let identity = table.identity;
        // Numbers are used up even where the rows are refused.
        self.with_table(target, |own| own.identity = identity)?;
        let inserted = built?;
        let given = inserted.clone();
        let count = u64::try_from(inserted.len()).unwrap_or(u64::MAX);
        table.let_go();
        self.apply(target, Change { inserted, ..Change::default() })?;
        self.note_identity(&table, &given)?;
        self.give_outputs(outputs, &given)?;
        Ok(count)
    }

    /// Whole rows of a table: given values, defaults, numbers, computed columns.
    pub(super) fn build(
        &mut self,
        table: &mut Table,
        incoming: &Incoming,
    ) -> Result<Vec<Row>, Trouble> {
        self.build_as(table, incoming, Putting::at(NOWHERE))
    }

    fn build_as(
        &mut self,
        table: &mut Table,
        incoming: &Incoming,
        putting: Putting,
    ) -> Result<Vec<Row>, Trouble> {
        let mut building = Building::new(table, &*self.session)?;
        if !putting.checked {
            building.forget_checks();
        }
        let given: &[usize] = if putting.null_is_default { &[] } else { &incoming.places };
        let defaults = self.defaults(table, given)?;
        let is_given = |(value, at): &(&SqlValue, &usize)| {
            let has_default = || defaults.iter().any(|(own, _)| own == *at);
            !(putting.null_is_default && value.is_null() && has_default())
        };
        let storing = self.session.storing();
        let mut version = self.session.next_row_version;
        let session = &*self.session;
        let rows = session.with_context(self.cancel, |context| {
            let mut rows = Vec::with_capacity(incoming.rows.len());
            for given in &incoming.rows {
                let mut row = vec![SqlValue::Null; table.rules.len()];
                for (at, scalar) in &defaults {
                    let value = crate::run::evaluate(scalar, &[], context)?;
                    row[*at] = table.stored(*at, &value, storing)?;
                }
                for (value, at) in given.iter().zip(&incoming.places).filter(is_given) {
                    row[*at] = table.stored(*at, value, storing)?;
                }
                number(table, &incoming.places, &mut row)?;
                stamp(table, &mut row, &mut version);
                building.finish(table, &mut row, "INSERT", context)?;
                rows.push(row);
            }
            Ok::<Vec<Row>, Trouble>(rows)
        })?;
        self.session.next_row_version = version;
        Ok(rows)
    }

    /// The defaults of the columns that no value is given for.
    fn defaults(
        &self,
        table: &Table,
        places: &[usize],
    ) -> Result<Vec<(usize, crate::plan::Scalar)>, Trouble> {
        let mut defaults = Vec::new();
        for (index, rule) in table.rules.iter().enumerate() {
            let Some((_, value)) = &rule.default else { continue };
            if !places.contains(&index) && !syntax::is_bare_null(value) {
                defaults.push((index, bind::scalar(value, &*self.session)?));
            }
        }
        Ok(defaults)
    }

    /// `@@IDENTITY` and `SCOPE_IDENTITY()`: the last number, NULL for a table without.
    fn note_identity(&mut self, table: &Table, rows: &[Row]) -> Result<(), Trouble> {
        let at = table.rules.iter().position(|rule| rule.identity);
        let value = match at {
            None => SqlValue::Null,
            Some(at) => match rows.last().and_then(|row| row.get(at)) {
                Some(value) => {
                    crate::value::cast(value, &SqlType::Numeric { precision: 38, scale: 0 })?
                }
                None => return Ok(()),
            },
        };
        self.session.last.identity = value.clone();
        self.scope()?.identity = value;
        Ok(())
    }
}

impl super::Session {
    pub(super) fn storing(&self) -> Storing {
        Storing { dates: self.options.dates(), warnings: self.options.ansi_warnings }
    }
}

/// Gives a row its number, or takes note of the one that it was given.
fn number(table: &mut Table, places: &[usize], row: &mut Row) -> Result<(), SqlError> {
    let Some(at) = table.rules.iter().position(|rule| rule.identity) else { return Ok(()) };
    if places.contains(&at) {
        if let Some(given) = row[at].as_decimal() {
            table.given_identity(given.mantissa / 10_i128.pow(given.scale.into()));
        }
        return Ok(());
    }
    let next = table.next_identity().unwrap_or(0);
    row[at] = identity_value(next, &table.visible()[at].data_type)?;
    Ok(())
}

/// Gives the `rowversion` column of a row its next value.
pub(super) fn stamp(table: &Table, row: &mut Row, version: &mut u64) {
    let own = |column: &crate::host::Column| column.data_type == SqlType::RowVersion;
    if let Some(at) = table.visible().iter().position(own) {
        *version += 1;
        row[at] = SqlValue::binary(version.to_be_bytes().to_vec());
    }
}

/// The default of a column as an expression; NULL without.
pub(super) fn default_of(table: &Table, at: usize) -> Expr {
    let default = table.rules.get(at).and_then(|rule| rule.default.as_ref());
    default.map_or_else(|| syntax::expr(ExprKind::Null), |(_, value)| value.clone())
}

fn check_types(table: &Table, incoming: &Incoming) -> Result<(), SqlError> {
    for (from, at) in incoming.types.iter().zip(&incoming.places) {
        let (Some(from), Some(column)) = (from, table.visible().get(*at)) else { continue };
        check_implicit(from, &column.data_type)?;
    }
    Ok(())
}
