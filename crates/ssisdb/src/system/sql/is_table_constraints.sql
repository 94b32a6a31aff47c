CREATE VIEW INFORMATION_SCHEMA.TABLE_CONSTRAINTS AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS CONSTRAINT_CATALOG, s.name AS CONSTRAINT_SCHEMA, k.name AS CONSTRAINT_NAME,
       CAST(DB_NAME() AS nvarchar(128)) AS TABLE_CATALOG, s.name AS TABLE_SCHEMA, o.name AS TABLE_NAME,
       CAST('PRIMARY KEY' AS varchar(11)) AS CONSTRAINT_TYPE, CAST('NO' AS varchar(2)) AS IS_DEFERRABLE,
       CAST('NO' AS varchar(2)) AS INITIALLY_DEFERRED
FROM sys.key_constraints k
JOIN sys.all_objects o ON o.object_id = k.parent_object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
