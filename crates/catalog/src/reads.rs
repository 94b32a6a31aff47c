//! What the API, the command line and the pages show of the catalog.
//!
//! Each read takes the caller, and shows only what the caller may see (`permissions.rs`). Lists are
//! bounded by their `limit`.

mod executions;
mod messages;
mod objects;
mod operations;
mod parameters;
mod replication;
mod schema;
mod sizes;
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
pub use replication::{AtRisk, Primary, Replication, Standby, primary, replication};
pub use schema::{SchemaState, WorkerVersion, known_schema, schema_state};
pub use sizes::{database_size, execution_counters, operation_log_size, version_log_size};
pub use workers::{WorkerRow, catalog_properties, master_properties, worker, workers};

use model::SecurableType;

use crate::caller::Caller;
use crate::permissions;

/// The condition that the caller may see the operation whose id `column` holds.
fn visible(caller: &Caller, column: &str) -> String {
    permissions::readable_by_log_readers(caller, SecurableType::Operation, column)
}
