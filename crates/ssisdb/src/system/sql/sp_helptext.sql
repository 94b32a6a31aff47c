CREATE PROCEDURE sys.sp_helptext @objname nvarchar(776), @columnname sysname = NULL AS
DECLARE @database sysname = DB_NAME();
DECLARE @definition nvarchar(max) =
    (SELECT definition FROM sys.all_sql_modules WHERE object_id = OBJECT_ID(@objname));
IF OBJECT_ID(@objname) IS NULL
BEGIN
    RAISERROR(15009, 16, 1, @objname, @database);
    RETURN 1;
END;
IF @definition IS NULL
BEGIN
    RAISERROR(15197, 16, 1, @objname);
    RETURN 1;
END;
-- Lines with their ends, the long ones in pieces.
DECLARE @lines TABLE (n bigint, line nvarchar(max));
INSERT @lines SELECT ordinal, value FROM STRING_SPLIT(REPLACE(@definition, CHAR(13), N''), CHAR(10), 1);
UPDATE @lines SET line += CHAR(13) + CHAR(10) WHERE n < (SELECT MAX(n) FROM @lines);
SELECT CAST(SUBSTRING(l.line, (p.value - 1) * 255 + 1, 255) AS nvarchar(255)) AS [Text]
FROM @lines l CROSS APPLY GENERATE_SERIES(CAST(1 AS bigint), DATALENGTH(l.line) / 510 + CASE WHEN DATALENGTH(l.line) % 510 = 0 AND l.line <> N'' THEN 0 ELSE 1 END) p
ORDER BY l.n, p.value
