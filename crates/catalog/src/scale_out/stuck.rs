//! Why executions are where they are, for people; and telling it among an execution's own messages
//! when no worker can run it, which is where people look first.

use std::collections::BTreeMap;

use model::{AgentId, ExecutionId, MessageSourceType, MessageType, TaskId, Timestamp};
use scaleout::{Asking, Reason, explain, sentence};

use super::snapshot::{snapshot, snapshot_of};
use crate::error::CatalogError;
use crate::store::{Topic, Tx, params};

/// How many executions one call tells: the rest are told by later ones.
const TOLD_MAX: i64 = 100;

/// Why a task is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// All of it in one sentence.
    pub sentence: String,
    /// Each worker with its name and its reason; empty when the task is over.
    pub workers: Vec<(AgentId, String, Reason)>,
}

/// Explains a task to a master that holds these claims.
pub fn explain_task(
    tx: &mut dyn Tx,
    task: TaskId,
    asking: &[(AgentId, Asking)],
) -> Result<Explained, CatalogError> {
    let now = tx.now();
    let mut picture = snapshot(tx, asking, now)?;
    let alone = snapshot_of(tx, task)?;
    // The picture shows the oldest waiting tasks only, and leases of those who ask.
    for (all, one) in [(&mut picture.waiting, alone.waiting), (&mut picture.leased, alone.leased)] {
        if !all.iter().any(|known| known.id == task) {
            all.extend(one);
        }
    }
    let names = names(tx)?;
    let name = |agent| names.get(&agent).cloned().unwrap_or_else(|| agent.to_string());
    let reasons = explain(&picture, task, now);
    let workers: Vec<_> =
        reasons.into_iter().map(|(agent, reason)| (agent, name(agent), reason)).collect();
    let named: Vec<_> = workers.iter().map(|(_, name, reason)| (name.clone(), *reason)).collect();
    Ok(Explained { sentence: sentence(&named), workers })
}

/// Workers as people know them: name and machine.
fn names(tx: &mut dyn Tx) -> Result<BTreeMap<AgentId, String>, CatalogError> {
    let sql = "SELECT WorkerAgentId, DisplayName, MachineName FROM worker_agents";
    let mut names = BTreeMap::new();
    for row in tx.query(sql, &[])? {
        let (display, machine): (String, String) = (row.get(1)?, row.get(2)?);
        let name = if display == machine { display } else { format!("{display} on {machine}") };
        names.insert(row.get(0)?, name);
    }
    Ok(names)
}

/// Writes a warning into the messages of every execution that has waited since `before` or longer
/// and that no worker can run, unless the same was said last. Returns how many were told.
pub fn tell_stuck(tx: &mut dyn Tx, before: Timestamp) -> Result<u64, CatalogError> {
    let mut told = 0;
    for (execution, why) in stuck_since(tx, before)? {
        told += u64::from(tell(tx, execution, &why.sentence)?);
    }
    Ok(told)
}

/// Executions that wait now and that no worker can run, the oldest of them, each with why.
pub fn stuck(tx: &mut dyn Tx) -> Result<Vec<(ExecutionId, Explained)>, CatalogError> {
    let now = tx.now();
    stuck_since(tx, now)
}

/// How many leases ended before a time and were not taken back.
pub fn leases_ended_before(tx: &mut dyn Tx, time: Timestamp) -> Result<i64, CatalogError> {
    let sql = "SELECT count(*) FROM tasks WHERE phase = 1 AND lease_expires <= ?1";
    Ok(tx.scalar(sql, &params![time])?.unwrap_or_default())
}

fn stuck_since(
    tx: &mut dyn Tx,
    before: Timestamp,
) -> Result<Vec<(ExecutionId, Explained)>, CatalogError> {
    let online = tx.now().plus_ms(-scaleout::policy::OFFLINE_AFTER_MS);
    let sql = "SELECT t.TaskId, t.execution_id FROM tasks t JOIN jobs j ON j.JobId = t.JobId
               WHERE t.phase = 0 AND j.created_time <= ?1
                 AND NOT EXISTS (
                     SELECT 1 FROM worker_agents w
                     WHERE w.IsEnabled = 1 AND ?2 <= w.LastOnlineTime
                       AND (t.use_any_worker = 1 OR EXISTS (
                            SELECT 1 FROM job_worker_agents a
                            WHERE a.JobId = t.JobId AND a.WorkerAgentId = w.WorkerAgentId)))
               ORDER BY t.ordinal LIMIT ?3";
    let rows = tx.query(sql, &params![before, online, TOLD_MAX])?;
    let explain = |row: &crate::store::Row| Ok((row.get(1)?, explain_task(tx, row.get(0)?, &[])?));
    rows.iter().map(explain).collect()
}

fn tell(tx: &mut dyn Tx, execution: ExecutionId, text: &str) -> Result<bool, CatalogError> {
    // As for all messages of an operation, so that their numbers become visible in order.
    let sql = "SELECT operation_id FROM operations WHERE operation_id = ?1 {{for_update}}";
    tx.query(sql, &params![execution])?;
    let sql = "SELECT message FROM operation_messages WHERE operation_id = ?1
               ORDER BY operation_message_id DESC LIMIT 1";
    let last: Option<String> = tx.scalar(sql, &params![execution])?;
    if last.as_deref() == Some(text) {
        return Ok(false);
    }
    let (kind, source) = (MessageType::Warning, MessageSourceType::ExecutionProcess);
    tx.execute(
        "INSERT INTO operation_messages (operation_id, message_time, message_type,
                                         message_source_type, message)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &params![execution, tx.now(), kind.number(), source.number(), text],
    )?;
    tx.notify(Topic::Messages);
    Ok(true)
}
