//! Files in, files out: a Flat File Source whose rows and bad rows go to Flat File Destinations.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use model::{DataType, Span, Ticks, Timestamp, Value, dts};
use package::{
    Component, ComponentClass, ComponentConnection, ConnectionKind, ConnectionManager,
    ConnectionString, Disposition, ExternalColumn, FileUsage, FlatFileColumn, FlatFileColumnKind,
    FlatFileFormat, FlatFileKind, Pipeline, PipelinePath,
};

use crate::testing::{component, data_type, dispose, input, output, property};
use crate::{Cancel, DataFlow, DataFlowEvent, Environment, OutsideError, Settings, VariableValue};

/// A source, a destination for its rows, and one for those with errors.
pub(crate) struct Flow {
    folder: tempfile::TempDir,
    managers: HashMap<String, Arc<ConnectionManager>>,
    events: Mutex<Vec<DataFlowEvent>>,
    pub(crate) pipeline: Pipeline,
    batch_rows: usize,
}

/// `id i4, name str:3` as columns of a comma-separated file.
pub(crate) fn format(columns: &str) -> FlatFileFormat {
    let columns: Vec<&str> = columns.split(',').map(str::trim).collect();
    let last = columns.len() - 1;
    let column = |(at, column): (usize, &&str)| {
        let (name, type_text) = column.split_once(' ').unwrap();
        FlatFileColumn {
            name: name.to_owned(),
            id: String::new(),
            kind: FlatFileColumnKind::Delimited,
            delimiter: if at == last { "\n" } else { "," }.to_owned(),
            width: 0,
            maximum_width: 0,
            data_type: data_type(type_text),
            text_qualified: true,
            span: Span::default(),
        }
    };
    FlatFileFormat {
        format: FlatFileKind::Delimited,
        locale_id: Some(1033),
        text_qualifier: Some("\"".to_owned()),
        header_row_delimiter: "\n".to_owned(),
        usage: FileUsage::ExistingFile,
        columns: columns.iter().enumerate().map(column).collect(),
        ..FlatFileFormat::default()
    }
}

fn connection(manager: &str) -> ComponentConnection {
    ComponentConnection {
        ref_id: String::new(),
        name: "FlatFileConnection".to_owned(),
        connection_manager: manager.to_owned(),
        span: Span::default(),
    }
}

fn external(component: &str, name: &str, data_type: DataType) -> ExternalColumn {
    ExternalColumn {
        ref_id: format!("{component}.ExternalColumns[{name}]"),
        name: name.to_owned(),
        data_type,
        properties: Vec::new(),
        span: Span::default(),
    }
}

impl Flow {
    /// A source with these output columns; its connection manager has the same columns.
    pub(crate) fn new(columns: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("in.csv"), text).unwrap();
        let mut flow = Self {
            folder,
            managers: HashMap::new(),
            events: Mutex::default(),
            pipeline: Pipeline::default(),
            batch_rows: 1000,
        };
        flow.manage("in.csv", format(columns));
        let mut source = component(ComponentClass::FlatFileSource, "S");
        source.connections.push(connection("in.csv"));
        source.outputs.push(output("S", "Out", columns));
        let mut errors = output("S", "Errors", "Row text, ErrorCode i4, ErrorColumn i4");
        errors.is_error_output = true;
        errors.columns[1].special_flags = 1;
        errors.columns[2].special_flags = 2;
        source.outputs.push(errors);
        let names: Vec<String> = columns.split(',').map(|c| c.trim().to_owned()).collect();
        let names: Vec<&str> = names.iter().map(|c| c.split(' ').next().unwrap()).collect();
        flow.pipeline.components.push(source);
        flow.target("Good", "Out", &names);
        flow.target("Bad", "Errors", &["Row", "ErrorCode", "ErrorColumn"]);
        flow
    }

    pub(crate) fn manage(&mut self, file: &str, format: FlatFileFormat) {
        self.manage_as(file, file, ConnectionKind::FlatFile(Box::new(format)));
    }

    fn manage_as(&mut self, name: &str, path: &str, kind: ConnectionKind) {
        let manager = ConnectionManager {
            ref_id: name.to_owned(),
            id: String::new(),
            name: name.to_owned(),
            description: String::new(),
            creation_name: "FLATFILE".to_owned(),
            kind,
            connection_string: ConnectionString::new(format!(r"C:\{path}")),
            password: None,
            retain: false,
            delay_validation: false,
            property_expressions: Vec::new(),
            properties: Vec::new(),
            is_project_level: false,
            span: Span::default(),
        };
        self.managers.insert(name.to_owned(), Arc::new(manager));
    }

    /// A destination with columns of text, behind an output of the source.
    fn target(&mut self, name: &str, from: &str, columns: &[&str]) {
        let texts = columns.iter().map(|column| format!("{column} wstr:200"));
        let mut texts = format(&texts.collect::<Vec<_>>().join(","));
        texts.text_qualifier = None;
        texts.unicode = false;
        texts.code_page = 65001;
        self.manage(&format!("{name}.txt"), texts);
        let lineages: Vec<String> = columns.iter().map(|column| format!("S.{column}")).collect();
        let lineages: Vec<&str> = lineages.iter().map(String::as_str).collect();
        let mut target = component(ComponentClass::FlatFileDestination, name);
        target.connections.push(connection(&format!("{name}.txt")));
        let mut input = input(name, "In", &lineages);
        input.has_side_effects = true;
        for (column, column_name) in input.columns.iter_mut().zip(columns) {
            let external = external(name, column_name, DataType::WStr { length: 200 });
            column.external_column.clone_from(&external.ref_id);
            input.external_columns.push(external);
        }
        target.inputs.push(input);
        self.pipeline.components.push(target);
        self.pipeline.paths.push(PipelinePath {
            ref_id: name.to_owned(),
            name: name.to_owned(),
            start: format!("S.Outputs[{from}]"),
            end: format!("{name}.Inputs[In]"),
            span: Span::default(),
        });
    }

    pub(crate) fn component(&mut self, name: &str) -> &mut Component {
        let mut components = self.pipeline.components.iter_mut();
        components.find(|component| component.name == name).unwrap()
    }

    fn dispose(&mut self, disposition: Disposition) -> &mut Self {
        for column in &mut self.component("S").outputs[0].columns {
            column.dispositions = dispose(disposition);
        }
        self
    }

    pub(crate) fn set(&mut self, component: &str, name: &str, text: &str) -> &mut Self {
        self.component(component).properties.push(property(name, text));
        self
    }

    pub(crate) fn change(&mut self, file: &str, change: impl FnOnce(&mut FlatFileFormat)) {
        let mut format = self.managers[file].flat_file().unwrap().clone();
        change(&mut format);
        self.manage(file, format);
    }

    pub(crate) fn file(&self, name: &str) -> String {
        let bytes = fs_err::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        fs_err::write(self.folder.path().join(name), text).unwrap();
    }

    /// Runs it and shows both files and all errors and warnings.
    pub(crate) fn run(&mut self) -> String {
        self.events.lock().unwrap().clear();
        let ran =
            DataFlow::validate(&self.pipeline, self).map(|flow| flow.run(self, &Cancel::new()));
        let mut shown = String::new();
        for (name, file) in [("", "Good.txt"), ("bad: ", "Bad.txt")] {
            for line in self.file(file).lines() {
                writeln!(shown, "{name}{line}").unwrap();
            }
        }
        for event in self.events.lock().unwrap().iter() {
            if let DataFlowEvent::Error { message, .. } = event {
                writeln!(shown, "E {:08X} {}", message.code, message.text).unwrap();
            }
            if let DataFlowEvent::Warning { message, .. } = event
                && message.code != dts::DTS_W_NOREDIRECTWITHATTACHEDERROROUTPUTS
            {
                writeln!(shown, "W {:08X} {}", message.code, message.text).unwrap();
            }
        }
        if let Err(error) = ran {
            let own: &dyn Error = &error;
            writeln!(shown, "invalid: {own}").unwrap();
        }
        shown.replace(self.folder.path().to_str().unwrap(), "FOLDER")
    }

    /// The informations of the last run with this code.
    pub(crate) fn informations(&self, codes: &[u32]) -> String {
        let events = self.events.lock().unwrap();
        let mut lines = Vec::new();
        for event in events.iter() {
            if let DataFlowEvent::Information { subcomponent, message } = event
                && codes.contains(&message.code)
            {
                lines.push(format!("{subcomponent}: {}", message.text));
            }
        }
        lines.join("\n")
    }
}

impl Environment for Flow {
    fn connection(&self, reference: &str) -> Option<Arc<ConnectionManager>> {
        self.managers.get(reference).cloned()
    }
    fn resolve_path(&self, path: &str) -> Result<PathBuf, OutsideError> {
        let map = connect::path::PathMap::new([(r"C:\", self.folder.path())], "/");
        Ok(map.resolve(path)?)
    }
    fn variable(&self, _: &str) -> Option<VariableValue> {
        None
    }
    fn set_variable(&self, _: &str, _: Value) -> Result<(), OutsideError> {
        Ok(())
    }
    fn event(&self, event: DataFlowEvent) {
        self.events.lock().unwrap().push(event);
    }
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
    fn now_local(&self) -> Ticks {
        Ticks(0)
    }
    fn locale_id(&self) -> u32 {
        1033
    }
    fn task_name(&self) -> &str {
        "DFT"
    }
    fn settings(&self) -> Settings {
        Settings { batch_rows: Some(self.batch_rows), ..Settings::default() }
    }
}

const COLUMNS: &str = "id i4, name str:3, price numeric:5:2";

#[test]
fn cells_become_values_of_their_columns_types() {
    let mut flow = Flow::new(COLUMNS, " 7 ,abc,1.5\n-8,\"a,b\",2\n");
    assert_snapshot!(flow.run(), @r"
    7,abc,1.50
    -8,a,b,2.00
    ");
}

#[test]
fn a_bad_cell_fails_its_row_with_the_codes_of_ssis() {
    let mut flow = Flow::new(COLUMNS, "1,abc,1\n2,abc,x\nx,abc,1\n");
    assert_snapshot!(flow.run(), @r#"
    1,abc,1.00
    E C02020A1 Data conversion failed. The data conversion for column "price" returned status value 2 and status text "The value could not be converted because of a potential loss of data.".
    E C0209029 SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The "S.Outputs[Out].Columns[price]" failed because error code 0xC0209084 occurred, and the error row disposition on "S.Outputs[Out].Columns[price]" specifies failure on error.
    E C0202092 An error occurred while processing file "C:\in.csv" on data row 2.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC0202092.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn a_text_that_is_too_long_is_a_truncation() {
    let mut flow = Flow::new(COLUMNS, "1,abcd,1\n");
    assert_snapshot!(flow.run(), @r#"
    E C02020A1 Data conversion failed. The data conversion for column "name" returned status value 4 and status text "Text was truncated or one or more characters had no match in the target code page.".
    E C020902A SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION. The "S.Outputs[Out].Columns[name]" failed because truncation occurred, and the truncation row disposition on "S.Outputs[Out].Columns[name]" specifies failure on truncation.
    E C0202092 An error occurred while processing file "C:\in.csv" on data row 1.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC0202092.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn ignored_errors_leave_null_and_ignored_truncations_the_start() {
    let mut flow = Flow::new(COLUMNS, "x,abcd,1\n300000000000,ab,1000\n");
    flow.dispose(Disposition::IgnoreFailure);
    assert_snapshot!(flow.run(), @r"
    ,abc,1.00
    ,ab,
    ");
}

#[test]
fn redirected_rows_leave_with_their_text_code_and_column() {
    let mut flow = Flow::new(COLUMNS, "1,abc,1\n2,\"a\nbcd\",2\nx,abcd,3\n4,abc,4\n5,abc,1e9\n");
    flow.dispose(Disposition::RedirectRow);
    assert_snapshot!(flow.run(), @r#"
    1,abc,1.00
    4,abc,4.00
    bad: 2,"a
    bad: bcd",2,-1071607675,5
    bad: x,abcd,3,-1071607676,4
    bad: 5,abc,1e9,-1071607673,6
    "#);
}

#[test]
fn batches_of_any_size_give_the_same_rows() {
    let text: String =
        (0..50).map(|n| format!("{n}{},abc,1\n", if n % 7 == 0 { "x" } else { "" })).collect();
    let mut flow = Flow::new(COLUMNS, &text);
    flow.dispose(Disposition::RedirectRow);
    let whole = flow.run();
    assert_eq!(whole.lines().count(), 50);
    for batch_rows in [1, 2, 3, 7, 49] {
        flow.batch_rows = batch_rows;
        assert_eq!(flow.run(), whole);
    }
}

#[test]
fn rows_before_a_bad_one_arrive_at_any_batch_size() {
    let mut flow = Flow::new(COLUMNS, "1,abc,1\n2,abc,1\n3,abc,x\n");
    for batch_rows in [1, 2, 3, 100] {
        flow.batch_rows = batch_rows;
        let shown = flow.run();
        assert!(shown.starts_with("1,abc,1.00\n2,abc,1.00\nE C02020A1"), "{shown}");
        assert!(shown.contains("on data row 3."), "{shown}");
    }
}

#[test]
fn empty_cells_are_defaults_or_null() {
    let mut flow = Flow::new("id i4, name str:3, day dbDate, yes bool", ",,,\n1\n");
    assert_snapshot!(flow.run(), @r"
    0,,1899-12-30,False
    1,,1899-12-30,False
    ");
    flow.set("S", "RetainNulls", "true");
    assert_snapshot!(flow.run(), @r"
    ,,,
    1,,,
    ");
}

#[test]
fn fast_parse_knows_no_thousands() {
    let mut flow = Flow::new("id i4, n i4", "1,\"1,000\"\n");
    assert_snapshot!(flow.run(), @"1,1000");
    let column = &mut flow.component("S").outputs[0].columns[1];
    column.properties.push(property("FastParse", "true"));
    assert_snapshot!(flow.run(), @r#"
    E C02020A1 Data conversion failed. The data conversion for column "n" returned status value 2 and status text "The value could not be converted because of a potential loss of data.".
    E C0209029 SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The "S.Outputs[Out].Columns[n]" failed because error code 0xC0209084 occurred, and the error row disposition on "S.Outputs[Out].Columns[n]" specifies failure on error.
    E C0202092 An error occurred while processing file "C:\in.csv" on data row 1.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC0202092.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn the_files_name_may_be_a_column() {
    let mut flow = Flow::new("id i4, path wstr:260", "1\n2\n");
    flow.change("in.csv", |format| {
        format.columns.truncate(1);
        format.columns[0].delimiter = "\n".to_owned();
    });
    flow.set("S", "FileNameColumnName", "path");
    assert_snapshot!(flow.run(), @r"
    1,C:\in.csv
    2,C:\in.csv
    ");
}

#[test]
fn several_files_are_read_one_after_the_other() {
    let mut flow = Flow::new("id i4", "");
    flow.put("b1.csv", "3\n");
    flow.put("B0.csv", "1\n2\n");
    let kind = ConnectionKind::MultiFlatFile(Box::new(format("id i4")));
    flow.manage_as("in.csv", "b*.csv", kind);
    assert_snapshot!(flow.run(), @r"
    1
    2
    3
    ");
    let codes = [
        dts::DTS_I_STARTPROCESSINGFILE,
        dts::DTS_I_TOTALDATAROWSPROCESSEDFORFILE,
        dts::DTS_I_FINISHPROCESSINGFILE,
    ];
    assert_snapshot!(flow.informations(&codes), @r#"
    S [2]: The processing of file "C:\B0.csv" has started.
    Good [9]: The processing of file "C:\Good.txt" has started.
    Bad [12]: The processing of file "C:\Bad.txt" has started.
    S [2]: The total number of data rows processed for file "C:\B0.csv" is 2.
    S [2]: The processing of file "C:\b1.csv" has started.
    S [2]: The total number of data rows processed for file "C:\b1.csv" is 1.
    S [2]: The processing of file "C:\B0.csv" has ended.
    S [2]: The processing of file "C:\b1.csv" has ended.
    Good [9]: The processing of file "C:\Good.txt" has ended.
    Bad [12]: The processing of file "C:\Bad.txt" has ended.
    "#);
}

#[test]
fn a_missing_file_is_named_as_the_package_and_as_the_machine_call_it() {
    let mut flow = Flow::new("id i4", "");
    flow.manage("none.csv", format("id i4"));
    flow.component("S").connections[0] = connection("none.csv");
    assert_snapshot!(flow.run(), @r#"
    E C020200E Cannot open the datafile "C:\none.csv": failed to open file `FOLDER/none.csv`: No such file or directory (os error 2).
    E C004701A S failed the pre-execute phase and returned error code 0xC020200E.
    "#);
}

#[test]
fn a_stray_qualifier_names_column_file_and_row() {
    let mut flow = Flow::new("id i4, name str:9", "1,a\n2,\"b\"c\"\n");
    assert_snapshot!(flow.run(), @r#"
    1,a
    E C0202055 The column delimiter for column "name" was not found.
    E C0202092 An error occurred while processing file "C:\in.csv" on data row 2.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC0202092.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn a_partial_row_and_a_short_header_are_warnings() {
    let mut flow = Flow::new("id i4, name str:9", "1,a\n2");
    assert_snapshot!(flow.run(), @r"
    1,a
    W 8020200F There is a partial row at the end of the file.
    ");
    flow.change("in.csv", |format| format.header_rows_to_skip = 9);
    assert_snapshot!(flow.run(), @"W 8020202B The end of the data file was reached while reading header rows. Make sure the header row delimiter and the number of header rows to skip are correct.");
}

#[test]
fn a_wrong_connection_is_refused_at_validation() {
    let mut flow = Flow::new("id i4", "");
    flow.component("S").connections[0] = connection("nowhere");
    assert!(flow.run().contains("E C020801B"), "{}", flow.run());
    let mut flow = Flow::new("id i4", "");
    flow.change("in.csv", |format| format.code_page = 37);
    assert!(flow.run().contains("code page 37 is not supported"), "{}", flow.run());
    let mut flow = Flow::new("id i4", "");
    flow.change("in.csv", |format| format.columns[0].name = "other".to_owned());
    assert!(flow.run().contains("Column \"id\" cannot be found at the datasource."));
}

#[test]
fn binary_cells_are_the_bytes_of_the_file() {
    let mut flow = Flow::new("packed bytes:3", "A\u{1}C\n");
    let column = &mut flow.component("S").outputs[0].columns[0];
    column.properties.push(property("UseBinaryFormat", "true"));
    assert_snapshot!(flow.run(), @"410143");
}
