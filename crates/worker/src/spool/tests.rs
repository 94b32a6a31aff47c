//! Tests of spools: what was said survives whatever happens to the worker.

use model::{Attempt, Fence, MessageType, TaskId};
use scaleout::message::Outcome;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::testing::event;

fn header(task: u128) -> Header {
    let lease =
        LeaseRef { task: TaskId(Uuid::from_u128(task)), attempt: Attempt(1), fence: Fence(1) };
    Header { lease, execution: ExecutionId(7) }
}

fn outcome(spool: &Spool) -> AttemptOutcome {
    AttemptOutcome {
        lease: spool.header().lease,
        outcome: Outcome::Succeeded,
        rows_written: 3,
        process_id: Some(9),
        machine: None,
        last_sequence: spool.said(),
        tail: None,
    }
}

fn said(n: std::ops::RangeInclusive<u64>) -> Vec<Record> {
    n.map(|n| event(MessageType::Information, &format!("message {n}"))).collect()
}

fn recover_one(folder: &TempDir) -> Spool {
    let mut spools = Spool::recover(folder.path()).unwrap();
    assert_eq!(spools.len(), 1);
    spools.remove(0)
}

#[test]
fn a_new_process_finds_what_the_old_one_did_not_send() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path(), header(1)).unwrap();
    spool.append(said(1..=3)).unwrap();
    spool.end(outcome(&spool)).unwrap();
    drop(spool);

    let found = recover_one(&folder);
    assert_eq!(found.header(), &header(1));
    assert_eq!(found.said(), 3);
    assert_eq!(found.outcome().unwrap().rows_written, 3);
    let batch = found.batch(usize::MAX).unwrap();
    assert_eq!((batch.first_sequence, batch.records), (1, said(1..=3)));
}

#[test]
fn a_torn_line_is_cut_off_and_the_rest_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path(), header(1)).unwrap();
    spool.append(said(1..=2)).unwrap();
    let path = spool.path.clone();
    drop(spool);
    let whole = fs_err::read(&path).unwrap();
    fs_err::write(&path, &whole[..whole.len() - 5]).unwrap();

    let mut found = recover_one(&folder);
    assert_eq!(found.said(), 1);
    assert!(found.outcome().is_none());
    found.append(said(2..=2)).unwrap();
    drop(found);
    assert_eq!(recover_one(&folder).batch(usize::MAX).unwrap().records, said(1..=2));
}

#[test]
fn a_spool_that_ends_within_its_header_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("x.spool"), "{\"lea").unwrap();
    assert!(Spool::recover(folder.path()).unwrap().is_empty());
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_committed_is_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path(), header(1)).unwrap();
    spool.append(said(1..=3)).unwrap();
    spool.commit(2);
    let batch = spool.batch(usize::MAX).unwrap();
    assert_eq!((batch.first_sequence, batch.records), (3, said(3..=3)));
    spool.commit(2);
    assert_eq!(spool.batch(usize::MAX).unwrap().first_sequence, 3, "a late answer");
    spool.commit(u64::MAX);
    assert!(spool.batch(usize::MAX).is_none());
    spool.remove().unwrap();
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn more_than_memory_should_hold_waits_in_the_file_and_comes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path(), header(1)).unwrap();
    let long = "x".repeat(1000);
    let n = 1000;
    for i in 1..=n {
        spool.append(vec![event(MessageType::Error, &format!("{i} {long}"))]).unwrap();
        assert!(spool.pending_bytes() <= MEMORY_MAX);
    }
    spool.end(outcome(&spool)).unwrap();
    let mut seen = 0;
    while let Some(batch) = spool.batch(10_000) {
        assert_eq!(batch.first_sequence, seen + 1);
        for record in &batch.records {
            seen += 1;
            let Record::EventMessage(event) = record else { panic!("{record:?}") };
            assert!(event.message.starts_with(&format!("{seen} ")));
        }
        spool.commit(seen);
        assert!(spool.pending_bytes() <= MEMORY_MAX + 2_000);
    }
    assert_eq!(seen, n);
}

#[test]
fn a_catalog_that_lost_messages_gets_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path(), header(1)).unwrap();
    spool.append(said(1..=4)).unwrap();
    spool.end(outcome(&spool)).unwrap();
    spool.commit(4);
    spool.rewind(1).unwrap();
    let batch = spool.batch(usize::MAX).unwrap();
    assert_eq!((batch.first_sequence, batch.records), (2, said(2..=4)));
}

/// `/dev/full` is a disk without space.
#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_loses_nothing_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path(), header(1)).unwrap();
    spool.append(said(1..=2)).unwrap();
    spool.file = Some(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let error = spool.append(said(3..=3)).unwrap_err().to_string();
    assert!(error.contains(".spool` cannot be written, free space on its disk"), "{error}");
    assert_eq!(spool.said(), 2);
    spool.append_unwritten(event(MessageType::Error, "full"));
    let batch = spool.batch(usize::MAX).unwrap();
    assert_eq!((batch.records.len(), spool.said()), (3, 3));
}
