//! Expressions: each kind has its own file, this one says which.

use super::Binder;
use super::error::{Bind, default_misplaced, fail, identity_into, refuse, undeclared};
use super::literal::literal;
use super::scope::{Scope, column_at};
use super::typed::{Label, Typed, constant, scalar};
use crate::ast::{BinaryOp, Expr, ExprKind, ObjectName, Place};
use crate::plan::ScalarKind;
use crate::types::{ArithmeticOp, UnaryOp};
use crate::value::{SqlError, SqlValue};

impl Binder<'_> {
    /// An expression on the row of `scope`.
    pub(super) fn expr(&self, expr: &Expr, scope: &Scope<'_>) -> Bind<Typed> {
        let place = expr.place;
        match &expr.kind {
            ExprKind::Null => Ok(Typed::weak(constant(SqlValue::Null, place))),
            ExprKind::Default => fail(place, default_misplaced()),
            ExprKind::Literal(value) => Ok(Typed::weak(literal(value, place)?)),
            ExprKind::Variable(name) => self.variable(name, place, scope),
            ExprKind::SystemVariable(name) => self.system_variable(name, place),
            ExprKind::Column(name) => column(name, scope),
            ExprKind::Unary(op, operand) => {
                let operand = self.expr(operand, scope)?;
                self.unary(unary_op(*op), operand, place)
            }
            ExprKind::Binary(left, op, right) => {
                let left = self.expr(left, scope)?;
                let right = self.expr(right, scope)?;
                self.arithmetic(arithmetic_op(*op), left, right, place)
            }
            ExprKind::Case { operand, arms, otherwise } => {
                self.case(operand.as_deref(), (arms, otherwise.as_deref()), scope, place)
            }
            ExprKind::Function(call) => self.call(call, place, scope),
            ExprKind::Subquery(query) => self.subquery(query, place, scope),
            // The parser puts no condition where a value is wanted.
            ExprKind::Compare(..)
            | ExprKind::Quantified(..)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::IsNull { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::In { .. }
            | ExprKind::Between { .. }
            | ExprKind::Like { .. }
            | ExprKind::Exists(_) => refuse(place, "A condition as a value"),
            ExprKind::Cast { .. }
            | ExprKind::Convert { .. }
            | ExprKind::Parse { .. }
            | ExprKind::Trim { .. }
            | ExprKind::JsonConstructor { .. }
            | ExprKind::OdbcFunction(_)
            | ExprKind::OdbcLiteral(..)
            | ExprKind::Niladic(_)
            | ExprKind::Collate(..)
            | ExprKind::AtTimeZone(..)
            | ExprKind::NextValueFor(_)
            | ExprKind::Method { .. }
            | ExprKind::Identity { .. } => self.special(expr, scope),
        }
    }

    /// The kinds with a syntax of their own.
    #[expect(clippy::wildcard_enum_match_arm, reason = "`expr` has listed the kinds")]
    fn special(&self, expr: &Expr, scope: &Scope<'_>) -> Bind<Typed> {
        let place = expr.place;
        match &expr.kind {
            ExprKind::Cast { operand, to, lenient } => {
                let operand = self.expr(operand, scope)?;
                self.cast(operand, to, (None, *lenient), place)
            }
            ExprKind::Convert { operand, to, style, lenient } => {
                let operand = self.expr(operand, scope)?;
                let style = style.as_ref().map(|style| self.expr(style, scope)).transpose()?;
                self.cast(operand, to, (style, *lenient), place)
            }
            ExprKind::Parse { operand, to, culture, lenient } => {
                let operand = self.expr(operand, scope)?;
                let culture = culture.as_ref().map(|one| self.expr(one, scope)).transpose()?;
                self.parse_text(operand, to, (culture, *lenient), place)
            }
            ExprKind::Trim { side, characters, operand } => {
                self.trim((*side, characters.as_deref()), operand, scope, place)
            }
            ExprKind::JsonConstructor { keys, values, absent } => {
                self.json_constructor((keys.as_deref(), values), *absent, scope, place)
            }
            ExprKind::OdbcFunction(call) => self.odbc_call(call, place, scope),
            ExprKind::OdbcLiteral(kind, text) => self.odbc_literal(*kind, text, place, scope),
            ExprKind::Niladic(niladic) => self.niladic(*niladic, place),
            ExprKind::Collate(operand, name) => {
                let operand = self.expr(operand, scope)?;
                super::convert::collate(operand, name, place)
            }
            ExprKind::AtTimeZone(operand, zone) => {
                let operand = self.expr(operand, scope)?;
                let zone = self.expr(zone, scope)?;
                self.at_time_zone(operand, zone, place)
            }
            ExprKind::NextValueFor(_) => refuse(place, "NEXT VALUE FOR"),
            ExprKind::Method { operand, method, arguments } => {
                let operand = self.expr(operand, scope)?;
                self.xml_method(operand, method, arguments, place)
            }
            ExprKind::Identity { .. } => fail(place, identity_into()),
            _ => refuse(place, "An expression of this kind"),
        }
    }

    /// A variable, or a parameter of the function whose query this is.
    pub(super) fn variable(&self, name: &str, place: Place, scope: &Scope<'_>) -> Bind<Typed> {
        if let Some((depth, index, column)) = scope.parameter(name) {
            return Ok(Typed::weak(column_at(depth, index, column, place)));
        }
        match self.names.variable(name) {
            Some((slot, data_type)) => {
                Ok(Typed::weak(scalar(ScalarKind::Variable(slot), data_type, place)))
            }
            None => fail(place, undeclared(name)),
        }
    }

    /// A value of the wanted type.
    pub(super) fn coerce(&self, from: Typed, to: crate::types::SqlType) -> Bind<Typed> {
        super::typed::coerce_at(from, to, self.names.dates())
    }

    /// A value converted to a type that its own converts to by itself.
    pub(super) fn argument(
        &self,
        expr: &Expr,
        to: crate::types::SqlType,
        scope: &Scope<'_>,
    ) -> Bind<crate::plan::Scalar> {
        let value = self.expr(expr, scope)?;
        Ok(self.coerce(value, to)?.scalar)
    }
}

/// A column by its name.
fn column(name: &ObjectName, scope: &Scope<'_>) -> Bind<Typed> {
    let place = name.place();
    let found = match scope.column(name) {
        // `$identity` and the like; `$action` is a column where there is one.
        Err(_) if name.name().starts_with('$') => return refuse(place, name.name()),
        found => found?,
    };
    let scalar = column_at(found.depth, found.index, found.column, place);
    let label = if found.column.name.starts_with('@') { Label::Weak } else { Label::Implicit };
    Ok(Typed { scalar, label })
}

fn unary_op(op: crate::ast::UnaryOp) -> UnaryOp {
    match op {
        crate::ast::UnaryOp::Plus => UnaryOp::Plus,
        crate::ast::UnaryOp::Minus => UnaryOp::Minus,
        crate::ast::UnaryOp::BitNot => UnaryOp::BitNot,
    }
}

pub(super) fn arithmetic_op(op: BinaryOp) -> ArithmeticOp {
    match op {
        BinaryOp::Add => ArithmeticOp::Add,
        BinaryOp::Subtract => ArithmeticOp::Subtract,
        BinaryOp::Multiply => ArithmeticOp::Multiply,
        BinaryOp::Divide => ArithmeticOp::Divide,
        BinaryOp::Modulo => ArithmeticOp::Modulo,
        BinaryOp::BitAnd => ArithmeticOp::BitAnd,
        BinaryOp::BitOr => ArithmeticOp::BitOr,
        BinaryOp::BitXor => ArithmeticOp::BitXor,
    }
}

/// A constant that must be there as such.
pub(super) fn literal_text(expr: &Expr) -> Result<&str, SqlError> {
    use crate::ast::Literal;
    if let ExprKind::Literal(Literal::String(text) | Literal::National(text)) = &expr.kind {
        return Ok(text);
    }
    Err(SqlError::unsupported("A value that is not a string literal"))
}
