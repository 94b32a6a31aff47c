CREATE PROCEDURE sys.sp_configure @configname varchar(35) = NULL, @configvalue int = NULL AS
IF @configname IS NULL
BEGIN
    SELECT name, CAST(minimum AS int) AS minimum, CAST(maximum AS int) AS maximum,
           CAST(value AS int) AS config_value, CAST(value_in_use AS int) AS run_value
    FROM sys.configurations ORDER BY name;
    RETURN 0;
END;
DECLARE @n int = (SELECT COUNT(*) FROM sys.configurations WHERE name LIKE @configname + '%'),
        @current int = (SELECT MAX(CAST(value AS int)) FROM sys.configurations WHERE name LIKE @configname + '%');
IF @n = 0
BEGIN
    RAISERROR(15123, 16, 1, @configname);
    RETURN 1;
END;
IF @n > 1
BEGIN
    RAISERROR(15124, 16, 1, @configname);
    RETURN 1;
END;
IF @configvalue IS NULL
BEGIN
    SELECT name, CAST(minimum AS int) AS minimum, CAST(maximum AS int) AS maximum,
           CAST(value AS int) AS config_value, CAST(value_in_use AS int) AS run_value
    FROM sys.configurations WHERE name LIKE @configname + '%';
    RETURN 0;
END;
IF @configvalue <> @current
BEGIN
    RAISERROR('The configuration option ''%s'' cannot be changed on this server.', 16, 1, @configname);
    RETURN 1;
END;
