//! Execute SQL and data flows on a database that is really there: a SQLite file.

use crate::support::{
    constraint, constraints, escape, executables, expression, package_of, run, task, variable,
};

/// Two managers of one file; `Kept` has one connection for all.
fn connections(file: &str) -> String {
    let manager = |name: &str, id: u8, retain: &str| {
        format!(
            r#"<DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[{name}]"
  DTS:CreationName="ODBC" DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000{id}}}" DTS:ObjectName="{name}">
  <DTS:ObjectData><DTS:ConnectionManager {retain}
    DTS:ConnectionString="Driver={{SQLite3 ODBC Driver}};Database={file}" /></DTS:ObjectData>
</DTS:ConnectionManager>"#
        )
    };
    let (own, kept) = (manager("Own", 11, ""), manager("Kept", 12, r#"DTS:Retain="True""#));
    format!("<DTS:ConnectionManagers>{own}{kept}</DTS:ConnectionManagers>")
}

fn sql(name: &str, text: &str, attributes: &str, inside: &str) -> String {
    let data = format!(
        r#"<SQLTask:SqlTaskData xmlns:SQLTask="www.microsoft.com/sqlserver/dts/tasks/sqltask"
  SQLTask:Connection="{{2D0C7A4C-3A3B-4C65-9E5C-000000000012}}" {attributes}
  SQLTask:SqlStatementSource="{}">{inside}</SQLTask:SqlTaskData>"#,
        escape(text)
    );
    task(name, "Microsoft.ExecuteSQLTask", r#"DTS:DelayValidation="True""#, &data)
}

/// From `source` over its own connection into the temporary table `staged` of the kept one.
const COPY: &str = r##"<pipeline version="1"><components>
<component refId="Package\Copy\Source" componentClassID="Attunity.SSISODBCSrc" name="Source" version="7">
  <properties><property dataType="System.Int32" name="AccessMode">1</property>
    <property dataType="System.String" name="SqlCommand">SELECT n FROM source</property></properties>
  <connections><connection refId="Package\Copy\Source.Connections[C]" name="OdbcConnection"
    connectionManagerID="Package.ConnectionManagers[Own]"
    connectionManagerRefId="Package.ConnectionManagers[Own]" /></connections>
  <outputs><output refId="Package\Copy\Source.Outputs[Out]" name="Out"><outputColumns><outputColumn
      refId="Package\Copy\Source.Outputs[Out].Columns[n]" dataType="i4" name="n"
      lineageId="Package\Copy\Source.Outputs[Out].Columns[n]" errorRowDisposition="FailComponent"
      truncationRowDisposition="FailComponent" /></outputColumns><externalMetadataColumns />
  </output></outputs>
</component>
<component refId="Package\Copy\Target" componentClassID="Attunity.SSISODBCDst" name="Target" version="2">
  <properties><property dataType="System.String" name="TableName">staged</property></properties>
  <connections><connection refId="Package\Copy\Target.Connections[C]" name="OdbcConnection"
    connectionManagerID="Package.ConnectionManagers[Kept]"
    connectionManagerRefId="Package.ConnectionManagers[Kept]" /></connections>
  <inputs><input refId="Package\Copy\Target.Inputs[In]" hasSideEffects="true" name="In"
    errorRowDisposition="FailComponent"><inputColumns><inputColumn
      refId="Package\Copy\Target.Inputs[In].Columns[n]" cachedName="n" cachedDataType="i4"
      externalMetadataColumnId="Package\Copy\Target.Inputs[In].ExternalColumns[n]"
      lineageId="Package\Copy\Source.Outputs[Out].Columns[n]" /></inputColumns>
    <externalMetadataColumns isUsed="True"><externalMetadataColumn dataType="i4" name="n"
      refId="Package\Copy\Target.Inputs[In].ExternalColumns[n]" /></externalMetadataColumns>
  </input></inputs>
</component>
</components><paths><path refId="Package\Copy.Paths[Out]" name="Out"
  startId="Package\Copy\Source.Outputs[Out]" endId="Package\Copy\Target.Inputs[In]" /></paths>
</pipeline>"##;

#[test]
fn tasks_and_data_flows_share_a_connection_that_is_retained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.db");
    let variables =
        variable("least", 3, "2") + &variable("total", 3, "0") + &variable("ok", 3, "0");
    let parameter = r#"<SQLTask:ParameterBinding SQLTask:ParameterName="1"
  SQLTask:DtsVariableName="User::least" SQLTask:ParameterDirection="Input" SQLTask:DataType="4"
  SQLTask:ParameterSize="-1" />"#;
    let result = r#"<SQLTask:ResultBinding SQLTask:ResultName="total"
  SQLTask:DtsVariableName="User::total" />"#;
    let make = "CREATE TABLE source (n INTEGER); INSERT INTO source VALUES (1), (2), (3), (40);
        CREATE TEMP TABLE staged (n INTEGER)";
    let sum = "SELECT sum(n) AS total FROM staged WHERE n >= ?";
    let body = executables(&[
        sql("Make", make, "", ""),
        task("Copy", "Microsoft.Pipeline", r#"DTS:DelayValidation="True""#, COPY),
        sql(
            "Sum",
            sum,
            r#"SQLTask:ResultType="ResultSetType_SingleRow""#,
            &(result.to_owned() + parameter),
        ),
        expression("Check", "@[User::ok] = 1 / (@[User::total] == 45 ? 1 : 0)"),
    ]) + &constraints(&[
        constraint("", "Make", "Copy", ""),
        constraint("", "Copy", "Sum", ""),
        constraint("", "Sum", "Check", ""),
    ]);
    let head = connections(&file.display().to_string())
        + &format!("<DTS:Variables>{variables}</DTS:Variables>");
    let ran = run(&package_of("", &head, &body)).succeeded();
    assert_eq!(ran.result.rows_written, 4);
}

#[test]
fn an_error_of_the_database_is_the_tasks_own() {
    let folder = tempfile::tempdir().unwrap();
    let head = connections(&folder.path().join("test.db").display().to_string());
    let body = executables(&[sql("Q", "SELECT * FROM nowhere", "", "")]);
    let ran = run(&package_of("", &head, &body)).failed();
    assert_eq!(ran.codes()[0], 0xC002_F210);
    assert!(ran.complaints()[0].contains("nowhere"), "{:?}", ran.complaints());
}
