CREATE PROCEDURE sys.sp_help @objname nvarchar(776) = NULL AS
DECLARE @database sysname = DB_NAME(), @id int = OBJECT_ID(@objname), @type char(2);
IF @objname IS NULL
BEGIN
    SELECT o.name AS Name, CAST(N'dbo' AS sysname) AS Owner,
           CAST(CASE o.type WHEN 'V' THEN N'view' WHEN 'P' THEN N'stored procedure' WHEN 'FN' THEN N'scalar function'
                WHEN 'IF' THEN N'inline function' WHEN 'TF' THEN N'table function' ELSE N'table type' END AS nvarchar(31)) AS Object_type
    FROM sys.all_objects o ORDER BY Object_type DESC, Name;
    SELECT CAST(NULL AS sysname) AS User_type, CAST(NULL AS sysname) AS Storage_type, CAST(NULL AS smallint) AS Length,
           CAST(NULL AS int) AS Prec, CAST(NULL AS int) AS Scale, CAST(NULL AS varchar(35)) AS Nullable,
           CAST(NULL AS sysname) AS Default_name, CAST(NULL AS sysname) AS Rule_name, CAST(NULL AS sysname) AS Collation WHERE 1 = 0;
    RETURN 0;
END;
SELECT @type = type FROM sys.all_objects WHERE object_id = @id;
IF @type IS NULL
BEGIN
    RAISERROR(15009, 16, 1, @objname, @database);
    RETURN 1;
END;
SELECT o.name AS Name, CAST(N'dbo' AS sysname) AS Owner,
       CAST(CASE o.type WHEN 'V' THEN N'view' WHEN 'P' THEN N'stored procedure' WHEN 'FN' THEN N'scalar function'
            WHEN 'IF' THEN N'inline function' WHEN 'TF' THEN N'table function' ELSE N'table type' END AS nvarchar(31)) AS Type,
       o.create_date AS Created_datetime
FROM sys.all_objects o WHERE o.object_id = @id;
IF EXISTS (SELECT * FROM sys.all_columns WHERE object_id = @id)
BEGIN
    SELECT c.name AS Column_name, CAST(t.name AS sysname) AS Type, CAST('no' AS varchar(35)) AS Computed, CAST(c.max_length AS int) AS Length,
           CAST(CASE WHEN c.scale > 0 OR t.name IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'float', 'real')
                THEN CAST(c.[precision] AS varchar(5)) ELSE '' END AS char(5)) AS Prec,
           CAST(CASE WHEN c.scale > 0 OR t.name IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney')
                THEN CAST(c.scale AS varchar(5)) ELSE '' END AS char(5)) AS Scale,
           CAST(CASE WHEN c.is_nullable = 1 THEN 'yes' ELSE 'no' END AS varchar(35)) AS Nullable,
           CAST(CASE WHEN t.name IN ('varchar', 'char', 'varbinary', 'binary') THEN 'no' ELSE '(n/a)' END AS varchar(35)) AS TrimTrailingBlanks,
           CAST(CASE WHEN t.name IN ('varchar', 'char', 'varbinary', 'binary') THEN CASE WHEN c.is_nullable = 1 THEN 'yes' ELSE 'no' END ELSE '(n/a)' END AS varchar(35)) AS FixedLenNullInSource,
           c.collation_name AS Collation
    FROM sys.all_columns c JOIN sys.types t ON t.user_type_id = c.user_type_id
    WHERE c.object_id = @id ORDER BY c.column_id;
    SELECT CAST(N'No identity column defined.' AS nvarchar(128)) AS [Identity], CAST(NULL AS numeric(38, 0)) AS Seed, CAST(NULL AS numeric(38, 0)) AS Increment, CAST(NULL AS int) AS [Not For Replication];
    SELECT CAST(N'No rowguidcol column defined.' AS nvarchar(128)) AS [RowGuidCol];
END;
IF EXISTS (SELECT * FROM sys.all_parameters WHERE object_id = @id)
    SELECT p.name AS Parameter_name, CAST(t.name AS sysname) AS Type, p.max_length AS Length,
           CAST(p.[precision] AS int) AS Prec, CASE WHEN p.scale > 0 OR t.name IN ('tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric') THEN CAST(p.scale AS int) END AS Scale,
           p.parameter_id AS Param_order, t.collation_name AS Collation
    FROM sys.all_parameters p JOIN sys.types t ON t.user_type_id = p.user_type_id
    WHERE p.object_id = @id ORDER BY p.parameter_id;
