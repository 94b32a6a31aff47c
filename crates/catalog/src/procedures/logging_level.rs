//! What the procedures for customized logging levels share. All users see the levels; members of
//! `ssis_admin` and `sysadmin` change them.

use super::names::{self, fold};
use super::refusal;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// The masks of a level: sums of 2^n, where n is the documented number of a statistic or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Masks {
    pub(super) profile: i64,
    pub(super) events: i64,
}

/// The level's id, or 27237.
pub(super) fn find(tx: &mut dyn Tx, name: &str) -> Result<i64, CatalogError> {
    let sql = "SELECT level_id FROM customized_logging_levels WHERE name_key = ?1";
    let id = tx.scalar(sql, &params![fold(name)])?;
    id.ok_or_else(|| refusal::logging_level_missing(name))
}

/// The level's masks, or 27237.
pub(super) fn masks(tx: &mut dyn Tx, name: &str) -> Result<Masks, CatalogError> {
    let sql = "SELECT profile_value, events_value FROM customized_logging_levels
               WHERE name_key = ?1";
    let row = tx.query_opt(sql, &params![fold(name)])?;
    let row = row.ok_or_else(|| refusal::logging_level_missing(name))?;
    Ok(Masks { profile: row.get(0)?, events: row.get(1)? })
}

/// Refuses a name that no level can have.
pub(super) fn check_name(name: &str) -> Result<(), CatalogError> {
    if name.is_empty() {
        return Err(refusal::logging_level_name_empty());
    }
    names::check(name, |name| refusal::logging_level_name_not_valid(name))
}

/// Refuses a mask that is negative.
pub(super) fn check_mask(value: i64) -> Result<(), CatalogError> {
    if value < 0 { Err(refusal::value_negative()) } else { Ok(()) }
}
