//! GROUP BY: its keys and sets, and moving what was bound on the rows of the FROM onto the rows
//! of the groups.
//!
//! Source: T-SQL reference, "SELECT - GROUP BY".

use super::Binder;
use super::error::{
    At, Bind, fail, group_by_aggregate, group_outer, not_grouped, not_grouped_having,
    not_grouped_order,
};
use super::same::same;
use super::scope::{CALL, Clause, Scope, WINDOW};
use super::select::column_of;
use super::walk::{self, Columns, Visit};
use crate::ast::{Expr, GroupBy, GroupItem, GroupWith};
use crate::host::Column;
use crate::plan::{AggregateNode, Node, Plan, Scalar, ScalarKind};
use crate::value::SqlError;

/// Most grouping sets of a query.
const SETS_MAX: usize = 4096;

/// The grouping sets, as places in the keys of the scope.
pub(super) struct Grouping {
    sets: Vec<Vec<usize>>,
}

impl Binder<'_> {
    /// The sets of a GROUP BY; its keys go to the scope.
    pub(super) fn grouping_sets(
        &self,
        group_by: Option<&GroupBy>,
        scope: &Scope<'_>,
    ) -> Bind<Option<Grouping>> {
        let Some(group_by) = group_by else { return Ok(None) };
        let items = &group_by.items;
        let sets = match group_by.with {
            Some(GroupWith::Rollup) => rollup(self.blocks(items, scope)?),
            Some(GroupWith::Cube) => cube(self.blocks(items, scope)?)?,
            None => {
                let mut sets = vec![Vec::new()];
                for item in items {
                    sets = crossed(&sets, &self.item_sets(item, scope)?)?;
                }
                sets
            }
        };
        Ok(Some(Grouping { sets }))
    }

    /// The sets that one item stands for.
    fn item_sets(&self, item: &GroupItem, scope: &Scope<'_>) -> Bind<Vec<Vec<usize>>> {
        match item {
            GroupItem::Expr(_) | GroupItem::Composite(_) => Ok(vec![self.block(item, scope)?]),
            GroupItem::Rollup(items) => Ok(rollup(self.blocks(items, scope)?)),
            GroupItem::Cube(items) => cube(self.blocks(items, scope)?),
            GroupItem::Sets(items) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.extend(self.item_sets(item, scope)?);
                }
                Ok(sets)
            }
        }
    }

    fn blocks(&self, items: &[GroupItem], scope: &Scope<'_>) -> Bind<Vec<Vec<usize>>> {
        items.iter().map(|item| self.block(item, scope)).collect()
    }

    /// The keys of an item that is one expression or several as one.
    fn block(&self, item: &GroupItem, scope: &Scope<'_>) -> Bind<Vec<usize>> {
        match item {
            GroupItem::Expr(expr) => Ok(vec![self.group_key(expr, scope)?]),
            GroupItem::Composite(exprs) => {
                exprs.iter().map(|expr| self.group_key(expr, scope)).collect()
            }
            GroupItem::Rollup(items) | GroupItem::Cube(items) | GroupItem::Sets(items) => {
                let place = items.first().and_then(first_place).unwrap_or_default();
                super::error::refuse(place, "ROLLUP or CUBE inside ROLLUP or CUBE")
            }
        }
    }

    fn group_key(&self, expr: &Expr, scope: &Scope<'_>) -> Bind<usize> {
        let place = expr.place;
        let mut key = scope.within(Clause::Group, || self.expr(expr, scope))?.scalar;
        super::condition::check_ordered(&key.data_type).at(place)?;
        let mut nested = super::order_by::Volatile(false);
        walk::scalar(&mut nested, &mut key, 0)?;
        if nested.0 && has_query(&mut key)? {
            return fail(place, group_by_aggregate());
        }
        let mut own = false;
        let mut visit = Columns(|depth, _: &mut usize| own |= depth == 0);
        walk::scalar(&mut visit, &mut key, 0)?;
        if !own {
            return fail(place, group_outer());
        }
        let mut keys = scope.keys.borrow_mut();
        if let Some(at) = keys.iter().position(|other| same(other, &key, 0)) {
            return Ok(at);
        }
        keys.push(key);
        Ok(keys.len() - 1)
    }
}

fn first_place(item: &GroupItem) -> Option<crate::ast::Place> {
    match item {
        GroupItem::Expr(expr) => Some(expr.place),
        GroupItem::Composite(exprs) => exprs.first().map(|expr| expr.place),
        GroupItem::Rollup(items) | GroupItem::Cube(items) | GroupItem::Sets(items) => {
            items.first().and_then(first_place)
        }
    }
}

fn has_query(value: &mut Scalar) -> Bind<bool> {
    struct Found(bool);
    impl Visit for Found {
        fn scalar(&mut self, _: &mut Scalar, _: u32) -> Bind<bool> {
            Ok(true)
        }
        fn plan(&mut self, _: &mut Plan, _: u32) -> Bind<()> {
            self.0 = true;
            Ok(())
        }
    }
    let mut found = Found(false);
    walk::scalar(&mut found, value, 0)?;
    Ok(found.0)
}

/// All blocks, all but the last, and so on, down to none.
fn rollup(blocks: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    (0..=blocks.len()).rev().map(|count| joined(blocks[..count].iter())).collect()
}

/// Every choice of blocks.
fn cube(blocks: Vec<Vec<usize>>) -> Bind<Vec<Vec<usize>>> {
    let mut sets = vec![Vec::new()];
    for block in &blocks {
        sets = crossed(&sets, &[block.clone(), Vec::new()])?;
    }
    Ok(sets)
}

/// Every set of one side with every set of the other.
fn crossed(left: &[Vec<usize>], right: &[Vec<usize>]) -> Bind<Vec<Vec<usize>>> {
    if SETS_MAX < left.len() * right.len() {
        let message = "Too many grouping sets. The maximum number is 4096.";
        return Err(SqlError::new(10703, 15, 1, message)).at(crate::ast::Place::default());
    }
    Ok(left.iter().flat_map(|a| right.iter().map(move |b| joined([a, b]))).collect())
}

fn joined<'a>(blocks: impl IntoIterator<Item = &'a Vec<usize>>) -> Vec<usize> {
    let mut set = Vec::new();
    for at in blocks.into_iter().flatten() {
        if !set.contains(at) {
            set.push(*at);
        }
    }
    set
}

/// Puts the aggregates over the rows, where the query has any, and gives what moves expressions
/// onto the new rows.
pub(super) fn grouped<'s>(
    node: Node,
    grouping: Option<Grouping>,
    grouped: bool,
    scope: &'s Scope<'s>,
) -> (Node, Lift<'s>) {
    let own = scope.tables.iter().flat_map(|table| table.columns.iter().cloned());
    let mut lift = Lift {
        keys: Vec::new(),
        grouped,
        partial: false,
        row: own.collect(),
        scope,
        clause: Clause::Select,
    };
    if !grouped {
        return (node, lift);
    }
    lift.keys = scope.keys.take();
    let calls = scope.calls.take();
    lift.row = lift.keys.iter().map(|key| column_of(key, String::new())).collect();
    lift.row.extend(calls.iter().map(|call| Column::new("", call.result).collated(call.collation)));
    let is_grouped = grouping.is_some();
    let sets = grouping.map_or_else(|| vec![Vec::new()], |grouping| grouping.sets);
    lift.partial = sets.iter().any(|set| set.len() < lift.keys.len());
    let keys = lift.keys.iter().map(|key| (key.clone(), key.collation)).collect();
    let aggregate = AggregateNode { input: node, keys, sets, grouped: is_grouped, calls };
    (Node::Aggregate(Box::new(aggregate)), lift)
}

/// Moves expressions from the rows of the FROM onto the rows of groups and windows.
pub(super) struct Lift<'s> {
    keys: Vec<Scalar>,
    grouped: bool,
    /// Whether some keys are NULL in some rows.
    partial: bool,
    /// The columns of the new row; those of the window functions follow.
    pub(super) row: Vec<Column>,
    scope: &'s Scope<'s>,
    /// For the message.
    pub(super) clause: Clause,
}

impl Visit for Lift<'_> {
    fn scalar(&mut self, scalar: &mut Scalar, depth: u32) -> Bind<bool> {
        if self.grouped
            && let Some(index) = self.keys.iter().position(|key| same(scalar, key, depth))
        {
            scalar.kind = ScalarKind::Column { depth, index };
            scalar.nullable |= self.partial;
            return Ok(false);
        }
        let place = scalar.place;
        let ScalarKind::Column { depth: found, index } = &mut scalar.kind else { return Ok(true) };
        if *found != depth {
            return Ok(true);
        }
        if WINDOW <= *index {
            *index = *index - WINDOW + self.row.len();
        } else if CALL <= *index {
            *index = *index - CALL + self.keys.len();
        } else if self.grouped {
            let column = self.scope.shown(*index);
            return fail(
                place,
                match self.clause {
                    Clause::Having => not_grouped_having(&column),
                    Clause::Order => not_grouped_order(&column),
                    Clause::Select
                    | Clause::Where
                    | Clause::On
                    | Clause::Group
                    | Clause::Argument
                    | Clause::Window
                    | Clause::Other => not_grouped(&column, "select list"),
                },
            );
        }
        Ok(true)
    }
}
