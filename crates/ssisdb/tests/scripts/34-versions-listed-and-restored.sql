-- #34 the project's own file deployed again, versions listed, the first restored
DECLARE @t TABLE (b varbinary(max)), @b varbinary(max), @op bigint, @lsn bigint;
INSERT @t EXEC catalog.get_project N'Finance', N'DailyLoad';
SELECT @b = b FROM @t;
EXEC catalog.deploy_project N'Finance', N'DailyLoad', @b, @op OUTPUT;
SELECT status FROM catalog.operations WHERE operation_id = @op;
SELECT COUNT(*) AS versions FROM catalog.object_versions WHERE object_name = N'DailyLoad';
SELECT @lsn = MIN(object_version_lsn) FROM catalog.object_versions WHERE object_name = N'DailyLoad';
INSERT @t EXEC catalog.restore_project N'Finance', N'DailyLoad', @lsn;
SELECT IIF(p.object_version_lsn = @lsn, 'first', 'other') AS now FROM catalog.projects p WHERE p.name = N'DailyLoad';
