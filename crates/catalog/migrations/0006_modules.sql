-- Procedures, functions and views that users make in T-SQL.

CREATE TABLE sql_modules (
    module_id {{bigid}},
    database_name TEXT NOT NULL,
    database_key TEXT NOT NULL,
    schema_name TEXT NOT NULL,
    schema_key TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- As sys.objects.type: P, FN, TF, V, TT.
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    quoted_identifiers SMALLINT NOT NULL,
    created_time BIGINT NOT NULL,
    modified_time BIGINT NOT NULL,
    UNIQUE (database_key, schema_key, name_key)
);
