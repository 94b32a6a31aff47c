//! Pipelines for tests, in a few lines: rows as text in, rows as text out.

#![expect(clippy::wildcard_enum_match_arm, reason = "tests look at few of the events")]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use expression::array::{Builder, value_at};
use expression::convert::{ConvertOptions, convert, parse_text};
use model::{DataType, Span, Ticks, Timestamp, TypeParts, Value};
use package::{
    Component, ComponentClass, ConnectionKind, ConnectionManager, ConnectionString, Disposition,
    Dispositions, Input, InputColumn, Output, OutputColumn, Pipeline, PipelinePath, Property,
    PropertyValue,
};

use crate::{
    Build, Caches, Cancel, DataFlow, DataFlowEvent, DataFlowFailed, Destination, Environment,
    Invalid, Lifecycle, Outbox, OutsideError, Prepared, RunSummary, Runnable, Settings, Source,
    Stop, Tap, VariableValue, class,
};

/// `wstr:10`, `numeric:9:2`, `i4`.
pub(crate) fn data_type(text: &str) -> DataType {
    let mut parts = text.split(':');
    let name = parts.next().unwrap();
    let numbers: Vec<u32> = parts.map(|part| part.parse().unwrap()).collect();
    let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
    let small = |at: usize| u8::try_from(number(at)).unwrap();
    let parts = match name {
        "numeric" => TypeParts { precision: small(0), scale: small(1), ..TypeParts::default() },
        "decimal" => TypeParts { scale: small(0), ..TypeParts::default() },
        _ => TypeParts { length: number(0), code_page: 1252, scale: 0, precision: 0 },
    };
    DataType::from_pipeline_name(name, parts).unwrap()
}

/// A cell as a test writes it.
pub(crate) fn value(text: &str, data_type: DataType) -> Value {
    match text {
        "NULL" => Value::Null,
        text => parse_text(text, data_type, &ConvertOptions::default()).unwrap(),
    }
}

/// A cell as a test shows it.
fn show(value: &Value, data_type: DataType) -> String {
    if matches!(value, Value::Text(_) | Value::Null) {
        return value.to_string();
    }
    let text =
        convert(value, data_type, DataType::WStr { length: 4000 }, &ConvertOptions::default());
    text.map_or_else(|_| value.to_string(), |text| text.to_string())
}

/// A data flow under test.
pub(crate) struct Rig {
    pub(crate) pipeline: Pipeline,
    rows: HashMap<String, Vec<Vec<Value>>>,
    pub(crate) world: World,
}

/// The world around it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) variables: Mutex<BTreeMap<String, VariableValue>>,
    pub(crate) events: Mutex<Vec<DataFlowEvent>>,
    pub(crate) settings: Settings,
    pub(crate) connections: Vec<Arc<ConnectionManager>>,
    pub(crate) sinks: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) taps: Vec<Tap>,
}

/// What came out.
pub(crate) struct Outcome {
    pub(crate) result: Result<RunSummary, String>,
    sinks: BTreeMap<String, Vec<String>>,
    events: Vec<DataFlowEvent>,
    pub(crate) variables: BTreeMap<String, VariableValue>,
}

impl Outcome {
    /// The rows of a sink, one a line.
    pub(crate) fn rows(&self, sink: &str) -> String {
        self.sinks.get(sink).map(|rows| rows.join("\n")).unwrap_or_default()
    }

    /// The same in order, for components that promise none.
    pub(crate) fn sorted(&self, sink: &str) -> String {
        let mut rows = self.sinks.get(sink).cloned().unwrap_or_default();
        rows.sort();
        rows.join("\n")
    }

    /// All errors and warnings: code, who, text.
    pub(crate) fn messages(&self) -> String {
        let lines = self.events.iter().filter_map(|event| match event {
            DataFlowEvent::Error { subcomponent, message } => {
                Some(format!("E {:08X} {subcomponent}: {}", message.code, message.text))
            }
            DataFlowEvent::Warning { subcomponent, message } => {
                Some(format!("W {:08X} {subcomponent}: {}", message.code, message.text))
            }
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The errors of [`Outcome::messages`].
    pub(crate) fn errors(&self) -> String {
        let messages = self.messages();
        let errors = messages.lines().filter(|line| line.starts_with("E "));
        errors.collect::<Vec<_>>().join("\n")
    }

    /// The events of a run without times.
    pub(crate) fn events(&self) -> &[DataFlowEvent] {
        &self.events
    }
}

impl Environment for World {
    fn connection(&self, reference: &str) -> Option<Arc<ConnectionManager>> {
        self.connections.iter().find(|connection| connection.answers_to(reference)).cloned()
    }
    fn resolve_path(&self, path: &str) -> Result<PathBuf, OutsideError> {
        Ok(PathBuf::from(path))
    }
    fn variable(&self, name: &str) -> Option<VariableValue> {
        self.variables.lock().unwrap().get(name).cloned()
    }
    fn set_variable(&self, name: &str, value: Value) -> Result<(), OutsideError> {
        let mut variables = self.variables.lock().unwrap();
        variables.get_mut(name).ok_or("no such variable")?.value = value;
        Ok(())
    }
    fn caches(&self, _: &ConnectionManager) -> Option<Arc<Caches>> {
        Some(Arc::clone(&self.caches))
    }
    fn taps(&self) -> Vec<Tap> {
        self.taps.clone()
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
        self.settings
    }
}

pub(crate) fn property(name: &str, text: &str) -> Property {
    Property {
        name: name.to_owned(),
        data_type: String::new(),
        value: PropertyValue::Text(text.to_owned()),
        contains_id: false,
        expressionable: false,
        span: Span::default(),
    }
}

/// A connection manager that answers to its name.
pub(crate) fn connection(name: &str, kind: ConnectionKind, text: &str) -> ConnectionManager {
    ConnectionManager {
        ref_id: name.to_owned(),
        id: name.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        creation_name: String::new(),
        kind,
        connection_string: ConnectionString::new(text),
        password: None,
        retain: false,
        delay_validation: false,
        property_expressions: Vec::new(),
        properties: Vec::new(),
        is_project_level: false,
        span: Span::default(),
    }
}

/// Both dispositions the same.
pub(crate) fn dispose(disposition: Disposition) -> Dispositions {
    Dispositions { error: disposition, truncation: disposition, operation: String::new() }
}

pub(crate) fn component(class: ComponentClass, name: &str) -> Component {
    Component {
        ref_id: format!("P\\DFT\\{name}"),
        name: name.to_owned(),
        description: String::new(),
        class,
        class_id: String::new(),
        contact_info: String::new(),
        locale_id: None,
        version: 0,
        uses_dispositions: true,
        validate_external_metadata: true,
        properties: Vec::new(),
        connections: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        span: Span::default(),
    }
}

pub(crate) fn input(component: &str, name: &str, lineages: &[&str]) -> Input {
    Input {
        ref_id: format!("{component}.Inputs[{name}]"),
        name: name.to_owned(),
        has_side_effects: false,
        dispositions: Dispositions::default(),
        columns: lineages.iter().map(|lineage| input_column(lineage)).collect(),
        external_columns: Vec::new(),
        properties: Vec::new(),
        span: Span::default(),
    }
}

pub(crate) fn input_column(lineage: &str) -> InputColumn {
    InputColumn {
        ref_id: lineage.to_owned(),
        lineage_id: lineage.to_owned(),
        name: lineage.rsplit('.').next().unwrap().to_owned(),
        usage: package::ColumnUsage::ReadOnly,
        data_type: None,
        sort_key_position: 0,
        external_column: String::new(),
        dispositions: Dispositions::default(),
        properties: Vec::new(),
        span: Span::default(),
    }
}

/// Columns as `id i4, name wstr:10`; their lineage ids are `Component.id`.
pub(crate) fn output(component: &str, name: &str, columns: &str) -> Output {
    let columns = columns.split(',').map(str::trim).filter(|column| !column.is_empty());
    Output {
        ref_id: format!("{component}.Outputs[{name}]"),
        name: name.to_owned(),
        synchronous_input: None,
        exclusion_group: 0,
        is_error_output: false,
        is_sorted: false,
        delete_on_path_detached: false,
        has_side_effects: false,
        dispositions: Dispositions::default(),
        columns: columns.map(|column| output_column(component, column)).collect(),
        external_columns: Vec::new(),
        properties: Vec::new(),
        span: Span::default(),
    }
}

pub(crate) fn output_column(component: &str, column: &str) -> OutputColumn {
    let (name, type_text) = column.split_once(' ').unwrap();
    let lineage = format!("{component}.{name}");
    OutputColumn {
        ref_id: lineage.clone(),
        name: name.to_owned(),
        description: String::new(),
        lineage_id: lineage,
        data_type: data_type(type_text.trim()),
        sort_key_position: 0,
        comparison_flags: 0,
        special_flags: 0,
        external_column: String::new(),
        dispositions: Dispositions::default(),
        properties: Vec::new(),
        span: Span::default(),
    }
}

/// The error output of a synchronous component; its columns are `Component.ErrorCode` and
/// `Component.ErrorColumn`.
pub(crate) fn error_output(component: &str, synchronous_input: &str) -> Output {
    let mut output = output(component, "Error", "ErrorCode i4, ErrorColumn i4");
    output.is_error_output = true;
    output.synchronous_input = Some(format!("{component}.Inputs[{synchronous_input}]"));
    output.columns[0].special_flags = 1;
    output.columns[1].special_flags = 2;
    output
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self { pipeline: Pipeline::default(), rows: HashMap::new(), world: World::default() }
    }

    /// A source with one output `Out`; a row a line, cells between `|`.
    pub(crate) fn source(&mut self, name: &str, columns: &str, rows: &str) -> &mut Self {
        let out = output(name, "Out", columns);
        let types: Vec<_> = out.columns.iter().map(|column| column.data_type).collect();
        let cells =
            |line: &str| line.split('|').zip(&types).map(|(text, &t)| value(text, t)).collect();
        let rows = rows.lines().map(cells).collect();
        self.source_of(name, columns, rows)
    }

    pub(crate) fn source_of(
        &mut self,
        name: &str,
        columns: &str,
        rows: Vec<Vec<Value>>,
    ) -> &mut Self {
        let mut source = component(ComponentClass::Unknown, name);
        source.outputs.push(output(name, "Out", columns));
        self.rows.insert(name.to_owned(), rows);
        self.add(source)
    }

    /// A sink with one input `In`.
    pub(crate) fn sink(&mut self, name: &str, lineages: &[&str]) -> &mut Self {
        let mut sink = component(ComponentClass::Unknown, name);
        let mut input = input(name, "In", lineages);
        input.has_side_effects = true;
        sink.inputs.push(input);
        self.add(sink)
    }

    pub(crate) fn add(&mut self, component: Component) -> &mut Self {
        self.pipeline.components.push(component);
        self
    }

    /// A path `Component.Output` to `Component.Input`.
    pub(crate) fn path(&mut self, from: &str, to: &str) -> &mut Self {
        let (from, output) = from.split_once('.').unwrap();
        let (to, input) = to.split_once('.').unwrap();
        self.pipeline.paths.push(PipelinePath {
            ref_id: format!("{from} to {to}"),
            name: format!("{from} {output}"),
            start: format!("{from}.Outputs[{output}]"),
            end: format!("{to}.Inputs[{input}]"),
            span: Span::default(),
        });
        self
    }

    pub(crate) fn variable(&mut self, name: &str, type_text: &str, text: &str) -> &mut Self {
        let data_type = (type_text != "object").then(|| data_type(type_text));
        let value = data_type.map_or(Value::Null, |data_type| value(text, data_type));
        let variable = VariableValue { data_type, value, read_only: false };
        self.world.variables.lock().unwrap().insert(name.to_owned(), variable);
        self
    }

    pub(crate) fn batch_rows(&mut self, rows: usize) -> &mut Self {
        self.world.settings.batch_rows = Some(rows);
        self
    }

    fn factory(&self, build: &Build<'_>) -> Result<Runnable, Invalid> {
        if build.component.class != ComponentClass::Unknown {
            return class::build(build);
        }
        let name = build.component.name.clone();
        if let Some(rows) = self.rows.get(&name) {
            let layout = build.output(0)?.clone();
            return Ok(Runnable::Source(Box::new(RowSource { rows: rows.clone(), layout })));
        }
        let input = build.input(0)?;
        let columns = build.component.inputs[0].columns.iter().map(|column| {
            let at = input.position(&column.lineage_id).unwrap();
            (at, input.columns[at].data_type)
        });
        let columns = columns.collect();
        let sinks = Arc::clone(&self.world.sinks);
        Ok(Runnable::Destination(Box::new(RowSink { name, columns, sinks, rows: 0 })))
    }

    pub(crate) fn prepare(&self) -> Result<Prepared, String> {
        let factory = |build: &Build<'_>| self.factory(build);
        DataFlow::validate_with(&self.pipeline, &self.world, &factory).map_err(|e| e.to_string())
    }

    pub(crate) fn run(&self) -> Outcome {
        self.run_with(&Cancel::new())
    }

    pub(crate) fn run_with(&self, cancel: &Cancel) -> Outcome {
        self.world.sinks.lock().unwrap().clear();
        let result = self.prepare().and_then(|prepared| {
            prepared.run(&self.world, cancel).map_err(|error: DataFlowFailed| error.to_string())
        });
        Outcome {
            result,
            sinks: self.world.sinks.lock().unwrap().clone(),
            events: std::mem::take(&mut *self.world.events.lock().unwrap()),
            variables: self.world.variables.lock().unwrap().clone(),
        }
    }
}

struct RowSource {
    rows: Vec<Vec<Value>>,
    layout: crate::OutputLayout,
}

impl Lifecycle for RowSource {}

impl Source for RowSource {
    fn read(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        for rows in self.rows.chunks(out.batch_rows()) {
            let batch = self.layout.assemble(rows.len(), |column| {
                let mut builder = Builder::new(self.layout.columns[column].data_type, rows.len());
                rows.iter().for_each(|row| builder.append(&row[column]).unwrap());
                Ok::<_, Stop>(builder.finish())
            })?;
            out.send(0, batch)?;
        }
        Ok(())
    }
}

struct RowSink {
    name: String,
    columns: Vec<(usize, DataType)>,
    sinks: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
    rows: u64,
}

impl Lifecycle for RowSink {}

impl Destination for RowSink {
    fn write(&mut self, batch: RecordBatch, _: &mut Outbox<'_>) -> Result<(), Stop> {
        assert_ne!(self.name, "Panics");
        let mut sinks = self.sinks.lock().unwrap();
        let rows = sinks.entry(self.name.clone()).or_default();
        for row in 0..batch.num_rows() {
            let cells = self.columns.iter().map(|&(at, data_type)| {
                show(&value_at(batch.column(at).as_ref(), data_type, row), data_type)
            });
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn rows_written(&self) -> u64 {
        self.rows
    }
}
