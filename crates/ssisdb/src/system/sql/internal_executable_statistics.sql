CREATE VIEW internal.executable_statistics AS
SELECT statistics_id, execution_id, executable_id, execution_path, start_time, end_time,
       execution_duration, execution_result, execution_value
FROM catalog.executable_statistics
