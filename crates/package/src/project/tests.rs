//! Tests of reading and building projects.

use insta::assert_snapshot;
use model::{Code, Value};

use super::{Part, Project};
use crate::ReadOptions;

const LOAD: &str = include_str!("../../tests/fixtures/Load.dtsx");

const PARAMETERS: &str = r#"<?xml version="1.0"?>
<SSIS:Parameters xmlns:SSIS="www.microsoft.com/SqlServer/SSIS">
  <SSIS:Parameter SSIS:Name="Folder">
    <SSIS:Properties>
      <SSIS:Property SSIS:Name="ID">{1}</SSIS:Property>
      <SSIS:Property SSIS:Name="Description">where files are</SSIS:Property>
      <SSIS:Property SSIS:Name="Required">1</SSIS:Property>
      <SSIS:Property SSIS:Name="Sensitive">0</SSIS:Property>
      <SSIS:Property SSIS:Name="Value">C:\Data</SSIS:Property>
      <SSIS:Property SSIS:Name="DataType">18</SSIS:Property>
    </SSIS:Properties>
  </SSIS:Parameter>
  <SSIS:Parameter SSIS:Name="Key">
    <SSIS:Properties>
      <SSIS:Property SSIS:Name="Required">0</SSIS:Property>
      <SSIS:Property SSIS:Name="Sensitive">1</SSIS:Property>
      <SSIS:Property SSIS:Name="Value" SSIS:Sensitive="1">pass-word-4</SSIS:Property>
      <SSIS:Property SSIS:Name="DataType">18</SSIS:Property>
    </SSIS:Properties>
  </SSIS:Parameter>
</SSIS:Parameters>"#;

const CONNECTION: &str = r#"<DTS:ConnectionManager xmlns:DTS="www.microsoft.com/SqlServer/Dts"
  DTS:ObjectName="Lake" DTS:DTSID="{25BA1AB6-6CD3-4756-B825-F73689CC7A27}" DTS:CreationName="FILE">
  <DTS:ObjectData><DTS:ConnectionManager DTS:FileUsageType="2" DTS:ConnectionString="C:\Lake"/>
  </DTS:ObjectData></DTS:ConnectionManager>"#;

const PROJECT_FILE: &str = r#"<Project><DeploymentModelSpecificContent><Manifest>
<SSIS:Project SSIS:ProtectionLevel="DontSaveSensitive" xmlns:SSIS="www.microsoft.com/SqlServer/SSIS">
  <SSIS:Properties><SSIS:Property SSIS:Name="ID">{7}</SSIS:Property>
    <SSIS:Property SSIS:Name="Name">Retail</SSIS:Property>
    <SSIS:Property SSIS:Name="VersionMajor">1</SSIS:Property>
    <SSIS:Property SSIS:Name="Description">
    </SSIS:Property></SSIS:Properties>
  <SSIS:Packages><SSIS:Package SSIS:Name="Load all.dtsx" SSIS:EntryPoint="1" />
    <SSIS:Package SSIS:Name="Load.dtsx" SSIS:EntryPoint="0" /></SSIS:Packages>
  <SSIS:ConnectionManagers><SSIS:ConnectionManager SSIS:Name="Lake.conmgr" /></SSIS:ConnectionManagers>
</SSIS:Project></Manifest></DeploymentModelSpecificContent></Project>"#;

fn part(name: &str, text: &str) -> Part {
    Part { name: name.to_owned(), bytes: text.as_bytes().into() }
}

fn retail() -> Vec<Part> {
    vec![
        part("Load.dtsx", LOAD),
        part("Load all.dtsx", LOAD),
        part("Unlisted.dtsx", LOAD),
        part("Lake.conmgr", CONNECTION),
        part("Project.params", PARAMETERS),
        part("Retail.dtproj", PROJECT_FILE),
    ]
}

/// Reads a project and shows it with what is wrong with it.
fn check(parts: Vec<Part>) -> String {
    match Project::from_parts(parts, &ReadOptions::default()) {
        Ok((project, diagnostics)) => {
            let mut out = show(&project);
            for diagnostic in diagnostics {
                out.push_str(&format!("! {diagnostic}\n"));
            }
            out
        }
        Err(error) => format!("! {error}\n"),
    }
}

fn show(project: &Project) -> String {
    let mut out = format!(
        "{} {} {:?} {}.{}\n",
        project.name,
        project.id,
        project.protection_level,
        project.version.major,
        project.version.minor
    );
    for package in &project.packages {
        out.push_str(&format!("package {} {}\n", package.file_name, package.entry_point));
    }
    for (file, connection) in project.connection_files.iter().zip(&project.connections) {
        out.push_str(&format!("connection {file} {}\n", connection.ref_id));
    }
    for p in project.object_parameters() {
        let default = if p.sensitive { "***".to_owned() } else { p.design_default.to_string() };
        let owner = format!("{} {}", p.object_type, p.object_name);
        let flags = if p.required { " required" } else { "" };
        out.push_str(&format!("{owner}: {} {} = {default:?}{flags}\n", p.name, p.type_code));
    }
    out
}

#[test]
fn a_project_folder_is_what_its_project_file_lists() {
    assert_snapshot!(check(retail()));
}

#[test]
fn a_deployment_file_holds_the_same_project_and_the_same_bytes_each_time() {
    let (project, _) = Project::from_parts(retail(), &ReadOptions::default()).unwrap();
    let bytes = project.to_ispac().unwrap();
    assert_eq!(bytes, project.to_ispac().unwrap());
    let (again, diagnostics) = Project::from_ispac(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!(diagnostics, []);
    assert_eq!(show(&again), show(&project));
    let names: Vec<&str> = again.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Load all.dtsx",
            "Load.dtsx",
            "Lake.conmgr",
            "Project.params",
            "@Project.manifest",
            "[Content_Types].xml"
        ]
    );
    let manifest = String::from_utf8(again.parts[4].bytes.to_vec()).unwrap();
    assert!(!manifest.contains("pass-word"), "a secret is in the manifest");
}

#[test]
fn loose_packages_are_a_project_and_each_is_an_entry_point() {
    let (project, _) = Project::from_parts(
        vec![part("B.dtsx", LOAD), part("a.dtsx", LOAD)],
        &ReadOptions::default(),
    )
    .unwrap();
    let packages: Vec<(&str, bool)> =
        project.packages.iter().map(|p| (p.file_name.as_str(), p.entry_point)).collect();
    assert_eq!(packages, [("a.dtsx", true), ("B.dtsx", true)]);
    assert_eq!(project.name, "Load");
    assert_eq!(project.id, "{3219608f-0fb2-5bcc-a67c-51ab4dc5ea38}");
    assert!(project.package("b").is_some() && project.package("c").is_none());
}

#[test]
fn a_package_model_project_file_lists_packages() {
    let file = "<Project><DTSPackages><DtsPackage FormatVersion='8'><Name>Load.dtsx</Name>\
                <FullPath>Load.dtsx</FullPath></DtsPackage></DTSPackages></Project>";
    let parts = vec![part("Load.dtsx", LOAD), part("Other.dtsx", LOAD), part("Old.dtproj", file)];
    let shown = check(parts);
    let head: Vec<&str> = shown.lines().take(2).collect();
    assert!(head[0].starts_with("Old {"), "{}", head[0]);
    assert_eq!(head[1], "package Load.dtsx true");
}

#[test]
fn a_listed_package_that_is_missing_is_named() {
    let mut parts = retail();
    parts.remove(1);
    let shown = check(parts);
    let problem = shown.lines().last().unwrap();
    assert_snapshot!(problem, @"! PH0113: the project lists `Load all.dtsx`, which is not there (at Load all.dtsx)");
}

#[test]
fn a_package_that_cannot_be_read_refuses_the_project_by_name() {
    let mut parts = retail();
    parts[0] = part("Load.dtsx", &LOAD[..200]);
    assert_snapshot!(check(parts), @"! cannot read `Load.dtsx`: PH0101: the document ends before its XML does");
    assert_snapshot!(check(Vec::new()), @"! cannot read `project`: PH0103: the project has no package");
}

#[test]
fn a_deployment_file_may_have_no_package_yet() {
    let (mut project, _) = Project::from_parts(retail(), &ReadOptions::default()).unwrap();
    project.packages.clear();
    let bytes = project.to_ispac().unwrap();
    let (empty, diagnostics) = Project::from_ispac(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!((empty.name, empty.packages.len()), (project.name, 0));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
}

#[test]
fn an_archive_without_a_manifest_is_read_by_its_parts() {
    let bytes = crate::archive::write(&[part("My Load.dtsx", LOAD)]).unwrap();
    let (project, _) = Project::from_ispac(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!(project.packages[0].file_name, "My Load.dtsx");
    let error = Project::from_ispac(&bytes[..bytes.len() / 2], &ReadOptions::default());
    assert_eq!(error.unwrap_err().diagnostic.code, Code::BadArchive);
}

#[test]
fn a_project_connection_takes_its_parameters() {
    let (mut project, _) = Project::from_parts(retail(), &ReadOptions::default()).unwrap();
    let value = Value::text("/srv/lake");
    project.set_connection_parameter("CM.Lake.ConnectionString", &value).unwrap();
    assert_eq!(project.connection("lake").unwrap().connection_string.as_str(), "/srv/lake");
    let key = &project.parameters_of("Load").unwrap()[1];
    assert_eq!(key.secret.as_ref().unwrap().expose(), "pass-word-4");
}

#[test]
fn a_deployment_file_with_any_byte_changed_is_a_project_or_an_error() {
    let (project, _) = Project::from_parts(retail(), &ReadOptions::default()).unwrap();
    let good = project.to_ispac().unwrap();
    let mut n_refused = 0;
    for at in (0..good.len()).step_by(61) {
        let mut bytes = good.clone();
        bytes[at] ^= 0xFF;
        n_refused += i32::from(Project::from_ispac(&bytes, &ReadOptions::default()).is_err());
    }
    assert!(0 < n_refused);
}
