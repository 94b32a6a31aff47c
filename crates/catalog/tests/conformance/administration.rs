//! Clean-up, start-up and other work of administrators.

use catalog::cleanup::{
    cleanup_completed_jobs, cleanup_server_log, cleanup_server_project_version,
    cleanup_server_retention_window, retention_window_slice,
};
use catalog::procedures::{
    check_schema_version, cleanup_server_execution_keys, configure_catalog, create_execution_dump,
    delete_project, delete_worker_agent, startup, stop_operation,
};
use catalog::scale_out::{append_messages, report};
use catalog::{Caller, Roles, reads};
use model::{ExecutionId, OperationStatus, OperationType};
use scaleout::message::Outcome;

use crate::support::{Fixture, Recipe, admin, agent, batch, event, outcome, user};

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Every table that holds something of operations.
const TABLES: &[&str] = &[
    "operations",
    "operation_messages",
    "executions",
    "execution_parameter_values",
    "tasks",
    "jobs",
    "task_attempts",
    "object_permissions",
];

impl Fixture {
    async fn count(&self, table: &'static str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.read(move |tx| Ok(tx.scalar(&sql, &[])?.unwrap())).await
    }

    /// An execution that ran and said `n` things.
    async fn ended(&self, n: usize) -> ExecutionId {
        let worker = agent(1);
        let (id, _) = self.started(0).await;
        let task = self.claim(worker, 1, u64::try_from(id.0).unwrap()).await.remove(0);
        let said = batch(&task, 1, vec![event("x"); n]);
        self.write(move |tx| append_messages(tx, worker, &said)).await;
        let done = outcome(&task, Outcome::Succeeded, Vec::new());
        let last_sequence = u64::try_from(n).unwrap();
        let done = scaleout::message::AttemptOutcome { last_sequence, tail: None, ..done };
        self.write(move |tx| {
            let now = tx.now();
            report(tx, worker, &done, now)
        })
        .await;
        id
    }

    /// Makes everything that happened so far this many days older.
    async fn age(&self, days: i64) {
        self.write(move |tx| {
            let by = [(days * DAY_US).into()];
            tx.execute(
                "UPDATE operations SET created_time = created_time - ?1,
                        end_time = end_time - ?1",
                &by,
            )?;
            tx.execute("UPDATE jobs SET completed_time = completed_time - ?1", &by)
        })
        .await;
    }
}

pub(crate) async fn old_operations_go_with_all_that_hangs_on_them(at: Fixture) {
    at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    user(&at, "ann", &[]).await;
    at.ended(3).await;
    at.age(366).await;
    let (waiting, _) = at.started(0).await;
    let removed = cleanup_server_retention_window(&at.catalog, &admin()).await.unwrap();
    assert_eq!(removed, 2, "the deployment and the execution");
    let left = at.read(|tx| reads::operations(tx, &admin(), None, 10)).await;
    assert_eq!(left[0].operation_type, OperationType::RetentionWindow);
    assert_eq!(left[1].id, waiting.into());
    assert_eq!(left.len(), 2);
    let messages = at
        .read(|tx| {
            let sql = "SELECT count(*) FROM operation_messages WHERE message <> ?1";
            tx.scalar::<i64>(sql, &["2 operations removed".into()])
        })
        .await;
    assert_eq!(messages, Some(0));
    at.write(move |tx| stop_operation(tx, &admin(), waiting.into())).await;
    at.age(366).await;
    cleanup_server_retention_window(&at.catalog, &admin()).await.unwrap();
    let last = at.read(|tx| reads::operations(tx, &admin(), None, 10)).await;
    assert_eq!(last.len(), 1);
    for &table in TABLES.iter().filter(|table| !table.starts_with("operation")) {
        assert_eq!(at.count(table).await, 0, "{table}");
    }
}

pub(crate) async fn the_clean_up_works_in_slices(at: Fixture) {
    at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    at.ended(4_500).await;
    at.age(400).await;
    let mut n_slices = 0;
    loop {
        let before = at.count("operation_messages").await;
        let slice = at.write(|tx| retention_window_slice(tx)).await;
        assert!(before - at.count("operation_messages").await <= 2_000);
        n_slices += 1;
        if !slice.more {
            break;
        }
    }
    assert_eq!(n_slices, 3);
    assert_eq!(at.count("operations").await, 0);
}

pub(crate) async fn nothing_is_removed_when_the_clean_up_is_off(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let configure = |name: &'static str, value: &'static str| {
        at.write(move |tx| configure_catalog(tx, &admin(), name, value))
    };
    configure("OPERATION_CLEANUP_ENABLED", "FALSE").await;
    at.age(10_000).await;
    assert_eq!(cleanup_server_retention_window(&at.catalog, &admin()).await.unwrap(), 0);
    configure("OPERATION_CLEANUP_ENABLED", "TRUE").await;
    configure("RETENTION_WINDOW", "-1").await;
    at.age(10_000).await;
    assert_eq!(cleanup_server_retention_window(&at.catalog, &admin()).await.unwrap(), 0);
    configure("RETENTION_WINDOW", "7").await;
    assert_eq!(cleanup_server_retention_window(&at.catalog, &admin()).await.unwrap(), 4);
}

pub(crate) async fn versions_beyond_their_number_and_of_deleted_projects_go(at: Fixture) {
    for greeting in ["a", "b", "c", "d"] {
        at.deployed(&Recipe { greeting, ..Recipe::default() }).await;
    }
    let set = |name: &'static str, value: &'static str| {
        at.write(move |tx| configure_catalog(tx, &admin(), name, value))
    };
    set("VERSION_CLEANUP_ENABLED", "FALSE").await;
    set("MAX_PROJECT_VERSIONS", "2").await;
    assert_eq!(cleanup_server_project_version(&at.catalog, &admin()).await.unwrap(), 0);
    set("VERSION_CLEANUP_ENABLED", "TRUE").await;
    assert_eq!(cleanup_server_project_version(&at.catalog, &admin()).await.unwrap(), 2);
    assert_eq!((at.count("object_versions").await, at.count("project_files").await), (2, 2));
    at.write(|tx| delete_project(tx, &admin(), "Sales", "Etl")).await;
    assert_eq!(cleanup_server_project_version(&at.catalog, &admin()).await.unwrap(), 2);
    assert_eq!((at.count("object_versions").await, at.count("project_files").await), (0, 0));
}

pub(crate) async fn completed_jobs_go_after_an_hour(at: Fixture) {
    at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    let id = at.ended(1).await;
    assert_eq!(at.write(|tx| cleanup_completed_jobs(tx)).await, 0);
    at.age(1).await;
    assert_eq!(at.write(|tx| cleanup_completed_jobs(tx)).await, 1);
    assert_eq!((at.count("tasks").await, at.count("jobs").await), (0, 0));
    let row = at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    assert_eq!(row.status, OperationStatus::Succeeded);
}

pub(crate) async fn the_log_is_removed_when_nothing_is_active(at: Fixture) {
    at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    let (waiting, _) = at.started(0).await;
    let active = cleanup_server_log(&at.catalog, &admin()).await.unwrap_err();
    assert_eq!(active.number(), Some(27139));
    at.write(move |tx| stop_operation(tx, &admin(), waiting.into())).await;
    cleanup_server_log(&at.catalog, &admin()).await.unwrap();
    assert_eq!(at.count("operations").await, 0);
}

pub(crate) async fn the_encryption_level_changes_without_logs_only(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let set = |value: &'static str| {
        let name = "SERVER_OPERATION_ENCRYPTION_LEVEL";
        at.catalog.write(move |tx| configure_catalog(tx, &admin(), name, value))
    };
    at.created().await;
    set("2").await.unwrap();
    assert_eq!(set("1").await.unwrap_err().number(), Some(27141));
    cleanup_server_log(&at.catalog, &admin()).await.unwrap();
    set("1").await.unwrap();
    let keys =
        |flag| at.catalog.write(move |tx| cleanup_server_execution_keys(tx, &admin(), flag, 1000));
    assert_eq!(keys(2).await.unwrap_err().number(), Some(27101));
    assert_eq!(keys(1).await.unwrap(), 0);
}

pub(crate) async fn startup_marks_what_nothing_carries(at: Fixture) {
    at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    let (carried, _) = at.started(0).await;
    let lost = at.created().await;
    at.write(move |tx| {
        tx.execute("UPDATE operations SET status = 2 WHERE operation_id = ?1", &[lost.into()])
    })
    .await;
    let found = at.write(|tx| startup(tx, &admin())).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].operation, found[0].status), (lost.into(), OperationStatus::Running));
    let status = |id| at.read(move |tx| Ok(reads::execution(tx, &admin(), id)?.unwrap().status));
    assert_eq!(status(lost).await, OperationStatus::EndedUnexpectedly);
    assert_eq!(status(carried).await, OperationStatus::Pending);
}

pub(crate) async fn a_dump_of_a_running_execution_is_refused_by_name(at: Fixture) {
    let worker = at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    let dump = |id| at.refused(move |tx| create_execution_dump(tx, &admin(), id));
    assert_eq!(dump(ExecutionId(99)).await.0, 27103);
    let (id, _) = at.started(0).await;
    assert_eq!(dump(id).await.0, 27218);
    at.claim(worker, 1, 1).await;
    let (number, message) = dump(id).await;
    assert_eq!(number, 27218);
    assert!(message.contains("DUMP_ON_ERROR"), "{message}");
    let done = at.ended(1).await;
    assert_eq!(dump(done).await.0, 27175);
}

pub(crate) async fn a_worker_is_forgotten_when_it_runs_nothing(at: Fixture) {
    let worker = at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    at.started(0).await;
    at.claim(worker, 1, 1).await;
    let delete = |worker| at.refused(move |tx| delete_worker_agent(tx, &admin(), worker));
    assert_eq!(delete(worker).await.0, 27243, "it runs a task");
    let idle = at.worker(2).await;
    at.write(move |tx| delete_worker_agent(tx, &admin(), idle)).await;
    assert_eq!(delete(idle).await.0, 27243, "it is gone");
    assert_eq!(at.count("worker_agents").await, 1);
}

pub(crate) async fn administration_is_for_administrators(at: Fixture) {
    fn guest() -> Caller {
        Caller::new("gus", Roles { ssis_cluster_executor: true, ..Roles::default() })
    }
    at.write(|tx| check_schema_version(tx, &admin())).await;
    assert_eq!(at.refused(|tx| check_schema_version(tx, &guest())).await.0, 27219);
    assert_eq!(at.refused(|tx| startup(tx, &guest())).await.0, 27219);
    assert_eq!(at.refused(|tx| delete_worker_agent(tx, &guest(), agent(1))).await.0, 27219);
    let dump = at.refused(|tx| create_execution_dump(tx, &guest(), ExecutionId(1))).await;
    assert_eq!(dump.0, 27140);
    for refused in [
        cleanup_server_log(&at.catalog, &guest()).await,
        cleanup_server_retention_window(&at.catalog, &guest()).await,
        cleanup_server_project_version(&at.catalog, &guest()).await,
    ] {
        assert_eq!(refused.unwrap_err().number(), Some(27219));
    }
}
