CREATE VIEW internal.execution_data_statistics AS
SELECT data_stats_id, execution_id, package_name, task_name, dataflow_path_id_string,
       dataflow_path_name, source_component_name, destination_component_name, rows_sent,
       created_time, execution_path
FROM catalog.execution_data_statistics
