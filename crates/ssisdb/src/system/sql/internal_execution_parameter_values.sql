CREATE VIEW internal.execution_parameter_values AS
SELECT execution_parameter_id, execution_id, object_type, parameter_data_type, parameter_name,
       parameter_value, CAST(NULL AS varbinary(max)) AS sensitive_parameter_value, sensitive,
       required, value_set, runtime_override
FROM catalog.execution_parameter_values
