//! CASE and its relatives: what is not chosen is not evaluated.
//!
//! Source: T-SQL reference, "CASE", "COALESCE", "NULLIF", "ISNULL", "IIF", "CHOOSE".

use super::Binder;
use super::error::{At, Bind, fail};
use super::scope::Scope;
use super::typed::{Typed, common_collation, constant, scalar};
use crate::ast::{CaseArm, CompareOp, Expr, FunctionCall, Place};
use crate::plan::{Predicate, Scalar, ScalarKind};
use crate::types::{SqlType, common_type_of};
use crate::value::{SqlError, SqlValue};

impl Binder<'_> {
    /// `CASE`, with or without an operand.
    pub(super) fn case(
        &self,
        operand: Option<&Expr>,
        (arms, otherwise): (&[CaseArm], Option<&Expr>),
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Typed> {
        let operand = operand.map(|operand| self.expr(operand, scope)).transpose()?;
        let mut conditions = Vec::with_capacity(arms.len());
        let mut results = Vec::with_capacity(arms.len() + 1);
        for arm in arms {
            let condition = match &operand {
                Some(operand) => {
                    let when = self.expr(&arm.when, scope)?;
                    self.compare(operand.clone(), CompareOp::Equal, when, arm.when.place)?
                }
                None => self.condition(&arm.when, scope)?,
            };
            conditions.push(condition);
            results.push(self.expr(&arm.then, scope)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(self.expr(otherwise, scope)?);
        }
        self.choice(conditions, results, place, SqlError::case_untyped)
    }

    /// The result of the first condition that holds; a result without condition is the last.
    fn choice(
        &self,
        conditions: Vec<Predicate>,
        results: Vec<Typed>,
        place: Place,
        untyped: fn() -> SqlError,
    ) -> Bind<Typed> {
        let complete = conditions.len() < results.len();
        let (results, data_type, typed) = self.branches(results, place, untyped)?;
        let nullable = !complete || results.iter().any(|result| result.nullable);
        let mut results = results.into_iter();
        let arms = conditions.into_iter().zip(results.by_ref()).collect();
        let kind = ScalarKind::Case(arms, results.next().map(Box::new));
        let scalar = Scalar { nullable, collation: typed.0, ..scalar(kind, data_type, place) };
        Ok(Typed { scalar, label: typed.1 })
    }

    /// Brings branches to one type and collation.
    fn branches(
        &self,
        results: Vec<Typed>,
        place: Place,
        untyped: fn() -> SqlError,
    ) -> Bind<(Vec<Scalar>, SqlType, (crate::collation::Collation, super::typed::Label))> {
        let types: Vec<_> = results.iter().map(Typed::known_type).collect();
        let Some(data_type) = common_type_of(&types).at(place)? else {
            return fail(place, untyped());
        };
        let typed = common_collation(&results.iter().collect::<Vec<_>>()).at(place)?;
        let results: Bind<Vec<_>> =
            results.into_iter().map(|result| Ok(self.coerce(result, data_type)?.scalar)).collect();
        Ok((results?, data_type, typed))
    }

    /// The functions of this file, by name.
    pub(super) fn choosing(
        &self,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Option<Typed>> {
        let arguments = call.arguments.as_slice();
        let name = call.name.name().to_ascii_uppercase();
        let found = match (name.as_str(), arguments) {
            ("COALESCE", [_, _, ..]) => self.coalesce(arguments, scope, place)?,
            ("ISNULL", [value, instead]) => self.is_null(value, instead, scope, place)?,
            ("NULLIF", [value, other]) => self.null_if(value, other, scope, place)?,
            ("IIF", [condition, yes, no]) => {
                let condition = self.condition(condition, scope)?;
                let results = vec![self.expr(yes, scope)?, self.expr(no, scope)?];
                self.choice(vec![condition], results, place, SqlError::case_untyped)?
            }
            ("CHOOSE", [index, values @ ..]) if !values.is_empty() => {
                self.choose(index, values, scope, place)?
            }
            _ => return Ok(None),
        };
        Ok(Some(found))
    }

    fn coalesce(&self, values: &[Expr], scope: &Scope<'_>, place: Place) -> Bind<Typed> {
        let values: Bind<Vec<_>> = values.iter().map(|value| self.expr(value, scope)).collect();
        let (values, data_type, (collation, label)) =
            self.branches(values?, place, SqlError::coalesce_untyped)?;
        let nullable = values.iter().all(|value| value.nullable);
        let kind = ScalarKind::Coalesce(values);
        let scalar = Scalar { nullable, collation, ..scalar(kind, data_type, place) };
        Ok(Typed { scalar, label })
    }

    /// The type is the first argument's, and the second is cut to it.
    fn is_null(
        &self,
        value: &Expr,
        instead: &Expr,
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Typed> {
        let value = self.expr(value, scope)?;
        let instead = self.expr(instead, scope)?;
        if value.is_bare_null() {
            return Ok(instead);
        }
        let (collation, label) = common_collation(&[&value, &instead]).at(place)?;
        let data_type = value.scalar.data_type;
        let nullable = value.scalar.nullable && instead.scalar.nullable;
        let instead = self.coerce(instead, data_type)?.scalar;
        let kind = ScalarKind::Coalesce(vec![value.scalar, instead]);
        let scalar = Scalar { nullable, collation, ..scalar(kind, data_type, place) };
        Ok(Typed { scalar, label })
    }

    fn null_if(&self, value: &Expr, other: &Expr, scope: &Scope<'_>, place: Place) -> Bind<Typed> {
        let value = self.expr(value, scope)?;
        if value.is_bare_null() {
            return fail(place, SqlError::nullif_untyped());
        }
        let other = self.expr(other, scope)?;
        let label = value.label;
        let equal = self.compare(value.clone(), CompareOp::Equal, other, place)?;
        let (data_type, collation) = (value.scalar.data_type, value.scalar.collation);
        let null = Scalar { data_type, ..constant(SqlValue::Null, place) };
        let kind = ScalarKind::Case(vec![(equal, null)], Some(Box::new(value.scalar)));
        let scalar = Scalar { collation, ..scalar(kind, data_type, place) };
        Ok(Typed { scalar, label })
    }

    /// A CASE over the index.
    fn choose(
        &self,
        index: &Expr,
        values: &[Expr],
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Typed> {
        let index = self.expr(index, scope)?;
        let index = self.coerce(index, SqlType::Int)?;
        let mut conditions = Vec::with_capacity(values.len());
        let mut results = Vec::with_capacity(values.len());
        for (value, number) in values.iter().zip(1..) {
            let number = Typed::weak(constant(SqlValue::Int(number), place));
            conditions.push(self.compare(index.clone(), CompareOp::Equal, number, place)?);
            results.push(self.expr(value, scope)?);
        }
        self.choice(conditions, results, place, SqlError::case_untyped)
    }
}
