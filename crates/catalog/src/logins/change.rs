//! Makes logins and changes them.

use super::password::PasswordHash;
use super::{LOG_LOGIN, LoginRow, SERVER_ROLES, find};
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::key::KeyError;
use crate::principals::{self, NAME_MAX, SSIS_CLUSTER_WORKER, UserLogin};
use crate::procedures::fold;
use crate::store::{Tx, params};

/// `principal_id` of the first login; those before it are SQL Server's own.
const FIRST_ID: i64 = 257;

/// The length of a SQL login's security id.
const SID_BYTES: usize = 16;

/// A login to make.
#[derive(Clone, Debug)]
pub struct NewLogin<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its password, hashed.
    pub password: &'a PasswordHash,
    /// `SID = 0x...`, 16 bytes: the same on every server that is to know the login as the same.
    pub sid: Option<&'a [u8]>,
    /// `DEFAULT_DATABASE`; `None` for `master`.
    pub default_database: Option<&'a str>,
}

/// Makes a login, and returns its id.
///
/// One that is there with this name and this explicit security id is the login that is asked for:
/// it gets the password. The set-up of high availability makes the log login on every server with
/// the same security id, and here all servers have one catalog.
pub fn create(tx: &mut dyn Tx, caller: &Caller, login: &NewLogin<'_>) -> Result<i64, CatalogError> {
    require_manager(caller)?;
    check_name(login.name)?;
    let sid = match login.sid {
        None => tx.new_guid().into_bytes().to_vec(),
        Some(sid) if sid.len() == SID_BYTES => sid.to_vec(),
        Some(_) => {
            let message = "Supplied parameter sid should be binary(16).";
            return Err(CatalogError::procedure(15419, message));
        }
    };
    let known = find(tx, login.name)?;
    if let Some(known) = &known
        && login.sid == Some(known.sid.as_slice())
    {
        set_password(tx, caller, (login.name, false), login.password)?;
        return Ok(known.id);
    }
    if known.is_some() {
        let message = format!("The server principal '{}' already exists.", login.name);
        return Err(CatalogError::procedure(15025, message));
    }
    if tx.query_opt("SELECT 1 FROM logins WHERE sid = ?1", &params![&sid])?.is_some() {
        return Err(CatalogError::procedure(15433, "Supplied parameter sid is in use."));
    }
    insert(tx, login, &sid)
}

fn insert(tx: &mut dyn Tx, login: &NewLogin<'_>, sid: &[u8]) -> Result<i64, CatalogError> {
    let sql = "SELECT coalesce(max(login_id) + 1, ?1) FROM logins";
    let id: i64 = tx.scalar(sql, &params![FIRST_ID])?.unwrap_or(FIRST_ID);
    let now = tx.now();
    tx.execute(
        "INSERT INTO logins (login_id, name, name_key, sid, password_hash, default_database,
             created_time, modified_time, password_set_time)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7)",
        &params![
            id,
            login.name,
            fold(login.name),
            sid,
            login.password.stored(),
            login.default_database.unwrap_or("master"),
            now,
        ],
    )?;
    Ok(id)
}

/// Sets another password. A login may do so for itself once it has shown the old one
/// (`OLD_PASSWORD`, which the caller of this function has checked); others need to be managers.
pub fn set_password(
    tx: &mut dyn Tx,
    caller: &Caller,
    (name, old_was_shown): (&str, bool),
    password: &PasswordHash,
) -> Result<(), CatalogError> {
    let own = old_was_shown && fold(name) == fold(&caller.name) && caller.sid.is_some();
    let login = if own { existing(tx, name)? } else { changeable(tx, caller, name)? };
    let sql = "UPDATE logins SET password_hash = ?2, password_set_time = ?3, modified_time = ?3,
                      failures = 0, blocked_until = NULL
               WHERE login_id = ?1";
    tx.execute(sql, &params![login.id, password.stored(), tx.now()])?;
    Ok(())
}

/// Lets nobody in with this login any more.
pub fn disable(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<(), CatalogError> {
    set_disabled(tx, caller, name, true)
}

/// Lets a disabled login in again, also one that wrong passwords have slowed down.
pub fn enable(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<(), CatalogError> {
    set_disabled(tx, caller, name, false)
}

fn set_disabled(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    disabled: bool,
) -> Result<(), CatalogError> {
    let login = changeable(tx, caller, name)?;
    let sql = "UPDATE logins SET is_disabled = ?2, modified_time = ?3, failures = 0,
                      blocked_until = NULL
               WHERE login_id = ?1";
    tx.execute(sql, &params![login.id, disabled, tx.now()])?;
    Ok(())
}

/// `ALTER LOGIN ... WITH NAME = ...`.
pub fn rename(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    new_name: &str,
) -> Result<(), CatalogError> {
    let login = changeable(tx, caller, name)?;
    check_name(new_name)?;
    if find(tx, new_name)?.is_some_and(|other| other.id != login.id) {
        let message = format!("The server principal '{new_name}' already exists.");
        return Err(CatalogError::procedure(15025, message));
    }
    let sql = "UPDATE logins SET name = ?2, name_key = ?3, modified_time = ?4 WHERE login_id = ?1";
    tx.execute(sql, &params![login.id, new_name, fold(new_name), tx.now()])?;
    Ok(())
}

/// `ALTER LOGIN ... WITH DEFAULT_DATABASE = ...`.
pub fn set_default_database(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    database: &str,
) -> Result<(), CatalogError> {
    let login = changeable(tx, caller, name)?;
    let sql = "UPDATE logins SET default_database = ?2, modified_time = ?3 WHERE login_id = ?1";
    tx.execute(sql, &params![login.id, database, tx.now()])?;
    Ok(())
}

/// Removes a login. A user that belongs to it stays in the database, as documented.
pub fn drop(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<(), CatalogError> {
    require_manager(caller)?;
    let login = find(tx, name)?;
    let login = login.filter(|login| may_change(caller, login));
    let login = login.ok_or_else(|| cannot("drop the login", name))?;
    tx.execute("DELETE FROM logins WHERE login_id = ?1", &params![login.id])?;
    Ok(())
}

/// `ALTER SERVER ROLE ... ADD MEMBER`. Only the roles of [`SERVER_ROLES`] exist here.
pub fn add_server_role_member(
    tx: &mut dyn Tx,
    caller: &Caller,
    role: &str,
    login: &str,
) -> Result<(), CatalogError> {
    let (role, login) = membership(tx, caller, role, login)?;
    let sql = "INSERT INTO server_role_members (login_id, role_name) VALUES (?1, ?2)
               ON CONFLICT (login_id, role_name) DO NOTHING";
    tx.execute(sql, &params![login.id, role])?;
    Ok(())
}

/// `ALTER SERVER ROLE ... DROP MEMBER`.
pub fn drop_server_role_member(
    tx: &mut dyn Tx,
    caller: &Caller,
    role: &str,
    login: &str,
) -> Result<(), CatalogError> {
    let (role, login) = membership(tx, caller, role, login)?;
    let sql = "DELETE FROM server_role_members WHERE login_id = ?1 AND role_name = ?2";
    tx.execute(sql, &params![login.id, role])?;
    Ok(())
}

/// A role takes members from its own members only, as in SQL Server.
fn membership(
    tx: &mut dyn Tx,
    caller: &Caller,
    role: &str,
    login: &str,
) -> Result<(&'static str, LoginRow), CatalogError> {
    let known = SERVER_ROLES.iter().find(|known| known.eq_ignore_ascii_case(role));
    let known = known.filter(|&&known| match known {
        "securityadmin" => caller.roles.sysadmin || caller.roles.securityadmin,
        _ => caller.roles.sysadmin,
    });
    let known = known.ok_or_else(|| cannot("alter the server role", role))?;
    let login = find(tx, login)?.ok_or_else(|| cannot("add the principal", login))?;
    Ok((known, login))
}

/// Makes the login that Scale Out Workers of the original log with, when it does not exist: with
/// a generated password that nobody knows, and a user in `ssis_cluster_worker`. Whoever needs it
/// sets a password, as the documentation of high availability says.
pub async fn ensure_log_login(catalog: &Catalog) -> Result<(), CatalogError> {
    if catalog.read(|tx| log_login_exists(tx)).await? {
        return Ok(());
    }
    let hashed = tokio::task::spawn_blocking(PasswordHash::of_unknown).await;
    let password = match hashed {
        Ok(Ok(password)) => password,
        Ok(Err(_)) | Err(_) => return Err(CatalogError::Seal(KeyError::Random)),
    };
    catalog.write(move |tx| insert_log_login(tx, &password)).await
}

fn log_login_exists(tx: &mut dyn Tx) -> Result<bool, CatalogError> {
    Ok(find(tx, LOG_LOGIN)?.is_some() || principals::find(tx, LOG_LOGIN)?.is_some())
}

fn insert_log_login(tx: &mut dyn Tx, password: &PasswordHash) -> Result<(), CatalogError> {
    if log_login_exists(tx)? {
        return Ok(());
    }
    let owner = Caller::admin("sa");
    let database = Some("SSISDB");
    let login = NewLogin { name: LOG_LOGIN, password, sid: None, default_database: database };
    create(tx, &owner, &login)?;
    let user = principals::create_user(tx, &owner, LOG_LOGIN, UserLogin::SameName)?;
    principals::insert_member(tx, SSIS_CLUSTER_WORKER, user)
}

fn existing(tx: &mut dyn Tx, name: &str) -> Result<LoginRow, CatalogError> {
    find(tx, name)?.ok_or_else(|| cannot("alter the login", name))
}

/// The login, when the caller may change it.
fn changeable(tx: &mut dyn Tx, caller: &Caller, name: &str) -> Result<LoginRow, CatalogError> {
    let found = find(tx, name)?.filter(|login| may_change(caller, login));
    found.ok_or_else(|| cannot("alter the login", name))
}

/// A member of securityadmin has no power over sysadmins.
fn may_change(caller: &Caller, login: &LoginRow) -> bool {
    let is_sysadmin = login.server_roles.iter().any(|role| role == "sysadmin");
    caller.roles.sysadmin || (caller.roles.securityadmin && !is_sysadmin)
}

fn require_manager(caller: &Caller) -> Result<(), CatalogError> {
    if caller.roles.sysadmin || caller.roles.securityadmin {
        return Ok(());
    }
    Err(principals::no_permission())
}

fn cannot(what: &str, name: &str) -> CatalogError {
    principals::cannot(what, name)
}

/// A backslash is for Windows accounts, which do not come in here.
fn check_name(name: &str) -> Result<(), CatalogError> {
    let length = name.encode_utf16().count();
    if (1..=NAME_MAX).contains(&length) && !name.contains(['\\', '\0']) {
        return Ok(());
    }
    let message = format!("'{name}' is not a valid name because it contains invalid characters.");
    Err(CatalogError::procedure(15006, message))
}
