//! What names mean in one place of a query: the tables of its FROM, and those around it.
//!
//! A scope is a row: its tables' columns stand one behind the other. A name that a scope does not
//! have is looked for one scope further out, which is one more `depth` in the plan.
//!
//! Source: T-SQL reference, "FROM", "Subqueries" (qualifying column names).

use std::cell::{Cell, RefCell};

use super::error::{At, Bind, column_ambiguous, column_unknown, fail, unbound};
use crate::ast::{NamedWindow, ObjectName, Place};
use crate::collation::Collation;
use crate::host::Column;
use crate::plan::{AggregateCall, Scalar, ScalarKind, WindowCall};

/// Columns from here on are results of aggregates that are not placed yet; see `group.rs`.
pub(super) const CALL: usize = 1 << 24;
/// Columns from here on are results of window functions that are not placed yet.
pub(super) const WINDOW: usize = 1 << 25;

/// Where in a `SELECT` an expression stands: it says what may be called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// The select list.
    Select,
    /// `ORDER BY`.
    Order,
    /// `HAVING`.
    Having,
    /// `WHERE`.
    Where,
    /// `ON`.
    On,
    /// `GROUP BY`.
    Group,
    /// Inside the arguments of an aggregate.
    Argument,
    /// Inside a window function.
    Window,
    /// Anything else, such as the arguments of a table function.
    Other,
}

/// A table as its query names it.
#[derive(Clone)]
pub(super) struct Table {
    /// The alias, else the object's name.
    pub(super) name: String,
    /// Schema and database of a table without alias.
    pub(super) schema: Option<String>,
    /// The database of a table without alias.
    pub(super) database: Option<String>,
    /// Whether `name` is an alias.
    pub(super) aliased: bool,
    /// Its columns.
    pub(super) columns: Vec<Column>,
    /// Where they begin in the row.
    pub(super) start: usize,
}

/// The row that expressions see.
pub(super) struct Scope<'a> {
    /// The tables whose columns the row has.
    pub(super) tables: Vec<Table>,
    /// The row around this one.
    pub(super) parent: Option<&'a Scope<'a>>,
    /// Columns further out cannot be named from here, and this is no row itself.
    pub(super) barrier: bool,
    /// Where the expression that is being bound stands.
    pub(super) clause: Cell<Clause>,
    /// The keys of GROUP BY.
    pub(super) keys: RefCell<Vec<Scalar>>,
    /// The aggregates found so far.
    pub(super) calls: RefCell<Vec<AggregateCall>>,
    /// The windows of the WINDOW clause.
    pub(super) named: &'a [NamedWindow],
    /// The window functions found so far.
    pub(super) windows: RefCell<Vec<WindowCall>>,
}

/// A column that was found.
pub(super) struct Found<'s> {
    /// How far out.
    pub(super) depth: u32,
    /// Where in that row.
    pub(super) index: usize,
    /// What it is.
    pub(super) column: &'s Column,
    /// The table it belongs to.
    pub(super) table: &'s Table,
}

impl<'a> Scope<'a> {
    pub(super) fn new(tables: Vec<Table>, parent: Option<&'a Scope<'a>>) -> Self {
        Self {
            tables,
            parent,
            barrier: false,
            clause: Cell::new(Clause::Other),
            keys: RefCell::default(),
            calls: RefCell::default(),
            named: &[],
            windows: RefCell::default(),
        }
    }

    /// Hides the columns around, but for the parameters of a function.
    pub(super) fn barrier(parent: Option<&'a Scope<'a>>) -> Self {
        Self { barrier: true, ..Self::new(Vec::new(), parent) }
    }

    /// Runs a step with another clause.
    pub(super) fn within<T>(&self, clause: Clause, step: impl FnOnce() -> T) -> T {
        let before = self.clause.replace(clause);
        let result = step();
        self.clause.set(before);
        result
    }

    /// The rows from this one outwards, with their depth.
    pub(super) fn rows(&'a self) -> impl Iterator<Item = (u32, &'a Scope<'a>)> {
        let chain = std::iter::successors(Some(self), |scope| scope.parent);
        chain.filter(|scope| !scope.barrier).zip(0..).map(|(scope, depth)| (depth, scope))
    }

    /// The row at this depth.
    pub(super) fn row(&'a self, depth: u32) -> Option<&'a Scope<'a>> {
        self.rows().find(|(at, _)| *at == depth).map(|(_, scope)| scope)
    }

    /// The column of this name.
    pub(super) fn column(&'a self, name: &ObjectName) -> Bind<Found<'a>> {
        let mut depth = 0;
        let mut next = Some(self);
        while let Some(scope) = next {
            if scope.barrier {
                break;
            }
            if let Some((table, at)) = scope.column_here(name)? {
                let found =
                    Found { depth, index: table.start + at, column: &table.columns[at], table };
                return Ok(found);
            }
            depth += 1;
            next = scope.parent;
        }
        let place = name.place();
        match name.parts.len() {
            1 => fail(place, column_unknown(name.name())),
            _ => fail(place, unbound(&dotted(name))),
        }
    }

    fn column_here(&self, name: &ObjectName) -> Bind<Option<(&Table, usize)>> {
        let qualified = 1 < name.parts.len();
        let mut found = None;
        for table in self.tables.iter().filter(|table| !qualified || table.is_prefix_of(name)) {
            for (at, column) in table.columns.iter().enumerate() {
                if !same_name(&column.name, name.name()) {
                    continue;
                }
                if found.is_some() {
                    return fail(name.place(), column_ambiguous(name.name()));
                }
                found = Some((table, at));
            }
            if qualified && found.is_none() {
                return fail(name.place(), column_unknown(name.name()));
            }
        }
        Ok(found)
    }

    /// The parameter of a function with this name, which has its sign.
    pub(super) fn parameter(&'a self, name: &str) -> Option<(u32, usize, &'a Column)> {
        self.rows().find_map(|(depth, scope)| {
            let columns = scope.tables.iter().flat_map(|table| {
                table.columns.iter().enumerate().map(|(at, column)| (table.start + at, column))
            });
            let mut named = columns.filter(|(_, column)| column.name.starts_with('@'));
            named
                .find(|(_, column)| same_name(&column.name, name))
                .map(|(index, column)| (depth, index, column))
        })
    }

    /// The table that `prefix.*` names, of this row.
    pub(super) fn table(&self, prefix: &ObjectName) -> Option<&Table> {
        self.tables.iter().find(|table| table.is_named(&prefix.parts))
    }

    /// The name that messages use for a column of this row.
    pub(super) fn shown(&self, index: usize) -> String {
        let table = self.tables.iter().rev().find(|table| table.start <= index);
        let Some(table) = table else { return String::new() };
        let column = table.columns.get(index - table.start).map_or("", |column| &column.name);
        match &table.schema {
            Some(schema) if !table.aliased => format!("{schema}.{}.{column}", table.name),
            Some(_) | None => format!("{}.{column}", table.name),
        }
    }
}

impl Table {
    /// A table that has a name of its own in the query, or none.
    pub(super) fn aliased(name: impl Into<String>, columns: Vec<Column>) -> Self {
        let name = name.into();
        Self { name, schema: None, database: None, aliased: true, columns, start: 0 }
    }

    fn is_prefix_of(&self, name: &ObjectName) -> bool {
        self.is_named(&name.parts[..name.parts.len() - 1])
    }

    /// Whether `database.schema.name`, or the end of it, is this table.
    fn is_named(&self, parts: &[crate::ast::Ident]) -> bool {
        let own = [Some(&self.name), self.schema.as_ref(), self.database.as_ref()];
        !parts.is_empty()
            && parts.len() <= own.len()
            && parts.iter().rev().zip(own).all(|(part, own)| {
                // A left-out schema (`db..table`) fits any.
                part.value.is_empty() || own.is_some_and(|own| same_name(own, &part.value))
            })
    }
}

/// Whether two names are the same, as the catalog's collation has it.
pub(super) fn same_name(left: &str, right: &str) -> bool {
    Collation::CI_AS.equal(left, right)
}

/// A name as it was written.
pub(super) fn dotted(name: &ObjectName) -> String {
    name.parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}

/// A reference to a column of a row.
pub(super) fn column_at(depth: u32, index: usize, column: &Column, place: Place) -> Scalar {
    Scalar {
        kind: ScalarKind::Column { depth, index },
        data_type: column.data_type,
        nullable: column.nullable,
        collation: column.collation,
        place,
    }
}

/// Refuses two tables of one name in a FROM.
pub(super) fn check_names(tables: &[Table], place: Place) -> Bind<()> {
    for (at, table) in tables.iter().enumerate() {
        let same = |other: &&Table| {
            same_name(&other.name, &table.name)
                && (other.aliased || table.aliased || other.schema == table.schema)
                && !table.name.is_empty()
        };
        let Some(other) = tables[at + 1..].iter().find(same) else { continue };
        let error = match other.aliased || table.aliased {
            true => super::error::alias_twice(&table.name),
            false => super::error::table_twice(&table.name),
        };
        return Err(error).at(place);
    }
    Ok(())
}
