CREATE PROCEDURE sys.sp_spaceused
    @objname nvarchar(776) = NULL, @updateusage varchar(5) = 'false', @mode varchar(11) = 'ALL',
    @oneresultset bit = 0, @include_total_xtp_storage bit = 0 AS
DECLARE @database sysname = DB_NAME(), @kb bigint = ISNULL((SELECT SUM(CAST(size AS bigint)) FROM sys.database_files), 0) * 8;
IF @objname IS NOT NULL
BEGIN
    IF OBJECT_ID(@objname) IS NULL
        RAISERROR(15009, 16, 1, @objname, @database);
    ELSE
        RAISERROR(15234, 16, 1);
    RETURN 1;
END;
DECLARE @size varchar(18) = LTRIM(STR(@kb / CAST(1024 AS decimal(18, 2)), 15, 2) + ' MB'), @reserved varchar(18) = LTRIM(STR(@kb, 15, 0) + ' KB');
IF @oneresultset = 1
BEGIN
    SELECT @database AS database_name, @size AS database_size, CAST('0.00 MB' AS varchar(18)) AS [unallocated space], @reserved AS reserved,
           @reserved AS data, CAST('0 KB' AS varchar(18)) AS index_size, CAST('0 KB' AS varchar(18)) AS unused;
    RETURN 0;
END;
SELECT @database AS database_name, @size AS database_size, CAST('0.00 MB' AS varchar(18)) AS [unallocated space];
SELECT @reserved AS reserved, @reserved AS data, CAST('0 KB' AS varchar(18)) AS index_size, CAST('0 KB' AS varchar(18)) AS unused;
