CREATE VIEW sys.sysusers AS
SELECT CAST(principal_id AS smallint) AS uid, name, sid, create_date AS createdate,
       modify_date AS updatedate, CAST(CASE WHEN type = 'R' THEN 1 ELSE 0 END AS int) AS issqlrole,
       CAST(CASE WHEN type = 'S' THEN 1 ELSE 0 END AS int) AS issqluser,
       CAST(CASE WHEN type = 'S' THEN 1 ELSE 0 END AS int) AS islogin
FROM sys.database_principals
