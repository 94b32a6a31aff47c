//! Properties set by name and by path, as property expressions and command lines do it.

use model::Value;
use package::{
    ConnectionKind, ConnectionManager, ExecutableKind, FileSystemOperation, ForEachKind, Package,
    PackageReference, ReadOptions, SetPropertyError, TaskKind, split_connection_parameter,
};

const LOAD: &str = include_str!("fixtures/Load.dtsx");

fn load() -> Package {
    let read = Package::from_bytes("Load.dtsx", LOAD.as_bytes(), &ReadOptions::default());
    read.expect("the fixture is a package").0
}

/// Sets what a path names in a fresh package, and gives the package or the refusal.
fn set(path: &str, value: impl Into<Text>) -> Result<Package, String> {
    let mut package = load();
    let result: Result<(), SetPropertyError> = package.set_property(path, &value.into().0);
    result.map(|()| package).map_err(|error| error.to_string())
}

/// Values as tests write them.
struct Text(Value);

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Value::text(text))
    }
}

impl From<i32> for Text {
    fn from(number: i32) -> Self {
        Self(Value::I4(number))
    }
}

impl From<bool> for Text {
    fn from(truth: bool) -> Self {
        Self(Value::Bool(truth))
    }
}

fn task<'a>(package: &'a Package, ref_id: &str) -> &'a TaskKind {
    let all = package.executables();
    let found = all.into_iter().find(|executable| executable.ref_id == ref_id);
    found.and_then(|executable| executable.task()).expect("the fixture has such a task")
}

#[test]
fn a_variable_takes_a_value_of_its_type() {
    for path in [
        r"\Package.Variables[User::Rows].Value",
        r"\Package.Variables[User::Rows].Properties[Value]",
        r"\package.variables[rows].properties[value]",
        r"\Load.Variables[Rows].Value",
    ] {
        let package = set(path, "42").unwrap();
        assert_eq!(package.root.variables[2].value, Value::I4(42), "{path}");
    }
    let package = set(r"\Package.Variables[User::HasRows].Value", 0).unwrap();
    assert_eq!(package.root.variables[1].value, Value::Bool(false));
    let refusal = set(r"\Package.Variables[User::Rows].Value", "many").unwrap_err();
    insta::assert_snapshot!(refusal, @"property `Value` of variable `User::Rows` does not take the value `many`");
}

#[test]
fn the_variable_at_a_path_is_found_wherever_it_is() {
    let mut package = load();
    let name = |package: &Package, path: &str| {
        package.variable_at(path).map(|variable| variable.qualified_name())
    };
    for path in
        [r"\Package.Variables[User::Rows].Value", r"\load.variables[rows].properties[value]"]
    {
        assert_eq!(name(&package, path).as_deref(), Some("User::Rows"), "{path}");
    }
    let inner = package.root.variables[0].clone();
    let each = &mut package.root.container_mut().unwrap().executables;
    let each = each.iter_mut().find(|executable| executable.name == "Each file").unwrap();
    each.variables.push(package::Variable { name: "inner".to_owned(), ..inner });
    let path = r"\Package\Each file.Variables[User::inner].Value";
    assert_eq!(name(&package, path).as_deref(), Some("User::inner"));
    for path in [r"\Package.Properties[X]", r"\Package\No.Variables[a].Value", "Rows", ""] {
        assert_eq!(name(&package, path), None, "{path}");
    }
}

#[test]
fn a_path_leads_through_containers_and_event_handlers() {
    let package = set(r"\Package\Each file\Flow.Properties[DefaultBufferMaxRows]", 7).unwrap();
    let TaskKind::DataFlow(flow) = task(&package, r"Package\Each file\Flow") else { panic!() };
    assert_eq!(flow.default_buffer_max_rows, 7);

    let path = r"\Package.EventHandlers[OnError]\Note.Properties[Expression]";
    let package = set(path, "@a = 1").unwrap();
    let TaskKind::Expression(note) = task(&package, r"Package.EventHandlers[OnError]\Note") else {
        panic!()
    };
    assert_eq!(note.expression, "@a = 1");

    let path = r"\Package.EventHandlers[OnError].Variables[System::Propagate].Value";
    let package = set(path, true).unwrap();
    let handler = &package.root.event_handlers[0].body;
    assert_eq!(handler.variables[0].value, Value::Bool(true));
}

#[test]
fn a_component_is_found_by_a_name_with_brackets() {
    let path = r"\Package\Each file\Flow.Properties[[Big [or] not].[FriendlyExpression]]";
    let package = set(path, "b > 1").unwrap();
    let TaskKind::DataFlow(flow) = task(&package, r"Package\Each file\Flow") else { panic!() };
    assert_eq!(flow.components[1].property("FriendlyExpression"), Some("b > 1"));
    let refusal = set(r"\Package\Each file\Flow.Properties[[Orders].[Nothing]]", 1).unwrap_err();
    insta::assert_snapshot!(refusal, @r"`Package\Each file\Flow` has no property `[Orders].[Nothing]` that can be set");
}

#[test]
fn loops_and_their_enumerators_have_properties() {
    let path = r"\Package\Each file.ForEachEnumerator.Properties[Directory]";
    let package = set(path, r"C:\New").unwrap();
    let ExecutableKind::ForEach(each) = &package.root.children()[0].kind else { panic!() };
    let ForEachKind::File { folder, .. } = &each.enumerator.kind else { panic!() };
    assert_eq!(folder, r"C:\New");
    let package = set(r"\Package\Count to 3.Properties[EvalExpression]", "@i < 9").unwrap();
    let ExecutableKind::ForLoop(each) = &package.root.children()[1].kind else { panic!() };
    assert_eq!(each.eval, "@i < 9");
}

#[test]
fn tasks_take_names_and_numbers_of_enumerations() {
    for operation in [Text::from(2), Text::from("DeleteFile")] {
        let package = set(r"\Package\Count to 3\Copy.Properties[Operation]", operation).unwrap();
        let TaskKind::FileSystem(copy) = task(&package, r"Package\Count to 3\Copy") else {
            panic!()
        };
        assert_eq!(copy.operation, FileSystemOperation::DeleteFile);
    }
    let package = set(r"\Package\Count to 3\Copy.Properties[Attributes]", 6).unwrap();
    let TaskKind::FileSystem(copy) = task(&package, r"Package\Count to 3\Copy") else { panic!() };
    assert_eq!(copy.attributes, ["Hidden", "ReadOnly"]);
    let package = set(r"\Package\Child.Properties[PackageName]", "Other.dtsx").unwrap();
    let TaskKind::ExecutePackage(child) = task(&package, r"Package\Child") else { panic!() };
    let other = PackageReference::Project { package_name: "Other.dtsx".to_owned() };
    assert_eq!(child.reference, other);
    let package = set(r"\Package\Truncate.Properties[SqlStatementSource]", "SELECT 1").unwrap();
    let TaskKind::ExecuteSql(sql) = task(&package, r"Package\Truncate") else { panic!() };
    assert_eq!(sql.statement, "SELECT 1");
}

#[test]
fn the_package_and_every_executable_have_the_common_properties() {
    let package = set(r"\Package.Properties[MaxConcurrentExecutables]", 4).unwrap();
    assert_eq!(package.max_concurrent_executables, 4);
    let package = set(r"\Package.Properties[MaximumErrorCount]", "5").unwrap();
    assert_eq!(package.root.max_error_count, 5);
    let package = set(r"\Package\Each file.Properties[Disable]", "True").unwrap();
    assert!(package.root.children()[0].disabled);
    let refusal = set(r"\Package\Each file.Properties[Colour]", "red").unwrap_err();
    insta::assert_snapshot!(refusal, @r"`Package\Each file` has no property `Colour` that can be set");
}

#[test]
fn a_connection_manager_keeps_its_password_out_of_its_string() {
    let path = r"\Package.Connections[Warehouse].Properties[ConnectionString]";
    let package = set(path, "Data Source=other;Password=pass-word-9;Provider=x;").unwrap();
    let warehouse = package.connection("Warehouse").unwrap();
    assert_eq!(warehouse.connection_string.as_str(), "Data Source=other;Provider=x;");
    assert_eq!(warehouse.password.as_ref().unwrap().expose(), "pass-word-9");

    let path = r"\Package.Connections[Warehouse].Properties[ServerName]";
    let package = set(path, "other").unwrap();
    let string = &package.connection("Warehouse").unwrap().connection_string;
    assert_eq!(
        string.as_str(),
        "Data Source=other;User ID=loader;Initial Catalog=Sales;Provider=SQLNCLI11.1;"
    );
}

#[test]
fn connection_parameters_set_connection_managers() {
    let mut package = load();
    let set = |package: &mut Package, name: &str, value: Value| {
        package.set_connection_parameter(name, &value).map_err(|error| error.to_string())
    };
    set(&mut package, "CM.Orders.ConnectionString", Value::text("D:\\new.csv")).unwrap();
    set(&mut package, "CM.Orders.CodePage", Value::I4(65_001)).unwrap();
    set(&mut package, "CM.Orders.TextQualifier", Value::text("<none>")).unwrap();
    let orders = package.connection("Orders").unwrap();
    assert_eq!(orders.connection_string.as_str(), "D:\\new.csv");
    let ConnectionKind::FlatFile(format) = &orders.kind else { panic!() };
    assert_eq!((format.code_page, format.text_qualifier.as_deref()), (65_001, None));
    insta::assert_snapshot!(set(&mut package, "CM.Lost.UserName", Value::Null).unwrap_err(), @"path `CM.Lost.UserName` names no object of the package: there is no `Lost`");
    insta::assert_snapshot!(set(&mut package, "CM.Orders.CodePage", Value::text("big")).unwrap_err(), @"property `CodePage` of connection manager `Orders` does not take the value `big`");
    assert_eq!(split_connection_parameter("CM.a.b.c.Password"), Some(("a.b.c", "Password")));
    assert_eq!(split_connection_parameter("Since"), None);
}

#[test]
fn a_path_that_names_nothing_says_what_is_missing() {
    insta::assert_snapshot!(set(r"\Package\Lost.Properties[Disable]", 1).unwrap_err(), @r"path `\Package\Lost.Properties[Disable]` names no object of the package: there is no `Lost.Properties[Disable]`");
    insta::assert_snapshot!(set("Rows=1", 1).unwrap_err(), @r"`Rows=1` is not a path like `\Package\Task.Properties[Name]`");
    insta::assert_snapshot!(set(r"\Package.Variables[Lost].Value", 1).unwrap_err(), @r"path `\Package.Variables[Lost].Value` names no object of the package: there is no `Lost`");
}

proptest::proptest! {
    #[test]
    fn any_path_is_an_answer(tail in r"[\\.A-Za-z\[\]: ]{0,40}") {
        let mut package = load();
        let path = format!("\\Package{tail}");
        let set = package.set_property(&path, &Value::text("x"));
        if let Err(error) = set {
            proptest::prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn an_ftp_server_is_where_its_last_setting_says() {
    // As formats before 6 write it: every setting is an element of the inner element.
    let text = r#"<DTS:ConnectionManager xmlns:DTS="www.microsoft.com/SqlServer/Dts"
  DTS:ObjectName="Partner" DTS:CreationName="FTP"><DTS:ObjectData><DTS:ConnectionManager>
    <DTS:FtpConnection>
      <DTS:Property DTS:Name="ServerName">ftp.example.com</DTS:Property>
      <DTS:Property DTS:Name="ServerPort">2121</DTS:Property>
      <DTS:Property DTS:Name="UsePassiveMode">-1</DTS:Property>
      <DTS:Property DTS:Name="ConnectionString">ftp.example.com:2121</DTS:Property>
      <DTS:Property DTS:Name="ServerPassword" DTS:Sensitive="1">open sesame</DTS:Property>
    </DTS:FtpConnection></DTS:ConnectionManager></DTS:ObjectData></DTS:ConnectionManager>"#;
    let read = ConnectionManager::from_bytes("P.conmgr", text.as_bytes(), &ReadOptions::default());
    let (mut manager, diagnostics) = read.unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(manager.ftp_address(), "ftp.example.com:2121");
    assert_eq!(manager.password.as_ref().map(|password| password.expose()), Some("open sesame"));
    assert!(!format!("{manager:?}").contains("sesame"));
    assert_eq!(manager.property("UsePassiveMode"), Some(Value::Bool(true)));
    let address = |manager: &mut ConnectionManager, property: &str, value: Value| {
        manager.set_property(property, &value).unwrap();
        let text = manager.connection_string.as_str().to_owned();
        (manager.ftp_address(), text)
    };
    let twice = |text: &str| (text.to_owned(), text.to_owned());
    let set = |manager: &mut ConnectionManager, property: &str, value: Value, wanted: &str| {
        assert_eq!(address(manager, property, value), twice(wanted), "{property}");
    };
    set(&mut manager, "ServerPort", Value::I4(21), "ftp.example.com:21");
    set(&mut manager, "ConnectionString", Value::text("a:2222"), "a:2222");
    set(&mut manager, "ServerName", Value::text("b"), "b:2222");
}
