//! T-SQL against `packhorse up` with a worker: the statements that the documentation of Scale Out
//! tells people to run, and scripts that run packages to their end.
//!
//! Source of the cases: scale-out fact sheet, section 14.

mod verbose_run;

use std::path::Path;

use testkit::wait_for;

use crate::harness::{Packhorse, Up, package};
use crate::sql::Sql;

const PASSWORD: &str = "Correct-Horse-1";

/// Folder `Finance`, project `DailyLoad`, packages `Main.dtsx` and `Stage.dtsx`.
const DAILY_LOAD: &[u8] = include_bytes!("../../../../tests/clients/DailyLoad.ispac");

/// A worker, and a login that may do everything.
fn with_worker(packhorse: &Packhorse) -> (Up<'_>, Sql) {
    packhorse.write("drop/dailyload.ispac", DAILY_LOAD);
    let mapping = format!(r"C:\drop\={}/drop/", packhorse.folder().display());
    let up = packhorse.up(1, &["--map-path", &mapping]);
    let file = packhorse.write("password", PASSWORD);
    let file = file.to_string_lossy();
    packhorse.ok(&["login", "create", "ada", "--role", "sysadmin", "--password-file", &file]);
    let sql = Sql::connect(packhorse.tds_port(), "ada", PASSWORD).unwrap();
    (up, sql)
}

fn script(number: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ssisdb/tests/scripts");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number))
    };
    std::fs::read_to_string(files.find(is_it).unwrap()).unwrap()
}

/// Makes the folder and deploys the project from the path that the script has for it.
fn deploy(sql: &mut Sql) {
    sql.script(&script("02"));
    let deployed = sql.script(&script("03"));
    assert!(deployed.contains("|7|"), "{deployed}");
}

fn wait_until_succeeded(sql: &mut Sql, execution: &str) {
    wait_for("the execution to succeed", || {
        let text =
            format!("SELECT status FROM catalog.executions WHERE execution_id = {execution}");
        match sql.show(&text).as_str() {
            "7" => Ok(()),
            other => Err(other.to_owned()),
        }
    });
}

#[test]
fn the_statements_that_the_documentation_of_scale_out_has_are_answered() {
    let packhorse = Packhorse::new();
    let (up, mut sql) = with_worker(&packhorse);
    deploy(&mut sql);
    let worker = workers(&mut sql);
    on_one_worker(&mut sql, &worker);
    without_scale_out(&packhorse, &mut sql);
    by_position(&mut sql);
    by_default(&mut sql);
    let endpoint = std::fs::read_to_string(packhorse.data().join("master.endpoint")).unwrap();
    logs_and_addresses(&mut sql, packhorse.tds_port(), endpoint.trim());
    for cleanup in [
        "internal.cleanup_server_retention_window_exclusive",
        "internal.cleanup_completed_jobs_exclusive",
        "internal.cleanup_expired_worker",
    ] {
        sql.show(&format!("EXEC {cleanup}"));
    }
    up.stop();
}

/// Cases 1 to 3.
fn workers(sql: &mut Sql) -> String {
    let shown = sql.show("SELECT WorkerAgentId, MachineName FROM [catalog].[worker_agents]");
    let (worker, machine) = shown.split_once('|').unwrap();
    assert_eq!((worker.len(), machine.is_empty()), (36, false), "{shown}");
    let enabled = "SELECT CAST(IsEnabled AS int) FROM [catalog].[worker_agents]";
    for (act, is_enabled) in [("disable", "0"), ("enable", "1")] {
        let text = format!(
            "DECLARE @rc int; EXEC @rc = [catalog].[{act}_worker_agent] '{worker}'; SELECT @rc"
        );
        assert_eq!(sql.show(&text), "0", "{act}");
        assert_eq!(sql.show(enabled), is_enabled, "{act}");
    }
    let unknown = "EXEC [catalog].[enable_worker_agent] '6583054A-E915-4C2A-80E4-C765E79EF61D'";
    let (number, _) = sql.fails(unknown);
    assert!(27_000 < number, "{number}");
    worker.to_owned()
}

/// Cases 4 and 12: script A, and D for the execution that it makes.
fn on_one_worker(sql: &mut Sql, worker: &str) {
    let execution = sql.show(&format!(
        "Declare @execution_id bigint
EXEC [SSISDB].[catalog].[create_execution] @package_name=N'Main.dtsx', @execution_id=@execution_id OUTPUT, @folder_name=N'Finance', @project_name=N'DailyLoad', @use32bitruntime=False, @reference_id=Null, @useanyworker=False, @runinscaleout=True
Select @execution_id
DECLARE @var0 smallint = 1
EXEC [SSISDB].[catalog].[set_execution_parameter_value] @execution_id,  @object_type=50, @parameter_name=N'LOGGING_LEVEL', @parameter_value=@var0
EXEC [SSISDB].[catalog].[add_execution_worker] @execution_id,  @workeragent_id=N'{worker}'
EXEC [SSISDB].[catalog].[start_execution] @execution_id,  @retry_count=0"
    ));
    wait_until_succeeded(sql, &execution);
    let task = sql.show(&format!(
        "DECLARE @execution_id bigint = {execution};
SELECT [TaskId]
FROM [SSISDB].[internal].[tasks] tasks, [SSISDB].[internal].[executions] executions
WHERE executions.execution_id = @execution_id AND tasks.JobId = executions.job_id"
    ));
    assert_eq!(task.len(), 36, "{task}");
    let seen =
        format!("SELECT COUNT(*) FROM catalog.event_messages WHERE operation_id = {execution}");
    assert_ne!(sql.show(&seen), "0", "its messages are in the catalog");
}

/// Case 5: script B, with its names. The package writes down what it is given.
fn without_scale_out(packhorse: &Packhorse, sql: &mut Sql) {
    let given = packhorse.folder().join("given");
    deploy_child(packhorse, &given);
    let script = "Declare @execution_id bigint
EXEC [SSISDB].[catalog].[create_execution] @package_name=N'Child1.dtsx', @execution_id=@execution_id OUTPUT, @folder_name=N'TestDeply4', @project_name=N'Integration Services Project1', @use32bitruntime=False, @reference_id=Null
Select @execution_id
DECLARE @var0 sql_variant = N'Child1.dtsx'
EXEC [SSISDB].[catalog].[set_execution_parameter_value] @execution_id, @object_type=20, @parameter_name=N'Parameter1', @parameter_value=@var0
DECLARE @var2 smallint = 1
EXEC [SSISDB].[catalog].[set_execution_parameter_value] @execution_id, @object_type=50, @parameter_name=N'LOGGING_LEVEL', @parameter_value=@var2
";
    let execution = sql.show(script);
    // Before it starts: a worker can be named for executions in Scale Out only.
    let worker =
        "DECLARE @w uniqueidentifier = (SELECT TOP (1) WorkerAgentId FROM catalog.worker_agents);";
    let name = format!("{worker} EXEC [SSISDB].[catalog].[add_execution_worker] {execution}, @w");
    let (number, said) = sql.fails(&name);
    assert!(27_000 < number, "{number}: {said}");
    sql.show(&format!("EXEC [SSISDB].[catalog].[start_execution] {execution}"));
    wait_until_succeeded(sql, &execution);
    assert_eq!(std::fs::read_to_string(given).unwrap(), "Child1.dtsx\n");
    let in_scale_out = format!(
        "SELECT IIF(job_id IS NULL, 'no job', 'a job'),
             (SELECT COUNT(*) FROM internal.tasks tasks WHERE tasks.JobId = executions.job_id)
         FROM internal.executions executions WHERE execution_id = {execution}"
    );
    assert_eq!(sql.show(&in_scale_out), "no job|0");
}

fn deploy_child(packhorse: &Packhorse, given: &Path) {
    let child = package(
        "Child1",
        &format!(
            r#"<DTS:Executables><DTS:Executable DTS:refId="Package\Write" DTS:ObjectName="Write"
  DTS:CreationName="Microsoft.ExecuteProcess" DTS:ExecutableType="Microsoft.ExecuteProcess"
  DTS:DTSID="{{BBBBBBBB-0000-0000-0000-000000000001}}">
  <DTS:PropertyExpression DTS:Name="Arguments">"-c \"echo " + @[$Project::Parameter1] + " &gt; {}\""</DTS:PropertyExpression>
  <DTS:ObjectData><ExecuteProcessData Executable="/bin/sh" Arguments="" /></DTS:ObjectData>
</DTS:Executable></DTS:Executables>"#,
            given.display()
        ),
    );
    let file = packhorse.write("child/Child1.dtsx", child);
    packhorse.write(
        "child/Project.params",
        r#"<?xml version="1.0"?>
<SSIS:Parameters xmlns:SSIS="www.microsoft.com/SqlServer/SSIS">
  <SSIS:Parameter SSIS:Name="Parameter1"><SSIS:Properties>
    <SSIS:Property SSIS:Name="DataType">18</SSIS:Property>
    <SSIS:Property SSIS:Name="Value">as designed</SSIS:Property>
  </SSIS:Properties></SSIS:Parameter>
</SSIS:Parameters>"#,
    );
    let folder = file.parent().unwrap().to_string_lossy();
    let project = "Integration Services Project1";
    packhorse.ok(&["deploy", &folder, "--folder", "TestDeply4", "--project", project]);
}

/// Case 6: the execution's id is the sixth argument.
fn by_position(sql: &mut Sql) {
    let shown = sql.show(
        "DECLARE @execution_id bigint;
         exec catalog.create_execution 'Finance','DailyLoad','Main.dtsx',NULL,0,@execution_id out;
         exec catalog.set_execution_parameter_value @execution_id, 50, 'DUMP_ON_ERROR',1;
         SELECT CONVERT(nvarchar(10), parameter_value) FROM catalog.execution_parameter_values
         WHERE execution_id = @execution_id AND parameter_name = 'DUMP_ON_ERROR'",
    );
    assert_eq!(shown, "1");
}

/// Case 7: a NULL for `@runinscaleout` means what the catalog's property says.
fn by_default(sql: &mut Sql) {
    let job = "DECLARE @execution_id bigint;
         EXEC catalog.create_execution 'Finance', 'DailyLoad', 'Main.dtsx', NULL, 0,
             @execution_id OUTPUT, @runinscaleout = NULL;
         SELECT IIF(job_id IS NULL, 'none', 'job') FROM internal.executions
         WHERE execution_id = @execution_id";
    sql.show(
        "EXEC [catalog].[configure_catalog] @property_name=N'DEFAULT_EXECUTION_MODE', \
         @property_value=1",
    );
    assert_eq!(sql.show(job), "job");
}

/// Cases 8 to 11, and 14: the log login's password.
fn logs_and_addresses(sql: &mut Sql, port: u16, endpoint: &str) {
    sql.show("ALTER LOGIN [##MS_SSISLogDBWorkerAgentLogin##] WITH PASSWORD = N'Log-Login-2026!'");
    let server = format!("127.0.0.1,{port}");
    let update = |password: &str| {
        format!(
            "EXEC [catalog].[update_logdb_info] @server_name='{server}', @connection_string='Data \
             Source={server};Initial Catalog=SSISDB;User Id=##MS_SSISLogDBWorkerAgentLogin##;\
             Password={password};TrustServerCertificate=True;'"
        )
    };
    let (_, refused) = sql.fails(&update("wrong"));
    assert!(refused.contains("Login failed") && !refused.contains("wrong"), "{refused}");
    sql.show(&update("Log-Login-2026!"));
    let property = |name: &str| {
        format!(
            "SELECT property_value FROM catalog.master_properties WHERE property_name = '{name}'"
        )
    };
    assert_eq!(sql.show(&property("CLUSTER_LOGDB_SERVER")), server);
    let (number, _) = sql.fails(
        "SET @serverName = CONVERT(sysname, SERVERPROPERTY('servername'))
SET @connectionString = 'Data Source=' + @serverName + ';Initial Catalog=SSISDB;Integrated Security=SSPI;'
EXEC [internal].[update_logdb_info] @serverName, @connectionString",
    );
    assert_eq!(number, 137, "as printed its variables are not declared");
    sql.show(&format!("EXEC [catalog].[update_master_address] @MasterAddress = N'{endpoint}'"));
    assert_eq!(sql.show(&property("MASTER_ADDRESS")), endpoint);
    sql.show("EXEC [SSISDB].[catalog].[enable_scaleout]");
    let enabled = "SELECT property_value FROM catalog.catalog_properties
                   WHERE property_name = 'IS_SCALEOUT_ENABLED'";
    assert_eq!(sql.show(enabled), "True");
}

#[test]
fn scripts_run_packages_to_their_end() {
    let packhorse = Packhorse::new();
    let (up, mut sql) = with_worker(&packhorse);
    deploy(&mut sql);
    let execution = sql.script(&script("01"));
    wait_until_succeeded(&mut sql, &execution);
    let polled = sql.script(&script("08"));
    assert!(polled.ends_with("|ok"), "{polled}");
    let held = sql.show(
        "DECLARE @id bigint;
         EXEC catalog.create_execution N'Finance', N'DailyLoad', N'Main.dtsx', @execution_id = @id OUTPUT;
         EXEC catalog.set_execution_parameter_value @id, 50, N'SYNCHRONIZED', 1;
         EXEC catalog.start_execution @id;
         SELECT status FROM catalog.executions WHERE execution_id = @id",
    );
    assert_eq!(held, "7", "a synchronized execution holds the batch until it has ended");
    sql.script(&script("29"));
    let validated = "SELECT TOP (1) status FROM catalog.validations ORDER BY validation_id DESC";
    assert_eq!(sql.show(validated), "7");
    up.stop();
}

/// `OPENROWSET(BULK ...)` reads where the master's path mappings say.
#[test]
fn a_windows_path_without_a_mapping_is_refused_by_name() {
    let packhorse = Packhorse::new();
    let (up, mut sql) = with_worker(&packhorse);
    let read = |path: &str| {
        format!("SELECT DATALENGTH(BulkColumn) FROM OPENROWSET(BULK N'{path}', SINGLE_BLOB) AS f")
    };
    assert_eq!(sql.show(&read(r"C:\DROP\DailyLoad.ispac")), DAILY_LOAD.len().to_string());
    let (number, text) = sql.fails(&read(r"D:\other\DailyLoad.ispac"));
    assert_eq!(number, 4861);
    assert!(text.contains(r"D:\other\DailyLoad.ispac") && text.contains("--map-path"), "{text}");
    let (number, text) = sql.fails(&read(r"C:\drop\Absent.ispac"));
    assert_eq!(number, 4861);
    assert!(text.contains("error code 2("), "{text}");
    up.stop();
}

/// New clients of a master that goes down hear of another; tiberius tells its caller where.
#[test]
fn a_master_that_goes_down_sends_new_clients_to_another() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "0"]);
    let file = packhorse.write("password", PASSWORD);
    let file = file.to_string_lossy();
    packhorse.ok(&["login", "create", "ada", "--role", "sysadmin", "--password-file", &file]);
    let (first, first_port) = packhorse.master();
    let (_second, second_port) = packhorse.master();
    let mut busy = Sql::connect(first_port, "ada", PASSWORD).unwrap();
    let waiting = std::thread::spawn(move || busy.show("WAITFOR DELAY '00:00:05'; SELECT 1"));
    let mut watch = Sql::connect(second_port, "ada", PASSWORD).unwrap();
    assert_eq!(watch.show("SELECT 1"), "1");
    first.ask_to_stop();
    wait_for("a new client to be sent on", || match Sql::connect(first_port, "ada", PASSWORD) {
        Err(tiberius::error::Error::Routing { port, .. }) if port == second_port => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(_) => Err("it was served".to_owned()),
    });
    assert_eq!(waiting.join().unwrap(), "1", "what ran was finished");
}
