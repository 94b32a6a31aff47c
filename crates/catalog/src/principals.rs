//! Users and roles of the database SSISDB, and who is in which role.
//!
//! A login comes in as the user that has its security id; a member of `sysadmin` comes in as
//! `dbo`. Roles may be in roles. Numbers and sentences of errors are those of SQL Server's
//! `CREATE USER`, `CREATE ROLE`, `ALTER ROLE` and `sp_addrolemember`. Logins: `logins.rs`.
//!
//! Of SQL Server's fixed roles there are `db_owner`, which makes users and roles, and
//! `db_datareader`; the others would change nothing here, and so do not exist.

mod change;
mod members;

use model::Timestamp;
use serde::Serialize;

pub use change::{UserLogin, create_role, create_user, drop_role, drop_user};
pub(crate) use members::insert_member;
pub use members::{add_role_member, drop_role_member, role_members};

use crate::caller::{Caller, Roles};
use crate::error::CatalogError;
use crate::procedures::fold;
use crate::store::{Row, Tx, params};

/// Everybody is in this role.
pub const PUBLIC: i32 = 0;
/// The user that members of `sysadmin` are.
pub const DBO: i32 = 1;
/// Full administration.
pub const SSIS_ADMIN: i32 = 5;
/// Reads operations and what they said.
pub const SSIS_LOGREADER: i32 = 6;
/// Runs packages in Scale Out.
pub const SSIS_CLUSTER_EXECUTOR: i32 = 7;
/// Writes logs of executions.
pub const SSIS_CLUSTER_WORKER: i32 = 8;
/// Makes users and roles.
pub const DB_OWNER: i32 = 16384;

/// The longest name of a login, user or role, in UTF-16 units: `sysname`.
pub(crate) const NAME_MAX: usize = 128;

/// A user or a role, as `sys.database_principals` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrincipalRow {
    /// `principal_id`.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Whether it is a role (`type` R), else a user (S).
    pub is_role: bool,
    /// The security id of the login that it belongs to.
    pub sid: Option<Vec<u8>>,
    /// Whether every catalog has it.
    pub is_fixed: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub modified: Timestamp,
}

macro_rules! select_principals {
    ($rest:literal) => {
        concat!(
            "SELECT principal_id, name, type, sid, is_fixed, created_time, modified_time
             FROM database_principals ",
            $rest
        )
    };
}

/// All users and roles, by id.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<PrincipalRow>, CatalogError> {
    let sql = select_principals!("ORDER BY principal_id");
    tx.query(sql, &[])?.iter().map(from_row).collect()
}

/// The users and roles that the caller may know of: those that every catalog has, and its own.
/// Administrators, `db_owner` and whoever may give permissions on something see all.
pub fn visible(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<PrincipalRow>, CatalogError> {
    let mut all = list(tx)?;
    if !(caller.is_admin() || caller.roles.db_owner || gives_permissions(tx, caller)?) {
        all.retain(|row| row.is_fixed || caller.principals.contains(&row.id));
    }
    Ok(all)
}

fn gives_permissions(tx: &mut dyn Tx, caller: &Caller) -> Result<bool, CatalogError> {
    let sql = "SELECT 1 FROM object_permissions
               WHERE principal_id = ?1 AND permission_type IN (4, 104) AND is_deny = 0 LIMIT 1";
    for principal in &caller.principals {
        if tx.query_opt(sql, &params![*principal])?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The user or role of this name.
pub fn find(tx: &mut dyn Tx, name: &str) -> Result<Option<PrincipalRow>, CatalogError> {
    let sql = select_principals!("WHERE name_key = ?1");
    tx.query_opt(sql, &params![fold(name)])?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<PrincipalRow, CatalogError> {
    Ok(PrincipalRow {
        id: row.get(0)?,
        name: row.get(1)?,
        is_role: row.get::<String>(2)? == "R",
        sid: row.get(3)?,
        is_fixed: row.get(4)?,
        created: row.get(5)?,
        modified: row.get(6)?,
    })
}

/// The caller that a login is, with all its roles; `None` when there is no such login. It is
/// asked for when somebody comes in, and again whenever what it may do could have changed.
pub fn caller(tx: &mut dyn Tx, login_id: i64) -> Result<Option<Caller>, CatalogError> {
    let sql = "SELECT name, sid FROM logins WHERE login_id = ?1";
    let Some(row) = tx.query_opt(sql, &params![login_id])? else { return Ok(None) };
    let (name, sid): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let mut roles = Roles::default();
    let sql = "SELECT role_name FROM server_role_members WHERE login_id = ?1";
    for row in tx.query(sql, &params![login_id])? {
        match row.get::<String>(0)?.as_str() {
            "sysadmin" => roles.sysadmin = true,
            "securityadmin" => roles.securityadmin = true,
            _ => {}
        }
    }
    let sql = "SELECT principal_id FROM database_principals WHERE sid = ?1";
    let user = tx.scalar(sql, &params![&sid])?;
    let user = if roles.sysadmin { Some(DBO) } else { user };
    let principals = match user {
        Some(user) => members::roles_of(tx, user)?,
        None => vec![PUBLIC],
    };
    let is_in = |role: i32| principals.contains(&role);
    let roles = Roles {
        db_owner: is_in(DB_OWNER) || roles.sysadmin,
        ssis_admin: is_in(SSIS_ADMIN),
        ssis_cluster_executor: is_in(SSIS_CLUSTER_EXECUTOR),
        ssis_cluster_worker: is_in(SSIS_CLUSTER_WORKER),
        ssis_logreader: is_in(SSIS_LOGREADER),
        ..roles
    };
    Ok(Some(Caller { name, roles, sid: Some(sid), user, principals }))
}

/// The same caller as it is now, after logins, users or roles have changed; `None` when its login
/// is gone or disabled. Who has no login stays as it is.
pub fn refresh(tx: &mut dyn Tx, before: &Caller) -> Result<Option<Caller>, CatalogError> {
    let Some(sid) = &before.sid else { return Ok(Some(before.clone())) };
    let sql = "SELECT login_id FROM logins WHERE sid = ?1 AND is_disabled = 0";
    match tx.scalar(sql, &params![sid])? {
        Some(login) => caller(tx, login),
        None => Ok(None),
    }
}

/// 15247, in SQL Server's words.
pub(crate) fn no_permission() -> CatalogError {
    CatalogError::procedure(15247, "User does not have permission to perform this action.")
}

/// 15151, in SQL Server's words: `what` is for example "alter the login".
pub(crate) fn cannot(what: &str, name: &str) -> CatalogError {
    let message =
        format!("Cannot {what} '{name}', because it does not exist or you do not have permission.");
    CatalogError::procedure(15151, message)
}
