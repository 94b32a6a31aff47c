CREATE VIEW internal.folders AS
SELECT folder_id, name, description, created_by_sid, created_by_name, created_time
FROM catalog.folders
