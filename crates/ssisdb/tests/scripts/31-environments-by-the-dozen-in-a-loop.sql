-- #31 a dozen environments with a variable of each type, made in a loop
-- pattern: WHILE, CONCAT, create only when absent, values through typed variables
IF NOT EXISTS (SELECT 1 FROM catalog.folders WHERE name = N'Finance') EXEC catalog.create_folder N'Finance';
DECLARE @i int = 1, @n sysname, @d datetime = '20260101', @big bigint = 5, @dec decimal(18, 4) = 5.25, @flag bit = 1;
WHILE @i <= 12
BEGIN
    SET @n = CONCAT(N'Env', RIGHT('0' + CONVERT(varchar(2), @i), 2));
    IF NOT EXISTS (SELECT 1 FROM catalog.environments e JOIN catalog.folders f ON f.folder_id = e.folder_id
                   WHERE f.name = N'Finance' AND e.name = @n)
        EXEC catalog.create_environment @folder_name = N'Finance', @environment_name = @n, @environment_description = N'loop';
    EXEC catalog.create_environment_variable N'Finance', @n, N'Day', N'DateTime', 0, @d, NULL;
    EXEC catalog.create_environment_variable N'Finance', @n, N'Big', N'Int64', 0, @big, NULL;
    EXEC catalog.create_environment_variable N'Finance', @n, N'Dec', N'Decimal', 0, @dec, NULL;
    EXEC catalog.create_environment_variable N'Finance', @n, N'Flag', N'Boolean', 0, @flag, NULL;
    EXEC catalog.create_environment_variable N'Finance', @n, N'Pwd', N'String', 1, N's3cret', NULL;
    SET @i += 1;
END
SELECT COUNT(*) AS environments, MIN(name) AS first, MAX(name) AS last FROM catalog.environments;
SELECT v.name, v.type, v.sensitive, CONVERT(nvarchar(40), v.value) AS value
FROM   catalog.environment_variables v JOIN catalog.environments e ON e.environment_id = v.environment_id
WHERE  e.name = N'Env12' AND v.type <> N'DateTime' ORDER BY v.name;
