CREATE PROCEDURE sys.sp_stored_procedures
    @sp_name nvarchar(390) = NULL, @sp_owner nvarchar(384) = NULL, @sp_qualifier sysname = NULL,
    @fUsePattern bit = 1 AS
SELECT CAST(DB_NAME() AS sysname) AS PROCEDURE_QUALIFIER, s.name AS PROCEDURE_OWNER,
       CAST(o.name + CASE o.type WHEN 'P' THEN N';1' ELSE N';0' END AS nvarchar(134)) AS PROCEDURE_NAME,
       CAST(-1 AS int) AS NUM_INPUT_PARAMS, CAST(-1 AS int) AS NUM_OUTPUT_PARAMS,
       CAST(-1 AS int) AS NUM_RESULT_SETS, CAST(NULL AS varchar(254)) AS REMARKS,
       CAST(2 AS smallint) AS PROCEDURE_TYPE
FROM sys.all_objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('P', 'FN', 'IF', 'TF')
  AND (@sp_name IS NULL OR o.name LIKE @sp_name)
  AND (@sp_owner IS NULL OR s.name LIKE @sp_owner)
ORDER BY PROCEDURE_OWNER, PROCEDURE_NAME
