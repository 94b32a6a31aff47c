CREATE PROCEDURE sys.sp_datatype_info @data_type int = 0, @ODBCVer tinyint = 2 AS
SELECT CAST(t.name AS sysname) AS TYPE_NAME, t.odbc_type AS DATA_TYPE,
       CAST(CASE WHEN t.name IN ('varchar', 'char', 'varbinary', 'binary', 'sql_variant') THEN 8000
                 WHEN t.name IN ('nvarchar', 'nchar') THEN 4000
                 WHEN t.name IN ('text', 'image') THEN 2147483647
                 WHEN t.name = 'ntext' THEN 1073741823
                 WHEN t.name = 'uniqueidentifier' THEN 36
                 WHEN t.name = 'sysname' THEN 128
                 WHEN t.name = 'timestamp' THEN 8
                 WHEN t.name = 'xml' THEN 0
                 ELSE t.[precision] END AS int) AS [PRECISION],
       CAST(CASE WHEN t.name IN ('binary', 'varbinary', 'image', 'timestamp') THEN '0x'
                 WHEN t.name IN ('money', 'smallmoney') THEN '$'
                 WHEN t.odbc_type IN (1, 12, -1, -8, -9, -10, -11, -152, -154, -155, 91, 93) THEN '''' END AS varchar(32)) AS LITERAL_PREFIX,
       CAST(CASE WHEN t.odbc_type IN (1, 12, -1, -8, -9, -10, -11, -152, -154, -155, 91, 93) THEN '''' END AS varchar(32)) AS LITERAL_SUFFIX,
       CAST(CASE WHEN t.name IN ('decimal', 'numeric') THEN 'precision,scale'
                 WHEN t.name IN ('char', 'nchar', 'binary') THEN 'length'
                 WHEN t.name IN ('varchar', 'nvarchar', 'varbinary') THEN 'max length'
                 WHEN t.name IN ('time', 'datetime2', 'datetimeoffset') THEN 'scale' END AS varchar(32)) AS CREATE_PARAMS,
       CAST(CASE WHEN t.name IN ('timestamp', 'sysname') THEN 0 ELSE 1 END AS smallint) AS NULLABLE,
       CAST(0 AS smallint) AS CASE_SENSITIVE,
       CAST(CASE WHEN t.name IN ('text', 'ntext', 'xml') THEN 1 WHEN t.name = 'image' THEN 0
                 WHEN t.odbc_type IN (1, 12, -8, -9) THEN 3 ELSE 2 END AS smallint) AS SEARCHABLE,
       CASE WHEN t.name = 'tinyint' THEN CAST(1 AS smallint)
            WHEN t.odbc_type IN (2, 3, 4, 5, 6, 7, -5) THEN CAST(0 AS smallint) END AS UNSIGNED_ATTRIBUTE,
       CAST(CASE WHEN t.name IN ('money', 'smallmoney') THEN 1 ELSE 0 END AS smallint) AS MONEY,
       CASE WHEN t.odbc_type IN (2, 3, 4, 5, 6, 7, -5, -6) THEN CAST(0 AS smallint) END AS AUTO_INCREMENT,
       CAST(t.name AS sysname) AS LOCAL_TYPE_NAME,
       CASE WHEN t.name IN ('money', 'smallmoney') THEN CAST(4 AS smallint)
            WHEN t.name = 'datetime' THEN CAST(3 AS smallint)
            WHEN t.odbc_type IN (2, 3, 4, 5, -5, -6, 91, 93, -154, -155) THEN CAST(0 AS smallint) END AS MINIMUM_SCALE,
       CASE WHEN t.name IN ('money', 'smallmoney') THEN CAST(4 AS smallint)
            WHEN t.name = 'datetime' THEN CAST(3 AS smallint)
            WHEN t.name IN ('decimal', 'numeric') THEN CAST(38 AS smallint)
            WHEN t.name IN ('time', 'datetime2', 'datetimeoffset') THEN CAST(7 AS smallint)
            WHEN t.odbc_type IN (4, 5, -5, -6, 91, 93) THEN CAST(0 AS smallint) END AS MAXIMUM_SCALE,
       CASE WHEN t.odbc_type IN (91, 93, -154, -155) THEN CAST(9 AS smallint) ELSE t.odbc_type END AS SQL_DATA_TYPE,
       CASE t.odbc_type WHEN 91 THEN CAST(1 AS smallint) WHEN 93 THEN CAST(3 AS smallint) END AS SQL_DATETIME_SUB,
       CASE WHEN t.odbc_type IN (6, 7) THEN 2 WHEN t.odbc_type IN (2, 3, 4, 5, -5, -6) THEN 10 END AS NUM_PREC_RADIX,
       CAST(NULL AS smallint) AS INTERVAL_PRECISION, CAST(CASE t.name WHEN 'char' THEN 1 WHEN 'varchar' THEN 2 WHEN 'binary' THEN 3 WHEN 'varbinary' THEN 4 WHEN 'tinyint' THEN 5
                 WHEN 'smallint' THEN 6 WHEN 'int' THEN 7 WHEN 'float' THEN 8 WHEN 'numeric' THEN 10 WHEN 'money' THEN 11 WHEN 'datetime' THEN 12
                 WHEN 'bit' THEN 16 WHEN 'sysname' THEN 18 WHEN 'text' THEN 19 WHEN 'image' THEN 20 WHEN 'smallmoney' THEN 21
                 WHEN 'smalldatetime' THEN 22 WHEN 'real' THEN 23 WHEN 'decimal' THEN 24 WHEN 'timestamp' THEN 80 ELSE 0 END AS smallint) AS USERTYPE
FROM sys.types AS t
WHERE @data_type = 0 OR t.odbc_type = @data_type
ORDER BY t.odbc_type, t.user_type_id
