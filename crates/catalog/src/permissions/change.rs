//! Writes grants and denials.

use model::{PermissionType, SecurableType};

use super::{Securable, applies};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::principals::DBO;
use crate::store::{Tx, params};

/// Grants or denies; what was there before of the same permission is replaced. `false` when it
/// was so already.
pub(crate) fn set(
    tx: &mut dyn Tx,
    caller: &Caller,
    (on, principal): (Securable, i32),
    (permission, is_deny): (PermissionType, bool),
) -> Result<bool, CatalogError> {
    let sql = "SELECT is_deny FROM object_permissions
               WHERE object_type = ?1 AND object_id = ?2 AND principal_id = ?3
                 AND permission_type = ?4";
    let before = tx.scalar::<bool>(sql, &params![on.kind, on.id, principal, permission])?;
    if before == Some(is_deny) {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO object_permissions (object_type, object_id, principal_id, permission_type,
             is_deny, grantor_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (object_type, object_id, principal_id, permission_type) DO UPDATE SET
             is_deny = excluded.is_deny, grantor_id = excluded.grantor_id",
        &params![on.kind, on.id, principal, permission, is_deny, caller.user.unwrap_or(DBO)],
    )?;
    Ok(true)
}

/// Removes a grant or a denial, where there is one.
pub(crate) fn remove(
    tx: &mut dyn Tx,
    on: Securable,
    principal: i32,
    permission: PermissionType,
) -> Result<(), CatalogError> {
    let sql = "DELETE FROM object_permissions
               WHERE object_type = ?1 AND object_id = ?2 AND principal_id = ?3
                 AND permission_type = ?4";
    tx.execute(sql, &params![on.kind, on.id, principal, permission])?;
    Ok(())
}

/// Grants whoever made an object everything on it. Administrators need no grant.
pub(crate) fn grant_creator(
    tx: &mut dyn Tx,
    caller: &Caller,
    on: impl Into<Securable>,
) -> Result<(), CatalogError> {
    let on = on.into();
    let Some(user) = caller.user.filter(|_| !caller.is_admin()) else { return Ok(()) };
    let all = PermissionType::ALL.iter().filter(|&&permission| applies(permission, on.kind));
    for &permission in all {
        set(tx, caller, (on, user), (permission, false))?;
    }
    Ok(())
}

/// Forgets what was granted and denied on an object that is being deleted.
pub(crate) fn forget(tx: &mut dyn Tx, on: impl Into<Securable>) -> Result<(), CatalogError> {
    let on = on.into();
    let sql = "DELETE FROM object_permissions WHERE object_type = ?1 AND object_id = ?2";
    tx.execute(sql, &params![on.kind, on.id])?;
    Ok(())
}

/// Whether there is such an object.
pub(crate) fn exists(tx: &mut dyn Tx, on: Securable) -> Result<bool, CatalogError> {
    let sql = match on.kind {
        SecurableType::Folder => "SELECT 1 FROM folders WHERE folder_id = ?1",
        SecurableType::Project => "SELECT 1 FROM projects WHERE project_id = ?1",
        SecurableType::Environment => "SELECT 1 FROM environments WHERE environment_id = ?1",
        SecurableType::Operation => "SELECT 1 FROM operations WHERE operation_id = ?1",
    };
    Ok(tx.query_opt(sql, &params![on.id])?.is_some())
}
