CREATE VIEW INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS AS
SELECT CAST(DB_NAME() AS nvarchar(128)) AS CONSTRAINT_CATALOG, s.name AS CONSTRAINT_SCHEMA, f.name AS CONSTRAINT_NAME,
       CAST(DB_NAME() AS nvarchar(128)) AS UNIQUE_CONSTRAINT_CATALOG, CAST(SCHEMA_NAME(i.schema_id) AS nvarchar(128)) AS UNIQUE_CONSTRAINT_SCHEMA,
       i.name AS UNIQUE_CONSTRAINT_NAME, CAST('SIMPLE' AS varchar(7)) AS MATCH_OPTION,
       CAST(REPLACE(f.update_referential_action_desc, '_', ' ') AS varchar(11)) AS UPDATE_RULE,
       CAST(REPLACE(f.delete_referential_action_desc, '_', ' ') AS varchar(11)) AS DELETE_RULE
FROM sys.foreign_keys f JOIN sys.schemas s ON s.schema_id = f.schema_id
LEFT JOIN sys.key_constraints i ON i.parent_object_id = f.referenced_object_id AND i.unique_index_id = f.key_index_id
