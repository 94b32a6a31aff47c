//! What was true when something was said: the rows of `catalog.event_message_context`.
//!
//! Depth 1 is the object that spoke, each object around it is one deeper, up to the package that
//! was started. Variables stand beside the object that has them, connection managers beside the
//! package. Depth 0 is the package before anything ran; it comes with the first message of a
//! package that has a context, not again with each.
//!
//! Numbers and depths: the `catalog.event_message_context` page. Which properties are shown is
//! ours: those that decide how the object behaves.
//!
//! # Invariants
//!
//! * Sensitive parameters and passwords are never among the rows.

use std::sync::Arc;

use model::Value;
use model::record::MessageContext;
use package::{Component, ConnectionManager, Executable, ExecutableKind, ForLoop, TaskKind};

use crate::frame::Frame;
use crate::scope::{Cell, SYSTEM, Scope};
use crate::{Event, evaluate, property};

/// A `sql_variant` holds so many characters; what is longer is cut.
const VALUE_CHARS_MAX: usize = 4000;

/// `context_type`.
mod kind {
    pub(super) const TASK: i16 = 10;
    pub(super) const PIPELINE: i16 = 20;
    pub(super) const SEQUENCE: i16 = 30;
    pub(super) const FOR_LOOP: i16 = 40;
    pub(super) const FOR_EACH_LOOP: i16 = 50;
    pub(super) const PACKAGE: i16 = 60;
    pub(super) const VARIABLE: i16 = 70;
    pub(super) const CONNECTION: i16 = 80;
}

/// The context of an event that `frame` raises.
pub(crate) fn of(frame: &Arc<Frame>, event: &Event) -> Vec<MessageContext> {
    let mut rows = frame.run.take_initial_context();
    rows.extend(of_now(frame, event));
    rows
}

/// The context of an event without what was before the start.
pub(crate) fn of_now(frame: &Arc<Frame>, event: &Event) -> Vec<MessageContext> {
    let mut rows = Vec::new();
    let mut depth = 1;
    if let Some(component) = component(frame.executable(), &event.subcomponent) {
        of_component(component, depth, &mut rows);
        depth += 1;
    }
    let mut at = Some(frame);
    while let Some(frame) = at {
        of_executable(frame, depth, &mut rows);
        of_variables(frame.scope(), &frame.source.package_path, depth, &mut rows);
        if matches!(frame.executable().kind, ExecutableKind::Package(_)) {
            of_connections(frame, depth, &mut rows);
        }
        depth += 1;
        at = frame.parent.as_ref();
    }
    rows
}

/// A package before it runs: its variables and parameters, and its connection managers as they
/// are written.
pub(crate) fn of_start<'a>(
    scope: &Arc<Scope>,
    package_path: &str,
    connections: impl Iterator<Item = &'a ConnectionManager>,
) -> Vec<MessageContext> {
    let mut rows = Vec::new();
    of_variables(scope, package_path, 0, &mut rows);
    for connection in connections {
        of_connection(connection, 0, &mut rows);
    }
    rows
}

/// An object whose properties are shown.
struct Object<'a> {
    depth: i32,
    path: String,
    kind: i16,
    name: &'a str,
    id: &'a str,
}

impl Object<'_> {
    fn shows(&self, rows: &mut Vec<MessageContext>, property: &str, value: &str) {
        rows.push(MessageContext {
            depth: self.depth,
            package_path: self.path.clone(),
            context_type: self.kind,
            source_name: self.name.to_owned(),
            source_id: self.id.to_owned(),
            property_name: property.to_owned(),
            property_value: value.chars().take(VALUE_CHARS_MAX).collect(),
        });
    }
}

/// The component that speaks: `Source [12]`.
fn component<'a>(executable: &'a Executable, subcomponent: &str) -> Option<&'a Component> {
    let Some(TaskKind::DataFlow(pipeline)) = executable.task() else { return None };
    let (name, _) = subcomponent.rsplit_once(" [")?;
    pipeline.components.iter().find(|component| component.name == name)
}

fn of_component(component: &Component, depth: i32, rows: &mut Vec<MessageContext>) {
    let path = format!("\\{}", component.ref_id);
    let object =
        Object { depth, path, kind: kind::PIPELINE, name: &component.name, id: &component.ref_id };
    object.shows(rows, "ComponentClassID", &component.class_id);
    for property in component.properties.iter().filter(|p| !hides_its_value(&p.name)) {
        object.shows(rows, &property.name, property.value.as_text());
    }
}

/// A component has no list of its secrets; those that exist are named so.
fn hides_its_value(property: &str) -> bool {
    property.to_ascii_lowercase().contains("password")
}

fn of_executable(frame: &Frame, depth: i32, rows: &mut Vec<MessageContext>) {
    let executable = frame.executable();
    let kind = match &executable.kind {
        ExecutableKind::Package(_) => kind::PACKAGE,
        ExecutableKind::Sequence(_) | ExecutableKind::EventHandler(_) => kind::SEQUENCE,
        ExecutableKind::ForLoop(_) => kind::FOR_LOOP,
        ExecutableKind::ForEach(_) => kind::FOR_EACH_LOOP,
        ExecutableKind::Task(_) => kind::TASK,
    };
    let path = frame.source.package_path.clone();
    let object = Object { depth, path, kind, name: &executable.name, id: &executable.id };
    let flag = |value: bool| if value { "True" } else { "False" };
    let result = executable.force_result.map_or("None", model::ExecutionResult::name);
    for (property, value) in [
        ("Description", executable.description.as_str()),
        ("Disable", flag(executable.disabled)),
        ("DisableEventHandlers", flag(executable.disable_event_handlers)),
        ("DelayValidation", flag(executable.delay_validation)),
        ("FailPackageOnFailure", flag(executable.fail_package_on_failure)),
        ("FailParentOnFailure", flag(executable.fail_parent_on_failure)),
        ("ForceExecutionResult", result),
        ("IsolationLevel", &executable.isolation_level.to_string()),
        ("MaximumErrorCount", &executable.max_error_count.to_string()),
        ("TransactionOption", &executable.transaction_option.number().to_string()),
    ] {
        object.shows(rows, property, value);
    }
    of_kind(&object, &executable.kind, rows);
}

/// Properties that only some executables have.
fn of_kind(object: &Object<'_>, kind: &ExecutableKind, rows: &mut Vec<MessageContext>) {
    match kind {
        ExecutableKind::ForLoop(ForLoop { init, eval, assign, .. }) => {
            object.shows(rows, "InitExpression", init);
            object.shows(rows, "EvalExpression", eval);
            object.shows(rows, "AssignExpression", assign);
        }
        ExecutableKind::Task(task) => of_task(object, task, rows),
        ExecutableKind::Package(_)
        | ExecutableKind::Sequence(_)
        | ExecutableKind::ForEach(_)
        | ExecutableKind::EventHandler(_) => {}
    }
}

fn of_task(object: &Object<'_>, task: &TaskKind, rows: &mut Vec<MessageContext>) {
    match task {
        TaskKind::Expression(task) => object.shows(rows, "Expression", &task.expression),
        TaskKind::ExecuteProcess(task) => {
            object.shows(rows, "Executable", &task.executable);
            object.shows(rows, "Arguments", &task.arguments);
            object.shows(rows, "WorkingDirectory", &task.working_directory);
        }
        TaskKind::FileSystem(task) => {
            object.shows(rows, "Source", task.source.key());
            object.shows(rows, "Destination", task.destination.key());
        }
        TaskKind::Ftp(task) => {
            object.shows(rows, "Connection", &task.connection);
            object.shows(rows, "LocalPath", task.local.key());
            object.shows(rows, "RemotePath", task.remote.key());
        }
        TaskKind::ExecuteSql(task) => {
            object.shows(rows, "Connection", &task.connection);
            object.shows(rows, "SqlStatementSource", &task.statement);
        }
        TaskKind::BulkInsert(task) => {
            object.shows(rows, "SourceConnection", &task.source);
            object.shows(rows, "DestinationConnection", &task.destination);
            object.shows(rows, "DestinationTableName", &task.table);
        }
        TaskKind::DataProfiling(task) => {
            object.shows(rows, "Destination", &task.destination);
        }
        TaskKind::SendMail(task) => {
            object.shows(rows, "SmtpConnection", &task.connection);
            object.shows(rows, "ToLine", &task.to);
            object.shows(rows, "Subject", &task.subject);
        }
        TaskKind::Xml(task) => {
            object.shows(rows, "OperationType", task.operation.name());
            object.shows(rows, "Destination", &task.destination);
        }
        TaskKind::DataFlow(pipeline) => {
            object.shows(
                rows,
                "DefaultBufferMaxRows",
                &pipeline.default_buffer_max_rows.to_string(),
            );
            object.shows(rows, "DefaultBufferSize", &pipeline.default_buffer_size.to_string());
            object.shows(rows, "EngineThreads", &pipeline.engine_threads.to_string());
        }
        TaskKind::ExecutePackage(_)
        | TaskKind::Script(_)
        | TaskKind::Other(_)
        | TaskKind::Unknown { .. } => {}
    }
}

/// The variables and parameters of an object itself. System variables are not among them: they
/// say nothing that the message does not.
fn of_variables(
    scope: &Arc<Scope>,
    package_path: &str,
    depth: i32,
    rows: &mut Vec<MessageContext>,
) {
    let shown = |cell: &&Arc<Cell>| cell.namespace != SYSTEM && !cell.sensitive;
    for cell in scope.own().iter().filter(shown) {
        let name = cell.qualified_name();
        let path = variable_path(package_path, &name);
        let object = Object { depth, path, kind: kind::VARIABLE, name: &name, id: &cell.id };
        // An expression that fails is told by whoever needs its value.
        let value = evaluate::value_of(scope, cell, 0).unwrap_or(Value::Null);
        object.shows(rows, "Value", &value.to_string());
    }
}

/// Place of a variable of the object at `package_path`.
pub(crate) fn variable_path(package_path: &str, qualified_name: &str) -> String {
    format!("{package_path}.Variables[{qualified_name}]")
}

fn of_connections(frame: &Arc<Frame>, depth: i32, rows: &mut Vec<MessageContext>) {
    for written in frame.run.all_connections() {
        let evaluated = property::connection(frame, &written.ref_id).ok().flatten();
        of_connection(evaluated.as_ref().unwrap_or(written), depth, rows);
    }
}

fn of_connection(connection: &ConnectionManager, depth: i32, rows: &mut Vec<MessageContext>) {
    let path = format!("\\{}", connection.ref_id);
    let (name, id) = (&connection.name, &connection.id);
    let object = Object { depth, path, kind: kind::CONNECTION, name, id };
    object.shows(rows, "ConnectionString", &connection.connection_string.redacted());
    object.shows(rows, "CreationName", &connection.creation_name);
    object.shows(rows, "RetainSameConnection", if connection.retain { "True" } else { "False" });
}
