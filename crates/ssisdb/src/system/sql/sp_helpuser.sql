CREATE PROCEDURE sys.sp_helpuser @name_in_db sysname = NULL AS
SELECT u.name AS UserName, ISNULL(r.name, N'public') AS RoleName, l.name AS LoginName,
       l.default_database_name AS DefDBName, u.default_schema_name AS DefSchemaName,
       u.principal_id AS UserID, u.sid AS SID
FROM sys.database_principals u
LEFT JOIN sys.database_role_members m ON m.member_principal_id = u.principal_id
LEFT JOIN sys.database_principals r ON r.principal_id = m.role_principal_id
LEFT JOIN sys.server_principals l ON l.sid = u.sid
WHERE u.type = 'S' AND (@name_in_db IS NULL OR u.name = @name_in_db)
ORDER BY UserName
