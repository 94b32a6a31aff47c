CREATE VIEW internal.object_versions AS
SELECT object_version_lsn, object_id, object_type, object_name, description, created_by,
       created_time, restored_by, last_restored_time
FROM catalog.object_versions
