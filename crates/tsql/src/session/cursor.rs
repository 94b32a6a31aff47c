//! Cursors.
//!
//! The rows of a cursor are those that there were when it was opened: every cursor reads as a
//! STATIC one. Through one over a single temporary table or table variable that is not read-only,
//! rows can be changed (`WHERE CURRENT OF`).
//!
//! Source: T-SQL reference, "DECLARE CURSOR" (variables keep the values of the declaration),
//! "FETCH", "CURSOR_STATUS", "@@FETCH_STATUS", "@@CURSOR_ROWS".

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Session;
use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::scope::{Captured, ScopeKind, lower};
use super::syntax;
use super::table::ROW_ID;
use super::target::TableRef;
use crate::ast::{
    CursorDefinition, CursorOption, CursorRef, CursorUpdate, Fetch, FetchDirection, Ident, Query,
    QueryBody, TableKind, TargetName,
};
use crate::bind;
use crate::host::{Column, Command, Row};
use crate::types::{SqlType, check_implicit};
use crate::value::{SqlError, SqlValue};

/// A cursor, which names and variables share.
pub(super) type CursorHandle = Arc<Mutex<Cursor>>;

/// A cursor.
pub(super) struct Cursor {
    query: Query,
    variables: Captured,
    scrolls: bool,
    read_only: bool,
    open: Option<Rows>,
}

/// The rows of an open cursor.
struct Rows {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// The row that it stands on, from 1; 0 before the first.
    at: usize,
    /// The table that the last column of the rows is an id of.
    table: Option<TableRef>,
}

fn lock(cursor: &CursorHandle) -> MutexGuard<'_, Cursor> {
    cursor.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interpreter<'_> {
    pub(super) fn declare_cursor(
        &mut self,
        name: &Ident,
        definition: &CursorDefinition,
    ) -> Result<Option<Ended>, Trouble> {
        let local = definition.options.contains(&CursorOption::Local) || self.session.in_function();
        let key = lower(&name.value);
        let taken = match local {
            true => self.scope()?.cursors.contains_key(&key),
            false => self.session.cursors.contains_key(&key),
        };
        if taken {
            let text = format!("A cursor with the name '{}' already exists.", name.value);
            return Err(SqlError::new(16915, 16, 1, text).into());
        }
        let cursor = self.new_cursor(definition)?;
        match local {
            true => self.scope()?.cursors.insert(key, cursor),
            false => self.session.cursors.insert(key, cursor),
        };
        Ok(Self::nothing())
    }

    pub(super) fn set_cursor(
        &mut self,
        variable: &str,
        definition: &CursorDefinition,
    ) -> Result<Option<Ended>, Trouble> {
        let cursor = self.new_cursor(definition)?;
        self.set_cursor_variable(variable, Some(cursor))?;
        Ok(Self::nothing())
    }

    pub(super) fn set_cursor_variable(
        &mut self,
        variable: &str,
        cursor: Option<CursorHandle>,
    ) -> Result<(), Trouble> {
        match self.scope()?.cursor_variables.get_mut(&lower(variable)) {
            Some(place) => {
                *place = cursor;
                Ok(())
            }
            None => {
                let text = format!("Operand type clash: cursor is incompatible with {variable}");
                Err(SqlError::new(206, 16, 2, text).into())
            }
        }
    }

    fn new_cursor(&mut self, definition: &CursorDefinition) -> Result<CursorHandle, Trouble> {
        use CursorOption as O;
        let said = |options: &[O]| options.iter().any(|one| definition.options.contains(one));
        let kind = said(&[O::Static, O::Keyset, O::Dynamic]);
        let forward = said(&[O::ForwardOnly, O::FastForward]);
        if said(&[O::FastForward]) && said(&[O::Scroll]) {
            let text = "Conflicting cursor options SCROLL and FAST_FORWARD.";
            return Err(SqlError::new(1048, 15, 1, text).into());
        }
        let fixed = said(&[O::ReadOnly, O::FastForward, O::Insensitive, O::Static]);
        bind::query(&definition.query, &*self.session)?;
        let variables = self.scope()?.captured();
        Ok(Arc::new(Mutex::new(Cursor {
            query: definition.query.clone(),
            variables,
            scrolls: said(&[O::Scroll]) || (kind && !forward),
            read_only: fixed || definition.update == Some(CursorUpdate::ReadOnly),
            open: None,
        })))
    }

    /// The cursor with this name: the scope's own before a global one.
    pub(super) fn cursor_named(&self, name: &str, global: bool) -> Result<CursorHandle, Trouble> {
        let key = lower(name);
        let own = self.session.scopes.last().and_then(|scope| scope.cursors.get(&key));
        let found = own.filter(|_| !global).or_else(|| self.session.cursors.get(&key));
        found.cloned().ok_or_else(|| {
            let text = format!("A cursor with the name '{name}' does not exist.");
            SqlError::new(16916, 16, 1, text).into()
        })
    }

    pub(super) fn cursor_in_variable(&self, name: &str) -> Result<CursorHandle, Trouble> {
        let scope = self.session.scopes.last();
        let found = scope.and_then(|scope| scope.cursor_variables.get(&lower(name)));
        found.and_then(Clone::clone).ok_or_else(|| {
            let text =
                format!("The variable '{name}' does not currently have a cursor allocated to it.");
            SqlError::new(16950, 16, 2, text).into()
        })
    }

    fn cursor(&self, cursor: &CursorRef) -> Result<CursorHandle, Trouble> {
        match cursor {
            CursorRef::Name { name, global } => self.cursor_named(&name.value, *global),
            CursorRef::Variable(name) => self.cursor_in_variable(name),
        }
    }

    pub(super) fn open_cursor(&mut self, cursor: &CursorRef) -> Result<Option<Ended>, Trouble> {
        let handle = self.cursor(cursor)?;
        let mut cursor = lock(&handle);
        if cursor.open.is_some() {
            return Err(SqlError::new(16905, 16, 1, "The cursor is already open.").into());
        }
        let mut scope = self.new_scope(ScopeKind::Text);
        scope.restore(&cursor.variables);
        scope.tables = self.scope()?.tables.clone();
        let rows = self.within(scope, |interpreter| interpreter.cursor_rows(&cursor))?;
        let count = i32::try_from(rows.rows.len()).unwrap_or(i32::MAX);
        self.session.last.cursor_rows = if cursor.read_only { count } else { -1 };
        self.session.last.row_count = 0;
        cursor.open = Some(rows);
        Ok(Self::nothing())
    }

    fn cursor_rows(&mut self, cursor: &Cursor) -> Result<Rows, Trouble> {
        let (query, table) = match self.changeable(cursor) {
            Some((query, table)) => (query, Some(table)),
            None => (cursor.query.clone(), None),
        };
        let plan = bind::query(&query, &*self.session)?;
        let mut columns = plan.columns.clone();
        let rows = self.collect(&plan)?;
        if table.is_some() {
            columns.pop();
        }
        Ok(Rows { columns, rows, at: 0, table })
    }

    /// The query of a cursor through which a table can be changed: with the ids of its rows.
    fn changeable(&self, cursor: &Cursor) -> Option<(Query, TableRef)> {
        let mut query = cursor.query.clone();
        if cursor.read_only || !query.with.is_empty() || query.for_clause.is_some() {
            return None;
        }
        let QueryBody::Select(select) = &mut query.body else { return None };
        let [source] = &select.from[..] else { return None };
        if select.distinct || select.group_by.is_some() || !source.joins.is_empty() {
            return None;
        }
        let table = if let TableKind::Named(name) = &source.first.kind {
            TargetName::Object(name.clone())
        } else if let TableKind::Variable(name) = &source.first.kind {
            TargetName::Variable(name.clone())
        } else {
            return None;
        };
        let table = self.table_ref(&table, "UPDATE").ok()?;
        select.items.push(syntax::named_item(syntax::column(&[ROW_ID]), ROW_ID));
        bind::query(&query, &*self.session).ok()?;
        Some((query, table))
    }

    pub(super) fn close_cursor(&mut self, cursor: &CursorRef) -> Result<Option<Ended>, Trouble> {
        let handle = self.cursor(cursor)?;
        if lock(&handle).open.take().is_none() {
            return Err(not_open().into());
        }
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    pub(super) fn close_all_cursors(&mut self) {
        let local = self.session.scopes.iter().flat_map(|scope| scope.cursors.values());
        for handle in local.chain(self.session.cursors.values()) {
            lock(handle).open = None;
        }
    }

    pub(super) fn deallocate(&mut self, cursor: &CursorRef) -> Result<Option<Ended>, Trouble> {
        self.cursor(cursor)?;
        match cursor {
            CursorRef::Name { name, global } => {
                let key = lower(&name.value);
                let own = if *global { None } else { self.scope()?.cursors.remove(&key) };
                if own.is_none() {
                    self.session.cursors.remove(&key);
                }
            }
            CursorRef::Variable(name) => self.set_cursor_variable(name, None)?,
        }
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    pub(super) fn fetch(&mut self, fetch: &Fetch) -> Result<Option<Ended>, Trouble> {
        let handle = self.cursor(&fetch.cursor)?;
        let (step, word) = self.step(&fetch.direction)?;
        let (columns, row) = {
            let mut cursor = lock(&handle);
            if !cursor.scrolls && fetch.direction != FetchDirection::Next {
                let text = format!(
                    "fetch: The fetch type {word} cannot be used with forward only cursors."
                );
                return Err(SqlError::new(16911, 16, 1, text).into());
            }
            let Some(rows) = &mut cursor.open else { return Err(not_open().into()) };
            rows.go(step);
            (rows.columns.clone(), rows.current().map(<[SqlValue]>::to_vec))
        };
        self.session.last.fetch_status = if row.is_some() { 0 } else { -1 };
        let count = u64::from(row.is_some());
        if fetch.into.is_empty() {
            self.output.columns(&columns)?;
            self.sent = Some(count);
            if let Some(row) = &row {
                self.output.row(row)?;
            }
        } else {
            self.fetch_into(&fetch.into, &columns, row)?;
        }
        self.session.last.row_count = count;
        let count = Some(count).filter(|_| fetch.into.is_empty());
        Ok(Some(Ended { command: Command::Select, count }))
    }

    fn fetch_into(
        &mut self,
        names: &[String],
        columns: &[Column],
        row: Option<Row>,
    ) -> Result<(), Trouble> {
        if names.len() != columns.len() {
            let text = "Cursorfetch: The number of variables declared in the INTO list must match \
                        that of selected columns.";
            return Err(SqlError::new(16924, 16, 1, text).into());
        }
        let Some(row) = row else { return Ok(()) };
        for ((name, column), value) in names.iter().zip(columns).zip(row) {
            let (slot, data_type) = self.variable(name, Default::default())?;
            check_implicit(&column.data_type, &data_type)?;
            let value = self.session.converted(&value, &column.data_type, &data_type)?;
            self.scope()?.set(slot, value);
        }
        Ok(())
    }

    fn step(&mut self, direction: &FetchDirection) -> Result<(Step, &'static str), Trouble> {
        Ok(match direction {
            FetchDirection::Next => (Step::By(1), "next"),
            FetchDirection::Prior => (Step::By(-1), "prior"),
            FetchDirection::First => (Step::To(1), "first"),
            FetchDirection::Last => (Step::To(-1), "last"),
            FetchDirection::Absolute(at) => {
                let at = self.value_as(at, &SqlType::BigInt)?.as_i64().unwrap_or(0);
                (Step::To(at), "absolute")
            }
            FetchDirection::Relative(by) => {
                let by = self.value_as(by, &SqlType::BigInt)?.as_i64().unwrap_or(0);
                (Step::By(by), "relative")
            }
        })
    }

    /// The id of the row that a cursor over a table stands on.
    pub(super) fn current_row(
        &mut self,
        cursor: &CursorRef,
        table: &TableRef,
    ) -> Result<i64, Trouble> {
        let handle = self.cursor(cursor)?;
        let cursor = lock(&handle);
        let Some(rows) = &cursor.open else { return Err(not_open().into()) };
        let Some(own) = &rows.table else {
            return Err(SqlError::new(16929, 16, 1, "The cursor is READ ONLY.").into());
        };
        if own != table {
            let text = "The target object is not part of the cursor's query.";
            return Err(SqlError::new(16933, 16, 1, text).into());
        }
        let row = rows.at.checked_sub(1).and_then(|at| rows.rows.get(at));
        let id = row.map(|row| super::table::row_id(row));
        id.ok_or_else(|| {
            let text = "There are no rows in the current fetch buffer.";
            SqlError::new(16931, 16, 1, text).into()
        })
    }
}

/// Where FETCH goes.
#[derive(Clone, Copy)]
enum Step {
    /// To this row, from 1; negative from the end.
    To(i64),
    /// So many rows on.
    By(i64),
}

impl Rows {
    /// Goes to a row, or before the first or behind the last where there is none.
    fn go(&mut self, step: Step) {
        let count = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        let now = i64::try_from(self.at).unwrap_or(0);
        let to = match step {
            Step::To(at) if at < 0 => count.saturating_add(1).saturating_add(at),
            Step::To(at) => at,
            Step::By(by) => now.saturating_add(by),
        };
        self.at = usize::try_from(to.clamp(0, count.saturating_add(1))).unwrap_or(0);
    }

    fn current(&self) -> Option<&[SqlValue]> {
        let row = self.rows.get(self.at.checked_sub(1)?)?;
        row.get(..self.columns.len())
    }
}

fn not_open() -> SqlError {
    SqlError::new(16917, 16, 1, "Cursor is not open.")
}

/// `CURSOR_STATUS(scope, name)`.
pub(super) fn status(session: &Session, arguments: &[SqlValue]) -> SqlValue {
    let text = |at: usize| arguments.get(at).and_then(SqlValue::as_str).unwrap_or_default();
    let name = lower(text(1));
    let scope = session.scopes.last();
    let found = match lower(text(0)).as_str() {
        "local" => scope.and_then(|scope| scope.cursors.get(&name)).cloned(),
        "global" => session.cursors.get(&name).cloned(),
        "variable" => match scope.and_then(|scope| scope.cursor_variables.get(&name)) {
            Some(None) => return SqlValue::SmallInt(-2),
            Some(Some(cursor)) => Some(Arc::clone(cursor)),
            None => None,
        },
        _ => None,
    };
    let Some(cursor) = found else { return SqlValue::SmallInt(-3) };
    let cursor = lock(&cursor);
    SqlValue::SmallInt(match &cursor.open {
        None => -1,
        Some(rows) if rows.rows.is_empty() => 0,
        Some(_) => 1,
    })
}
