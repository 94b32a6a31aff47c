CREATE VIEW INFORMATION_SCHEMA.VIEWS AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS TABLE_CATALOG, s.name AS TABLE_SCHEMA, o.name AS TABLE_NAME,
       CAST(m.definition AS nvarchar(4000)) AS VIEW_DEFINITION, CAST('NONE' AS varchar(7)) AS CHECK_OPTION,
       CAST('NO' AS varchar(2)) AS IS_UPDATABLE
FROM sys.all_objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.all_sql_modules m ON m.object_id = o.object_id
WHERE o.type = 'V'
