CREATE PROCEDURE sys.sp_helprole @rolename sysname = NULL AS
IF @rolename IS NOT NULL AND NOT EXISTS
   (SELECT 1 FROM sys.database_principals WHERE type = 'R' AND name = @rolename)
BEGIN
    RAISERROR (N'''%s'' is not a role.', 16, 1, @rolename);
    RETURN 1;
END
SELECT name AS RoleName, principal_id AS RoleId, CAST(0 AS int) AS IsAppRole
FROM sys.database_principals
WHERE type = 'R' AND (@rolename IS NULL OR name = @rolename)
ORDER BY RoleName
