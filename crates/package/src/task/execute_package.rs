//! Execute Package Task: runs another package.

use crate::Secret;

/// Execute Package Task.
#[derive(Clone, Debug, Default)]
pub struct ExecutePackage {
    /// Which package.
    pub reference: PackageReference,
    /// What the child's parameters receive.
    pub assignments: Vec<ParameterAssignment>,
    /// Whether the child runs in a process of its own.
    pub out_of_process: bool,
    /// Opens an encrypted child.
    pub password: Option<Secret>,
}

/// Which package an Execute Package Task runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageReference {
    /// A package of the same project, by its file name.
    Project {
        /// For example `Child.dtsx`.
        package_name: String,
    },
    /// A package in the file system or on a server.
    External {
        /// Id or name of the connection manager that leads there.
        connection: String,
        /// Name on a server; empty for a file.
        package_name: String,
        /// Id of the package; empty for any.
        package_id: String,
        /// Id of the package's version; empty for any.
        version_id: String,
    },
}

impl Default for PackageReference {
    fn default() -> Self {
        Self::Project { package_name: String::new() }
    }
}

/// A parameter of the child and what it receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterAssignment {
    /// Name of the child's parameter.
    pub parameter: String,
    /// `User::x`, `$Package::x` or `$Project::x` of the parent.
    pub source: String,
}
