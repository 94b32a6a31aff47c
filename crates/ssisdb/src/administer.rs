//! Logins, users and roles: the statements that make and change them.

use std::sync::Arc;

use catalog::logins::{self, NewLogin, PasswordHash};
use catalog::principals::{self, UserLogin};
use tsql::ast::{
    AlterLogin, CreateLogin, CreateUser, DropKind, DropObject, LoginOption, RoleChange,
    StatementKind,
};
use tsql::value::SqlError;

use crate::connection::Inside;
use crate::error::sql_error;
use crate::grant;

/// Runs one of these statements, or says which one is not there.
pub(crate) fn run(
    connection: &Arc<Inside>,
    statement: &StatementKind,
    database: &str,
) -> Result<(), SqlError> {
    if let StatementKind::CreateLogin(login) = statement {
        return create_login(connection, login);
    }
    if let StatementKind::AlterLogin(name, change) = statement {
        return alter_login(connection, &name.value, change);
    }
    if let StatementKind::CreateUser(user) = statement {
        return create_user(connection, user);
    }
    if let StatementKind::CreateRole { server: false, name, .. } = statement {
        let name = name.value.clone();
        return write(connection, move |tx, caller| {
            principals::create_role(tx, caller, &name).map(drop)
        });
    }
    if let StatementKind::AlterRole { server, name, change } = statement {
        return alter_role(connection, *server, &name.value, change);
    }
    if let StatementKind::Drop(object) = statement {
        return drop_principal(connection, object);
    }
    if let StatementKind::Permission(change) = statement {
        return grant::run(connection, change, database);
    }
    Err(SqlError::unsupported("This statement"))
}

fn write<F>(connection: &Inside, job: F) -> Result<(), SqlError>
where
    F: Fn(&mut dyn catalog::Tx, &catalog::Caller) -> Result<(), catalog::CatalogError>
        + Send
        + Sync
        + 'static,
{
    let caller = connection.caller();
    connection.work.write(move |tx| job(tx, &caller))
}

/// What the options of CREATE LOGIN and ALTER LOGIN say.
#[derive(Default)]
struct Options {
    password: Option<String>,
    old_password: Option<String>,
    check_policy: Option<bool>,
    sid: Option<Vec<u8>>,
    name: Option<String>,
    database: Option<String>,
}

impl Options {
    fn read(options: &[LoginOption]) -> Result<Self, SqlError> {
        let mut read = Self::default();
        for option in options {
            match option {
                LoginOption::Password { must_change: true, .. } => {
                    return Err(SqlError::unsupported("MUST_CHANGE"));
                }
                LoginOption::Password { password, .. } => read.password = Some(password.0.clone()),
                LoginOption::HashedPassword(_) => return Err(SqlError::unsupported("HASHED")),
                LoginOption::OldPassword(password) => {
                    read.old_password = Some(password.0.clone());
                }
                LoginOption::Sid(sid) => read.sid = Some(sid.clone()),
                LoginOption::Name(name) => read.name = Some(name.value.clone()),
                LoginOption::DefaultDatabase(name) => read.database = Some(name.value.clone()),
                LoginOption::CheckPolicy(on) => read.check_policy = Some(*on),
                // Messages are English whatever the language, and passwords do not expire.
                LoginOption::DefaultLanguage(_) | LoginOption::CheckExpiration(false) => {}
                LoginOption::CheckExpiration(true) => {
                    return Err(SqlError::unsupported("CHECK_EXPIRATION = ON"));
                }
            }
        }
        Ok(read)
    }

    /// The hash of the password, after the policy was asked. Hashing takes a while, so it is done
    /// before the transaction.
    fn hash(&self, login: &str) -> Result<Option<PasswordHash>, SqlError> {
        let Some(password) = &self.password else { return Ok(None) };
        if self.check_policy != Some(false) {
            logins::check_policy(login, password).map_err(|error| sql_error(&error))?;
        }
        let hash = PasswordHash::of(password);
        hash.map(Some).map_err(|error| SqlError::new(15_032, 16, 1, format!("{error}.")))
    }
}

fn create_login(connection: &Inside, login: &CreateLogin) -> Result<(), SqlError> {
    let name = login.name.value.clone();
    let options = Options::read(&login.options)?;
    let Some(password) = options.hash(&name)?.filter(|_| !login.from_windows) else {
        return Err(SqlError::unsupported("CREATE LOGIN without a password"));
    };
    write(connection, move |tx, caller| {
        let new = NewLogin {
            name: &name,
            password: &password,
            sid: options.sid.as_deref(),
            default_database: options.database.as_deref(),
        };
        logins::create(tx, caller, &new).map(drop)
    })
}

fn alter_login(connection: &Inside, name: &str, change: &AlterLogin) -> Result<(), SqlError> {
    let name = name.to_owned();
    let options = match change {
        AlterLogin::Enable => {
            return write(connection, move |tx, caller| logins::enable(tx, caller, &name));
        }
        AlterLogin::Disable => {
            return write(connection, move |tx, caller| logins::disable(tx, caller, &name));
        }
        AlterLogin::Options(options) => Options::read(options)?,
    };
    let password = options.hash(&name)?;
    let old_was_shown = options.old_password.as_deref().is_some_and(|old| {
        let signed_in = logins::sign_in(&connection.server.catalog, &name, old);
        connection.server.runtime.block_on(signed_in).is_ok()
    });
    write(connection, move |tx, caller| {
        if let Some(password) = &password {
            logins::set_password(tx, caller, (&name, old_was_shown), password)?;
        }
        if let Some(database) = &options.database {
            logins::set_default_database(tx, caller, &name, database)?;
        }
        match &options.name {
            Some(new_name) => logins::rename(tx, caller, &name, new_name),
            None => Ok(()),
        }
    })
}

fn create_user(connection: &Inside, user: &CreateUser) -> Result<(), SqlError> {
    let (name, without) = (user.name.value.clone(), user.without_login);
    let login = user.login.as_ref().map(|login| login.value.clone());
    write(connection, move |tx, caller| {
        let login = match &login {
            Some(login) => UserLogin::Named(login),
            None if without => UserLogin::None,
            None => UserLogin::SameName,
        };
        principals::create_user(tx, caller, &name, login).map(drop)
    })
}

fn alter_role(
    connection: &Inside,
    server: bool,
    role: &str,
    change: &RoleChange,
) -> Result<(), SqlError> {
    let role = role.to_owned();
    match change {
        RoleChange::AddMember(member) => add_member(connection, server, role, member.value.clone()),
        RoleChange::DropMember(member) => {
            drop_member(connection, server, role, member.value.clone())
        }
        RoleChange::Rename(_) => Err(SqlError::unsupported("ALTER ROLE ... WITH NAME")),
    }
}

/// Puts a member into a role of the server or of SSISDB.
pub(crate) fn add_member(
    connection: &Inside,
    server: bool,
    role: String,
    member: String,
) -> Result<(), SqlError> {
    write(connection, move |tx, caller| match server {
        true => logins::add_server_role_member(tx, caller, &role, &member),
        false => principals::add_role_member(tx, caller, &role, &member),
    })
}

/// Takes a member out of a role of the server or of SSISDB.
pub(crate) fn drop_member(
    connection: &Inside,
    server: bool,
    role: String,
    member: String,
) -> Result<(), SqlError> {
    write(connection, move |tx, caller| match server {
        true => logins::drop_server_role_member(tx, caller, &role, &member),
        false => principals::drop_role_member(tx, caller, &role, &member),
    })
}

fn drop_principal(connection: &Inside, object: &DropObject) -> Result<(), SqlError> {
    let names: Vec<String> = object.names.iter().map(|name| name.name().to_owned()).collect();
    let (kind, if_exists) = (object.kind, object.if_exists);
    write(connection, move |tx, caller| {
        for name in &names {
            let is_login = kind == DropKind::Login;
            let known = if is_login {
                logins::find(tx, name)?.is_some()
            } else {
                principals::find(tx, name)?.is_some()
            };
            if if_exists && !known {
                continue;
            }
            match kind {
                DropKind::Login => logins::drop(tx, caller, name)?,
                DropKind::User => principals::drop_user(tx, caller, name)?,
                DropKind::Role => principals::drop_role(tx, caller, name)?,
                DropKind::Table
                | DropKind::Procedure
                | DropKind::Function
                | DropKind::View
                | DropKind::Index
                | DropKind::Type
                | DropKind::Schema
                | DropKind::ServerRole => {
                    let message = format!("Cannot drop '{name}': this server has no such objects");
                    return Err(catalog::CatalogError::Procedure { number: 3701, message });
                }
            }
        }
        Ok(())
    })
}
