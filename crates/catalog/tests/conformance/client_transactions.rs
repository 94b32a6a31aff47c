//! What happens between a client's BEGIN TRAN and its COMMIT.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use catalog::procedures::{
    ProjectFile, configure_catalog, create_execution, create_folder, delete_folder, deploy_project,
    rename_folder, set_folder_description, start_execution,
};
use catalog::{Catalog, CatalogError, Topic, Transaction, Tx, reads};
use model::{ExecutionId, FolderId, OperationStatus};
use package::ReadOptions;

use crate::support::{Fixture, Recipe, admin, agent, ispac, load};

/// Longer than any test needs, so that a failure is not a slow machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Two hundred calls must not make a person wait; a slow machine is given time.
const FAST_ENOUGH: Duration = Duration::from_secs(90);

async fn make(catalog: &Catalog, open: &mut Transaction, name: &str) -> FolderId {
    let name = name.to_owned();
    catalog.write_in(open, move |tx| create_folder(tx, &admin(), &name)).await.unwrap()
}

async fn rename(
    at: &Fixture,
    open: &mut Transaction,
    (old, new): (&'static str, &'static str),
) -> Result<(), CatalogError> {
    at.catalog.write_in(open, move |tx| rename_folder(tx, &admin(), old, new)).await
}

fn names(tx: &mut dyn Tx) -> Result<Vec<String>, CatalogError> {
    Ok(reads::folders(tx, &admin())?.into_iter().map(|folder| folder.name).collect())
}

pub(crate) async fn own_writes_are_seen_and_nobody_else_sees_them(at: Fixture) {
    let mut open = Transaction::new();
    make(&at.catalog, &mut open, "Sales").await;
    rename(&at, &mut open, ("Sales", "Sold")).await.unwrap();
    assert_eq!(at.catalog.read_in(&mut open, names).await.unwrap(), ["Sold"]);
    assert!(at.read(names).await.is_empty());
    at.catalog.commit(open).await.unwrap();
    assert_eq!(at.read(names).await, ["Sold"]);
}

pub(crate) async fn ids_stay_as_told_although_others_insert(at: Fixture) {
    let mut open = Transaction::new();
    let mine = make(&at.catalog, &mut open, "Mine").await;
    let theirs = at.write(|tx| create_folder(tx, &admin(), "Theirs")).await;
    let also_mine = make(&at.catalog, &mut open, "Also mine").await;
    assert!(mine < theirs && theirs < also_mine, "{mine:?} {theirs:?} {also_mine:?}");
    at.catalog.commit(open).await.unwrap();
    let rows = at.read(|tx| reads::folders(tx, &admin())).await;
    let id = |name: &str| rows.iter().find(|folder| folder.name == name).unwrap().id;
    assert_eq!((id("Mine"), id("Theirs"), id("Also mine")), (mine, theirs, also_mine));
    let later = at.write(|tx| create_folder(tx, &admin(), "Later")).await;
    assert!(also_mine < later);
}

pub(crate) async fn a_read_of_something_else_is_an_ordinary_one(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let mut open = Transaction::new();
    make(&at.catalog, &mut open, "New").await;
    let catalog = at.catalog.clone();
    // A write that takes its time: reads do not wait for it, nor for the transaction's sake.
    let (began, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (there, then) = (Arc::clone(&began), Arc::clone(&go));
    let slow = tokio::spawn(async move {
        catalog
            .write(move |_| {
                there.wait();
                then.wait();
                Ok(())
            })
            .await
    });
    tokio::task::spawn_blocking(move || began.wait()).await.unwrap();
    let versions = |tx: &mut dyn Tx| tx.scalar::<i64>("SELECT count(*) FROM object_versions", &[]);
    let read = at.catalog.read_in(&mut open, versions);
    assert_eq!(tokio::time::timeout(DEADLINE, read).await.unwrap().unwrap(), Some(1));
    tokio::task::spawn_blocking(move || go.wait()).await.unwrap();
    slow.await.unwrap().unwrap();
    assert_eq!(at.catalog.read_in(&mut open, names).await.unwrap(), ["New", "Sales"]);
}

pub(crate) async fn what_is_not_committed_leaves_nothing(at: Fixture) {
    let mut open = Transaction::new();
    let lost = make(&at.catalog, &mut open, "Lost").await;
    drop(open);
    assert!(at.read(names).await.is_empty());
    let next = at.write(|tx| create_folder(tx, &admin(), "Lost")).await;
    assert!(lost < next, "ids are not given back, as those of SQL Server");
}

pub(crate) async fn a_transaction_goes_back_to_its_mark(at: Fixture) {
    let mut open = Transaction::new();
    make(&at.catalog, &mut open, "Stays").await;
    let mark = open.mark();
    make(&at.catalog, &mut open, "Goes").await;
    open.rollback_to(mark);
    assert_eq!(at.catalog.read_in(&mut open, names).await.unwrap(), ["Stays"]);
    make(&at.catalog, &mut open, "Comes").await;
    at.catalog.commit(open).await.unwrap();
    assert_eq!(at.read(names).await, ["Comes", "Stays"]);
}

pub(crate) async fn a_refused_call_leaves_the_transaction_as_it_was(at: Fixture) {
    let mut open = Transaction::new();
    make(&at.catalog, &mut open, "Sales").await;
    let refused = rename(&at, &mut open, ("None", "Some")).await.unwrap_err();
    assert_eq!(refused.number(), Some(27104));
    at.catalog.commit(open).await.unwrap();
    assert_eq!(at.read(names).await, ["Sales"]);
}

pub(crate) async fn a_change_by_somebody_else_is_a_conflict(at: Fixture) {
    at.write(|tx| create_folder(tx, &admin(), "Old")).await;
    let mut open = Transaction::new();
    rename(&at, &mut open, ("Old", "New")).await.unwrap();
    make(&at.catalog, &mut open, "Beside").await;
    at.write(|tx| delete_folder(tx, &admin(), "Old")).await;
    let conflict = at.catalog.read_in(&mut open, names).await.unwrap_err();
    assert!(matches!(conflict, CatalogError::TransactionConflict), "{conflict:?}");
    assert_eq!(conflict.number(), Some(3960));
    assert!(open.is_empty(), "it is rolled back");

    let mut open = Transaction::new();
    make(&at.catalog, &mut open, "Taken").await;
    at.write(|tx| create_folder(tx, &admin(), "Taken")).await;
    let conflict = at.catalog.commit(open).await.unwrap_err();
    assert!(matches!(conflict, CatalogError::TransactionConflict), "{conflict:?}");
    assert_eq!(at.read(names).await, ["Taken"]);
}

pub(crate) async fn what_others_do_is_no_conflict_while_the_answers_stay(at: Fixture) {
    at.write(|tx| configure_catalog(tx, &admin(), "MAX_PROJECT_VERSIONS", "1")).await;
    at.deployed(&Recipe::default()).await;
    let deploy = |greeting| {
        let recipe = Recipe { greeting, ..Recipe::default() };
        let file = Arc::new(ProjectFile::read(ispac(&recipe), &ReadOptions::default()));
        move |tx: &mut dyn Tx| deploy_project(tx, &admin(), "Sales", "Etl", &file)?.into_project()
    };
    let mut open = Transaction::new();
    let mine = at.catalog.write_in(&mut open, deploy("mine")).await.unwrap();
    // The clean-up of old versions now has more to delete.
    let theirs = at.write(deploy("theirs")).await;
    assert!(mine.object_version_lsn < theirs.object_version_lsn);
    let current = |tx: &mut dyn Tx| Ok(reads::projects(tx, &admin(), None)?.remove(0).hash);
    assert_eq!(at.catalog.read_in(&mut open, current).await.unwrap(), mine.hash);
    assert_eq!(at.read(current).await, theirs.hash);
    at.catalog.commit(open).await.unwrap();
    assert_eq!(at.read(current).await, mine.hash, "the last commit counts");
}

pub(crate) async fn an_execution_started_inside_begins_at_the_commit(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.worker(1).await;
    let (mut tasks, mut open) = (at.catalog.changes_of(Topic::Tasks), Transaction::new());
    let id: ExecutionId =
        at.catalog.write_in(&mut open, |tx| create_execution(tx, &admin(), &load())).await.unwrap();
    let start = move |tx: &mut dyn Tx| start_execution(tx, &admin(), id, 0);
    let started = at.catalog.write_in(&mut open, start).await.unwrap();
    let inside =
        at.catalog.read_in(&mut open, move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    let inside = inside.unwrap();
    assert_eq!((inside.status, inside.task), (OperationStatus::Pending, Some(started.task)));
    tasks.mark_unchanged();
    assert!(at.claim(agent(1), 1, 1).await.is_empty());
    assert!(!tasks.has_changed().unwrap());
    at.catalog.commit(open).await.unwrap();
    assert!(tasks.has_changed().unwrap());
    let assignment = at.claim(agent(1), 1, 2).await.remove(0);
    assert_eq!((assignment.execution, assignment.task), (id, started.task));
    let row = at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    assert_eq!(row.created, inside.created, "the time is that of the call");
}

pub(crate) async fn two_hundred_calls_are_no_burden(at: Fixture) {
    let begin = Instant::now();
    let mut open = Transaction::new();
    for n in 0..100 {
        let name = format!("folder {n}");
        make(&at.catalog, &mut open, &name).await;
        let describe = move |tx: &mut dyn Tx| set_folder_description(tx, &admin(), &name, "x");
        at.catalog.write_in(&mut open, describe).await.unwrap();
    }
    at.catalog.commit(open).await.unwrap();
    assert_eq!(at.read(names).await.len(), 100);
    let took = begin.elapsed();
    assert!(took < FAST_ENOUGH, "{took:?}");
}
