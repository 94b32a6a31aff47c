//! What a relation is told of the conditions on its rows.

use super::super::error::Bind;
use super::total::is_outer;
use crate::ast::CompareOp;
use crate::collation::Collation;
use crate::host::Column;
use crate::plan::{Predicate, PushedRestriction, Scalar, ScalarKind};
use crate::types::Kind;

/// The condition as a restriction of one column; `None` for a condition that is none.
pub(super) fn restriction(
    predicate: &mut Predicate,
    columns: &[Column],
) -> Bind<Option<PushedRestriction>> {
    match predicate {
        Predicate::Compare { left, operator, right, collation } => {
            if let Some(column) = column_of(left, columns, *collation)
                && is_outer(right)?
            {
                return Ok(Some(PushedRestriction::Compare(column, *operator, right.clone())));
            }
            if let Some(column) = column_of(right, columns, *collation)
                && is_outer(left)?
            {
                let operator = turned(*operator);
                return Ok(Some(PushedRestriction::Compare(column, operator, left.clone())));
            }
            Ok(None)
        }
        Predicate::InList { operand, values, collation } => {
            let Some(column) = column_of(operand, columns, *collation) else { return Ok(None) };
            for value in values.iter_mut() {
                if !is_outer(value)? {
                    return Ok(None);
                }
            }
            Ok(Some(PushedRestriction::In(column, values.clone())))
        }
        Predicate::IsNull(operand) => Ok(plain_column(operand).map(|at| is_null(at, false))),
        Predicate::Not(inner) => {
            let Predicate::IsNull(operand) = inner.as_ref() else { return Ok(None) };
            Ok(plain_column(operand).map(|at| is_null(at, true)))
        }
        Predicate::Constant(_)
        | Predicate::And(_)
        | Predicate::Or(_)
        | Predicate::IsSame { .. }
        | Predicate::Quantified { .. }
        | Predicate::Exists(_)
        | Predicate::Like { .. } => Ok(None),
    }
}

fn is_null(column: usize, negated: bool) -> PushedRestriction {
    PushedRestriction::IsNull(column, negated)
}

/// The column that an expression is.
pub(in crate::bind) fn plain_column(value: &Scalar) -> Option<usize> {
    if let ScalarKind::Column { depth: 0, index } = value.kind { Some(index) } else { None }
}

/// The column that an expression is, or is converted from in a way that keeps equality and order.
/// Its texts must compare in the relation as they do here.
fn column_of(value: &Scalar, columns: &[Column], collation: Collation) -> Option<usize> {
    let (mut inner, mut converted) = (value, false);
    if let ScalarKind::Convert { operand, style: None, lenient: false } = &value.kind {
        (inner, converted) = (operand, true);
    }
    let at = plain_column(inner)?;
    let column = columns.get(at)?;
    let own = column.data_type.kind();
    let ordered = !(own.is_legacy_large() || matches!(own, Kind::Xml | Kind::SqlVariant));
    let text = own.is_character();
    let kept = !converted || keeps_order(own, value.data_type.kind());
    (ordered && kept && (!text || column.collation == collation)).then_some(at)
}

/// Whether a conversion between two kinds changes neither equality nor order, nor cuts.
fn keeps_order(from: Kind, to: Kind) -> bool {
    let widened = from.is_integer() && to.is_integer() && from <= to && from != Kind::Bit;
    widened || (from.is_character() && to == Kind::NVarChar && !from.is_unicode())
}

/// The operator with its sides exchanged.
pub(super) fn turned(operator: CompareOp) -> CompareOp {
    match operator {
        CompareOp::Equal => CompareOp::Equal,
        CompareOp::NotEqual => CompareOp::NotEqual,
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
    }
}
