CREATE PROCEDURE sys.sp_who2 @loginame sysname = NULL AS
SELECT CAST(session_id AS char(5)) AS SPID, CAST(status AS nchar(30)) AS Status, login_name AS Login,
       host_name AS HostName, CAST('  .' AS char(5)) AS BlkBy, DB_NAME(database_id) AS DBName,
       CAST('AWAITING COMMAND' AS nchar(16)) AS Command, cpu_time AS CPUTime, reads + writes AS DiskIO,
       CONVERT(char(14), login_time, 1) AS LastBatch, program_name AS ProgramName
FROM sys.dm_exec_sessions
WHERE @loginame IS NULL OR login_name = @loginame
ORDER BY session_id
