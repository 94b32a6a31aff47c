CREATE PROCEDURE sys.sp_columns
    @table_name nvarchar(384), @table_owner nvarchar(384) = NULL, @table_qualifier sysname = NULL,
    @column_name nvarchar(384) = NULL, @ODBCVer int = 2, @NameScope int = 0,
    @fUsePattern bit = 1 AS
SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME,
       c.name AS COLUMN_NAME, t.odbc_type AS DATA_TYPE, CAST(t.name AS sysname) AS TYPE_NAME,
       CAST(CASE WHEN t.odbc_type IN (-8, -9) THEN CASE WHEN c.max_length < 0 THEN 0 ELSE c.max_length / 2 END
                 WHEN t.odbc_type IN (1, 12, -2, -3) THEN CASE WHEN c.max_length < 0 THEN 0 ELSE c.max_length END
                 WHEN t.name = 'uniqueidentifier' THEN 36 WHEN t.name = 'sql_variant' THEN 8000
                 ELSE c.[precision] END AS int) AS [PRECISION],
       CAST(CASE WHEN c.max_length < 0 THEN 0 WHEN t.name IN ('decimal', 'numeric') THEN c.[precision] + 2
                 WHEN t.name = 'money' THEN 21 WHEN t.name = 'smallmoney' THEN 12
                 WHEN t.name IN ('datetime', 'smalldatetime') THEN 16 WHEN t.name IN ('date', 'time', 'datetime2', 'datetimeoffset') THEN c.[precision] * 2
                 ELSE c.max_length END AS int) AS [LENGTH],
       CASE WHEN t.odbc_type NOT IN (1, 12, -8, -9, -2, -3, -7, -11, -150) THEN CAST(c.scale AS smallint) END AS SCALE,
       CASE WHEN t.odbc_type IN (6, 7) THEN CAST(2 AS smallint)
            WHEN t.odbc_type IN (2, 3, 4, 5, -5, -6) THEN CAST(10 AS smallint) END AS RADIX,
       CAST(c.is_nullable AS smallint) AS NULLABLE, CAST(NULL AS varchar(254)) AS REMARKS,
       CAST(NULL AS nvarchar(4000)) AS COLUMN_DEF,
       CASE WHEN t.odbc_type IN (91, 93, -154, -155) THEN CAST(9 AS smallint) ELSE t.odbc_type END AS SQL_DATA_TYPE,
       CASE t.odbc_type WHEN 91 THEN CAST(1 AS smallint) WHEN 93 THEN CAST(3 AS smallint) END AS SQL_DATETIME_SUB,
       CASE WHEN t.odbc_type IN (1, 12, -8, -9, -2, -3) THEN CAST(c.max_length AS int) END AS CHAR_OCTET_LENGTH,
       c.column_id AS ORDINAL_POSITION,
       CAST(CASE WHEN c.is_nullable = 1 THEN 'YES' ELSE 'NO' END AS varchar(254)) AS IS_NULLABLE,
       CAST(CASE t.name WHEN 'tinyint' THEN CASE WHEN c.is_nullable = 1 THEN 38 ELSE 48 END WHEN 'smallint' THEN CASE WHEN c.is_nullable = 1 THEN 38 ELSE 52 END
            WHEN 'int' THEN CASE WHEN c.is_nullable = 1 THEN 38 ELSE 56 END WHEN 'bigint' THEN CASE WHEN c.is_nullable = 1 THEN 108 ELSE 63 END
            WHEN 'bit' THEN 50 WHEN 'decimal' THEN CASE WHEN c.is_nullable = 1 THEN 106 ELSE 55 END WHEN 'numeric' THEN CASE WHEN c.is_nullable = 1 THEN 108 ELSE 63 END
            WHEN 'money' THEN CASE WHEN c.is_nullable = 1 THEN 110 ELSE 60 END WHEN 'smallmoney' THEN CASE WHEN c.is_nullable = 1 THEN 110 ELSE 122 END
            WHEN 'float' THEN CASE WHEN c.is_nullable = 1 THEN 109 ELSE 62 END WHEN 'real' THEN CASE WHEN c.is_nullable = 1 THEN 109 ELSE 59 END
            WHEN 'datetime' THEN CASE WHEN c.is_nullable = 1 THEN 111 ELSE 61 END WHEN 'smalldatetime' THEN CASE WHEN c.is_nullable = 1 THEN 111 ELSE 58 END
            WHEN 'char' THEN CASE WHEN c.is_nullable = 1 THEN 39 ELSE 47 END WHEN 'nchar' THEN CASE WHEN c.is_nullable = 1 THEN 39 ELSE 47 END
            WHEN 'varchar' THEN 39 WHEN 'nvarchar' THEN 39 WHEN 'sysname' THEN 39 WHEN 'sql_variant' THEN 39
            WHEN 'binary' THEN CASE WHEN c.is_nullable = 1 THEN 37 ELSE 45 END WHEN 'varbinary' THEN 37 WHEN 'uniqueidentifier' THEN 37 WHEN 'timestamp' THEN 45
            WHEN 'text' THEN 35 WHEN 'ntext' THEN 35 WHEN 'image' THEN 34 ELSE 0 END AS tinyint) AS SS_DATA_TYPE
FROM sys.all_objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.all_columns c ON c.object_id = o.object_id
JOIN sys.types t ON t.user_type_id = c.system_type_id
WHERE o.type IN ('U', 'V')
  AND o.name LIKE @table_name
  AND (@table_owner IS NULL OR s.name LIKE @table_owner)
  AND (@column_name IS NULL OR c.name LIKE @column_name)
ORDER BY TABLE_OWNER, TABLE_NAME, ORDINAL_POSITION
