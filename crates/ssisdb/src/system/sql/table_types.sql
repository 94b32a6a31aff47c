CREATE VIEW sys.table_types AS
SELECT o.name, CAST(243 AS tinyint) AS system_type_id, o.object_id AS user_type_id, o.schema_id,
       CAST(1 AS bit) AS is_table_type, o.object_id AS type_table_object_id
FROM sys.all_objects AS o WHERE o.type = 'TT'
