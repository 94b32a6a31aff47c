//! `catalog.check_schema_version`.

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;
use crate::store::migrate::newest;
use crate::store::setup::applied;

/// Checks that this program works with the catalog's schema: with its own, and with a newer one
/// that only adds to it. It does not after a backup of another version was restored beneath a
/// running master.
pub fn check_schema_version(tx: &mut dyn Tx, caller: &Caller) -> Result<(), CatalogError> {
    caller.require_admin()?;
    let applied = applied(tx)?;
    if newest() <= applied.newest() && applied.needs <= newest() {
        return Ok(());
    }
    let message = format!(
        "the catalog has schema version {}, and this program works with version {}: restart it \
         with the version that the catalog was made with, or a newer one",
        applied.newest(),
        newest()
    );
    Err(CatalogError::procedure(27158, message))
}
