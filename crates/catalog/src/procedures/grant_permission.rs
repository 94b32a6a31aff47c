//! `catalog.grant_permission`, and what it shares with `deny_permission` and
//! `revoke_permission`.

use model::{PermissionType, SecurableType};

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::{self, Securable};
use crate::store::{Tx, params};

/// What [`refusal::does_not_exist`] calls a principal.
const PRINCIPAL: &str = "principal";

/// The arguments of the three procedures, as numbers that nobody has looked at yet.
#[derive(Clone, Copy, Debug)]
pub struct PermissionRequest {
    /// 1 folder, 2 project, 3 environment, 4 operation.
    pub object_type: i16,
    /// The object.
    pub object_id: i64,
    /// A user or role: `principal_id` of `sys.database_principals`.
    pub principal_id: i32,
    /// What; NULL stands for everything that applies when it denies or revokes.
    pub permission_type: Option<i16>,
}

/// What a grant or a denial found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    /// It holds from now on.
    Now,
    /// It was so already: the original warns with 27161, severity 10.
    Already,
}

/// Grants a permission on an object. A denial of the same is replaced.
pub fn grant_permission(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &PermissionRequest,
) -> Result<Granted, CatalogError> {
    if request.permission_type.is_none() {
        return Err(refusal::parameter_is_null("permission_type"));
    }
    write(tx, caller, request, false)
}

/// Writes grants or denials.
pub(super) fn write(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &PermissionRequest,
    is_deny: bool,
) -> Result<Granted, CatalogError> {
    let (on, all) = check(tx, caller, request)?;
    let mut granted = Granted::Already;
    for permission in all {
        if permissions::set(tx, caller, (on, request.principal_id), (permission, is_deny))? {
            granted = Granted::Now;
        }
    }
    Ok(granted)
}

/// The object and the permissions meant, once all of the request is valid and the caller may
/// manage permissions there.
pub(super) fn check(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &PermissionRequest,
) -> Result<(Securable, Vec<PermissionType>), CatalogError> {
    let kind = SecurableType::try_from(i32::from(request.object_type))
        .map_err(|_| refusal::parameter_not_valid("object_type"))?;
    let on = Securable { kind, id: request.object_id };
    // Whoever may not manage an object does not learn whether it exists.
    if !permissions::has(tx, caller, on, PermissionType::ManagePermissions)? {
        return Err(refusal::may_not_manage_permissions());
    }
    if !permissions::exists(tx, on)? {
        return Err(refusal::does_not_exist(kind, on.id));
    }
    let sql = "SELECT 1 FROM database_principals WHERE principal_id = ?1";
    if tx.query_opt(sql, &params![request.principal_id])?.is_none() {
        return Err(refusal::does_not_exist(PRINCIPAL, request.principal_id));
    }
    let Some(number) = request.permission_type else {
        let all = PermissionType::ALL.iter().copied();
        let all = all.filter(|&permission| permissions::applies(permission, kind));
        return Ok((on, all.collect()));
    };
    let permission = PermissionType::try_from(i32::from(number)).ok();
    let permission = permission.filter(|&permission| permissions::applies(permission, kind));
    let not_applicable = || refusal::permission_not_applicable(number, request.object_type);
    Ok((on, vec![permission.ok_or_else(not_applicable)?]))
}

/// The documented return code of the three procedures for an error: 1 object class not valid, 2
/// object missing, 3 principal missing, 4 permission not valid, 5 anything else.
pub fn permission_return_code(error: &CatalogError) -> i32 {
    let CatalogError::Procedure { number, message } = error else { return 5 };
    match number {
        27101 => 1,
        27197 if message.contains(PRINCIPAL) => 3,
        27197 => 2,
        27100 | 27191 => 4,
        _ => 5,
    }
}
