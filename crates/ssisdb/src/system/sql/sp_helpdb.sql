CREATE PROCEDURE sys.sp_helpdb @dbname sysname = NULL AS
SELECT name, CAST(NULL AS nvarchar(13)) AS db_size, N'dbo' AS owner, CAST(database_id AS smallint) AS dbid,
       CONVERT(nvarchar(11), create_date) AS created, N'Status=ONLINE' AS status, compatibility_level
FROM sys.databases WHERE @dbname IS NULL OR name = @dbname
ORDER BY name
