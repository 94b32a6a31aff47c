CREATE VIEW internal.environment_references AS
SELECT reference_id, project_id, reference_type, environment_folder_name, environment_name,
       validation_status, last_validation_time
FROM catalog.environment_references
