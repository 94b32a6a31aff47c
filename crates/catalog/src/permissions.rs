//! Permissions on folders, projects, environments and operations.
//!
//! Administrators (`ssis_admin`, `sysadmin`) may do everything. Everybody else may do what was
//! granted to one of their principals (user, roles, `public`) on the object, or on its folder for
//! all objects in it, unless the same was denied to one of their principals: a denial wins.
//! Whoever makes a project, an environment or an operation is granted everything on it.
//!
//! The codes are those of the documentation of `catalog.grant_permission`.

mod change;
mod lists;
mod visible;

use model::{ExecutionId, FolderId, OperationId, PermissionType, ProjectId, SecurableType};

pub(crate) use change::{exists, forget, grant_creator, remove, set};
pub use lists::{EffectivePermission, ExplicitPermission, effective, effective_sql, explicit};
pub use visible::{readable, readable_by_log_readers};

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// An object that permissions are given on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Securable {
    /// What it is.
    pub kind: SecurableType,
    /// Its id.
    pub id: i64,
}

impl From<FolderId> for Securable {
    fn from(FolderId(id): FolderId) -> Self {
        Self { kind: SecurableType::Folder, id }
    }
}

impl From<ProjectId> for Securable {
    fn from(ProjectId(id): ProjectId) -> Self {
        Self { kind: SecurableType::Project, id }
    }
}

impl From<OperationId> for Securable {
    fn from(OperationId(id): OperationId) -> Self {
        Self { kind: SecurableType::Operation, id }
    }
}

impl From<ExecutionId> for Securable {
    fn from(ExecutionId(id): ExecutionId) -> Self {
        Self { kind: SecurableType::Operation, id }
    }
}

impl Securable {
    /// An environment.
    pub fn environment(id: i64) -> Self {
        Self { kind: SecurableType::Environment, id }
    }
}

/// Whether a permission can be given on an object of this kind: the table of the documentation.
pub fn applies(permission: PermissionType, kind: SecurableType) -> bool {
    match permission {
        PermissionType::Read | PermissionType::Modify | PermissionType::ManagePermissions => true,
        PermissionType::Execute => kind == SecurableType::Project,
        PermissionType::CreateObjects
        | PermissionType::ReadObjects
        | PermissionType::ModifyObjects
        | PermissionType::ExecuteObjects
        | PermissionType::ManageObjectPermissions => kind == SecurableType::Folder,
    }
}

/// The permission on a folder that gives this one on all objects in it.
fn inherited_from(permission: PermissionType) -> Option<PermissionType> {
    match permission {
        PermissionType::Read => Some(PermissionType::ReadObjects),
        PermissionType::Modify => Some(PermissionType::ModifyObjects),
        PermissionType::Execute => Some(PermissionType::ExecuteObjects),
        PermissionType::ManagePermissions => Some(PermissionType::ManageObjectPermissions),
        PermissionType::CreateObjects
        | PermissionType::ReadObjects
        | PermissionType::ModifyObjects
        | PermissionType::ExecuteObjects
        | PermissionType::ManageObjectPermissions => None,
    }
}

/// Whether the caller has a permission on an object.
pub fn has(
    tx: &mut dyn Tx,
    caller: &Caller,
    on: impl Into<Securable>,
    permission: PermissionType,
) -> Result<bool, CatalogError> {
    if caller.is_admin() {
        return Ok(true);
    }
    let on = on.into();
    let condition = visible::condition(caller, on.kind, permission, "?1");
    let sql = format!("SELECT 1 WHERE {condition}");
    Ok(tx.query_opt(&sql, &params![on.id])?.is_some())
}

/// Whether the caller has all of these permissions on an object.
pub fn has_all(
    tx: &mut dyn Tx,
    caller: &Caller,
    on: impl Into<Securable>,
    permissions: &[PermissionType],
) -> Result<bool, CatalogError> {
    let on = on.into();
    for &permission in permissions {
        if !has(tx, caller, on, permission)? {
            return Ok(false);
        }
    }
    Ok(true)
}
