//! Roles of a login as people think of them: of the server or of the database, whichever has the
//! name. A login that gets its first role of the database gets its user there with it.

use super::{LoginRow, SERVER_ROLES, add_server_role_member, drop_server_role_member, find};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::principals::{self, UserLogin};
use crate::store::{Tx, params};

/// Puts a login into a role.
pub fn grant_role(
    tx: &mut dyn Tx,
    caller: &Caller,
    login: &str,
    role: &str,
) -> Result<(), CatalogError> {
    if is_server_role(role) {
        return add_server_role_member(tx, caller, role, login);
    }
    let row = existing(tx, login)?;
    let user = match user_of(tx, &row)? {
        Some(user) => user,
        None => {
            principals::create_user(tx, caller, &row.name, UserLogin::SameName)?;
            row.name
        }
    };
    principals::add_role_member(tx, caller, role, &user)
}

/// Takes a login out of a role; it is no error when it is not in it.
pub fn revoke_role(
    tx: &mut dyn Tx,
    caller: &Caller,
    login: &str,
    role: &str,
) -> Result<(), CatalogError> {
    if is_server_role(role) {
        return drop_server_role_member(tx, caller, role, login);
    }
    let row = existing(tx, login)?;
    match user_of(tx, &row)? {
        Some(user) => principals::drop_role_member(tx, caller, role, &user),
        None if principals::find(tx, role)?.is_some_and(|found| found.is_role) => Ok(()),
        None => Err(principals::cannot("alter the role", role)),
    }
}

/// The roles that a login is in directly: those of the server, then those of the database.
pub fn roles(tx: &mut dyn Tx, login: &LoginRow) -> Result<Vec<String>, CatalogError> {
    let mut all = login.server_roles.clone();
    let sql = "SELECT r.name FROM database_principals u
               JOIN database_role_members m ON m.member_principal_id = u.principal_id
               JOIN database_principals r ON r.principal_id = m.role_principal_id
               WHERE u.sid = ?1 ORDER BY r.principal_id";
    for row in tx.query(sql, &params![&login.sid])? {
        all.push(row.get(0)?);
    }
    Ok(all)
}

/// Removes a login together with its user in the database. 27226 when permissions on objects were
/// given to the user, or by it.
pub fn drop_with_user(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<(), CatalogError> {
    let user = match find(tx, name)? {
        Some(login) => user_of(tx, &login)?,
        None => None,
    };
    if let Some(user) = user {
        principals::drop_user(tx, caller, &user)?;
    }
    super::drop(tx, caller, name)
}

fn is_server_role(role: &str) -> bool {
    SERVER_ROLES.iter().any(|known| known.eq_ignore_ascii_case(role))
}

fn existing(tx: &mut dyn Tx, name: &str) -> Result<LoginRow, CatalogError> {
    find(tx, name)?.ok_or_else(|| principals::cannot("alter the login", name))
}

fn user_of(tx: &mut dyn Tx, login: &LoginRow) -> Result<Option<String>, CatalogError> {
    let sql = "SELECT name FROM database_principals WHERE sid = ?1";
    tx.scalar(sql, &params![&login.sid])
}
