//! `catalog.rename_customized_logging_level`.

use super::names::fold;
use super::{logging_level, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Renames a level. Executions and server properties that name it are left as they are.
pub fn rename_customized_logging_level(
    tx: &mut dyn Tx,
    caller: &Caller,
    old_name: &str,
    new_name: &str,
) -> Result<(), CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::may_not_rename_logging_level(old_name, new_name));
    }
    let level = logging_level::find(tx, old_name)?;
    logging_level::check_name(new_name)?;
    let sql = "SELECT count(*) FROM customized_logging_levels
               WHERE name_key = ?1 AND level_id <> ?2";
    if tx.scalar::<i64>(sql, &params![fold(new_name), level])? != Some(0) {
        return Err(refusal::logging_level_exists(new_name));
    }
    let sql = "UPDATE customized_logging_levels SET name = ?2, name_key = ?3 WHERE level_id = ?1";
    tx.execute(sql, &params![level, new_name, fold(new_name)])?;
    Ok(())
}
