CREATE VIEW internal.environments AS
SELECT environment_id, name AS environment_name, folder_id, description, created_by_sid,
       created_by_name, created_time
FROM catalog.environments
