//! Execute Package Task.

use connect::path::PathMap;
use model::Value;

use crate::support::{
    constraint, constraints, executables, expression, failing, handler, nothing, package,
    package_of, parameter, project, propagate, run_with, task, variable,
};

/// An Execute Package Task with assignments (parameter, source).
fn child(path: &str, file: &str, assignments: &[(&str, &str)]) -> String {
    let assignments: String = assignments
        .iter()
        .map(|(name, source)| {
            format!(
                "<ParameterAssignment><ParameterName>{name}</ParameterName>\
                 <BindedVariableOrParameterName>{source}</BindedVariableOrParameterName>\
                 </ParameterAssignment>"
            )
        })
        .collect();
    let data = format!(
        "<ExecutePackageTask><UseProjectReference>True</UseProjectReference>\
         <PackageName>{file}</PackageName>{assignments}</ExecutePackageTask>"
    );
    task(path, "Microsoft.ExecutePackageTask", "", &data)
}

fn package_parameters(list: &str) -> String {
    format!("<DTS:PackageParameters>{list}</DTS:PackageParameters>")
}

fn parameter_xml(name: &str, code: u8, attributes: &str, value: &str) -> String {
    format!(
        r#"<DTS:PackageParameter DTS:CreationName="" DTS:DataType="{code}"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000C1}}" DTS:ObjectName="{name}" {attributes}>
  <DTS:Property DTS:DataType="{code}" DTS:Name="ParameterValue">{value}</DTS:Property>
</DTS:PackageParameter>"#
    )
}

/// A child that fails unless its parameter n is 7.
fn wants_seven() -> String {
    let check = expression("Check", "@[User::ok] = 1 / (@[$Package::n] == 7 ? 1 : 0)");
    let head = package_parameters(&parameter_xml("n", 3, r#"DTS:Required="True""#, "0"))
        + &format!("<DTS:Variables>{}</DTS:Variables>", variable("ok", 3, "0"));
    package_of("", &head, &executables(&[check]))
}

#[test]
fn a_child_gets_its_parameters_from_the_parent() {
    let parent = |value: &str| {
        package(
            &variable("seven", 20, value),
            &executables(&[child("Run", "C.dtsx", &[("n", "User::seven")])]),
        )
    };
    let seven = wants_seven();
    let of = |value: &str| run_with(&[("P.dtsx", &parent(value)), ("C.dtsx", &seven)], |_| {});
    let ran = of("7").succeeded();
    assert_eq!(ran.started(), ["Run", "Run\\Package", "Run\\Package\\Check"]);
    let ran = of("8").failed();
    assert!(!ran.codes().is_empty());
}

#[test]
fn the_values_that_go_to_a_child_are_a_diagnostic_event_without_its_secrets() {
    let head = package_parameters(
        &(parameter_xml("n", 8, "", "") + &parameter_xml("key", 8, r#"DTS:Sensitive="True""#, "")),
    );
    let child_text = package_of("", &head, &executables(&[nothing("A")]));
    let variables = variable("open", 8, "a<b") + &variable("closed", 8, "hunter2");
    let assignments = [("n", "User::open"), ("key", "User::closed")];
    let text = package(&variables, &executables(&[child("Run", "C.dtsx", &assignments)]));
    let ran = run_with(&[("P.dtsx", &text), ("C.dtsx", &child_text)], |_| {}).succeeded();
    let events = ran.events();
    let mut diagnostics = events.iter().filter(|e| e.kind == model::MessageType::DiagnosticEx);
    insta::assert_snapshot!(diagnostics.next().unwrap().description, @r#"<DTS:ParameterValues xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:Package="C.dtsx"><DTS:ParameterValue DTS:Name="n">a&lt;b</DTS:ParameterValue></DTS:ParameterValues>"#);
    assert!(diagnostics.next().is_none());
}

#[test]
fn a_child_without_a_required_parameter_is_not_started() {
    let parent = package("", &executables(&[child("Run", "C.dtsx", &[])]));
    let ran = run_with(&[("P.dtsx", &parent), ("C.dtsx", &wants_seven())], |_| {}).failed();
    assert!(ran.complaints()[0].contains('n') && ran.complaints()[0].contains("0xC00220E4"));
    assert_eq!(ran.started(), ["Run"]);
}

#[test]
fn a_sensitive_value_does_not_reach_a_parameter_that_shows_it() {
    let head = package_parameters(&parameter_xml("key", 8, r#"DTS:Sensitive="True""#, ""));
    let body = executables(&[child("Run", "C.dtsx", &[("n", "$Package::key")])]);
    let parent = package_of("", &head, &body);
    let ran = run_with(&[("P.dtsx", &parent), ("C.dtsx", &wants_seven())], |options| {
        options.parameters = vec![parameter("key", Value::text("very secret"))];
    });
    let ran = ran.failed();
    let said = format!("{:?}", ran.events());
    assert!(said.contains("not sensitive") && !said.contains("very secret"));
}

#[test]
fn errors_of_a_child_count_in_the_parent_even_when_the_child_keeps_them() {
    let keeps = executables(&[failing("A", "")]) + &handler("", "OnError", &propagate(false));
    let child_package = package("", &keeps);
    let body = executables(&[child("Run", "C.dtsx", &[]), nothing("After")])
        + &constraints(&[constraint("", "Run", "After", r#"DTS:Value="1""#)]);
    let parent = package("", &body);
    let ran = run_with(&[("P.dtsx", &parent), ("C.dtsx", &child_package)], |_| {}).failed();
    assert!(ran.started().contains(&"After".to_owned()));
}

#[test]
fn a_missing_child_is_found_at_validation() {
    let parent = package("", &executables(&[nothing("A"), child("Run", "No.dtsx", &[])]));
    let ran = run_with(&[("P.dtsx", &parent)], |_| {}).failed();
    assert!(ran.started().is_empty());
    assert!(ran.complaints()[0].contains("No.dtsx"));
}

#[test]
fn a_package_that_runs_itself_ends() {
    let parent = package("", &executables(&[child("Again", "P.dtsx", &[])]));
    let ran = run_with(&[("P.dtsx", &parent)], |_| {}).failed();
    assert!(ran.complaints().iter().any(|line| line.contains("packages deep")));
}

/// An Execute Package Task whose child lies behind a connection manager.
fn outside(path: &str) -> String {
    let data = "<ExecutePackageTask><UseProjectReference>False</UseProjectReference>\
                <ExecuteOutOfProcess>True</ExecuteOutOfProcess>\
                <Connection>{2D0C7A4C-3A3B-4C65-9E5C-0000000000D1}</Connection>\
                </ExecutePackageTask>";
    task(path, "Microsoft.ExecutePackageTask", "", data)
}

fn connection(kind: &str, text: &str) -> String {
    format!(
        r#"<DTS:ConnectionManagers><DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Child]"
  DTS:CreationName="{kind}" DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000D1}}" DTS:ObjectName="Child">
  <DTS:ObjectData><DTS:ConnectionManager DTS:ConnectionString="{text}" /></DTS:ObjectData>
</DTS:ConnectionManager></DTS:ConnectionManagers>"#
    )
}

#[test]
fn a_child_in_a_file_takes_its_values_from_variables_of_the_parent() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = r#"<DTS:Configurations><DTS:Configuration DTS:ConfigurationString="User::Seven"
  DTS:ConfigurationVariable="\Package.Variables[User::n].Properties[Value]" DTS:ObjectName="n" />
</DTS:Configurations>"#;
    let variables = variable("n", 3, "0") + &variable("ok", 3, "0");
    let head = format!("{configuration}<DTS:Variables>{variables}</DTS:Variables>");
    let check = expression("Check", "@[User::ok] = 1 / (@[User::n] == 7 ? 1 : 0)");
    let inside = package_of(r#"DTS:EnableConfig="True""#, &head, &executables(&[check]));
    let file = folder.path().join("C.dtsx");
    std::fs::write(&file, inside).unwrap();
    let run = |seven: &str| {
        let variables = format!("<DTS:Variables>{}</DTS:Variables>", variable("Seven", 3, seven));
        let head = connection("FILE", r"C:\Packages\C.dtsx") + &variables;
        let parent = package_of("", &head, &executables(&[outside("Run")]));
        run_with(&[("P.dtsx", &parent)], |options| {
            let to = folder.path().to_string_lossy();
            options.path_map = PathMap::new([(r"C:\Packages", &*to)], folder.path());
        })
    };
    let ran = run("7").succeeded();
    assert_eq!(ran.started(), ["Run", "Run\\Package", "Run\\Package\\Check"]);
    run("8").failed();
    std::fs::remove_file(file).unwrap();
    let ran = run("7").failed();
    assert!(ran.complaints()[0].contains("0xC00220DE"), "{:?}", ran.complaints());
    assert!(ran.complaints()[0].contains(r"C:\Packages\C.dtsx"), "{:?}", ran.complaints());
}

#[test]
fn a_child_in_msdb_is_refused_by_name() {
    let head = connection("OLEDB", "Data Source=.;Initial Catalog=msdb;Provider=SQLNCLI11.1;");
    let parent = package_of("", &head, &executables(&[nothing("A"), outside("Run")]));
    let found = runtime::check(&project(&[("P.dtsx", &parent)]), &{
        project(&[("P.dtsx", &parent)]).packages[0].package.clone()
    });
    assert!(found.iter().any(|found| found.message.contains("msdb")), "{found:?}");
    let ran = run_with(&[("P.dtsx", &parent)], |_| {}).failed();
    assert!(ran.started().is_empty());
    assert!(ran.complaints()[0].contains("0xC00220E2"), "{:?}", ran.complaints());
}
