-- Of which version masters are, and what a change of the schema asks of them.

-- The oldest schema that a program must know to go on beside this change: 0 for one that only adds.
ALTER TABLE schema_version ADD COLUMN needs BIGINT NOT NULL DEFAULT 0;

ALTER TABLE masters ADD COLUMN protocol_version BIGINT NOT NULL DEFAULT 1;
-- The newest schema that it knows.
ALTER TABLE masters ADD COLUMN schema_version BIGINT NOT NULL DEFAULT 8;
-- `serving`, `standby` or `waiting` (for SSISDB).
ALTER TABLE masters ADD COLUMN standing TEXT NOT NULL DEFAULT 'serving';
-- Until when it counts as online without another sign of life.
ALTER TABLE masters ADD COLUMN online_until BIGINT NOT NULL DEFAULT 0;
