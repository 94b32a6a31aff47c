//! Scripts of the kinds that people run against SSISDB, unchanged, from `tests/scripts`.

use std::fs;
use std::path::Path;

use crate::project::deploy;
use crate::support::{Seen, Talk, server};

fn script(number: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = files.find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number))
    });
    fs::read_to_string(found.unwrap_or_else(|| panic!("no script {number}"))).unwrap()
}

fn run(talk: &mut Talk, number: &str) -> Seen {
    talk.run(&script(number))
}

#[track_caller]
fn succeeds(talk: &mut Talk, number: &str) -> String {
    talk.shows(&script(number))
}

#[test]
fn a_folder_is_made_only_when_absent() {
    let server = server();
    let mut talk = server.admin();
    assert_eq!(succeeds(&mut talk, "02"), "folder_id|rc\n1|0\n");
    assert_eq!(succeeds(&mut talk, "02"), "folder_id|rc\n1|0\n");
    assert_eq!(talk.value("SELECT description FROM catalog.folders"), "Finance loads");
}

#[test]
fn a_package_is_run_as_management_studio_scripts_it() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    let id = succeeds(&mut talk, "01");
    let id = id.lines().nth(1).unwrap().to_owned();
    let status = format!(
        "SELECT CAST(status AS varchar(9)) + '/' + package_name FROM SSISDB.catalog.executions
         WHERE execution_id = {id}"
    );
    assert_eq!(talk.value(&status), "5/Main.dtsx", "it waits for a worker");
}

#[test]
fn an_environment_is_referenced_and_bound() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    succeeds(&mut talk, "07");
    talk.shows("EXEC catalog.create_environment N'Finance', N'Dev'");
    for (name, kind, value) in
        [("StageConnection", "String", "N'Data Source=x'"), ("BatchSize", "Int32", "500")]
    {
        talk.shows(&format!(
            "DECLARE @v sql_variant = {value};
             EXEC catalog.create_environment_variable N'Finance', N'Dev', N'{name}', N'{kind}', 0, @v, N''"
        ));
    }
    succeeds(&mut talk, "05");
    let bound = "SELECT referenced_variable_name FROM catalog.object_parameters
                 WHERE parameter_name = N'BatchSize'";
    assert_eq!(talk.value(bound), "BatchSize");
    let mut copied = talk.shows("SELECT COUNT(*) FROM catalog.environment_variables");
    assert_eq!(copied, "\n2\n");
    succeeds(&mut talk, "23");
    copied = talk.shows(
        "SELECT v.name, v.type, v.value FROM catalog.environment_variables v
         JOIN catalog.environments e ON e.environment_id = v.environment_id
         WHERE e.name = 'prod' ORDER BY v.name",
    );
    assert_eq!(
        copied,
        "name|type|value\nBatchSize|Int32|500\nStageConnection|String|Data Source=x\n"
    );
}

#[test]
fn a_transaction_of_a_deployment_script_is_kept_or_rolled_back_whole() {
    let server = server();
    let mut talk = server.admin();
    let seen = run(&mut talk, "07");
    assert!(seen.errors.is_empty(), "{:?}", seen.errors);
    assert_eq!(
        seen.messages,
        ["Creating folder: Finance ...", "Creating environment: Prod", "Complete!"]
    );
    talk.shows(
        "BEGIN TRAN;
         EXEC catalog.create_folder N'Gone';
         SELECT COUNT(*) FROM catalog.folders;
         ROLLBACK;",
    );
    assert_eq!(talk.value("SELECT COUNT(*) FROM catalog.folders"), "1");
}

#[test]
fn errors_are_handled_by_number() {
    let server = server();
    let mut talk = server.admin();
    succeeds(&mut talk, "09");
    let seen = run(&mut talk, "09");
    assert!(seen.errors.is_empty(), "{:?}", seen.errors);
    assert!(seen.messages[0].starts_with("folder already there: "), "{:?}", seen.messages);
    let mut guest = server.guest();
    let seen = run(&mut guest, "09");
    assert!(seen.text.starts_with("err|sev|st|prc|ln|msg\n27188|16|"), "{}", seen.text);
    assert_eq!(seen.errors[0].0, 27188);
}

#[test]
fn lists_and_histories_run() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    succeeds(&mut talk, "01");
    for number in ["11", "12", "15", "17", "21", "22"] {
        succeeds(&mut talk, number);
    }
    let inventory = succeeds(&mut talk, "21");
    assert!(inventory.contains("Finance|DailyLoad|DailyLoad|CM.Stage."), "{inventory}");
    let projects = succeeds(&mut talk, "22");
    assert!(projects.contains("Finance|DailyLoad|1|ada|"), "{projects}");
}

#[test]
fn a_run_has_parameters_overrides_and_taps() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    talk.shows("EXEC catalog.create_customized_logging_level N'ErrorsOnly', N'', 0, 256");
    let shown = succeeds(&mut talk, "13");
    assert!(shown.contains("|Paths[Src.OLE DB Source Output]|NULL|100|stage.csv\n"), "{shown}");
    assert!(shown.contains("Factor|12.5"), "{shown}");
    assert!(shown.contains("LOGGING_LEVEL|100|50|1\n"), "{shown}");
}

#[test]
fn retention_is_stepped_down_in_slices() {
    let server = server();
    let mut talk = server.admin();
    let shown = succeeds(&mut talk, "19");
    assert!(shown.contains("RETENTION_WINDOW|365\n"), "{shown}");
    assert!(shown.contains("\n12|30|"), "{shown}");
    let kept = "SELECT property_value FROM catalog.catalog_properties
                WHERE property_name = 'RETENTION_WINDOW'";
    assert_eq!(talk.value(kept), "30");
}

#[test]
fn what_needs_another_server_names_it() {
    let server = server();
    let mut talk = server.admin();
    let seen = run(&mut talk, "24");
    assert!(seen.errors[0].1.contains("MyLinkedServer"), "{:?}", seen.errors);
    deploy(&mut talk);
    succeeds(&mut talk, "01");
    let mail = run(&mut talk, "27");
    assert!(mail.errors.is_empty(), "no failures, no mail: {:?}", mail.errors);
    let sent = talk.run("EXEC msdb.dbo.sp_send_dbmail @recipients = N'x@example.org'");
    assert!(sent.errors[0].1.contains("sp_send_dbmail"), "{:?}", sent.errors);
}

#[test]
fn environments_are_compared_and_task_trees_drawn() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    for environment in ["Dev", "Prod"] {
        talk.shows(&format!(
            "EXEC catalog.create_environment N'Finance', N'{environment}';
             DECLARE @v sql_variant = N'{environment} value';
             EXEC catalog.create_environment_variable N'Finance', N'{environment}', N'Server', N'String', 0, @v, N'';"
        ));
    }
    let batches = tsql::split_batches(&script("29"))
        .iter()
        .skip(1)
        .map(|batch| batch.text.to_owned())
        .collect::<Vec<_>>();
    let shown = talk.shows(&batches.join("\nGO\n"));
    assert!(shown.contains("Server|Dev value|Prod value\n"), "{shown}");
    assert!(shown.contains("Prod|Server\n"), "{shown}");
}

#[test]
fn environments_are_made_by_the_dozen() {
    let server = server();
    let shown = succeeds(&mut server.admin(), "31");
    assert_eq!(
        shown,
        "environments|first|last\n12|Env01|Env12\n\
         name|type|sensitive|value\nBig|Int64|0|5\nDec|Decimal|0|5.250000000000000000\nFlag|Boolean|0|1\n\
         Pwd|String|1|NULL\n"
    );
}

#[test]
fn errors_are_told_apart_by_number() {
    let server = server();
    let shown = succeeds(&mut server.admin(), "32");
    assert_eq!(
        shown,
        "what|number|severity\nprocedure|2812|16\nexecution|27103|16\nfolder|27104|16\nname|27189|16\n"
    );
}

#[test]
fn projects_are_shown_as_xml_and_folders_walked_by_a_cursor() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    let shown = succeeds(&mut talk, "33");
    assert!(shown.contains("<folder name=\"Finance\"><project name=\"DailyLoad\">"), "{shown}");
    assert!(shown.contains("\nDailyLoad|Main.dtsx, Stage.dtsx\n"), "{shown}");
    assert!(shown.ends_with("folders|seen\nFinance;|1\n"), "{shown}");
}

#[test]
fn a_version_is_restored() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    let shown = succeeds(&mut talk, "34");
    assert_eq!(shown, "status\n7\nversions\n2\nnow\nfirst\n");
}

/// The script names a file of the machine that it was written for.
#[test]
fn a_deployment_from_a_file_that_is_not_here_names_the_file_and_changes_nothing() {
    let server = server();
    let mut talk = server.admin();
    let seen = run(&mut talk, "03");
    assert_eq!(seen.errors[0].0, 4861, "{:?}", seen.errors);
    assert!(seen.errors[0].1.contains(r"C:\drop\DailyLoad.ispac"), "{:?}", seen.errors);
    assert_eq!(talk.value("SELECT COUNT(*) FROM SSISDB.catalog.projects"), "0");
    assert_eq!(server.guest().fails(&script("03")), 4834, "a guest reads no files");
}
