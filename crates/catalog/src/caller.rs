//! Who calls a procedure, and what that person belongs to.

use crate::error::CatalogError;
use crate::principals::{DBO, PUBLIC};

/// Who a procedure runs for: a login with what it belongs to, or an administrator whom a
/// certificate or the ownership of the data directory let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As `caller_name` columns show it: the login's name.
    pub name: String,
    /// What it belongs to.
    pub roles: Roles,
    /// The login's security id, as `caller_sid` columns show it; `None` without a login.
    pub sid: Option<Vec<u8>>,
    /// Its user in the database; `None` for a login that has none there.
    pub user: Option<i32>,
    /// Its user, `public`, and every role that it is in, directly or by other roles: permissions
    /// of these are its permissions.
    pub principals: Vec<i32>,
}

/// Membership in the documented roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a role that one is in or not")]
pub struct Roles {
    /// Server role `sysadmin`.
    pub sysadmin: bool,
    /// Server role `securityadmin`: may make and change logins.
    pub securityadmin: bool,
    /// Database role `db_owner`: may make users and roles.
    pub db_owner: bool,
    /// Database role `ssis_admin`.
    pub ssis_admin: bool,
    /// Database role `ssis_cluster_executor`: may run in Scale Out.
    pub ssis_cluster_executor: bool,
    /// Database role `ssis_cluster_worker`: may write logs of executions.
    pub ssis_cluster_worker: bool,
    /// Database role `ssis_logreader`: may read operations and messages.
    pub ssis_logreader: bool,
}

impl Caller {
    /// A caller in these roles that has no login, and so no permission of its own.
    pub fn new(name: impl Into<String>, roles: Roles) -> Self {
        let name = name.into();
        Self { name, roles, sid: None, user: None, principals: vec![PUBLIC] }
    }

    /// An administrator: the owner of the data directory on one box.
    pub fn admin(name: impl Into<String>) -> Self {
        let roles = Roles { sysadmin: true, ssis_admin: true, ..Roles::default() };
        Self { user: Some(DBO), principals: vec![PUBLIC, DBO], ..Self::new(name, roles) }
    }

    /// Whether it is a member of `ssis_admin` or `sysadmin`.
    pub fn is_admin(&self) -> bool {
        self.roles.ssis_admin || self.roles.sysadmin
    }

    /// Whether it may run packages in Scale Out at all.
    pub fn may_run_in_scale_out(&self) -> bool {
        self.is_admin() || self.roles.ssis_cluster_executor
    }

    /// Whether it may see all operations and what they said.
    pub fn may_read_logs(&self) -> bool {
        self.is_admin() || self.roles.ssis_logreader
    }

    /// Refuses everybody but administrators with 27219.
    pub fn require_admin(&self) -> Result<(), CatalogError> {
        if self.is_admin() {
            return Ok(());
        }
        let message = "the caller lacks permission for this procedure: it takes a member of \
                       ssis_admin or sysadmin";
        Err(CatalogError::procedure(27219, message))
    }
}
