CREATE VIEW INFORMATION_SCHEMA.PARAMETERS AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS SPECIFIC_CATALOG, s.name AS SPECIFIC_SCHEMA, o.name AS SPECIFIC_NAME,
       p.parameter_id AS ORDINAL_POSITION,
       CAST(CASE WHEN p.is_output = 1 THEN 'INOUT' ELSE 'IN' END AS nvarchar(10)) AS PARAMETER_MODE,
       CAST(CASE WHEN p.parameter_id = 0 THEN 'YES' ELSE 'NO' END AS nvarchar(10)) AS IS_RESULT,
       CAST('NO' AS nvarchar(10)) AS AS_LOCATOR, p.name AS PARAMETER_NAME,
       CAST(t.name AS nvarchar(128)) AS DATA_TYPE,
       CASE WHEN t.name IN ('nchar', 'nvarchar') AND p.max_length > 0 THEN CAST(p.max_length / 2 AS int)
            WHEN t.name IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary') THEN CAST(p.max_length AS int)
       END AS CHARACTER_MAXIMUM_LENGTH
FROM sys.all_objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.all_parameters p ON p.object_id = o.object_id
JOIN sys.types t ON t.user_type_id = p.system_type_id
