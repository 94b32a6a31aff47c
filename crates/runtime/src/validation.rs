//! Validation: of a whole package before anything runs, and of each executable before it runs.

use std::sync::Arc;

use model::{MessageType, dts};
use package::{EvalOp, Executable, ExecutableKind, ForEachLoop, TaskKind};

use crate::check::{self, Unsupported};
use crate::container::for_loop;
use crate::evaluate;
use crate::frame::Frame;
use crate::{handler, property, task};

/// Validates an executable with all that is in it, and says whether it is sound. What is disabled
/// is left out; what is marked DelayValidation is only looked at for parts that no run could
/// carry out.
pub(crate) fn tree(frame: &Arc<Frame>) -> bool {
    let mistakes = property::apply_expressions(frame);
    if frame.executable().disabled {
        return true;
    }
    if frame.is_cancelled() {
        return false;
    }
    let delayed = frame.executable().delay_validation;
    if delayed {
        return refuse_unsupported(frame) & children(frame);
    }
    frame.say(MessageType::PreValidate, 0, "");
    let mut sound = !property::report(frame, &mistakes);
    sound &= itself(frame);
    sound &= children(frame);
    frame.say(MessageType::PostValidate, 0, "");
    sound
}

/// Validates an executable by itself, just before it runs.
pub(crate) fn alone(frame: &Arc<Frame>) -> bool {
    frame.say(MessageType::PreValidate, 0, "");
    let sound = itself(frame);
    frame.say(MessageType::PostValidate, 0, "");
    sound
}

/// What is in a container, and its event handlers. In a container whose validation is delayed,
/// that of its children is delayed too.
fn children(frame: &Arc<Frame>) -> bool {
    let delayed = frame.executable().delay_validation;
    let mut sound = true;
    for child in &frame.instance.children {
        let child = frame.child(child, 0);
        sound &= if delayed { only_supported(&child) } else { tree(&child) };
    }
    if frame.executable().disable_event_handlers {
        return sound;
    }
    for handler in &frame.instance.node.handlers {
        let instance = handler::to_validate(frame, handler);
        // A handler must not run for the events of its own validation.
        let handler = frame.handler(&instance, &handler.event, vec![handler::key(handler)]);
        sound &= if delayed { only_supported(&handler) } else { tree(&handler) };
    }
    sound
}

fn only_supported(frame: &Arc<Frame>) -> bool {
    if frame.executable().disabled {
        return true;
    }
    let mut sound = refuse_unsupported(frame);
    for child in &frame.instance.children {
        sound &= only_supported(&frame.child(child, 0));
    }
    sound
}

fn itself(frame: &Arc<Frame>) -> bool {
    let mut sound = refuse_unsupported(frame);
    if !sound {
        return false;
    }
    sound &= constraints(frame);
    match &frame.executable().kind {
        ExecutableKind::ForLoop(each) => sound &= for_loop::validate(frame, each),
        ExecutableKind::ForEach(each) => sound &= for_each(frame, each),
        ExecutableKind::Task(kind) => {
            if !task::validate(frame, kind) {
                frame.error(
                    dts::DTS_E_TASKVALIDATIONERROR,
                    "There were errors during task validation.",
                );
                sound = false;
            }
        }
        ExecutableKind::Package(_)
        | ExecutableKind::Sequence(_)
        | ExecutableKind::EventHandler(_) => {}
    }
    sound
}

/// Refuses by name what cannot run here.
fn refuse_unsupported(frame: &Arc<Frame>) -> bool {
    let executable = frame.executable();
    if let Some(TaskKind::DataFlow(_)) = executable.task() {
        // A data flow names its components itself, after it has tried its connections.
        return true;
    }
    let unsupported = check::of_executable(executable);
    let is_package = matches!(executable.kind, ExecutableKind::Package(_));
    for part in &unsupported {
        let (code, text) = refusal(executable, part);
        frame.error(code, text);
    }
    let bad_settings = is_package && property::report(frame, &frame.run.mistakes);
    unsupported.is_empty() && !bad_settings
}

fn refusal(executable: &Executable, part: &Unsupported) -> (u32, String) {
    let reason = format!("{}: {}.", part.feature, part.message);
    if executable.task().is_none() {
        return (dts::DTS_E_GENERICERROR, reason);
    }
    let (name, kind) = (&executable.name, &executable.creation_name);
    let text = format!("Failed to load task \"{name}\", type \"{kind}\". {reason}");
    (dts::DTS_E_ERRORLOADINGTASK, text)
}

fn constraints(frame: &Arc<Frame>) -> bool {
    let node = &frame.instance.node;
    let mut sound = true;
    for constraint in &node.constraints {
        if constraint.eval_op != EvalOp::Constraint {
            sound &= evaluate::check(frame, &constraint.expression);
        }
    }
    let circle = node.circle();
    if !circle.is_empty() {
        frame.error(
            dts::DTS_E_GENERICERROR,
            format!(
                "The precedence constraints between {} form a circle, so none of them could ever \
                 start. Remove one of the constraints.",
                circle.join(", ")
            ),
        );
        sound = false;
    }
    sound
}

/// Mappings are not looked at here: a variable that does not exist is an error of the iteration
/// that would write it, as in the original.
fn for_each(frame: &Arc<Frame>, each: &ForEachLoop) -> bool {
    match property::enumerator(frame, &each.enumerator) {
        Ok(_) => true,
        Err(mistake) => {
            mistake.raise(frame);
            false
        }
    }
}
