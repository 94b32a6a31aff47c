//! The system views and procedures that clients ask for: `sys`, `INFORMATION_SCHEMA`, `sp_...`.
//!
//! A few views are put together here from what the server knows ([`tables`]); the others, and the
//! procedures, are T-SQL over them ([`texts`]), which the engine runs like anybody's. So are the
//! tables of the schema `internal` that scripts in the wild read: each is its view of `catalog`
//! under the table's column names, and shows a caller no more than that view does.
//!
//! Source: T-SQL reference, "System catalog views", "Information schema views", "Catalog stored
//! procedures".

pub(crate) mod objects;
mod roles;
mod tables;
mod texts;
pub(crate) mod types;

use std::sync::Arc;

use tsql::host::{Column, Module, ModuleKind, ProcedureSource, QualifiedName, RelationSource, Row};
use tsql::value::SqlError;

use crate::computed::Computed;
use crate::connection::Inside;
use crate::function;

/// The schemas of a database, by number. `catalog` and `internal` are in SSISDB only.
pub(crate) const SCHEMAS: &[(i32, &str)] = &[
    (1, "dbo"),
    (2, "guest"),
    (3, "INFORMATION_SCHEMA"),
    (4, "sys"),
    (5, "catalog"),
    (6, "internal"),
];

/// A view that is put together here.
pub(crate) struct SystemView {
    /// `sys` or `catalog`.
    pub(crate) schema: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// `name type`, one after the other; `?` behind the type for a column that can be NULL.
    pub(crate) columns: &'static str,
    /// Its rows, for a database.
    pub(crate) rows: fn(&Arc<Inside>, &str) -> Result<Vec<Row>, SqlError>,
}

impl SystemView {
    /// Its columns.
    pub(crate) fn columns(&self) -> Vec<Column> {
        types::columns(self.columns)
    }
}

/// The permissions of the caller, documented in the schema `catalog`.
const PERMISSIONS: &[SystemView] = &[
    SystemView {
        schema: "catalog",
        name: "effective_object_permissions",
        columns: "object_type smallint, object_id bigint, permission_type smallint",
        rows: |connection, _| function::effective_permissions(connection),
    },
    SystemView {
        schema: "catalog",
        name: "explicit_object_permissions",
        columns: "object_type smallint, object_id bigint, principal_id int, permission_type \
                  smallint, is_deny bit, grantor_id int",
        rows: |connection, _| function::explicit_permissions(connection),
    },
];

/// Every view that is put together here.
pub(crate) fn views() -> impl Iterator<Item = &'static SystemView> {
    tables::all().chain(PERMISSIONS)
}

/// The system view with this name. Views of the schema `sys` are found without it too, and the
/// old ones (`sysobjects`) under `dbo`.
pub(crate) fn relation(connection: &Arc<Inside>, name: &QualifiedName) -> Option<RelationSource> {
    let schema = name.schema.as_deref();
    let in_schema = |wanted: &str| match schema {
        Some(schema) => {
            schema.eq_ignore_ascii_case(wanted)
                || (wanted == "sys"
                    && schema.eq_ignore_ascii_case("dbo")
                    && name.name.to_ascii_lowercase().starts_with("sys"))
        }
        None => wanted == "sys",
    };
    let view =
        views().find(|view| in_schema(view.schema) && view.name.eq_ignore_ascii_case(&name.name));
    if let Some(view) =
        view.filter(|view| view.schema == "sys" || crate::connection::is_in_ssisdb(name))
    {
        let (connection, database) = (Arc::clone(connection), name.database.clone());
        let rows = view.rows;
        let make = move || rows(&connection, &database);
        return Some(RelationSource::Relation(Arc::new(Computed::new(view.columns(), make))));
    }
    let text = texts::VIEWS
        .iter()
        .find(|view| in_schema(view.schema) && view.name.eq_ignore_ascii_case(&name.name))
        .filter(|view| view.schema != "internal" || crate::connection::is_in_ssisdb(name))?;
    Some(RelationSource::View(Arc::new(module(text, name, ModuleKind::View))))
}

fn module(text: &texts::Text, name: &QualifiedName, kind: ModuleKind) -> Module {
    let name = QualifiedName {
        server: None,
        database: name.database.clone(),
        schema: Some(text.schema.to_owned()),
        name: text.name.to_owned(),
    };
    Module { name, kind, text: text.sql.to_owned(), quoted_identifiers: true }
}

/// The system procedure with this name; they are found in every schema and database.
pub(crate) fn procedure(connection: &Arc<Inside>, name: &QualifiedName) -> Option<ProcedureSource> {
    let schema = name.schema.as_deref();
    if !schema
        .is_none_or(|schema| ["sys", "dbo"].iter().any(|known| known.eq_ignore_ascii_case(schema)))
    {
        return None;
    }
    if let Some(native) = roles::procedure(connection, &name.name) {
        return Some(ProcedureSource::Native(native));
    }
    let text = texts::PROCEDURES.iter().find(|text| text.name.eq_ignore_ascii_case(&name.name))?;
    Some(ProcedureSource::Module(Arc::new(module(text, name, ModuleKind::Procedure))))
}
