CREATE VIEW internal.execution_component_phases AS
SELECT phase_stats_id, execution_id, package_name, task_name, subcomponent_name, phase,
       start_time, end_time, execution_path
FROM catalog.execution_component_phases
