//! Going through a plan: every expression of it, with how deep it stands.
//!
//! `depth` counts the rows between an expression and the row where the walk began: one more
//! inside a subquery and on the right side of an APPLY.

use std::sync::Arc;

use super::error::Bind;
use crate::plan::{
    AggregateCall, BuiltInTable, JoinNode, Node, Plan, Predicate, PushedRestriction, Scalar,
    ScalarKind, ScanNode, SortKey, WindowCall,
};

/// What is done with every expression.
pub(super) trait Visit {
    /// Sees an expression before its parts; gives whether to go on to the parts.
    fn scalar(&mut self, scalar: &mut Scalar, depth: u32) -> Bind<bool>;

    /// Sees a subquery's plan before what is in it.
    fn plan(&mut self, _: &mut Plan, _: u32) -> Bind<()> {
        Ok(())
    }
}

/// Goes through an expression.
pub(super) fn scalar(visit: &mut dyn Visit, value: &mut Scalar, depth: u32) -> Bind<()> {
    if !visit.scalar(value, depth)? {
        return Ok(());
    }
    match &mut value.kind {
        ScalarKind::Constant(_) | ScalarKind::Column { .. } | ScalarKind::Variable(_) => Ok(()),
        ScalarKind::Arithmetic(_, left, right) | ScalarKind::AtTimeZone(left, right) => {
            scalar(visit, left, depth)?;
            scalar(visit, right, depth)
        }
        ScalarKind::Unary(_, operand) | ScalarKind::XmlMethod { operand, .. } => {
            scalar(visit, operand, depth)
        }
        ScalarKind::Convert { operand, style: other, .. }
        | ScalarKind::Parse { operand, culture: other, .. } => {
            scalar(visit, operand, depth)?;
            other.iter_mut().try_for_each(|other| scalar(visit, other, depth))
        }
        ScalarKind::Function(_, parts)
        | ScalarKind::Session(_, parts)
        | ScalarKind::Native(_, parts)
        | ScalarKind::User(_, parts)
        | ScalarKind::Coalesce(parts) => scalars(visit, parts, depth),
        ScalarKind::Case(arms, otherwise) => {
            for (condition, result) in arms {
                predicate(visit, condition, depth)?;
                scalar(visit, result, depth)?;
            }
            otherwise.iter_mut().try_for_each(|other| scalar(visit, other, depth))
        }
        ScalarKind::Subquery(inner) => plan(visit, inner, depth + 1),
    }
}

/// Goes through several expressions.
pub(super) fn scalars(visit: &mut dyn Visit, values: &mut [Scalar], depth: u32) -> Bind<()> {
    values.iter_mut().try_for_each(|value| scalar(visit, value, depth))
}

/// Goes through a condition.
pub(super) fn predicate(visit: &mut dyn Visit, value: &mut Predicate, depth: u32) -> Bind<()> {
    match value {
        Predicate::Constant(_) => Ok(()),
        Predicate::Compare { left, right, .. } | Predicate::IsSame { left, right, .. } => {
            scalar(visit, left, depth)?;
            scalar(visit, right, depth)
        }
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter_mut().try_for_each(|part| predicate(visit, part, depth))
        }
        Predicate::Not(part) => predicate(visit, part, depth),
        Predicate::IsNull(operand) => scalar(visit, operand, depth),
        Predicate::InList { operand, values, .. } => {
            scalar(visit, operand, depth)?;
            scalars(visit, values, depth)
        }
        Predicate::Quantified { operand, plan: inner, .. } => {
            scalar(visit, operand, depth)?;
            plan(visit, inner, depth + 1)
        }
        Predicate::Exists(inner) => plan(visit, inner, depth + 1),
        Predicate::Like { operand, pattern, escape, .. } => {
            scalar(visit, operand, depth)?;
            scalar(visit, pattern, depth)?;
            escape.iter_mut().try_for_each(|escape| scalar(visit, escape, depth))
        }
    }
}

fn plan(visit: &mut dyn Visit, inner: &mut Arc<Plan>, depth: u32) -> Bind<()> {
    let inner = Arc::make_mut(inner);
    visit.plan(inner, depth)?;
    node(visit, &mut inner.root, depth)
}

/// Goes through all expressions of a node and of the nodes under it.
pub(super) fn node(visit: &mut dyn Visit, value: &mut Node, depth: u32) -> Bind<()> {
    own(visit, value, depth)?;
    match value {
        Node::Values(_)
        | Node::Scan(_)
        | Node::TableFunction { .. }
        | Node::BuiltIn(_)
        | Node::RecursiveInput(_) => Ok(()),
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Window { input, .. }
        | Node::Sort { input, .. }
        | Node::Top { input, .. }
        | Node::Offset { input, .. }
        | Node::Distinct { input, .. } => node(visit, input, depth),
        Node::ForJson(json) => node(visit, &mut json.input, depth),
        Node::Join(join) => {
            node(visit, &mut join.left, depth)?;
            node(visit, &mut join.right, depth)
        }
        Node::Apply { left, right, .. } => {
            node(visit, left, depth)?;
            node(visit, right, depth + 1)
        }
        Node::Aggregate(aggregate) => node(visit, &mut aggregate.input, depth),
        Node::SetOperation { left, right, .. } => {
            node(visit, left, depth)?;
            node(visit, right, depth)
        }
        Node::Recursive { anchor, recursive, .. } => {
            node(visit, anchor, depth)?;
            recursive.iter_mut().try_for_each(|part| node(visit, part, depth))
        }
        Node::ForXml(xml) => node(visit, &mut xml.input, depth),
    }
}

/// Goes through the expressions of a node itself.
pub(super) fn own(visit: &mut dyn Visit, value: &mut Node, depth: u32) -> Bind<()> {
    match value {
        Node::Values(rows) => rows.iter_mut().try_for_each(|row| scalars(visit, row, depth)),
        Node::Scan(scan) => scanned(visit, scan, depth),
        Node::TableFunction { arguments, .. } => scalars(visit, arguments, depth),
        Node::BuiltIn(table) => built_in(visit, table, depth),
        Node::Filter { predicate: condition, .. } => predicate(visit, condition, depth),
        Node::Project { columns, .. } => scalars(visit, columns, depth),
        Node::Join(join) => joined(visit, join, depth),
        Node::Aggregate(aggregate) => {
            for (key, _) in &mut aggregate.keys {
                scalar(visit, key, depth)?;
            }
            aggregate.calls.iter_mut().try_for_each(|call| aggregate_call(visit, call, depth))
        }
        Node::Window { calls, .. } => {
            calls.iter_mut().try_for_each(|call| window_call(visit, call, depth))
        }
        Node::Sort { keys, limit, .. } => {
            sort_keys(visit, keys, depth)?;
            limit.iter_mut().try_for_each(|limit| scalar(visit, limit, depth))
        }
        Node::Top { count, ties, .. } => {
            scalar(visit, count, depth)?;
            sort_keys(visit, ties, depth)
        }
        Node::Offset { skip, take, .. } => {
            scalar(visit, skip, depth)?;
            take.iter_mut().try_for_each(|take| scalar(visit, take, depth))
        }
        Node::Apply { .. }
        | Node::Distinct { .. }
        | Node::SetOperation { .. }
        | Node::Recursive { .. }
        | Node::RecursiveInput(_)
        | Node::ForXml(_)
        | Node::ForJson(_) => Ok(()),
    }
}

fn scanned(visit: &mut dyn Visit, scan: &mut ScanNode, depth: u32) -> Bind<()> {
    for restriction in &mut scan.restrictions {
        match restriction {
            PushedRestriction::Compare(_, _, value) => scalar(visit, value, depth)?,
            PushedRestriction::In(_, values) => scalars(visit, values, depth)?,
            PushedRestriction::IsNull(_, _) => {}
        }
    }
    scan.limit.iter_mut().try_for_each(|limit| scalar(visit, limit, depth))
}

fn joined(visit: &mut dyn Visit, join: &mut JoinNode, depth: u32) -> Bind<()> {
    for (left, right, _) in &mut join.keys {
        scalar(visit, left, depth)?;
        scalar(visit, right, depth)?;
    }
    join.condition.iter_mut().try_for_each(|condition| predicate(visit, condition, depth))
}

fn built_in(visit: &mut dyn Visit, table: &mut BuiltInTable, depth: u32) -> Bind<()> {
    match table {
        BuiltInTable::StringSplit { text, separator, .. } => {
            scalar(visit, text, depth)?;
            scalar(visit, separator, depth)
        }
        BuiltInTable::GenerateSeries { start, stop, step } => {
            scalar(visit, start, depth)?;
            scalar(visit, stop, depth)?;
            scalar(visit, step, depth)
        }
        BuiltInTable::OpenJson { text, path } | BuiltInTable::OpenJsonWith { text, path, .. } => {
            scalar(visit, text, depth)?;
            path.iter_mut().try_for_each(|path| scalar(visit, path, depth))
        }
        BuiltInTable::XmlNodes { xml, .. } => scalar(visit, xml, depth),
        BuiltInTable::BulkFile { .. } => Ok(()),
        BuiltInTable::UserFunction { arguments, .. } => scalars(visit, arguments, depth),
    }
}

/// Goes through an aggregate's expressions.
pub(super) fn aggregate_call(
    visit: &mut dyn Visit,
    call: &mut AggregateCall,
    depth: u32,
) -> Bind<()> {
    for value in call.argument.iter_mut().chain(&mut call.separator) {
        scalar(visit, value, depth)?;
    }
    sort_keys(visit, &mut call.order, depth)
}

/// Goes through a window function's expressions.
pub(super) fn window_call(visit: &mut dyn Visit, call: &mut WindowCall, depth: u32) -> Bind<()> {
    scalars(visit, &mut call.arguments, depth)?;
    for (key, _) in &mut call.partition {
        scalar(visit, key, depth)?;
    }
    sort_keys(visit, &mut call.order, depth)
}

/// Goes through sort keys.
pub(super) fn sort_keys(visit: &mut dyn Visit, keys: &mut [SortKey], depth: u32) -> Bind<()> {
    keys.iter_mut().try_for_each(|key| scalar(visit, &mut key.value, depth))
}

/// Calls a function with every column that an expression looks at: depth as seen from where the
/// walk began (0 is its own row), and index. Columns of rows inside subqueries do not count.
pub(super) struct Columns<F: FnMut(u32, &mut usize)>(pub(super) F);

impl<F: FnMut(u32, &mut usize)> Visit for Columns<F> {
    fn scalar(&mut self, scalar: &mut Scalar, depth: u32) -> Bind<bool> {
        if let ScalarKind::Column { depth: found, index } = &mut scalar.kind
            && let Some(out) = found.checked_sub(depth)
        {
            self.0(out, index);
        }
        Ok(true)
    }
}

/// Moves references to rows further out or in, by so many rows: those that are at least `from`
/// rows out.
pub(super) struct Shift {
    pub(super) from: u32,
    pub(super) by: i32,
}

impl Visit for Shift {
    fn scalar(&mut self, scalar: &mut Scalar, depth: u32) -> Bind<bool> {
        if let ScalarKind::Column { depth: found, .. } = &mut scalar.kind
            && depth + self.from <= *found
        {
            *found = found.saturating_add_signed(self.by);
        }
        Ok(true)
    }
}
