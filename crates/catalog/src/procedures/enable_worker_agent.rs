//! `catalog.enable_worker_agent`.

use model::AgentId;

use super::lookup;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Topic, Tx, params};

/// Lets a worker take tasks.
pub fn enable_worker_agent(
    tx: &mut dyn Tx,
    caller: &Caller,
    agent: AgentId,
) -> Result<(), CatalogError> {
    set_enabled(tx, caller, agent, true)
}

/// What enabling and disabling share. The worker's waiting claim is answered at once.
pub(super) fn set_enabled(
    tx: &mut dyn Tx,
    caller: &Caller,
    agent: AgentId,
    enabled: bool,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    lookup::agent(tx, agent)?;
    let sql = "UPDATE worker_agents SET IsEnabled = ?2 WHERE WorkerAgentId = ?1";
    tx.execute(sql, &params![agent, enabled])?;
    tx.notify(Topic::Tasks);
    Ok(())
}
