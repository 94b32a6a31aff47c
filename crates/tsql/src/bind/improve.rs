//! Better plans with the same rows: conditions go down to the relations, joins get keys, scans
//! learn which columns, which order and how many rows are wanted.
//!
//! ```text
//!   sink (conditions, keys) ─▶ order (order, limit) ─▶ prune (columns)
//! ```
//!
//! # Invariants
//!
//! * A condition moves only where it cannot fail: what a query raises, and when, does not change.
//! * What a relation is told is told it as help: the same conditions stand above it.

mod order;
mod prune;
mod restrict;
mod sink;
mod total;

pub(super) use restrict::plain_column;

use std::sync::Arc;

use super::error::Bind;
use super::from::one_row;
use super::walk::{self, Shift, Visit};
use crate::plan::{Node, Plan, Predicate, Scalar, ScalarKind};

/// Improves a plan and the subqueries in it.
pub(super) fn plan(mut plan: Plan) -> Bind<Plan> {
    let mut visit = Subqueries;
    visit.plan(&mut plan, 0)?;
    walk::node(&mut visit, &mut plan.root, 0)?;
    Ok(plan)
}

/// Improves the subqueries of an expression.
pub(super) fn scalar(mut value: Scalar) -> Bind<Scalar> {
    walk::scalar(&mut Subqueries, &mut value, 0)?;
    Ok(value)
}

/// Improves the subqueries of a condition.
pub(super) fn predicate(mut value: Predicate) -> Bind<Predicate> {
    walk::predicate(&mut Subqueries, &mut value, 0)?;
    Ok(value)
}

/// Improves every plan on the way, the outer ones first.
struct Subqueries;

impl Visit for Subqueries {
    fn scalar(&mut self, scalar: &mut Scalar, _: u32) -> Bind<bool> {
        inlined(scalar)?;
        Ok(true)
    }

    fn plan(&mut self, plan: &mut Plan, _: u32) -> Bind<()> {
        let root = std::mem::replace(&mut plan.root, Node::Values(Vec::new()));
        let mut root = sink::sink(root, Vec::new())?;
        order::push(&mut root)?;
        prune::prune(&mut root, &prune::Wanted::first(plan.columns.len()))?;
        plan.root = root;
        Ok(())
    }
}

/// `(SELECT value)` is the value.
fn inlined(scalar: &mut Scalar) -> Bind<()> {
    let ScalarKind::Subquery(plan) = &mut scalar.kind else { return Ok(()) };
    let root = &mut Arc::make_mut(plan).root;
    match one_row(std::mem::replace(root, Node::Values(Vec::new()))) {
        Ok(values) => {
            let Some(mut value) = values.into_iter().next() else { return Ok(()) };
            walk::scalar(&mut Shift { from: 1, by: -1 }, &mut value, 0)?;
            *scalar = value;
        }
        Err(node) => *root = *node,
    }
    Ok(())
}
