-- Masters that serve this SSISDB, and what workers say of themselves for those who look for faults.

CREATE TABLE masters (
    -- That of its data directory: machines may have the same name, as containers do.
    master_id TEXT NOT NULL PRIMARY KEY,
    machine_name TEXT NOT NULL,
    port BIGINT NOT NULL,
    -- `https://host:port`, as others reach it.
    address TEXT NOT NULL,
    -- SHA-256 of its certificate, lower-case hex.
    thumbprint TEXT NOT NULL,
    program_version TEXT NOT NULL,
    last_online_time BIGINT NOT NULL,
    -- How far its clock is ahead of the time that SSISDB goes by, in milliseconds.
    clock_ahead_ms BIGINT NOT NULL
);

-- The process that speaks for a worker, and where it runs.
ALTER TABLE worker_agents ADD COLUMN instance TEXT;
ALTER TABLE worker_agents ADD COLUMN place TEXT;
-- How far its clock is ahead of the time that SSISDB goes by, in milliseconds.
ALTER TABLE worker_agents ADD COLUMN clock_ahead_ms BIGINT;
-- The process that spoke for it before, and when one spoke again that another had followed: a
-- process that was restarted does not come back, so there are two then.
ALTER TABLE worker_agents ADD COLUMN other_instance TEXT;
ALTER TABLE worker_agents ADD COLUMN other_place TEXT;
ALTER TABLE worker_agents ADD COLUMN doubled_time BIGINT;
