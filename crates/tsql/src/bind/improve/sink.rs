//! Conditions on their way down: through projections and joins to the rows they are about.
//!
//! A condition that is on its way either has to hold (it stands in a `Filter` wherever it comes
//! to rest), or is a hint: rows for which it is false do not matter, because something above
//! drops them. Hints come from equalities: `a.id = @x AND b.id = a.id` gives `b.id = @x`.

use super::super::error::Bind;
use super::super::same::conditions as same;
use super::super::walk;
use super::restrict::{plain_column, restriction};
use super::total::{Remap, columns, is_movable, is_total, substituted};
use crate::ast::CompareOp;
use crate::plan::{
    AggregateNode, JoinNode, JoinType, Node, Predicate, ScalarKind, ScanNode, SetKind, WindowCall,
};
use crate::types::SqlType;

/// A condition on the rows of a node. It can be moved.
#[derive(Clone)]
pub(super) struct Condition {
    predicate: Predicate,
    /// Nothing has to test it.
    hint: bool,
}

/// The node with the conditions as deep in it as they go.
pub(super) fn sink(node: Node, conditions: Vec<Condition>) -> Bind<Node> {
    match node {
        Node::Filter { input, predicate } => filter(*input, predicate, conditions),
        Node::Project { input, columns } => {
            let value = |at: usize| columns.get(at).cloned();
            let (down, stay) = replaced(conditions, &value)?;
            let input = Box::new(sink(*input, down)?);
            Ok(filtered(Node::Project { input, columns }, stay))
        }
        Node::Join(join) => joined(*join, conditions),
        Node::Apply { left, right, left_width, right_width, outer } => {
            let (left_conditions, rest) = split(conditions, |at| at < left_width)?;
            let (right_conditions, stay) = match outer {
                true => (Vec::new(), rest),
                false => (into_right(rest, left_width)?, Vec::new()),
            };
            let left = Box::new(sink(*left, left_conditions)?);
            let right = Box::new(sink(*right, right_conditions)?);
            Ok(filtered(Node::Apply { left, right, left_width, right_width, outer }, stay))
        }
        Node::Aggregate(aggregate) => grouped(*aggregate, conditions),
        Node::Window { input, calls } => {
            let (down, stay) = split(conditions, |at| is_partition(&calls, at))?;
            let input = Box::new(sink(*input, down)?);
            Ok(filtered(Node::Window { input, calls }, stay))
        }
        Node::Sort { input, keys, limit } => {
            let input = Box::new(sink(*input, conditions)?);
            Ok(Node::Sort { input, keys, limit })
        }
        Node::Distinct { input, collations } => {
            let input = Box::new(sink(*input, conditions)?);
            Ok(Node::Distinct { input, collations })
        }
        Node::SetOperation { operator, left, right, collations } => {
            let both = if operator == SetKind::Except { Vec::new() } else { conditions.clone() };
            let left = Box::new(sink(*left, conditions)?);
            let right = Box::new(sink(*right, both)?);
            Ok(Node::SetOperation { operator, left, right, collations })
        }
        Node::Scan(scan) => scanned(*scan, conditions),
        Node::Top { .. }
        | Node::Offset { .. }
        | Node::Recursive { .. }
        | Node::ForXml(_)
        | Node::ForJson(_)
        | Node::Values(_)
        | Node::TableFunction { .. }
        | Node::BuiltIn(_)
        | Node::RecursiveInput(_) => Ok(filtered(inside(node)?, conditions)),
    }
}

/// Nodes that conditions do not pass: their inputs stand for themselves.
#[expect(clippy::wildcard_enum_match_arm, reason = "`sink` has listed the nodes")]
fn inside(node: Node) -> Bind<Node> {
    let alone =
        |input: Box<Node>| Ok::<_, super::super::BindError>(Box::new(sink(*input, Vec::new())?));
    Ok(match node {
        Node::Top { input, count, percent, ties } => {
            Node::Top { input: alone(input)?, count, percent, ties }
        }
        Node::Offset { input, skip, take } => Node::Offset { input: alone(input)?, skip, take },
        Node::Recursive { id, anchor, recursive, max_recursion } => {
            let recursive: Bind<Vec<_>> =
                recursive.into_iter().map(|part| sink(part, Vec::new())).collect();
            Node::Recursive { id, anchor: alone(anchor)?, recursive: recursive?, max_recursion }
        }
        Node::ForXml(mut xml) => {
            xml.input = sink(std::mem::replace(&mut xml.input, empty()), Vec::new())?;
            Node::ForXml(xml)
        }
        Node::ForJson(mut json) => {
            json.input = sink(std::mem::replace(&mut json.input, empty()), Vec::new())?;
            Node::ForJson(json)
        }
        other => other,
    })
}

fn empty() -> Node {
    Node::Values(Vec::new())
}

/// The conjuncts that can move, move; the others stay where they are, in their order.
fn filter(input: Node, predicate: Predicate, mut conditions: Vec<Condition>) -> Bind<Node> {
    let (moving, staying) = sorted_out(predicate)?;
    conditions.extend(moving);
    let node = sink(input, conditions)?;
    Ok(match conjunction(staying) {
        Some(predicate) => Node::Filter { input: Box::new(node), predicate },
        None => node,
    })
}

/// The conjuncts of a condition: those that can move, and the others.
fn sorted_out(predicate: Predicate) -> Bind<(Vec<Condition>, Vec<Predicate>)> {
    let mut parts = Vec::new();
    conjuncts(predicate, &mut parts);
    let (mut moving, mut staying) = (Vec::new(), Vec::new());
    for mut predicate in parts {
        // A condition without columns is decided once, above all rows.
        match is_movable(&mut predicate)? && !columns(&mut predicate)?.is_empty() {
            true => moving.push(Condition { predicate, hint: false }),
            false => staying.push(predicate),
        }
    }
    Ok((moving, staying))
}

fn conjuncts(predicate: Predicate, found: &mut Vec<Predicate>) {
    if let Predicate::And(parts) = predicate {
        parts.into_iter().for_each(|part| conjuncts(part, found));
    } else {
        found.push(predicate);
    }
}

fn conjunction(mut parts: Vec<Predicate>) -> Option<Predicate> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(Predicate::And(parts)),
    }
}

/// The conditions that have to hold, above the node.
fn filtered(node: Node, conditions: Vec<Condition>) -> Node {
    let real = conditions.into_iter().filter(|one| !one.hint).map(|one| one.predicate);
    match conjunction(real.collect()) {
        Some(predicate) => Node::Filter { input: Box::new(node), predicate },
        None => node,
    }
}

/// The conditions that look at such columns only, and the others.
fn split(
    conditions: Vec<Condition>,
    fits: impl Fn(usize) -> bool,
) -> Bind<(Vec<Condition>, Vec<Condition>)> {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for mut condition in conditions {
        let all = columns(&mut condition.predicate)?.into_iter().all(&fits);
        if all { yes.push(condition) } else { no.push(condition) }
    }
    Ok((yes, no))
}

/// The conditions on what a node is made of, and those that have to stay above it.
fn replaced(
    conditions: Vec<Condition>,
    value: &dyn Fn(usize) -> Option<crate::plan::Scalar>,
) -> Bind<(Vec<Condition>, Vec<Condition>)> {
    let (mut down, mut stay) = (Vec::new(), Vec::new());
    for condition in conditions {
        match substituted(condition.predicate.clone(), value)? {
            Some(predicate) => down.push(Condition { predicate, ..condition }),
            None => stay.push(condition),
        }
    }
    Ok((down, stay))
}

/// Conditions on a joined row as the right side of an APPLY sees it.
fn into_right(conditions: Vec<Condition>, left_width: usize) -> Bind<Vec<Condition>> {
    let mut moved = Vec::with_capacity(conditions.len());
    for mut condition in conditions {
        let mut remap = Remap(|depth, at: usize| match depth {
            0 if left_width <= at => (0, at - left_width),
            0 => (1, at),
            _ => (depth + 1, at),
        });
        walk::predicate(&mut remap, &mut condition.predicate, 0)?;
        moved.push(condition);
    }
    Ok(moved)
}

/// Conditions on a joined row as its right side sees it.
fn onto_right(conditions: &mut [Condition], left_width: usize) -> Bind<()> {
    for condition in conditions {
        let mut remap =
            Remap(|depth, at: usize| (depth, if depth == 0 { at - left_width } else { at }));
        walk::predicate(&mut remap, &mut condition.predicate, 0)?;
    }
    Ok(())
}

fn grouped(mut aggregate: AggregateNode, conditions: Vec<Condition>) -> Bind<Node> {
    let whole = match aggregate.sets.as_slice() {
        [only] => aggregate.grouped && only.len() == aggregate.keys.len(),
        _ => false,
    };
    let keys = &aggregate.keys;
    let value = |at: usize| keys.get(at).filter(|_| whole).map(|(key, _)| key.clone());
    let (down, stay) = replaced(conditions, &value)?;
    aggregate.input = sink(aggregate.input, down)?;
    Ok(filtered(Node::Aggregate(Box::new(aggregate)), stay))
}

/// Whether every window takes rows apart by this column: then whole partitions go.
fn is_partition(calls: &[WindowCall], at: usize) -> bool {
    calls.iter().all(|call| call.partition.iter().any(|(key, _)| plain_column(key) == Some(at)))
}

/// A scan with its conditions above it, and as restrictions in it.
fn scanned(mut scan: ScanNode, mut conditions: Vec<Condition>) -> Bind<Node> {
    for at in 0..conditions.len() {
        let (before, rest) = conditions.split_at_mut(at);
        let Some(condition) = rest.first_mut() else { continue };
        let told = before.iter().any(|other| same(&other.predicate, &condition.predicate, 0));
        if !told {
            let found = restriction(&mut condition.predicate, scan.relation.columns())?;
            scan.restrictions.extend(found);
        }
    }
    Ok(filtered(Node::Scan(Box::new(scan)), conditions))
}

fn joined(mut join: JoinNode, mut conditions: Vec<Condition>) -> Bind<Node> {
    let (moving, staying) = match join.condition.take() {
        Some(on) => sorted_out(on)?,
        None => (Vec::new(), Vec::new()),
    };
    let width = join.left_width;
    let mut own = Vec::new();
    if join.kind == JoinType::Inner {
        conditions.extend(moving);
    } else {
        own = moving;
    }
    let mut equal = Vec::new();
    equalities(&join, &own, &conditions, &mut equal)?;
    conditions.extend(implied(&conditions, &equal)?);
    let (left, rest) = split(conditions, |at| at < width)?;
    let (right, both) = split(rest, |at| width <= at)?;
    let (own_left, own_rest) = split(own, |at| at < width)?;
    let (own_right, mut on) = split(own_rest, |at| width <= at)?;
    let (keeps_left, keeps_right) = match join.kind {
        JoinType::Inner => (true, true),
        JoinType::Left => (true, false),
        JoinType::Right => (false, true),
        JoinType::Full => (false, false),
    };
    // Rows of a side that is kept whole may be dropped before the join; rows of the other side
    // come back as NULLs, and a condition of the ON drops them before. A hint may always go to
    // the side whose rows only count where they match.
    let mut above = Vec::new();
    let mut sides = [Vec::new(), Vec::new()];
    for (side, found, keeps) in [(0, left, keeps_left), (1, right, keeps_right)] {
        let matched_only = [JoinType::Right, JoinType::Left][side] == join.kind;
        for condition in found {
            if keeps || (matched_only && condition.hint) {
                sides[side].push(condition);
            } else {
                above.push(condition);
            }
        }
    }
    for (side, found, keeps) in [(0, own_left, keeps_left), (1, own_right, keeps_right)] {
        if keeps || join.kind == JoinType::Full {
            on.extend(found)
        } else {
            sides[side].extend(found)
        }
    }
    if join.kind == JoinType::Inner {
        on.extend(both)
    } else {
        above.extend(both)
    }
    let [left, mut right] = sides;
    onto_right(&mut right, width)?;
    let on = on.into_iter().filter(|one| !one.hint).map(|one| one.predicate).collect();
    let mut rest = keyed(&mut join, on)?;
    rest.extend(staying);
    join.condition = conjunction(rest);
    join.left = sink(join.left, left)?;
    join.right = sink(join.right, right)?;
    Ok(filtered(Node::Join(Box::new(join)), above))
}

/// Takes the equalities of the two sides as keys, and gives what is left.
fn keyed(join: &mut JoinNode, on: Vec<Predicate>) -> Bind<Vec<Predicate>> {
    let width = join.left_width;
    let mut rest = Vec::new();
    for mut predicate in on {
        let Predicate::Compare { left, operator: CompareOp::Equal, right, collation } =
            &mut predicate
        else {
            rest.push(predicate);
            continue;
        };
        let total = is_total(left) && is_total(right) && left.data_type != SqlType::SqlVariant;
        let (mut a, mut b) = (left.clone(), right.clone());
        let (a_side, b_side) = (side(&mut a, width)?, side(&mut b, width)?);
        let (mut a, mut b) = match (a_side, b_side) {
            (Some(false), Some(true)) => (a, b),
            (Some(true), Some(false)) => (b, a),
            _ => {
                rest.push(predicate);
                continue;
            }
        };
        if !total {
            rest.push(predicate);
            continue;
        }
        let mut remap = Remap(|depth, at: usize| (depth, if depth == 0 { at - width } else { at }));
        walk::scalar(&mut remap, &mut b, 0)?;
        let collation = *collation;
        a.place = left.place;
        join.keys.push((a, b, collation));
    }
    Ok(rest)
}

/// Which side an expression is on: `true` for the right one. `None` for both or neither.
fn side(value: &mut crate::plan::Scalar, width: usize) -> Bind<Option<bool>> {
    let (mut left, mut right) = (false, false);
    let mut visit = walk::Columns(|depth, at: &mut usize| {
        left |= depth == 0 && *at < width;
        right |= depth == 0 && width <= *at;
    });
    walk::scalar(&mut visit, value, 0)?;
    Ok(if left == right { None } else { Some(right) })
}

/// Two columns that are equal wherever a row counts: where one of them is NULL from an outer
/// join, no equality above it holds.
type Equal = (usize, usize);

/// The equalities of a join and of the joins under it, on its row.
fn equalities(
    join: &JoinNode,
    own: &[Condition],
    conditions: &[Condition],
    found: &mut Vec<Equal>,
) -> Bind<()> {
    if join.kind == JoinType::Full {
        return Ok(());
    }
    for condition in own.iter().chain(conditions) {
        equality(&condition.predicate, 0, found);
    }
    below(&join.left, 0, found)?;
    below(&join.right, join.left_width, found)
}

/// The equalities of a node whose columns begin at `start`.
fn below(node: &Node, start: usize, found: &mut Vec<Equal>) -> Bind<()> {
    let Node::Join(join) = node else { return Ok(()) };
    if join.kind == JoinType::Full {
        return Ok(());
    }
    if let Some(condition) = &join.condition {
        each_equality(condition, start, found);
    }
    below(&join.left, start, found)?;
    below(&join.right, start + join.left_width, found)
}

fn each_equality(predicate: &Predicate, start: usize, found: &mut Vec<Equal>) {
    if let Predicate::And(parts) = predicate {
        parts.iter().for_each(|part| each_equality(part, start, found));
    } else {
        equality(predicate, start, found);
    }
}

fn equality(predicate: &Predicate, start: usize, found: &mut Vec<Equal>) {
    if let Predicate::Compare { left, operator: CompareOp::Equal, right, .. } = predicate
        && left.data_type == right.data_type
        && left.collation == right.collation
        && let (Some(a), Some(b)) = (plain_column(left), plain_column(right))
    {
        found.push((a + start, b + start));
    }
}

/// What follows for the columns that equal a column with a condition.
fn implied(conditions: &[Condition], equal: &[Equal]) -> Bind<Vec<Condition>> {
    let mut hints = Vec::new();
    for condition in conditions {
        let mut predicate = condition.predicate.clone();
        let looked_at = columns(&mut predicate)?;
        let Some(&at) = looked_at.first() else { continue };
        if looked_at.iter().any(|other| *other != at) || is_about_null(&predicate) {
            continue;
        }
        for other in equal_to(at, equal) {
            let mut predicate = predicate.clone();
            let mut remap =
                Remap(|depth, index: usize| (depth, if depth == 0 { other } else { index }));
            walk::predicate(&mut remap, &mut predicate, 0)?;
            hints.push(Condition { predicate, hint: true });
        }
    }
    Ok(hints)
}

/// Whether a condition may hold where its column is NULL, so that it does not carry over to an
/// equal column.
fn is_about_null(predicate: &Predicate) -> bool {
    if let Predicate::Compare { left, right, .. } = predicate {
        return !is_column(left) && !is_column(right);
    }
    if let Predicate::InList { operand, .. } = predicate { !is_column(operand) } else { true }
}

/// Whether an expression is NULL where its column is.
fn is_column(value: &crate::plan::Scalar) -> bool {
    if let ScalarKind::Convert { operand, style: None, .. } = &value.kind {
        return is_column(operand);
    }
    matches!(value.kind, ScalarKind::Column { depth: 0, .. })
}

/// All columns that equal this one, over any number of steps.
fn equal_to(at: usize, equal: &[Equal]) -> Vec<usize> {
    let mut found = vec![at];
    let mut next = 0;
    while let Some(&one) = found.get(next) {
        for (a, b) in equal {
            let other = if *a == one { *b } else { *a };
            if (*a == one || *b == one) && !found.contains(&other) {
                found.push(other);
            }
        }
        next += 1;
    }
    found.remove(0);
    found
}
