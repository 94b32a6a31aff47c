CREATE PROCEDURE sys.sp_helplogins @LoginNamePattern sysname = NULL AS
IF @LoginNamePattern IS NOT NULL AND NOT EXISTS (SELECT * FROM sys.server_principals WHERE type = 'S' AND name = @LoginNamePattern)
BEGIN
    RAISERROR(15007, 16, 1, @LoginNamePattern);
    RETURN 1;
END;
SELECT l.name AS LoginName, l.sid AS SID, l.default_database_name AS DefDBName, l.default_language_name AS DefLangName,
       CAST(CASE WHEN u.name IS NULL THEN 'NO' ELSE 'yes' END AS char(5)) AS AUser, CAST('no' AS char(7)) AS ARemote
FROM sys.server_principals l LEFT JOIN SSISDB.sys.database_principals u ON u.sid = l.sid AND u.type = 'S'
WHERE l.type = 'S' AND (@LoginNamePattern IS NULL OR l.name = @LoginNamePattern)
ORDER BY l.name;
SELECT l.name AS LoginName, CAST(N'SSISDB' AS sysname) AS DBName, u.name AS UserName, CAST('User' AS char(8)) AS UserOrAlias
FROM sys.server_principals l JOIN SSISDB.sys.database_principals u ON u.sid = l.sid AND u.type = 'S'
WHERE l.type = 'S' AND (@LoginNamePattern IS NULL OR l.name = @LoginNamePattern)
UNION ALL
SELECT l.name, N'SSISDB', r.name, 'MemberOf'
FROM sys.server_principals l
JOIN SSISDB.sys.database_principals u ON u.sid = l.sid AND u.type = 'S'
JOIN SSISDB.sys.database_role_members m ON m.member_principal_id = u.principal_id
JOIN SSISDB.sys.database_principals r ON r.principal_id = m.role_principal_id
WHERE l.type = 'S' AND (@LoginNamePattern IS NULL OR l.name = @LoginNamePattern)
ORDER BY LoginName, UserName;
