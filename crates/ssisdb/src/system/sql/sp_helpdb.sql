CREATE PROCEDURE sys.sp_helpdb @dbname sysname = NULL AS
IF @dbname IS NOT NULL AND DB_ID(@dbname) IS NULL
BEGIN
    RAISERROR(15010, 16, 1, @dbname);
    RETURN 1;
END;
SELECT d.name, CAST(STR(ISNULL(f.size, 0) * CAST(8 AS decimal(18, 2)) / 1024, 10, 2) + N' MB' AS nvarchar(13)) AS db_size,
       CAST(N'dbo' AS nvarchar(128)) AS owner, CAST(d.database_id AS smallint) AS dbid,
       CONVERT(nvarchar(11), d.create_date) AS created, CAST(N'Status=ONLINE' AS nvarchar(600)) AS status, d.compatibility_level
FROM sys.databases d LEFT JOIN sys.master_files f ON f.database_id = d.database_id
WHERE @dbname IS NULL OR d.name = @dbname
ORDER BY d.name
