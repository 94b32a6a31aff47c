CREATE VIEW internal.environment_variables AS
SELECT variable_id, environment_id, name, description, type, sensitive, value
FROM catalog.environment_variables
