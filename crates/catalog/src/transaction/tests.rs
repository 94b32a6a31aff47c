//! Any calls: a transaction does what they would do one by one, or says that it cannot.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tokio::runtime::Builder;

use super::Transaction;
use super::tape::is_read;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::key::CatalogKey;
use crate::procedures::{
    EnvironmentName, create_environment, create_folder, delete_environment, delete_folder,
    move_environment, rename_folder,
};
use crate::store::{Row, Tx};

/// A call on one of a few folders, each with one environment at most.
#[derive(Clone, Copy, Debug)]
enum Step {
    Create(u8),
    Rename(u8, u8),
    Delete(u8),
    CreateEnvironment(u8),
    MoveEnvironment(u8, u8),
    DeleteEnvironment(u8),
}

/// What a client is told: an id or nothing, else the number of the refusal.
type Told = Result<Option<i64>, i32>;

fn step() -> impl Strategy<Value = Step> {
    let folder = 0..4_u8;
    prop_oneof![
        3 => folder.clone().prop_map(Step::Create),
        2 => (folder.clone(), folder.clone()).prop_map(|(old, new)| Step::Rename(old, new)),
        1 => folder.clone().prop_map(Step::Delete),
        2 => folder.clone().prop_map(Step::CreateEnvironment),
        2 => (folder.clone(), folder.clone()).prop_map(|(from, to)| Step::MoveEnvironment(from, to)),
        1 => folder.prop_map(Step::DeleteEnvironment),
    ]
}

fn run(tx: &mut dyn Tx, step: Step) -> Result<Option<i64>, CatalogError> {
    let admin = Caller::admin("ada");
    let folder = |n: u8| format!("F{n}");
    fn prod(folder_name: &str) -> EnvironmentName<'_> {
        EnvironmentName { folder_name, environment_name: "Prod" }
    }
    match step {
        Step::Create(n) => Ok(Some(create_folder(tx, &admin, &folder(n))?.0)),
        Step::Rename(old, new) => {
            rename_folder(tx, &admin, &folder(old), &folder(new)).map(|()| None)
        }
        Step::Delete(n) => delete_folder(tx, &admin, &folder(n)).map(|()| None),
        Step::CreateEnvironment(n) => {
            create_environment(tx, &admin, &prod(&folder(n)), None).map(Some)
        }
        Step::MoveEnvironment(from, to) => {
            move_environment(tx, &admin, &prod(&folder(from)), &folder(to)).map(|()| None)
        }
        Step::DeleteEnvironment(n) => {
            delete_environment(tx, &admin, &prod(&folder(n))).map(|()| None)
        }
    }
}

fn told(answer: Result<Option<i64>, CatalogError>) -> Told {
    answer.map_err(|error| error.number().unwrap_or_default())
}

/// Folders and environments with their ids.
async fn content(catalog: &Catalog) -> Vec<Row> {
    let sql = "SELECT 'F', folder_id, name, 0 FROM folders
               UNION ALL SELECT 'E', environment_id, name, folder_id FROM environments
               ORDER BY 1, 2";
    catalog.read(move |tx| tx.query(sql, &[])).await.unwrap()
}

fn open() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let key = CatalogKey::generate().unwrap();
    let catalog = Catalog::open(folder.path().join("ssisdb.sqlite"), key).unwrap();
    (folder, catalog)
}

async fn same_as_one_by_one(before: &[Step], steps: &[Step]) -> TestCaseResult {
    let ((_one, direct), (_two, journal)) = (open(), open());
    let mut transaction = Transaction::new();
    for &step in before {
        drop(direct.write(move |tx| run(tx, step)).await);
        drop(journal.write(move |tx| run(tx, step)).await);
    }
    for &step in steps {
        let alone = told(direct.write(move |tx| run(tx, step)).await);
        let inside = journal.write_in(&mut transaction, move |tx| run(tx, step)).await;
        prop_assert_eq!(told(inside), alone);
    }
    journal.commit(transaction).await.unwrap();
    prop_assert!(content(&journal).await == content(&direct).await);
    Ok(())
}

/// Others change things between the calls. What a client was told is then true of what the
/// commit leaves: the calls, run behind the others' in that order, answer the same; or there is
/// a conflict, and only the others' changes are there.
async fn true_or_conflict(steps: &[(bool, Step)]) -> TestCaseResult {
    let ((_one, direct), (_two, journal)) = (open(), open());
    let mut transaction = Transaction::new();
    let mut mine = Vec::new();
    let mut conflict = false;
    for &(is_mine, step) in steps {
        if !is_mine {
            let there = told(direct.write(move |tx| run(tx, step)).await);
            prop_assert_eq!(
                told(journal.write(move |tx| run(tx, step)).await).is_ok(),
                there.is_ok()
            );
        } else if !conflict {
            let answer = journal.write_in(&mut transaction, move |tx| run(tx, step)).await;
            conflict = matches!(answer, Err(CatalogError::TransactionConflict));
            if answer.is_ok() {
                mine.push(step);
            }
        }
    }
    let committed = !conflict && journal.commit(transaction).await.is_ok();
    if committed {
        for step in mine {
            let again = told(direct.write(move |tx| run(tx, step)).await);
            prop_assert!(again.is_ok(), "{step:?}: {again:?}");
        }
    }
    prop_assert_eq!(names(&content(&journal).await), names(&content(&direct).await));
    Ok(())
}

/// Kinds and names: ids differ between a catalog whose ids were reserved and one without.
fn names(rows: &[Row]) -> Vec<(String, String)> {
    let mut names: Vec<_> =
        rows.iter().map(|row| (row.get(0).unwrap(), row.get(2).unwrap())).collect();
    names.sort();
    names
}

fn block_on(case: impl Future<Output = TestCaseResult>) -> TestCaseResult {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(case)
}

#[test]
fn statements_that_read_are_told_from_those_that_write() {
    for read in ["SELECT 1", "\n  SELECT updated FROM t", "WITH a AS (SELECT 1) SELECT * FROM a"] {
        assert!(is_read(read), "{read}");
    }
    for write in ["UPDATE t SET a = 1 RETURNING a", "WITH a AS (SELECT 1) INSERT INTO t VALUES (1)"]
    {
        assert!(!is_read(write), "{write}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_transaction_does_what_its_calls_do_one_by_one(
        before in prop::collection::vec(step(), 0..6),
        steps in prop::collection::vec(step(), 1..12),
    ) {
        block_on(same_as_one_by_one(&before, &steps))?;
    }

    #[test]
    fn beside_others_a_transaction_keeps_its_word_or_says_conflict(
        steps in prop::collection::vec((any::<bool>(), step()), 1..16),
    ) {
        block_on(true_or_conflict(&steps))?;
    }
}
