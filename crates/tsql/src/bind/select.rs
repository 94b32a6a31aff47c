//! One SELECT: from its tables to its columns.
//!
//! ```text
//!   FROM ─ WHERE ─ GROUP BY ─ HAVING ─ windows ─ sort ─ TOP, OFFSET ─ select list
//! ```
//!
//! The select list is computed above the sort, row by row as rows are read, unless DISTINCT needs
//! it below.
//!
//! Source: T-SQL reference, "SELECT", "TOP", "ORDER BY Clause".

use super::Binder;
use super::error::{
    Bind, distinct_order, fail, large_distinct, star_prefix, star_without_table,
    ties_without_order, top_and_offset, top_type,
};
use super::group::Grouping;
use super::order_by::{Key, Order, computed_once, made_key};
use super::query::{Bound, Tail};
use super::same::same;
use super::scope::{Clause, Scope, Table, column_at, dotted};
use super::typed::{Label, Typed};
use super::walk;
use crate::ast::{AssignOp, Expr, ExprKind, ObjectName, Offset, Place, Select, SelectItem, Top};
use crate::host::Column;
use crate::plan::{Node, Scalar, SortKey};
use crate::types::{ArithmeticOp, SqlType};

/// One column of a select list.
pub(super) struct Item {
    pub(super) value: Typed,
    /// Its name; empty where it has none.
    pub(super) name: String,
    /// The table that it comes from as it is.
    origin: Option<String>,
}

impl Binder<'_> {
    /// A SELECT and what orders its rows.
    pub(super) fn select(
        &self,
        select: &Select,
        tail: Tail<'_>,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Bound> {
        check_top(select, tail)?;
        let source = self.sources(&select.from, parent)?;
        let scope = Scope { named: &select.windows, ..Scope::new(source.tables, parent) };
        let mut node = source.node;
        if let Some(filter) = &select.filter {
            let predicate = self.filter(filter, Clause::Where, &scope)?;
            node = Node::Filter { input: Box::new(node), predicate };
        }
        let grouping = self.grouping_sets(select.group_by.as_ref(), &scope)?;
        let into = select.into.is_some();
        let items = scope.within(Clause::Select, || self.items(&select.items, into, &scope))?;
        let having = match &select.having {
            Some(having) => Some(self.filter(having, Clause::Having, &scope)?),
            None => None,
        };
        let order = scope.within(Clause::Order, || self.order(tail.order, &items, &scope))?;
        let parts = Parts { items, having, order, row: Vec::new() };
        let (node, parts, set_based) = placed(node, grouping, parts, &scope)?;
        let set_based = set_based || select.distinct || select.top.is_some();
        let bound = match select.distinct {
            true => self.distinct(node, parts, (select, tail), parent)?,
            false => self.plain(node, parts, (select, tail), parent)?,
        };
        Ok(Bound { set_based, ..bound })
    }

    /// Sort, TOP and OFFSET, then the select list.
    fn plain(
        &self,
        node: Node,
        parts: Parts,
        (select, tail): (&Select, Tail<'_>),
        parent: Option<&Scope<'_>>,
    ) -> Bind<Bound> {
        let Parts { mut items, order, row, .. } = parts;
        let node = computed_once(node, row, &mut items, &order)?;
        let mut keys = Vec::with_capacity(order.len());
        for entry in order {
            let value = match entry.key {
                Key::Item(at) => items[at].value.scalar.clone(),
                Key::Value(value) => value,
            };
            keys.push(made_key(value, entry.descending, entry.collation, entry.place)?);
        }
        let node = self.limited(sorted(node, &keys), keys, select.top.as_ref(), parent)?;
        let node = self.offset(node, tail.offset, parent)?;
        Ok(projected(node, items))
    }

    /// The select list, each row once, then sort, TOP and OFFSET.
    fn distinct(
        &self,
        node: Node,
        parts: Parts,
        (select, tail): (&Select, Tail<'_>),
        parent: Option<&Scope<'_>>,
    ) -> Bind<Bound> {
        let Parts { items, order, .. } = parts;
        let mut places = Vec::with_capacity(order.len());
        for entry in order {
            let found = match &entry.key {
                Key::Item(at) => Some(*at),
                Key::Value(value) => {
                    items.iter().position(|item| same(value, &item.value.scalar, 0))
                }
            };
            let Some(at) = found else { return fail(entry.place, distinct_order()) };
            places.push((at, entry));
        }
        for item in &items {
            let ty = item.value.scalar.data_type;
            if super::condition::check_ordered(&ty).is_err() {
                return fail(item.value.place(), large_distinct(ty.name()));
            }
        }
        let bound = projected(node, items);
        let collations = bound.columns.iter().map(|column| column.collation).collect();
        let node = Node::Distinct { input: Box::new(bound.node), collations };
        let mut keys = Vec::with_capacity(places.len());
        for (at, entry) in places {
            let value = column_at(0, at, &bound.columns[at], entry.place);
            keys.push(made_key(value, entry.descending, entry.collation, entry.place)?);
        }
        let node = self.limited(sorted(node, &keys), keys, select.top.as_ref(), parent)?;
        let node = self.offset(node, tail.offset, parent)?;
        Ok(Bound { node, ..bound })
    }

    /// `TOP`.
    fn limited(
        &self,
        node: Node,
        keys: Vec<SortKey>,
        top: Option<&Top>,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Node> {
        let Some(top) = top else { return Ok(node) };
        let to = if top.percent { SqlType::Float } else { SqlType::BigInt };
        let count = self.row_count(&top.count, to, parent)?;
        let ties = if top.with_ties { keys } else { Vec::new() };
        Ok(Node::Top { input: Box::new(node), count, percent: top.percent, ties })
    }

    /// `OFFSET ... FETCH`.
    pub(super) fn offset(
        &self,
        node: Node,
        offset: Option<&Offset>,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Node> {
        let Some(offset) = offset else { return Ok(node) };
        let skip = self.row_count(&offset.skip, SqlType::BigInt, parent)?;
        let take = match &offset.take {
            Some(take) => Some(self.row_count(take, SqlType::BigInt, parent)?),
            None => None,
        };
        Ok(Node::Offset { input: Box::new(node), skip, take })
    }

    /// A number of rows, which sees outer rows only.
    fn row_count(&self, expr: &Expr, to: SqlType, parent: Option<&Scope<'_>>) -> Bind<Scalar> {
        let scope = Scope::new(Vec::new(), parent);
        let count = self.expr(expr, &scope)?;
        let ty = count.scalar.data_type;
        let fits =
            if to == SqlType::Float { ty.kind().is_number() } else { ty.kind().is_integer() };
        // A literal beyond `int` is a numeric without digits behind the point.
        let whole = ty.kind().is_decimal() && ty.precision_and_scale().is_some_and(|(_, s)| s == 0);
        if !(fits || whole) {
            return fail(expr.place, top_type());
        }
        Ok(self.coerce(count, to)?.scalar)
    }

    /// A select list.
    pub(super) fn items(
        &self,
        items: &[SelectItem],
        into: bool,
        scope: &Scope<'_>,
    ) -> Bind<Vec<Item>> {
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            match item {
                SelectItem::Star { qualifier, place } => {
                    star(qualifier.as_ref(), *place, scope, &mut found)?;
                }
                SelectItem::Expr { value, alias } => {
                    let bound = self.item(value, into, scope)?;
                    let (name, origin) = named(value, scope);
                    let name = alias.as_ref().map_or(name, |alias| alias.value.clone());
                    found.push(Item { value: bound, name, origin });
                }
                SelectItem::Assign { variable, operator, value, place } => {
                    let variable = self.variable(variable, *place, scope)?;
                    let value = self.assigned(variable, *operator, value, scope)?;
                    found.push(Item { value, name: String::new(), origin: None });
                }
            }
        }
        Ok(found)
    }

    fn item(&self, value: &Expr, into: bool, scope: &Scope<'_>) -> Bind<Typed> {
        if let ExprKind::Identity { to, seed } = &value.kind
            && into
        {
            return self.identity(to, seed.as_ref(), value.place, scope);
        }
        self.expr(value, scope)
    }

    /// The value that `@variable op= value` gives the variable.
    fn assigned(
        &self,
        variable: Typed,
        operator: AssignOp,
        value: &Expr,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let place = variable.place();
        let to = variable.scalar.data_type;
        let value = self.expr(value, scope)?;
        let value = match assign_op(operator) {
            None => value,
            Some(op) => self.arithmetic(op, variable, value, place)?,
        };
        self.coerce(value, to)
    }
}

/// What is bound on the row of the FROM, before the row has its groups.
struct Parts {
    items: Vec<Item>,
    having: Option<crate::plan::Predicate>,
    order: Vec<Order>,
    /// The columns of the row.
    row: Vec<Column>,
}

/// Puts groups and windows under the parts, and the parts onto their rows.
fn placed(
    node: Node,
    grouping: Option<Grouping>,
    mut parts: Parts,
    scope: &Scope<'_>,
) -> Bind<(Node, Parts, bool)> {
    let grouped = grouping.is_some() || parts.having.is_some() || !scope.calls.borrow().is_empty();
    let (mut node, mut lift) = super::group::grouped(node, grouping, grouped, scope);
    if let Some(having) = &mut parts.having {
        lift.clause = Clause::Having;
        walk::predicate(&mut lift, having, 0)?;
    }
    lift.clause = Clause::Select;
    for item in &mut parts.items {
        walk::scalar(&mut lift, &mut item.value.scalar, 0)?;
    }
    let mut windows = scope.windows.take();
    for call in &mut windows {
        walk::window_call(&mut lift, call, 0)?;
    }
    lift.clause = Clause::Order;
    for entry in &mut parts.order {
        if let Key::Value(value) = &mut entry.key {
            walk::scalar(&mut lift, value, 0)?;
        }
    }
    if let Some(predicate) = parts.having.take() {
        node = Node::Filter { input: Box::new(node), predicate };
    }
    let set_based = grouped || !windows.is_empty();
    parts.row = lift.row;
    parts
        .row
        .extend(windows.iter().map(|call| Column::new("", call.result).collated(call.collation)));
    if !windows.is_empty() {
        node = Node::Window { input: Box::new(node), calls: windows };
    }
    Ok((node, parts, set_based))
}

fn check_top(select: &Select, tail: Tail<'_>) -> Bind<()> {
    let Some(top) = &select.top else { return Ok(()) };
    if tail.offset.is_some() {
        return fail(tail.place, top_and_offset());
    }
    if top.with_ties && tail.order.is_empty() {
        return fail(select.place, ties_without_order());
    }
    Ok(())
}

fn assign_op(operator: AssignOp) -> Option<ArithmeticOp> {
    match operator {
        AssignOp::Set => None,
        AssignOp::Add => Some(ArithmeticOp::Add),
        AssignOp::Subtract => Some(ArithmeticOp::Subtract),
        AssignOp::Multiply => Some(ArithmeticOp::Multiply),
        AssignOp::Divide => Some(ArithmeticOp::Divide),
        AssignOp::Modulo => Some(ArithmeticOp::Modulo),
        AssignOp::BitAnd => Some(ArithmeticOp::BitAnd),
        AssignOp::BitOr => Some(ArithmeticOp::BitOr),
        AssignOp::BitXor => Some(ArithmeticOp::BitXor),
    }
}

/// The columns of `*` or `table.*`.
fn star(
    qualifier: Option<&ObjectName>,
    place: Place,
    scope: &Scope<'_>,
    found: &mut Vec<Item>,
) -> Bind<()> {
    let tables: Vec<&Table> = match qualifier {
        None if scope.tables.is_empty() => return fail(place, star_without_table()),
        None => scope.tables.iter().collect(),
        Some(prefix) => match scope.table(prefix) {
            Some(table) => vec![table],
            None => return fail(place, star_prefix(&dotted(prefix))),
        },
    };
    for table in tables {
        for (at, column) in table.columns.iter().enumerate() {
            if column.name.starts_with('\0') {
                continue;
            }
            let scalar = column_at(0, table.start + at, column, place);
            let value = Typed { scalar, label: Label::Implicit };
            let origin = Some(table.name.clone());
            found.push(Item { value, name: column.name.clone(), origin });
        }
    }
    Ok(())
}

/// The name that a column keeps, and its table.
fn named(value: &Expr, scope: &Scope<'_>) -> (String, Option<String>) {
    let ExprKind::Column(name) = &value.kind else { return (String::new(), None) };
    let table = scope.column(name).ok().filter(|found| found.depth == 0);
    (name.name().to_owned(), table.map(|found| found.table.name.clone()))
}

fn sorted(node: Node, keys: &[SortKey]) -> Node {
    match keys.is_empty() {
        true => node,
        false => Node::Sort { input: Box::new(node), keys: keys.to_vec(), limit: None },
    }
}

/// The select list as the top of the query.
fn projected(node: Node, items: Vec<Item>) -> Bound {
    let mut bound = Bound {
        node: Node::Values(Vec::new()),
        columns: Vec::with_capacity(items.len()),
        bare: Vec::with_capacity(items.len()),
        origins: Vec::with_capacity(items.len()),
        set_based: false,
    };
    let mut values = Vec::with_capacity(items.len());
    for Item { value, name, origin } in items {
        bound.bare.push(value.is_bare_null());
        bound.origins.push(origin);
        bound.columns.push(column_of(&value.scalar, name));
        values.push(value.scalar);
    }
    bound.node = Node::Project { input: Box::new(node), columns: values };
    bound
}

/// The column that an expression makes.
pub(super) fn column_of(value: &Scalar, name: String) -> Column {
    let Scalar { data_type, nullable, collation, .. } = *value;
    Column { name, data_type, nullable, collation }
}
