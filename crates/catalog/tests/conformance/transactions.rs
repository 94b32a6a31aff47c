//! What jobs can rely on.

use std::time::Duration;

use catalog::procedures::create_folder;
use catalog::{CatalogError, Topic, reads};

use crate::support::{Fixture, Recipe, admin};

/// Longer than any test needs, so that a failure is not a slow machine.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) async fn a_failing_job_undoes_only_itself(at: Fixture) {
    let mut jobs = Vec::new();
    for n in 0..40 {
        let catalog = at.catalog.clone();
        jobs.push(tokio::spawn(async move {
            catalog
                .write(move |tx| {
                    create_folder(tx, &admin(), &format!("folder {n}"))?;
                    if n % 4 == 0 { Err(CatalogError::Closed) } else { Ok(()) }
                })
                .await
        }));
    }
    for (n, job) in jobs.into_iter().enumerate() {
        assert_eq!(job.await.unwrap().is_ok(), n % 4 != 0);
    }
    assert_eq!(at.read(|tx| reads::folders(tx, &admin())).await.len(), 30);
}

pub(crate) async fn a_write_wakes_those_who_wait(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let (mut tasks, mut messages) = (at.catalog.changes(), at.catalog.changes_of(Topic::Messages));
    tasks.mark_unchanged();
    messages.mark_unchanged();
    at.started(0).await;
    tokio::time::timeout(DEADLINE, tasks.changed()).await.unwrap().unwrap();
    assert!(!messages.has_changed().unwrap(), "nobody said anything");
}

pub(crate) async fn many_writers_count_without_loss(at: Fixture) {
    let mut writers = Vec::new();
    for _ in 0..8 {
        let catalog = at.catalog.clone();
        writers.push(tokio::spawn(async move {
            for _ in 0..25 {
                let sql = "INSERT INTO master_properties VALUES ('N', '1')
                           ON CONFLICT (property_name) DO UPDATE SET property_value =
                           CAST(CAST(master_properties.property_value AS BIGINT) + 1 AS TEXT)";
                catalog.write(move |tx| tx.execute(sql, &[])).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let properties = at.read(reads::master_properties).await;
    assert_eq!(properties, [("N".to_owned(), "200".to_owned())]);
}

pub(crate) async fn a_reader_cannot_write(at: Fixture) {
    let refused = at.catalog.read(|tx| create_folder(tx, &admin(), "x")).await;
    assert!(matches!(refused, Err(CatalogError::Store(_))), "{refused:?}");
    assert!(at.read(|tx| reads::folders(tx, &admin())).await.is_empty());
}

pub(crate) async fn a_closed_catalog_says_so(at: Fixture) {
    at.catalog.close().await;
    let answer = at.catalog.write(|tx| create_folder(tx, &admin(), "x")).await;
    assert!(matches!(answer, Err(CatalogError::Closed)));
    at.catalog.close().await;
}

pub(crate) async fn a_job_that_panics_harms_no_other(at: Fixture) {
    for _ in 0..3 {
        let answer = at
            .catalog
            .write(|tx| -> Result<(), CatalogError> {
                create_folder(tx, &admin(), "Half")?;
                panic!("a bug in this job, which this test wants")
            })
            .await;
        assert!(answer.is_err());
    }
    at.write(|tx| create_folder(tx, &admin(), "Whole")).await;
    let folders = at.read(|tx| reads::folders(tx, &admin())).await;
    assert_eq!(folders.len(), 1);
    assert_eq!(folders[0].name, "Whole");
}
