//! One table of a FROM: what its name or its syntax gives.
//!
//! Source: T-SQL reference, "FROM clause", "Table Value Constructor", "OPENROWSET", "OPENJSON",
//! "STRING_SPLIT", "GENERATE_SERIES", "nodes() method".

use std::sync::Arc;

use super::Binder;
use super::error::{
    At, Bind, column_twice, column_unnamed, fail, fewer_columns, linked_server, more_columns,
    object_unknown, refuse, undeclared_table, values_count,
};
use super::from::{Source, check_hints};
use super::query::Bound;
use super::scope::{Scope, Table, column_at, dotted, same_name};
use super::typed::{Label, Typed, common_collation};
use crate::ast::{self, Expr, Ident, ObjectName, Place, TableKind};
use crate::host::{Column, QualifiedName, Relation, RelationSource};
use crate::plan::{Node, Scalar, ScanNode};
use crate::types::common_type_of;

impl Binder<'_> {
    /// A table with its alias and its columns' names.
    pub(super) fn table(&self, table: &ast::Table, parent: Option<&Scope<'_>>) -> Bind<Source> {
        check_hints(&table.hints, table.place)?;
        if table.sample.is_some() {
            return refuse(table.place, "TABLESAMPLE");
        }
        let source = self.table_kind(table, parent)?;
        renamed(source, table)
    }

    fn table_kind(&self, table: &ast::Table, parent: Option<&Scope<'_>>) -> Bind<Source> {
        let place = table.place;
        match &table.kind {
            TableKind::Named(name) => self.named_table(name, parent),
            TableKind::Variable(name) => match self.names.table_variable(name) {
                Some(relation) => Ok(scan(relation, Table::aliased(name.as_str(), Vec::new()))),
                None => fail(place, undeclared_table(name)),
            },
            TableKind::Function { name, arguments } => {
                self.table_function(name, arguments, place, parent)
            }
            TableKind::OpenJson { arguments, schema } => {
                self.open_json(arguments, schema, place, parent)
            }
            TableKind::Nodes { operand, arguments } => {
                self.nodes(operand, arguments, place, parent)
            }
            TableKind::OpenRowsetBulk { file, options } => self.bulk_file(file, options, place),
            TableKind::Derived(query) => {
                self.check_nested(query)?;
                let bound = self.query(query, parent)?;
                let name = table.alias.as_ref().map_or("", |alias| &alias.value);
                derived(bound, name, !table.columns.is_empty(), place)
            }
            TableKind::Values(rows) => self.values(rows, place, parent),
            TableKind::Joined(inner) => self.sources(std::slice::from_ref(inner), parent),
            TableKind::Pivot(pivot) => self.pivot(pivot, place, parent),
            TableKind::Unpivot(unpivot) => self.unpivot(unpivot, place, parent),
        }
    }

    /// A common table expression, temporary table, table or view.
    fn named_table(&self, name: &ObjectName, parent: Option<&Scope<'_>>) -> Bind<Source> {
        let place = name.place();
        if name.parts.len() == 1
            && let Some(source) = self.cte(name.name(), place, parent)?
        {
            return Ok(source);
        }
        let table = named_as(name);
        if name.name().starts_with('#') {
            return match self.names.temp_table(name.name()) {
                Some(relation) => Ok(scan(relation, table)),
                None => fail(place, object_unknown(&dotted(name))),
            };
        }
        self.check_database(name)?;
        let qualified = self.qualified(name);
        if qualified.database.eq_ignore_ascii_case("tempdb") {
            self.names.show_temp_tables();
        }
        match self.names.host().relation(&qualified).at(place)? {
            Some(RelationSource::Relation(relation)) => Ok(scan(relation, table)),
            Some(RelationSource::View(module)) => {
                let bound = self.view_rows(&module, place)?;
                let columns = bound.columns;
                Ok(Source::one(bound.node, Table { columns, ..table }))
            }
            None => fail(place, object_unknown(&dotted(name))),
        }
    }

    /// The rows of a view: its query, bound in its own database.
    fn view_rows(&self, module: &crate::host::Module, place: Place) -> Bind<Bound> {
        if super::module::NESTING_MAX <= self.nesting {
            return fail(place, super::error::nesting());
        }
        let view = self.view(module, place)?;
        let names = self.module_names(module);
        let binder = self.inner(&names);
        let found = binder.check_nested(&view.query).and_then(|()| binder.query(&view.query, None));
        let mut bound = found.map_err(|error| super::BindError { place, ..error })?;
        let name = module.name.name.as_str();
        rename(&mut bound.columns, &view.columns, name, place)?;
        check_columns(&bound.columns, name, place)?;
        Ok(bound)
    }

    /// `(VALUES ...)`.
    fn values(&self, rows: &[Vec<Expr>], place: Place, parent: Option<&Scope<'_>>) -> Bind<Source> {
        let scope = Scope::new(Vec::new(), parent);
        let mut bound: Vec<Vec<Typed>> = Vec::with_capacity(rows.len());
        for row in rows {
            let row: Bind<Vec<_>> = row.iter().map(|value| self.expr(value, &scope)).collect();
            bound.push(row?);
        }
        let width = bound.first().map_or(0, Vec::len);
        if bound.iter().any(|row| row.len() != width) {
            return fail(place, values_count());
        }
        let columns: Bind<Vec<_>> = (0..width).map(|at| values_column(&bound, at, place)).collect();
        let columns = columns?;
        let rows: Bind<Vec<Vec<Scalar>>> =
            bound.into_iter().map(|row| self.converted_row(row, &columns)).collect();
        Ok(Source::one(Node::Values(rows?), Table::aliased("", columns)))
    }

    fn converted_row(&self, row: Vec<Typed>, columns: &[Column]) -> Bind<Vec<Scalar>> {
        let converted = row
            .into_iter()
            .zip(columns)
            .map(|(value, column)| Ok(self.coerce(value, column.data_type)?.scalar));
        converted.collect()
    }

    /// The full name of an object.
    pub(super) fn qualified(&self, name: &ObjectName) -> QualifiedName {
        QualifiedName {
            server: name.server().map(str::to_owned),
            database: name.database().unwrap_or(self.names.database()).to_owned(),
            schema: name.schema().map(str::to_owned),
            name: name.name().to_owned(),
        }
    }

    /// Refuses the objects of another server.
    pub(super) fn check_database(&self, name: &ObjectName) -> Bind<()> {
        match name.server() {
            Some(server) => fail(name.place(), linked_server(server)),
            None => Ok(()),
        }
    }
}

/// All rows of a relation.
pub(super) fn scan(relation: Arc<dyn Relation>, table: Table) -> Source {
    let columns = relation.columns().to_vec();
    let node = Node::Scan(Box::new(ScanNode {
        columns: vec![true; columns.len()],
        relation,
        restrictions: Vec::new(),
        order: Vec::new(),
        limit: None,
    }));
    Source::one(node, Table { columns, ..table })
}

/// The rows of a query as a table.
pub(super) fn derived(bound: Bound, name: &str, renamed: bool, place: Place) -> Bind<Source> {
    if !renamed {
        check_columns(&bound.columns, name, place)?;
    }
    Ok(Source::one(bound.node, Table::aliased(name, bound.columns)))
}

/// A table under its own name.
fn named_as(name: &ObjectName) -> Table {
    Table {
        name: name.name().to_owned(),
        schema: name.schema().map(str::to_owned),
        database: name.database().map(str::to_owned),
        aliased: false,
        columns: Vec::new(),
        start: 0,
    }
}

/// Gives a table its alias, and its columns their names.
fn renamed(mut source: Source, table: &ast::Table) -> Bind<Source> {
    let Some(alias) = &table.alias else { return Ok(source) };
    if let [only] = source.tables.as_mut_slice() {
        let columns = std::mem::take(&mut only.columns);
        *only = Table::aliased(alias.value.as_str(), columns);
        rename(&mut only.columns, &table.columns, &alias.value, table.place)?;
        if !table.columns.is_empty() {
            check_columns(&only.columns, &alias.value, table.place)?;
        }
        return Ok(source);
    }
    refuse(table.place, "An alias for a join in parentheses")
}

/// Gives columns the names of a list, where there is one.
pub(super) fn rename(
    columns: &mut [Column],
    names: &[Ident],
    table: &str,
    place: Place,
) -> Bind<()> {
    if names.is_empty() {
        return Ok(());
    }
    if names.len() < columns.len() {
        return fail(place, more_columns(table));
    }
    if columns.len() < names.len() {
        return fail(place, fewer_columns(table));
    }
    for (column, name) in columns.iter_mut().zip(names) {
        column.name.clone_from(&name.value);
    }
    Ok(())
}

/// Refuses columns without a name, or with one twice.
pub(super) fn check_columns(columns: &[Column], table: &str, place: Place) -> Bind<()> {
    for (at, column) in columns.iter().enumerate() {
        if column.name.is_empty() {
            return fail(place, column_unnamed(at + 1, table));
        }
        if columns[..at].iter().any(|other| same_name(&other.name, &column.name)) {
            return fail(place, column_twice(&column.name, table));
        }
    }
    Ok(())
}

/// The column that the values at one place of all rows make.
fn values_column(rows: &[Vec<Typed>], at: usize, place: Place) -> Bind<Column> {
    let values: Vec<&Typed> = rows.iter().map(|row| &row[at]).collect();
    let types: Vec<_> = values.iter().map(|value| value.known_type()).collect();
    let data_type = common_type_of(&types).at(place)?.unwrap_or(crate::types::SqlType::Int);
    let (collation, _) = common_collation(&values).at(place)?;
    let nullable = values.iter().any(|value| value.scalar.nullable);
    Ok(Column { name: String::new(), data_type, nullable, collation })
}

/// The columns of a table as expressions on its rows.
pub(super) fn columns_of(source: &Source, place: Place) -> Vec<(Column, Typed)> {
    let tables = source.tables.iter();
    let each = tables.flat_map(|table| {
        table.columns.iter().enumerate().map(move |(at, column)| {
            let scalar = column_at(0, table.start + at, column, place);
            (column.clone(), Typed { scalar, label: Label::Implicit })
        })
    });
    each.collect()
}
