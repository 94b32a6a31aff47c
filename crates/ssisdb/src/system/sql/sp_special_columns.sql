CREATE PROCEDURE sys.sp_special_columns
    @table_name sysname, @table_owner sysname = NULL, @qualifier sysname = NULL,
    @col_type char(1) = 'R', @scope char(1) = 'T', @nullable char(1) = 'U', @ODBCVer int = 2 AS
SELECT CAST(0 AS smallint) AS SCOPE, c.name AS COLUMN_NAME, CAST(0 AS smallint) AS DATA_TYPE,
       CAST(NULL AS sysname) AS TYPE_NAME, CAST(0 AS int) AS [PRECISION], CAST(0 AS int) AS [LENGTH],
       CAST(0 AS smallint) AS SCALE, CAST(1 AS smallint) AS PSEUDO_COLUMN
FROM sys.identity_columns c JOIN sys.all_objects o ON o.object_id = c.object_id
WHERE o.name = @table_name
