//! XML Task: one operation on one document, and what becomes of its result.
//!
//! Merges and comparisons are done here. Validation, path expressions and XSLT are done by
//! libxml2's programs `xmllint` and `xsltproc`, which Debian has in packages of their own; one
//! that is not installed is named with its package at validation. Rules: control-flow facts 9.9, "XML Task".

mod compare;
mod merge;
mod select;
mod transform;
mod validation;

use std::sync::Arc;

use fs_err as fs;
use model::{ExecutionResult, MessageType, Value, dts};
use package::{Executable, XmlDestination, XmlOperand, XmlOperation, XmlTask};
use package::{XmlSourceType, XmlValidation};

use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::xml::program::{self, Trouble};
use crate::xml::{self, went_wrong};

/// Carries the operation out.
pub(crate) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Outcome {
    match carry_out(frame, task) {
        Ok(()) => Outcome::SUCCESS,
        Err(Trouble::Canceled) => Outcome { result: ExecutionResult::Canceled, value: None },
        Err(Trouble::Mistake(mistake)) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

/// What of the task does not run here, as the package writes it. What a property expression may
/// still change is found at validation.
pub(crate) fn refusal(executable: &Executable, task: &XmlTask) -> Option<String> {
    let may_change = |name: &str| {
        let mut expressions = executable.property_expressions.iter();
        expressions.any(|expression| expression.property.eq_ignore_ascii_case(name))
    };
    let deciding = [
        "OperationType",
        "PutResultInOneNode",
        "SaveOperationResult",
        "SaveDiffGram",
        "DiffOptions",
    ];
    refused(task).filter(|_| !deciding.into_iter().any(may_change))
}

/// What is refused of the task: one sentence, no full stop.
fn refused(task: &XmlTask) -> Option<String> {
    if let Some(name) = task.unknown_settings.first() {
        return Some(format!("its setting `{name}` is not known"));
    }
    match task.operation {
        XmlOperation::Patch => Some(
            "the operation Patch is not supported: it applies an XDL diffgram, which nothing here \
             reads"
                .to_owned(),
        ),
        XmlOperation::Diff if task.save_result || task.save_diffgram => Some(
            "the operation Diff compares here (FailOnDifference), and saves no diffgram and no \
             result: how the original makes them is documented nowhere"
                .to_owned(),
        ),
        XmlOperation::Diff => compare::unknown_options(&task.diff_options),
        XmlOperation::XPath if task.in_one_node => Some(
            "PutResultInOneNode is not supported: the name of that node is not documented; put a \
             node around the result by XSLT"
                .to_owned(),
        ),
        XmlOperation::Validate | XmlOperation::Xslt | XmlOperation::XPath | XmlOperation::Merge => {
            None
        }
    }
}

/// Raises what is wrong with the task; no document is read.
pub(crate) fn validate(frame: &Arc<Frame>, task: &XmlTask) -> bool {
    let mut sound = super::raised(frame, supported(task));
    if let Some(program) = program_of(task) {
        sound &= super::raised(frame, program::installed(program));
    }
    if task.source.text.trim().is_empty() {
        frame.error(dts::DTS_E_XMLTASK_MISSINGSOURCE, "Source is not specified.");
        sound = false;
    } else {
        sound &= super::raised(frame, operand(frame, &task.source));
    }
    if needs_second(task) {
        if task.second.text.trim().is_empty() {
            let code = dts::DTS_E_XMLTASK_MISSINGSECONDOPERAND;
            frame.error(code, "Second operand is not specified.");
            sound = false;
        } else {
            sound &= super::raised(frame, operand(frame, &task.second));
        }
    }
    if task.operation == XmlOperation::Merge && !task.merge_point.text.trim().is_empty() {
        sound &= super::raised(frame, operand(frame, &task.merge_point));
    }
    if task.save_result {
        sound &= super::raised(frame, destination(frame, task));
    }
    sound
}

fn supported(task: &XmlTask) -> Result<(), Mistake> {
    let mistake = |reason| Mistake::new(dts::DTS_E_GENERICERROR, format!("XML Task: {reason}."));
    refused(task).map(mistake).map_or(Ok(()), Err)
}

/// The program that does the operation, with Debian's package.
fn program_of(task: &XmlTask) -> Option<(&'static str, &'static str)> {
    match task.operation {
        XmlOperation::Validate => Some(validation::XMLLINT),
        XmlOperation::Xslt | XmlOperation::XPath => Some(xml::XSLTPROC),
        XmlOperation::Merge => (!task.merge_point.text.trim().is_empty()).then_some(xml::XSLTPROC),
        XmlOperation::Diff | XmlOperation::Patch => None,
    }
}

/// The DTD that a document is validated against is its own.
fn needs_second(task: &XmlTask) -> bool {
    task.operation != XmlOperation::Validate || task.validation_type == XmlValidation::Xsd
}

/// Whether what an operand names is there.
fn operand(frame: &Arc<Frame>, operand: &XmlOperand) -> Result<(), Mistake> {
    match operand.kind {
        XmlSourceType::DirectInput => Ok(()),
        XmlSourceType::FileConnection => xml::of_connection(frame, &operand.text).map(drop),
        XmlSourceType::Variable => evaluate::find(frame, &operand.text).map(drop),
    }
}

fn destination(frame: &Arc<Frame>, task: &XmlTask) -> Result<(), Mistake> {
    match task.destination_type {
        XmlDestination::FileConnection => xml::of_connection(frame, &task.destination).map(drop),
        XmlDestination::Variable => evaluate::find(frame, &task.destination).map(drop),
    }
}

fn carry_out(frame: &Arc<Frame>, task: &XmlTask) -> Result<(), Trouble> {
    supported(task)?;
    may_be_saved(frame, task)?;
    log(frame, task.operation);
    let result = match task.operation {
        XmlOperation::Validate => {
            let checked = validation::run(frame, task)?;
            save(frame, task, &checked.result)?;
            return checked.judge(frame, task).map_err(Trouble::Mistake);
        }
        XmlOperation::Xslt => transform::run(frame, task)?,
        XmlOperation::XPath => select::run(frame, task)?,
        XmlOperation::Merge => merge::run(frame, task)?,
        XmlOperation::Diff => return Ok(compare::run(frame, task)?),
        // Refused above.
        XmlOperation::Patch => return Ok(()),
    };
    Ok(save(frame, task, &result)?)
}

/// Refuses to begin where the result would have nowhere to go.
fn may_be_saved(frame: &Arc<Frame>, task: &XmlTask) -> Result<(), Mistake> {
    if !task.save_result || task.overwrite {
        return Ok(());
    }
    match task.destination_type {
        XmlDestination::FileConnection => {
            let written = xml::of_connection(frame, &task.destination)?;
            if !xml::resolve(frame, &written)?.exists() {
                return Ok(());
            }
            Err(Mistake::new(
                dts::DTS_E_XMLTASK_FILEALREADYEXISTS,
                format!("The file \"{written}\" already exists."),
            ))
        }
        XmlDestination::Variable => {
            let value = evaluate::read_variable(frame, &task.destination)?;
            if value.is_null() || value.to_string().is_empty() {
                return Ok(());
            }
            Err(went_wrong(&format!(
                "the variable {} has a value already, and OverwriteDestination is False",
                task.destination
            )))
        }
    }
}

fn save(frame: &Arc<Frame>, task: &XmlTask, result: &str) -> Result<(), Mistake> {
    if !task.save_result {
        return Ok(());
    }
    match task.destination_type {
        XmlDestination::Variable => {
            evaluate::set_variable(frame, &task.destination, &Value::text(result))
        }
        XmlDestination::FileConnection => {
            let written = xml::of_connection(frame, &task.destination)?;
            let path = xml::resolve(frame, &written)?;
            fs::write(path, result).map_err(|error| went_wrong(&error.to_string()))
        }
    }
}

/// The task's own log entry.
fn log(frame: &Arc<Frame>, operation: XmlOperation) {
    let mut event =
        frame.event(MessageType::Custom, 0, format!("The operation {} begins.", operation.name()));
    "XMLOperation".clone_into(&mut event.name);
    frame.raise(event);
}
