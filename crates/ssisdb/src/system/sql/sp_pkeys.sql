CREATE PROCEDURE sys.sp_pkeys
    @table_name sysname, @table_owner sysname = NULL, @table_qualifier sysname = NULL AS
SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME,
       c.name AS COLUMN_NAME, CAST(i.key_ordinal AS smallint) AS KEY_SEQ, k.name AS PK_NAME
FROM sys.key_constraints k
JOIN sys.all_objects o ON o.object_id = k.parent_object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns i ON i.object_id = o.object_id AND i.index_id = k.unique_index_id
JOIN sys.all_columns c ON c.object_id = i.object_id AND c.column_id = i.column_id
WHERE o.name = @table_name AND (@table_owner IS NULL OR s.name = @table_owner)
ORDER BY KEY_SEQ
