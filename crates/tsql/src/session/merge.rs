//! MERGE.
//!
//! The target and the source are joined in full; each joined row goes to the first WHEN that
//! takes it. The values of every WHEN are computed by the query, each only where its row goes
//! there.
//!
//! Source: T-SQL reference, "MERGE"; error 8672.

use std::collections::HashSet;

use super::delete::old_row;
use super::failure::Trouble;
use super::insert::check_width;
use super::interpreter::{Ended, Interpreter};
use super::output_clause::{Beside, Seen};
use super::put::{Incoming, default_of};
use super::query::is_untyped;
use super::syntax;
use super::table::{Building, Change, Table};
use super::target::Reading;
use super::update::{Assigned, nulls};
use crate::ast::{
    Expr, ExprKind, Join, JoinKind, Merge, MergeAction, MergeMatch, MergeWhen, Query, SelectItem,
    Table as Source, TableKind, TableSource, TargetName,
};
use crate::bind;
use crate::host::{Column, Command, Row};
use crate::plan::Plan;
use crate::types::{SqlType, check_implicit};
use crate::value::{SqlError, SqlValue};

/// The hidden column that is NULL where a joined row has no source.
const SOURCE: &str = "\0source";
/// The pseudo column with what was done.
const ACTION: &str = "$action";

/// A WHEN: where its condition and its values stand in the rows of the query.
struct Clause<'a> {
    when: &'a MergeWhen,
    condition: usize,
    places: Vec<usize>,
    first: usize,
    values: Vec<Expr>,
}

/// What is done, in the order of the rows.
enum Deed {
    Insert(Row),
    Update(i64, Row),
    Delete(i64),
}

impl Interpreter<'_> {
    pub(super) fn merge(&mut self, merge: &Merge) -> Result<Option<Ended>, Trouble> {
        let target = self.table_ref(&merge.target.name, "MERGE")?;
        let mut table = self.target_table(&target)?;
        let alias = target_alias(merge);
        let source = source_name(&merge.source);
        let reading = Reading::of(target.clone(), alias.clone());
        let mut items =
            vec![syntax::item(reading.row_id()), syntax::item(syntax::column(&[&source, SOURCE]))];
        let clauses = self.clauses(merge, &table, (&reading, &source), &mut items)?;
        let width = items.len();
        items.push(syntax::star(Some(&source)));
        let plan = bind::query(&merge_query(merge, &alias, &source, items), &*self.session)?;
        check_clauses(&table, &clauses, &plan)?;
        let beside_columns: Vec<Column> = plan.columns[width..].to_vec();
        let action = [Column::new(ACTION, SqlType::NVarChar(crate::types::Length::N(10)))];
        let beside = [
            Beside { alias: &source, columns: &beside_columns },
            Beside { alias: "\0action", columns: &action },
        ];
        let seen =
            Seen { columns: table.visible(), deleted: true, inserted: true, beside: &beside };
        let outputs = self.bind_outputs(&merge.output, seen)?;
        let mut joined = self.collect(&plan)?;
        drop(plan);
        if let Some(top) = &merge.top {
            let count = self.value_as(&top.count, &SqlType::BigInt)?.as_i64().unwrap_or(0);
            joined.retain(|row| clauses.iter().any(|clause| clause.takes(row)));
            joined.truncate(usize::try_from(count).unwrap_or(0));
        }
        let (deeds, sources, mut own) = self.deeds(table.clone(), &clauses, &joined, width)?;
        self.with_table(&target, |table| table.identity = own.identity)?;
        let given: Vec<Row> = deeds
            .iter()
            .zip(sources)
            .map(|(deed, source)| seen_row(&table, deed, source))
            .collect();
        let count = u64::try_from(deeds.len()).unwrap_or(u64::MAX);
        table.let_go();
        own.let_go();
        self.apply(&target, change(deeds))?;
        self.give_outputs(outputs, &given)?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Merge, count: Some(count) }))
    }

    /// Adds the conditions and values of all clauses to the items of the query.
    fn clauses<'a>(
        &self,
        merge: &'a Merge,
        table: &Table,
        (reading, source): (&Reading, &str),
        items: &mut Vec<SelectItem>,
    ) -> Result<Vec<Clause<'a>>, Trouble> {
        let mut clauses = Vec::new();
        for when in &merge.clauses {
            let goes = goes_there(when, reading, source);
            let condition = items.len();
            items.push(syntax::item(syntax::when(goes.clone(), syntax::integer(1))));
            let (places, values) = self.action(table, reading, &when.action)?;
            let first = items.len();
            for value in &values {
                items.push(syntax::item(syntax::when(goes.clone(), value.clone())));
            }
            clauses.push(Clause { when, condition, places, first, values });
        }
        Ok(clauses)
    }

    /// The columns that an action sets, and the values.
    fn action(
        &self,
        table: &Table,
        reading: &Reading,
        action: &MergeAction,
    ) -> Result<(Vec<usize>, Vec<Expr>), Trouble> {
        match action {
            MergeAction::Delete => Ok((Vec::new(), Vec::new())),
            MergeAction::Update(set) => {
                let assigned: Vec<Assigned> = self.assigned(table, set, reading)?;
                if assigned.iter().any(Assigned::is_variable) {
                    return Err(SqlError::unsupported("SET @variable in MERGE").into());
                }
                let places = assigned.iter().filter_map(|one| one.column).collect();
                Ok((places, assigned.into_iter().map(|one| one.value).collect()))
            }
            MergeAction::Insert { values: None, .. } => Ok((Vec::new(), Vec::new())),
            MergeAction::Insert { columns, values: Some(values) } => {
                let places = self.insert_columns(&reading.table, columns, true)?;
                check_width(places.len(), values.len(), columns.is_empty())?;
                let defaulted = values.iter().zip(&places).map(|(value, at)| {
                    let default = matches!(value.kind, ExprKind::Default);
                    if default { default_of(table, *at) } else { value.clone() }
                });
                let values = defaulted.collect();
                Ok((places, values))
            }
        }
    }

    /// What is done with every joined row, and the source's part of it.
    fn deeds(
        &mut self,
        mut own: Table,
        clauses: &[Clause<'_>],
        joined: &[Row],
        width: usize,
    ) -> Result<(Vec<Deed>, Vec<Row>, Table), Trouble> {
        let (mut deeds, mut sources) = (Vec::new(), Vec::new());
        let mut changed = HashSet::new();
        for row in joined {
            let Some(clause) = clauses.iter().find(|clause| clause.takes(row)) else { continue };
            let values = row[clause.first..clause.first + clause.values.len()].to_vec();
            let id = row.first().and_then(SqlValue::as_i64);
            if id.is_some_and(|id| !changed.insert(id)) {
                return Err(changed_twice().into());
            }
            let deed = match (&clause.when.action, id) {
                (MergeAction::Insert { .. }, _) => {
                    let incoming = Incoming {
                        places: clause.places.clone(),
                        types: Vec::new(),
                        rows: vec![values],
                    };
                    let mut built = self.build(&mut own, &incoming)?;
                    built.pop().map(Deed::Insert)
                }
                (MergeAction::Delete, Some(id)) => Some(Deed::Delete(id)),
                (MergeAction::Update(_), Some(id)) => {
                    Some(Deed::Update(id, self.merged(&own, id, &clause.places, &values)?))
                }
                (MergeAction::Delete | MergeAction::Update(_), None) => None,
            };
            let Some(deed) = deed else { continue };
            deeds.push(deed);
            sources.push(row[width..].to_vec());
        }
        Ok((deeds, sources, own))
    }

    /// A row with new values.
    fn merged(
        &mut self,
        table: &Table,
        id: i64,
        places: &[usize],
        values: &[SqlValue],
    ) -> Result<Row, Trouble> {
        let building = Building::new(table, &*self.session)?;
        let mut row = old_row(table, id);
        let storing = self.session.storing();
        for (at, value) in places.iter().zip(values) {
            row[*at] = table.stored(*at, value, storing)?;
        }
        super::put::stamp(table, &mut row, &mut self.session.next_row_version);
        let session = &*self.session;
        session.with_context(self.cancel, |context| {
            building.finish(table, &mut row, "UPDATE", context)
        })?;
        Ok(row)
    }
}

impl Clause<'_> {
    /// Whether a joined row goes here.
    fn takes(&self, row: &[SqlValue]) -> bool {
        row.get(self.condition).is_some_and(|value| !value.is_null())
    }
}

fn changed_twice() -> SqlError {
    let text = "The MERGE statement attempted to UPDATE or DELETE the same row more than once. This \
                happens when a target row matches more than one source row. A MERGE statement \
                cannot UPDATE/DELETE the same row of the target table multiple times. Refine the \
                ON clause to ensure a target row matches at most one source row, or use the GROUP \
                BY clause to group the source rows.";
    SqlError::new(8672, 16, 1, text)
}

fn target_alias(merge: &Merge) -> String {
    if let Some(alias) = &merge.alias {
        return alias.value.clone();
    }
    match &merge.target.name {
        TargetName::Object(name) => name.name().to_owned(),
        TargetName::Variable(_) => "\0target".to_owned(),
    }
}

fn source_name(source: &Source) -> String {
    if let Some(alias) = &source.alias {
        return alias.value.clone();
    }
    if let TableKind::Named(name) | TableKind::Function { name, .. } = &source.kind {
        return name.name().to_owned();
    }
    "\0source".to_owned()
}

/// `SELECT items FROM target FULL JOIN (SELECT *, 1 FROM source) ON condition`.
fn merge_query(merge: &Merge, alias: &str, source: &str, items: Vec<SelectItem>) -> Query {
    let kind = match &merge.target.name {
        TargetName::Object(name) => TableKind::Named(name.clone()),
        TargetName::Variable(name) => TableKind::Variable(name.clone()),
    };
    let target = syntax::table(kind, Some(syntax::ident(alias)));
    let marked = vec![syntax::named_item(syntax::integer(1), SOURCE), syntax::star(Some(source))];
    let mut own = merge.source.clone();
    own.alias.get_or_insert_with(|| syntax::ident(source));
    let inner = syntax::query(syntax::select(marked, vec![syntax::source(own)]));
    let right = syntax::table(TableKind::Derived(Box::new(inner)), Some(syntax::ident(source)));
    let join = Join {
        kind: JoinKind::Full,
        hint: None,
        right: syntax::source(right),
        on: Some(merge.on.clone()),
    };
    let from = TableSource { first: target, joins: vec![join] };
    let mut query = syntax::query(syntax::select(items, vec![from]));
    query.with.clone_from(&merge.with);
    query.hints.clone_from(&merge.hints);
    query
}

/// The condition under which a joined row goes to a WHEN, apart from those before it.
fn goes_there(when: &MergeWhen, reading: &Reading, source: &str) -> Expr {
    let (row, marked) = (reading.row_id(), syntax::column(&[source, SOURCE]));
    let mut conditions = match when.matched {
        MergeMatch::Matched => vec![syntax::not_null(row), syntax::not_null(marked)],
        MergeMatch::NotMatchedByTarget => vec![syntax::is_null(row)],
        MergeMatch::NotMatchedBySource => vec![syntax::is_null(marked)],
    };
    conditions.extend(when.condition.clone());
    syntax::all(conditions)
}

fn check_clauses(table: &Table, clauses: &[Clause<'_>], plan: &Plan) -> Result<(), Trouble> {
    for clause in clauses {
        for (index, (value, at)) in clause.values.iter().zip(&clause.places).enumerate() {
            let (Some(from), Some(to)) =
                (plan.columns.get(clause.first + index), table.visible().get(*at))
            else {
                continue;
            };
            if syntax::is_bare_null(value) || is_untyped(plan, clause.first + index) {
                continue;
            }
            check_implicit(&from.data_type, &to.data_type)
                .map_err(|error| Trouble::bind(error, value.place))?;
        }
    }
    Ok(())
}

/// What OUTPUT sees: the row before, the row now, the source's row, what was done.
fn seen_row(table: &Table, deed: &Deed, source: Row) -> Row {
    let width = table.rules.len();
    let (old, new, word) = match deed {
        Deed::Insert(row) => (nulls(width), row.clone(), "INSERT"),
        Deed::Update(id, row) => (old_row(table, *id), row.clone(), "UPDATE"),
        Deed::Delete(id) => (old_row(table, *id), nulls(width), "DELETE"),
    };
    let mut seen = old;
    seen.extend(new);
    seen.extend(source);
    seen.push(SqlValue::nvarchar(word));
    seen
}

fn change(deeds: Vec<Deed>) -> Change {
    let mut change = Change::default();
    for deed in deeds {
        match deed {
            Deed::Insert(row) => change.inserted.push(row),
            Deed::Update(id, row) => change.updated.push((id, row)),
            Deed::Delete(id) => change.deleted.push(id),
        }
    }
    change
}
