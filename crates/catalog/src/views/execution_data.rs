//! What running packages leave behind: events, executables, phases, row counts.

use super::ColumnKind::{BigInt, Guid, Int, LongText, SmallInt, Text, Time, Variant};
use super::{View, ViewColumn, Visible};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "catalog",
        name: "executables",
        columns: EXECUTABLES,
        key: &[1, 0],
        from: "executables",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
    View {
        schema: "catalog",
        name: "executable_statistics",
        columns: EXECUTABLE_STATISTICS,
        key: &[0],
        from: "executable_statistics",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
    View {
        schema: "catalog",
        name: "event_messages",
        columns: EVENT_MESSAGES,
        key: &[0],
        from: "operation_messages",
        only: "event_name IS NOT NULL",
        visible: Visible::Operation("operation_id"),
    },
    View {
        schema: "catalog",
        name: "event_message_context",
        columns: EVENT_MESSAGE_CONTEXT,
        key: &[0],
        from: "event_message_context c JOIN operation_messages m ON m.operation_message_id = c.event_message_id",
        only: "",
        visible: Visible::Operation("m.operation_id"),
    },
    View {
        schema: "catalog",
        name: "execution_component_phases",
        columns: EXECUTION_COMPONENT_PHASES,
        key: &[0],
        from: "execution_component_phases",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
    View {
        schema: "catalog",
        name: "execution_data_statistics",
        columns: EXECUTION_DATA_STATISTICS,
        key: &[0],
        from: "execution_data_statistics",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
    View {
        schema: "catalog",
        name: "execution_data_taps",
        columns: EXECUTION_DATA_TAPS,
        key: &[0],
        from: "execution_data_taps",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
];

const EXECUTABLES: &[ViewColumn] = &[
    ViewColumn::new("executable_id", BigInt, "executable_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("executable_name", Text(4000), "executable_name").not_null(),
    ViewColumn::new("executable_guid", Text(38), "executable_guid").not_null(),
    ViewColumn::new("package_name", Text(260), "package_name").not_null(),
    ViewColumn::new("package_path", LongText, "package_path").not_null(),
];

const EXECUTABLE_STATISTICS: &[ViewColumn] = &[
    ViewColumn::new("statistics_id", BigInt, "statistics_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("executable_id", BigInt, "executable_id").not_null(),
    ViewColumn::new("execution_path", LongText, "execution_path").not_null(),
    ViewColumn::new("start_time", Time, "start_time").not_null(),
    ViewColumn::new("end_time", Time, "end_time").not_null(),
    ViewColumn::new("execution_duration", Int, "execution_duration").not_null(),
    ViewColumn::new("execution_result", SmallInt, "execution_result").not_null(),
    ViewColumn::new("execution_value", Variant("'String'"), "execution_value"),
];

const EVENT_MESSAGES: &[ViewColumn] = &[
    ViewColumn::new("event_message_id", BigInt, "operation_message_id").not_null(),
    ViewColumn::new("operation_id", BigInt, "operation_id").not_null(),
    ViewColumn::new("message_time", Time, "message_time").not_null(),
    ViewColumn::new("message_type", SmallInt, "message_type").not_null(),
    ViewColumn::new("message_source_type", SmallInt, "message_source_type").not_null(),
    ViewColumn::new("message", LongText, "message").not_null(),
    ViewColumn::new("extended_info_id", BigInt, "extended_info_id"),
    ViewColumn::new("package_name", Text(260), "package_name"),
    ViewColumn::new("event_name", Text(1024), "event_name"),
    ViewColumn::new("message_source_name", Text(4000), "message_source_name"),
    ViewColumn::new("message_source_id", Text(38), "message_source_id"),
    ViewColumn::new("subcomponent_name", Text(4000), "subcomponent_name"),
    ViewColumn::new("package_path", LongText, "package_path"),
    ViewColumn::new("execution_path", LongText, "execution_path"),
    ViewColumn::new("threadID", Int, "thread_id"),
    ViewColumn::new("message_code", Int, "message_code"),
];

const EVENT_MESSAGE_CONTEXT: &[ViewColumn] = &[
    ViewColumn::new("context_id", BigInt, "c.context_id").not_null(),
    ViewColumn::new("event_message_id", BigInt, "c.event_message_id").not_null(),
    ViewColumn::new("context_depth", Int, "c.context_depth").not_null(),
    ViewColumn::new("package_path", LongText, "c.package_path").not_null(),
    ViewColumn::new("context_type", SmallInt, "c.context_type").not_null(),
    ViewColumn::new("context_source_name", Text(4000), "c.context_source_name").not_null(),
    ViewColumn::new("context_source_id", Text(38), "c.context_source_id"),
    ViewColumn::new("property_name", Text(4000), "c.property_name").not_null(),
    ViewColumn::new("property_value", Variant("'String'"), "c.property_value"),
];

const EXECUTION_COMPONENT_PHASES: &[ViewColumn] = &[
    ViewColumn::new("phase_stats_id", BigInt, "phase_stats_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("package_name", Text(260), "package_name").not_null(),
    ViewColumn::new("task_name", Text(4000), "task_name").not_null(),
    ViewColumn::new("subcomponent_name", Text(4000), "subcomponent_name").not_null(),
    ViewColumn::new("phase", Text(128), "phase").not_null(),
    ViewColumn::new("start_time", Time, "start_time").not_null(),
    ViewColumn::new("end_time", Time, "end_time").not_null(),
    ViewColumn::new("execution_path", LongText, "execution_path").not_null(),
];

const EXECUTION_DATA_STATISTICS: &[ViewColumn] = &[
    ViewColumn::new("data_stats_id", BigInt, "data_stats_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("package_name", Text(260), "package_name").not_null(),
    ViewColumn::new("task_name", Text(4000), "task_name").not_null(),
    ViewColumn::new("dataflow_path_id_string", Text(4000), "dataflow_path_id_string").not_null(),
    ViewColumn::new("dataflow_path_name", Text(4000), "dataflow_path_name").not_null(),
    ViewColumn::new("source_component_name", Text(4000), "source_component_name").not_null(),
    ViewColumn::new("destination_component_name", Text(4000), "destination_component_name")
        .not_null(),
    ViewColumn::new("rows_sent", BigInt, "rows_sent").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
    ViewColumn::new("execution_path", LongText, "execution_path").not_null(),
];

const EXECUTION_DATA_TAPS: &[ViewColumn] = &[
    ViewColumn::new("data_tap_id", BigInt, "data_tap_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("package_path", LongText, "package_path"),
    ViewColumn::new("dataflow_path_id_string", Text(4000), "dataflow_path_id_string").not_null(),
    ViewColumn::new("dataflow_task_guid", Guid, "dataflow_task_guid"),
    ViewColumn::new("max_rows", Int, "max_rows"),
    ViewColumn::new("filename", Text(4000), "filename").not_null(),
];
