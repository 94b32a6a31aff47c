CREATE VIEW internal.extended_operation_info AS
SELECT info_id, operation_id, object_name, object_type, reference_id, status, start_time, end_time
FROM catalog.extended_operation_info
