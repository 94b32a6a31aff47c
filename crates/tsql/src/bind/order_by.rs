//! ORDER BY of one SELECT: by the select list's names and numbers, or by any expression.
//!
//! Source: T-SQL reference, "ORDER BY Clause".

use super::Binder;
use super::error::{At, Bind, fail, order_constant, order_variable};
use super::same::{is_volatile, same};
use super::scope::{Scope, column_at, same_name};
use super::select::{Item, column_of};
use super::set_operation::position;
use super::walk::{self, Visit};
use super::window::sort_key;
use crate::ast::{Expr, ExprKind, Literal, OrderItem, Place};
use crate::collation::Collation;
use crate::host::Column;
use crate::plan::{Node, Plan, Scalar, ScalarKind, SortKey};

/// What a row is ordered by.
pub(super) enum Key {
    /// A column of the select list.
    Item(usize),
    /// An expression.
    Value(Scalar),
}

/// An entry of ORDER BY.
pub(super) struct Order {
    pub(super) key: Key,
    pub(super) descending: bool,
    pub(super) collation: Option<Collation>,
    pub(super) place: Place,
}

impl Binder<'_> {
    /// The entries of ORDER BY.
    pub(super) fn order(
        &self,
        items: &[OrderItem],
        select: &[Item],
        scope: &Scope<'_>,
    ) -> Bind<Vec<Order>> {
        let mut found = Vec::with_capacity(items.len());
        for (item, number) in items.iter().zip(1..) {
            found.push(self.order_entry(item, number, select, scope)?);
        }
        Ok(found)
    }

    fn order_entry(
        &self,
        item: &OrderItem,
        number: usize,
        select: &[Item],
        scope: &Scope<'_>,
    ) -> Bind<Order> {
        let place = item.value.place;
        let (mut value, mut collation) = (&item.value, None);
        if let ExprKind::Collate(inner, name) = &item.value.kind
            && selected(inner, select)?.is_some()
        {
            value = inner;
            collation = Some(Collation::named(&name.value).at(name.place)?);
        }
        let made = |key| Order { key, descending: item.descending, collation, place };
        if let ExprKind::Literal(Literal::Integer(digits)) = &value.kind {
            return Ok(made(Key::Item(position(digits, select.len(), place)?)));
        }
        if matches!(value.kind, ExprKind::Literal(_) | ExprKind::Null) {
            return fail(place, order_constant(number));
        }
        if matches!(value.kind, ExprKind::Variable(_)) {
            return fail(place, order_variable(number));
        }
        if let Some(at) = selected(value, select)? {
            return Ok(made(Key::Item(at)));
        }
        let scalar = self.expr(value, scope)?.scalar;
        Ok(made(Key::Value(scalar)))
    }
}

/// The column of the select list that an entry of ORDER BY names by its alias.
fn selected(value: &Expr, select: &[Item]) -> Bind<Option<usize>> {
    let ExprKind::Column(name) = &value.kind else { return Ok(None) };
    if 1 < name.parts.len() {
        return Ok(None);
    }
    let name = name.name();
    let mut found = None;
    for (at, item) in select.iter().enumerate() {
        if item.name.is_empty() || !same_name(&item.name, name) {
            continue;
        }
        match found {
            None => found = Some(at),
            Some(other) => {
                let other: &Item = &select[other];
                if !same(&other.value.scalar, &item.value.scalar, 0) {
                    return fail(value.place, super::error::column_ambiguous(name));
                }
            }
        }
    }
    Ok(found)
}

/// A sort key with the collation that ORDER BY names.
pub(super) fn made_key(
    value: Scalar,
    descending: bool,
    collation: Option<Collation>,
    place: Place,
) -> Bind<SortKey> {
    let mut key = sort_key(Scalar { place, ..value }, descending)?;
    key.collation = collation.unwrap_or(key.collation);
    Ok(key)
}

/// A selected value that changes with each evaluation, or costs a query, and that rows are ordered
/// by, is computed below the sort, once.
pub(super) fn computed_once(
    node: Node,
    row: Vec<Column>,
    items: &mut [Item],
    order: &[Order],
) -> Bind<Node> {
    let mut below = Vec::new();
    for entry in order {
        let Key::Item(at) = entry.key else { continue };
        if needs_one_place(&mut items[at].value.scalar)? && !below.contains(&at) {
            below.push(at);
        }
    }
    if below.is_empty() {
        return Ok(node);
    }
    // The row as it is, and one more column for each.
    let own = row.iter().enumerate();
    let mut columns: Vec<_> =
        own.map(|(at, column)| column_at(0, at, column, Place::default())).collect();
    for at in below {
        let item = &mut items[at].value.scalar;
        let kept = column_at(0, columns.len(), &column_of(item, String::new()), item.place);
        columns.push(std::mem::replace(item, kept));
    }
    Ok(Node::Project { input: Box::new(node), columns })
}

fn needs_one_place(value: &mut Scalar) -> Bind<bool> {
    let mut found = Volatile(false);
    walk::scalar(&mut found, value, 0)?;
    Ok(found.0)
}

/// Whether there is a subquery, a user's function or a random value inside.
pub(super) struct Volatile(pub(super) bool);

impl Visit for Volatile {
    fn scalar(&mut self, scalar: &mut Scalar, _: u32) -> Bind<bool> {
        self.0 |= matches!(
            scalar.kind,
            ScalarKind::Subquery(_) | ScalarKind::User(_, _) | ScalarKind::Native(_, _)
        );
        if let ScalarKind::Function(function, _) = scalar.kind {
            self.0 |= is_volatile(function.name);
        }
        Ok(!self.0)
    }

    fn plan(&mut self, _: &mut Plan, _: u32) -> Bind<()> {
        self.0 = true;
        Ok(())
    }
}
