//! Evaluates conditions: true, false or unknown.
//!
//! AND stops at the first false, OR at the first true; unknown goes on.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use super::scope::Scope;
use super::state::{Pattern, Run, ValueSet, address};
use crate::ast::CompareOp;
use crate::collation::Collation;
use crate::plan::{Predicate, Scalar, ScalarKind};
use crate::value::{LikePattern, SqlError, SqlValue, compare};

/// From how many constants on an IN list is hashed.
const HASHED: usize = 8;

impl<'a> Run<'a> {
    /// Whether a condition holds; `None` is unknown.
    pub(crate) fn holds(
        &self,
        predicate: &'a Predicate,
        scope: &Scope<'_>,
    ) -> Result<Option<bool>, SqlError> {
        match predicate {
            Predicate::Constant(known) => Ok(*known),
            Predicate::Compare { left, operator, right, collation } => {
                let (left, right) = (self.peek(left, scope)?, self.peek(right, scope)?);
                compared(&left, *operator, &right, *collation)
            }
            Predicate::And(all) => self.first_of(all, false, scope),
            Predicate::Or(all) => self.first_of(all, true, scope),
            Predicate::Not(one) => Ok(self.holds(one, scope)?.map(|known| !known)),
            Predicate::IsNull(operand) => Ok(Some(self.peek(operand, scope)?.is_null())),
            Predicate::IsSame { left, right, collation } => {
                let (left, right) = (self.peek(left, scope)?, self.peek(right, scope)?);
                if left.is_null() || right.is_null() {
                    return Ok(Some(left.is_null() && right.is_null()));
                }
                compared(&left, CompareOp::Equal, &right, *collation)
            }
            Predicate::InList { operand, values, collation } => {
                let value = self.peek(operand, scope)?;
                self.in_list(&value, values, *collation, scope)
            }
            Predicate::Quantified { operand, operator, quantifier, plan, collation } => {
                let value = self.peek(operand, scope)?;
                let how = super::subquery::Quantified {
                    operator: *operator,
                    quantifier: *quantifier,
                    collation: *collation,
                };
                self.quantified(&value, &how, plan, scope)
            }
            Predicate::Exists(plan) => self.exists(plan, scope).map(Some),
            Predicate::Like { operand, pattern, escape, collation, unicode } => {
                let value = self.peek(operand, scope)?;
                let pattern = self.value(pattern, scope)?;
                let escape = escape.as_ref().map(|one| self.value(one, scope)).transpose()?;
                if value.is_null()
                    || pattern.is_null()
                    || escape.as_ref().is_some_and(SqlValue::is_null)
                {
                    return Ok(None);
                }
                let compiled =
                    self.pattern(predicate, (&pattern, escape.as_ref()), *collation, *unicode)?;
                Ok(Some(compiled.compiled.matches(value.as_str().unwrap_or_default())))
            }
        }
    }

    /// `decisive` if any condition is, else unknown if any is, else its opposite.
    fn first_of(
        &self,
        all: &'a [Predicate],
        decisive: bool,
        scope: &Scope<'_>,
    ) -> Result<Option<bool>, SqlError> {
        let mut answer = Some(!decisive);
        for one in all {
            match self.holds(one, scope)? {
                Some(known) if known == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => answer = None,
            }
        }
        Ok(answer)
    }

    fn in_list(
        &self,
        value: &SqlValue,
        values: &'a Vec<Scalar>,
        collation: Collation,
        scope: &Scope<'_>,
    ) -> Result<Option<bool>, SqlError> {
        if let Some(set) = self.constant_list(values, collation) {
            return Ok(set.contains(value, collation));
        }
        let mut answer = Some(false);
        for one in values {
            match compared(value, CompareOp::Equal, &*self.peek(one, scope)?, collation)? {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => answer = None,
            }
        }
        Ok(answer)
    }

    /// A long list of constants as a set, made once.
    fn constant_list(&self, values: &'a Vec<Scalar>, collation: Collation) -> Option<Rc<ValueSet>> {
        if values.len() < HASHED {
            return None;
        }
        if let Some(set) = self.lists.borrow().get(&address(values)) {
            return Some(Rc::clone(set));
        }
        let mut set = ValueSet::default();
        for value in values {
            let ScalarKind::Constant(value) = &value.kind else { return None };
            set.insert(value, collation);
        }
        let set = Rc::new(set);
        self.lists.borrow_mut().insert(address(values), Rc::clone(&set));
        Some(set)
    }

    /// A pattern, compiled again only when its text has changed.
    fn pattern(
        &self,
        place: &'a Predicate,
        (pattern, escape): (&SqlValue, Option<&SqlValue>),
        collation: Collation,
        unicode: bool,
    ) -> Result<Rc<Pattern>, SqlError> {
        let text = pattern.as_str().unwrap_or_default();
        let escape = escape.and_then(SqlValue::as_str);
        if let Some(known) = self.patterns.borrow().get(&address(place))
            && (*known.text == *text && known.escape.as_deref() == escape)
        {
            return Ok(Rc::clone(known));
        }
        let made = Rc::new(Pattern {
            text: Arc::from(text),
            escape: escape.map(Arc::from),
            compiled: LikePattern::new(text, escape, collation, unicode)?,
        });
        self.patterns.borrow_mut().insert(address(place), Rc::clone(&made));
        Ok(made)
    }
}

/// `left operator right`.
pub(crate) fn compared(
    left: &SqlValue,
    operator: CompareOp,
    right: &SqlValue,
    collation: Collation,
) -> Result<Option<bool>, SqlError> {
    Ok(compare(left, right, collation)?.map(|order| fits(order, operator)))
}

fn fits(order: Ordering, operator: CompareOp) -> bool {
    match operator {
        CompareOp::Equal => order.is_eq(),
        CompareOp::NotEqual => order.is_ne(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterOrEqual => order.is_ge(),
    }
}
