//! What does not run is refused by name, before anything runs.

use crate::support::{
    constraint, constraints, executable, executables, handler, nothing, package, package_of,
    project, run, sequence, task,
};

fn refused(text: &str) -> (Vec<String>, Vec<String>) {
    let project = project(&[("P.dtsx", text)]);
    let found = runtime::check(&project, &project.packages[0].package);
    let ran = run(text).failed();
    assert!(ran.started().is_empty(), "{:?}", ran.started());
    (found.iter().map(ToString::to_string).collect(), ran.complaints())
}

#[test]
fn a_task_of_another_product_is_refused_before_the_first_task_runs() {
    let body = executables(&[nothing("A"), task("B", "Contoso.Magic", "", "<Magic />")]);
    let (found, complaints) = refused(&package("", &body));
    assert_eq!(
        found,
        ["Contoso.Magic: no task of the type `Contoso.Magic` is known (at \\Package\\B)"]
    );
    assert!(complaints[0].starts_with("OnError \\B 0xC0010020 Failed to load task \"B\""));
}

#[test]
fn tasks_that_need_windows_are_refused_by_their_names() {
    let script = r#"<ScriptProject Name="ST_1" Language="CSharp" EntryPoint="Main" />"#;
    for (creation, data, name) in [
        ("Microsoft.ScriptTask", script, "Script Task"),
        (
            "Microsoft.XMLTask",
            r#"<XMLTaskData OperationType="Diff" SaveDiffGram="True" />"#,
            "XML Task",
        ),
        ("Microsoft.XMLTask", r#"<XMLTaskData OperationType="Patch" />"#, "XML Task"),
        ("Microsoft.WebServiceTask", "<WebServiceTaskData />", "Web Service Task"),
    ] {
        let delayed = r#"DTS:DelayValidation="True""#;
        let body = executables(&[nothing("A"), task("B", creation, delayed, data)]);
        let (found, complaints) = refused(&package("", &body));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(name), "{found:?}");
        assert!(complaints[0].contains("0xC0010020"), "{complaints:?}");
    }
}

#[test]
fn each_transfer_task_is_refused_by_its_own_name_with_a_next_step() {
    for (creation, name) in [
        ("Microsoft.TransferDatabaseTask", "Transfer Database Task"),
        ("Microsoft.TransferLoginsTask", "Transfer Logins Task"),
        ("Microsoft.TransferJobsTask", "Transfer Jobs Task"),
        ("Microsoft.TransferErrorMessagesTask", "Transfer Error Messages Task"),
        ("Microsoft.TransferStoredProceduresTask", "Transfer Master Stored Procedures Task"),
        ("Microsoft.TransferSqlServerObjectsTask", "Transfer SQL Server Objects Task"),
    ] {
        let body = executables(&[nothing("A"), task("B", creation, "", "<TransferData />")]);
        let (found, _) = refused(&package("", &body));
        assert_eq!(found.len(), 1, "{found:?}");
        let begins = format!("{name}: it needs SQL Server Management Objects; ");
        assert!(found[0].starts_with(&begins), "{found:?}");
        assert!(found[0].contains("by an Execute SQL Task"), "{found:?}");
    }
}

#[test]
fn profiles_of_another_product_or_unknown_to_us_are_refused_by_name() {
    let managers = r#"<DTS:ConnectionManagers>
<DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Db]" DTS:CreationName="ADO.NET:Npgsql.NpgsqlConnection, Npgsql"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000D7}" DTS:ObjectName="Db"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:ConnectionString="Host=127.0.0.1;Database=d;Username=u" />
</DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>"#;
    let profile = |requests: &str| {
        let data = format!(
            r#"<DataProfilingTaskData Destination="x"><ProfileInput><![CDATA[<DataProfile
  xmlns="http://schemas.microsoft.com/sqlserver/2008/DataDebugger/"><DataProfileInput>
  <Requests>{requests}</Requests></DataProfileInput></DataProfile>]]></ProfileInput>
  </DataProfilingTaskData>"#
        );
        let body =
            executables(&[nothing("A"), task("B", "Microsoft.DataProfilingTask", "", &data)]);
        refused(&package("", &format!("{managers}{body}"))).0
    };
    let nulls = r#"<ColumnNullRatioProfileRequest ID="N">
  <DataSourceID>{2D0C7A4C-3A3B-4C65-9E5C-0000000000D7}</DataSourceID>
  <Table Schema="dbo" Table="T" /><Column IsWildCard="true" /></ColumnNullRatioProfileRequest>"#;
    assert_eq!(
        profile(nulls),
        ["Data Profiling Task: only data of SQL Server is profiled, and the connection leads to \
          PostgreSQL (at \\Package\\B)"]
    );
    assert_eq!(
        profile(r#"<ColumnMoodProfileRequest ID="N" />"#),
        [
            "Data Profiling Task: no profile request of the type `ColumnMoodProfileRequest` is known \
          (at \\Package\\B)"
        ]
    );
}

#[test]
fn an_enumerator_that_needs_windows_is_refused_by_its_name() {
    let enumerator = r#"<DTS:ForEachEnumerator DTS:CreationName="Microsoft.ForEachSMOEnumerator"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000E1}" DTS:ObjectName="e"><DTS:ObjectData>
  <FEESMO EnumURN="Databases" /></DTS:ObjectData></DTS:ForEachEnumerator>"#;
    let each = executable("L", "STOCK:FOREACHLOOP", "", enumerator);
    let (found, _) = refused(&package("", &executables(&[nothing("A"), each])));
    assert_eq!(
        found,
        ["Foreach SMO enumerator: this enumerator is not supported (at \\Package\\L)"]
    );
}

#[test]
fn what_is_disabled_is_not_refused() {
    let off = r#"DTS:Disabled="True""#;
    let inside = executables(&[task("S\\B", "Contoso.Magic", "", "")]);
    let body = executables(&[nothing("A"), sequence("S", off, &inside)]);
    let text = package("", &body);
    let project = project(&[("P.dtsx", &text)]);
    assert!(runtime::check(&project, &project.packages[0].package).is_empty());
    run(&text).succeeded();
}

#[test]
fn tasks_in_event_handlers_are_looked_at_too() {
    let inside = executables(&[task("H", "Contoso.Magic", "", "")])
        .replace("Package\\H", "Package.EventHandlers[OnError]\\H");
    let body = executables(&[nothing("A")]) + &handler("", "OnError", &inside);
    let (found, _) = refused(&package("", &body));
    assert!(found[0].contains("\\Package.EventHandlers[OnError]\\H"), "{found:?}");
}

fn database(name: &str, id: &str, file: &str) -> String {
    format!(
        r#"<DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[{name}]" DTS:CreationName="ODBC"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000{id}}}" DTS:ObjectName="{name}"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:ConnectionString="Driver={{SQLite3 ODBC Driver}};Database={file}" />
</DTS:ObjectData></DTS:ConnectionManager>"#
    )
}

fn insert(path: &str, id: &str, attributes: &str) -> String {
    let data = format!(
        r#"<SQLTask:SqlTaskData xmlns:SQLTask="www.microsoft.com/sqlserver/dts/tasks/sqltask"
  SQLTask:Connection="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000{id}}}"
  SQLTask:SqlStatementSource="CREATE TABLE t (n INT)" />"#
    );
    task(path, "Microsoft.ExecuteSQLTask", attributes, &data)
}

#[test]
fn a_transaction_over_two_databases_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let managers = database("One", "F1", &file("1.db")) + &database("Two", "F2", &file("2.db"));
    let head = format!("<DTS:ConnectionManagers>{managers}</DTS:ConnectionManagers>");
    let both = |attributes: &str| {
        let body = executables(&[insert("A", "F1", ""), insert("B", "F2", attributes)])
            + &constraints(&[constraint("", "A", "B", "")]);
        package_of(r#"DTS:TransactionOption="2""#, &head, &body)
    };
    let found = |text: &str| {
        let project = project(&[("P.dtsx", text)]);
        runtime::check(&project, &project.packages[0].package)
    };
    let text = both("");
    let said = found(&text);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].message.contains("One, Two") && said[0].message.contains("MSDTC"), "{said:?}");
    let ran = run(&text).failed();
    assert_eq!(ran.codes(), [0xC001_402C], "{:?}", ran.complaints());
    let apart = both(r#"DTS:TransactionOption="0""#);
    assert!(found(&apart).is_empty());
    run(&apart).succeeded();
    let again = run(&apart).failed();
    assert_eq!(again.codes(), [0xC002_F210], "the first table is there: {:?}", again.complaints());
}

#[test]
fn a_package_that_is_not_in_the_project_is_named() {
    let text = package("", "");
    let ran = crate::support::run_with(&[("P.dtsx", &text)], |options| {
        options.package = "Q.dtsx".to_owned();
    });
    assert!(ran.failed().result.first_error.unwrap().1.contains("Q.dtsx"));
}
