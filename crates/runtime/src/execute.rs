//! One run of one executable, from OnPreExecute to OnPostExecute, and what its result is.
//!
//! Order of events and the rules for results: the facts about executing one executable, error
//! counts and forced results.

use std::sync::Arc;

use model::record::ExecutableStatistics;
use model::{ExecutionResult, MessageType, Timestamp, Value, dts};
use package::ExecutableKind;

use crate::container::{for_each, for_loop};
use crate::frame::Frame;
use crate::{
    checkpoint, clock, evaluate, handler, property, schedule, task, transaction, validation,
};

/// What an executable's own logic came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The result, before error counts and forced results.
    pub(crate) result: ExecutionResult,
    /// The execution value, where there is one.
    pub(crate) value: Option<Value>,
}

impl Outcome {
    /// It went well.
    pub(crate) const SUCCESS: Self = Self { result: ExecutionResult::Success, value: None };
    /// It went wrong, and has said why.
    pub(crate) const FAILURE: Self = Self { result: ExecutionResult::Failure, value: None };
}

/// Runs an executable with all that is in it. An executable that is disabled counts as successful
/// and says nothing.
pub(crate) fn run(frame: &Arc<Frame>) -> ExecutionResult {
    if frame.is_cancelled() {
        return ExecutionResult::Canceled;
    }
    let mistakes = property::apply_expressions(frame);
    if frame.executable().disabled {
        return ExecutionResult::Success;
    }
    if checkpoint::is_completed(frame) {
        return ExecutionResult::Success;
    }
    let is_task = frame.instance.node.is_task();
    let slot = (is_task && frame.takes_slot).then(|| frame.run.slots.take());
    if frame.is_cancelled() {
        return ExecutionResult::Canceled;
    }
    let start = begin(frame);
    transaction::start(frame);
    let outcome =
        if property::report(frame, &mistakes) { Outcome::FAILURE } else { validated_body(frame) };
    let mut result = conclude(frame, &outcome);
    if !transaction::end(frame, result) {
        result = ExecutionResult::Failure;
    }
    frame.result.get_or_init(|| result);
    if is_task && result == ExecutionResult::Failure {
        frame.say(MessageType::TaskFailed, 0, "");
    }
    end(frame, start, result, outcome.value);
    checkpoint::ended(frame, result);
    drop(slot);
    if result == ExecutionResult::Failure {
        fail_those_around(frame);
    }
    result
}

fn begin(frame: &Arc<Frame>) -> Timestamp {
    let start = clock::now();
    frame.scope().set_system("ContainerStartTime", clock::local_now());
    frame.run.runner.progress(&frame.source.execution_path);
    frame.say(MessageType::PreExecute, 0, "");
    start
}

fn validated_body(frame: &Arc<Frame>) -> Outcome {
    // The package was validated with everything in it just before.
    let is_package = matches!(frame.executable().kind, ExecutableKind::Package(_));
    if !is_package && !validation::alone(frame) {
        return Outcome::FAILURE;
    }
    if frame.instance.node.is_task() && handler::is_handled(frame, "OnQueryCancel") {
        frame.say(MessageType::QueryCancel, 0, "");
    }
    if frame.is_cancelled() {
        return Outcome { result: ExecutionResult::Canceled, value: None };
    }
    body(frame)
}

fn body(frame: &Arc<Frame>) -> Outcome {
    match &frame.executable().kind {
        ExecutableKind::Package(_)
        | ExecutableKind::Sequence(_)
        | ExecutableKind::EventHandler(_) => {
            schedule::run_children(frame, 0);
            Outcome::SUCCESS
        }
        ExecutableKind::ForLoop(each) => for_loop::run(frame, each),
        ExecutableKind::ForEach(each) => for_each::run(frame, each),
        ExecutableKind::Task(kind) => task::run(frame, kind),
    }
}

/// The result after error counts, children that fail their parents, and forced results.
fn conclude(frame: &Arc<Frame>, outcome: &Outcome) -> ExecutionResult {
    if frame.is_cancelled() || outcome.result == ExecutionResult::Canceled {
        return ExecutionResult::Canceled;
    }
    let executable = frame.executable();
    let mut result = outcome.result;
    if result != ExecutionResult::Failure && frame.has_too_many_errors() {
        let (errors, limit) = (frame.errors(), executable.max_error_count);
        frame.warning(
            dts::DTS_W_MAXIMUMERRORCOUNTREACHED,
            format!(
                "SSIS Warning Code DTS_W_MAXIMUMERRORCOUNTREACHED.  The Execution method \
                 succeeded, but the number of errors raised ({errors}) reached the maximum \
                 allowed ({limit}); resulting in failure. This occurs when the number of errors \
                 reaches the number specified in MaximumErrorCount. Change the MaximumErrorCount \
                 or fix the errors."
            ),
        );
        result = ExecutionResult::Failure;
    }
    if frame.is_failed() {
        result = ExecutionResult::Failure;
    }
    executable.force_result.unwrap_or(result)
}

fn end(frame: &Arc<Frame>, start: Timestamp, result: ExecutionResult, value: Option<Value>) {
    let executable = frame.executable();
    let value = executable.forced_value.clone().or(value);
    let variable = &executable.exec_value_variable;
    if let (false, Some(value)) = (variable.is_empty(), &value)
        && let Err(reason) = evaluate::set_variable(frame, variable, value)
    {
        frame.error(
            dts::DTS_E_FAILEDSETEXECVALVARIABLE,
            format!(
                "The wrapper was unable to set the value of the variable specified in the \
                 ExecutionValueVariable property. {}",
                reason.text()
            ),
        );
    }
    frame.post_execute(start);
    frame.run.runner.log.statistics(|| {
        let end = clock::now();
        ExecutableStatistics {
            executable_id: frame.run.first_number + frame.instance.node.number,
            execution_path: frame.source.execution_path.clone(),
            start_time: start,
            end_time: end,
            duration_ms: end.ms_since(start),
            result,
            value: value.filter(|value| !value.is_null()).map(|value| value.to_string()),
        }
    });
}

/// FailParentOnFailure and FailPackageOnFailure: what is around ends as failed, and nothing new
/// starts in it.
fn fail_those_around(frame: &Arc<Frame>) {
    let executable = frame.executable();
    let around = frame.up_to_package();
    if executable.fail_package_on_failure {
        around.iter().skip(1).for_each(|frame| frame.fail());
    } else if executable.fail_parent_on_failure
        && let Some(parent) = around.get(1)
    {
        parent.fail();
    }
}
