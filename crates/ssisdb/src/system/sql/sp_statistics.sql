CREATE PROCEDURE sys.sp_statistics
    @table_name sysname, @table_owner sysname = NULL, @table_qualifier sysname = NULL,
    @index_name sysname = N'%', @is_unique char(1) = 'N', @accuracy char(1) = 'Q' AS
SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME,
       CAST(CASE WHEN i.is_unique = 1 THEN 0 ELSE 1 END AS smallint) AS NON_UNIQUE, o.name AS INDEX_QUALIFIER,
       i.name AS INDEX_NAME, CAST(3 AS smallint) AS TYPE, CAST(c.key_ordinal AS smallint) AS SEQ_IN_INDEX,
       a.name AS COLUMN_NAME, CAST('A' AS varchar(1)) AS COLLATION, CAST(NULL AS int) AS CARDINALITY,
       CAST(NULL AS int) AS PAGES, CAST(NULL AS varchar(128)) AS FILTER_CONDITION
FROM sys.indexes i
JOIN sys.all_objects o ON o.object_id = i.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns c ON c.object_id = i.object_id AND c.index_id = i.index_id
JOIN sys.all_columns a ON a.object_id = c.object_id AND a.column_id = c.column_id
WHERE o.name = @table_name AND (@table_owner IS NULL OR s.name = @table_owner)
