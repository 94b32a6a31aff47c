//! Makes users and roles, and removes them.

use super::{DBO, NAME_MAX, PrincipalRow, cannot, find, no_permission};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::logins;
use crate::procedures::fold;
use crate::store::{Tx, params};

/// Ids from here to the end of the block are SQL Server's fixed roles.
const FIXED_ROLES: std::ops::Range<i32> = 16384..16400;

/// Which login a new user belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserLogin<'a> {
    /// `CREATE USER x`: the login of the same name.
    SameName,
    /// `FOR LOGIN y`.
    Named(&'a str),
    /// `WITHOUT LOGIN`: it can be given permissions, and nobody comes in as it.
    None,
}

/// Makes a user, and returns its id.
pub fn create_user(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    login: UserLogin<'_>,
) -> Result<i32, CatalogError> {
    require_manager(caller)?;
    check_new(tx, name)?;
    let login_name = match login {
        UserLogin::SameName => Some(name),
        UserLogin::Named(login) => Some(login),
        UserLogin::None => None,
    };
    let Some(login_name) = login_name else { return insert(tx, name, "S", None) };
    let Some(login) = logins::find(tx, login_name)? else {
        let message = format!("'{login_name}' is not a valid login or you do not have permission.");
        return Err(CatalogError::procedure(15007, message));
    };
    let sql = "SELECT 1 FROM database_principals WHERE sid = ?1";
    if tx.query_opt(sql, &params![&login.sid])?.is_some() {
        let message = "The login already has an account under a different user name.";
        return Err(CatalogError::procedure(15063, message));
    }
    insert(tx, name, "S", Some(&login.sid))
}

/// Makes a role, and returns its id.
pub fn create_role(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<i32, CatalogError> {
    require_manager(caller)?;
    check_new(tx, name)?;
    insert(tx, name, "R", None)
}

fn check_new(tx: &mut dyn Tx, name: &str) -> Result<(), CatalogError> {
    let length = name.encode_utf16().count();
    if !(1..=NAME_MAX).contains(&length) || name.contains(['\\', '\0']) {
        let message =
            format!("'{name}' is not a valid name because it contains invalid characters.");
        return Err(CatalogError::procedure(15006, message));
    }
    if find(tx, name)?.is_some() {
        let message =
            format!("User, group, or role '{name}' already exists in the current database.");
        return Err(CatalogError::procedure(15023, message));
    }
    Ok(())
}

fn insert(
    tx: &mut dyn Tx,
    name: &str,
    kind: &str,
    sid: Option<&Vec<u8>>,
) -> Result<i32, CatalogError> {
    let sql = "SELECT coalesce(max(principal_id) + 1, 0) FROM database_principals
               WHERE principal_id < ?1 OR ?2 <= principal_id";
    let next: i32 =
        tx.scalar(sql, &params![FIXED_ROLES.start, FIXED_ROLES.end])?.unwrap_or_default();
    let id = if FIXED_ROLES.contains(&next) { FIXED_ROLES.end } else { next };
    let now = tx.now();
    tx.execute(
        "INSERT INTO database_principals (principal_id, name, name_key, type, sid, is_fixed,
             created_time, modified_time)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6)",
        &params![id, name, fold(name), kind, sid, now],
    )?;
    Ok(id)
}

/// Removes a user that no permission on an object was given to or by (27226).
pub fn drop_user(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<(), CatalogError> {
    drop_one(tx, caller, ("user", name), false)
}

/// Removes a role that has no members (15144).
pub fn drop_role(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<(), CatalogError> {
    drop_one(tx, caller, ("role", name), true)
}

fn drop_one(
    tx: &mut dyn Tx,
    caller: &Caller,
    (kind, name): (&str, &str),
    is_role: bool,
) -> Result<(), CatalogError> {
    let found = find(tx, name)?.filter(|found| found.is_role == is_role && may_manage(caller));
    let found = found.ok_or_else(|| cannot(&format!("drop the {kind}"), name))?;
    check_droppable(tx, &found, kind)?;
    let sql = "DELETE FROM database_role_members WHERE member_principal_id = ?1";
    tx.execute(sql, &params![found.id])?;
    tx.execute("DELETE FROM database_principals WHERE principal_id = ?1", &params![found.id])?;
    Ok(())
}

fn check_droppable(
    tx: &mut dyn Tx,
    principal: &PrincipalRow,
    kind: &str,
) -> Result<(), CatalogError> {
    if principal.is_fixed {
        let message = format!("Cannot drop the {kind} '{}'.", principal.name);
        return Err(CatalogError::procedure(15150, message));
    }
    let sql = "SELECT count(*) FROM database_role_members WHERE role_principal_id = ?1";
    if tx.scalar::<i64>(sql, &params![principal.id])? != Some(0) {
        let message = "The role has members. It must be empty before it can be dropped.";
        return Err(CatalogError::procedure(15144, message));
    }
    let sql = "SELECT count(*) FROM object_permissions WHERE principal_id = ?1 OR grantor_id = ?1";
    if tx.scalar::<i64>(sql, &params![principal.id])? != Some(0) {
        let message = format!(
            "the database principal '{}' has granted or was given permissions on objects of the \
             catalog, and cannot be dropped",
            principal.name
        );
        return Err(CatalogError::procedure(27226, message));
    }
    Ok(())
}

/// Whether the caller may make users and roles, and change who is in a role.
pub(super) fn may_manage(caller: &Caller) -> bool {
    caller.roles.sysadmin || caller.roles.db_owner || caller.user == Some(DBO)
}

fn require_manager(caller: &Caller) -> Result<(), CatalogError> {
    if may_manage(caller) { Ok(()) } else { Err(no_permission()) }
}
