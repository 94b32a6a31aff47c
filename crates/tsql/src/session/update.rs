//! UPDATE.
//!
//! Source: T-SQL reference, "UPDATE": all values are computed from the rows as they were; a row
//! that a join gives more than once is changed once.

use std::collections::HashSet;

use super::failure::Trouble;
use super::insert::{column_repeated, computed_set, no_column};
use super::interpreter::{Ended, Interpreter};
use super::output_clause::{Beside, Seen};
use super::put::{default_of, stamp};
use super::query::is_untyped;
use super::syntax;
use super::table::{Building, Change, Table};
use super::target::{Reading, id_of, other_sources};
use crate::ast::{Expr, ExprKind, Select, SelectItem, SetClause, Update};
use crate::bind;
use crate::host::{Column, Command, Row};
use crate::plan::Plan;
use crate::types::{SqlType, check_implicit};
use crate::value::SqlError;

/// The hidden columns that stand between those of the sources beside the target.
const MARK: &str = "\0mark";

/// One `column = value`, `@variable = value` or both.
pub(super) struct Assigned {
    pub(super) column: Option<usize>,
    variable: Option<(usize, SqlType)>,
    pub(super) value: Expr,
}

impl Assigned {
    /// Whether a variable is set, too.
    pub(super) const fn is_variable(&self) -> bool {
        self.variable.is_some()
    }
}

/// The new rows with their ids, and the rows that OUTPUT sees.
type Updated = (Vec<(i64, Row)>, Vec<Row>);

/// A row that changes: its id, the values that were computed, and those of the sources beside.
struct Changed {
    id: i64,
    values: Row,
    beside: Row,
}

impl Interpreter<'_> {
    pub(super) fn update(&mut self, update: &Update) -> Result<Option<Ended>, Trouble> {
        let reading = self.reading(&update.target.name, &update.from, &update.with, "UPDATE")?;
        let mut table = self.target_table(&reading.table)?;
        let assigned = self.assigned(&table, &update.set, &reading)?;
        let with_beside = !update.output.is_empty();
        let mut items = vec![syntax::item(reading.row_id())];
        items.extend(assigned.iter().map(|one| syntax::item(one.value.clone())));
        let beside = if with_beside { other_sources(&reading) } else { Vec::new() };
        add_beside(&mut items, &beside);
        let mut select = syntax::select(items, reading.from.clone());
        select.filter = self.condition(&update.filter, &reading)?;
        select.top.clone_from(&update.top);
        let plan = self.plan(select, &reading, &update.hints)?;
        check_assigned(&table, &assigned, &plan)?;
        let columns = beside_columns(&plan, assigned.len() + 1, beside.len());
        let named: Vec<Beside<'_>> = beside
            .iter()
            .zip(&columns)
            .map(|(alias, (_, columns))| Beside { alias, columns })
            .collect();
        let seen = Seen { columns: table.visible(), deleted: true, inserted: true, beside: &named };
        let outputs = self.bind_outputs(&update.output, seen)?;
        let changed = self.changed(&plan, &assigned, &columns)?;
        drop(plan);
        let (updated, given) = self.updated(&table, &assigned, changed)?;
        let count = u64::try_from(updated.len()).unwrap_or(u64::MAX);
        table.let_go();
        self.apply(&reading.table, Change { updated, ..Change::default() })?;
        self.give_outputs(outputs, &given)?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Update, count: Some(count) }))
    }

    /// The plan that finds the rows of a change.
    pub(super) fn plan(
        &self,
        select: Select,
        reading: &Reading,
        hints: &[crate::ast::QueryHint],
    ) -> Result<Plan, Trouble> {
        let mut query = syntax::query(select);
        query.with.clone_from(&reading.with);
        query.hints = hints.to_vec();
        Ok(bind::query(&query, &*self.session)?)
    }

    /// What SET says.
    pub(super) fn assigned(
        &self,
        table: &Table,
        set: &[SetClause],
        reading: &Reading,
    ) -> Result<Vec<Assigned>, Trouble> {
        let mut assigned: Vec<Assigned> = Vec::with_capacity(set.len());
        for clause in set {
            let variable = match &clause.variable {
                Some(name) => Some(self.variable(name, clause.value.place)?),
                None => None,
            };
            let column = match &clause.column {
                Some(name) => {
                    let own = reading.column(name.name());
                    let missing = || Trouble::bind(no_column(name.name()), name.place());
                    let index = table.column(own).ok_or_else(missing)?;
                    if assigned.iter().any(|one| one.column == Some(index)) {
                        return Err(Trouble::bind(column_repeated(name.name()), name.place()));
                    }
                    refuse_fixed(table, index)
                        .map_err(|error| Trouble::bind(error, name.place()))?;
                    Some(index)
                }
                None => None,
            };
            let value = value_of(table, clause, column, reading);
            assigned.push(Assigned { column, variable, value });
        }
        Ok(assigned)
    }

    /// Runs the query. Variables get their values row by row.
    fn changed(
        &mut self,
        plan: &Plan,
        assigned: &[Assigned],
        beside: &[(usize, Vec<Column>)],
    ) -> Result<Vec<Changed>, Trouble> {
        let mut seen = HashSet::new();
        let mut changed = Vec::new();
        let types: Vec<SqlType> = plan.columns.iter().map(|column| column.data_type).collect();
        self.rows(plan, |session, _, row| {
            let Some(id) = id_of(&row).filter(|id| seen.insert(*id)) else { return Ok(()) };
            for (index, one) in assigned.iter().enumerate() {
                let Some((slot, data_type)) = one.variable else { continue };
                let value = session.converted(&row[index + 1], &types[index + 1], &data_type)?;
                if let Some(scope) = session.scopes.last() {
                    scope.set(slot, value);
                }
            }
            let values = row[1..=assigned.len()].to_vec();
            let others = beside.iter().flat_map(|(at, columns)| &row[*at..at + columns.len()]);
            let beside = others.cloned().collect();
            changed.push(Changed { id, values, beside });
            Ok(())
        })?;
        Ok(changed)
    }

    /// The new rows, and the rows that OUTPUT sees.
    fn updated(
        &mut self,
        table: &Table,
        assigned: &[Assigned],
        changed: Vec<Changed>,
    ) -> Result<Updated, Trouble> {
        let building = Building::new(table, &*self.session)?;
        let mut version = self.session.next_row_version;
        let mut updated = Vec::with_capacity(changed.len());
        let mut given = Vec::with_capacity(changed.len());
        let session = &*self.session;
        session.with_context(self.cancel, |context| {
            for one in changed {
                let Some(old) = table.row(one.id) else { continue };
                let old = old[..table.rules.len()].to_vec();
                let mut row = old.clone();
                let set = assigned.iter().zip(&one.values);
                for (at, value) in set.filter_map(|(one, value)| Some((one.column?, value))) {
                    row[at] = table.stored(at, value, session.storing())?;
                }
                stamp(table, &mut row, &mut version);
                building.finish(table, &mut row, "UPDATE", context)?;
                let mut seen = old;
                seen.extend_from_slice(&row);
                seen.extend(one.beside);
                given.push(seen);
                updated.push((one.id, row));
            }
            Ok::<(), Trouble>(())
        })?;
        self.session.next_row_version = version;
        Ok((updated, given))
    }
}

/// Refuses a column that UPDATE cannot set.
fn refuse_fixed(table: &Table, index: usize) -> Result<(), SqlError> {
    let (column, rule) = (&table.visible()[index], &table.rules[index]);
    if rule.identity {
        let text = format!("Cannot update identity column '{}'.", column.name);
        return Err(SqlError::new(8102, 16, 1, text));
    }
    if rule.computed.is_some() {
        return Err(computed_set(&column.name));
    }
    if column.data_type == SqlType::RowVersion {
        return Err(SqlError::new(272, 16, 1, "Cannot update a timestamp column."));
    }
    Ok(())
}

/// The value of a SET clause: `DEFAULT` and `+=` are written out.
fn value_of(table: &Table, clause: &SetClause, column: Option<usize>, reading: &Reading) -> Expr {
    if matches!(clause.value.kind, ExprKind::Default) {
        return column.map_or_else(|| syntax::expr(ExprKind::Null), |at| default_of(table, at));
    }
    let place = clause.value.place;
    let own = match (&clause.column, &clause.variable) {
        (Some(name), _) => syntax::column(&[&reading.qualifier, name.name()]),
        (None, Some(variable)) => Expr { kind: ExprKind::Variable(variable.clone()), place },
        (None, None) => return clause.value.clone(),
    };
    syntax::assigned(own, clause.operator, &clause.value)
}

/// Checks that the values of a query go into their columns and variables.
fn check_assigned(table: &Table, assigned: &[Assigned], plan: &Plan) -> Result<(), Trouble> {
    for (index, one) in assigned.iter().enumerate() {
        let Some(from) = plan.columns.get(index + 1).map(|column| column.data_type) else {
            continue;
        };
        if is_untyped(plan, index + 1) || syntax::is_bare_null(&one.value) {
            continue;
        }
        let column = one.column.and_then(|at| table.visible().get(at));
        let targets = column.map(|column| column.data_type).into_iter();
        for to in targets.chain(one.variable.map(|(_, data_type)| data_type)) {
            check_implicit(&from, &to).map_err(|error| Trouble::bind(error, one.value.place))?;
        }
    }
    Ok(())
}

/// Lets a query give all columns of these sources, each behind a mark.
pub(super) fn add_beside(items: &mut Vec<SelectItem>, sources: &[String]) {
    for name in sources {
        items.push(syntax::named_item(syntax::integer(0), MARK));
        items.push(syntax::star(Some(name)));
    }
}

/// Where the columns of each source stand, and what they are.
pub(super) fn beside_columns(
    plan: &Plan,
    first: usize,
    sources: usize,
) -> Vec<(usize, Vec<Column>)> {
    let mut found: Vec<(usize, Vec<Column>)> = Vec::with_capacity(sources);
    for (index, column) in plan.columns.iter().enumerate().skip(first) {
        if column.name == MARK {
            found.push((index + 1, Vec::new()));
        } else if let Some((_, columns)) = found.last_mut() {
            columns.push(column.clone());
        }
    }
    found
}

/// NULL in so many columns.
pub(super) fn nulls(count: usize) -> Row {
    vec![crate::value::SqlValue::Null; count]
}
