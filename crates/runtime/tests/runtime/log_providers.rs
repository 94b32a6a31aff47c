//! Log providers of packages.

use std::fs;

use crate::sql_server::{Server, done, error};
use crate::support::{Ran, executables, failing, nothing, package_of, run_with};

/// A package with tasks A and B, which fails, and one log provider over a connection of a kind.
fn package_over(kind: &str, provider: &str, connection: &str, options: &str) -> String {
    let head = format!(
        r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Log]" DTS:CreationName="{kind}"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000C5}}" DTS:ObjectName="Log"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:FileUsageType="1" DTS:ConnectionString="{connection}" />
</DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>
<DTS:LogProviders><DTS:LogProvider DTS:ConfigString="Log" DTS:CreationName="{provider}"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000C6}}" DTS:ObjectName="Text">
  <DTS:ObjectData><InnerObject /></DTS:ObjectData></DTS:LogProvider></DTS:LogProviders>
<DTS:LoggingOptions DTS:LoggingMode="1" {options}
  <DTS:SelectedLogProviders><DTS:SelectedLogProvider
    DTS:InstanceID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000C6}}" /></DTS:SelectedLogProviders>
</DTS:LoggingOptions>"#
    );
    package_of(
        r#"DTS:MaxConcurrentExecutables="1""#,
        &head,
        &executables(&[nothing("A"), failing("B", "")]),
    )
}

fn package(provider: &str, file: &str, options: &str) -> String {
    package_over("FILE", provider, file, options)
}

const ERRORS: &str = r#"DTS:FilterKind="0">
  <DTS:Property DTS:DataType="8" DTS:Name="EventFilter">2,7,OnError,13,OnPostExecute</DTS:Property>"#;

#[test]
fn a_text_file_gets_the_events_that_were_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.txt");
    let text = package("Microsoft.LogProviderTextFile", &file.display().to_string(), ERRORS);
    run_with(&[("P.dtsx", &text)], |options| options.machine_name = "box".to_owned()).failed();
    let log = fs::read_to_string(&file).unwrap();
    let fields: Vec<Vec<&str>> =
        log.lines().skip(1).map(|line| line.splitn(11, ',').collect()).collect();
    let seen: Vec<String> =
        fields.iter().map(|f| [f[0], f[1], f[3], f[8], f[9]].join(" ")).collect();
    assert_eq!(
        seen,
        [
            "PackageStart box P 0 0x",
            "OnPostExecute box A 0 0x",
            "OnError box B 0 0x",
            "OnPostExecute box B 1 0x",
            "OnPostExecute box P 1 0x",
            "PackageEnd box P 1 0x",
        ]
    );
    assert!(log.starts_with("#Fields: event,computer,operator,source,sourceid,executionid,"));
    assert_eq!(fields[1][10], "(null)");
    assert!(fields[2][10].starts_with("In Executing"));
    // A second run goes behind the first.
    run_with(&[("P.dtsx", &text)], |_| {}).failed();
    let longer = fs::read_to_string(&file).unwrap();
    assert!(longer.starts_with(&log) && longer.matches("#Fields").count() == 1);
}

#[test]
fn a_log_that_cannot_be_opened_is_an_error_and_other_providers_are_named() {
    let text = package("Microsoft.LogProviderTextFile", "/no/such/folder/log.txt", ERRORS);
    let ran = run_with(&[("P.dtsx", &text)], |_| {}).failed();
    assert_eq!(ran.codes()[0], 0xC001_4010);
    for provider in ["Microsoft.LogProviderEventLog", "DTS.LogProviderSQLProfiler.3"] {
        let ran = run_with(&[("P.dtsx", &package(provider, "x", ERRORS))], |_| {});
        let named: Vec<String> =
            ran.complaints().into_iter().filter(|text| text.contains("write nothing")).collect();
        assert_eq!(named.len(), 1, "{named:?}");
        assert!(named[0].contains(provider), "{named:?}");
    }
}

#[test]
fn a_provider_that_nobody_chose_is_not_opened() {
    let chosen = r#"DTS:InstanceID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000C6}""#;
    for provider in ["Microsoft.LogProviderTextFile", "Microsoft.LogProviderEventLog"] {
        let text = package(provider, "/no/such/folder/log.txt", ERRORS);
        let text = text.replace(chosen, r#"DTS:InstanceID="{0}""#);
        let ran = run_with(&[("P.dtsx", &text)], |_| {}).failed();
        // Task B fails; its error is the only one.
        assert_eq!(ran.codes(), [0xC002_9151]);
        assert!(!ran.complaints().iter().any(|text| text.contains("write nothing")));
    }
}

#[test]
fn an_xml_file_gets_a_record_for_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.xml");
    let text = package("Microsoft.LogProviderXMLFile", &file.display().to_string(), ERRORS);
    for runs in 1..=2 {
        run_with(&[("P.dtsx", &text)], |options| options.user_name = "<me>".to_owned()).failed();
        let log = fs::read_to_string(&file).unwrap();
        assert_eq!(log.matches("<dtslog>").count(), runs);
        assert_eq!(log.matches("<record>").count(), 6 * runs);
        assert!(log.contains("<event>OnError</event><message>In Executing"), "{log}");
        assert!(log.contains("<operator>&lt;me&gt;</operator><source>B</source>"), "{log}");
        assert!(log.ends_with("</dtslog>\n</dtslogs>\n"), "{log}");
    }
}

fn log_to(server: &Server) -> Ran {
    let provider = "DTS.LogProviderSQLServer.3";
    let text = package_over("OLEDB", provider, &server.connection_string(), ERRORS);
    run_with(&[("P.dtsx", &text)], |options| options.machine_name = "box-7".to_owned()).failed()
}

#[test]
fn sql_server_gets_a_row_for_each_event() {
    let server = Server::start(|_| done());
    let ran = log_to(&server);
    assert_eq!(ran.codes(), [0xC002_9151]);
    let asked = server.asked();
    let creates = |what: &str| asked.iter().filter(|text| text.contains(what)).count();
    assert_eq!(creates("CREATE TABLE [dbo].[sysssislog]"), 1);
    assert_eq!(creates("CREATE PROCEDURE [dbo].[sp_ssis_addlogentry]"), 1);
    let added: Vec<&String> =
        asked.iter().filter(|text| text.contains("EXEC [dbo].[sp_ssis_addlogentry]")).collect();
    let events: Vec<&str> = added
        .iter()
        .map(|text| {
            let known = ["PackageStart", "OnPostExecute", "OnError", "PackageEnd"];
            known.into_iter().find(|event| text.contains(event)).unwrap_or("?")
        })
        .collect();
    let post = "OnPostExecute";
    assert_eq!(events, ["PackageStart", post, "OnError", post, post, "PackageEnd"]);
    assert!(added.iter().all(|text| text.contains("box-7")));
    assert!(added[2].contains("In Executing \"/bin/false\""));
}

#[test]
fn entries_that_a_server_does_not_take_are_counted_at_the_end() {
    let server = Server::start(|text| match text.contains("EXEC [dbo].[sp_ssis_addlogentry]") {
        true => error(2812, "Could not find stored procedure."),
        false => done(),
    });
    let ran = log_to(&server);
    let events = ran.events();
    let last = events.last().unwrap();
    assert_eq!(last.code, 0xC001_4010);
    assert!(
        last.description.contains("6 entries were lost: Could not find stored procedure"),
        "{}",
        last.description
    );
}

#[test]
fn a_log_in_a_database_that_cannot_be_reached_is_an_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let string = format!("Data Source=127.0.0.1,{port};User ID=sa;Password=hunter2");
    let provider = "Microsoft.LogProviderSQLServer";
    let text = package_over("ADO.NET:SQL", provider, &string, ERRORS);
    let ran = run_with(&[("P.dtsx", &text)], |_| {}).failed();
    assert_eq!(ran.codes()[0], 0xC001_4010);
    assert!(!format!("{:?}", ran.events()).contains("hunter2"));
}
