//! How an attempt ended, as its worker reports it.

use model::{AgentId, Timestamp};
use scaleout::message::{AttemptOutcome, OutcomeState};
use scaleout::{AttemptEnd, Event};

use super::carry_out::apply_event;
use super::messages::append_messages;
use super::task_row;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Records an outcome, once all messages of the attempt are in the catalog. Reporting the same
/// again is answered as the first time.
pub fn report(
    tx: &mut dyn Tx,
    agent: AgentId,
    outcome: &AttemptOutcome,
    now: Timestamp,
) -> Result<OutcomeState, CatalogError> {
    let lease = &outcome.lease;
    // First of all, so that the same report at another master waits for the end of this one.
    let task = task_row::load(tx, lease.task)?;
    let tail = outcome.tail.as_ref();
    if let Some(tail) = tail.filter(|tail| (tail.task, tail.attempt) == (lease.task, lease.attempt))
    {
        append_messages(tx, agent, tail)?;
    }
    let sql = "SELECT last_sequence, outcome FROM task_attempts
               WHERE TaskId = ?1 AND attempt = ?2 AND WorkerAgentId = ?3";
    let Some(row) = tx.query_opt(sql, &params![lease.task, lease.attempt, agent])? else {
        return Ok(OutcomeState::Stale);
    };
    let last_sequence: u64 = row.get(0)?;
    if last_sequence < outcome.last_sequence {
        return Ok(OutcomeState::MessagesMissing { last_sequence });
    }
    let recorded: Option<String> = row.get(1)?;
    let end = AttemptEnd::Reported(outcome.outcome.clone());
    if recorded.as_deref() == Some(end.name()) {
        return Ok(OutcomeState::Recorded);
    }
    if recorded.is_some() {
        return Ok(OutcomeState::Stale);
    }
    let Some(mut task) = task else { return Ok(OutcomeState::Stale) };
    let event = Event::Reported { agent, outcome: outcome.outcome.clone() };
    if apply_event(tx, &mut task, &event, (lease.fence, now))?.is_err() {
        return Ok(OutcomeState::Stale);
    }
    write_facts(tx, outcome, task.execution.0)?;
    Ok(OutcomeState::Recorded)
}

/// What the worker saw besides the outcome.
fn write_facts(
    tx: &mut dyn Tx,
    outcome: &AttemptOutcome,
    execution: i64,
) -> Result<(), CatalogError> {
    let lease = &outcome.lease;
    tx.execute(
        "UPDATE task_attempts SET process_id = ?3, rows_written = ?4
         WHERE TaskId = ?1 AND attempt = ?2",
        &params![lease.task, lease.attempt, outcome.process_id, outcome.rows_written],
    )?;
    let machine = outcome.machine.as_ref();
    tx.execute(
        "UPDATE executions
         SET rows_written = ?2,
             total_physical_memory_kb = coalesce(?3, total_physical_memory_kb),
             available_physical_memory_kb = coalesce(?4, available_physical_memory_kb),
             cpu_count = coalesce(?5, cpu_count)
         WHERE execution_id = ?1",
        &params![
            execution,
            outcome.rows_written,
            machine.map(|machine| machine.total_physical_memory_kb),
            machine.map(|machine| machine.available_physical_memory_kb),
            machine.map(|machine| machine.cpu_count),
        ],
    )?;
    tx.execute(
        "UPDATE operations
         SET process_id = coalesce(?2, process_id),
             machine_name = coalesce((SELECT w.MachineName FROM worker_agents w
                                      JOIN executions e ON e.worker_agent_id = w.WorkerAgentId
                                      WHERE e.execution_id = ?1), machine_name)
         WHERE operation_id = ?1",
        &params![execution, outcome.process_id],
    )?;
    Ok(())
}
