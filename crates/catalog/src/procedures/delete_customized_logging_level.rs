//! `catalog.delete_customized_logging_level`.

use super::{logging_level, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Deletes a level. Executions that were started with it go on as they were started.
pub fn delete_customized_logging_level(
    tx: &mut dyn Tx,
    caller: &Caller,
    level_name: &str,
) -> Result<(), CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::may_not_delete_logging_level(level_name));
    }
    let level = logging_level::find(tx, level_name)?;
    tx.execute("DELETE FROM customized_logging_levels WHERE level_id = ?1", &params![level])?;
    Ok(())
}
