//! Leases that workers hold: prolonged, lost, to be stopped.

use model::{AgentId, TaskId, Timestamp};
use scaleout::message::{LeaseRef, LeaseState, Renew};
use scaleout::{Event, Phase, policy};

use super::carry_out::apply_event;
use super::task_row;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Prolongs a worker's leases: one answer each, in the order asked.
pub fn renew(
    tx: &mut dyn Tx,
    renew: &Renew,
    now: Timestamp,
) -> Result<Vec<LeaseState>, CatalogError> {
    let lease_ms = policy::lease_ms(renew.lease_ms);
    let event = Event::Renewed { agent: renew.agent, lease_ms };
    renew.leases.iter().map(|lease| renew_one(tx, lease, &event, (lease_ms, now))).collect()
}

fn renew_one(
    tx: &mut dyn Tx,
    lease: &LeaseRef,
    event: &Event,
    (lease_ms, now): (u64, Timestamp),
) -> Result<LeaseState, CatalogError> {
    let Some(mut task) = task_row::load(tx, lease.task)? else { return Ok(LeaseState::Lost) };
    let holds = matches!((&task.phase, event), (Phase::Running(held), Event::Renewed { agent, .. })
        if held.attempt == lease.attempt && held.agent == *agent);
    if !holds || apply_event(tx, &mut task, event, (lease.fence, now))?.is_err() {
        return Ok(LeaseState::Lost);
    }
    Ok(LeaseState::Held { lease_ms, stop: task.stop_requested })
}

/// Of what a worker runs, what it must stop.
pub fn stops_for(
    tx: &mut dyn Tx,
    agent: AgentId,
    running: &[LeaseRef],
) -> Result<Vec<TaskId>, CatalogError> {
    let sql = "SELECT TaskId FROM tasks
               WHERE phase = 1 AND WorkerAgentId = ?1 AND stop_requested = 1 ORDER BY ordinal";
    let mut stops = Vec::new();
    for row in tx.query(sql, &params![agent])? {
        let task: TaskId = row.get(0)?;
        if running.iter().any(|lease| lease.task == task) {
            stops.push(task);
        }
    }
    Ok(stops)
}
