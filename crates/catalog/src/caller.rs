//! Who calls a procedure, and what that person may do.

use crate::error::CatalogError;

/// The login that a procedure runs for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As `caller_name` columns show it.
    pub name: String,
    /// What it belongs to.
    pub roles: Roles,
}

/// Membership in the documented roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// Server role `sysadmin`.
    pub sysadmin: bool,
    /// Database role `ssis_admin`.
    pub ssis_admin: bool,
    /// Database role `ssis_cluster_executor`: may run in Scale Out.
    pub ssis_cluster_executor: bool,
    /// Database role `ssis_logreader`: may read operations and messages.
    pub ssis_logreader: bool,
}

impl Caller {
    /// An administrator: the owner of the data directory on one box.
    pub fn admin(name: impl Into<String>) -> Self {
        let roles = Roles { sysadmin: true, ssis_admin: true, ..Roles::default() };
        Self { name: name.into(), roles }
    }

    /// Whether it is a member of `ssis_admin` or `sysadmin`.
    pub fn is_admin(&self) -> bool {
        self.roles.ssis_admin || self.roles.sysadmin
    }

    /// Whether it may run packages in Scale Out at all.
    pub fn may_run_in_scale_out(&self) -> bool {
        self.is_admin() || self.roles.ssis_cluster_executor
    }

    /// Refuses everybody but administrators with 27219.
    pub(crate) fn require_admin(&self) -> Result<(), CatalogError> {
        if self.is_admin() {
            return Ok(());
        }
        let message = "the caller lacks permission for this procedure: it takes a member of \
                       ssis_admin or sysadmin";
        Err(CatalogError::procedure(27219, message))
    }
}
