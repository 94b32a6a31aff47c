-- Logins of the server, users and roles of the database, permissions on objects.

CREATE TABLE logins (
    login_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    sid {{blob}} NOT NULL UNIQUE,
    -- argon2id, with its salt and costs: `$argon2id$v=19$...`.
    password_hash TEXT NOT NULL,
    is_disabled SMALLINT NOT NULL DEFAULT 0,
    default_database TEXT NOT NULL,
    created_time BIGINT NOT NULL,
    modified_time BIGINT NOT NULL,
    password_set_time BIGINT NOT NULL,
    -- Wrong passwords in a row, and until when no further one is looked at.
    failures BIGINT NOT NULL DEFAULT 0,
    blocked_until BIGINT
);

CREATE TABLE server_role_members (
    login_id BIGINT NOT NULL REFERENCES logins (login_id) ON DELETE CASCADE,
    role_name TEXT NOT NULL,
    PRIMARY KEY (login_id, role_name)
);

-- type: S user, R role. A user belongs to the login that has its sid.
CREATE TABLE database_principals (
    principal_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    sid {{blob}} UNIQUE,
    is_fixed SMALLINT NOT NULL,
    created_time BIGINT NOT NULL,
    modified_time BIGINT NOT NULL
);

INSERT INTO database_principals (principal_id, name, name_key, type, is_fixed, created_time,
    modified_time)
VALUES
    (0, 'public', 'public', 'R', 1, 0, 0),
    (1, 'dbo', 'dbo', 'S', 1, 0, 0),
    (2, 'guest', 'guest', 'S', 1, 0, 0),
    (3, 'INFORMATION_SCHEMA', 'information_schema', 'S', 1, 0, 0),
    (4, 'sys', 'sys', 'S', 1, 0, 0),
    (5, 'ssis_admin', 'ssis_admin', 'R', 1, 0, 0),
    (6, 'ssis_logreader', 'ssis_logreader', 'R', 1, 0, 0),
    (7, 'ssis_cluster_executor', 'ssis_cluster_executor', 'R', 1, 0, 0),
    (8, 'ssis_cluster_worker', 'ssis_cluster_worker', 'R', 1, 0, 0),
    (16384, 'db_owner', 'db_owner', 'R', 1, 0, 0),
    (16390, 'db_datareader', 'db_datareader', 'R', 1, 0, 0);

CREATE TABLE database_role_members (
    role_principal_id BIGINT NOT NULL
        REFERENCES database_principals (principal_id) ON DELETE CASCADE,
    member_principal_id BIGINT NOT NULL
        REFERENCES database_principals (principal_id) ON DELETE CASCADE,
    PRIMARY KEY (role_principal_id, member_principal_id)
);
CREATE INDEX database_role_members_by_member
    ON database_role_members (member_principal_id, role_principal_id);

-- What was granted or denied. A principal has one of both, never both, per permission.
CREATE TABLE object_permissions (
    object_type SMALLINT NOT NULL,
    object_id BIGINT NOT NULL,
    principal_id BIGINT NOT NULL REFERENCES database_principals (principal_id),
    permission_type SMALLINT NOT NULL,
    is_deny SMALLINT NOT NULL,
    grantor_id BIGINT NOT NULL,
    PRIMARY KEY (object_type, object_id, principal_id, permission_type)
);
CREATE INDEX object_permissions_of_principal ON object_permissions (principal_id);
CREATE INDEX object_permissions_by_grantor ON object_permissions (grantor_id);
