-- Operations, executions and what running packages say.

CREATE TABLE operations (
    operation_id {{bigid}},
    operation_type SMALLINT NOT NULL,
    created_time BIGINT NOT NULL,
    object_type SMALLINT,
    object_id BIGINT,
    object_name TEXT,
    status SMALLINT NOT NULL,
    start_time BIGINT,
    end_time BIGINT,
    caller_sid {{blob}},
    caller_name TEXT NOT NULL,
    process_id BIGINT,
    stopped_by_sid {{blob}},
    stopped_by_name TEXT,
    server_name TEXT,
    machine_name TEXT
);
-- Few operations are under way at a time, however many have ended.
CREATE INDEX operations_active ON operations (operation_id) WHERE status IN (2, 5, 8);

CREATE TABLE extended_operation_info (
    info_id {{bigid}},
    operation_id BIGINT NOT NULL,
    object_name TEXT NOT NULL,
    object_type SMALLINT,
    reference_id BIGINT,
    status SMALLINT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT
);
CREATE INDEX extended_operation_info_of ON extended_operation_info (operation_id);

CREATE TABLE executions (
    execution_id BIGINT NOT NULL PRIMARY KEY,
    folder_name TEXT NOT NULL,
    project_name TEXT NOT NULL,
    package_name TEXT NOT NULL,
    project_id BIGINT NOT NULL,
    project_lsn BIGINT NOT NULL,
    reference_id BIGINT,
    reference_type TEXT,
    environment_folder_name TEXT,
    environment_name TEXT,
    executed_as_sid {{blob}},
    executed_as_name TEXT NOT NULL,
    use32bitruntime SMALLINT NOT NULL,
    run_in_scale_out SMALLINT NOT NULL,
    use_any_worker SMALLINT NOT NULL,
    retry_count BIGINT NOT NULL DEFAULT 0,
    job_id TEXT,
    worker_agent_id TEXT,
    executed_count BIGINT NOT NULL DEFAULT 0,
    rows_written BIGINT NOT NULL DEFAULT 0,
    logging_level BIGINT NOT NULL,
    dump_id TEXT,
    total_physical_memory_kb BIGINT,
    available_physical_memory_kb BIGINT,
    total_page_file_kb BIGINT,
    available_page_file_kb BIGINT,
    cpu_count BIGINT
);
CREATE INDEX executions_of_project ON executions (project_id, execution_id);

CREATE TABLE execution_parameter_values (
    execution_parameter_id {{bigid}},
    execution_id BIGINT NOT NULL,
    object_type SMALLINT NOT NULL,
    parameter_data_type TEXT NOT NULL,
    parameter_name TEXT NOT NULL,
    parameter_key TEXT NOT NULL,
    parameter_value TEXT,
    sealed_value {{blob}},
    sensitive SMALLINT NOT NULL,
    required SMALLINT NOT NULL,
    value_set SMALLINT NOT NULL,
    runtime_override SMALLINT NOT NULL,
    -- Where the value comes from: D design, S server default, E environment, X this execution.
    value_source TEXT NOT NULL,
    UNIQUE (execution_id, object_type, parameter_key)
);

CREATE TABLE execution_property_override_values (
    property_id {{bigid}},
    execution_id BIGINT NOT NULL,
    property_path TEXT NOT NULL,
    property_value TEXT,
    sealed_value {{blob}},
    sensitive SMALLINT NOT NULL,
    UNIQUE (execution_id, property_path)
);

-- All rows are `catalog.operation_messages`; those with an event name are
-- `catalog.event_messages` too, under the same id.
CREATE TABLE operation_messages (
    operation_message_id {{bigid}},
    operation_id BIGINT NOT NULL,
    message_time BIGINT NOT NULL,
    message_type SMALLINT NOT NULL,
    message_source_type SMALLINT NOT NULL,
    message TEXT NOT NULL,
    extended_info_id BIGINT,
    attempt BIGINT,
    package_name TEXT,
    event_name TEXT,
    message_source_name TEXT,
    message_source_id TEXT,
    subcomponent_name TEXT,
    package_path TEXT,
    execution_path TEXT,
    thread_id BIGINT,
    message_code BIGINT
);
CREATE INDEX operation_messages_of ON operation_messages (operation_id, operation_message_id);
CREATE INDEX operation_messages_errors ON operation_messages (operation_id, operation_message_id)
    WHERE message_type = 120;

CREATE TABLE event_message_context (
    context_id {{bigid}},
    event_message_id BIGINT NOT NULL,
    context_depth BIGINT NOT NULL,
    package_path TEXT NOT NULL,
    context_type SMALLINT NOT NULL,
    context_source_name TEXT NOT NULL,
    context_source_id TEXT NOT NULL,
    property_name TEXT NOT NULL,
    property_value TEXT NOT NULL
);
CREATE INDEX event_message_context_of ON event_message_context (event_message_id);

-- Attempt 1 numbers its executables from 1; a later attempt a numbers them from (a - 1) * 2^32,
-- so that the documented join on execution_id and executable_id stays unambiguous.
CREATE TABLE executables (
    execution_id BIGINT NOT NULL,
    executable_id BIGINT NOT NULL,
    executable_name TEXT NOT NULL,
    executable_guid TEXT NOT NULL,
    package_name TEXT NOT NULL,
    package_path TEXT NOT NULL,
    PRIMARY KEY (execution_id, executable_id)
);

CREATE TABLE executable_statistics (
    statistics_id {{bigid}},
    execution_id BIGINT NOT NULL,
    executable_id BIGINT NOT NULL,
    execution_path TEXT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    execution_duration BIGINT NOT NULL,
    execution_result SMALLINT NOT NULL,
    execution_value TEXT
);
CREATE INDEX executable_statistics_of ON executable_statistics (execution_id);

CREATE TABLE execution_component_phases (
    phase_stats_id {{bigid}},
    execution_id BIGINT NOT NULL,
    package_name TEXT NOT NULL,
    task_name TEXT NOT NULL,
    subcomponent_name TEXT NOT NULL,
    phase TEXT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    execution_path TEXT NOT NULL
);
CREATE INDEX execution_component_phases_of ON execution_component_phases (execution_id);

CREATE TABLE execution_data_statistics (
    data_stats_id {{bigid}},
    execution_id BIGINT NOT NULL,
    package_name TEXT NOT NULL,
    task_name TEXT NOT NULL,
    dataflow_path_id_string TEXT NOT NULL,
    dataflow_path_name TEXT NOT NULL,
    source_component_name TEXT NOT NULL,
    destination_component_name TEXT NOT NULL,
    rows_sent BIGINT NOT NULL,
    created_time BIGINT NOT NULL,
    execution_path TEXT NOT NULL
);
CREATE INDEX execution_data_statistics_of ON execution_data_statistics (execution_id);

-- What `catalog.dm_execution_performance_counters` shows of executions that run: the rows go when
-- an attempt ends.
CREATE TABLE execution_counters (
    execution_id BIGINT NOT NULL,
    counter_name TEXT NOT NULL,
    counter_value BIGINT NOT NULL,
    PRIMARY KEY (execution_id, counter_name)
);
