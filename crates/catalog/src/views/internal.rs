//! What the documentation tells people to query of the schema `internal`.
//!
//! Source: "Scale Out troubleshooting": which task an execution has become.

use super::ColumnKind::{BigInt, Bit, Bytes, Char, Guid, Int, LongText, Text, Time};
use super::{View, ViewColumn, Visible};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "internal",
        name: "tasks",
        columns: INTERNAL_TASKS,
        key: &[2],
        from: "tasks t",
        only: "",
        visible: Visible::Operation("t.execution_id"),
    },
    View {
        schema: "internal",
        name: "executions",
        columns: INTERNAL_EXECUTIONS,
        key: &[0],
        from: "executions e JOIN operations o ON o.operation_id = e.execution_id",
        only: "",
        visible: Visible::Operation("e.execution_id"),
    },
    View {
        schema: "internal",
        name: "jobs",
        columns: INTERNAL_JOBS,
        key: &[0],
        from: "jobs",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
    View {
        schema: "internal",
        name: "worker_agents",
        columns: INTERNAL_WORKER_AGENTS,
        key: &[0],
        from: "worker_agents",
        only: "",
        visible: Visible::Executors,
    },
];

const INTERNAL_TASKS: &[ViewColumn] = &[
    ViewColumn::new("TaskId", Guid, "t.TaskId").not_null(),
    ViewColumn::new("JobId", Guid, "t.JobId").not_null(),
    ViewColumn::new("ordinal", BigInt, "t.ordinal").not_null(),
    ViewColumn::new("execution_id", BigInt, "t.execution_id").not_null(),
    ViewColumn::new("WorkerAgentId", Guid, "t.WorkerAgentId"),
    ViewColumn::new("attempt", Int, "t.attempt"),
    ViewColumn::new("retries_left", Int, "t.retries_left"),
    ViewColumn::new("lease_expires", Time, "t.lease_expires"),
];

const INTERNAL_EXECUTIONS: &[ViewColumn] = &[
    ViewColumn::new("execution_id", BigInt, "e.execution_id").not_null(),
    ViewColumn::new("folder_name", Text(128), "e.folder_name").not_null(),
    ViewColumn::new("project_name", Text(128), "e.project_name").not_null(),
    ViewColumn::new("package_name", Text(260), "e.package_name").not_null(),
    ViewColumn::new("reference_id", BigInt, "e.reference_id"),
    ViewColumn::new("reference_type", Char, "e.reference_type"),
    ViewColumn::new("environment_folder_name", Text(128), "e.environment_folder_name"),
    ViewColumn::new("environment_name", Text(128), "e.environment_name"),
    ViewColumn::new("project_lsn", BigInt, "e.project_lsn"),
    ViewColumn::new("executed_as_sid", Bytes(85), "e.executed_as_sid"),
    ViewColumn::new("executed_as_name", Text(128), "e.executed_as_name"),
    ViewColumn::new("use32bitruntime", Bit, "e.use32bitruntime"),
    // Every execution has a job here; scripts tell by it which were asked to run in Scale Out.
    ViewColumn::new("job_id", Guid, "CASE WHEN e.run_in_scale_out = 1 THEN e.job_id END"),
    ViewColumn::new("worker_agent_id", Guid, "e.worker_agent_id"),
    ViewColumn::new("executed_count", Int, "e.executed_count"),
];

const INTERNAL_JOBS: &[ViewColumn] = &[
    ViewColumn::new("JobId", Guid, "JobId").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("use_any_worker", Bit, "use_any_worker").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
    ViewColumn::new("completed_time", Time, "completed_time"),
];

const INTERNAL_WORKER_AGENTS: &[ViewColumn] = &[
    ViewColumn::new("WorkerAgentId", Guid, "WorkerAgentId").not_null(),
    ViewColumn::new("IsEnabled", Bit, "IsEnabled").not_null(),
    ViewColumn::new("DisplayName", Text(256), "DisplayName").not_null(),
    ViewColumn::new("Description", Text(256), "Description").not_null(),
    ViewColumn::new("MachineName", Text(256), "MachineName").not_null(),
    ViewColumn::new("Tags", LongText, "Tags").not_null(),
    ViewColumn::new("UserAccount", Text(256), "UserAccount").not_null(),
    ViewColumn::new("LastOnlineTime", Time, "LastOnlineTime").not_null(),
];
