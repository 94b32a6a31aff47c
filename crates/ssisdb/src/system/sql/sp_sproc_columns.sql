CREATE PROCEDURE sys.sp_sproc_columns
    @procedure_name nvarchar(390) = NULL, @procedure_owner nvarchar(384) = NULL,
    @procedure_qualifier sysname = NULL, @column_name nvarchar(384) = NULL, @ODBCVer int = 2,
    @fUsePattern bit = 1 AS
SELECT CAST(DB_NAME() AS sysname) AS PROCEDURE_QUALIFIER, s.name AS PROCEDURE_OWNER,
       CAST(o.name + N';1' AS nvarchar(134)) AS PROCEDURE_NAME, p.COLUMN_NAME, p.COLUMN_TYPE,
       t.odbc_type AS DATA_TYPE, CAST(t.name AS sysname) AS TYPE_NAME,
       CAST(CASE WHEN t.odbc_type IN (-8, -9) THEN CASE WHEN p.max_length < 0 THEN 0 ELSE p.max_length / 2 END
                 WHEN t.odbc_type IN (1, 12, -2, -3) THEN CASE WHEN p.max_length < 0 THEN 0 ELSE p.max_length END
                 WHEN t.name = 'uniqueidentifier' THEN 36 WHEN t.name = 'sql_variant' THEN 8000
                 ELSE p.[precision] END AS int) AS [PRECISION],
       CAST(CASE WHEN p.max_length < 0 THEN 0 ELSE p.max_length END AS int) AS [LENGTH],
       CAST(p.scale AS smallint) AS SCALE, CAST(10 AS smallint) AS RADIX, CAST(1 AS smallint) AS NULLABLE,
       CAST(NULL AS varchar(254)) AS REMARKS, CAST(NULL AS nvarchar(4000)) AS COLUMN_DEF,
       CASE WHEN t.odbc_type IN (91, 93, -154, -155) THEN CAST(9 AS smallint) ELSE t.odbc_type END AS SQL_DATA_TYPE,
       CASE t.odbc_type WHEN 91 THEN CAST(1 AS smallint) WHEN 93 THEN CAST(3 AS smallint) END AS SQL_DATETIME_SUB,
       CASE WHEN t.odbc_type IN (1, 12, -8, -9, -2, -3) THEN CAST(p.max_length AS int) END AS CHAR_OCTET_LENGTH,
       p.ORDINAL_POSITION, CAST('YES' AS varchar(254)) AS IS_NULLABLE, t.system_type_id AS SS_DATA_TYPE
FROM sys.all_objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN (SELECT object_id, CAST(name AS sysname) AS COLUMN_NAME,
             CAST(CASE WHEN is_output = 1 THEN 2 ELSE 1 END AS smallint) AS COLUMN_TYPE,
             parameter_id AS ORDINAL_POSITION, max_length, [precision], scale, system_type_id
      FROM sys.all_parameters
      UNION ALL
      SELECT object_id, N'@RETURN_VALUE', CAST(5 AS smallint), 0, CAST(4 AS smallint),
             CAST(10 AS tinyint), CAST(0 AS tinyint), CAST(56 AS tinyint)
      FROM sys.all_objects WHERE type = 'P') AS p ON p.object_id = o.object_id
JOIN sys.types t ON t.user_type_id = p.system_type_id
WHERE o.type IN ('P', 'FN', 'IF', 'TF')
  AND (@procedure_name IS NULL OR o.name LIKE @procedure_name)
  AND (@procedure_owner IS NULL OR s.name LIKE @procedure_owner)
  AND (@column_name IS NULL OR p.COLUMN_NAME LIKE @column_name)
ORDER BY PROCEDURE_OWNER, PROCEDURE_NAME, ORDINAL_POSITION
