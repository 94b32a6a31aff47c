//! Logins: who may come in, with which password, and what they may do to the server.
//!
//! ```text
//!    sign_in ── find ──> checked outside any transaction ──> Caller
//!                          │ wrong: counted in the catalog, so that all masters slow down
//!    create, set_password, enable, disable, rename, drop, server roles: `change.rs`
//! ```
//!
//! Numbers and sentences of errors are those of SQL Server's `CREATE LOGIN`, `ALTER LOGIN`,
//! `DROP LOGIN` and `ALTER SERVER ROLE`. Users and roles of the database: `principals.rs`.
//!
//! # Invariants
//!
//! * A password is stored as a salted argon2id hash only, and shown by nothing.
//! * Why a login was refused is told to nobody but the log: clients get 18456.

mod change;
mod password;
mod recent;
mod roles;
mod sign_in;
mod turns;

use model::Timestamp;
use serde::Serialize;

pub use change::{
    NewLogin, add_server_role_member, create, disable, drop, drop_server_role_member, enable,
    ensure_log_login, rename, set_default_database, set_password,
};
pub use password::{PasswordError, PasswordHash, check_policy, verify};
pub use roles::{drop_with_user, grant_role, revoke_role, roles};
pub use sign_in::{Refused, sign_in};
pub use turns::{Turn, wait_in_line};

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::procedures::fold;
use crate::store::{Row, Tx, params};

/// The login whose password Scale Out Workers of the original have, to write logs.
pub const LOG_LOGIN: &str = "##MS_SSISLogDBWorkerAgentLogin##";

/// Roles of the server that mean something here.
pub const SERVER_ROLES: &[&str] = &["sysadmin", "securityadmin"];

/// A login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoginRow {
    /// `principal_id` of `sys.server_principals`; from 257.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its security id.
    pub sid: Vec<u8>,
    /// Whether nobody can come in with it.
    pub disabled: bool,
    /// The database that it starts in.
    pub default_database: String,
    /// The server roles that it is in.
    pub server_roles: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub modified: Timestamp,
}

macro_rules! select_logins {
    ($rest:literal) => {
        concat!(
            "SELECT l.login_id, l.name, l.sid, l.is_disabled, l.default_database, l.created_time,
                    l.modified_time,
                    (SELECT count(*) FROM server_role_members m
                     WHERE m.login_id = l.login_id AND m.role_name = 'sysadmin'),
                    (SELECT count(*) FROM server_role_members m
                     WHERE m.login_id = l.login_id AND m.role_name = 'securityadmin')
             FROM logins l ",
            $rest
        )
    };
}

/// All logins, by name.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<LoginRow>, CatalogError> {
    let sql = select_logins!("ORDER BY l.name_key");
    tx.query(sql, &[])?.iter().map(from_row).collect()
}

/// The logins that the caller may know of: its own; administrators and `securityadmin` see all.
pub fn visible(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<LoginRow>, CatalogError> {
    let sees_all = caller.is_admin() || caller.roles.securityadmin;
    let mine = |login: &LoginRow| sees_all || Some(&login.sid) == caller.sid.as_ref();
    Ok(list(tx)?.into_iter().filter(mine).collect())
}

/// The login of this name, if there is one.
pub fn find(tx: &mut dyn Tx, name: &str) -> Result<Option<LoginRow>, CatalogError> {
    let sql = select_logins!("WHERE l.name_key = ?1");
    tx.query_opt(sql, &params![fold(name)])?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<LoginRow, CatalogError> {
    let mut server_roles = Vec::new();
    for (column, role) in [(7, SERVER_ROLES[0]), (8, SERVER_ROLES[1])] {
        if row.get::<i64>(column)? != 0 {
            server_roles.push(role.to_owned());
        }
    }
    Ok(LoginRow {
        id: row.get(0)?,
        name: row.get(1)?,
        sid: row.get(2)?,
        disabled: row.get(3)?,
        default_database: row.get(4)?,
        created: row.get(5)?,
        modified: row.get(6)?,
        server_roles,
    })
}
