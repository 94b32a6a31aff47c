CREATE VIEW internal.object_parameters AS
SELECT o.parameter_id, o.project_id, p.object_version_lsn AS project_version_lsn, o.object_type,
       o.object_name, o.parameter_name, o.data_type AS parameter_data_type, o.required,
       o.sensitive, o.description, o.design_default_value, o.default_value,
       CAST(NULL AS varbinary(max)) AS sensitive_default_value, o.value_type,
       o.value_set, o.referenced_variable_name, o.validation_status, o.last_validation_time
FROM catalog.object_parameters o JOIN catalog.projects p ON p.project_id = o.project_id
