//! What the API, the command line and the pages show of the catalog.
//!
//! Each read takes the caller, and shows only what the caller may see: administrators and members
//! of `ssis_logreader` all operations, others their own. Lists are bounded by their `limit`.

mod executions;
mod messages;
mod objects;
mod operations;
mod parameters;
mod workers;

pub use executions::{
    AttemptRow, ExecutionFilter, ExecutionRow, attempts, execution, execution_statuses, executions,
    status_counts,
};
pub use messages::{EventPart, MessageFilter, MessageRow, messages};
pub use objects::{
    FolderRow, PackageRow, ProjectRow, VersionRow, folders, packages, project_bytes, projects,
    versions,
};
pub use operations::{OperationRow, operation, operations};
pub use parameters::{
    ExecutionParameterRow, ObjectParameterRow, execution_parameters, object_parameters,
};
pub use workers::{WorkerRow, catalog_properties, master_properties, worker, workers};

use crate::caller::Caller;

/// The name that rows must have as caller, or `None` when the caller sees all.
fn only_of(caller: &Caller) -> Option<&str> {
    let sees_all = caller.is_admin() || caller.roles.ssis_logreader;
    (!sees_all).then_some(caller.name.as_str())
}
