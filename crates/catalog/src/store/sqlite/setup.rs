//! What happens once when a catalog is opened: schema and key.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::connection::Database;
use crate::error::OpenError;
use crate::key::Place;
use crate::store::dialect::SQLITE;
use crate::store::migrate::{MIGRATIONS, Migration, PROPERTIES, newest};

/// What the key check seals.
const CHECK_TEXT: &[u8] = b"packhorse";

/// Brings the schema up to date. Two processes may do it at once: the second waits, and then
/// finds nothing left to do.
pub(super) fn migrate(database: &Database, connection: &mut Connection) -> Result<(), OpenError> {
    let begin = "BEGIN IMMEDIATE";
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|source| database.open_error(begin, source))?;
    let found = version(database, &tx)?;
    if newest() < found {
        let path = database.path.clone();
        return Err(OpenError::NewerSchema { path, found, known: newest() });
    }
    for migration in MIGRATIONS.iter().filter(|migration| found < migration.version) {
        apply(&tx, migration).map_err(|source| database.open_error(migration.sql, source))?;
    }
    if found < newest() {
        set_properties(&tx).map_err(|source| database.open_error("catalog_properties", source))?;
    }
    tx.commit().map_err(|source| database.open_error("COMMIT", source))
}

/// The schema's version; 0 for an empty file.
fn version(database: &Database, tx: &Transaction<'_>) -> Result<i64, OpenError> {
    let tables = "SELECT count(*), coalesce(sum(name = 'schema_version'), 0) FROM sqlite_master";
    let (tables, ours): (i64, i64) = tx
        .query_row(tables, (), |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|source| database.open_error(tables, source))?;
    match (tables, ours) {
        (0, _) => Ok(0),
        (_, 0) => Err(OpenError::NotACatalog { path: database.path.clone() }),
        _ => {
            let sql = "SELECT coalesce(max(version), 0) FROM schema_version";
            tx.query_row(sql, (), |row| row.get(0))
                .map_err(|source| database.open_error(sql, source))
        }
    }
}

fn apply(tx: &Transaction<'_>, migration: &Migration) -> rusqlite::Result<()> {
    tx.execute_batch(&SQLITE.render(migration.sql))?;
    tx.execute(
        "INSERT INTO schema_version (version, applied_time)
         VALUES (?1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
        params![migration.version],
    )?;
    Ok(())
}

fn set_properties(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    for (name, value) in PROPERTIES {
        tx.execute(
            "INSERT INTO catalog_properties (property_name, property_value) VALUES (?1, ?2)
             ON CONFLICT (property_name) DO NOTHING",
            params![name, value],
        )?;
    }
    tx.execute(
        "INSERT INTO catalog_properties (property_name, property_value)
         VALUES ('SCHEMA_VERSION', ?1)
         ON CONFLICT (property_name) DO UPDATE SET property_value = excluded.property_value",
        params![newest().to_string()],
    )?;
    Ok(())
}

/// Refuses a key that is not the catalog's; a new catalog remembers the one it is opened with.
pub(super) fn check_key(database: &Database, connection: &mut Connection) -> Result<(), OpenError> {
    let sql = "SELECT sealed FROM key_check";
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|source| database.open_error(sql, source))?;
    let sealed: Option<Vec<u8>> = tx
        .query_row(sql, (), |row| row.get(0))
        .optional()
        .map_err(|source| database.open_error(sql, source))?;
    let place = Place::new("key_check.sealed", &[]);
    match sealed {
        Some(sealed) if database.key.open(&place, &sealed).is_ok_and(|text| text == CHECK_TEXT) => {
        }
        Some(_) => return Err(OpenError::WrongKey { path: database.path.clone() }),
        None => {
            let sealed = database.key.seal(&place, CHECK_TEXT).map_err(OpenError::Key)?;
            tx.execute("INSERT INTO key_check (sealed) VALUES (?1)", params![sealed])
                .map_err(|source| database.open_error(sql, source))?;
        }
    }
    tx.commit().map_err(|source| database.open_error("COMMIT", source))
}
