CREATE PROCEDURE sys.sp_who @loginame sysname = NULL AS
SELECT session_id AS spid, CAST(0 AS smallint) AS ecid, CAST(status AS nchar(30)) AS status,
       login_name AS loginame, CAST(host_name AS nchar(128)) AS hostname, CAST('0' AS char(5)) AS blk,
       DB_NAME(database_id) AS dbname, CAST('AWAITING COMMAND' AS nchar(16)) AS cmd,
       CAST(0 AS int) AS request_id
FROM sys.dm_exec_sessions
WHERE @loginame IS NULL OR login_name = @loginame OR CAST(session_id AS nvarchar(10)) = @loginame
ORDER BY spid
