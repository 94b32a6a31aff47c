//! For Loop: initialise, then as long as the condition holds, run the children and assign.

use std::sync::Arc;

use model::{Value, dts};
use package::ForLoop;

use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::schedule;

/// Runs the loop.
pub(crate) fn run(frame: &Arc<Frame>, each: &ForLoop) -> Outcome {
    match iterate(frame, each) {
        Ok(()) => Outcome::SUCCESS,
        Err(mistake) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

fn iterate(frame: &Arc<Frame>, each: &ForLoop) -> Result<(), Mistake> {
    step(frame, &each.init, dts::DTS_E_FORLOOPINITEXPRESSIONINVALID)?;
    let mut iteration = 0;
    while !frame.is_stopped() && !frame.has_too_many_errors() && goes_on(frame, &each.eval)? {
        iteration += 1;
        schedule::run_children(frame, iteration);
        if frame.is_stopped() || frame.has_too_many_errors() {
            break;
        }
        step(frame, &each.assign, dts::DTS_E_FORLOOPASSIGNEXPRESSIONINVALID)?;
    }
    Ok(())
}

/// The initial or the iteration expression.
fn step(frame: &Arc<Frame>, expression: &str, code: u32) -> Result<(), Mistake> {
    if expression.trim().is_empty() {
        return Ok(());
    }
    let done = evaluate::assign(frame, expression).map(drop);
    let which = if code == dts::DTS_E_FORLOOPINITEXPRESSIONINVALID {
        "initialization"
    } else {
        "assignment"
    };
    done.map_err(|mistake| {
        mistake.and(
            code,
            format!(
                "The {which} expression for the loop is not valid and needs to be modified. There \
             might be additional error messages."
            ),
        )
    })
}

fn goes_on(frame: &Arc<Frame>, expression: &str) -> Result<bool, Mistake> {
    if expression.trim().is_empty() {
        return Err(no_condition(frame));
    }
    match evaluate::expression(frame, expression) {
        Ok(Value::Bool(truth)) => Ok(truth),
        Ok(_) => Err(not_boolean(expression)),
        Err(mistake) => Err(mistake.and(
            dts::DTS_E_FORLOOPEVALEXPRESSIONINVALID,
            "The evaluation expression for the loop is not valid. The expression needs to be \
             modified. There might be additional error messages.",
        )),
    }
}

fn no_condition(frame: &Arc<Frame>) -> Mistake {
    Mistake::new(
        dts::DTS_E_NOEVALEXPRESSION,
        format!(
            "The evaluation condition expression on the For Loop \"{}\" is empty. There must be a \
             Boolean evaluation expression in the For Loop.",
            frame.executable().name
        ),
    )
}

fn not_boolean(expression: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_EXPRESSIONNOTBOOLEAN,
        format!(
            "The expression \"{expression}\" must evaluate to True or False. Change the \
             expression to evaluate to a Boolean value."
        ),
    )
}

/// What is wrong with a loop, and what its author should know about it.
pub(crate) fn validate(frame: &Arc<Frame>, each: &ForLoop) -> bool {
    if each.eval.trim().is_empty() {
        no_condition(frame).raise(frame);
        return false;
    }
    let mut sound = evaluate::check(frame, &each.eval);
    for (expression, code, which) in [
        (&each.init, dts::DTS_W_INITIALIZATIONEXPRESSIONISNOTASSIGNMENT, "initialization"),
        (&each.assign, dts::DTS_W_ITERATIONEXPRESSIONISNOTASSIGNMENT, "iteration"),
    ] {
        if expression.trim().is_empty() {
            continue;
        }
        let assigns = evaluate::check_assignment(frame, expression);
        if assigns == Some(false) {
            frame.warning(
                code,
                format!(
                    "The {which} expression is not an assignment expression: \"{expression}\". \
                     This is usually an error, so the expression should be checked."
                ),
            );
        }
        sound &= assigns.is_some();
    }
    sound
}
