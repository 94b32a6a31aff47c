//! `catalog.update_logdb_info`.

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::scale_out::write_master_properties;
use crate::store::Tx;

/// Records the server that holds the logs, as `CLUSTER_LOGDB_SERVER` shows it.
///
/// Workers here send their messages through the masters and have no connection of their own to
/// the catalog, so the connection string, which may hold a password, is checked and not kept.
pub fn update_logdb_info(
    tx: &mut dyn Tx,
    caller: &Caller,
    server_name: &str,
    connection_string: &str,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    for (name, value) in [("server_name", server_name), ("connection_string", connection_string)] {
        if value.is_empty() {
            return Err(refusal::parameter_is_empty(name));
        }
    }
    write_master_properties(tx, &[("CLUSTER_LOGDB_SERVER", server_name)])
}
