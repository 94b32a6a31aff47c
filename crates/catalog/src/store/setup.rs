//! What happens once when a catalog is opened, in every database: schema, properties and key.
//!
//! Each function is part of one transaction in which nobody else writes, so several processes
//! may open a catalog at once: the second finds nothing left to do.

use super::Tx;
use super::dialect::Dialect;
use super::migrate::{MIGRATIONS, Migration, NEEDS_SINCE, PROPERTIES, newest, newest_of};
use crate::error::{CatalogError, OpenError};
use crate::key::Place;
use crate::store::params;

/// What the key check seals.
const CHECK_TEXT: &[u8] = b"packhorse";

/// What opening a catalog does to it.
#[derive(Clone, Copy)]
pub(crate) enum Opening<'f> {
    /// Makes it where there is none, and applies what expands its schema.
    Use,
    /// Changes nothing: a catalog must be there.
    Look,
    /// Applies what contracts its schema too, unless a master is online that would miss it.
    Contract,
    /// Makes it in an empty database from what a backup has.
    Fill(&'f dyn Filler),
}

/// What an empty database is filled with.
pub(crate) trait Filler: Sync {
    /// The versions of the schema that the contents fit.
    fn versions(&self) -> &[i64];

    /// Writes the contents.
    fn fill(&self, tx: &mut dyn Tx) -> Result<(), CatalogError>;
}

/// The changes of the schema that a catalog has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Their versions, in order.
    pub(crate) versions: Vec<i64>,
    /// The oldest schema that a program must know to use the catalog.
    pub(crate) needs: i64,
}

impl Applied {
    /// The newest of them.
    pub(crate) fn newest(&self) -> i64 {
        self.versions.last().copied().unwrap_or_default()
    }

    /// Those of `migrations` that are still to come.
    pub(crate) fn pending<'m>(
        &self,
        migrations: &'m [Migration],
    ) -> impl Iterator<Item = &'m Migration> {
        migrations.iter().filter(|migration| !self.versions.contains(&migration.version))
    }
}

/// Does what `opening` says with the catalog at `place`, and checks that the key is the catalog's.
pub(super) fn prepare(
    tx: &mut dyn Tx,
    dialect: &Dialect,
    place: &str,
    opening: Opening<'_>,
) -> Result<(), OpenError> {
    prepare_with(tx, (dialect, MIGRATIONS), place, opening)
}

/// The same with other changes of the schema than this program's.
pub(super) fn prepare_with(
    tx: &mut dyn Tx,
    (dialect, migrations): (&Dialect, &[Migration]),
    place: &str,
    opening: Opening<'_>,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::Store { place: place.to_owned(), source: Box::new(source) };
    let not_a_catalog = || OpenError::NotACatalog { place: place.to_owned() };
    let applied = found(tx, dialect).map_err(failed)?.ok_or_else(not_a_catalog)?;
    let (place_owned, known) = (place.to_owned(), newest_of(migrations));
    if known < applied.needs {
        let found = applied.newest();
        return Err(OpenError::NewerSchema { place: place_owned, found, known });
    }
    let is_new = applied.versions.is_empty();
    let expanding: Vec<&Migration> =
        applied.pending(migrations).filter(|migration| is_new || !migration.contracts()).collect();
    match opening {
        Opening::Look if is_new => return Err(not_a_catalog()),
        Opening::Look => {}
        Opening::Use => apply_all(tx, dialect, &expanding).map_err(failed)?,
        Opening::Contract => {
            let pending: Vec<&Migration> = applied.pending(migrations).collect();
            refuse_to_strand(tx, &applied, &pending, place)?;
            apply_all(tx, dialect, &pending).map_err(failed)?;
        }
        Opening::Fill(_) if !is_new => return Err(OpenError::NotEmpty { place: place_owned }),
        Opening::Fill(filler) => {
            let (theirs, ours): (Vec<&Migration>, Vec<&Migration>) = migrations
                .iter()
                .partition(|migration| filler.versions().contains(&migration.version));
            apply_all(tx, dialect, &theirs).map_err(failed)?;
            filler.fill(tx).map_err(failed)?;
            apply_all(tx, dialect, &ours).map_err(failed)?;
        }
    }
    check_key(tx, place)
}

/// What the schema has: nothing where there are no tables, `None` where they are of something
/// else.
fn found(tx: &mut dyn Tx, dialect: &Dialect) -> Result<Option<Applied>, CatalogError> {
    let nothing = CatalogError::UnexpectedCell { column: 0, expected: "the number of tables" };
    let row = tx.query_opt(dialect.count_tables, &[])?.ok_or(nothing)?;
    match (row.get::<i64>(0)?, row.get::<i64>(1)?) {
        (0, _) => Ok(Some(Applied::default())),
        (_, 0) => Ok(None),
        _ => applied(tx).map(Some),
    }
}

/// The changes of the schema that a catalog has.
pub(crate) fn applied(tx: &mut dyn Tx) -> Result<Applied, CatalogError> {
    let rows = tx.query("SELECT version FROM schema_version ORDER BY version", &[])?;
    let versions = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<i64>, _>>()?;
    let mut needs = 0;
    if versions.contains(&NEEDS_SINCE) {
        let sql = "SELECT coalesce(max(needs), 0) FROM schema_version";
        needs = tx.scalar(sql, &[])?.unwrap_or_default();
    }
    Ok(Applied { versions, needs })
}

fn apply_all(
    tx: &mut dyn Tx,
    dialect: &Dialect,
    migrations: &[&Migration],
) -> Result<(), CatalogError> {
    for migration in migrations {
        apply(tx, dialect, migration)?;
    }
    if migrations.is_empty() { Ok(()) } else { set_properties(tx) }
}

fn apply(tx: &mut dyn Tx, dialect: &Dialect, migration: &Migration) -> Result<(), CatalogError> {
    for statement in dialect.definitions(migration.sql) {
        tx.execute(&statement, &[])?;
    }
    let now = tx.now();
    if migration.version < NEEDS_SINCE {
        let sql = "INSERT INTO schema_version (version, applied_time) VALUES (?1, ?2)";
        tx.execute(sql, &params![migration.version, now])?;
    } else {
        let sql = "INSERT INTO schema_version (version, applied_time, needs) VALUES (?1, ?2, ?3)";
        tx.execute(sql, &params![migration.version, now, migration.needs])?;
    }
    Ok(())
}

/// Refuses to take away what a master that is online still uses.
fn refuse_to_strand(
    tx: &mut dyn Tx,
    applied: &Applied,
    pending: &[&Migration],
    place: &str,
) -> Result<(), OpenError> {
    let needs = pending.iter().map(|migration| migration.needs).max().unwrap_or_default();
    if needs == 0 || !applied.versions.contains(&NEEDS_SINCE) {
        return Ok(());
    }
    let failed = |source| OpenError::Store { place: place.to_owned(), source: Box::new(source) };
    let sql = "SELECT machine_name, address, program_version FROM masters
               WHERE schema_version < ?1 AND ?2 < online_until ORDER BY machine_name, address";
    let now = tx.now();
    let rows = tx.query(sql, &params![needs, now]).map_err(failed)?;
    let mut masters = Vec::new();
    for row in &rows {
        let text = |column| row.get::<String>(column).map_err(failed);
        masters.push(format!("{} ({}, version {})", text(0)?, text(1)?, text(2)?));
    }
    if masters.is_empty() {
        return Ok(());
    }
    Err(OpenError::OlderMasters { place: place.to_owned(), masters: masters.join(", ") })
}

fn set_properties(tx: &mut dyn Tx) -> Result<(), CatalogError> {
    for (name, value) in PROPERTIES {
        let sql = "INSERT INTO catalog_properties (property_name, property_value) VALUES (?1, ?2)
                   ON CONFLICT (property_name) DO NOTHING";
        tx.execute(sql, &params![*name, *value])?;
    }
    let newest = newest().max(applied(tx)?.newest());
    let sql = "INSERT INTO catalog_properties (property_name, property_value)
               VALUES ('SCHEMA_VERSION', ?1)
               ON CONFLICT (property_name) DO UPDATE SET property_value = excluded.property_value";
    tx.execute(sql, &params![newest.to_string()])?;
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
