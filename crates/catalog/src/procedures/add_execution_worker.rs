//! `catalog.add_execution_worker`.

use model::{AgentId, ExecutionId, OperationStatus};

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Allows a worker to run an execution that was created with `@useanyworker = 0`.
pub fn add_execution_worker(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    agent: AgentId,
) -> Result<(), CatalogError> {
    let row = lookup::execution(tx, caller, execution)?;
    let job = row.job.filter(|_| row.run_in_scale_out).ok_or_else(refusal::job_is_null)?;
    if row.use_any_worker {
        return Err(refusal::job_is_for_all(job));
    }
    if row.status != OperationStatus::Created {
        return Err(refusal::already_started());
    }
    if !lookup::agent(tx, agent)? {
        return Err(refusal::agent_disabled(agent));
    }
    let sql = "INSERT INTO job_worker_agents (JobId, WorkerAgentId) VALUES (?1, ?2)
               ON CONFLICT (JobId, WorkerAgentId) DO NOTHING";
    tx.execute(sql, &params![job, agent])?;
    Ok(())
}
