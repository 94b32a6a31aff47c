//! Logins: who may come in with a password, and what they belong to.

use std::fmt;

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Answer to `GET /api/logins`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logins {
    /// All of them, by name.
    pub logins: Vec<LoginRow>,
}

/// A login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoginRow {
    /// Its name.
    pub name: String,
    /// Whether nobody can come in with it.
    pub is_disabled: bool,
    /// The roles of the server and of the database that it is in directly.
    pub roles: Vec<String>,
    /// The database that it starts in.
    pub default_database: String,
    /// When it was made.
    pub created_time: Timestamp,
    /// When it was changed last.
    pub modified_time: Timestamp,
}

/// Body of `POST /api/logins`: make a login.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NewLogin {
    /// Its name.
    pub name: String,
    /// Its password; at least 8 characters of three kinds.
    pub password: String,
    /// Roles to put it into, for example `ssis_admin`.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// Body of `POST /api/logins/{name}`: change a login. What is absent stays.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeLogin {
    /// Its new password.
    #[serde(default)]
    pub password: Option<String>,
    /// Whether nobody can come in with it. `false` also ends the wait after wrong passwords.
    #[serde(default)]
    pub is_disabled: Option<bool>,
    /// Roles to put it into.
    #[serde(default)]
    pub grant_roles: Vec<String>,
    /// Roles to take it out of.
    #[serde(default)]
    pub revoke_roles: Vec<String>,
}

impl fmt::Debug for NewLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewLogin")
            .field("name", &self.name)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ChangeLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeLogin")
            .field("is_disabled", &self.is_disabled)
            .field("grant_roles", &self.grant_roles)
            .field("revoke_roles", &self.revoke_roles)
            .finish_non_exhaustive()
    }
}
