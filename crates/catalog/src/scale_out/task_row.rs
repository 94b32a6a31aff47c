//! A scale-out task as a row of `tasks`, and back.

use model::{AgentId, OperationStatus, TaskId};
use scaleout::{Allowed, Avoid, Ending, Lease, Phase, Task};

use crate::error::CatalogError;
use crate::store::{Param, Row, Tx, params};

const WAITING: i64 = 0;
const RUNNING: i64 = 1;
const DONE: i64 = 2;

/// The columns that [`from_row`] reads, in its order.
macro_rules! select_tasks {
    ($rest:literal) => {
        concat!(
            "SELECT t.TaskId, t.JobId, t.execution_id, t.phase, t.fence, t.attempt,
                    t.retries_left, t.use_any_worker, t.stop_requested, t.WorkerAgentId,
                    t.lease_expires, t.lease_claim, t.avoid_agent, t.avoid_until, t.ending,
                    t.ordinal
             FROM tasks t ",
            $rest
        )
    };
}
pub(crate) use select_tasks;

/// A task, and where its row is in the order of starts.
pub(crate) struct Ordered {
    pub(crate) ordinal: i64,
    pub(crate) task: Task,
}

/// The task with this id, held against other writers until the transaction ends.
pub(crate) fn load(tx: &mut dyn Tx, id: TaskId) -> Result<Option<Task>, CatalogError> {
    let sql = select_tasks!("WHERE t.TaskId = ?1 {{for_update}}");
    let row = tx.query_opt(sql, &params![id])?;
    row.map(|row| Ok(from_row(tx, &row)?.task)).transpose()
}

/// All tasks that `sql`, made with [`select_tasks`], finds.
pub(crate) fn load_all(
    tx: &mut dyn Tx,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Ordered>, CatalogError> {
    let rows = tx.query(sql, params)?;
    rows.iter().map(|row| from_row(tx, row)).collect()
}

fn from_row(tx: &mut dyn Tx, row: &Row) -> Result<Ordered, CatalogError> {
    let any_worker: bool = row.get(7)?;
    let allowed = if any_worker {
        Allowed::AnyWorker
    } else {
        let job: String = row.get(1)?;
        let sql = "SELECT WorkerAgentId FROM job_worker_agents WHERE JobId = ?1";
        let agents = tx.query(sql, &params![&job])?;
        Allowed::Only(agents.iter().map(|agent| agent.get(0)).collect::<Result<_, _>>()?)
    };
    let task = Task {
        id: row.get(0)?,
        execution: row.get(2)?,
        phase: phase(row)?,
        fence: row.get(4)?,
        attempt: row.get(5)?,
        retries_left: row.get(6)?,
        allowed,
        stop_requested: row.get(8)?,
    };
    Ok(Ordered { ordinal: row.get(15)?, task })
}

fn phase(row: &Row) -> Result<Phase, CatalogError> {
    let unknown = CatalogError::UnexpectedCell { column: 3, expected: "a phase" };
    match row.get::<i64>(3)? {
        WAITING => {
            let agent: Option<AgentId> = row.get(12)?;
            let avoid = match agent {
                Some(agent) => Some(Avoid { agent, until: row.get(13)? }),
                None => None,
            };
            Ok(Phase::Waiting { avoid })
        }
        RUNNING => Ok(Phase::Running(Lease {
            agent: row.get(9)?,
            attempt: row.get(5)?,
            expires: row.get(10)?,
            claim: row.get(11)?,
        })),
        DONE => {
            let status: OperationStatus = row.get(14)?;
            Ending::from_status(status).map(Phase::Done).ok_or(unknown)
        }
        _ => Err(unknown),
    }
}

/// The columns of a phase.
#[derive(Default)]
struct PhaseColumns {
    phase: i64,
    lease: Option<Lease>,
    avoid: Option<Avoid>,
    ending: Option<Ending>,
}

impl From<Phase> for PhaseColumns {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Waiting { avoid } => Self { phase: WAITING, avoid, ..Self::default() },
            Phase::Running(lease) => Self { phase: RUNNING, lease: Some(lease), ..Self::default() },
            Phase::Done(ending) => Self { phase: DONE, ending: Some(ending), ..Self::default() },
        }
    }
}

/// Writes what can change of a task, where its fence is still what `before` had. False when
/// somebody else was faster.
pub(crate) fn save(tx: &mut dyn Tx, before: &Task, task: &Task) -> Result<bool, CatalogError> {
    let columns = PhaseColumns::from(task.phase);
    let changed = tx.execute(
        "UPDATE tasks
         SET phase = ?3, fence = ?4, attempt = ?5, retries_left = ?6, stop_requested = ?7,
             WorkerAgentId = ?8, lease_expires = ?9, lease_claim = ?10, avoid_agent = ?11,
             avoid_until = ?12, ending = ?13
         WHERE TaskId = ?1 AND fence = ?2",
        &params![
            task.id,
            before.fence,
            columns.phase,
            task.fence,
            task.attempt,
            task.retries_left,
            task.stop_requested,
            columns.lease.map(|lease| lease.agent),
            columns.lease.map(|lease| lease.expires),
            columns.lease.map(|lease| lease.claim),
            columns.avoid.map(|avoid| avoid.agent),
            columns.avoid.map(|avoid| avoid.until),
            columns.ending.map(Ending::status),
        ],
    )?;
    Ok(changed == 1)
}

/// Adds a new task behind all others.
pub(crate) fn insert(tx: &mut dyn Tx, job: &str, task: &Task) -> Result<(), CatalogError> {
    let any_worker = task.allowed == Allowed::AnyWorker;
    tx.execute(
        "INSERT INTO tasks (TaskId, JobId, execution_id, phase, fence, attempt, retries_left,
                            use_any_worker, stop_requested)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &params![
            task.id,
            job,
            task.execution,
            PhaseColumns::from(task.phase).phase,
            task.fence,
            task.attempt,
            task.retries_left,
            any_worker,
            task.stop_requested,
        ],
    )?;
    Ok(())
}
