-- Folders, projects and what belongs to them, environments, properties.
--
-- A `*_key` column is the name in lower case: names compare as SSISDB's default collation does.
-- Sensitive values stand in `sealed_*` columns, encrypted; the readable column is NULL then.

CREATE TABLE schema_version (
    version BIGINT NOT NULL,
    applied_time BIGINT NOT NULL
);

CREATE TABLE catalog_properties (
    property_name TEXT NOT NULL PRIMARY KEY,
    property_value TEXT NOT NULL
);

-- Proves that the key belongs to this catalog.
CREATE TABLE key_check (
    sealed {{blob}} NOT NULL
);

CREATE TABLE folders (
    folder_id {{bigid}},
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    description TEXT,
    created_by_sid {{blob}},
    created_by_name TEXT NOT NULL,
    created_time BIGINT NOT NULL
);

CREATE TABLE projects (
    project_id {{bigid}},
    folder_id BIGINT NOT NULL REFERENCES folders (folder_id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT,
    project_format_version BIGINT,
    deployed_by_sid {{blob}},
    deployed_by_name TEXT NOT NULL,
    last_deployed_time BIGINT NOT NULL,
    created_time BIGINT NOT NULL,
    object_version_lsn BIGINT NOT NULL,
    validation_status TEXT NOT NULL DEFAULT 'N',
    last_validation_time BIGINT,
    UNIQUE (folder_id, name_key)
);

-- The `.ispac` files, once each, encrypted; found by what is in them.
CREATE TABLE project_files (
    hash TEXT NOT NULL PRIMARY KEY,
    sealed {{blob}} NOT NULL,
    size BIGINT NOT NULL
);

-- Versions outlive their project until the clean-up.
CREATE TABLE object_versions (
    object_version_lsn {{bigid}},
    object_id BIGINT NOT NULL,
    object_type SMALLINT NOT NULL,
    object_name TEXT NOT NULL,
    description TEXT,
    created_by TEXT NOT NULL,
    created_time BIGINT NOT NULL,
    restored_by TEXT,
    last_restored_time BIGINT,
    hash TEXT NOT NULL REFERENCES project_files (hash)
);
CREATE INDEX object_versions_of ON object_versions (object_id, object_version_lsn);
CREATE INDEX object_versions_by_hash ON object_versions (hash);

CREATE TABLE packages (
    package_id {{bigid}},
    project_id BIGINT NOT NULL REFERENCES projects (project_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    package_guid TEXT,
    description TEXT,
    package_format_version BIGINT,
    version_major BIGINT,
    version_minor BIGINT,
    version_build BIGINT,
    version_comments TEXT,
    version_guid TEXT,
    entry_point SMALLINT NOT NULL,
    validation_status TEXT NOT NULL DEFAULT 'N',
    last_validation_time BIGINT,
    UNIQUE (project_id, name_key)
);

CREATE TABLE object_parameters (
    parameter_id {{bigid}},
    project_id BIGINT NOT NULL REFERENCES projects (project_id) ON DELETE CASCADE,
    object_type SMALLINT NOT NULL,
    object_name TEXT NOT NULL,
    object_key TEXT NOT NULL,
    parameter_name TEXT NOT NULL,
    parameter_key TEXT NOT NULL,
    data_type TEXT NOT NULL,
    required SMALLINT NOT NULL,
    sensitive SMALLINT NOT NULL,
    description TEXT,
    design_default_value TEXT,
    sealed_design_default {{blob}},
    default_value TEXT,
    sealed_default {{blob}},
    value_type TEXT NOT NULL DEFAULT 'V',
    value_set SMALLINT NOT NULL DEFAULT 0,
    referenced_variable_name TEXT,
    validation_status TEXT NOT NULL DEFAULT 'N',
    last_validation_time BIGINT,
    UNIQUE (project_id, object_type, object_key, parameter_key)
);

CREATE TABLE environments (
    environment_id {{bigid}},
    folder_id BIGINT NOT NULL REFERENCES folders (folder_id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT,
    created_by_sid {{blob}},
    created_by_name TEXT NOT NULL,
    created_time BIGINT NOT NULL,
    UNIQUE (folder_id, name_key)
);

CREATE TABLE environment_variables (
    variable_id {{bigid}},
    environment_id BIGINT NOT NULL REFERENCES environments (environment_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT,
    type TEXT NOT NULL,
    sensitive SMALLINT NOT NULL,
    value TEXT,
    sealed_value {{blob}},
    UNIQUE (environment_id, name_key)
);

-- By name, not by id: renaming an environment breaks its references, as documented.
CREATE TABLE environment_references (
    reference_id {{bigid}},
    project_id BIGINT NOT NULL REFERENCES projects (project_id) ON DELETE CASCADE,
    reference_type TEXT NOT NULL,
    environment_folder_name TEXT,
    -- Empty for a relative reference.
    environment_folder_key TEXT NOT NULL,
    environment_name TEXT NOT NULL,
    environment_key TEXT NOT NULL,
    validation_status TEXT NOT NULL DEFAULT 'N',
    last_validation_time BIGINT,
    UNIQUE (project_id, reference_type, environment_folder_key, environment_key)
);

-- What a request with this key did, so that sending it again does not do it again.
CREATE TABLE idempotency_keys (
    request_key TEXT NOT NULL PRIMARY KEY,
    caller_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    result BIGINT NOT NULL,
    created_time BIGINT NOT NULL
);

-- A write over a network leaves its number here, in the same transaction: when the answer to its
-- COMMIT is lost, this tells what became of it. Rows are deleted after some minutes.
CREATE TABLE committed_requests (
    request_id TEXT NOT NULL PRIMARY KEY,
    committed_time BIGINT NOT NULL
);
CREATE INDEX committed_requests_old ON committed_requests (committed_time);
