CREATE VIEW sys.sysprocesses AS
SELECT session_id AS spid, login_time, host_name AS hostname, program_name, login_name AS loginame,
       status, database_id AS dbid
FROM sys.dm_exec_sessions
