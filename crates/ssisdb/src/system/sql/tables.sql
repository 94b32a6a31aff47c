CREATE VIEW sys.tables AS
SELECT o.*, CAST(0 AS bit) AS is_memory_optimized, CAST(0 AS tinyint) AS temporal_type,
       CAST(0 AS bit) AS is_external, CAST(0 AS bit) AS is_filetable, CAST(0 AS bit) AS is_node,
       CAST(0 AS bit) AS is_edge
FROM sys.all_objects AS o WHERE o.type = 'U'
