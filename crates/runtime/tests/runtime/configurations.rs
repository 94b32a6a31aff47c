//! Package configurations.

use std::fs;
use std::path::Path;

use model::MessageType;
use runtime::{ConnectionOverride, PropertyOverride, RunOptions};

use crate::sql_server::{Server, error, rows};
use crate::support::{
    Ran, escape, executables, package_of, process, project, run_with, task, variable, variable_of,
};

/// `<DTS:Configurations>` of (number of the kind, string, target path), named C0, C1 ...
fn configurations(list: &[(u8, &str, &str)]) -> String {
    let one = |(at, (kind, string, target)): (usize, &(u8, &str, &str))| {
        format!(
            r#"<DTS:Configuration DTS:ConfigurationType="{kind}" DTS:ConfigurationString="{}"
  DTS:ConfigurationVariable="{target}" DTS:CreationName="" DTS:ObjectName="C{at}"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-00000000100{at}}}" />"#,
            escape(string)
        )
    };
    let all: String = list.iter().enumerate().map(one).collect();
    format!("<DTS:Configurations>{all}</DTS:Configurations>")
}

/// A `.dtsConfig` of paths and values.
fn dts_config(entries: &[(&str, &str)]) -> String {
    let entry = |(path, value): &(&str, &str)| {
        format!(
            r#"<Configuration ConfiguredType="Property" Path="{path}" ValueType="String">
  <ConfiguredValue>{}</ConfiguredValue></Configuration>"#,
            escape(value)
        )
    };
    let entries: String = entries.iter().map(entry).collect();
    format!(r#"<?xml version="1.0"?><DTSConfiguration>{entries}</DTSConfiguration>"#)
}

const V: &str = r"\Package.Variables[User::v].Properties[Value]";
const W: &str = r"\Package.Variables[User::w].Value";

/// A package with variables v ("design") and w (0) that writes both into the file `seen`.
fn package(attributes: &str, configurations: &str, folder: &Path) -> String {
    let arguments = format!(
        "\"-c \\\"printf %s '\" + @[User::v] + \" \" + (DT_WSTR,9)@[User::w] + \"' > {}\\\"\"",
        folder.join("seen").display()
    );
    let expression = format!(
        r#"<DTS:PropertyExpression DTS:Name="Arguments">{}</DTS:PropertyExpression>"#,
        escape(&arguments)
    );
    let show = process("Show", "/bin/sh", "", "", "").replacen(
        "<DTS:ObjectData>",
        &format!("{expression}<DTS:ObjectData>"),
        1,
    );
    let fixed = variable_of("fixed", 8, "x", r#"DTS:ReadOnly="True""#);
    let head = format!(
        "{configurations}<DTS:Variables>{}</DTS:Variables>",
        variable("v", 8, "design") + &variable("w", 3, "0") + &fixed
    );
    package_of(&format!("DTS:EnableConfig=\"True\" {attributes}"), &head, &executables(&[show]))
}

fn run(text: &str, folder: &Path, change: impl FnOnce(&mut RunOptions)) -> Ran {
    run_with(&[("P.dtsx", text)], |options| {
        options.path_map = connect::path::PathMap::new([(r"C:\Config", folder)], folder);
        options.environment = vec![
            ("V_VALUE".to_owned(), "from environment".to_owned()),
            ("WHERE".to_owned(), r"c:\config\a.dtsConfig".to_owned()),
        ];
        change(options);
    })
}

/// What the package saw.
fn seen(folder: &Path) -> String {
    fs::read_to_string(folder.join("seen")).unwrap()
}

/// Codes of the warnings, and of the messages that say where values are looked for.
fn said(ran: &Ran) -> Vec<u32> {
    let events = ran.events();
    let about = events.iter().filter(|event| {
        event.kind == MessageType::Warning
            || (event.kind == MessageType::Information && event.code >> 16 == 0x4001)
    });
    about.map(|event| event.code).collect()
}

#[test]
fn files_and_environment_variables_set_what_they_name_and_the_last_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.dtsConfig"), dts_config(&[(V, "from a"), (W, "1")])).unwrap();
    fs::write(folder.path().join("b.dtsConfig"), dts_config(&[(W, "2")])).unwrap();
    let of = |list: &[(u8, &str, &str)]| {
        let ran = run(&package("", &configurations(list), folder.path()), folder.path(), |_| {});
        assert!(ran.complaints().is_empty(), "{:?}", ran.complaints());
        ran.succeeded();
        seen(folder.path())
    };
    assert_eq!(of(&[(1, r"C:\Config\a.dtsConfig", "")]), "from a 1");
    assert_eq!(of(&[(1, "a.dtsconfig", ""), (1, "b.dtsConfig", "")]), "from a 2");
    assert_eq!(of(&[(1, "b.dtsConfig", ""), (1, "a.dtsConfig", "")]), "from a 1");
    assert_eq!(of(&[(5, "WHERE", ""), (2, "v_value", V)]), "from environment 1");
    assert_eq!(of(&[(2, "V_VALUE", V), (5, "WHERE", "")]), "from a 1");
}

#[test]
fn each_attempt_is_told_before_the_package_runs() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.dtsConfig"), dts_config(&[(W, "1")])).unwrap();
    let list = configurations(&[(5, "WHERE", ""), (2, "V_VALUE", V)]);
    let ran = run(&package("", &list, folder.path()), folder.path(), |_| {}).succeeded();
    let told = ran.lines(|event| event.code >> 8 == 0x40_0160 && event.code != 0x4001_6054);
    insta::assert_snapshot!(told.join("\n"), @r#"
    PackageStart (package) 0x40016053
    OnInformation (package) 0x40016041 The package is attempting to configure from the XML file "c:\config\a.dtsConfig".
    OnInformation (package) 0x40016038 The package is attempting to configure from the environment variable "V_VALUE".
    "#);
}

#[test]
fn options_of_the_command_line_do_not_replace_what_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.dtsConfig"), dts_config(&[(V, "from a")])).unwrap();
    fs::write(folder.path().join("more"), dts_config(&[(V, "from file"), (W, "3")])).unwrap();
    let set = |path: &str, value: &str| PropertyOverride {
        path: path.to_owned(),
        value: value.to_owned(),
    };
    let text = package("", &configurations(&[(1, "a.dtsConfig", "")]), folder.path());
    run(&text, folder.path(), |options| {
        options.configuration_files = vec!["more".to_owned()];
        options.property_overrides = vec![set(V, "from option")];
    })
    .succeeded();
    assert_eq!(seen(folder.path()), "from a 3");
    let plain = package("", "", folder.path());
    run(&plain, folder.path(), |options| {
        options.configuration_files = vec!["more".to_owned()];
        options.property_overrides = vec![set(W, "4")];
    })
    .succeeded();
    assert_eq!(seen(folder.path()), "from file 4");
    // Nor does a connection string, where the configuration has another one.
    let value = r"\Package.Connections[Out].Properties[ConnectionString]";
    fs::write(folder.path().join("a.dtsConfig"), dts_config(&[(value, "configured")])).unwrap();
    let connection = r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Out]" DTS:CreationName="FILE"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000C7}" DTS:ObjectName="Out"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:FileUsageType="1" DTS:ConnectionString="design" />
</DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>"#;
    let create = r#"<FileSystemData xmlns="" TaskOperationType="CreateDirectory"
  TaskSourcePath="{2D0C7A4C-3A3B-4C65-9E5C-0000000000C7}" />"#;
    let text = package_of(
        r#"DTS:EnableConfig="True""#,
        &format!("{connection}{}", configurations(&[(1, "a.dtsConfig", "")])),
        &executables(&[task("Make", "Microsoft.FileSystemTask", "", create)]),
    );
    run(&text, folder.path(), |options| {
        options.connections = vec![ConnectionOverride {
            connection: "Out".to_owned(),
            connection_string: "option".to_owned(),
        }];
    })
    .succeeded();
    assert!(folder.path().join("configured").is_dir());
    assert!(!folder.path().join("option").exists());
}

#[test]
fn what_cannot_be_loaded_is_a_warning_and_the_package_runs() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let fixed = r"\Package.Variables[User::fixed].Value";
    write("empty", " \n");
    write("cut", "<DTSConfiguration>");
    write("other", "<x/>");
    write("bare", "<DTSConfiguration><Configuration Path=\"\\Package\\x\"/></DTSConfiguration>");
    write("wrong", &dts_config(&[(r"Task.Properties[X]", "1"), (V, "still set")]));
    write("deep", &dts_config(&[(r"\Package\No such.Properties[X]", "1")]));
    write("typed", &dts_config(&[(W, "secret?")]));
    write("fixed", &dts_config(&[(fixed, "1")]));
    write("odd", &dts_config(&[(r"\Package.Nonsense", "1")]));
    let of = |kind: u8, string: &str, attributes: &str| {
        let text = package(attributes, &configurations(&[(kind, string, V)]), folder.path());
        let ran = run(&text, folder.path(), |_| {}).succeeded();
        assert!(!format!("{:?}", ran.complaints()).contains("secret?"));
        said(&ran)
    };
    let failed = 0x8001_2059;
    for (kind, string, codes) in [
        (1, "no such", vec![0x4001_6041, 0x8001_2014, failed]),
        (1, r"D:\unmapped", vec![0x4001_6041, 0x8001_2012, failed]),
        (1, "empty", vec![0x4001_6041, 0x8001_201D, failed]),
        (1, "cut", vec![0x4001_6041, 0x8001_2011, failed]),
        (1, "other", vec![0x4001_6041, 0x8001_2013, failed]),
        (1, "bare", vec![0x4001_6041, 0x8001_205A, failed]),
        (1, "wrong", vec![0x4001_6041, 0x8001_2018, failed]),
        (1, "deep", vec![0x4001_6041, 0x8001_2017, failed]),
        (1, "typed", vec![0x4001_6041, 0x8001_2028, failed]),
        (1, "fixed", vec![0x4001_6041, 0x8001_2057, failed]),
        (1, "odd", vec![0x4001_6041, 0x8001_2019, failed]),
        (2, "NO_SUCH", vec![0x4001_6038, 0x8001_9003, failed]),
        (5, "NO_SUCH", vec![0x8001_9003, failed]),
        (0, "User::x", vec![0x4001_6042, 0x8001_201C, failed]),
        (3, r"SOFTWARE\x", vec![0x4001_6037, 0x8001_2015, failed]),
        (8, r"C:\x.ini", vec![0x4001_6039, 0x8001_2052, failed]),
        (7, "conn;table", vec![0x4001_6040, 0x8001_2051, failed]),
    ] {
        assert_eq!(of(kind, string, ""), codes, "{kind} {string}");
    }
    of(1, "wrong", "");
    assert_eq!(seen(folder.path()), "still set 0");
    let quiet = of(1, "no such", r#"DTS:SuppressConfigurationWarnings="True""#);
    assert_eq!(quiet, [0x4001_6041]);
}

#[test]
fn configurations_that_are_switched_off_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = package("", &configurations(&[(2, "V_VALUE", V)]), folder.path())
        .replace("DTS:EnableConfig=\"True\"", "DTS:EnableConfig=\"False\"");
    let ran = run(&text, folder.path(), |_| {}).succeeded();
    assert_eq!((seen(folder.path()).as_str(), said(&ran)), ("design 0", vec![]));
}

#[test]
fn the_names_of_configurations_that_failed_are_in_a_system_variable() {
    let folder = tempfile::tempdir().unwrap();
    let list = configurations(&[(1, "no such", ""), (2, "V_VALUE", V), (2, "NO_SUCH", V)]);
    let text = package("", &list, folder.path())
        .replace("@[User::v] + &quot; &quot;", "@[System::FailedConfigurations] + &quot; &quot;");
    run(&text, folder.path(), |_| {}).succeeded();
    assert_eq!(seen(folder.path()), "C0, C2 0");
}

#[test]
fn a_child_takes_values_of_its_parent_s_variables_last() {
    let folder = tempfile::tempdir().unwrap();
    let child =
        package("", &configurations(&[(0, "User::p", V), (2, "V_VALUE", V)]), folder.path());
    let data = "<ExecutePackageTask><UseProjectReference>True</UseProjectReference>\
                <PackageName>C.dtsx</PackageName></ExecutePackageTask>";
    let head = format!("<DTS:Variables>{}</DTS:Variables>", variable("p", 3, "17"));
    let call = executables(&[task("Run", "Microsoft.ExecutePackageTask", "", data)]);
    let parent = package_of("", &head, &call);
    run_with(&[("P.dtsx", &parent), ("C.dtsx", &child)], |options| {
        options.environment = vec![("V_VALUE".to_owned(), "from environment".to_owned())];
    })
    .succeeded();
    assert_eq!(seen(folder.path()), "17 0");
}

/// A package whose connection manager Warehouse leads to a server.
fn over(server: &Server, folder: &Path) -> String {
    let connection = format!(
        r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Warehouse]" DTS:CreationName="OLEDB"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000D5}}" DTS:ObjectName="Warehouse"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:ConnectionString="{}" />
</DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>"#,
        server.connection_string()
    );
    let string = r#""warehouse";"[dbo].[SSIS Configurations]";"daily";"#;
    package("", &format!("{}{connection}", configurations(&[(7, string, "")])), folder)
}

#[test]
fn a_table_gives_the_rows_of_its_filter() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| {
        rows(&["PackagePath", "ConfiguredValue"], &[&[V, "from table"], &[W, "8"]])
    });
    let ran = run(&over(&server, folder.path()), folder.path(), |_| {}).succeeded();
    assert!(ran.complaints().is_empty(), "{:?}", ran.events());
    assert_eq!(seen(folder.path()), "from table 8");
    assert_eq!(said(&ran), [0x4001_6040]);
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("FROM [dbo].[SSIS Configurations] WHERE ConfigurationFilter ="));
    assert!(asked[0].contains("daily"));
}

#[test]
fn a_table_that_cannot_be_read_or_has_no_rows_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Server::start(|_| rows(&["PackagePath", "ConfiguredValue"], &[]));
    let ran = run(&over(&empty, folder.path()), folder.path(), |_| {}).succeeded();
    assert_eq!(said(&ran), [0x4001_6040, 0x8001_2054, 0x8001_2059]);
    let missing = Server::start(|_| error(208, "Invalid object name 'SSIS Configurations'."));
    let ran = run(&over(&missing, folder.path()), folder.path(), |_| {}).succeeded();
    assert_eq!(said(&ran), [0x4001_6040, 0x8001_2051, 0x8001_2059]);
    assert!(format!("{:?}", ran.events()).contains("Invalid object name"));
    assert!(!format!("{:?}", ran.events()).contains("hunter2"));
}

#[test]
fn only_configurations_from_places_of_windows_are_named_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<(u8, &str, &str)> = (0..=10).map(|kind| (kind, "x", V)).collect();
    let text = package("", &configurations(&all), folder.path());
    let project = project(&[("P.dtsx", &text)]);
    let found = runtime::check(&project, &project.packages[0].package);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    Package configuration from the registry: its values are not applied; use an XML configuration file, an environment variable or a table (at \Package.Configurations[C3])
    Package configuration from the registry: its values are not applied; use an XML configuration file, an environment variable or a table (at \Package.Configurations[C6])
    Package configuration from INI files: its values are not applied; use an XML configuration file, an environment variable or a table (at \Package.Configurations[C8])
    Package configuration from INI files: its values are not applied; use an XML configuration file, an environment variable or a table (at \Package.Configurations[C10])
    ");
}
