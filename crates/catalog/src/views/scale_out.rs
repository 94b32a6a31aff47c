//! Scale Out: masters and workers.

use super::ColumnKind::{BigInt, Bit, Guid, LongText, Text, Time};
use super::{View, ViewColumn, Visible};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "catalog",
        name: "alwayson_replicas",
        columns: ALWAYSON_REPLICAS,
        key: &[0],
        from: "{{standbys}}",
        only: "coalesce(state, '') <> 'backup'",
        visible: Visible::All,
    },
    View {
        schema: "catalog",
        name: "master_properties",
        columns: MASTER_PROPERTIES,
        key: &[0],
        from: "master_properties",
        only: "",
        visible: Visible::All,
    },
    View {
        schema: "catalog",
        name: "worker_agents",
        columns: WORKER_AGENTS,
        key: &[0],
        from: "worker_agents",
        only: "",
        visible: Visible::Executors,
    },
    View {
        schema: "catalog",
        name: "worker_agent_perfcounter",
        columns: WORKER_AGENT_PERFCOUNTER,
        key: &[0],
        from: "(SELECT w.WorkerAgentId, 'Running tasks' AS PerfCounterName, (SELECT count(*) FROM tasks t WHERE t.WorkerAgentId = w.WorkerAgentId AND t.phase = 1) AS PerfCounterValue, w.LastOnlineTime FROM worker_agents w) p",
        only: "",
        visible: Visible::Executors,
    },
];

const MASTER_PROPERTIES: &[ViewColumn] = &[
    ViewColumn::new("property_name", Text(256), "property_name").not_null(),
    ViewColumn::new("property_value", LongText, "property_value").not_null(),
];

const WORKER_AGENTS: &[ViewColumn] = &[
    ViewColumn::new("WorkerAgentId", Guid, "WorkerAgentId").not_null(),
    ViewColumn::new("IsEnabled", Bit, "IsEnabled").not_null(),
    ViewColumn::new("DisplayName", Text(256), "DisplayName").not_null(),
    ViewColumn::new("Description", Text(256), "Description").not_null(),
    ViewColumn::new("MachineName", Text(256), "MachineName").not_null(),
    ViewColumn::new("Tags", LongText, "Tags").not_null(),
    ViewColumn::new("UserAccount", Text(256), "UserAccount").not_null(),
    ViewColumn::new("LastOnlineTime", Time, "LastOnlineTime").not_null(),
];

const WORKER_AGENT_PERFCOUNTER: &[ViewColumn] = &[
    ViewColumn::new("WorkerAgentId", Guid, "WorkerAgentId").not_null(),
    ViewColumn::new("PerfCounterName", Text(256), "PerfCounterName").not_null(),
    ViewColumn::new("PerfCounterValue", BigInt, "PerfCounterValue").not_null(),
    ViewColumn::new("TimeStamp", Time, "LastOnlineTime").not_null(),
];

/// The state is the store's own word for it, such as `streaming`.
const ALWAYSON_REPLICAS: &[ViewColumn] = &[
    ViewColumn::new("server_name", Text(256), "application_name").not_null(),
    ViewColumn::new("state", Text(60), "state"),
];
