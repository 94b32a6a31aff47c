//! Data Flow Task: what it takes from the package, and what its events become.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::record::Record;
use model::{ExecutionResult, LoggingLevel, MessageSourceType, MessageType};
use runtime::{Cancel, Event, Logging, Sink};

use crate::support::{
    constraint, constraints, executables, expression, options, package_of, run, run_with, task,
    variable,
};

/// A flat file of numbers, whose path is that of the variable User::file.
pub(crate) const CONNECTION: &str = r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Numbers]" DTS:CreationName="FLATFILE"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000A1}" DTS:ObjectName="Numbers">
  <DTS:PropertyExpression DTS:Name="ConnectionString">@[User::file]</DTS:PropertyExpression>
  <DTS:ObjectData><DTS:ConnectionManager DTS:CodePage="1252" DTS:ConnectionString="C:\none.txt"
    DTS:Format="Delimited" DTS:HeaderRowDelimiter="_x000A_" DTS:LocaleID="1033" DTS:RowDelimiter=""
    DTS:TextQualifier="_x003C_none_x003E_"><DTS:FlatFileColumns>
    <DTS:FlatFileColumn DTS:ColumnType="Delimited" DTS:ColumnDelimiter="_x000A_" DTS:CreationName=""
      DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000A2}" DTS:DataType="3" DTS:ObjectName="N" />
  </DTS:FlatFileColumns></DTS:ConnectionManager></DTS:ObjectData>
</DTS:ConnectionManager></DTS:ConnectionManagers>"#;

/// Reads the numbers and counts them into the variable User::rows.
pub(crate) const PIPELINE: &str = r##"<pipeline version="1"><components>
<component refId="Package\Load\Source" componentClassID="Microsoft.FlatFileSource" localeId="1033"
  name="Source" usesDispositions="true" version="1">
  <properties><property dataType="System.Boolean" name="RetainNulls">false</property>
    <property dataType="System.String" name="FileNameColumnName"></property></properties>
  <connections><connection refId="Package\Load\Source.Connections[FlatFileConnection]"
    connectionManagerID="Package.ConnectionManagers[Numbers]"
    connectionManagerRefId="Package.ConnectionManagers[Numbers]" name="FlatFileConnection" />
  </connections>
  <outputs><output refId="Package\Load\Source.Outputs[Out]" name="Out">
    <outputColumns><outputColumn refId="Package\Load\Source.Outputs[Out].Columns[N]" dataType="i4"
      errorOrTruncationOperation="Conversion" errorRowDisposition="FailComponent"
      externalMetadataColumnId="Package\Load\Source.Outputs[Out].ExternalColumns[N]"
      lineageId="Package\Load\Source.Outputs[Out].Columns[N]" name="N"
      truncationRowDisposition="FailComponent"><properties>
      <property dataType="System.Boolean" name="FastParse">false</property>
      <property dataType="System.Boolean" name="UseBinaryFormat">false</property>
    </properties></outputColumn></outputColumns>
    <externalMetadataColumns isUsed="True"><externalMetadataColumn
      refId="Package\Load\Source.Outputs[Out].ExternalColumns[N]" dataType="i4" name="N" />
    </externalMetadataColumns></output></outputs>
</component>
<component refId="Package\Load\Count" componentClassID="Microsoft.RowCount" name="Count" version="1">
  <properties><property dataType="System.String" name="VariableName">User::rows</property></properties>
  <inputs><input refId="Package\Load\Count.Inputs[In]" hasSideEffects="true" name="In">
    <externalMetadataColumns /></input></inputs>
  <outputs><output refId="Package\Load\Count.Outputs[Out]" name="Out"
    synchronousInputId="Package\Load\Count.Inputs[In]"><externalMetadataColumns /></output></outputs>
</component>
</components><paths><path refId="Package\Load.Paths[Out]" name="Out"
  startId="Package\Load\Source.Outputs[Out]" endId="Package\Load\Count.Inputs[In]" /></paths>
</pipeline>"##;

/// Counts the rows of a file, then fails unless there are `rows`.
pub(crate) fn counts(file: &Path, rows: usize) -> String {
    let variables = variable("file", 8, &file.display().to_string())
        + &variable("rows", 3, "0")
        + &variable("ok", 3, "0");
    let check = format!("@[User::ok] = 1 / (@[User::rows] == {rows} ? 1 : 0)");
    let body = executables(&[
        task("Load", "Microsoft.Pipeline", "", PIPELINE),
        expression("Check", &check),
    ]) + &constraints(&[constraint("", "Load", "Check", "")]);
    let head = format!("{CONNECTION}<DTS:Variables>{variables}</DTS:Variables>");
    package_of("", &head, &body)
}

pub(crate) fn numbers(folder: &Path, n: u32) -> std::path::PathBuf {
    let mut text = String::new();
    (0..n).for_each(|number| writeln!(text, "{number}").unwrap());
    let file = folder.join("numbers.txt");
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn rows_are_counted_into_a_variable_from_a_file_that_an_expression_names() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&counts(&numbers(folder.path(), 25_000), 25_000)).succeeded();
    assert_eq!(ran.result.rows_read, 25_000);
    let phases = ran.lines(|event| {
        event.kind == MessageType::Information && event.subcomponent == "SSIS.Pipeline"
    });
    let phases: Vec<&str> = phases.iter().filter_map(|line| line.split("0x").nth(1)).collect();
    assert_eq!(
        phases,
        [
            "4004300A Validation phase is beginning.",
            "4004300A Validation phase is beginning.",
            "40043006 Prepare for Execute phase is beginning.",
            "40043007 Pre-Execute phase is beginning.",
            "4004300C Execute phase is beginning.",
            "40043008 Post Execute phase is beginning.",
            "40043009 Cleanup phase is beginning.",
        ]
    );
}

#[test]
fn an_expression_may_set_a_property_of_a_component() {
    let folder = tempfile::tempdir().unwrap();
    let set = r#"<DTS:PropertyExpression DTS:Name="[Count].[VariableName]">"User::" + "ok"</DTS:PropertyExpression><DTS:ObjectData><pipeline"#;
    let text = counts(&numbers(folder.path(), 3), 0);
    run(&text).failed();
    run(&text.replace("<DTS:ObjectData><pipeline", set)).succeeded();
}

#[test]
fn a_bad_value_fails_the_task_with_the_cascade_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("numbers.txt");
    fs::write(&file, "1\n2\nthree\n").unwrap();
    let ran = run(&counts(&file, 3)).failed();
    let codes = ran.codes();
    for code in [0xC020_2092, 0xC020_9029, 0xC004_7038] {
        assert!(codes.contains(&code), "{:#?}", ran.complaints());
    }
    let error = ran.events().into_iter().find(|event| event.kind == MessageType::Error).unwrap();
    assert_eq!(error.source.kind, MessageSourceType::DataFlow);
    assert!(error.subcomponent.starts_with("Source ["), "{}", error.subcomponent);
    assert_eq!(ran.started(), ["Load"]);
}

#[test]
fn a_missing_file_is_an_error_of_the_run_that_names_it() {
    let ran = run(&counts(Path::new("/no/such/numbers.txt"), 0)).failed();
    let said = format!("{:?}", ran.complaints());
    assert!(said.contains("/no/such/numbers.txt"), "{said}");
}

#[test]
fn statistics_of_components_and_paths_come_with_their_levels() {
    let folder = tempfile::tempdir().unwrap();
    let text = counts(&numbers(folder.path(), 25_000), 25_000);
    let count = |level: LoggingLevel| {
        let ran = run_with(&[("P.dtsx", &text)], |options| options.logging = Logging::from(level));
        let records = ran.succeeded().records();
        let phases =
            records.iter().filter(|record| matches!(record, Record::ComponentPhase(_))).count();
        let rows: i64 = records
            .iter()
            .filter_map(|record| {
                let Record::DataStatistics(row) = record else { return None };
                assert_eq!(row.task_name, "Load");
                assert_eq!(row.execution_path, "\\Package\\Load");
                Some(row.rows_sent)
            })
            .sum();
        (phases != 0, rows)
    };
    assert_eq!(count(LoggingLevel::Basic), (false, 0));
    assert_eq!(count(LoggingLevel::Performance), (true, 0));
    assert_eq!(count(LoggingLevel::Verbose), (true, 25_000));
}

/// Asks to stop when the first rows have gone along a path.
struct StopsAtFirstRows(Cancel);

impl Sink for StopsAtFirstRows {
    fn record(&self, _: Record) {}

    fn event(&self, event: &Event) {
        if event.name == "OnPipelineRowsSent" {
            self.0.cancel();
        }
    }
}

#[test]
fn a_stop_ends_a_data_flow_between_two_batches() {
    let folder = tempfile::tempdir().unwrap();
    let text = counts(&numbers(folder.path(), 1_000_000), 1_000_000);
    let cancel = Cancel::new();
    let sink = Arc::new(StopsAtFirstRows(cancel.clone()));
    let result = runtime::run(options(&[("P.dtsx", &text)], |_| {}), sink, cancel);
    assert_eq!(result.result, ExecutionResult::Canceled);
}
