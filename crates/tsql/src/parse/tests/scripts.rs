//! Whole scripts of the kinds that people run against SSISDB.

use super::{check, parse};
use crate::lexer::split_batches;
use crate::parse::ParseOptions;

/// Batches of a script, each read, written and read again.
fn batches(script: &str) -> usize {
    let batches = split_batches(script);
    for batch in &batches {
        let read = parse(batch.text, &ParseOptions::default());
        assert!(read.is_ok(), "{read:?} in {}", batch.text);
        check(batch.text);
    }
    batches.len()
}

#[test]
fn a_package_is_started_as_management_studio_scripts_it() {
    let script = "
Declare @execution_id bigint
EXEC [SSISDB].[catalog].[create_execution] @package_name=N'Load.dtsx', @execution_id=@execution_id \
OUTPUT, @folder_name=N'Sales', @project_name=N'Nightly', @use32bitruntime=False, \
@reference_id=Null, @useanyworker=True, @runinscaleout=True
Select @execution_id
DECLARE @var0 smallint = 1
EXEC [SSISDB].[catalog].[set_execution_parameter_value] @execution_id,  @object_type=50, \
@parameter_name=N'LOGGING_LEVEL', @parameter_value=@var0
EXEC [SSISDB].[catalog].[start_execution] @execution_id, @retry_count=0
GO
";
    assert_eq!(batches(script), 1);
}

#[test]
fn an_execution_is_polled_until_it_ends() {
    let script = "
USE SSISDB;
GO
DECLARE @id bigint = 17, @status int = 2;
WHILE @status IN (1, 2, 5, 8)
BEGIN
    WAITFOR DELAY '00:00:02'
    SELECT @status = [status] FROM [catalog].[executions] WITH (NOLOCK) WHERE execution_id = @id
    IF @status = 7 BREAK
    CONTINUE
END;
IF @status <> 7
    RAISERROR (N'execution %I64d ended with status %d', 16, 1, @id, @status) WITH NOWAIT
GO 2
";
    assert_eq!(batches(script), 2);
}

#[test]
fn a_deployment_rolls_back_by_goto() {
    let script = "
DECLARE @ReturnCode INT = 0, @folder sysname = 'Sales', @fid bigint;
BEGIN TRANSACTION
    IF NOT EXISTS (SELECT 1 FROM [SSISDB].[catalog].[folders] WHERE [name] = @folder)
    BEGIN
        RAISERROR('Creating folder: %s ...', 10, 1, @folder) WITH NOWAIT;
        EXEC @ReturnCode = [SSISDB].[catalog].[create_folder] @folder_name = @folder, @folder_id = \
@fid OUTPUT
        IF (@@ERROR <> 0 OR @ReturnCode <> 0) GOTO QuitWithRollback;
    END
COMMIT TRANSACTION
GOTO EndSave
QuitWithRollback:
    IF (@@TRANCOUNT > 0) ROLLBACK TRANSACTION
EndSave:
GO
";
    assert_eq!(batches(script), 1);
}

#[test]
fn a_mail_is_made_of_xml_in_an_apply() {
    let script = "
DECLARE @body nvarchar(max);
SET @body = CAST((SELECT td = e.execution_id, '', td = x.errors
                  FROM SSISDB.catalog.executions e
                  CROSS APPLY (SELECT STUFF((SELECT N'; ' + m.message
                                             FROM SSISDB.catalog.event_messages m
                                             WHERE m.operation_id = e.execution_id
                                             FOR XML PATH(''), TYPE).value('.', 'nvarchar(max)'),
                                            1, 2, N'') AS errors) x
                  WHERE e.status = 4 AND e.start_time > DATEADD(HOUR, -12, SYSDATETIMEOFFSET())
                  FOR XML PATH('tr'), TYPE) AS nvarchar(max));
EXEC msdb.dbo.sp_send_dbmail @recipients = N'etl@example.org', @body = @body, @body_format = 'HTML';
";
    assert_eq!(batches(script), 1);
}

#[test]
fn a_report_pivots_durations() {
    let script = "
;WITH d AS (
    SELECT package_name, [status], DATEDIFF(SECOND, start_time, ISNULL(end_time, GETDATE())) AS s,
           ROW_NUMBER() OVER (PARTITION BY package_name ORDER BY execution_id DESC) AS rn
    FROM   SSISDB.catalog.executions
)
SELECT p.package_name, p.[4] AS failed, p.[7] AS succeeded
FROM   (SELECT package_name, [status], s FROM d WHERE rn <= 10) q
PIVOT  (AVG(s) FOR [status] IN ([4], [7])) AS p
ORDER  BY p.package_name
OPTION (RECOMPILE);
GO
select env, string_agg(convert(nvarchar(max), name), N', ') within group (order by name) from #v \
group by env
";
    assert_eq!(batches(script), 2);
}

#[test]
fn variables_are_copied_by_a_cursor() {
    let script = "
DECLARE @name sysname, @value sql_variant, @list CURSOR, @sql nvarchar(max);
SET @list = CURSOR LOCAL STATIC READ_ONLY FORWARD_ONLY FOR
    SELECT v.name, v.value FROM SSISDB.catalog.environment_variables v ORDER BY v.name;
OPEN @list;
FETCH NEXT FROM @list INTO @name, @value;
WHILE (@@FETCH_STATUS = 0)
BEGIN
    SET @sql = N'EXEC SSISDB.catalog.create_environment_variable @n, @v';
    EXEC sp_executesql @sql, N'@n sysname, @v sql_variant', @n = @name, @v = @value;
    FETCH NEXT FROM @list INTO @name, @value;
END;
CLOSE @list; DEALLOCATE @list;
";
    assert_eq!(batches(script), 1);
}

#[test]
fn scripts_are_cut_at_go_and_only_there() {
    let script = "SELECT 1\r\nGO\r\nSELECT 'x\nGO\ny' -- it's\n/* a\nGO\n/* b */ */\n go 3 -- again\n\
                  [go\n];GO2\nGO x\nGO;\nSELECT 2";
    let cut: Vec<_> =
        split_batches(script).into_iter().map(|b| (b.line, b.count, b.text.trim())).collect();
    let middle = "SELECT 'x\nGO\ny' -- it's\n/* a\nGO\n/* b */ */";
    let last = "[go\n];GO2\nGO x";
    assert_eq!(cut, [(1, 1, "SELECT 1"), (3, 3, middle), (10, 1, last), (14, 1, "SELECT 2")]);
}
