//! `catalog.disable_worker_agent`.

use model::AgentId;

use super::enable_worker_agent::set_enabled;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// Gives a worker no more tasks. It finishes what it runs.
pub fn disable_worker_agent(
    tx: &mut dyn Tx,
    caller: &Caller,
    agent: AgentId,
) -> Result<(), CatalogError> {
    set_enabled(tx, caller, agent, false)
}
