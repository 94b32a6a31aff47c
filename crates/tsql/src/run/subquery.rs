//! Queries inside expressions: as a value, EXISTS, IN and comparisons with ANY or ALL.
//!
//! A subquery that does not look at outer rows is run once, and its result kept; variables are
//! looked at again, since `SELECT @v = ...` changes them from row to row.

use std::rc::Rc;

use super::predicate::compared;
use super::scope::Scope;
use super::state::{Kept, KeptResult, Run, ValueSet, address};
use super::step::open_node;
use crate::ast::{CompareOp, Quantifier};
use crate::collation::Collation;
use crate::plan::{Node, Plan};
use crate::value::{SqlError, SqlValue};

/// How a value is compared with the rows of a subquery.
pub(crate) struct Quantified {
    pub(crate) operator: CompareOp,
    pub(crate) quantifier: Quantifier,
    pub(crate) collation: Collation,
}

impl<'a> Run<'a> {
    /// The result of a part that is the same everywhere in the query, made when it is first
    /// asked for. `None` if the part depends on outer rows.
    pub(crate) fn keep(
        &self,
        node: &'a Node,
        make: impl FnOnce(&mut super::budget::Held<'a>) -> Result<KeptResult, SqlError>,
    ) -> Result<Option<Rc<Kept<'a>>>, SqlError> {
        let reach = self.reach_of(node);
        if !reach.is_constant() {
            return Ok(None);
        }
        if let Some(kept) = self.kept.borrow().get(&address(node))
            && kept
                .variables
                .iter()
                .all(|(slot, value)| self.context.frame.variable(*slot) == *value)
        {
            return Ok(Some(Rc::clone(kept)));
        }
        self.kept.borrow_mut().remove(&address(node));
        let variables = reach
            .variables
            .iter()
            .map(|slot| (*slot, self.context.frame.variable(*slot)))
            .collect();
        let mut held = self.held();
        let result = make(&mut held)?;
        let kept = Rc::new(Kept { variables, result, _held: held });
        self.kept.borrow_mut().insert(address(node), Rc::clone(&kept));
        Ok(Some(kept))
    }

    pub(crate) fn subquery_value(
        &self,
        plan: &'a Plan,
        scope: &Scope<'_>,
    ) -> Result<SqlValue, SqlError> {
        let run = || self.only_value(plan, scope);
        let kept = self.keep(&plan.root, |_| run().map(KeptResult::Value))?;
        match kept.as_deref() {
            Some(Kept { result: KeptResult::Value(value), .. }) => Ok(value.clone()),
            Some(_) | None => run(),
        }
    }

    fn only_value(&self, plan: &'a Plan, scope: &Scope<'_>) -> Result<SqlValue, SqlError> {
        let mut rows = open_node(self, &plan.root, Some(scope), &[])?;
        let Some(row) = rows.next(self, Some(scope))? else { return Ok(SqlValue::Null) };
        if rows.next(self, Some(scope))?.is_some() {
            return Err(SqlError::subquery_rows());
        }
        Ok(row.into_iter().next().unwrap_or(SqlValue::Null))
    }

    pub(crate) fn exists(&self, plan: &'a Plan, scope: &Scope<'_>) -> Result<bool, SqlError> {
        let run = || -> Result<bool, SqlError> {
            let mut rows = open_node(self, &plan.root, Some(scope), &[])?;
            Ok(rows.next(self, Some(scope))?.is_some())
        };
        let kept = self.keep(&plan.root, |_| run().map(KeptResult::Exists))?;
        match kept.as_deref() {
            Some(Kept { result: KeptResult::Exists(found), .. }) => Ok(*found),
            Some(_) | None => run(),
        }
    }

    pub(crate) fn quantified(
        &self,
        value: &SqlValue,
        how: &Quantified,
        plan: &'a Plan,
        scope: &Scope<'_>,
    ) -> Result<Option<bool>, SqlError> {
        let by_set = matches!(
            (how.operator, how.quantifier),
            (CompareOp::Equal, Quantifier::Any) | (CompareOp::NotEqual, Quantifier::All)
        );
        let kept = match by_set {
            true => self.keep(&plan.root, |held| {
                let mut set = ValueSet::default();
                self.each_value(plan, scope, |value| {
                    held.bytes(super::budget::value_bytes(value) * 2)?;
                    set.insert(value, how.collation);
                    Ok(true)
                })?;
                Ok(KeptResult::Set(set))
            })?,
            false => self.keep(&plan.root, |held| {
                let mut rows = Vec::new();
                self.each_value(plan, scope, |value| {
                    held.row(std::slice::from_ref(value))?;
                    rows.push(vec![value.clone()]);
                    Ok(true)
                })?;
                Ok(KeptResult::Rows(rows))
            })?,
        };
        let any = how.quantifier == Quantifier::Any;
        match kept.as_deref().map(|kept| &kept.result) {
            Some(KeptResult::Set(set)) => {
                let found = set.contains(value, how.collation);
                Ok(if any { found } else { found.map(|known| !known) })
            }
            Some(KeptResult::Rows(rows)) => {
                let mut answer = Answer::new(any);
                for other in rows.iter().flatten() {
                    if !answer.add(compared(value, how.operator, other, how.collation)?) {
                        break;
                    }
                }
                Ok(answer.known)
            }
            Some(_) | None => {
                let mut answer = Answer::new(any);
                self.each_value(plan, scope, |other| {
                    Ok(answer.add(compared(value, how.operator, other, how.collation)?))
                })?;
                Ok(answer.known)
            }
        }
    }

    /// Gives the rows' first columns until `take` has enough.
    fn each_value(
        &self,
        plan: &'a Plan,
        scope: &Scope<'_>,
        mut take: impl FnMut(&SqlValue) -> Result<bool, SqlError>,
    ) -> Result<(), SqlError> {
        let mut rows = open_node(self, &plan.root, Some(scope), &[])?;
        while let Some(row) = rows.next(self, Some(scope))? {
            if !take(row.first().unwrap_or(&SqlValue::Null))? {
                break;
            }
        }
        Ok(())
    }
}

/// ANY is decided by one true, ALL by one false.
struct Answer {
    decisive: bool,
    known: Option<bool>,
}

impl Answer {
    fn new(any: bool) -> Self {
        Self { decisive: any, known: Some(!any) }
    }

    /// Whether more comparisons can change the answer.
    fn add(&mut self, one: Option<bool>) -> bool {
        match one {
            Some(known) if known == self.decisive => {
                self.known = Some(known);
                false
            }
            Some(_) => true,
            None => {
                self.known = None;
                true
            }
        }
    }
}
