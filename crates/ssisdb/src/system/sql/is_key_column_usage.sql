CREATE VIEW INFORMATION_SCHEMA.KEY_COLUMN_USAGE AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS CONSTRAINT_CATALOG, s.name AS CONSTRAINT_SCHEMA, k.name AS CONSTRAINT_NAME,
       CAST(DB_NAME() AS nvarchar(128)) AS TABLE_CATALOG, s.name AS TABLE_SCHEMA, o.name AS TABLE_NAME,
       c.name AS COLUMN_NAME, CAST(i.key_ordinal AS int) AS ORDINAL_POSITION
FROM sys.key_constraints k
JOIN sys.all_objects o ON o.object_id = k.parent_object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns i ON i.object_id = k.parent_object_id AND i.index_id = k.unique_index_id
JOIN sys.all_columns c ON c.object_id = i.object_id AND c.column_id = i.column_id
