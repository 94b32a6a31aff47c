CREATE VIEW INFORMATION_SCHEMA.COLUMNS AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS TABLE_CATALOG, s.name AS TABLE_SCHEMA, o.name AS TABLE_NAME,
       c.name AS COLUMN_NAME, c.column_id AS ORDINAL_POSITION, CAST(NULL AS nvarchar(4000)) AS COLUMN_DEFAULT,
       CAST(CASE WHEN c.is_nullable = 1 THEN 'YES' ELSE 'NO' END AS varchar(3)) AS IS_NULLABLE,
       CAST(t.name AS nvarchar(128)) AS DATA_TYPE,
       CASE WHEN t.name IN ('nchar', 'nvarchar') AND c.max_length > 0 THEN CAST(c.max_length / 2 AS int)
            WHEN t.name IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') THEN CAST(c.max_length AS int)
       END AS CHARACTER_MAXIMUM_LENGTH,
       CASE WHEN t.name IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary')
            THEN CAST(c.max_length AS int) END AS CHARACTER_OCTET_LENGTH,
       CASE WHEN t.name IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'real', 'float')
            THEN c.[precision] END AS NUMERIC_PRECISION,
       CASE WHEN t.name IN ('real', 'float') THEN CAST(2 AS smallint)
            WHEN t.name IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney')
            THEN CAST(10 AS smallint) END AS NUMERIC_PRECISION_RADIX,
       CASE WHEN t.name IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney')
            THEN CAST(c.scale AS int) END AS NUMERIC_SCALE,
       CASE WHEN t.name IN ('date', 'time', 'datetime', 'datetime2', 'datetimeoffset', 'smalldatetime')
            THEN CAST(c.scale AS smallint) END AS DATETIME_PRECISION,
       CAST(NULL AS sysname) AS CHARACTER_SET_CATALOG, CAST(NULL AS sysname) AS CHARACTER_SET_SCHEMA,
       CAST(CASE WHEN t.name IN ('nchar', 'nvarchar') THEN 'UNICODE' WHEN t.name IN ('char', 'varchar') THEN 'iso_1' END AS sysname) AS CHARACTER_SET_NAME,
       CAST(NULL AS sysname) AS COLLATION_CATALOG, CAST(NULL AS sysname) AS COLLATION_SCHEMA,
       c.collation_name AS COLLATION_NAME, CAST(NULL AS sysname) AS DOMAIN_CATALOG,
       CAST(NULL AS sysname) AS DOMAIN_SCHEMA, CAST(NULL AS sysname) AS DOMAIN_NAME
FROM sys.all_objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.all_columns c ON c.object_id = o.object_id
JOIN sys.types t ON t.user_type_id = c.system_type_id
WHERE o.type IN ('U', 'V')
