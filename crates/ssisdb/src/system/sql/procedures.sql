CREATE VIEW sys.procedures AS
SELECT o.*, CAST(0 AS bit) AS is_auto_executed, CAST(0 AS bit) AS is_execution_replicated,
       CAST(0 AS bit) AS is_repl_serializable_only, CAST(0 AS bit) AS skips_repl_constraints
FROM sys.all_objects AS o WHERE o.type = 'P'
