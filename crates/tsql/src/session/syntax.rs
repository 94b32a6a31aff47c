//! Pieces of tree that the session makes itself: changes of tables become queries over them.

use crate::ast::{
    AssignOp, BinaryOp, CaseArm, CompareOp, Expr, ExprKind, Ident, Literal, ObjectName, Place,
    Query, QueryBody, Select, SelectItem, Table, TableKind, TableSource,
};

/// A name that only the engine can write, or any other, as it is.
pub(super) fn ident(name: &str) -> Ident {
    Ident { value: name.to_owned(), quoted: true, place: Place::default() }
}

/// A name of parts.
pub(super) fn name(parts: &[&str]) -> ObjectName {
    ObjectName { parts: parts.iter().map(|part| ident(part)).collect() }
}

pub(super) fn expr(kind: ExprKind) -> Expr {
    Expr { kind, place: Place::default() }
}

/// A column by its parts.
pub(super) fn column(parts: &[&str]) -> Expr {
    expr(ExprKind::Column(name(parts)))
}

pub(super) fn integer(value: i64) -> Expr {
    let digits = expr(ExprKind::Literal(Literal::Integer(value.unsigned_abs().to_string())));
    if value < 0 {
        return expr(ExprKind::Unary(crate::ast::UnaryOp::Minus, Box::new(digits)));
    }
    digits
}

pub(super) fn equal(left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare(Box::new(left), CompareOp::Equal, Box::new(right)))
}

pub(super) fn not_null(operand: Expr) -> Expr {
    expr(ExprKind::IsNull { operand: Box::new(operand), negated: true })
}

pub(super) fn is_null(operand: Expr) -> Expr {
    expr(ExprKind::IsNull { operand: Box::new(operand), negated: false })
}

/// All of these conditions; at least one.
pub(super) fn all(mut conditions: Vec<Expr>) -> Expr {
    match conditions.len() {
        1 => conditions.remove(0),
        _ => expr(ExprKind::And(conditions)),
    }
}

/// The value where the condition holds, else NULL.
pub(super) fn when(condition: Expr, then: Expr) -> Expr {
    let place = then.place;
    if matches!(then.kind, ExprKind::Null) {
        return then;
    }
    let arms = vec![CaseArm { when: condition, then }];
    Expr { kind: ExprKind::Case { operand: None, arms, otherwise: None }, place }
}

pub(super) fn item(value: Expr) -> SelectItem {
    SelectItem::Expr { value, alias: None }
}

pub(super) fn named_item(value: Expr, name: &str) -> SelectItem {
    SelectItem::Expr { value, alias: Some(ident(name)) }
}

pub(super) fn star(table: Option<&str>) -> SelectItem {
    SelectItem::Star { qualifier: table.map(|table| name(&[table])), place: Place::default() }
}

pub(super) fn table(kind: TableKind, alias: Option<Ident>) -> Table {
    let (columns, hints) = (Vec::new(), Vec::new());
    Table { kind, alias, columns, hints, sample: None, place: Place::default() }
}

pub(super) fn source(first: Table) -> TableSource {
    TableSource { first, joins: Vec::new() }
}

/// `SELECT items FROM sources`.
pub(super) fn select(items: Vec<SelectItem>, from: Vec<TableSource>) -> Select {
    Select {
        distinct: false,
        top: None,
        items,
        into: None,
        from,
        filter: None,
        group_by: None,
        having: None,
        windows: Vec::new(),
        place: Place::default(),
    }
}

pub(super) fn query(select: Select) -> Query {
    Query {
        with: Vec::new(),
        place: select.place,
        body: QueryBody::Select(Box::new(select)),
        order_by: Vec::new(),
        offset: None,
        for_clause: None,
        hints: Vec::new(),
    }
}

/// What `target op= value` sets.
pub(super) fn assigned(target: Expr, operator: AssignOp, value: &Expr) -> Expr {
    let operator = match operator {
        AssignOp::Set => return value.clone(),
        AssignOp::Add => BinaryOp::Add,
        AssignOp::Subtract => BinaryOp::Subtract,
        AssignOp::Multiply => BinaryOp::Multiply,
        AssignOp::Divide => BinaryOp::Divide,
        AssignOp::Modulo => BinaryOp::Modulo,
        AssignOp::BitAnd => BinaryOp::BitAnd,
        AssignOp::BitOr => BinaryOp::BitOr,
        AssignOp::BitXor => BinaryOp::BitXor,
    };
    let kind = ExprKind::Binary(Box::new(target), operator, Box::new(value.clone()));
    Expr { kind, place: value.place }
}

/// Whether this is NULL, written as such: it has no type, and goes into any column.
pub(super) fn is_bare_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Null)
}
