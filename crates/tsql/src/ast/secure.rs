//! Logins, users, roles, permissions.

use std::fmt;

use super::{Ident, ObjectName, Place};

/// A password. It shows itself to nobody who does not ask for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `CREATE LOGIN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateLogin {
    /// Its name.
    pub name: Ident,
    /// `FROM WINDOWS`.
    pub from_windows: bool,
    /// `WITH`.
    pub options: Vec<LoginOption>,
}

/// An option of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOption {
    /// `PASSWORD = 'text' [MUST_CHANGE] [UNLOCK]`.
    Password {
        /// The password.
        password: Secret,
        /// `MUST_CHANGE`.
        must_change: bool,
        /// `UNLOCK`.
        unlock: bool,
    },
    /// `PASSWORD = 0x... HASHED`.
    HashedPassword(Vec<u8>),
    /// `OLD_PASSWORD = 'text'`.
    OldPassword(Secret),
    /// `SID = 0x...`.
    Sid(Vec<u8>),
    /// `NAME = name`.
    Name(Ident),
    /// `DEFAULT_DATABASE = name`.
    DefaultDatabase(Ident),
    /// `DEFAULT_LANGUAGE = name`.
    DefaultLanguage(Ident),
    /// `CHECK_POLICY = ON | OFF`.
    CheckPolicy(bool),
    /// `CHECK_EXPIRATION = ON | OFF`.
    CheckExpiration(bool),
}

/// `ALTER LOGIN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterLogin {
    /// `ENABLE`.
    Enable,
    /// `DISABLE`.
    Disable,
    /// `WITH`.
    Options(Vec<LoginOption>),
}

/// `CREATE USER` and `ALTER USER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateUser {
    /// Its name.
    pub name: Ident,
    /// `FOR LOGIN`, or `LOGIN =` when it is changed.
    pub login: Option<Ident>,
    /// `WITHOUT LOGIN`.
    pub without_login: bool,
    /// `DEFAULT_SCHEMA =`.
    pub default_schema: Option<Ident>,
    /// `NAME =`, when it is changed.
    pub new_name: Option<Ident>,
}

/// `ALTER ROLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleChange {
    /// `ADD MEMBER`.
    AddMember(Ident),
    /// `DROP MEMBER`.
    DropMember(Ident),
    /// `WITH NAME =`.
    Rename(Ident),
}

/// `GRANT`, `DENY` and `REVOKE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionChange {
    /// Which of the three.
    pub verb: PermissionVerb,
    /// `REVOKE GRANT OPTION FOR`.
    pub grant_option_for: bool,
    /// What is allowed; at least one.
    pub permissions: Vec<Permission>,
    /// On what; without it, on the database or the server.
    pub on: Option<Securable>,
    /// To or from whom; at least one.
    pub principals: Vec<Ident>,
    /// `WITH GRANT OPTION`.
    pub with_grant_option: bool,
    /// `CASCADE`.
    pub cascade: bool,
    /// `AS`.
    pub grantor: Option<Ident>,
    /// Where it stands.
    pub place: Place,
}

/// Which change of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PermissionVerb {
    /// `GRANT`.
    Grant,
    /// `DENY`.
    Deny,
    /// `REVOKE`.
    Revoke,
}

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Its words, in upper case: `EXECUTE`, `VIEW DEFINITION`.
    pub name: String,
    /// The columns it is about.
    pub columns: Vec<Ident>,
}

/// What a permission is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Securable {
    /// `SCHEMA`, `OBJECT`, `ROLE`, ... in upper case; without it, an object.
    pub class: Option<String>,
    /// Its name.
    pub name: ObjectName,
}
