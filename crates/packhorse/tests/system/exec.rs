//! `packhorse exec`: one package in one process, with dtexec's exit codes.

use crate::harness::{Packhorse, package, shell_package};

#[test]
fn exit_codes_are_those_of_dtexec() {
    let packhorse = Packhorse::new();
    packhorse.write("Good.dtsx", shell_package("Good", &["true"]));
    packhorse.write("Bad.dtsx", shell_package("Bad", &["false"]));
    packhorse.write("Broken.dtsx", "this is not XML");
    assert_eq!(packhorse.run(&["exec", "Good.dtsx"]).code, 0);
    assert_eq!(packhorse.run(&["exec", "/F", "Bad.dtsx"]).code, 1);
    assert_eq!(packhorse.run(&["exec", "Missing.dtsx"]).code, 4);
    assert_eq!(packhorse.run(&["exec", "Broken.dtsx"]).code, 5);
    assert_eq!(packhorse.run(&["exec", "/Nonsense"]).code, 6);
}

#[test]
fn an_error_prints_as_dtexec_prints_it() {
    let packhorse = Packhorse::new();
    packhorse.write("Bad.dtsx", shell_package("Bad", &["exit 9"]));
    let said = packhorse.run(&["exec", "Bad.dtsx", "/Rep", "E"]);
    assert!(said.out.contains("   Code: 0xC0029151\n   Source: Step 0\n"), "{said:?}");
    assert!(said.out.contains("DTExec: The package execution returned DTSER_FAILURE (1)."));
}

#[test]
fn an_error_writes_a_dump_when_one_is_asked_for() {
    let packhorse = Packhorse::new();
    packhorse.write("Bad.dtsx", shell_package("Bad", &["exit 9"]));
    let folder = packhorse.data().join("ErrorDumps");
    packhorse.run(&["exec", "Bad.dtsx", "/Dump", "0xC020801C"]);
    assert!(!folder.exists());
    packhorse.run(&["exec", "Bad.dtsx", "/DumpOnError"]);
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("Event Name: OnError") && text.contains(r"\Package\Step 0"), "{text}");
}

#[test]
fn set_and_parameters_reach_the_package() {
    let packhorse = Packhorse::new();
    let body = r#"<DTS:PackageParameters><DTS:PackageParameter DTS:DataType="3" DTS:ObjectName="Limit"
  DTS:DTSID="{CCCCCCCC-0000-0000-0000-000000000001}"><DTS:Property DTS:DataType="3"
  DTS:Name="ParameterValue">1</DTS:Property></DTS:PackageParameter></DTS:PackageParameters>
<DTS:Variables><DTS:Variable DTS:Namespace="User" DTS:ObjectName="x"
  DTS:DTSID="{CCCCCCCC-0000-0000-0000-000000000002}"><DTS:VariableValue DTS:DataType="3">0</DTS:VariableValue></DTS:Variable></DTS:Variables>
<DTS:Executables><DTS:Executable DTS:refId="Package\Check" DTS:CreationName="Microsoft.ExpressionTask"
  DTS:DTSID="{CCCCCCCC-0000-0000-0000-000000000003}" DTS:ExecutableType="Microsoft.ExpressionTask" DTS:ObjectName="Check">
  <DTS:ObjectData><ExpressionTask Expression="@[User::x] = 1 / (@[User::x] - @[$Package::Limit])" /></DTS:ObjectData>
</DTS:Executable></DTS:Executables>"#;
    packhorse.write("Set.dtsx", package("Set", body));
    let set = r"\Package.Variables[User::x].Value;7";
    assert_eq!(packhorse.run(&["exec", "Set.dtsx", "/Set", set]).code, 0);
    let both = ["exec", "Set.dtsx", "/Set", set, "/Par", "Limit(Int32);7"];
    let said = packhorse.run(&both);
    assert_eq!(said.code, 1, "7 - 7 is no divisor: {said:?}");
}

#[test]
fn a_signal_stops_the_package_and_what_it_started() {
    let packhorse = Packhorse::new();
    let marker = packhorse.folder().join("started");
    let step = format!("touch {}; exec sleep 4321", marker.display());
    packhorse.write("Long.dtsx", shell_package("Long", &[&step]));
    let child = packhorse.command(&["exec", "Long.dtsx"]).spawn().unwrap();
    testkit::wait_for("the process task to start", || {
        if marker.exists() { Ok(()) } else { Err("not yet") }
    });
    crate::harness::signal(child.id().cast_signed(), "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    testkit::wait_for("the started program to be gone", || {
        let all = crate::harness::all_processes();
        let left = all.iter().any(|(_, line)| line.contains(&"4321".to_owned()));
        if left { Err("still there") } else { Ok(()) }
    });
}
