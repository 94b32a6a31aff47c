CREATE VIEW internal.validations AS
SELECT validation_id, environment_scope, validate_type, folder_name, project_name, project_lsn,
       use32bitruntime, reference_id
FROM catalog.validations
