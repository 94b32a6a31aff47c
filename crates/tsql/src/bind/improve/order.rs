//! The order and the number of rows that are wanted, told to sorts and scans.

use super::super::error::Bind;
use super::super::typed::{constant, scalar};
use super::restrict::{plain_column, restriction};
use crate::host::ScanOrder;
use crate::plan::{Node, Predicate, Scalar, ScalarKind, ScanNode, SortKey};
use crate::types::{ArithmeticOp, Kind, SqlType};
use crate::value::SqlValue;

/// A column that rows are ordered by.
#[derive(Clone, Copy)]
struct Key {
    column: usize,
    descending: bool,
    collation: crate::collation::Collation,
}

/// Tells every sort of a plan how many rows are taken of it, and every scan its order.
pub(super) fn push(node: &mut Node) -> Bind<()> {
    match node {
        Node::Top { input, count, percent, ties } => {
            let limit = (!*percent && ties.is_empty()).then(|| count.clone());
            limited(input, limit)
        }
        Node::Offset { input, skip, take } => {
            let limit = take.as_ref().map(|take| together(skip, take));
            limited(input, limit)
        }
        Node::Sort { .. } => limited(node, None),
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Window { input, .. }
        | Node::Distinct { input, .. } => push(input),
        Node::Join(join) => {
            push(&mut join.left)?;
            push(&mut join.right)
        }
        Node::Apply { left, right, .. } | Node::SetOperation { left, right, .. } => {
            push(left)?;
            push(right)
        }
        Node::Aggregate(aggregate) => push(&mut aggregate.input),
        Node::Recursive { anchor, recursive, .. } => {
            push(anchor)?;
            recursive.iter_mut().try_for_each(push)
        }
        Node::ForXml(xml) => push(&mut xml.input),
        Node::ForJson(json) => push(&mut json.input),
        Node::Values(_)
        | Node::Scan(_)
        | Node::TableFunction { .. }
        | Node::BuiltIn(_)
        | Node::RecursiveInput(_) => Ok(()),
    }
}

/// A node of whose rows so many are taken.
fn limited(node: &mut Node, limit: Option<Scalar>) -> Bind<()> {
    if let Node::Sort { input, keys, limit: own } = node {
        *own = limit.clone().map(Box::new);
        if let Some(order) = columns(keys) {
            down(input, order, limit)?;
        }
        return push(input);
    }
    if limit.is_some() {
        down(node, Vec::new(), limit)?;
    }
    push(node)
}

/// The keys as columns, where all are.
fn columns(keys: &[SortKey]) -> Option<Vec<Key>> {
    let key = |key: &SortKey| {
        let ordered = !matches!(key.value.data_type.kind(), Kind::SqlVariant | Kind::Xml);
        let column = plain_column(&key.value).filter(|_| ordered)?;
        Some(Key { column, descending: key.descending, collation: key.collation })
    };
    keys.iter().map(key).collect()
}

/// Order and limit on their way to a scan. The limit passes a filter only where the scan knows
/// all of it.
fn down(node: &mut Node, order: Vec<Key>, limit: Option<Scalar>) -> Bind<()> {
    match node {
        Node::Filter { input, predicate } => {
            let mut known = false;
            if let Node::Scan(scan) = input.as_ref() {
                known = is_known(predicate, scan)?;
            }
            down(input, order, limit.filter(|_| known))
        }
        Node::Project { input, columns } => {
            let through = |key: Key| {
                let column = plain_column(columns.get(key.column)?)?;
                Some(Key { column, ..key })
            };
            match order.into_iter().map(through).collect() {
                Some(order) => down(input, order, limit),
                None => Ok(()),
            }
        }
        Node::Scan(scan) => {
            told(scan, &order, limit);
            Ok(())
        }
        Node::Values(_)
        | Node::TableFunction { .. }
        | Node::BuiltIn(_)
        | Node::Join(_)
        | Node::Apply { .. }
        | Node::Aggregate(_)
        | Node::Window { .. }
        | Node::Sort { .. }
        | Node::Top { .. }
        | Node::Offset { .. }
        | Node::Distinct { .. }
        | Node::SetOperation { .. }
        | Node::Recursive { .. }
        | Node::RecursiveInput(_)
        | Node::ForXml(_)
        | Node::ForJson(_) => Ok(()),
    }
}

fn told(scan: &mut ScanNode, order: &[Key], limit: Option<Scalar>) {
    let own = scan.relation.columns();
    let same = |key: &Key| {
        own.get(key.column).is_some_and(|column| {
            !column.data_type.kind().is_character() || column.collation == key.collation
        })
    };
    if !order.iter().all(same) {
        return;
    }
    let wanted = |key: &Key| ScanOrder { column: key.column, descending: key.descending };
    scan.order = order.iter().map(wanted).collect();
    scan.limit = limit;
}

/// Whether a scan has been told every part of a condition.
fn is_known(predicate: &mut Predicate, scan: &ScanNode) -> Bind<bool> {
    let columns = scan.relation.columns();
    let Predicate::And(parts) = predicate else {
        return Ok(restriction(predicate, columns)?.is_some());
    };
    for part in parts {
        if restriction(part, columns)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `skip + take`, NULL where that is more than any number of rows.
fn together(skip: &Scalar, take: &Scalar) -> Scalar {
    let place = take.place;
    let wide = SqlType::Decimal { precision: 38, scale: 0 };
    if let (ScalarKind::Constant(a), ScalarKind::Constant(b)) = (&skip.kind, &take.kind)
        && let Some(sum) = a.as_i64().zip(b.as_i64()).and_then(|(a, b)| a.checked_add(b))
    {
        return constant(SqlValue::BigInt(sum), place);
    }
    let widened = |value: &Scalar| {
        let operand = Box::new(value.clone());
        Box::new(scalar(ScalarKind::Convert { operand, style: None, lenient: false }, wide, place))
    };
    let sum = ScalarKind::Arithmetic(ArithmeticOp::Add, widened(skip), widened(take));
    let operand = Box::new(scalar(sum, wide, place));
    let kind = ScalarKind::Convert { operand, style: None, lenient: true };
    scalar(kind, SqlType::BigInt, place)
}
