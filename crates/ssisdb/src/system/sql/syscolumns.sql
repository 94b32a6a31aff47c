CREATE VIEW sys.syscolumns AS
SELECT name, object_id AS id, system_type_id AS xtype, CAST(user_type_id AS smallint) AS xusertype,
       max_length AS length, CAST([precision] AS smallint) AS xprec, CAST(scale AS tinyint) AS xscale,
       CAST(column_id AS smallint) AS colid, CAST(is_nullable AS int) AS isnullable
FROM sys.all_columns
