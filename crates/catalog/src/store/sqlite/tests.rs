//! What is special to SQLite files: opening unfit ones, full disks, other processes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::connection::Database;
use super::tx::{Rendered, SqliteTx};
use super::{Opening, SqliteStore};
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::error::{CatalogError, OpenError, StoreError};
use crate::key::CatalogKey;
use crate::procedures::create_folder;
use crate::reads;
use crate::store::dialect::SQLITE;
use crate::store::migrate::{MIGRATIONS, Migration};
use crate::store::{Topic, setup};

const DEADLINE: Duration = Duration::from_secs(30);

fn admin() -> Caller {
    Caller::admin("ada")
}

fn key_file(folder: &Path) -> CatalogKey {
    CatalogKey::load_or_create(folder.join("catalog.key")).unwrap()
}

fn open(folder: &Path) -> Result<Catalog, OpenError> {
    Catalog::open(folder.join("ssisdb.sqlite"), key_file(folder))
}

fn refused(folder: &Path) -> OpenError {
    match open(folder) {
        Err(error) => error,
        Ok(_) => panic!("the catalog was opened"),
    }
}

async fn folder_count(catalog: &Catalog) -> usize {
    catalog.read(|tx| reads::folders(tx, &admin())).await.unwrap().len()
}

#[tokio::test]
async fn what_was_answered_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = open(folder.path()).unwrap();
    catalog.write(|tx| create_folder(tx, &admin(), "Sales")).await.unwrap();
    catalog.close().await;
    assert_eq!(folder_count(&open(folder.path()).unwrap()).await, 1);
}

#[tokio::test]
async fn another_key_is_refused_when_opening() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).unwrap().close().await;
    fs_err::remove_file(folder.path().join("catalog.key")).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error:?}");
    assert!(error.to_string().contains("ssisdb.sqlite"));
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).unwrap().close().await;
    let raw = Connection::open(folder.path().join("ssisdb.sqlite")).unwrap();
    raw.execute("INSERT INTO schema_version VALUES (999, 0, 999)", ()).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, OpenError::NewerSchema { found: 999, .. }), "{error:?}");
}

#[tokio::test]
async fn a_newer_schema_that_only_adds_is_lived_beside() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).unwrap().close().await;
    let raw = Connection::open(folder.path().join("ssisdb.sqlite")).unwrap();
    raw.execute("INSERT INTO schema_version VALUES (999, 0, 0)", ()).unwrap();
    let catalog = open(folder.path()).unwrap();
    let caller = crate::Caller::admin("me");
    let checked = catalog.read(move |tx| crate::procedures::check_schema_version(tx, &caller));
    checked.await.unwrap();
    catalog.close().await;
}

/// Opens a catalog as a program does whose schema has more changes.
fn open_with(folder: &Path, more: &[Migration], opening: Opening<'_>) -> Result<(), OpenError> {
    let key = Arc::new(CatalogKey::load_or_create(folder.join("catalog.key")).unwrap());
    let path = folder.join("ssisdb.sqlite");
    let database = Database { path, key, busy_timeout: Duration::from_secs(1) };
    let mut connection = database.connect()?;
    let transaction = connection.transaction().unwrap();
    let mut rendered = Rendered::new();
    let mut tx = SqliteTx::new(&database, &transaction, &mut rendered);
    let all: Vec<Migration> = MIGRATIONS.iter().chain(more).copied().collect();
    setup::prepare_with(&mut tx, (&SQLITE, &all), "here", opening)?;
    transaction.commit().unwrap();
    Ok(())
}

#[test]
fn what_takes_away_waits_until_no_master_would_miss_it() {
    let folder = tempfile::tempdir().unwrap();
    let later = [
        Migration { version: 1000, needs: 0, sql: "CREATE TABLE later (a BIGINT NOT NULL);" },
        Migration { version: 1001, needs: 1000, sql: "DROP TABLE tds_addresses;" },
    ];
    let old: &[Migration] = &[];
    open_with(folder.path(), old, Opening::Use).unwrap();
    let raw = Connection::open(folder.path().join("ssisdb.sqlite")).unwrap();
    let there = |table: &str| {
        let sql = "SELECT count(*) FROM sqlite_master WHERE name = ?1";
        raw.query_row(sql, [table], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    let sql = "INSERT INTO masters (master_id, machine_name, port, address, thumbprint,
                   program_version, last_online_time, clock_ahead_ms, schema_version, online_until)
               VALUES ('1', 'db1', 8391, 'https://db1:8391', '', '0.1.0', 0, 0, 999, ?1)";
    raw.execute(sql, [i64::MAX]).unwrap();

    open_with(folder.path(), &later, Opening::Use).unwrap();
    assert!(there("later") && there("tds_addresses"), "only what adds is made by use");
    open_with(folder.path(), old, Opening::Use).unwrap();
    let error = open_with(folder.path(), &later, Opening::Contract).unwrap_err();
    assert!(matches!(error, OpenError::OlderMasters { .. }), "{error:?}");
    assert!(error.to_string().contains("db1 (https://db1:8391, version 0.1.0)"), "{error}");
    assert!(there("tds_addresses"));

    raw.execute("UPDATE masters SET online_until = 0", ()).unwrap();
    open_with(folder.path(), &later, Opening::Contract).unwrap();
    assert!(!there("tds_addresses"));
    open_with(folder.path(), &later, Opening::Use).unwrap();
    let error = open_with(folder.path(), old, Opening::Use).unwrap_err();
    assert!(matches!(error, OpenError::NewerSchema { found: 1001, .. }), "{error:?}");
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let raw = Connection::open(folder.path().join("ssisdb.sqlite")).unwrap();
    raw.execute("CREATE TABLE recipes (name TEXT)", ()).unwrap();
    assert!(matches!(refused(folder.path()), OpenError::NotACatalog { .. }));
    let tables = "SELECT count(*) FROM sqlite_master";
    assert_eq!(raw.query_row(tables, (), |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn a_file_that_is_no_database_says_so_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("ssisdb.sqlite"), "not a database, ".repeat(100)).unwrap();
    let error = refused(folder.path());
    let OpenError::Store { source, .. } = &error else { panic!("{error:?}") };
    let CatalogError::Store(store) = source.as_ref() else { panic!("{source:?}") };
    assert!(matches!(store, StoreError::Corrupt { .. }), "{store:?}");
    assert!(store.to_string().contains("restore it from a backup"));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let key = key_file(folder.path());
    let path = folder.path().join("none").join("ssisdb.sqlite");
    let Err(error) = Catalog::open(&path, key) else { panic!("opened") };
    assert!(error.to_string().contains("none"), "{error}");
}

#[tokio::test]
async fn a_full_disk_fails_its_job_only_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = open(folder.path()).unwrap();
    let pages: i64 = catalog
        .write(|tx| Ok(tx.scalar("PRAGMA page_count", &[])?.unwrap_or_default()))
        .await
        .unwrap();
    let limit = move |extra: i64| format!("PRAGMA max_page_count = {}", pages + extra);
    catalog.write(move |tx| tx.query(&limit(8), &[])).await.unwrap();
    let big = catalog.clone();
    let big = tokio::spawn(async move {
        let text = "x".repeat(1 << 20);
        let sql = "INSERT INTO master_properties VALUES ('BIG', ?1)";
        big.write(move |tx| tx.execute(sql, &[text.as_str().into()])).await
    });
    let small = catalog.write(|tx| create_folder(tx, &admin(), "Small")).await;
    let error = big.await.unwrap().unwrap_err();
    let CatalogError::Store(store) = &error else { panic!("{error:?}") };
    assert!(matches!(store, StoreError::Full { .. }), "{store:?}");
    assert!(store.to_string().contains("is full"), "{store}");
    small.unwrap();
    catalog.write(move |tx| tx.query(&limit(10_000), &[])).await.unwrap();
    catalog.write(|tx| create_folder(tx, &admin(), "Later")).await.unwrap();
    assert_eq!(folder_count(&catalog).await, 2);
}

#[tokio::test]
async fn a_file_that_another_process_keeps_locked_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ssisdb.sqlite");
    let key = Arc::new(key_file(folder.path()));
    let busy_timeout = Duration::from_millis(20);
    let store = SqliteStore::over(Database { path: path.clone(), key, busy_timeout }, Opening::Use)
        .unwrap();
    let catalog = Catalog::over(Arc::new(store));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = catalog.write(|tx| create_folder(tx, &admin(), "x")).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(folder_count(&catalog).await, 0, "readers go on");
    other.execute_batch("ROLLBACK").unwrap();
    catalog.write(|tx| create_folder(tx, &admin(), "x")).await.unwrap();
}

#[tokio::test]
async fn what_another_process_commits_wakes_those_who_wait_here() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (open(folder.path()).unwrap(), open(folder.path()).unwrap());
    let mut changes = here.changes_of(Topic::Executions);
    changes.mark_unchanged();
    there.write(|tx| create_folder(tx, &admin(), "Sales")).await.unwrap();
    tokio::time::timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
    assert_eq!(folder_count(&here).await, 1);
}
