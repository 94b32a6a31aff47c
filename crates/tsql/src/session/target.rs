//! Which table a statement changes, and the query that finds its rows.
//!
//! UPDATE and DELETE become a query over the same sources that gives the ids of the rows
//! ([`ROW_ID`]) and whatever else the statement computes. The target is a temporary table or a
//! table variable: directly, by an alias of the FROM, or through a common table expression over
//! one such table.

use super::check::undeclared;
use super::failure::Trouble;
use super::interpreter::Interpreter;
use super::names::qualified;
use super::scope::lower;
use super::syntax;
use super::table::{Change, ROW_ID, Table};
use super::{Session, TempTable};
use crate::ast::{
    Cte, Expr, ExprKind, Filter, ObjectName, QueryBody, Select, SelectItem, Table as Source,
    TableKind, TableSource, TargetName,
};
use crate::value::{SqlError, SqlValue};

/// The alias of a table variable that has none.
const TARGET: &str = "\0target";

/// A table that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TableRef {
    /// The temporary table with this name.
    Temp(String),
    /// The table variable with this name, in lower case.
    Variable(String),
}

/// Where the rows to change come from.
pub(super) struct Reading {
    pub(super) table: TableRef,
    /// What the target is called in the query.
    pub(super) qualifier: String,
    pub(super) from: Vec<TableSource>,
    pub(super) with: Vec<Cte>,
    /// For a common table expression: its columns, and those of the table that they are.
    columns: Option<Vec<(String, String)>>,
}

impl Reading {
    /// A table under this name, and nothing else.
    pub(super) fn of(table: TableRef, qualifier: String) -> Self {
        Self { table, qualifier, from: Vec::new(), with: Vec::new(), columns: None }
    }

    /// The name in the table of a column that the statement names.
    pub(super) fn column<'a>(&'a self, name: &'a str) -> &'a str {
        let Some(columns) = &self.columns else { return name };
        let found = columns.iter().find(|(shown, _)| lower(shown) == lower(name));
        found.map_or(name, |(_, own)| own)
    }

    /// The id of the row.
    pub(super) fn row_id(&self) -> Expr {
        syntax::column(&[&self.qualifier, ROW_ID])
    }
}

impl Session {
    pub(super) fn table(&self, table: &TableRef) -> Option<&Table> {
        match table {
            TableRef::Temp(name) => self.temp.get(self.temp_index(name)?).map(|temp| &temp.table),
            TableRef::Variable(name) => self.scopes.last()?.tables.get(name),
        }
    }

    fn table_mut(&mut self, table: &TableRef) -> Option<&mut Table> {
        match table {
            TableRef::Temp(name) => {
                let index = self.temp_index(name)?;
                self.temp.get_mut(index).map(|temp| &mut temp.table)
            }
            TableRef::Variable(name) => self.scopes.last_mut()?.tables.get_mut(name),
        }
    }

    /// How many bytes all temporary tables and table variables take.
    fn table_bytes(&self) -> usize {
        let variables = self.scopes.iter().flat_map(|scope| scope.tables.values());
        let temp = self.temp.iter().map(|temp| &temp.table);
        let own = variables.chain(temp).map(Table::bytes).sum::<usize>();
        own + self.globals.bytes_elsewhere()
    }
}

impl Interpreter<'_> {
    /// The table that a name means as the target of a change.
    pub(super) fn table_ref(&self, name: &TargetName, verb: &str) -> Result<TableRef, Trouble> {
        match name {
            TargetName::Variable(name) => self.variable_ref(name),
            TargetName::Object(name) => {
                self.refuse_permanent(verb, name)?;
                if self.session.temp_index(name.name()).is_none() {
                    return Err(Trouble::bind(invalid_object(name), name.place()));
                }
                Ok(TableRef::Temp(name.name().to_owned()))
            }
        }
    }

    fn variable_ref(&self, name: &str) -> Result<TableRef, Trouble> {
        let key = lower(name);
        let scope = self.session.scopes.last();
        if scope.is_some_and(|scope| scope.readonly.contains(&key)) {
            let text = format!(
                "The table-valued parameter \"{name}\" is READONLY and cannot be modified."
            );
            return Err(Trouble::bind(SqlError::new(10700, 16, 1, text), Default::default()));
        }
        match scope.is_some_and(|scope| scope.tables.contains_key(&key)) {
            true => Ok(TableRef::Variable(key)),
            false => Err(Trouble::bind(undeclared(name, true), Default::default())),
        }
    }

    /// Only temporary tables can be changed: all others are SSISDB's own.
    pub(super) fn refuse_permanent(&self, verb: &str, name: &ObjectName) -> Result<(), Trouble> {
        if name.name().starts_with('#') {
            return Ok(());
        }
        if let Some(server) = name.server() {
            return Err(super::procedure::no_server(server));
        }
        let shown = crate::print::print_name(name);
        let known = self.session.host.relation(&qualified(name, &self.session.database))?;
        if known.is_none() && !matches!(verb, "CREATE TABLE" | "SELECT INTO") {
            return Err(Trouble::bind(invalid_object(name), name.place()));
        }
        let what = format!("{verb} of {shown}, which is no temporary table (#name)");
        Err(Trouble::bind(SqlError::unsupported(&what), name.place()))
    }

    /// The table behind a reference.
    pub(super) fn target_table(&self, table: &TableRef) -> Result<Table, Trouble> {
        let found = self.session.table(table).cloned();
        found.ok_or_else(|| SqlError::unsupported("Table that is gone").into())
    }

    /// Changes a table, where there is room.
    pub(super) fn apply(&mut self, table: &TableRef, change: Change) -> Result<(), Trouble> {
        if matches!(table, TableRef::Temp(_)) {
            self.refuse_doomed()?;
        }
        let room = self.session.settings.table_bytes;
        let used = self.session.table_bytes() + change.bytes();
        if room < used {
            let name = self.session.table(table).map_or("", |table| &table.name);
            let text = format!(
                "Could not allocate space for object 'dbo.{name}' in database 'tempdb' because the \
                 temporary tables of this session may take {} MB. Drop tables that are not needed, \
                 or keep fewer rows.",
                room >> 20
            );
            return Err(SqlError::new(1105, 17, 2, text).into());
        }
        if let Some(found) = self.session.table_mut(table) {
            found.apply(change)?;
        }
        Ok(())
    }

    /// Changes the rest of a table: its identity, its definition.
    pub(super) fn with_table<T>(
        &mut self,
        table: &TableRef,
        change: impl FnOnce(&mut Table) -> T,
    ) -> Result<T, Trouble> {
        match self.session.table_mut(table) {
            Some(found) => Ok(change(found)),
            None => Err(SqlError::unsupported("Table that is gone").into()),
        }
    }

    /// The query over which the target of a statement is found.
    pub(super) fn reading(
        &self,
        target: &TargetName,
        from: &[TableSource],
        with: &[Cte],
        verb: &str,
    ) -> Result<Reading, Trouble> {
        let mut from = from.to_vec();
        let mut with = with.to_vec();
        if let Some(found) = find_source(&mut from, target) {
            let kind = found.kind.clone();
            let qualifier = exposed(found);
            let (table, columns) = if let TableKind::Variable(name) = &kind {
                (self.variable_ref(name)?, None)
            } else if let TableKind::Named(name) = &kind {
                match is_cte(&with, name) {
                    true => self
                        .through(&mut with, name, verb)
                        .map(|(table, own)| (table, Some(own)))?,
                    false => (self.table_ref(&TargetName::Object(name.clone()), verb)?, None),
                }
            } else {
                return Err(SqlError::unsupported(&format!("{verb} of a derived table")).into());
            };
            return Ok(Reading { table, qualifier, from, with, columns });
        }
        let (kind, alias) = match target {
            TargetName::Variable(name) => {
                (TableKind::Variable(name.clone()), Some(syntax::ident(TARGET)))
            }
            TargetName::Object(name) => (TableKind::Named(name.clone()), None),
        };
        let (table, columns) = match target {
            TargetName::Object(name) if is_cte(&with, name) => {
                let (table, columns) = self.through(&mut with, name, verb)?;
                (table, Some(columns))
            }
            TargetName::Object(_) | TargetName::Variable(_) => {
                (self.table_ref(target, verb)?, None)
            }
        };
        let mut source = syntax::table(kind, alias);
        let qualifier = exposed(&mut source);
        from.insert(0, syntax::source(source));
        Ok(Reading { table, qualifier, from, with, columns })
    }

    /// Lets a common table expression give the ids of the rows of its table.
    fn through(
        &self,
        with: &mut [Cte],
        name: &ObjectName,
        verb: &str,
    ) -> Result<(TableRef, Vec<(String, String)>), Trouble> {
        let refused = || -> Trouble {
            let text = format!(
                "Cannot update the view or function '{}' because it contains aggregates, or a \
                 DISTINCT or GROUP BY clause, or PIVOT or UNPIVOT operator.",
                name.name()
            );
            Trouble::bind(SqlError::new(4403, 16, 1, text), name.place())
        };
        let found = with.iter_mut().find(|cte| cte.name.is(name.name()));
        let Some(cte) = found else { return Err(refused()) };
        let QueryBody::Select(select) = &mut cte.query.body else { return Err(refused()) };
        if select.distinct || select.group_by.is_some() || select.having.is_some() {
            return Err(refused());
        }
        let alone = matches!(&select.from[..], [source] if source.joins.is_empty());
        let Some(source) = select.from.first_mut().filter(|_| alone) else {
            let what = format!("{verb} through a common table expression over a join");
            return Err(SqlError::unsupported(&what).into());
        };
        let table = if let TableKind::Variable(name) = &source.first.kind {
            self.variable_ref(name)?
        } else if let TableKind::Named(name) = &source.first.kind {
            self.table_ref(&TargetName::Object(name.clone()), verb)?
        } else {
            return Err(refused());
        };
        let qualifier = exposed(&mut source.first);
        let own = self.target_table(&table)?;
        let mut columns = shown_columns(select, &own);
        for (index, column) in cte.columns.iter().enumerate() {
            if let Some((shown, _)) = columns.get_mut(index) {
                shown.clone_from(&column.value);
            }
        }
        select.items.push(syntax::named_item(syntax::column(&[&qualifier, ROW_ID]), ROW_ID));
        if !cte.columns.is_empty() {
            cte.columns.push(syntax::ident(ROW_ID));
        }
        columns.retain(|(_, own)| !own.is_empty());
        Ok((table, columns))
    }

    /// The condition of a change.
    pub(super) fn condition(
        &mut self,
        filter: &Filter,
        reading: &Reading,
    ) -> Result<Option<Expr>, Trouble> {
        match filter {
            Filter::All => Ok(None),
            Filter::Where(condition) => Ok(Some(condition.clone())),
            Filter::CurrentOf(cursor) => {
                let row = self.current_row(cursor, &reading.table)?;
                Ok(Some(syntax::equal(reading.row_id(), syntax::integer(row))))
            }
        }
    }

    /// Adds a new temporary table.
    pub(super) fn add_temp_table(&mut self, table: Table) -> Result<(), Trouble> {
        let depth = if table.name.starts_with("##") { 0 } else { self.depth() };
        let name = table.name.clone();
        if depth == 0 && table.name.starts_with("##") {
            self.session.globals.created(&name)?;
        }
        self.session.temp.push(TempTable { depth, table });
        // Too many bytes are refused as if the rows had come one by one.
        let fits = self.apply(&TableRef::Temp(name), Change::default());
        if fits.is_err()
            && let Some(gone) = self.session.temp.pop().filter(TempTable::is_global)
        {
            self.session.globals.dropped(&gone.table.name);
        }
        fits
    }
}

/// The name of each column of a query over one table, and the table's column that it is; that is
/// empty for what is computed.
fn shown_columns(select: &Select, own: &Table) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    for item in &select.items {
        match item {
            SelectItem::Star { .. } => {
                let all = own.visible().iter();
                columns.extend(all.map(|column| (column.name.clone(), column.name.clone())));
            }
            SelectItem::Expr { value, alias } => {
                let plain = if let ExprKind::Column(name) = &value.kind { name.name() } else { "" };
                let column = plain.to_owned();
                let shown = alias.as_ref().map_or_else(|| column.clone(), |one| one.value.clone());
                columns.push((shown, column));
            }
            SelectItem::Assign { .. } => {}
        }
    }
    columns
}

fn is_cte(with: &[Cte], name: &ObjectName) -> bool {
    name.parts.len() == 1 && with.iter().any(|cte| cte.name.is(name.name()))
}

/// What a source is called; a table variable without an alias gets one.
fn exposed(source: &mut Source) -> String {
    if let Some(alias) = &source.alias {
        return alias.value.clone();
    }
    if let TableKind::Named(name) = &source.kind {
        return name.name().to_owned();
    }
    source.alias = Some(syntax::ident(TARGET));
    TARGET.to_owned()
}

/// The source that the target's name means: by alias first, then by table.
fn find_source<'a>(from: &'a mut [TableSource], target: &TargetName) -> Option<&'a mut Source> {
    let mut tables: Vec<&'a mut Source> = Vec::new();
    for source in from {
        flatten(source, &mut tables);
    }
    let by_alias = |table: &&mut Source| match target {
        TargetName::Object(name) if name.parts.len() == 1 => {
            table.alias.as_ref().is_some_and(|alias| alias.is(name.name()))
        }
        TargetName::Object(_) | TargetName::Variable(_) => false,
    };
    let by_name = |table: &&mut Source| match (&table.kind, target) {
        (TableKind::Named(one), TargetName::Object(name)) => {
            lower(one.name()) == lower(name.name())
        }
        (TableKind::Variable(one), TargetName::Variable(name)) => lower(one) == lower(name),
        _differ => false,
    };
    let at = tables.iter().position(by_alias).or_else(|| tables.iter().position(by_name))?;
    Some(tables.swap_remove(at))
}

/// All tables of a source, from left to right.
fn flatten<'a>(source: &'a mut TableSource, tables: &mut Vec<&'a mut Source>) {
    if matches!(source.first.kind, TableKind::Joined(_)) {
        if let TableKind::Joined(inner) = &mut source.first.kind {
            flatten(inner, tables);
        }
    } else {
        tables.push(&mut source.first);
    }
    for join in &mut source.joins {
        flatten(&mut join.right, tables);
    }
}

/// The names of all sources besides the target.
pub(super) fn other_sources(reading: &Reading) -> Vec<String> {
    let mut from = reading.from.clone();
    let mut tables = Vec::new();
    for source in &mut from {
        flatten(source, &mut tables);
    }
    let names = tables.into_iter().map(exposed);
    names.filter(|name| lower(name) != lower(&reading.qualifier)).collect()
}

/// A name that nothing has.
pub(super) fn invalid_object(name: &ObjectName) -> SqlError {
    let parts: Vec<&str> = name.parts.iter().map(|part| part.value.as_str()).collect();
    SqlError::new(208, 16, 1, format!("Invalid object name '{}'.", parts.join(".")))
}

/// The id in the first column of a row.
pub(super) fn id_of(row: &[SqlValue]) -> Option<i64> {
    row.first().and_then(SqlValue::as_i64)
}
