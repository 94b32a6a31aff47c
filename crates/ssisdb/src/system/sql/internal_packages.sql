CREATE VIEW internal.packages AS
SELECT k.package_id, k.project_id, p.object_version_lsn AS project_version_lsn, k.name,
       k.package_guid, k.description, k.package_format_version, k.version_major, k.version_minor,
       k.version_build, k.version_comments, k.version_guid, k.entry_point, k.validation_status,
       k.last_validation_time
FROM catalog.packages k JOIN catalog.projects p ON p.project_id = k.project_id
