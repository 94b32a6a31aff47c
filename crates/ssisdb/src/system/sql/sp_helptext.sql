CREATE PROCEDURE sys.sp_helptext @objname nvarchar(776), @columnname sysname = NULL AS
DECLARE @database sysname = DB_NAME();
DECLARE @definition nvarchar(max) =
    (SELECT definition FROM sys.all_sql_modules WHERE object_id = OBJECT_ID(@objname));
IF OBJECT_ID(@objname) IS NULL
BEGIN
    RAISERROR('The object ''%s'' does not exist in database ''%s'' or is invalid for this operation.', 16, 1, @objname, @database);
    RETURN 1;
END;
IF @definition IS NULL
BEGIN
    RAISERROR('There is no text for object ''%s''.', 16, 1, @objname);
    RETURN 1;
END;
SELECT CAST(value + CHAR(13) + CHAR(10) AS nvarchar(255)) AS [Text]
FROM STRING_SPLIT(REPLACE(@definition, CHAR(13), N''), CHAR(10), 1)
ORDER BY ordinal
