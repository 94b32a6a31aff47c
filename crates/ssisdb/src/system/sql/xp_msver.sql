CREATE PROCEDURE sys.xp_msver @optname sysname = NULL AS
SELECT [Index], Name, Internal_Value, Character_Value
FROM (VALUES (1, N'ProductName', CAST(NULL AS int), CAST(N'Microsoft SQL Server' AS nvarchar(255))),
             (2, N'ProductVersion', 1048576, CONVERT(nvarchar(255), SERVERPROPERTY('ProductVersion'))),
             (3, N'Language', 1033, N'English (United States)'), (4, N'Platform', NULL, N'NT x64'))
     AS facts ([Index], Name, Internal_Value, Character_Value)
WHERE @optname IS NULL OR Name = @optname
ORDER BY [Index]
