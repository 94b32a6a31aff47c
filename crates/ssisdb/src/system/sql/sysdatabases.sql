CREATE VIEW sys.sysdatabases AS
SELECT name, CAST(database_id AS smallint) AS dbid, owner_sid AS sid, create_date AS crdate,
       compatibility_level AS cmptlevel, CAST(0 AS int) AS status
FROM sys.databases
