CREATE VIEW INFORMATION_SCHEMA.ROUTINES AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS SPECIFIC_CATALOG, s.name AS SPECIFIC_SCHEMA, o.name AS SPECIFIC_NAME,
       CAST(DB_NAME() AS nvarchar(128)) AS ROUTINE_CATALOG, s.name AS ROUTINE_SCHEMA, o.name AS ROUTINE_NAME,
       CAST(CASE o.type WHEN 'P' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS nvarchar(20)) AS ROUTINE_TYPE,
       CAST(CASE WHEN o.type IN ('IF', 'TF') THEN 'TABLE' END AS nvarchar(128)) AS DATA_TYPE,
       CAST('SQL' AS nvarchar(30)) AS ROUTINE_BODY, CAST(m.definition AS nvarchar(4000)) AS ROUTINE_DEFINITION,
       CAST('NO' AS nvarchar(10)) AS IS_DETERMINISTIC, CAST('MODIFIES' AS nvarchar(30)) AS SQL_DATA_ACCESS,
       o.create_date AS CREATED, o.modify_date AS LAST_ALTERED
FROM sys.all_objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.all_sql_modules m ON m.object_id = o.object_id
WHERE o.type IN ('P', 'FN', 'IF', 'TF')
