//! Execute SQL Task, as far as it goes without a server.

use std::net::TcpListener;

use crate::sql_server::{Server, done};
use crate::support::{
    escape, executables, nothing, package_of, project, run, task, variable, variable_of,
};

fn connection(kind: &str, string: &str) -> String {
    format!(
        r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Warehouse]" DTS:CreationName="{kind}"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000D5}}" DTS:ObjectName="Warehouse"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:ConnectionString="{string}" />
</DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>"#
    )
}

fn sql(attributes: &str, inside: &str) -> String {
    let data = format!(
        r#"<SQLTask:SqlTaskData xmlns:SQLTask="www.microsoft.com/sqlserver/dts/tasks/sqltask"
  SQLTask:Connection="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000D5}}" {attributes}>{inside}</SQLTask:SqlTaskData>"#
    );
    task("Q", "Microsoft.ExecuteSQLTask", "", &data)
}

const SELECT: &str = r#"SQLTask:SqlStatementSource="SELECT 1""#;

fn of(connection: &str, variables: &str, task: String) -> crate::support::Ran {
    let head = format!("{connection}<DTS:Variables>{variables}</DTS:Variables>");
    run(&package_of("", &head, &executables(&[nothing("A"), task]))).failed()
}

#[test]
fn a_server_that_does_not_answer_gives_the_connection_error() {
    // A port where nobody listens any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (kind, provider) in [("OLEDB", "Provider=SQLNCLI11.1;"), ("ADO.NET:SQL", "")] {
        let string = format!("Data Source=127.0.0.1,{port};User ID=sa;Password=hunter2;{provider}");
        let ran = of(&connection(kind, &string), "", sql(SELECT, ""));
        assert_eq!(ran.codes(), [0xC020_2009, 0xC002_91EC], "{:?}", ran.complaints());
        let events = ran.events();
        let first = events.iter().find(|event| event.code == 0xC020_2009).unwrap();
        assert_eq!(first.subcomponent, "Connection manager \"Warehouse\"");
        assert!(first.description.contains(&port.to_string()), "{}", first.description);
        assert!(!format!("{events:?}").contains("hunter2"));
        let mut started = ran.started();
        started.sort();
        assert_eq!(started, ["A", "Q"]);
    }
}

#[test]
fn a_provider_that_is_not_sql_server_is_named() {
    let ran =
        of(&connection("OLEDB", "Provider=OraOLEDB.Oracle.1;Data Source=x"), "", sql(SELECT, ""));
    assert_eq!(ran.codes(), [0xC020_9302, 0xC002_91EC]);
    assert!(format!("{:?}", ran.events()).contains("OraOLEDB.Oracle.1"));
    for (string, named) in [
        ("Provider=OraOLEDB.Oracle.1;Data Source=x", true),
        ("Provider=SQLNCLI11.1;Data Source=x", false),
    ] {
        let text = package_of("", &connection("OLEDB", string), &executables(&[sql(SELECT, "")]));
        let project = project(&[("P.dtsx", &text)]);
        let found = runtime::check(&project, &project.packages[0].package);
        assert_eq!(found.iter().any(|found| found.feature == "Provider OraOLEDB.Oracle.1"), named);
    }
}

#[test]
fn settings_that_cannot_work_are_found_at_validation() {
    let server = connection("OLEDB", "Provider=SQLNCLI11.1;Data Source=127.0.0.1;User ID=sa");
    let first = |variables: &str, task: String| {
        let ran = of(&server, variables, task);
        assert!(ran.started().is_empty());
        ran.codes()[0]
    };
    assert_eq!(first("", sql("", "")), 0xC002_91D4);
    let missing = sql(SELECT, "").replace("0000000000D5", "0000000000D6");
    assert_eq!(first("", missing), 0xC002_91EB);
    let single = format!(r#"{SELECT} SQLTask:ResultType="ResultSetType_SingleRow""#);
    assert_eq!(first("", sql(&single, "")), 0xC002_91E2);
    let bind = |name: &str, variable: &str| {
        format!(
            r#"<SQLTask:ResultBinding SQLTask:ResultName="{name}" SQLTask:DtsVariableName="User::{variable}" />"#
        )
    };
    assert_eq!(first("", sql(&single, &bind("0", "n"))), 0xC002_91EA);
    let fixed = variable_of("n", 3, "0", r#"DTS:ReadOnly="True""#);
    assert_eq!(first(&fixed, sql(&single, &bind("0", "n"))), 0xC002_91DC);
    let rows = format!(r#"{SELECT} SQLTask:ResultType="ResultSetType_Rowset""#);
    assert_eq!(first(&variable("n", 13, ""), sql(&rows, &bind("1", "n"))), 0xC002_91E3);
    let parameter = |name: &str, direction: &str| {
        format!(
            r#"<SQLTask:ParameterBinding SQLTask:ParameterName="{name}" SQLTask:DtsVariableName="User::n"
  SQLTask:ParameterDirection="{direction}" SQLTask:DataType="3" SQLTask:ParameterSize="-1" />"#
        )
    };
    assert_eq!(first(&fixed, sql(SELECT, &parameter("0", "Output"))), 0xC002_91DE);
    let two = parameter("0", "Input") + &parameter("1", "ReturnValue");
    assert_eq!(first(&variable("n", 3, "0"), sql(SELECT, &two)), 0xC002_91E6);
}

#[test]
fn a_bulk_insert_is_a_statement_for_the_server() {
    let server = Server::start(|_| done());
    let string = escape(&server.connection_string());
    let file = r#"<DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[File]"
  DTS:CreationName="FILE" DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000D6}" DTS:ObjectName="File">
  <DTS:ObjectData><DTS:ConnectionManager DTS:ConnectionString="D:\Load\orders.csv" /></DTS:ObjectData>
</DTS:ConnectionManager></DTS:ConnectionManagers>"#;
    let head = connection("OLEDB", &string).replace("</DTS:ConnectionManagers>", file);
    let data = r#"<BulkInsertTask:BulkInsertTaskData
  xmlns:BulkInsertTask="www.microsoft.com/sqlserver/dts/tasks/bulkinserttask"
  BulkInsertTask:SourceConnectionName="{2D0C7A4C-3A3B-4C65-9E5C-0000000000D6}"
  BulkInsertTask:DestinationConnectionName="{2D0C7A4C-3A3B-4C65-9E5C-0000000000D5}"
  BulkInsertTask:DestinationTableName="[dbo].[Orders]" BulkInsertTask:TableLock="True"
  BulkInsertTask:FieldTerminator="Comma {,}" BulkInsertTask:RowTerminator="{CR}{LF}"
  BulkInsertTask:FirstRow="2" />"#;
    let body = executables(&[task("Load", "Microsoft.BulkInsertTask", "", data)]);
    run(&package_of("", &head, &body)).succeeded();
    let statement = r"BULK INSERT [dbo].[Orders] FROM 'D:\Load\orders.csv' WITH (DATAFILETYPE = 'char', FIELDTERMINATOR = ',', ROWTERMINATOR = '0x0d0a', FIRSTROW = 2, MAXERRORS = 2147483647, TABLOCK)";
    let asked = server.asked();
    assert!(asked.iter().any(|text| text.contains(statement)), "{asked:?}");
    let elsewhere = connection("ODBC", "Driver={SQLite3 ODBC Driver};Database=x.db")
        .replace("</DTS:ConnectionManagers>", file);
    let project = project(&[("P.dtsx", &package_of("", &elsewhere, &body))]);
    let found = runtime::check(&project, &project.packages[0].package);
    assert!(found[0].message.contains("SQLite has no BULK INSERT"), "{found:?}");
}
