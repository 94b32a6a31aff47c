//! Arithmetic, concatenation, signs.
//!
//! Source: T-SQL reference, "Operators", "Precision, scale, and length".

use super::Binder;
use super::error::{At, Bind};
use super::typed::{Typed, common_collation, is_bare_null, scalar, unicode_of};
use crate::ast::Place;
use crate::plan::{Scalar, ScalarKind};
use crate::types::{
    ArithmeticOp, Kind, SqlType, UnaryOp, arithmetic_type, literal_operand, unary_type,
};
use crate::value;

impl Binder<'_> {
    /// A sign, or `~`.
    pub(super) fn unary(&self, op: UnaryOp, operand: Typed, place: Place) -> Bind<Typed> {
        let data_type = unary_type(op, &operand.scalar.data_type).at(place)?;
        if op == UnaryOp::Plus || operand.is_bare_null() {
            return Ok(operand);
        }
        if let ScalarKind::Constant(constant) = &operand.scalar.kind
            && let Ok(value) = value::unary(op, constant)
        {
            // `-1.5` is a literal as much as `1.5` is.
            let kind = ScalarKind::Constant(value);
            return Ok(Typed { scalar: Scalar { kind, data_type, ..operand.scalar }, ..operand });
        }
        let nullable = operand.scalar.nullable;
        let kind = ScalarKind::Unary(op, Box::new(operand.scalar));
        Ok(Typed::weak(Scalar { nullable, ..scalar(kind, data_type, place) }))
    }

    /// `left op right`.
    pub(super) fn arithmetic(
        &self,
        op: ArithmeticOp,
        left: Typed,
        right: Typed,
        place: Place,
    ) -> Bind<Typed> {
        let left_type = operand_type(&left.scalar, &right.scalar);
        let right_type = operand_type(&right.scalar, &left.scalar);
        let result = arithmetic_type(op, &left_type, &right_type).at(place)?;
        let (collation, label) = common_collation(&[&left, &right]).at(place)?;
        let nullable = left.scalar.nullable || right.scalar.nullable;
        let left = self.coerce(left, side_type(&left_type, &right_type, &result))?.scalar;
        let right = self.coerce(right, side_type(&right_type, &left_type, &result))?.scalar;
        let kind = ScalarKind::Arithmetic(op, Box::new(left), Box::new(right));
        let scalar = Scalar { nullable, collation, ..scalar(kind, result, place) };
        Ok(Typed { scalar, label })
    }
}

/// What an operand counts as: NULL as the other side, an integer literal as its digits beside a
/// decimal.
fn operand_type(own: &Scalar, other: &Scalar) -> SqlType {
    if is_bare_null(own) {
        return other.data_type;
    }
    if let ScalarKind::Constant(value) = &own.kind
        && own.data_type == SqlType::Int
    {
        return literal_operand(value, &other.data_type);
    }
    own.data_type
}

/// What an operand is converted to: the result's type, but sizes stay its own.
fn side_type(own: &SqlType, other: &SqlType, result: &SqlType) -> SqlType {
    let kind = result.kind();
    if kind.is_decimal() {
        if own.kind().is_decimal() {
            return *own;
        }
        let like = if other.kind().is_decimal() { *other } else { *result };
        return match own.precision_and_scale() {
            Some((precision, scale)) => like.with_digits(precision, scale),
            None => like,
        };
    }
    if kind.is_character() {
        return match kind.is_unicode() && !own.kind().is_unicode() {
            true => unicode_of(own),
            false => *own,
        };
    }
    let binary = matches!(kind, Kind::Binary | Kind::VarBinary);
    if binary && own.kind().is_binary() { *own } else { *result }
}
