//! Operations, executions and their values, messages of operations.

use super::ColumnKind::{
    BigInt, Bit, Bytes, Char, Guid, Int, LongText, SmallInt, Text, Time, Variant,
};
use super::{View, ViewColumn, Visible};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "catalog",
        name: "operations",
        columns: OPERATIONS,
        key: &[0],
        from: "operations",
        only: "",
        visible: Visible::Operation("operation_id"),
    },
    View {
        schema: "catalog",
        name: "extended_operation_info",
        columns: EXTENDED_OPERATION_INFO,
        key: &[0],
        from: "extended_operation_info",
        only: "",
        visible: Visible::Operation("operation_id"),
    },
    View {
        schema: "catalog",
        name: "operation_messages",
        columns: OPERATION_MESSAGES,
        key: &[0],
        from: "operation_messages",
        only: "",
        visible: Visible::Operation("operation_id"),
    },
    View {
        schema: "catalog",
        name: "executions",
        columns: EXECUTIONS,
        key: &[0],
        from: "executions e JOIN operations o ON o.operation_id = e.execution_id",
        only: "",
        visible: Visible::Operation("e.execution_id"),
    },
    View {
        schema: "catalog",
        name: "execution_parameter_values",
        columns: EXECUTION_PARAMETER_VALUES,
        key: &[0],
        from: "execution_parameter_values",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
    View {
        schema: "catalog",
        name: "execution_property_override_values",
        columns: EXECUTION_PROPERTY_OVERRIDE_VALUES,
        key: &[0],
        from: "execution_property_override_values",
        only: "",
        visible: Visible::Operation("execution_id"),
    },
];

const OPERATIONS: &[ViewColumn] = &[
    ViewColumn::new("operation_id", BigInt, "operation_id").not_null(),
    ViewColumn::new("operation_type", SmallInt, "operation_type").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
    ViewColumn::new("object_type", SmallInt, "object_type"),
    ViewColumn::new("object_id", BigInt, "object_id"),
    ViewColumn::new("object_name", Text(260), "object_name"),
    ViewColumn::new("status", Int, "status").not_null(),
    ViewColumn::new("start_time", Time, "start_time"),
    ViewColumn::new("end_time", Time, "end_time"),
    ViewColumn::new("caller_sid", Bytes(85), "caller_sid"),
    ViewColumn::new("caller_name", Text(128), "caller_name").not_null(),
    ViewColumn::new("process_id", Int, "process_id"),
    ViewColumn::new("stopped_by_sid", Bytes(85), "stopped_by_sid"),
    ViewColumn::new("stopped_by_name", Text(128), "stopped_by_name"),
    ViewColumn::new("server_name", Text(128), "server_name"),
    ViewColumn::new("machine_name", Text(128), "machine_name"),
];

const EXTENDED_OPERATION_INFO: &[ViewColumn] = &[
    ViewColumn::new("info_id", BigInt, "info_id").not_null(),
    ViewColumn::new("operation_id", BigInt, "operation_id").not_null(),
    ViewColumn::new("object_name", Text(260), "object_name").not_null(),
    ViewColumn::new("object_type", SmallInt, "object_type"),
    ViewColumn::new("reference_id", BigInt, "reference_id"),
    ViewColumn::new("status", Int, "status").not_null(),
    ViewColumn::new("start_time", Time, "start_time").not_null(),
    ViewColumn::new("end_time", Time, "end_time"),
];

const OPERATION_MESSAGES: &[ViewColumn] = &[
    ViewColumn::new("operation_message_id", BigInt, "operation_message_id").not_null(),
    ViewColumn::new("operation_id", BigInt, "operation_id").not_null(),
    ViewColumn::new("message_time", Time, "message_time").not_null(),
    ViewColumn::new("message_type", SmallInt, "message_type").not_null(),
    ViewColumn::new("message_source_type", SmallInt, "message_source_type").not_null(),
    ViewColumn::new("message", LongText, "message").not_null(),
    ViewColumn::new("extended_info_id", BigInt, "extended_info_id"),
];

const EXECUTIONS: &[ViewColumn] = &[
    ViewColumn::new("execution_id", BigInt, "e.execution_id").not_null(),
    ViewColumn::new("folder_name", Text(128), "e.folder_name").not_null(),
    ViewColumn::new("project_name", Text(128), "e.project_name").not_null(),
    ViewColumn::new("package_name", Text(260), "e.package_name").not_null(),
    ViewColumn::new("reference_id", BigInt, "e.reference_id"),
    ViewColumn::new("reference_type", Char, "e.reference_type"),
    ViewColumn::new("environment_folder_name", Text(128), "e.environment_folder_name"),
    ViewColumn::new("environment_name", Text(128), "e.environment_name"),
    ViewColumn::new("project_lsn", BigInt, "e.project_lsn").not_null(),
    ViewColumn::new("executed_as_sid", Bytes(85), "e.executed_as_sid"),
    ViewColumn::new("executed_as_name", Text(128), "e.executed_as_name").not_null(),
    ViewColumn::new("use32bitruntime", Bit, "e.use32bitruntime").not_null(),
    ViewColumn::new("operation_type", SmallInt, "o.operation_type").not_null(),
    ViewColumn::new("created_time", Time, "o.created_time").not_null(),
    ViewColumn::new("object_type", SmallInt, "o.object_type"),
    ViewColumn::new("object_id", BigInt, "o.object_id"),
    ViewColumn::new("status", Int, "o.status").not_null(),
    ViewColumn::new("start_time", Time, "o.start_time"),
    ViewColumn::new("end_time", Time, "o.end_time"),
    ViewColumn::new("caller_sid", Bytes(85), "o.caller_sid"),
    ViewColumn::new("caller_name", Text(128), "o.caller_name").not_null(),
    ViewColumn::new("process_id", Int, "o.process_id"),
    ViewColumn::new("stopped_by_sid", Bytes(85), "o.stopped_by_sid"),
    ViewColumn::new("stopped_by_name", Text(128), "o.stopped_by_name"),
    ViewColumn::new("dump_id", Guid, "e.dump_id"),
    ViewColumn::new("server_name", Text(128), "o.server_name"),
    ViewColumn::new("machine_name", Text(128), "o.machine_name"),
    ViewColumn::new("worker_agent_id", Guid, "e.worker_agent_id"),
    ViewColumn::new("total_physical_memory_kb", BigInt, "e.total_physical_memory_kb"),
    ViewColumn::new("available_physical_memory_kb", BigInt, "e.available_physical_memory_kb"),
    ViewColumn::new("total_page_file_kb", BigInt, "e.total_page_file_kb"),
    ViewColumn::new("available_page_file_kb", BigInt, "e.available_page_file_kb"),
    ViewColumn::new("cpu_count", Int, "e.cpu_count"),
    ViewColumn::new("executed_count", Int, "e.executed_count").not_null(),
];

const EXECUTION_PARAMETER_VALUES: &[ViewColumn] = &[
    ViewColumn::new("execution_parameter_id", BigInt, "execution_parameter_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("object_type", SmallInt, "object_type").not_null(),
    ViewColumn::new("parameter_data_type", Text(128), "parameter_data_type").not_null(),
    ViewColumn::new("parameter_name", Text(128), "parameter_name").not_null(),
    ViewColumn::new("parameter_value", Variant("parameter_data_type"), "parameter_value"),
    ViewColumn::new("sensitive", Bit, "sensitive").not_null(),
    ViewColumn::new("required", Bit, "required").not_null(),
    ViewColumn::new("value_set", Bit, "value_set").not_null(),
    ViewColumn::new("runtime_override", Bit, "runtime_override").not_null(),
];

const EXECUTION_PROPERTY_OVERRIDE_VALUES: &[ViewColumn] = &[
    ViewColumn::new("property_id", BigInt, "property_id").not_null(),
    ViewColumn::new("execution_id", BigInt, "execution_id").not_null(),
    ViewColumn::new("property_path", Text(4000), "property_path").not_null(),
    ViewColumn::new("property_value", LongText, "property_value"),
    ViewColumn::new("sensitive", Bit, "sensitive").not_null(),
];
