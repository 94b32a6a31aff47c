-- Customized logging levels, data taps, validations.

CREATE TABLE customized_logging_levels (
    level_id {{bigid}},
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    description TEXT,
    profile_value BIGINT NOT NULL,
    events_value BIGINT NOT NULL,
    created_by_sid {{blob}},
    created_by_name TEXT NOT NULL,
    created_time BIGINT NOT NULL
);

-- The masks of the level that an execution was started with: what the level becomes later does
-- not concern it.
CREATE TABLE execution_logging (
    execution_id BIGINT NOT NULL PRIMARY KEY,
    profile_value BIGINT NOT NULL,
    events_value BIGINT NOT NULL
);

-- The Data Flow Task is named by its path or by its GUID.
CREATE TABLE execution_data_taps (
    data_tap_id {{bigid}},
    execution_id BIGINT NOT NULL,
    package_path TEXT,
    dataflow_path_id_string TEXT NOT NULL,
    dataflow_task_guid TEXT,
    max_rows BIGINT,
    filename TEXT NOT NULL
);
CREATE INDEX execution_data_taps_of ON execution_data_taps (execution_id, data_tap_id);

-- What an operation of type 300 or 301 validates. Its task runs on a worker, as executions do.
CREATE TABLE validations (
    validation_id BIGINT NOT NULL PRIMARY KEY,
    environment_scope TEXT NOT NULL,
    validate_type TEXT NOT NULL,
    folder_name TEXT NOT NULL,
    project_name TEXT NOT NULL,
    project_lsn BIGINT NOT NULL,
    use32bitruntime SMALLINT NOT NULL,
    reference_id BIGINT,
    dump_id TEXT,
    -- The packages with their values, as the worker gets them, encrypted.
    sealed_checks {{blob}} NOT NULL,
    timeout_ms BIGINT NOT NULL
);

-- The retention window looks for the oldest operations.
CREATE INDEX operations_by_age ON operations (created_time);
