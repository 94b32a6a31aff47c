//! `catalog.revoke_permission`.

use super::grant_permission::{PermissionRequest, check};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::Tx;

/// Removes a grant or a denial, or all of them; it is no error when there is none. What a
/// principal has through a role stays.
pub fn revoke_permission(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &PermissionRequest,
) -> Result<(), CatalogError> {
    let (on, all) = check(tx, caller, request)?;
    for permission in all {
        permissions::remove(tx, on, request.principal_id, permission)?;
    }
    Ok(())
}
