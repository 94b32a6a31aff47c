//! `catalog.executions`, with what Scale Out adds: task, worker, attempts.

use model::{AgentId, ExecutionId, OperationStatus, TaskId, Timestamp};
use serde::Serialize;

use super::visible;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Row, Tx, params};

/// Which executions to list; `None` is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// In this folder.
    pub folder: Option<String>,
    /// Of this project.
    pub project: Option<String>,
    /// Of this package.
    pub package: Option<String>,
    /// In this status.
    pub status: Option<OperationStatus>,
    /// At this worker, in the last attempt.
    pub worker: Option<AgentId>,
    /// Older than this one: the next page.
    pub before: Option<ExecutionId>,
    /// How many at most.
    pub limit: u32,
}

/// An execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutionRow {
    /// Its id.
    pub id: ExecutionId,
    /// Folder name when it was created.
    pub folder: String,
    /// Project name when it was created.
    pub project: String,
    /// The package's file name.
    pub package: String,
    /// Where it is.
    pub status: OperationStatus,
    /// When it was created.
    pub created: Timestamp,
    /// When a worker first took it.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who created it.
    pub caller: String,
    /// Who stopped it.
    pub stopped_by: Option<String>,
    /// LOGGING_LEVEL.
    pub logging_level: i32,
    /// The scale-out task, once it was started.
    pub task: Option<TaskId>,
    /// The worker of the last attempt.
    pub worker: Option<AgentId>,
    /// That worker's display name.
    pub worker_name: Option<String>,
    /// How many attempts there were.
    pub executed_count: u32,
    /// How many retries it was started with.
    pub retry_count: u32,
    /// Rows that destinations wrote, in the last attempt that was reported.
    pub rows_written: i64,
    /// The process that ran the last attempt.
    pub process_id: Option<i64>,
    /// The machine of the last attempt.
    pub machine_name: Option<String>,
    /// The first error message.
    pub first_error: Option<String>,
}

macro_rules! select_executions {
    ($rest:literal) => {
        concat!(
            "SELECT e.execution_id, e.folder_name, e.project_name, e.package_name, o.status,
                    o.created_time, o.start_time, o.end_time, o.caller_name, o.stopped_by_name,
                    e.logging_level, t.TaskId, e.worker_agent_id, w.DisplayName,
                    e.executed_count, e.retry_count, e.rows_written, o.process_id,
                    o.machine_name,
                    (SELECT m.message FROM operation_messages m
                     WHERE m.operation_id = e.execution_id AND m.message_type = 120
                     ORDER BY m.operation_message_id LIMIT 1)
             FROM executions e
             JOIN operations o ON o.operation_id = e.execution_id
             LEFT JOIN tasks t ON t.execution_id = e.execution_id
             LEFT JOIN worker_agents w ON w.WorkerAgentId = e.worker_agent_id ",
            $rest
        )
    };
}

/// Executions, newest first.
pub fn executions(
    tx: &mut dyn Tx,
    caller: &Caller,
    filter: &ExecutionFilter,
) -> Result<Vec<ExecutionRow>, CatalogError> {
    let sql = format!(
        select_executions!(
            "WHERE (CAST(?1 AS TEXT) IS NULL OR lower(e.folder_name) = lower(CAST(?1 AS TEXT)))
           AND (CAST(?2 AS TEXT) IS NULL OR lower(e.project_name) = lower(CAST(?2 AS TEXT)))
           AND (CAST(?3 AS TEXT) IS NULL OR lower(e.package_name) = lower(CAST(?3 AS TEXT)))
           AND (CAST(?4 AS BIGINT) IS NULL OR o.status = ?4)
           AND (CAST(?5 AS TEXT) IS NULL OR e.worker_agent_id = ?5)
           AND (CAST(?6 AS BIGINT) IS NULL OR e.execution_id < ?6)
           AND {}
         ORDER BY e.execution_id DESC LIMIT ?7"
        ),
        visible(caller, "o.operation_id")
    );
    let params = params![
        filter.folder.as_deref(),
        filter.project.as_deref(),
        filter.package.as_deref(),
        filter.status,
        filter.worker,
        filter.before,
        filter.limit,
    ];
    tx.query(&sql, &params)?.iter().map(from_row).collect()
}

/// One execution; `None` when there is none that the caller may see.
pub fn execution(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
) -> Result<Option<ExecutionRow>, CatalogError> {
    let sql = format!(
        select_executions!("WHERE e.execution_id = ?1 AND {}"),
        visible(caller, "o.operation_id")
    );
    tx.query_opt(&sql, &params![id])?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<ExecutionRow, CatalogError> {
    Ok(ExecutionRow {
        id: row.get(0)?,
        folder: row.get(1)?,
        project: row.get(2)?,
        package: row.get(3)?,
        status: row.get(4)?,
        created: row.get(5)?,
        started: row.get(6)?,
        ended: row.get(7)?,
        caller: row.get(8)?,
        stopped_by: row.get(9)?,
        logging_level: row.get(10)?,
        task: row.get(11)?,
        worker: row.get(12)?,
        worker_name: row.get(13)?,
        executed_count: row.get(14)?,
        retry_count: row.get(15)?,
        rows_written: row.get(16)?,
        process_id: row.get(17)?,
        machine_name: row.get(18)?,
        first_error: row.get(19)?,
    })
}

/// The statuses of these executions, for those who wait for them; ones that do not exist, or
/// that the caller may not see, are left out.
pub fn execution_statuses(
    tx: &mut dyn Tx,
    caller: &Caller,
    ids: &[ExecutionId],
) -> Result<Vec<(ExecutionId, OperationStatus)>, CatalogError> {
    let sql = format!(
        "SELECT o.status FROM operations o
         WHERE o.operation_id = ?1 AND o.operation_type = 200 AND {}",
        visible(caller, "o.operation_id")
    );
    let mut statuses = Vec::with_capacity(ids.len());
    for &id in ids {
        if let Some(status) = tx.scalar(&sql, &params![id])? {
            statuses.push((id, status));
        }
    }
    Ok(statuses)
}

/// How many executions are in each status.
pub fn status_counts(
    tx: &mut dyn Tx,
    caller: &Caller,
) -> Result<Vec<(OperationStatus, i64)>, CatalogError> {
    let sql = format!(
        "SELECT o.status, count(*) FROM operations o WHERE o.operation_type = 200 AND {}
         GROUP BY o.status ORDER BY o.status",
        visible(caller, "o.operation_id")
    );
    let rows = tx.query(&sql, &[])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// One attempt to run an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttemptRow {
    /// From 1.
    pub attempt: u32,
    /// Where.
    pub worker: AgentId,
    /// That worker's display name.
    pub worker_name: Option<String>,
    /// When the task was handed out.
    pub started: Timestamp,
    /// When the attempt was over.
    pub ended: Option<Timestamp>,
    /// How it ended: a stable name.
    pub outcome: Option<String>,
    /// The same for people.
    pub detail: Option<String>,
    /// The process.
    pub process_id: Option<i64>,
    /// Rows that destinations wrote.
    pub rows_written: Option<i64>,
    /// Number of the last message that is in the catalog.
    pub last_sequence: i64,
}

/// The attempts of an execution, in order.
pub fn attempts(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
) -> Result<Vec<AttemptRow>, CatalogError> {
    let sql = format!(
        "SELECT a.attempt, a.WorkerAgentId, w.DisplayName, a.start_time, a.end_time,
                      a.outcome, a.detail, a.process_id, a.rows_written, a.last_sequence
               FROM task_attempts a
               JOIN operations o ON o.operation_id = a.execution_id
               LEFT JOIN worker_agents w ON w.WorkerAgentId = a.WorkerAgentId
               WHERE a.execution_id = ?1 AND {}
               ORDER BY a.attempt",
        visible(caller, "o.operation_id")
    );
    let rows = tx.query(&sql, &params![id])?;
    let one = |row: &Row| {
        Ok(AttemptRow {
            attempt: row.get(0)?,
            worker: row.get(1)?,
            worker_name: row.get(2)?,
            started: row.get(3)?,
            ended: row.get(4)?,
            outcome: row.get(5)?,
            detail: row.get(6)?,
            process_id: row.get(7)?,
            rows_written: row.get(8)?,
            last_sequence: row.get(9)?,
        })
    };
    rows.iter().map(one).collect()
}
