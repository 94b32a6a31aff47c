//! Procedures, functions and views that users make: kept as text in the catalog.

use std::sync::Arc;

use catalog::modules::{self, ModuleRow, NewModule, Replace};
use tsql::host::{DefineMode, Module, ModuleKind, QualifiedName};
use tsql::session::{Shape, shape as shape_of};
use tsql::value::SqlError;

use crate::connection::{Connection, Inside};

/// The schema of a name that has none.
const DEFAULT_SCHEMA: &str = "dbo";

/// The number that the catalog keeps for a kind.
pub(crate) const fn kind_code(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Procedure => "P",
        ModuleKind::ScalarFunction => "FN",
        ModuleKind::TableFunction => "TF",
        ModuleKind::View => "V",
        ModuleKind::TableType => "TT",
    }
}

fn schema_of(name: &QualifiedName) -> String {
    name.schema.clone().unwrap_or_else(|| DEFAULT_SCHEMA.to_owned())
}

/// The module with this name.
pub(crate) fn find(
    connection: &Inside,
    name: &QualifiedName,
    kind: ModuleKind,
) -> Result<Option<Module>, SqlError> {
    let (database, schema, object) = (name.database.clone(), schema_of(name), name.name.clone());
    let found = connection.work.read(move |tx| modules::find(tx, &database, &schema, &object))?;
    Ok(found.filter(|row| row.kind == kind_code(kind)).map(|row| from_row(row, kind)))
}

/// What a module of the catalog takes and gives; nothing where its text no longer binds.
pub(crate) fn shape(connection: &Arc<Inside>, row: &ModuleRow) -> Shape {
    let kinds = [
        ModuleKind::Procedure,
        ModuleKind::ScalarFunction,
        ModuleKind::TableFunction,
        ModuleKind::View,
        ModuleKind::TableType,
    ];
    let kind = kinds.into_iter().find(|kind| kind_code(*kind) == row.kind);
    let module = kind.map(|kind| from_row(row.clone(), kind));
    let host = Connection::beside(connection);
    module.and_then(|module| shape_of(&module, &host).ok()).unwrap_or_default()
}

fn from_row(row: ModuleRow, kind: ModuleKind) -> Module {
    let name = QualifiedName {
        server: None,
        database: row.database,
        schema: Some(row.schema),
        name: row.name,
    };
    Module { name, kind, text: row.text, quoted_identifiers: row.quoted_identifiers }
}

/// Every module of a database.
pub(crate) fn all(connection: &Inside, database: &str) -> Result<Vec<ModuleRow>, SqlError> {
    let database = database.to_owned();
    connection.work.read(move |tx| modules::list(tx, &database))
}

/// Keeps a module.
pub(crate) fn define(
    connection: &Arc<Inside>,
    module: Module,
    mode: DefineMode,
) -> Result<(), SqlError> {
    let caller = connection.caller();
    if !(caller.is_admin() || caller.roles.db_owner) {
        return Err(denied("CREATE", module.kind, &module.name.database));
    }
    let replace = match mode {
        DefineMode::Create => Replace::Never,
        DefineMode::Alter => Replace::Always,
        DefineMode::CreateOrAlter => Replace::Either,
    };
    let (name, schema) = (module.name.name.clone(), schema_of(&module.name));
    let kept = connection.work.write(move |tx| {
        let new = NewModule {
            database: &module.name.database,
            schema: &schema,
            name: &module.name.name,
            kind: kind_code(module.kind),
            text: &module.text,
            quoted_identifiers: module.quoted_identifiers,
        };
        modules::define(tx, &new, replace)
    })?;
    match (kept, mode) {
        (true, _) => Ok(()),
        (false, DefineMode::Alter) => {
            Err(SqlError::new(208, 16, 6, format!("Invalid object name '{name}'.")))
        }
        (false, DefineMode::Create | DefineMode::CreateOrAlter) => {
            let text = format!("There is already an object named '{name}' in the database.");
            Err(SqlError::new(2714, 16, 3, text))
        }
    }
}

/// Forgets a module. `false` if there is none.
pub(crate) fn drop(
    connection: &Inside,
    name: &QualifiedName,
    kind: ModuleKind,
) -> Result<bool, SqlError> {
    let caller = connection.caller();
    if find(connection, name, kind)?.is_none() {
        return Ok(false);
    }
    if !(caller.is_admin() || caller.roles.db_owner) {
        return Err(denied("DROP", kind, &name.database));
    }
    let (database, schema, object) = (name.database.clone(), schema_of(name), name.name.clone());
    connection.work.write(move |tx| modules::drop(tx, &database, &schema, &object))
}

fn denied(verb: &str, kind: ModuleKind, database: &str) -> SqlError {
    let what = match kind {
        ModuleKind::Procedure => "PROCEDURE",
        ModuleKind::ScalarFunction | ModuleKind::TableFunction => "FUNCTION",
        ModuleKind::View => "VIEW",
        ModuleKind::TableType => "TYPE",
    };
    let text = format!("{verb} {what} permission denied in database '{database}'.");
    SqlError::new(262, 14, 1, text)
}
