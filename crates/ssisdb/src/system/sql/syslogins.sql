CREATE VIEW sys.syslogins AS
SELECT p.sid, p.create_date AS createdate, p.modify_date AS updatedate, p.name,
       p.default_database_name AS dbname, p.name AS loginname,
       CAST(CASE WHEN p.is_disabled = 1 THEN 1 ELSE 0 END AS int) AS denylogin,
       CAST(0 AS int) AS isntname,
       CAST(CASE WHEN EXISTS (SELECT 1 FROM sys.server_role_members m
                              WHERE m.member_principal_id = p.principal_id
                                AND m.role_principal_id = 3) THEN 1 ELSE 0 END AS int) AS sysadmin
FROM sys.server_principals p WHERE p.type = 'S'
