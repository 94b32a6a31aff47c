//! One step for each node of a plan.

use super::scope::Outer;
use super::state::Run;
use super::{aggregate, apply, built_in, for_json, for_xml, join, limit, recursive, row};
use super::{scan, set, sort, window};
use crate::host::{Restriction, Row};
use crate::plan::{Node, SetKind};
use crate::value::SqlError;

/// A part of a running query that rows are pulled from.
pub(crate) trait Step<'a> {
    /// The next row; `None` at the end.
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError>;

    /// Whether the rows come in the order that the scan below was asked for.
    fn ordered(&self) -> bool {
        false
    }
}

pub(crate) type Boxed<'a> = Box<dyn Step<'a> + 'a>;

/// Begins to run a node. `hints` are conditions on its columns that every row which is wanted
/// meets; a step may leave them.
pub(crate) fn open_node<'a>(
    run: &Run<'a>,
    node: &'a Node,
    outer: Outer<'_>,
    hints: &[Restriction],
) -> Result<Boxed<'a>, SqlError> {
    let step: Boxed<'a> = match node {
        Node::Values(rows) => Box::new(row::Values::new(rows)),
        Node::Scan(node) => scan::open(run, node, outer, hints)?,
        Node::TableFunction { function, arguments } => {
            scan::call(run, function.as_ref(), arguments, outer)?
        }
        Node::BuiltIn(table) => built_in::open(run, table, outer)?,
        Node::Filter { input, predicate } => {
            Box::new(row::Filter::new(open_node(run, input, outer, hints)?, predicate))
        }
        Node::Project { input, columns } => {
            let below = row::hints_below(columns, hints);
            row::project(open_node(run, input, outer, &below)?, columns)
        }
        Node::Join(node) => join::open(run, node, outer, hints)?,
        Node::Apply { left, right, right_width, outer: keep, .. } => {
            let left = open_node(run, left, outer, &[])?;
            Box::new(apply::Apply::new(left, right, *right_width, *keep))
        }
        Node::Aggregate(node) => {
            let input = open_node(run, &node.input, outer, &aggregate::hints_below(node, hints))?;
            Box::new(aggregate::Groups::new(node, input))
        }
        Node::Window { input, calls } => {
            Box::new(window::Windows::new(open_node(run, input, outer, &[])?, calls))
        }
        Node::Sort { input, keys, limit } => {
            let below = if limit.is_none() { hints } else { &[] };
            sort::open(run, (input, keys, limit.as_deref()), outer, below)?
        }
        Node::Top { input, count, percent, ties } => {
            let input = open_node(run, input, outer, &[])?;
            limit::top(run, input, (count, *percent, ties), outer)?
        }
        Node::Offset { input, skip, take } => {
            let input = open_node(run, input, outer, &[])?;
            limit::offset(run, input, (skip, take.as_ref()), outer)?
        }
        Node::Distinct { input, collations } => {
            Box::new(set::Distinct::new(open_node(run, input, outer, hints)?, collations))
        }
        Node::SetOperation { operator, left, right, collations } => {
            let left = open_node(run, left, outer, hints)?;
            match operator {
                SetKind::UnionAll => Box::new(set::UnionAll::new(left, right, hints)),
                SetKind::Union => {
                    let all = Box::new(set::UnionAll::new(left, right, hints));
                    Box::new(set::Distinct::new(all, collations))
                }
                SetKind::Except | SetKind::Intersect => {
                    let right = open_node(run, right, outer, hints)?;
                    let both = *operator == SetKind::Intersect;
                    Box::new(set::Common::new(left, right, collations, both))
                }
            }
        }
        Node::Recursive { id, anchor, recursive, max_recursion } => {
            let anchor = open_node(run, anchor, outer, &[])?;
            Box::new(recursive::Recursive::new(run, anchor, (*id, recursive, *max_recursion)))
        }
        Node::RecursiveInput(id) => Box::new(recursive::Input::new(*id)),
        Node::ForXml(node) => {
            Box::new(for_xml::ForXmlStep::new(node, open_node(run, &node.input, outer, &[])?))
        }
        Node::ForJson(node) => {
            Box::new(for_json::ForJsonStep::new(node, open_node(run, &node.input, outer, &[])?))
        }
    };
    Ok(step)
}
