//! `catalog.set_worker_agent_property`.

use model::AgentId;

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// The columns of DisplayName and Description are `nvarchar(256)`.
const TEXT_MAX: usize = 256;

/// Sets `DisplayName`, `Description` or `Tags` of a worker; it stays when the worker registers
/// again.
pub fn set_worker_agent_property(
    tx: &mut dyn Tx,
    caller: &Caller,
    agent: AgentId,
    property_name: &str,
    property_value: &str,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    lookup::agent(tx, agent)?;
    let (sql, length_max) = match property_name.to_ascii_lowercase().as_str() {
        "displayname" => (
            "UPDATE worker_agents SET DisplayName = ?2, display_name_set = 1
             WHERE WorkerAgentId = ?1",
            TEXT_MAX,
        ),
        "description" => (
            "UPDATE worker_agents SET Description = ?2, description_set = 1
             WHERE WorkerAgentId = ?1",
            TEXT_MAX,
        ),
        "tags" => ("UPDATE worker_agents SET Tags = ?2 WHERE WorkerAgentId = ?1", usize::MAX),
        _ => return Err(refusal::parameter_not_valid("PropertyName")),
    };
    if length_max < property_value.encode_utf16().count() {
        return Err(refusal::parameter_not_valid("PropertyValue"));
    }
    tx.execute(sql, &params![agent, property_value])?;
    Ok(())
}
