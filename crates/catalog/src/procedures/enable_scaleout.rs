//! `catalog.enable_scaleout`.

use super::{properties, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// Turns Scale Out on; for members of sysadmin (27260).
pub fn enable_scaleout(tx: &mut dyn Tx, caller: &Caller) -> Result<(), CatalogError> {
    if !caller.roles.sysadmin {
        return Err(refusal::needs_sysadmin());
    }
    properties::set(tx, "IS_SCALEOUT_ENABLED", "True")
}
