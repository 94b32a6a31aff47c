//! Conditions.
//!
//! Source: T-SQL reference, "Search condition", "Comparison operators", "LIKE", "IN", "EXISTS".

use std::sync::Arc;

use super::Binder;
use super::error::{At, Bind, large_compared, one_column, refuse, xml_compared};
use super::scope::{Clause, Scope};
use super::typed::{Typed, compares_as_is, comparing_collation, is_bare_null};
use crate::ast::{CompareOp, Expr, ExprKind, InSource, Place, Quantifier, Query};
use crate::collation::Collation;
use crate::plan::{Node, Plan, Predicate, Scalar};
use crate::types::{Kind, SqlType, comparison_type};
use crate::value::SqlError;

impl Binder<'_> {
    /// A condition on the row of `scope`.
    pub(super) fn condition(&self, expr: &Expr, scope: &Scope<'_>) -> Bind<Predicate> {
        let place = expr.place;
        match &expr.kind {
            ExprKind::And(parts) => Ok(Predicate::And(self.conditions(parts, scope)?)),
            ExprKind::Or(parts) => Ok(Predicate::Or(self.conditions(parts, scope)?)),
            ExprKind::Not(part) => Ok(Predicate::Not(Box::new(self.condition(part, scope)?))),
            ExprKind::Compare(left, op, right) => {
                let (left, right) = (self.expr(left, scope)?, self.expr(right, scope)?);
                self.compare(left, *op, right, place)
            }
            ExprKind::IsNull { operand, negated } => {
                let operand = self.expr(operand, scope)?.scalar;
                Ok(negate(Predicate::IsNull(operand), *negated))
            }
            ExprKind::IsDistinct { left, right, negated } => {
                let (left, right) = (self.expr(left, scope)?, self.expr(right, scope)?);
                let (left, right, collation) =
                    self.comparable(left, right, CompareOp::Equal, place)?;
                Ok(negate(Predicate::IsSame { left, right, collation }, !*negated))
            }
            ExprKind::Between { operand, low, high, negated } => {
                let within = self.between(operand, (low, high), scope, place)?;
                Ok(negate(within, *negated))
            }
            ExprKind::In { operand, source, negated } => {
                let found = match source {
                    InSource::List(values) => self.in_list(operand, values, scope, place)?,
                    InSource::Query(query) => {
                        let equal = (CompareOp::Equal, Quantifier::Any);
                        self.quantified(operand, equal, query, scope)?
                    }
                };
                Ok(negate(found, *negated))
            }
            ExprKind::Quantified(operand, op, quantifier, query) => {
                self.quantified(operand, (*op, *quantifier), query, scope)
            }
            ExprKind::Like { operand, pattern, escape, negated } => {
                let like = self.like((operand, pattern), escape.as_deref(), scope, place)?;
                Ok(negate(like, *negated))
            }
            ExprKind::Exists(query) => {
                Ok(Predicate::Exists(Arc::new(rows_only(self.nested_query(query, Some(scope))?))))
            }
            ExprKind::Null
            | ExprKind::Default
            | ExprKind::Literal(_)
            | ExprKind::Variable(_)
            | ExprKind::SystemVariable(_)
            | ExprKind::Column(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Case { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Convert { .. }
            | ExprKind::Parse { .. }
            | ExprKind::Trim { .. }
            | ExprKind::JsonConstructor { .. }
            | ExprKind::Function(_)
            | ExprKind::OdbcFunction(_)
            | ExprKind::OdbcLiteral(..)
            | ExprKind::Niladic(_)
            | ExprKind::Subquery(_)
            | ExprKind::Collate(..)
            | ExprKind::AtTimeZone(..)
            | ExprKind::NextValueFor(_)
            | ExprKind::Method { .. }
            | ExprKind::Identity { .. } => refuse(place, "A value as a condition"),
        }
    }

    fn conditions(&self, parts: &[Expr], scope: &Scope<'_>) -> Bind<Vec<Predicate>> {
        parts.iter().map(|part| self.condition(part, scope)).collect()
    }

    /// `left op right`.
    pub(super) fn compare(
        &self,
        left: Typed,
        operator: CompareOp,
        right: Typed,
        place: Place,
    ) -> Bind<Predicate> {
        let (left, right, collation) = self.comparable(left, right, operator, place)?;
        Ok(Predicate::Compare { left, operator, right, collation })
    }

    /// Brings both sides of a comparison to one type.
    fn comparable(
        &self,
        left: Typed,
        right: Typed,
        operator: CompareOp,
        place: Place,
    ) -> Bind<(Scalar, Scalar, Collation)> {
        let name = operation(operator);
        let collation = comparing_collation(&[&left, &right], name).at(place)?;
        let (a, b) = compared_types(&left, &right, name).at(place)?;
        Ok((self.coerce(left, a)?.scalar, self.coerce(right, b)?.scalar, collation))
    }

    /// `low <= operand AND operand <= high`.
    fn between(
        &self,
        operand: &Expr,
        (low, high): (&Expr, &Expr),
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Predicate> {
        let operand = self.expr(operand, scope)?;
        let low = self.expr(low, scope)?;
        let high = self.expr(high, scope)?;
        let above = self.compare(operand.clone(), CompareOp::GreaterOrEqual, low, place)?;
        let below = self.compare(operand, CompareOp::LessOrEqual, high, place)?;
        Ok(Predicate::And(vec![above, below]))
    }

    /// One list where all values compare with the operand in one type, else one comparison each.
    fn in_list(
        &self,
        operand: &Expr,
        values: &[Expr],
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Predicate> {
        let operand = self.expr(operand, scope)?;
        let mut found = Vec::with_capacity(values.len());
        for value in values {
            let value = self.expr(value, scope)?;
            found.push(self.comparable(operand.clone(), value, CompareOp::Equal, place)?);
        }
        let alike = found
            .windows(2)
            .all(|pair| pair[0].0.data_type == pair[1].0.data_type && pair[0].2 == pair[1].2);
        if alike && let Some((operand, _, collation)) = found.first().cloned() {
            let values = found.into_iter().map(|(_, value, _)| value).collect();
            return Ok(Predicate::InList { operand, values, collation });
        }
        let each = found.into_iter().map(|(left, right, collation)| Predicate::Compare {
            left,
            operator: CompareOp::Equal,
            right,
            collation,
        });
        Ok(Predicate::Or(each.collect()))
    }

    /// `operand op ANY (query)`, also `IN (query)`.
    fn quantified(
        &self,
        operand: &Expr,
        (operator, quantifier): (CompareOp, Quantifier),
        query: &Query,
        scope: &Scope<'_>,
    ) -> Bind<Predicate> {
        let place = operand.place;
        let operand = self.expr(operand, scope)?;
        let mut plan = self.nested_query(query, Some(scope))?;
        let value = self.only_column(&plan, query)?;
        let (left, right, collation) = self.comparable(operand, value, operator, place)?;
        if !matches!(right.kind, crate::plan::ScalarKind::Column { .. }) {
            plan = super::query::project_one(plan, right);
        }
        let plan = Arc::new(plan);
        Ok(Predicate::Quantified { operand: left, operator, quantifier, plan, collation })
    }

    /// The one column of a query, on its rows.
    pub(super) fn only_column(&self, plan: &Plan, query: &Query) -> Bind<Typed> {
        let [column] = plan.columns.as_slice() else {
            return super::error::fail(query.place, one_column());
        };
        let scalar = super::scope::column_at(0, 0, column, query.place);
        Ok(Typed { scalar, label: super::typed::Label::Implicit })
    }

    fn like(
        &self,
        (operand, pattern): (&Expr, &Expr),
        escape: Option<&Expr>,
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Predicate> {
        let operand = self.expr(operand, scope)?;
        let pattern = self.expr(pattern, scope)?;
        let escape = escape.map(|escape| self.expr(escape, scope)).transpose()?;
        let collation = comparing_collation(&[&operand, &pattern], "like").at(place)?;
        let unicode = [&operand, &pattern].iter().any(|part| is_unicode(part));
        let text = |part: Typed, position: usize| {
            let to = text_type(&part, position, unicode).at(place)?;
            Ok(self.coerce(part, to)?.scalar)
        };
        let operand = text(operand, 1)?;
        let pattern = text(pattern, 2)?;
        let escape = escape.map(|escape| text(escape, 3)).transpose()?;
        Ok(Predicate::Like { operand, pattern, escape, collation, unicode })
    }

    /// The conditions of a clause that takes no aggregates.
    pub(super) fn filter(&self, expr: &Expr, clause: Clause, scope: &Scope<'_>) -> Bind<Predicate> {
        scope.within(clause, || self.condition(expr, scope))
    }
}

/// The plan for EXISTS: its select list is never computed.
fn rows_only(plan: Plan) -> Plan {
    let mut root = plan.root;
    if let Node::Project { input, .. } = root {
        root = *input;
    }
    Plan { root, columns: Vec::new() }
}

/// A condition or its opposite.
pub(super) fn negate(predicate: Predicate, negated: bool) -> Predicate {
    if negated { Predicate::Not(Box::new(predicate)) } else { predicate }
}

/// The types that the sides of a comparison are brought to: one type, or each its own where they
/// differ in sizes only.
pub(super) fn compared_types(
    left: &Typed,
    right: &Typed,
    operation: &str,
) -> Result<(SqlType, SqlType), SqlError> {
    let (a, b) = (left.scalar.data_type, right.scalar.data_type);
    let (a, b) = match (left.is_bare_null(), right.is_bare_null()) {
        (true, false) => (b, b),
        (false, true) => (a, a),
        (true, true) | (false, false) => (a, b),
    };
    for side in [a, b] {
        if side.kind() == Kind::Xml && a.kind() == b.kind() {
            return Err(xml_compared());
        }
    }
    let common = comparison_type(&a, &b, operation)?;
    Ok(if compares_as_is(&a, &b) { (a, b) } else { (common, common) })
}

/// Refuses types that have no order: for ORDER BY, GROUP BY and the like.
pub(super) fn check_ordered(ty: &SqlType) -> Result<(), SqlError> {
    if ty.kind().is_legacy_large() {
        return Err(large_compared());
    }
    if ty.kind() == Kind::Xml { Err(xml_compared()) } else { Ok(()) }
}

/// The name of a comparison in messages.
pub(super) const fn operation(operator: CompareOp) -> &'static str {
    match operator {
        CompareOp::Equal => "equal to",
        CompareOp::NotEqual => "not equal to",
        CompareOp::Less => "less than",
        CompareOp::LessOrEqual => "less than or equal to",
        CompareOp::Greater => "greater than",
        CompareOp::GreaterOrEqual => "greater than or equal to",
    }
}

fn is_unicode(part: &Typed) -> bool {
    part.scalar.data_type.kind().is_unicode()
}

/// The string type that an operand of LIKE becomes.
fn text_type(part: &Typed, position: usize, unicode: bool) -> Result<SqlType, SqlError> {
    let ty = part.scalar.data_type;
    let kind = ty.kind();
    if matches!(kind, Kind::Xml | Kind::SqlVariant | Kind::Image) {
        return Err(SqlError::argument_invalid(ty.name(), position, "like"));
    }
    if is_bare_null(&part.scalar) {
        return Ok(if unicode { SqlType::NVARCHAR_MAX } else { SqlType::VARCHAR_MAX });
    }
    if unicode && !kind.is_unicode() {
        return Ok(super::typed::unicode_of(&text_of(ty)));
    }
    Ok(text_of(ty))
}

/// The text type of a value that is compared as text.
fn text_of(ty: SqlType) -> SqlType {
    use crate::types::Length;
    if ty.kind().is_character() {
        return ty;
    }
    match (ty.kind(), ty.display_length()) {
        (Kind::NText, _) => SqlType::NVARCHAR_MAX,
        (_, Some(length)) => SqlType::VarChar(Length::N(length.clamp(1, 8000))),
        (_, None) => SqlType::VARCHAR_MAX,
    }
}
