//! What is known of an expression: which columns it looks at, and whether it can fail.

use super::super::error::Bind;
use super::super::walk::{self, Columns, Visit};
use crate::plan::{Predicate, Scalar, ScalarKind};
use crate::types::{Kind, SqlType};

/// The columns of its own row that a condition looks at.
pub(super) fn columns(predicate: &mut Predicate) -> Bind<Vec<usize>> {
    let mut found = Vec::new();
    let mut visit = Columns(|depth, index: &mut usize| {
        if depth == 0 {
            found.push(*index);
        }
    });
    walk::predicate(&mut visit, predicate, 0)?;
    Ok(found)
}

/// Whether an expression looks at no column of its own row, and has one value for the whole
/// query: it can be evaluated before the first row.
pub(super) fn is_outer(value: &mut Scalar) -> Bind<bool> {
    let mut own = false;
    let mut visit = Columns(|depth, _: &mut usize| own |= depth == 0);
    walk::scalar(&mut visit, value, 0)?;
    let mut unsteady = Unsteady(false);
    walk::scalar(&mut unsteady, value, 0)?;
    Ok(!own && !unsteady.0)
}

/// Whether a value may be another at each evaluation, or costs a user's function each time.
struct Unsteady(bool);

impl Visit for Unsteady {
    fn scalar(&mut self, scalar: &mut Scalar, _: u32) -> Bind<bool> {
        self.0 |= matches!(scalar.kind, ScalarKind::User(_, _) | ScalarKind::Native(_, _));
        if let ScalarKind::Function(function, _) = scalar.kind {
            self.0 |= super::super::same::is_volatile(function.name);
        }
        Ok(!self.0)
    }
}

/// Whether a condition may be evaluated on rows that it would not have been: it cannot fail there.
pub(super) fn is_movable(predicate: &mut Predicate) -> Bind<bool> {
    match predicate {
        Predicate::Constant(_) => Ok(true),
        Predicate::Compare { left, right, .. } | Predicate::IsSame { left, right, .. } => {
            let variant = left.data_type == SqlType::SqlVariant;
            Ok(!variant && is_harmless(left)? && is_harmless(right)?)
        }
        Predicate::And(parts) | Predicate::Or(parts) => {
            for part in parts {
                if !is_movable(part)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Predicate::Not(part) => is_movable(part),
        Predicate::IsNull(operand) => Ok(is_total(operand)),
        Predicate::InList { operand, values, .. } => {
            let mut harmless = operand.data_type != SqlType::SqlVariant && is_harmless(operand)?;
            for value in values {
                harmless = harmless && is_harmless(value)?;
            }
            Ok(harmless)
        }
        Predicate::Like { operand, pattern, escape, .. } => {
            let escape = escape.as_ref().is_none_or(is_constant);
            Ok(escape && is_harmless(operand)? && is_harmless(pattern)?)
        }
        Predicate::Quantified { .. } | Predicate::Exists(_) => Ok(false),
    }
}

fn is_constant(value: &Scalar) -> bool {
    matches!(value.kind, ScalarKind::Constant(_))
}

fn is_harmless(value: &mut Scalar) -> Bind<bool> {
    Ok(is_total(value) || is_outer(value)?)
}

/// Whether an expression has a value on every row, the same each time, at little cost.
pub(super) fn is_total(value: &Scalar) -> bool {
    if let ScalarKind::Convert { operand, style: None, .. } = &value.kind {
        return is_total(operand) && always_converts(&operand.data_type, &value.data_type);
    }
    if let ScalarKind::Coalesce(parts) = &value.kind {
        return parts.iter().all(is_total);
    }
    matches!(
        value.kind,
        ScalarKind::Constant(_) | ScalarKind::Column { .. } | ScalarKind::Variable(_)
    )
}

/// Whether every value of a type becomes one of the other.
pub(super) fn always_converts(from: &SqlType, to: &SqlType) -> bool {
    let (a, b) = (from.kind(), to.kind());
    if a.is_character() && b.is_character() {
        return true;
    }
    if a.is_integer() && b.is_integer() {
        return a <= b;
    }
    if a.is_integer() && b.is_approximate() {
        return true;
    }
    if a.is_integer() && b.is_decimal() {
        let digits = |ty: &SqlType| ty.precision_and_scale().map(|(p, s)| p.saturating_sub(s));
        return digits(from) <= digits(to);
    }
    matches!(
        (a, b),
        (Kind::Date | Kind::SmallDateTime | Kind::DateTime, Kind::DateTime2)
            | (Kind::DateTime2, Kind::DateTime2)
            | (Kind::SmallDateTime, Kind::DateTime)
    )
}

/// Replaces the columns that a condition looks at: depth and index become others.
pub(super) struct Remap<F: FnMut(u32, usize) -> (u32, usize)>(pub(super) F);

impl<F: FnMut(u32, usize) -> (u32, usize)> Visit for Remap<F> {
    fn scalar(&mut self, scalar: &mut Scalar, depth: u32) -> Bind<bool> {
        if let ScalarKind::Column { depth: found, index } = &mut scalar.kind
            && let Some(out) = found.checked_sub(depth)
        {
            let (out, at) = (self.0)(out, *index);
            *found = out + depth;
            *index = at;
        }
        Ok(true)
    }
}

/// Puts the expressions that make a row in the place of the row's columns. `None` where one of
/// them may fail, or changes.
pub(super) fn substituted(
    mut predicate: Predicate,
    values: &dyn Fn(usize) -> Option<Scalar>,
) -> Bind<Option<Predicate>> {
    let mut visit = Substitute { values, complete: true };
    walk::predicate(&mut visit, &mut predicate, 0)?;
    Ok(visit.complete.then_some(predicate))
}

struct Substitute<'v> {
    values: &'v dyn Fn(usize) -> Option<Scalar>,
    complete: bool,
}

impl Visit for Substitute<'_> {
    fn scalar(&mut self, scalar: &mut Scalar, depth: u32) -> Bind<bool> {
        let ScalarKind::Column { depth: found, index } = scalar.kind else { return Ok(true) };
        if found != depth {
            return Ok(true);
        }
        match (self.values)(index).filter(|value| depth == 0 && is_total(value)) {
            Some(value) => *scalar = value,
            // Inside a subquery the expression would stand deeper: it stays where it is.
            None => self.complete = false,
        }
        Ok(false)
    }
}
