//! `catalog.create_customized_logging_level`.

use super::names::fold;
use super::{logging_level, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// A customized logging level to make.
#[derive(Clone, Copy, Debug)]
pub struct CustomizedLoggingLevel<'a> {
    /// Its name.
    pub level_name: &'a str,
    /// What it is for.
    pub level_description: Option<&'a str>,
    /// Statistics: the sum of 2^n over 0 execution, 1 volume, 2 performance.
    pub profile_value: i64,
    /// Events: the sum of 2^n over the documented numbers, and 2^(n + 32) for those whose context
    /// is recorded too.
    pub events_value: i64,
}

/// Makes a level, and returns its id.
pub fn create_customized_logging_level(
    tx: &mut dyn Tx,
    caller: &Caller,
    level: &CustomizedLoggingLevel<'_>,
) -> Result<i64, CatalogError> {
    let name = level.level_name;
    if !caller.is_admin() {
        return Err(refusal::may_not_create_logging_level(name));
    }
    logging_level::check_name(name)?;
    logging_level::check_mask(level.profile_value)?;
    logging_level::check_mask(level.events_value)?;
    let id = tx.insert_unless(
        ("customized_logging_levels", "level_id"),
        "name, name_key, description, profile_value, events_value, created_by_sid,
         created_by_name, created_time",
        &params![
            name,
            fold(name),
            level.level_description,
            level.profile_value,
            level.events_value,
            caller.sid.as_ref(),
            &caller.name,
            tx.now(),
        ],
        "name_key",
    )?;
    id.ok_or_else(|| refusal::logging_level_exists(name))
}
