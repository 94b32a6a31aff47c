//! Which child of a container runs when.
//!
//! A child without constraints is ready at once. When a child finishes, the constraints that
//! leave it are decided, once, with the variables of that moment; a target becomes ready when its
//! constraints say so, and is skipped when they no longer can. Skipped children count as never
//! finished: constraints that leave them are not satisfied.
//!
//! One ready child at a time runs on the container's own thread; several run on threads of their
//! own, no more at once than MaxConcurrentExecutables.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, Scope};

use model::{ExecutionResult, Value, dts};
use package::EvalOp;

use crate::frame::Frame;
use crate::node::{Constraint, Node};
use crate::{evaluate, execute};

/// Room for the deepest packages: each container that contains a container takes some.
const STACK_BYTES: usize = 8 << 20;

/// Runs the children of a container; `iteration` counts from 1 in loops and is 0 elsewhere.
pub(crate) fn run_children(frame: &Arc<Frame>, iteration: u64) {
    let mut plan = Plan::new(&frame.instance.node);
    let limit = frame.run.slots.limit();
    thread::scope(|threads| {
        let (finished, results) = mpsc::channel();
        let mut running = 0;
        loop {
            while running < limit && !frame.is_stopped() {
                let Some(child) = plan.ready.pop_front() else { break };
                if running == 0 && plan.ready.is_empty() {
                    let result = run_child(frame, child, iteration);
                    plan.finished(frame, child, result);
                } else {
                    start(threads, frame, (child, iteration), &finished);
                    running += 1;
                }
            }
            if running == 0 {
                break;
            }
            let Ok((child, result)) = results.recv() else { break };
            running -= 1;
            plan.finished(frame, child, result);
        }
    });
}

fn run_child(frame: &Arc<Frame>, child: usize, iteration: u64) -> ExecutionResult {
    execute::run(&frame.child(&frame.instance.children[child], iteration))
}

fn start<'scope>(
    threads: &'scope Scope<'scope, '_>,
    frame: &Arc<Frame>,
    (child, iteration): (usize, u64),
    finished: &mpsc::Sender<(usize, ExecutionResult)>,
) {
    let (of_thread, to) = (Arc::clone(frame), finished.clone());
    let thread = thread::Builder::new().name("executable".to_owned()).stack_size(STACK_BYTES);
    let spawned = thread.spawn_scoped(threads, move || {
        // A child that panicked must not keep its container waiting.
        let run = AssertUnwindSafe(|| run_child(&of_thread, child, iteration));
        let result = panic::catch_unwind(run).unwrap_or_else(|_| {
            let name = &of_thread.instance.children[child].node.executable.name;
            let text = format!("The executable \"{name}\" ended by a defect of this program.");
            of_thread.error(dts::DTS_E_GENERICERROR, text);
            ExecutionResult::Failure
        });
        tell(&to, child, result);
    });
    if let Err(error) = spawned {
        frame.error(
            dts::DTS_E_GENERICERROR,
            format!("A thread for an executable could not be started: {error}."),
        );
        tell(finished, child, ExecutionResult::Failure);
    }
}

fn tell(to: &mpsc::Sender<(usize, ExecutionResult)>, child: usize, result: ExecutionResult) {
    if to.send((child, result)).is_err() {
        // The container waits for every child, so this cannot be.
        tracing::error!(child, "nobody waits for an executable");
    }
}

/// Where the children of a container are.
struct Plan {
    /// Those that may start, in document order where nothing else orders them.
    ready: VecDeque<usize>,
    /// By child: whether it is settled, that is ready, running, finished or skipped.
    settled: Vec<bool>,
    /// By constraint: whether it holds; `None` while its start has not finished.
    holds: Vec<Option<bool>>,
    node: Arc<Node>,
}

impl Plan {
    fn new(node: &Arc<Node>) -> Self {
        let is_free = |child: &usize| !node.constraints.iter().any(|c| c.to == *child);
        let ready: VecDeque<usize> = (0..node.children.len()).filter(is_free).collect();
        let settled = (0..node.children.len()).map(|child| ready.contains(&child)).collect();
        let holds = vec![None; node.constraints.len()];
        Self { ready, settled, holds, node: Arc::clone(node) }
    }

    /// Decides the constraints that leave a child, and what follows.
    fn finished(&mut self, frame: &Arc<Frame>, child: usize, result: ExecutionResult) {
        let node = Arc::clone(&self.node);
        for (number, constraint) in leaving(&node, child) {
            self.holds[number] = Some(holds(frame, constraint, result));
        }
        let mut open: VecDeque<usize> = leaving(&node, child).map(|(_, c)| c.to).collect();
        while let Some(target) = open.pop_front() {
            match self.verdict(target) {
                Some(_) if self.settled[target] => {}
                Some(true) => {
                    self.settled[target] = true;
                    self.ready.push_back(target);
                }
                Some(false) => {
                    self.settled[target] = true;
                    for (number, constraint) in leaving(&node, target) {
                        self.holds[number] = Some(false);
                        open.push_back(constraint.to);
                    }
                }
                None => {}
            }
        }
    }

    /// Whether a child runs or is skipped; `None` while that is open.
    fn verdict(&self, target: usize) -> Option<bool> {
        let arriving =
            self.node.constraints.iter().zip(&self.holds).filter(|(c, _)| c.to == target);
        let all_must_hold = arriving.clone().all(|(constraint, _)| constraint.logical_and);
        let mut open = false;
        for (_, holds) in arriving {
            match holds {
                // One decides: a failed one of those that must all hold, a good one of the others.
                Some(holds) if *holds != all_must_hold => return Some(*holds),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(all_must_hold)
    }
}

fn leaving(node: &Node, child: usize) -> impl Iterator<Item = (usize, &Constraint)> {
    node.constraints.iter().enumerate().filter(move |(_, c)| c.from == child)
}

/// Whether a constraint holds, now that its start has finished.
fn holds(frame: &Arc<Frame>, constraint: &Constraint, result: ExecutionResult) -> bool {
    let fits = || match constraint.value {
        ExecutionResult::Completion => true,
        ExecutionResult::Success | ExecutionResult::Failure | ExecutionResult::Canceled => {
            result == constraint.value
        }
    };
    match constraint.eval_op {
        EvalOp::Constraint => fits(),
        EvalOp::Expression => is_true(frame, &constraint.expression),
        EvalOp::ExpressionAndConstraint => fits() && is_true(frame, &constraint.expression),
        EvalOp::ExpressionOrConstraint => fits() || is_true(frame, &constraint.expression),
    }
}

fn is_true(frame: &Arc<Frame>, expression: &str) -> bool {
    match evaluate::expression(frame, expression) {
        Ok(Value::Bool(truth)) => truth,
        Ok(_) => {
            frame.error(
                dts::DTS_E_EXPRESSIONNOTBOOLEAN,
                format!(
                    "The expression \"{expression}\" must evaluate to True or False. Change the \
                     expression to evaluate to a Boolean value."
                ),
            );
            false
        }
        Err(mistake) => {
            mistake.raise(frame);
            false
        }
    }
}
