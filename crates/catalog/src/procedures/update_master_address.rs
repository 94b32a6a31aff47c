//! `catalog.update_master_address`.

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::scale_out::write_master_properties;
use crate::store::Tx;

/// Publishes the address under which masters are found: `https://host:port`.
pub fn update_master_address(
    tx: &mut dyn Tx,
    caller: &Caller,
    master_address: &str,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    let host = master_address.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
    if host.is_none_or(str::is_empty) {
        return Err(refusal::parameter_not_valid("MasterAddress"));
    }
    write_master_properties(tx, &[("MASTER_ADDRESS", master_address)])
}
