CREATE PROCEDURE sys.sp_fkeys
    @pktable_name sysname = NULL, @pktable_owner sysname = NULL, @pktable_qualifier sysname = NULL,
    @fktable_name sysname = NULL, @fktable_owner sysname = NULL, @fktable_qualifier sysname = NULL AS
SELECT CAST(DB_NAME() AS sysname) AS PKTABLE_QUALIFIER, CAST(NULL AS sysname) AS PKTABLE_OWNER,
       CAST(NULL AS sysname) AS PKTABLE_NAME, CAST(NULL AS sysname) AS PKCOLUMN_NAME,
       CAST(DB_NAME() AS sysname) AS FKTABLE_QUALIFIER, CAST(NULL AS sysname) AS FKTABLE_OWNER,
       CAST(NULL AS sysname) AS FKTABLE_NAME, CAST(NULL AS sysname) AS FKCOLUMN_NAME,
       CAST(NULL AS smallint) AS KEY_SEQ, CAST(NULL AS smallint) AS UPDATE_RULE,
       CAST(NULL AS smallint) AS DELETE_RULE, f.name AS FK_NAME, CAST(NULL AS sysname) AS PK_NAME,
       CAST(NULL AS smallint) AS DEFERRABILITY
FROM sys.foreign_keys f
