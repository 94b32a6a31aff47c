//! `catalog.deny_permission`.

use super::grant_permission::{Granted, PermissionRequest, write};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// Denies a permission on an object, or all that apply to it. A denial wins over grants to other
/// principals of the same caller; a grant of the same to the same principal is replaced.
pub fn deny_permission(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &PermissionRequest,
) -> Result<Granted, CatalogError> {
    write(tx, caller, request, true)
}
