//! Procedures, functions and views that users make in T-SQL: their texts.
//!
//! Names compare as SSISDB's collation does, without case.

use model::Timestamp;

use crate::error::CatalogError;
use crate::procedures::fold;
use crate::store::{Row, Tx, params};

/// A module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRow {
    /// Its number.
    pub id: i64,
    /// The database that it is in.
    pub database: String,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is, as `sys.objects.type` says: `P`, `FN`, `TF`, `V`, `TT`.
    pub kind: String,
    /// The batch that made it.
    pub text: String,
    /// `SET QUOTED_IDENTIFIER` when it was made.
    pub quoted_identifiers: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When its text was last changed.
    pub modified: Timestamp,
}

/// A module to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewModule<'a> {
    /// The database that it is in.
    pub database: &'a str,
    /// Its schema.
    pub schema: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub kind: &'a str,
    /// The batch that makes it.
    pub text: &'a str,
    /// `SET QUOTED_IDENTIFIER`.
    pub quoted_identifiers: bool,
}

/// What [`define`] does where the name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Nothing: the name must be free.
    Never,
    /// Replaces it: the name must be taken, by a module of the same kind.
    Always,
    /// Either.
    Either,
}

const COLUMNS: &str = "SELECT module_id, database_name, schema_name, name, kind, text,
                              quoted_identifiers, created_time, modified_time FROM sql_modules";

fn from_row(row: &Row) -> Result<ModuleRow, CatalogError> {
    Ok(ModuleRow {
        id: row.get(0)?,
        database: row.get(1)?,
        schema: row.get(2)?,
        name: row.get(3)?,
        kind: row.get(4)?,
        text: row.get(5)?,
        quoted_identifiers: row.get(6)?,
        created: row.get(7)?,
        modified: row.get(8)?,
    })
}

/// The module with this name.
pub fn find(
    tx: &mut dyn Tx,
    database: &str,
    schema: &str,
    name: &str,
) -> Result<Option<ModuleRow>, CatalogError> {
    let sql = format!("{COLUMNS} WHERE database_key = ?1 AND schema_key = ?2 AND name_key = ?3");
    let row = tx.query_opt(&sql, &params![fold(database), fold(schema), fold(name)])?;
    row.as_ref().map(from_row).transpose()
}

/// The modules of a database, in the order of their numbers.
pub fn list(tx: &mut dyn Tx, database: &str) -> Result<Vec<ModuleRow>, CatalogError> {
    let sql = format!("{COLUMNS} WHERE database_key = ?1 ORDER BY module_id");
    tx.query(&sql, &params![fold(database)])?.iter().map(from_row).collect()
}

/// Keeps a module. `false` if `replace` does not allow it.
pub fn define(
    tx: &mut dyn Tx,
    module: &NewModule<'_>,
    replace: Replace,
) -> Result<bool, CatalogError> {
    let found = find(tx, module.database, module.schema, module.name)?;
    let Some(found) = found else {
        if replace == Replace::Always {
            return Ok(false);
        }
        insert(tx, module)?;
        return Ok(true);
    };
    if replace == Replace::Never || found.kind != module.kind {
        return Ok(false);
    }
    let sql = "UPDATE sql_modules SET text = ?2, quoted_identifiers = ?3, modified_time = ?4
               WHERE module_id = ?1";
    tx.execute(sql, &params![found.id, module.text, module.quoted_identifiers, tx.now()])?;
    Ok(true)
}

fn insert(tx: &mut dyn Tx, module: &NewModule<'_>) -> Result<(), CatalogError> {
    let now = tx.now();
    tx.insert(
        ("sql_modules", "module_id"),
        "database_name, database_key, schema_name, schema_key, name, name_key, kind, text,
         quoted_identifiers, created_time, modified_time",
        &params![
            module.database,
            fold(module.database),
            module.schema,
            fold(module.schema),
            module.name,
            fold(module.name),
            module.kind,
            module.text,
            module.quoted_identifiers,
            now,
            now
        ],
    )?;
    Ok(())
}

/// Forgets a module. `false` if there is none.
pub fn drop(
    tx: &mut dyn Tx,
    database: &str,
    schema: &str,
    name: &str,
) -> Result<bool, CatalogError> {
    let sql = "DELETE FROM sql_modules
               WHERE database_key = ?1 AND schema_key = ?2 AND name_key = ?3";
    Ok(tx.execute(sql, &params![fold(database), fold(schema), fold(name)])? == 1)
}
