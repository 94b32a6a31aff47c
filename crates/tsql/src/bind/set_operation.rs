//! UNION, EXCEPT, INTERSECT.
//!
//! Source: T-SQL reference, "Set Operators - UNION", "EXCEPT and INTERSECT".

use std::collections::VecDeque;

use super::Binder;
use super::error::{At, Bind, fail, order_not_in_set, order_position, set_incomparable, set_width};
use super::query::{Bound, Tail};
use super::scope::{Scope, column_at, same_name};
use super::typed::{Label, Typed, common_collation, constant};
use super::window::sort_key;
use crate::ast::{Expr, ExprKind, Literal, OrderItem, Place, QueryBody, SetOperand, SetOperator};
use crate::host::Column;
use crate::plan::{Node, Scalar, SetKind, SortKey};
use crate::types::common_type_of;
use crate::value::{SqlError, SqlValue};

/// More operands than this are put together in pairs.
const LONG_CHAIN: usize = 100;

impl Binder<'_> {
    /// Several bodies, from left to right.
    pub(super) fn set_operation(
        &self,
        first: &QueryBody,
        rest: &[SetOperand],
        parent: Option<&Scope<'_>>,
    ) -> Bind<Bound> {
        if LONG_CHAIN < rest.len() {
            return self.long_chain(first, rest, parent);
        }
        let mut bound = self.body(first, parent)?;
        for operand in rest {
            let right = self.body(&operand.body, parent)?;
            bound =
                self.combined(bound, set_kind(operand.operator), right, body_place(&operand.body))?;
        }
        Ok(bound)
    }

    /// A chain of one operator, as scripts that write data out as UNION ALL have it: put together
    /// pair by pair, since a plan as deep as the chain is long would not fit on the stack.
    fn long_chain(
        &self,
        first: &QueryBody,
        rest: &[SetOperand],
        parent: Option<&Scope<'_>>,
    ) -> Bind<Bound> {
        let operator = rest.first().map_or(SetOperator::UnionAll, |operand| operand.operator);
        let same = rest.iter().all(|operand| operand.operator == operator);
        if !same || !matches!(operator, SetOperator::UnionAll | SetOperator::Union) {
            let message = "Internal error: Server stack limit has been reached. Please look for \
                           potentially deep nesting in your query, and try to simplify it.";
            return fail(body_place(first), SqlError::new(8631, 17, 1, message));
        }
        let mut parts = vec![(self.body(first, parent)?, body_place(first))];
        for operand in rest {
            parts.push((self.body(&operand.body, parent)?, body_place(&operand.body)));
        }
        let mut parts: VecDeque<_> = parts.into();
        let mut pairs = VecDeque::with_capacity(parts.len().div_ceil(2));
        while 1 < parts.len() {
            while let Some((left, place)) = parts.pop_front() {
                pairs.push_back(match parts.pop_front() {
                    Some((right, at)) => {
                        (self.combined(left, set_kind(operator), right, at)?, place)
                    }
                    None => (left, place),
                });
            }
            std::mem::swap(&mut parts, &mut pairs);
        }
        match parts.pop_front() {
            Some((bound, _)) => Ok(bound),
            None => self.body(first, parent),
        }
    }

    /// The rows of two queries together.
    pub(super) fn combined(
        &self,
        left: Bound,
        operator: SetKind,
        right: Bound,
        place: Place,
    ) -> Bind<Bound> {
        if left.columns.len() != right.columns.len() {
            return fail(place, set_width());
        }
        let mut columns = Vec::with_capacity(left.columns.len());
        let mut bare = Vec::with_capacity(left.columns.len());
        for at in 0..left.columns.len() {
            let sides = [(&left.columns[at], left.bare[at]), (&right.columns[at], right.bare[at])];
            columns.push(common_column(sides, operator, place)?);
            bare.push(left.bare[at] && right.bare[at]);
        }
        let collations = columns.iter().map(|column| column.collation).collect();
        let origins = vec![None; columns.len()];
        let left = self.brought_to(left, &columns)?;
        let right = self.brought_to(right, &columns)?;
        let node = Node::SetOperation {
            operator,
            left: Box::new(left),
            right: Box::new(right),
            collations,
        };
        Ok(Bound { node, columns, bare, origins, set_based: true })
    }

    /// The rows of one side with the common types.
    fn brought_to(&self, bound: Bound, columns: &[Column]) -> Bind<Node> {
        let same = bound.columns.iter().zip(columns).all(|(own, to)| own.data_type == to.data_type);
        if same {
            return Ok(bound.node);
        }
        let mut projected = Vec::with_capacity(columns.len());
        for (at, (own, to)) in bound.columns.iter().zip(columns).enumerate() {
            let place = Place::default();
            let value = match bound.bare[at] {
                true => Scalar { data_type: to.data_type, ..constant(SqlValue::Null, place) },
                false => column_at(0, at, own, place),
            };
            let value = Typed { scalar: value, label: Label::Implicit };
            projected.push(self.coerce(value, to.data_type)?.scalar);
        }
        Ok(Node::Project { input: Box::new(bound.node), columns: projected })
    }

    /// ORDER BY and OFFSET behind a set operation: by the columns of the result only.
    pub(super) fn set_tail(
        &self,
        bound: Bound,
        tail: Tail<'_>,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Bound> {
        let keys: Bind<Vec<_>> =
            tail.order.iter().map(|item| result_key(item, &bound.columns)).collect();
        let keys = keys?;
        let mut node = bound.node;
        if !keys.is_empty() {
            node = Node::Sort { input: Box::new(node), keys, limit: None };
        }
        let node = self.offset(node, tail.offset, parent)?;
        Ok(Bound { node, ..bound })
    }
}

pub(super) fn set_kind(operator: SetOperator) -> SetKind {
    match operator {
        SetOperator::Union => SetKind::Union,
        SetOperator::UnionAll => SetKind::UnionAll,
        SetOperator::Except => SetKind::Except,
        SetOperator::Intersect => SetKind::Intersect,
    }
}

fn body_place(body: &QueryBody) -> Place {
    match body {
        QueryBody::Select(select) => select.place,
        QueryBody::Set { first, .. } => body_place(first),
    }
}

/// The column that two columns make together. Its name is the first one's.
fn common_column(
    [(left, left_bare), (right, right_bare)]: [(&Column, bool); 2],
    operator: SetKind,
    place: Place,
) -> Bind<Column> {
    let types = [(!left_bare).then_some(left.data_type), (!right_bare).then_some(right.data_type)];
    let data_type = common_type_of(&types).at(place)?.unwrap_or(left.data_type);
    let compares = operator != SetKind::UnionAll;
    if compares && super::condition::check_ordered(&data_type).is_err() {
        return fail(place, set_incomparable(data_type.name()));
    }
    let part =
        |column: &Column| Typed { scalar: column_at(0, 0, column, place), label: Label::Implicit };
    let (collation, label) = common_collation(&[&part(left), &part(right)]).at(place)?;
    if label == Label::Conflict {
        let error = crate::value::SqlError::collation_conflict(
            &super::typed::collation_name(left.collation),
            &super::typed::collation_name(right.collation),
            "UNION",
        );
        return fail(place, error);
    }
    let nullable = match operator {
        SetKind::Except => left.nullable,
        SetKind::Intersect => left.nullable && right.nullable,
        SetKind::UnionAll | SetKind::Union => left.nullable || right.nullable,
    };
    Ok(Column { name: left.name.clone(), data_type, nullable, collation })
}

/// A sort key that is a column of the result: its name or its number.
fn result_key(item: &OrderItem, columns: &[Column]) -> Bind<SortKey> {
    let place = item.value.place;
    let (mut value, mut collation) = (&item.value, None);
    if let ExprKind::Collate(inner, name) = &item.value.kind {
        value = inner;
        collation = Some(crate::collation::Collation::named(&name.value).at(name.place)?);
    }
    let at = result_column(value, columns)?;
    let mut key = sort_key(column_at(0, at, &columns[at], place), item.descending)?;
    key.collation = collation.unwrap_or(key.collation);
    Ok(key)
}

fn result_column(value: &Expr, columns: &[Column]) -> Bind<usize> {
    let place = value.place;
    if let ExprKind::Literal(Literal::Integer(digits)) = &value.kind {
        return position(digits, columns.len(), place);
    }
    let ExprKind::Column(name) = &value.kind else { return fail(place, order_not_in_set()) };
    // A table's name before it says which table of the first query is meant, and no more: the
    // result has one column of the name.
    let named = name.name();
    match columns.iter().position(|column| same_name(&column.name, named)) {
        Some(at) => Ok(at),
        None => fail(place, super::error::column_unknown(named)),
    }
}

/// The column that a number in ORDER BY stands for.
pub(super) fn position(digits: &str, columns: usize, place: Place) -> Bind<usize> {
    match digits.parse::<usize>() {
        Ok(number) if 0 < number && number <= columns => Ok(number - 1),
        Ok(_) | Err(_) => fail(place, order_position(digits)),
    }
}
