//! What deployed packages need and a machine has not: mapped paths, drivers.

use super::support::Patient as _;
use crate::harness::{Packhorse, package};

/// A package that deletes the file that a connection manager names.
fn file_package(path: &str) -> String {
    package(
        "Clean",
        &format!(
            r#"<DTS:ConnectionManagers><DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[In]"
  DTS:CreationName="FILE" DTS:DTSID="{{CCCCCCCC-0000-0000-0000-000000000001}}" DTS:ObjectName="In">
  <DTS:ObjectData><DTS:ConnectionManager DTS:ConnectionString="{path}" /></DTS:ObjectData>
  </DTS:ConnectionManager></DTS:ConnectionManagers><DTS:Variables /><DTS:Executables>
  <DTS:Executable DTS:refId="Package\Delete" DTS:CreationName="Microsoft.FileSystemTask"
  DTS:DTSID="{{BBBBBBBB-0000-0000-0000-000000000001}}" DTS:ExecutableType="Microsoft.FileSystemTask"
  DTS:ObjectName="Delete"><DTS:ObjectData><FileSystemData TaskOperationType="DeleteFile"
  TaskSourcePath="{{CCCCCCCC-0000-0000-0000-000000000001}}" /></DTS:ObjectData></DTS:Executable>
  </DTS:Executables>"#
        ),
    )
}

/// A package that runs a statement through an OLE DB provider.
fn sql_package(connection: &str) -> String {
    package(
        "Sql",
        &format!(
            r#"<DTS:ConnectionManagers><DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Db]"
  DTS:CreationName="OLEDB" DTS:DTSID="{{CCCCCCCC-0000-0000-0000-000000000002}}" DTS:ObjectName="Db">
  <DTS:ObjectData><DTS:ConnectionManager DTS:ConnectionString="{connection}" /></DTS:ObjectData>
  </DTS:ConnectionManager></DTS:ConnectionManagers><DTS:Variables /><DTS:Executables>
  <DTS:Executable DTS:refId="Package\Run" DTS:CreationName="Microsoft.ExecuteSQLTask"
  DTS:DTSID="{{BBBBBBBB-0000-0000-0000-000000000002}}" DTS:ExecutableType="Microsoft.ExecuteSQLTask"
  DTS:ObjectName="Run"><DTS:ObjectData><SQLTask:SqlTaskData
  xmlns:SQLTask="www.microsoft.com/sqlserver/dts/tasks/sqltask"
  SQLTask:Connection="{{CCCCCCCC-0000-0000-0000-000000000002}}"
  SQLTask:SqlStatementSource="SELECT 1" /></DTS:ObjectData></DTS:Executable>
  </DTS:Executables>"#
        ),
    )
}

fn deploy(packhorse: &Packhorse, name: &str, text: &str) {
    let path = packhorse.write(&format!("{name}.dtsx"), text);
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", name]);
}

#[test]
fn a_path_that_is_not_mapped_is_found_on_the_machine_that_is_to_run_it() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    deploy(&packhorse, "Clean", &file_package(r"D:\Feeds\in.txt"));
    let found = packhorse.expect("", &["PH0330"]);
    let fix = found[0]["fix"].as_str().unwrap();
    assert!(fix.contains(r"PathMappings = ['D:\Feeds\=/srv/data/']"), "{fix}");
    // As it says, with a folder that is not there yet.
    let settings = packhorse.data().join("workers/1/WorkerSettings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let feeds = packhorse.folder().join("feeds");
    let line = format!("PathMappings = ['D:\\Feeds\\={}/']\n", feeds.display());
    std::fs::write(&settings, format!("{text}{line}")).unwrap();
    up.stop();
    let up = packhorse.up(1, &[]);
    let found = packhorse.expect("", &["PH0330"]);
    packhorse.mend(&found[0]);
    assert!(feeds.is_dir());
    packhorse.expect("", &[]);
    up.stop();
    // Typed at the start, the mapping counts too.
    std::fs::write(&settings, text).unwrap();
    let mapping = format!("D:\\Feeds\\={}/", feeds.display());
    let up = packhorse.up(1, &["--map-path", &mapping]);
    packhorse.expect("", &[]);
    up.stop();
}

#[test]
fn a_provider_without_a_driver_is_found_until_the_project_names_another() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    deploy(&packhorse, "Sql", &sql_package("Provider=OraOLEDB.Oracle;Data Source=x;"));
    let found = packhorse.expect("", &["PH0331"]);
    let evidence = found[0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("OraOLEDB.Oracle") && evidence.contains("Sql.dtsx"), "{evidence}");
    deploy(&packhorse, "Sql", &sql_package("Provider=MSOLEDBSQL;Data Source=db;User ID=a;"));
    packhorse.expect("", &[]);
    up.stop();
}
