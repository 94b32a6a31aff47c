//! `catalog.delete_worker_agent`.

use model::AgentId;

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Topic, Tx, params};

/// Forgets a worker that runs nothing, and takes the trust in its certificates back: it can only
/// come again once an administrator trusts it again.
pub fn delete_worker_agent(
    tx: &mut dyn Tx,
    caller: &Caller,
    agent: AgentId,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    lookup::agent(tx, agent)?;
    let sql = "SELECT count(*) FROM tasks WHERE WorkerAgentId = ?1 AND phase = 1";
    if tx.scalar::<i64>(sql, &params![agent])? != Some(0) {
        return Err(refusal::agent_busy(agent));
    }
    tx.execute("DELETE FROM worker_agents WHERE WorkerAgentId = ?1", &params![agent])?;
    let sql = "UPDATE trusted_certificates SET revoked_time = ?2
               WHERE WorkerAgentId = ?1 AND revoked_time IS NULL";
    tx.execute(sql, &params![agent, tx.now()])?;
    tx.notify(Topic::Certificates);
    tx.notify(Topic::Tasks);
    Ok(())
}
