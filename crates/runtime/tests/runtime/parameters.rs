//! Parameters, property overrides and connection overrides.

use model::{ObjectType, Value};
use runtime::{ConnectionOverride, ParameterValue, PropertyOverride, RunOptions};

use crate::support::{
    Ran, executables, expression, package_of, parameter, run_with, task, variable,
};

const PARAMS: &str = r#"<?xml version="1.0"?>
<SSIS:Parameters xmlns:SSIS="www.microsoft.com/SqlServer/SSIS">
  <SSIS:Parameter SSIS:Name="Region"><SSIS:Properties>
    <SSIS:Property SSIS:Name="ID">{2D0C7A4C-3A3B-4C65-9E5C-0000000000E1}</SSIS:Property>
    <SSIS:Property SSIS:Name="CreationName"></SSIS:Property>
    <SSIS:Property SSIS:Name="Description"></SSIS:Property>
    <SSIS:Property SSIS:Name="IncludeInDebugDump">0</SSIS:Property>
    <SSIS:Property SSIS:Name="Required">0</SSIS:Property>
    <SSIS:Property SSIS:Name="Sensitive">0</SSIS:Property>
    <SSIS:Property SSIS:Name="Value">north</SSIS:Property>
    <SSIS:Property SSIS:Name="DataType">18</SSIS:Property>
  </SSIS:Properties></SSIS:Parameter>
</SSIS:Parameters>"#;

/// Fails unless an expression is true.
fn checks(condition: &str, attributes: &str) -> String {
    let check = expression("Check", &format!("@[User::ok] = 1 / ({condition} ? 1 : 0)"));
    let head = format!(
        r#"<DTS:PackageParameters><DTS:PackageParameter DTS:CreationName="" DTS:DataType="3"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000E2}}" DTS:ObjectName="Count" {attributes}>
  <DTS:Property DTS:DataType="3" DTS:Name="ParameterValue">5</DTS:Property>
</DTS:PackageParameter></DTS:PackageParameters><DTS:Variables>{}</DTS:Variables>"#,
        variable("ok", 3, "0")
    );
    package_of("", &head, &executables(&[check]))
}

fn of(condition: &str, attributes: &str, change: impl FnOnce(&mut RunOptions)) -> Ran {
    let text = checks(condition, attributes);
    run_with(&[("P.dtsx", &text), ("Project.params", PARAMS)], change)
}

#[test]
fn a_parameter_has_its_design_default_until_a_value_is_given() {
    of(r#"@[$Package::Count] == 5 && @[$Project::Region] == "north""#, "", |_| {}).succeeded();
    of(r#"@[$Package::Count] == 6 && @[$Project::Region] == "south""#, "", |options| {
        let region = Value::text("south");
        options.parameters = vec![
            parameter("Count", Value::text("6")),
            ParameterValue { scope: ObjectType::Project, name: "Region".to_owned(), value: region },
        ];
    })
    .succeeded();
}

#[test]
fn a_required_parameter_without_a_value_is_named() {
    let ran = of("TRUE", r#"DTS:Required="True""#, |_| {}).failed();
    let text = ran.result.first_error.clone().unwrap().1;
    assert!(text.contains("`Count` is required") && text.contains("--param 'Count=VALUE'"));
    assert!(ran.started().is_empty());
    of("@[$Package::Count] == 1", r#"DTS:Required="True""#, |options| {
        options.parameters = vec![parameter("Count", Value::I4(1))];
    })
    .succeeded();
}

#[test]
fn a_value_of_the_wrong_type_and_an_unknown_parameter_are_named() {
    let ran = of("TRUE", "", |options| {
        options.parameters = vec![parameter("Count", Value::text("many"))];
    });
    let text = ran.failed().result.first_error.unwrap().1;
    assert!(text.contains("`Count` is of type Int32 and does not take `many`"), "{text}");
    let ran = of("TRUE", "", |options| {
        options.parameters = vec![parameter("Cuont", Value::I4(1))];
    });
    let text = ran.failed().result.first_error.unwrap().1;
    assert!(text.contains("no parameter `Cuont`"), "{text}");
}

#[test]
fn a_wrong_value_of_a_sensitive_parameter_is_not_shown() {
    let ran = of("TRUE", r#"DTS:Sensitive="True""#, |options| {
        options.parameters = vec![parameter("Count", Value::text("hunter2"))];
    });
    let ran = ran.failed();
    assert!(!format!("{:?}", ran.events()).contains("hunter2"));
}

#[test]
fn a_parameter_cannot_be_assigned() {
    let text = checks("TRUE", "").replace("@[User::ok] =", "@[$Package::Count] =");
    let ran = run_with(&[("P.dtsx", &text)], |_| {}).failed();
    assert_eq!(ran.codes()[0], 0xC001_F187);
}

#[test]
fn an_override_sets_a_property_a_variable_or_a_parameter_of_the_project() {
    let set = |path: &str, value: &str| PropertyOverride {
        path: path.to_owned(),
        value: value.to_owned(),
    };
    of("FALSE", "", |options| {
        options.property_overrides = vec![set("\\Package\\Check.Properties[Disable]", "True")];
    })
    .succeeded();
    of(r#"@[$Project::Region] == "west""#, "", |options| {
        let path = "\\Package.Variables[$Project::Region]";
        options.property_overrides = vec![set(path, "west")];
    })
    .succeeded();
    let ran = of("TRUE", "", |options| {
        options.property_overrides = vec![set("\\Package\\Chekc.Properties[Disable]", "True")];
    });
    assert!(ran.failed().result.first_error.unwrap().1.contains("Chekc"));
}

#[test]
fn a_connection_string_can_be_replaced_by_an_override_or_a_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("made").display().to_string();
    let connection = r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Out]" DTS:CreationName="FILE"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000E3}" DTS:ObjectName="Out"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:FileUsageType="3" DTS:ConnectionString="/no/such/folder/at/all" />
</DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>"#;
    let data = r#"<FileSystemData TaskOperationType="CreateDirectory"
  TaskSourcePath="{2D0C7A4C-3A3B-4C65-9E5C-0000000000E3}" />"#;
    let make = task("Make", "Microsoft.FileSystemTask", "", data);
    let text = package_of("", connection, &executables(&[make]));
    run_with(&[("P.dtsx", &text)], |options| {
        options.connections = vec![ConnectionOverride {
            connection: "Out".to_owned(),
            connection_string: target.clone(),
        }];
    })
    .succeeded();
    assert!(std::path::Path::new(&target).is_dir());
    let other = folder.path().join("other").display().to_string();
    run_with(&[("P.dtsx", &text)], |options| {
        options.parameters = vec![parameter("CM.Out.ConnectionString", Value::text(&*other))];
    })
    .succeeded();
    assert!(std::path::Path::new(&other).is_dir());
    let ran = run_with(&[("P.dtsx", &text)], |options| {
        options.connections = vec![ConnectionOverride {
            connection: "Nowhere".to_owned(),
            connection_string: target.clone(),
        }];
    });
    assert_eq!(ran.failed().codes(), [0xC001_000E]);
}
