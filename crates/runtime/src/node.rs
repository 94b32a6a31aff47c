//! A package taken apart for running: each executable by itself, with its children, handlers and
//! the constraints between them beside it.
//!
//! A [`Node`] never changes. What changes while a package runs, its variables, hangs on an
//! [`crate::instance::Instance`] of it.

use std::sync::Arc;

use model::ExecutionResult;
use package::{Container, EvalOp, EventHandler, Executable, ExecutableKind, TaskKind};

/// One executable of a package.
#[derive(Debug)]
pub(crate) struct Node {
    /// The executable without children and event handlers, so that a property expression can
    /// change a copy of it at little cost.
    pub(crate) executable: Executable,
    /// The executables in it.
    pub(crate) children: Vec<Arc<Node>>,
    /// The constraints between them.
    pub(crate) constraints: Vec<Constraint>,
    /// Its event handlers; the name of the event is their body's name where it has no other.
    pub(crate) handlers: Vec<Handler>,
    /// `executable_id` less that of the package: its place in document order.
    pub(crate) number: i64,
}

/// An event handler.
#[derive(Debug)]
pub(crate) struct Handler {
    /// For example `OnError`.
    pub(crate) event: String,
    /// What runs.
    pub(crate) body: Arc<Node>,
}

/// When a child may run after another.
#[derive(Debug)]
pub(crate) struct Constraint {
    /// Position of the child that finishes.
    pub(crate) from: usize,
    /// Position of the child that may then run.
    pub(crate) to: usize,
    /// The result that counts.
    pub(crate) value: ExecutionResult,
    /// Whether the result, the expression or both count.
    pub(crate) eval_op: EvalOp,
    /// The expression; empty for none.
    pub(crate) expression: String,
    /// Whether all constraints of the target must hold.
    pub(crate) logical_and: bool,
}

impl Node {
    /// Takes an executable apart, with all that is in it.
    pub(crate) fn new(executable: Executable) -> Arc<Self> {
        let mut next = 0;
        Self::numbered(executable, &mut next)
    }

    fn numbered(mut executable: Executable, next: &mut i64) -> Arc<Self> {
        let number = *next;
        *next += 1;
        let container = executable.container_mut().map(std::mem::take).unwrap_or_default();
        let handlers = std::mem::take(&mut executable.event_handlers);
        let constraints = constraints_of(&container);
        let children = container.executables.into_iter();
        Arc::new(Self {
            executable,
            children: children.map(|child| Self::numbered(child, next)).collect(),
            constraints,
            handlers: handlers.into_iter().map(|handler| Handler::new(handler, next)).collect(),
            number,
        })
    }

    /// It and everything in it, handlers included, in document order.
    pub(crate) fn all(self: &Arc<Self>) -> Vec<Arc<Self>> {
        let mut found = Vec::new();
        let mut open = vec![Arc::clone(self)];
        while let Some(node) = open.pop() {
            open.extend(node.handlers.iter().rev().map(|handler| Arc::clone(&handler.body)));
            open.extend(node.children.iter().rev().cloned());
            found.push(node);
        }
        found
    }

    /// Whether it is a task.
    pub(crate) fn is_task(&self) -> bool {
        matches!(self.executable.kind, ExecutableKind::Task(_))
    }

    /// The children that lie on a circle of constraints, which nothing could ever start.
    pub(crate) fn circle(&self) -> Vec<&str> {
        let mut left: Vec<bool> = vec![true; self.children.len()];
        loop {
            let free = (0..left.len()).find(|&child| {
                left[child] && !self.constraints.iter().any(|c| c.to == child && left[c.from])
            });
            match free {
                Some(child) => left[child] = false,
                None => break,
            }
        }
        let children = self.children.iter().zip(left);
        children.filter(|(_, left)| *left).map(|(c, _)| c.executable.name.as_str()).collect()
    }
}

impl Handler {
    fn new(handler: EventHandler, next: &mut i64) -> Self {
        let mut body = handler.body;
        if body.name.is_empty() {
            body.name.clone_from(&handler.event);
        }
        Self { event: handler.event, body: Node::numbered(body, next) }
    }
}

fn constraints_of(container: &Container) -> Vec<Constraint> {
    let place = |ref_id: &str| {
        container.executables.iter().position(|child| child.ref_id == ref_id || child.id == ref_id)
    };
    let constraints = container.precedence_constraints.iter();
    constraints
        .filter_map(|constraint| {
            Some(Constraint {
                from: place(&constraint.from)?,
                to: place(&constraint.to)?,
                value: constraint.value,
                eval_op: constraint.eval_op,
                expression: constraint.expression.clone(),
                logical_and: constraint.logical_and,
            })
        })
        .collect()
}

/// What kind of object the catalog says raised an event of this executable.
pub(crate) fn source_kind(executable: &Executable) -> model::MessageSourceType {
    use model::MessageSourceType as Kind;
    match &executable.kind {
        ExecutableKind::Package(_) => Kind::Package,
        ExecutableKind::Task(TaskKind::DataFlow(_)) => Kind::DataFlow,
        ExecutableKind::Task(_) => Kind::Task,
        ExecutableKind::Sequence(_)
        | ExecutableKind::ForLoop(_)
        | ExecutableKind::ForEach(_)
        | ExecutableKind::EventHandler(_) => Kind::Container,
    }
}
