CREATE VIEW internal.executables AS
SELECT x.executable_id, e.object_id AS project_id, e.project_lsn AS project_version_lsn,
       x.package_name, x.executable_name, x.executable_guid, x.package_path
FROM catalog.executables x JOIN catalog.executions e ON e.execution_id = x.execution_id
