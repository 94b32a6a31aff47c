//! Log providers of packages.

use std::fs;

use crate::support::{executables, failing, nothing, package_of, run_with};

fn package(provider: &str, file: &str, options: &str) -> String {
    let head = format!(
        r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Log]" DTS:CreationName="FILE"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000C5}}" DTS:ObjectName="Log"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:FileUsageType="1" DTS:ConnectionString="{file}" />
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
    let text = package("Microsoft.LogProviderEventLog", "x", ERRORS);
    let ran = run_with(&[("P.dtsx", &text)], |_| {});
    assert!(ran.complaints()[0].contains("writes nothing"), "{:?}", ran.complaints());
}
