//! The script that sets everything an execution has: parameters of several types, the property of
//! a connection manager, an override, a data tap, a logging level of one's own. Its package reads
//! a table that only the database has which the script names.

use std::path::Path;

use testkit::postgres::PostgresServer;

use super::{script, wait_until_succeeded, with_worker};
use crate::harness::Packhorse;

const STAGE: &str = include_str!("stage/Stage.dtsx");
const CONNECTION: &str = include_str!("stage/Stage.conmgr");
const PARAMETERS: &str = include_str!("stage/Project.params");

/// Gives the folder of a project whose connection manager is for a server.
fn project(packhorse: &Packhorse, server: &PostgresServer) -> String {
    let connection = CONNECTION.replace("{port}", &server.port().to_string());
    packhorse.write("stage/Stage.conmgr", connection);
    packhorse.write("stage/Project.params", PARAMETERS);
    let package = packhorse.write("stage/Stage.dtsx", STAGE);
    package.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned()
}

#[test]
fn a_verbose_run_with_parameters_an_override_and_a_data_tap_succeeds() {
    let server = PostgresServer::shared();
    server.sql("postgres", "CREATE DATABASE \"StageQA\"");
    server.sql(
        "StageQA",
        "CREATE TABLE stage (id integer, name varchar(20));
         INSERT INTO stage SELECT n, 'Row ' || n FROM generate_series(1, 150) AS n;
         CREATE TABLE runs (as_of timestamp, factor numeric(10,2), retries integer, loaded integer)",
    );
    let packhorse = Packhorse::new();
    let (up, mut sql) = with_worker(&packhorse);
    let folder = project(&packhorse, server);
    packhorse.ok(&["deploy", &folder, "--folder", "Finance", "--project", "DailyLoad"]);
    // Errors (event 256) and nothing else.
    sql.show("EXEC catalog.create_customized_logging_level N'ErrorsOnly', N'', 0, 256");
    let values = sql.script(&script("13"));
    assert!(values.starts_with("CM.Stage.ConnectionString|"), "{values}");
    assert!(values.contains("\nCM.Stage.InitialCatalog|StageQA|20|1\n"), "{values}");
    let execution = sql.show("SELECT MAX(execution_id) FROM catalog.executions");
    wait_until_succeeded(&mut sql, &execution);

    let told = server.sql("StageQA", "SELECT as_of, factor, retries, loaded FROM runs");
    assert_eq!(told, "2024-01-31 00:00:00|12.50|3|150", "parameters and the override");
    let tap = packhorse.data().join("workers/1/DataDumps/stage.csv");
    let tapped = std::fs::read_to_string(&tap).unwrap_or_else(|error| panic!("{tap:?}: {error}"));
    let lines: Vec<&str> = tapped.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[100]), (101, "id,name", "100,Row 100"), "{tapped}");
    let level = format!(
        "SELECT CONVERT(nvarchar(40), parameter_value) FROM catalog.execution_parameter_values
         WHERE execution_id = {execution} AND parameter_name = 'CUSTOMIZED_LOGGING_LEVEL'"
    );
    assert_eq!(sql.show(&level), "ErrorsOnly");
    let events = format!(
        "SELECT COUNT(*) FROM catalog.event_messages
         WHERE operation_id = {execution} AND event_name IN ('OnInformation', 'OnProgress')"
    );
    assert_eq!(sql.show(&events), "0", "the level of one's own has errors only");
    up.stop();
}
