//! What happens once when a catalog is opened, in every database: schema, properties and key.
//!
//! Each function is part of one transaction in which nobody else writes, so several processes
//! may open a catalog at once: the second finds nothing left to do.

use super::Tx;
use super::dialect::Dialect;
use super::migrate::{MIGRATIONS, Migration, PROPERTIES, newest};
use crate::error::{CatalogError, OpenError};
use crate::key::Place;
use crate::store::params;

/// What the key check seals.
const CHECK_TEXT: &[u8] = b"packhorse";

/// Makes the schema of the catalog at `place` where there is none, brings it up to date, and
/// checks that the key is the catalog's.
pub(super) fn prepare(tx: &mut dyn Tx, dialect: &Dialect, place: &str) -> Result<(), OpenError> {
    let failed = |source| OpenError::Store { place: place.to_owned(), source: Box::new(source) };
    let found = match version(tx, dialect).map_err(failed)? {
        Some(found) => found,
        None => return Err(OpenError::NotACatalog { place: place.to_owned() }),
    };
    if newest() < found {
        return Err(OpenError::NewerSchema { place: place.to_owned(), found, known: newest() });
    }
    migrate(tx, dialect, found).map_err(failed)?;
    check_key(tx, place)
}

/// The schema's version: 0 where there are no tables, `None` where they are of something else.
fn version(tx: &mut dyn Tx, dialect: &Dialect) -> Result<Option<i64>, CatalogError> {
    let nothing = CatalogError::UnexpectedCell { column: 0, expected: "the number of tables" };
    let row = tx.query_opt(dialect.count_tables, &[])?.ok_or(nothing)?;
    match (row.get::<i64>(0)?, row.get::<i64>(1)?) {
        (0, _) => Ok(Some(0)),
        (_, 0) => Ok(None),
        _ => tx.scalar("SELECT coalesce(max(version), 0) FROM schema_version", &[]),
    }
}

fn migrate(tx: &mut dyn Tx, dialect: &Dialect, found: i64) -> Result<(), CatalogError> {
    for migration in MIGRATIONS.iter().filter(|migration| found < migration.version) {
        apply(tx, dialect, migration)?;
    }
    if found < newest() {
        set_properties(tx)?;
    }
    Ok(())
}

fn apply(tx: &mut dyn Tx, dialect: &Dialect, migration: &Migration) -> Result<(), CatalogError> {
    for statement in dialect.definitions(migration.sql) {
        tx.execute(&statement, &[])?;
    }
    let sql = "INSERT INTO schema_version (version, applied_time) VALUES (?1, ?2)";
    tx.execute(sql, &params![migration.version, tx.now()])?;
    Ok(())
}

fn set_properties(tx: &mut dyn Tx) -> Result<(), CatalogError> {
    for (name, value) in PROPERTIES {
        let sql = "INSERT INTO catalog_properties (property_name, property_value) VALUES (?1, ?2)
                   ON CONFLICT (property_name) DO NOTHING";
        tx.execute(sql, &params![*name, *value])?;
    }
    let sql = "INSERT INTO catalog_properties (property_name, property_value)
               VALUES ('SCHEMA_VERSION', ?1)
               ON CONFLICT (property_name) DO UPDATE SET property_value = excluded.property_value";
    tx.execute(sql, &params![newest().to_string()])?;
    Ok(())
}

/// Refuses a key that is not the catalog's; a new catalog remembers the one it is opened with.
fn check_key(tx: &mut dyn Tx, place: &str) -> Result<(), OpenError> {
    let failed = |source| OpenError::Store { place: place.to_owned(), source: Box::new(source) };
    let sealed: Option<Vec<u8>> = tx.scalar("SELECT sealed FROM key_check", &[]).map_err(failed)?;
    let check = Place::new("key_check.sealed", &[]);
    match sealed {
        Some(sealed) if tx.key().open(&check, &sealed).is_ok_and(|text| text == CHECK_TEXT) => {}
        Some(_) => return Err(OpenError::WrongKey { place: place.to_owned() }),
        None => {
            let sealed = tx.key().seal(&check, CHECK_TEXT).map_err(OpenError::Key)?;
            let sql = "INSERT INTO key_check (sealed) VALUES (?1)";
            tx.execute(sql, &params![sealed]).map_err(failed)?;
        }
    }
    Ok(())
}
