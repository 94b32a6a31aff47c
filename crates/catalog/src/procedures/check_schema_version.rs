//! `catalog.check_schema_version`.

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;
use crate::store::migrate::newest;

/// Checks that the catalog has the schema that this program knows. It differs after a backup of
/// another version was restored beneath a running master, or when a newer master has changed it.
pub fn check_schema_version(tx: &mut dyn Tx, caller: &Caller) -> Result<(), CatalogError> {
    caller.require_admin()?;
    let sql = "SELECT coalesce(max(version), 0) FROM schema_version";
    let found: i64 = tx.scalar(sql, &[])?.unwrap_or_default();
    if found == newest() {
        return Ok(());
    }
    let message = format!(
        "the catalog has schema version {found}, and this program works with version {}: restart \
         it with the version that the catalog was made with, or a newer one",
        newest()
    );
    Err(CatalogError::procedure(27158, message))
}
