CREATE PROCEDURE sys.sp_tables
    @table_name nvarchar(384) = NULL, @table_owner nvarchar(384) = NULL,
    @table_qualifier sysname = NULL, @table_type varchar(100) = NULL, @fUsePattern bit = 1 AS
SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME,
       CAST(CASE o.type WHEN 'U' THEN 'TABLE' ELSE 'VIEW' END AS varchar(32)) AS TABLE_TYPE,
       CAST(NULL AS varchar(254)) AS REMARKS
FROM sys.all_objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V')
  AND (@table_name IS NULL OR o.name LIKE @table_name)
  AND (@table_owner IS NULL OR s.name LIKE @table_owner)
  AND (@table_type IS NULL OR CHARINDEX(CASE o.type WHEN 'U' THEN '''TABLE''' ELSE '''VIEW''' END, @table_type) > 0)
ORDER BY TABLE_TYPE, TABLE_OWNER, TABLE_NAME
