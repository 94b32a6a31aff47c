//! Packages in designer form, and a sink that remembers.

use std::sync::{Arc, Mutex};

use model::record::Record;
use model::{ExecutionResult, LoggingLevel, MessageType, ObjectType, Value};
use package::{Part, Project, ReadOptions};
use runtime::{Cancel, Event, Logging, ParameterValue, RunOptions, RunResult, Sink};

/// Remembers all that a package says.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) records: Mutex<Vec<Record>>,
}

impl Sink for Memory {
    fn record(&self, record: Record) {
        self.records.lock().unwrap().push(record);
    }

    fn event(&self, event: &Event) {
        self.events.lock().unwrap().push(event.clone());
    }
}

/// A run that is over.
pub(crate) struct Ran {
    pub(crate) result: RunResult,
    pub(crate) memory: Arc<Memory>,
}

impl Ran {
    pub(crate) fn outcome(&self) -> ExecutionResult {
        self.result.result
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.memory.events.lock().unwrap().clone()
    }

    /// One line for each event of these kinds: name, place and code with text, where it has one.
    pub(crate) fn lines(&self, wanted: impl Fn(&Event) -> bool) -> Vec<String> {
        self.events().iter().filter(|event| wanted(event)).map(line).collect()
    }

    /// Execution paths of what ran, in the order in which it started, the package left out.
    pub(crate) fn started(&self) -> Vec<String> {
        let events = self.events();
        let starts = events.iter().filter(|event| event.kind == MessageType::PreExecute);
        let paths = starts.map(|event| event.source.execution_path.clone());
        paths.filter_map(|path| path.strip_prefix("\\Package\\").map(str::to_owned)).collect()
    }

    /// Errors and warnings.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.lines(|event| matches!(event.kind, MessageType::Error | MessageType::Warning))
    }

    pub(crate) fn codes(&self) -> Vec<u32> {
        let is_error = |event: &&Event| event.kind == MessageType::Error;
        self.events().iter().filter(is_error).map(|event| event.code).collect()
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.memory.records.lock().unwrap().clone()
    }

    /// Fails with all that was said unless the package succeeded.
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.outcome(), ExecutionResult::Success, "{:#?}", self.complaints());
        self
    }

    /// Fails unless the package failed.
    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.outcome(), ExecutionResult::Failure, "{:#?}", self.complaints());
        self
    }
}

fn line(event: &Event) -> String {
    let place = event.source.execution_path.trim_start_matches("\\Package");
    let place = if place.is_empty() { "(package)" } else { place };
    let mut line = format!("{} {place}", event.name);
    if event.code != 0 {
        line.push_str(&format!(" 0x{:08X}", event.code));
    }
    if !event.description.is_empty() && event.kind != MessageType::Custom {
        let text: String = event.description.chars().take(90).collect();
        line.push_str(&format!(" {}", text.replace('\n', " ")));
    }
    line
}

/// Runs `P.dtsx`, alone in its project.
pub(crate) fn run(package: &str) -> Ran {
    run_with(&[("P.dtsx", package)], |_| {})
}

/// Runs the first of these files with other options.
pub(crate) fn run_with(files: &[(&str, &str)], change: impl FnOnce(&mut RunOptions)) -> Ran {
    run_until(files, change, Cancel::new())
}

/// The same, with a request to stop that the caller holds.
pub(crate) fn run_until(
    files: &[(&str, &str)],
    change: impl FnOnce(&mut RunOptions),
    cancel: Cancel,
) -> Ran {
    let options = options(files, change);
    let memory = Arc::new(Memory::default());
    let sink: Arc<dyn Sink> = Arc::<Memory>::clone(&memory);
    let result = runtime::run(options, sink, cancel);
    Ran { result, memory }
}

/// Options that run the first of these files.
pub(crate) fn options(files: &[(&str, &str)], change: impl FnOnce(&mut RunOptions)) -> RunOptions {
    let mut options = RunOptions::new(Arc::new(project(files)), files[0].0);
    options.logging = Logging::from(LoggingLevel::Verbose);
    change(&mut options);
    options
}

/// The project of these files.
pub(crate) fn project(files: &[(&str, &str)]) -> Project {
    let part = |(name, text): &(&str, &str)| Part {
        name: (*name).to_owned(),
        bytes: text.as_bytes().into(),
    };
    let parts = files.iter().map(part).collect();
    let (project, diagnostics) = Project::from_parts(parts, &ReadOptions::default()).unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    project
}

/// The value of a package parameter.
pub(crate) fn parameter(name: &str, value: Value) -> ParameterValue {
    ParameterValue { scope: ObjectType::Package, name: name.to_owned(), value }
}

/// A package of the current format. `attributes` are those of the package, `head` stands in front
/// of its executables.
pub(crate) fn package_of(attributes: &str, head: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package"
  DTS:CreationName="Microsoft.Package" DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B0001}}"
  DTS:ExecutableType="Microsoft.Package" DTS:ObjectName="P" DTS:LocaleID="1033"
  DTS:VersionGUID="{{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B0002}}" {attributes}>
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
  {head}
  {body}
</DTS:Executable>"#
    )
}

/// A package with these variables and executables (and what stands behind them).
pub(crate) fn package(variables: &str, body: &str) -> String {
    package_of("", &format!("<DTS:Variables>{variables}</DTS:Variables>"), body)
}

/// `<DTS:Executables>` around executables.
pub(crate) fn executables(list: &[String]) -> String {
    format!("<DTS:Executables>{}</DTS:Executables>", list.concat())
}

/// A variable in the namespace User; `code` is the VARIANT number of its type.
pub(crate) fn variable(name: &str, code: u8, value: &str) -> String {
    variable_of(name, code, value, "")
}

/// The same with more attributes.
pub(crate) fn variable_of(name: &str, code: u8, value: &str, attributes: &str) -> String {
    format!(
        r#"<DTS:Variable DTS:CreationName="" DTS:Namespace="User" DTS:ObjectName="{name}" {attributes}>
  <DTS:VariableValue DTS:DataType="{code}">{}</DTS:VariableValue></DTS:Variable>"#,
        escape(value)
    )
}

/// XML text.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A task; `path` is its refId without `Package\`.
pub(crate) fn task(path: &str, creation: &str, attributes: &str, data: &str) -> String {
    executable(path, creation, attributes, &format!("<DTS:ObjectData>{data}</DTS:ObjectData>"))
}

/// An executable with anything in it.
pub(crate) fn executable(path: &str, creation: &str, attributes: &str, inside: &str) -> String {
    let name = path.rsplit('\\').next().unwrap_or(path);
    format!(
        r#"<DTS:Executable DTS:refId="Package\{path}" DTS:CreationName="{creation}"
  DTS:DTSID="{{{}}}" DTS:ExecutableType="{creation}" DTS:LocaleID="-1" DTS:ObjectName="{name}"
  {attributes}>{inside}</DTS:Executable>"#,
        guid(path)
    )
}

/// A different id for each path.
fn guid(path: &str) -> String {
    let sum = path.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte)) & 0xFFFF_FFFF_FFFF
    });
    format!("2D0C7A4C-3A3B-4C65-9E5C-{sum:012X}")
}

/// An Expression Task.
pub(crate) fn expression(path: &str, text: &str) -> String {
    expression_of(path, text, "")
}

/// An Expression Task with more attributes.
pub(crate) fn expression_of(path: &str, text: &str, attributes: &str) -> String {
    let data = format!(r#"<ExpressionTask Expression="{}" />"#, escape(text));
    task(path, "Microsoft.ExpressionTask", attributes, &data)
}

/// An Execute Process Task that runs a shell script.
pub(crate) fn shell(path: &str, script: &str) -> String {
    process(path, "/bin/sh", &format!("-c \"{script}\""), "", "")
}

/// An Execute Process Task: `settings` are more attributes of its data.
pub(crate) fn process(
    path: &str,
    program: &str,
    arguments: &str,
    settings: &str,
    attributes: &str,
) -> String {
    let data = format!(
        r#"<ExecuteProcessData Executable="{}" Arguments="{}" {settings} />"#,
        escape(program),
        escape(arguments)
    );
    task(path, "Microsoft.ExecuteProcess", attributes, &data)
}

/// A task that fails with one error.
pub(crate) fn failing(path: &str, attributes: &str) -> String {
    process(path, "/bin/false", "", "", attributes)
}

/// A task that does nothing.
pub(crate) fn nothing(path: &str) -> String {
    process(path, "/bin/true", "", "", "")
}

/// A Sequence container.
pub(crate) fn sequence(path: &str, attributes: &str, inside: &str) -> String {
    executable(path, "STOCK:SEQUENCE", attributes, inside)
}

/// A precedence constraint between children of one container; `container` is its path with a
/// backslash behind, empty for the package.
pub(crate) fn constraint(container: &str, from: &str, to: &str, attributes: &str) -> String {
    format!(
        r#"<DTS:PrecedenceConstraint DTS:refId="Package\{container}.PrecedenceConstraints[{from} {to}]"
  DTS:CreationName="" DTS:DTSID="{{{}}}" DTS:From="Package\{container}{from}"
  DTS:To="Package\{container}{to}" DTS:ObjectName="{from} {to}" {attributes} />"#,
        guid(&format!("{container}{from}->{to}"))
    )
}

/// `<DTS:PrecedenceConstraints>` around constraints.
pub(crate) fn constraints(list: &[String]) -> String {
    format!("<DTS:PrecedenceConstraints>{}</DTS:PrecedenceConstraints>", list.concat())
}

/// An event handler of the object at `path` (empty for the package).
pub(crate) fn handler(path: &str, event: &str, inside: &str) -> String {
    let owner = if path.is_empty() { String::new() } else { format!("\\{path}") };
    format!(
        r#"<DTS:EventHandlers><DTS:EventHandler DTS:refId="Package{owner}.EventHandlers[{event}]"
  DTS:CreationName="{event}" DTS:DTSID="{{{}}}" DTS:EventID="0" DTS:EventName="{event}"
  DTS:LocaleID="-1">{inside}</DTS:EventHandler></DTS:EventHandlers>"#,
        guid(&format!("{path}:{event}"))
    )
}

/// `System::Propagate` as a designer saves it.
pub(crate) fn propagate(value: bool) -> String {
    let value = if value { "-1" } else { "0" };
    format!(
        r#"<DTS:Variables><DTS:Variable DTS:CreationName="" DTS:Description="p"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000AA}}" DTS:IncludeInDebugDump="6789"
  DTS:Namespace="System" DTS:ObjectName="Propagate">
  <DTS:VariableValue DTS:DataType="11">{value}</DTS:VariableValue></DTS:Variable></DTS:Variables>"#
    )
}
