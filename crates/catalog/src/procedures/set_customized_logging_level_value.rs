//! `catalog.set_customized_logging_level_value`.

use super::{logging_level, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Sets `PROFILE` or `EVENTS` of a level: the mask of what executions started from now on record.
pub fn set_customized_logging_level_value(
    tx: &mut dyn Tx,
    caller: &Caller,
    level_name: &str,
    property_name: &str,
    property_value: i64,
) -> Result<(), CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::may_not_update_logging_level(level_name));
    }
    let level = logging_level::find(tx, level_name)?;
    let sql = match property_name.to_ascii_uppercase().as_str() {
        "PROFILE" => "UPDATE customized_logging_levels SET profile_value = ?2 WHERE level_id = ?1",
        "EVENTS" => "UPDATE customized_logging_levels SET events_value = ?2 WHERE level_id = ?1",
        _ => return Err(refusal::parameter_not_valid("property_name")),
    };
    logging_level::check_mask(property_value)?;
    tx.execute(sql, &params![level, property_value])?;
    Ok(())
}
