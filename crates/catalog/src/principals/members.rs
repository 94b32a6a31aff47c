//! Who is in which role.

use super::change::may_manage;
use super::{PUBLIC, PrincipalRow, cannot, find};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// All memberships: role, member.
pub fn role_members(tx: &mut dyn Tx) -> Result<Vec<(i32, i32)>, CatalogError> {
    let sql = "SELECT role_principal_id, member_principal_id FROM database_role_members
               ORDER BY role_principal_id, member_principal_id";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// `ALTER ROLE ... ADD MEMBER`; adding a member again changes nothing. SSISDB's own roles can be
/// members, as those that users make; what every database has cannot.
pub fn add_role_member(
    tx: &mut dyn Tx,
    caller: &Caller,
    role: &str,
    member: &str,
) -> Result<(), CatalogError> {
    let (role, member) = membership(tx, caller, role, ("add the principal", member))?;
    if role.id == member.id || roles_of(tx, role.id)?.contains(&member.id) {
        return Err(CatalogError::procedure(15413, "Cannot make a role a member of itself."));
    }
    let is_of_ssisdb = member.is_role && member.name.starts_with("ssis_");
    if member.is_fixed && !is_of_ssisdb {
        let message = format!("Cannot use the special principal '{}'.", member.name);
        return Err(CatalogError::procedure(15405, message));
    }
    insert_member(tx, role.id, member.id)
}

/// `ALTER ROLE ... DROP MEMBER`; dropping one that is not a member changes nothing.
pub fn drop_role_member(
    tx: &mut dyn Tx,
    caller: &Caller,
    role: &str,
    member: &str,
) -> Result<(), CatalogError> {
    let (role, member) = membership(tx, caller, role, ("drop the principal", member))?;
    let sql = "DELETE FROM database_role_members
               WHERE role_principal_id = ?1 AND member_principal_id = ?2";
    tx.execute(sql, &params![role.id, member.id])?;
    Ok(())
}

/// Puts a principal into a role.
pub(crate) fn insert_member(tx: &mut dyn Tx, role: i32, member: i32) -> Result<(), CatalogError> {
    let sql = "INSERT INTO database_role_members (role_principal_id, member_principal_id)
               VALUES (?1, ?2)
               ON CONFLICT (role_principal_id, member_principal_id) DO NOTHING";
    tx.execute(sql, &params![role, member])?;
    Ok(())
}

/// Everybody is in `public` already, so it takes no members.
fn membership(
    tx: &mut dyn Tx,
    caller: &Caller,
    role: &str,
    (what, member): (&str, &str),
) -> Result<(PrincipalRow, PrincipalRow), CatalogError> {
    let found = find(tx, role)?.filter(|role| role.is_role && may_manage(caller));
    let role = found.ok_or_else(|| cannot("alter the role", role))?;
    if role.id == PUBLIC {
        let message = "Membership of the public role cannot be changed.";
        return Err(CatalogError::procedure(15081, message));
    }
    let member = find(tx, member)?.ok_or_else(|| cannot(what, member))?;
    Ok((role, member))
}

/// A principal, `public`, and every role that it is in, directly or by other roles.
pub(super) fn roles_of(tx: &mut dyn Tx, principal: i32) -> Result<Vec<i32>, CatalogError> {
    let sql = "WITH RECURSIVE mine (principal_id) AS (
                   SELECT CAST(?1 AS BIGINT)
                   UNION
                   SELECT m.role_principal_id FROM database_role_members m
                   JOIN mine ON mine.principal_id = m.member_principal_id)
               SELECT principal_id FROM mine ORDER BY principal_id";
    let mut all: Vec<i32> = vec![PUBLIC];
    for row in tx.query(sql, &params![principal])? {
        let id = row.get(0)?;
        if id != PUBLIC {
            all.push(id);
        }
    }
    Ok(all)
}
