//! Event handlers: which run for an event, and what they know about it.

use std::sync::Arc;

use model::{MessageType, TypeCode, Value};

use crate::execute;
use crate::frame::{Frame, Raised};
use crate::instance::Instance;
use crate::node::Handler;
use crate::scope::Cell;

/// Runs the handlers that `at` has for the event, and says whether the event rises further.
pub(crate) fn run_all(at: &Arc<Frame>, raised: &Raised, raiser: &Arc<Frame>) -> bool {
    let handlers = &at.instance.node.handlers;
    if handlers.is_empty() || at.executable().disable_event_handlers {
        return true;
    }
    let fits = |handler: &&Handler| {
        handler.event.eq_ignore_ascii_case(&raised.event.name)
            && !handler.body.executable.disabled
            && !raiser.inside.contains(&key(handler))
    };
    let mut propagate = true;
    for handler in handlers.iter().filter(fits) {
        propagate &= run_one(at, handler, raised, raiser);
    }
    propagate
}

/// Whether anything from `frame` upwards handles this event.
pub(crate) fn is_handled(frame: &Arc<Frame>, event: &str) -> bool {
    let handles =
        |frame: &Arc<Frame>| frame.instance.node.handlers.iter().any(|h| h.event == event);
    frame.up_to_package().iter().any(handles)
}

/// By what a handler is told from others.
pub(crate) fn key(handler: &Handler) -> usize {
    Arc::as_ptr(&handler.body).addr()
}

fn run_one(at: &Arc<Frame>, handler: &Handler, raised: &Raised, raiser: &Arc<Frame>) -> bool {
    let cells = cells_for(raised);
    let instance = Instance::new(&handler.body, Some(at.scope()), cells);
    let mut inside = raiser.inside.clone();
    inside.push(key(handler));
    let frame = at.handler(&instance, &handler.event, inside);
    execute::run(&frame);
    let says = |name: &str| {
        let found = instance.scope.find(Some("System"), name);
        found.map(|(_, cell)| cell.held())
    };
    if says("Cancel") == Some(Value::Bool(true)) {
        if raised.event.kind == MessageType::QueryCancel {
            at.run.runner.cancel.cancel();
        } else {
            raiser.stop();
        }
    }
    says("Propagate") != Some(Value::Bool(false))
}

/// An instance of a handler to validate: its event has not happened.
pub(crate) fn to_validate(at: &Arc<Frame>, handler: &Handler) -> Arc<Instance> {
    let mut kinds = MessageType::ALL.iter().copied();
    let kind = kinds.find(|kind| kind.name().eq_ignore_ascii_case(&handler.event));
    let event = at.event(kind.unwrap_or(MessageType::Unknown), 0, String::new());
    let cells = cells_for(&Raised { event, variable: None });
    Instance::new(&handler.body, Some(at.scope()), cells)
}

/// The system variables that the handlers of an event have.
fn cells_for(raised: &Raised) -> Vec<Cell> {
    let event = &raised.event;
    let text = |name, value: &str| Cell::system(name, TypeCode::String, Value::text(value));
    let number = |name, value: i32| Cell::system(name, TypeCode::Int32, Value::I4(value));
    let mut cells = vec![
        Cell::writable_system("Propagate", Value::Bool(true)),
        text("SourceName", &event.source.name),
        text("SourceID", &event.source.id),
        text("SourceDescription", &event.source.description),
    ];
    if matches!(event.kind, MessageType::Error | MessageType::Warning | MessageType::QueryCancel) {
        cells.push(Cell::writable_system("Cancel", Value::Bool(false)));
    }
    match event.kind {
        MessageType::Error | MessageType::Warning | MessageType::Information => {
            cells.push(number("ErrorCode", event.code.cast_signed()));
            cells.push(text("ErrorDescription", &event.description));
        }
        MessageType::Progress => {
            cells.push(number("PercentComplete", event.percent.unwrap_or_default().into()));
            cells.push(number("ProgressCountLow", 0));
            cells.push(number("ProgressCountHigh", 0));
            cells.push(text("ProgressDescription", &event.description));
        }
        MessageType::VariableValueChanged => {
            let (name, about, id, value) = match &raised.variable {
                Some((cell, value)) => {
                    (cell.name.as_str(), cell.description.as_str(), cell.id.as_str(), value.clone())
                }
                None => ("", "", "", Value::Null),
            };
            cells.push(text("VariableName", name));
            cells.push(text("VariableDescription", about));
            cells.push(text("VariableID", id));
            cells.push(Cell::system("VariableValue", TypeCode::Object, value));
        }
        MessageType::TaskFailed => {
            cells.push(Cell::system("ExecutionValue", TypeCode::Object, Value::Null));
        }
        MessageType::Unknown
        | MessageType::PreValidate
        | MessageType::PostValidate
        | MessageType::PreExecute
        | MessageType::PostExecute
        | MessageType::StatusChange
        | MessageType::Diagnostic
        | MessageType::QueryCancel
        | MessageType::DiagnosticEx
        | MessageType::Custom
        | MessageType::NonDiagnostic => {}
    }
    cells
}
