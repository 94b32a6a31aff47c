CREATE VIEW internal.environment_variables AS
SELECT variable_id, environment_id, name, description, type, sensitive, value,
       CAST(NULL AS varbinary(max)) AS sensitive_value
FROM catalog.environment_variables
