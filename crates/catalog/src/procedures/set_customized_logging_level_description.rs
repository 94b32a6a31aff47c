//! `catalog.set_customized_logging_level_description`.

use super::{logging_level, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// The parameter is `nvarchar(1024)`.
const DESCRIPTION_MAX: usize = 1024;

/// Describes a level.
pub fn set_customized_logging_level_description(
    tx: &mut dyn Tx,
    caller: &Caller,
    level_name: &str,
    level_description: &str,
) -> Result<(), CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::may_not_update_logging_level(level_name));
    }
    let level = logging_level::find(tx, level_name)?;
    if DESCRIPTION_MAX < level_description.encode_utf16().count() {
        return Err(refusal::parameter_not_valid("level_description"));
    }
    let sql = "UPDATE customized_logging_levels SET description = ?2 WHERE level_id = ?1";
    tx.execute(sql, &params![level, level_description])?;
    Ok(())
}
