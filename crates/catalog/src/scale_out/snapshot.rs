//! The picture that a master plans on: bounded by what the asking workers can take.

use std::collections::BTreeMap;

use model::{AgentId, TaskId, Timestamp};
use scaleout::{Asking, Phase, Snapshot, Task, Worker};

use super::task_row::{self, Ordered, select_tasks};
use crate::error::CatalogError;
use crate::store::{Param, Tx, params};

/// How many tasks whose lease has ended one picture shows: the rest come with the next.
const EXPIRED_MAX: i64 = 500;

/// How many waiting tasks one picture shows for one kind of them.
const WAITING_MAX: i64 = 1_000;

/// What a master needs to decide about the workers that ask it, in the order they asked: waiting
/// tasks that these may take, oldest first; their leases; leases of anybody that have ended.
pub fn snapshot(
    tx: &mut dyn Tx,
    asking: &[(AgentId, Asking)],
    now: Timestamp,
) -> Result<Snapshot, CatalogError> {
    let workers = workers(tx, asking)?;
    let takers: Vec<(AgentId, i64)> = workers
        .iter()
        .filter(|worker| worker.enabled)
        .filter_map(|worker| Some((worker.agent, i64::from(worker.asking.as_ref()?.tasks_max))))
        .filter(|(_, tasks_max)| 0 < *tasks_max)
        .collect();
    let mut waiting = Tasks::default();
    if !takers.is_empty() {
        waiting_for_any(tx, &takers, now, &mut waiting)?;
        waiting_for_named(tx, &takers, now, &mut waiting)?;
    }
    let mut leased = Tasks::default();
    let sql = select_tasks!(
        "WHERE t.phase = 1 AND t.lease_expires <= ?1 ORDER BY t.lease_expires LIMIT ?2"
    );
    leased.add(task_row::load_all(tx, sql, &params![now, EXPIRED_MAX])?);
    for (agent, _) in asking {
        let sql = select_tasks!("WHERE t.phase = 1 AND t.WorkerAgentId = ?1");
        leased.add(task_row::load_all(tx, sql, &params![*agent])?);
    }
    Ok(Snapshot { waiting: waiting.in_order(), leased: leased.in_order(), workers })
}

/// The picture around one task, for `explain`: all workers, and the task itself.
pub fn snapshot_of(tx: &mut dyn Tx, task: TaskId) -> Result<Snapshot, CatalogError> {
    let workers = workers(tx, &[])?;
    let (mut waiting, mut leased) = (Vec::new(), Vec::new());
    for Ordered { task, .. } in
        task_row::load_all(tx, select_tasks!("WHERE t.TaskId = ?1"), &params![task])?
    {
        match task.phase {
            Phase::Waiting { .. } => waiting.push(task),
            Phase::Running(_) => leased.push(task),
            Phase::Done(_) => {}
        }
    }
    Ok(Snapshot { waiting, leased, workers })
}

/// Tasks by age, each once.
#[derive(Default)]
struct Tasks(BTreeMap<i64, Task>);

impl Tasks {
    fn add(&mut self, tasks: Vec<Ordered>) {
        self.0.extend(tasks.into_iter().map(|ordered| (ordered.ordinal, ordered.task)));
    }

    fn in_order(self) -> Vec<Task> {
        self.0.into_values().collect()
    }
}

/// Retries that still avoid a worker are looked up apart, so that they do not crowd out others.
fn waiting_for_any(
    tx: &mut dyn Tx,
    takers: &[(AgentId, i64)],
    now: Timestamp,
    found: &mut Tasks,
) -> Result<(), CatalogError> {
    let limit = takers.iter().map(|(_, tasks_max)| tasks_max).sum::<i64>().min(WAITING_MAX);
    let free = select_tasks!(
        "WHERE t.phase = 0 AND t.use_any_worker = 1
           AND (t.avoid_until IS NULL OR t.avoid_until <= ?1)
         ORDER BY t.ordinal LIMIT ?2"
    );
    let avoiding = select_tasks!(
        "WHERE t.phase = 0 AND t.use_any_worker = 1
           AND t.avoid_until IS NOT NULL AND ?1 < t.avoid_until
         ORDER BY t.ordinal LIMIT ?2"
    );
    for sql in [free, avoiding] {
        found.add(task_row::load_all(tx, sql, &params![now, limit])?);
    }
    Ok(())
}

fn waiting_for_named(
    tx: &mut dyn Tx,
    takers: &[(AgentId, i64)],
    now: Timestamp,
    found: &mut Tasks,
) -> Result<(), CatalogError> {
    let free = select_tasks!(
        "WHERE t.phase = 0 AND t.use_any_worker = 0
           AND EXISTS (SELECT 1 FROM job_worker_agents j
                       WHERE j.JobId = t.JobId AND j.WorkerAgentId = ?3)
           AND (t.avoid_until IS NULL OR t.avoid_until <= ?1)
         ORDER BY t.ordinal LIMIT ?2"
    );
    let avoiding = select_tasks!(
        "WHERE t.phase = 0 AND t.use_any_worker = 0
           AND EXISTS (SELECT 1 FROM job_worker_agents j
                       WHERE j.JobId = t.JobId AND j.WorkerAgentId = ?3)
           AND t.avoid_until IS NOT NULL AND ?1 < t.avoid_until
         ORDER BY t.ordinal LIMIT ?2"
    );
    for (agent, tasks_max) in takers {
        let limit = (*tasks_max).min(WAITING_MAX);
        for sql in [free, avoiding] {
            let params: [Param<'_>; 3] = params![now, limit, *agent];
            found.add(task_row::load_all(tx, sql, &params)?);
        }
    }
    Ok(())
}

/// Those that ask come first, in their order.
fn workers(tx: &mut dyn Tx, asking: &[(AgentId, Asking)]) -> Result<Vec<Worker>, CatalogError> {
    let sql = "SELECT WorkerAgentId, IsEnabled, LastOnlineTime FROM worker_agents
               ORDER BY WorkerAgentId";
    let mut workers = Vec::new();
    for row in tx.query(sql, &[])? {
        let agent: AgentId = row.get(0)?;
        let place = asking.iter().position(|(asks, _)| *asks == agent);
        let worker = Worker {
            agent,
            enabled: row.get(1)?,
            last_online: row.get(2)?,
            asking: place.and_then(|place| asking.get(place)).map(|(_, asking)| asking.clone()),
        };
        workers.push((place.unwrap_or(usize::MAX), worker));
    }
    workers.sort_by_key(|(place, _)| *place);
    Ok(workers.into_iter().map(|(_, worker)| worker).collect())
}
