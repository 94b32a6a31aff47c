//! A project as the scripts expect it: folder `Finance`, project `DailyLoad`, packages
//! `Main.dtsx` and `Stage.dtsx`.

use package::{Part, Project, ReadOptions};

use crate::support::Talk;

fn dtsx(name: &str, parameters: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package"
  DTS:CreationName="Microsoft.Package" DTS:DTSID="{{3B5A2B3C-0000-4000-8000-0000000000{:02X}}}"
  DTS:ExecutableType="Microsoft.Package" DTS:ObjectName="{name}" DTS:VersionBuild="3"
  DTS:VersionGUID="{{3B5A2B3C-0000-4000-8000-000000000001}}">
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
  <DTS:PackageParameters>{parameters}</DTS:PackageParameters>
</DTS:Executable>"#,
        name.len()
    )
}

fn parameter(name: &str, data_type: u8, value: &str) -> String {
    format!(
        r#"<DTS:PackageParameter DTS:CreationName="" DTS:DataType="{data_type}"
      DTS:DTSID="{{3B5A2B3C-0000-4000-8000-0000000001{:02X}}}" DTS:ObjectName="{name}">
      <DTS:Property DTS:DataType="{data_type}" DTS:Name="ParameterValue">{value}</DTS:Property>
    </DTS:PackageParameter>"#,
        name.len()
    )
}

const STAGE: &str = r#"<?xml version="1.0"?>
<DTS:ConnectionManager xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:ObjectName="Stage"
  DTS:DTSID="{3B5A2B3C-0000-4000-8000-0000000000C0}" DTS:CreationName="OLEDB">
  <DTS:ObjectData><DTS:ConnectionManager
    DTS:ConnectionString="Data Source=stage;Initial Catalog=Stage;Provider=SQLNCLI11.1;Integrated Security=SSPI;"/>
  </DTS:ObjectData>
</DTS:ConnectionManager>"#;

/// The package `Main.dtsx`.
pub(crate) fn main_package() -> Vec<u8> {
    dtsx("Main", &parameter("Mode", 8, "delta")).into_bytes()
}

/// The `.ispac`.
pub(crate) fn daily_load() -> Vec<u8> {
    let main = dtsx("Main", &parameter("Mode", 8, "delta"));
    let stage = [
        parameter("BatchSize", 3, "1000"),
        parameter("AsOf", 7, "2024-01-01 00:00:00"),
        parameter("Factor", 14, "1"),
    ];
    let stage = dtsx("Stage", &stage.concat());
    let part =
        |name: &str, text: &str| Part { name: name.to_owned(), bytes: text.as_bytes().into() };
    let parts = vec![
        part("Main.dtsx", &main),
        part("Stage.dtsx", &stage),
        part("Stage.conmgr", STAGE),
        part(
            "Project.params",
            r#"<?xml version="1.0"?><SSIS:Parameters xmlns:SSIS="www.microsoft.com/SqlServer/SSIS"/>"#,
        ),
    ];
    let (mut project, diagnostics) = Project::from_parts(parts, &ReadOptions::default()).unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    project.name = "DailyLoad".to_owned();
    project.to_ispac().unwrap()
}

/// Bytes as a constant of the language.
pub(crate) fn constant(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("0x{digits}")
}

/// Deploys the project.
pub(crate) fn deploy(talk: &mut Talk) {
    talk.shows(&format!(
        "IF NOT EXISTS (SELECT * FROM catalog.folders WHERE name = N'Finance')
             EXEC catalog.create_folder N'Finance';
         DECLARE @file varbinary(max) = {};
         EXEC catalog.deploy_project N'Finance', N'DailyLoad', @file;",
        constant(&daily_load())
    ));
}
