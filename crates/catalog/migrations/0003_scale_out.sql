-- Scale Out: workers, tasks, attempts, certificates.

CREATE TABLE master_properties (
    property_name TEXT NOT NULL PRIMARY KEY,
    property_value TEXT NOT NULL
);

CREATE TABLE worker_agents (
    WorkerAgentId TEXT NOT NULL PRIMARY KEY,
    IsEnabled SMALLINT NOT NULL,
    DisplayName TEXT NOT NULL,
    Description TEXT NOT NULL,
    MachineName TEXT NOT NULL,
    Tags TEXT NOT NULL,
    UserAccount TEXT NOT NULL,
    LastOnlineTime BIGINT NOT NULL,
    -- Set by an administrator, and so not overwritten when the worker registers again.
    display_name_set SMALLINT NOT NULL DEFAULT 0,
    description_set SMALLINT NOT NULL DEFAULT 0,
    thumbprint TEXT,
    program_version TEXT NOT NULL,
    registered_time BIGINT NOT NULL
);

-- Who may speak to a master or a worker: SHA-256 of the certificate, lower-case hex.
CREATE TABLE trusted_certificates (
    thumbprint TEXT NOT NULL PRIMARY KEY,
    sha1_thumbprint TEXT,
    role TEXT NOT NULL,
    WorkerAgentId TEXT,
    added_by_name TEXT NOT NULL,
    added_time BIGINT NOT NULL,
    revoked_time BIGINT
);

CREATE TABLE jobs (
    JobId TEXT NOT NULL PRIMARY KEY,
    execution_id BIGINT NOT NULL,
    use_any_worker SMALLINT NOT NULL,
    created_time BIGINT NOT NULL,
    completed_time BIGINT
);
CREATE INDEX jobs_completed ON jobs (completed_time) WHERE completed_time IS NOT NULL;

CREATE TABLE job_worker_agents (
    JobId TEXT NOT NULL REFERENCES jobs (JobId) ON DELETE CASCADE,
    WorkerAgentId TEXT NOT NULL,
    PRIMARY KEY (JobId, WorkerAgentId)
);
CREATE INDEX job_worker_agents_by_agent ON job_worker_agents (WorkerAgentId);

-- phase: 0 waiting, 1 running, 2 done.
CREATE TABLE tasks (
    ordinal {{bigid}},
    TaskId TEXT NOT NULL UNIQUE,
    JobId TEXT NOT NULL REFERENCES jobs (JobId),
    execution_id BIGINT NOT NULL UNIQUE,
    phase SMALLINT NOT NULL,
    fence BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    retries_left BIGINT NOT NULL,
    use_any_worker SMALLINT NOT NULL,
    stop_requested SMALLINT NOT NULL,
    -- The lease, while running.
    WorkerAgentId TEXT,
    lease_expires BIGINT,
    lease_claim BIGINT,
    -- A worker that a retry rather does not return to, and until when.
    avoid_agent TEXT,
    avoid_until BIGINT,
    -- The final status, when done.
    ending SMALLINT
);
-- Each claim looks at a few of each kind, however many others wait.
CREATE INDEX tasks_waiting ON tasks (ordinal) WHERE phase = 0 AND use_any_worker = 1;
CREATE INDEX tasks_waiting_named ON tasks (ordinal) WHERE phase = 0 AND use_any_worker = 0;
CREATE INDEX tasks_avoiding ON tasks (use_any_worker, ordinal)
    WHERE phase = 0 AND avoid_until IS NOT NULL;
CREATE INDEX tasks_running ON tasks (WorkerAgentId) WHERE phase = 1;
CREATE INDEX tasks_expiring ON tasks (lease_expires) WHERE phase = 1;
CREATE INDEX tasks_of_job ON tasks (JobId);

CREATE TABLE task_attempts (
    TaskId TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    execution_id BIGINT NOT NULL,
    WorkerAgentId TEXT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT,
    -- `AttemptEnd::name`, and the reason for people.
    outcome TEXT,
    detail TEXT,
    process_id BIGINT,
    rows_written BIGINT,
    -- Number of the last message that is in the catalog.
    last_sequence BIGINT NOT NULL,
    PRIMARY KEY (TaskId, attempt)
);
CREATE INDEX task_attempts_of ON task_attempts (execution_id, attempt);
