//! Aggregates: whose rows they are over, and what they are given.
//!
//! An aggregate becomes a column from [`CALL`] on of the scope that owns it; `group.rs` gives it
//! its place in the row.
//!
//! Source: T-SQL reference, "Aggregate functions", "STRING_AGG", "GROUPING", "GROUPING_ID".

use super::Binder;
use super::error::{
    At, Bind, aggregate_in_on, aggregate_in_where, aggregate_mixed, aggregate_of_aggregate, fail,
    group_by_aggregate, grouping_argument, refuse,
};
use super::same::{aggregates, same};
use super::scope::{CALL, Clause, Scope};
use super::typed::{Label, Typed, constant, scalar};
use super::walk::{self, Columns, Shift, Visit};
use crate::ast::{Expr, FunctionCall, Place};
use crate::collation::Collation;
use crate::function::{Aggregate, aggregate_type};
use crate::plan::{AggregateCall, AggregateKind, Scalar, ScalarKind};
use crate::types::{ArithmeticOp, SqlType};
use crate::value::{SqlError, SqlValue};

impl Binder<'_> {
    /// An aggregate or window function; `None` for any other name.
    pub(super) fn aggregate_or_window(
        &self,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Option<Typed>> {
        let name = call.name.name();
        if call.over.is_some() || super::window::is_window_only(name) {
            return self.window(call, place, scope).map(Some);
        }
        if name.eq_ignore_ascii_case("GROUPING_ID") {
            return self.grouping_id(&call.arguments, place, scope).map(Some);
        }
        let Some((kind, distinct)) = aggregate_named(name) else { return Ok(None) };
        if kind == AggregateKind::Plain(Aggregate::Grouping) {
            return self.grouping(&call.arguments, "grouping", place, scope).map(Some);
        }
        self.aggregate(call, kind, distinct, scope).map(Some)
    }

    fn aggregate(
        &self,
        call: &FunctionCall,
        kind: AggregateKind,
        distinct: bool,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let place = call.name.place();
        if scope.clause.get() == Clause::Argument {
            return fail(place, aggregate_of_aggregate());
        }
        let (made, label) =
            scope.within(Clause::Argument, || self.aggregate_call(call, kind, distinct, scope))?;
        let (depth, made) = owned(made, scope, place)?;
        let Some(owner) = scope.row(depth) else { return fail(place, aggregate_in_where()) };
        check_clause(owner.clause.get(), place)?;
        let nullable = !is_count(kind);
        let (result, collation) = (made.result, made.collation);
        let mut calls = owner.calls.borrow_mut();
        let found = calls.iter().position(|other| aggregates(other, &made));
        let at = found.unwrap_or(calls.len());
        if found.is_none() {
            calls.push(made);
        }
        let kind = ScalarKind::Column { depth, index: CALL + at };
        let scalar = Scalar { nullable, collation, ..scalar(kind, result, place) };
        Ok(Typed { scalar, label })
    }

    /// The call with its arguments on the row of `scope`.
    pub(super) fn aggregate_call(
        &self,
        call: &FunctionCall,
        kind: AggregateKind,
        distinct: bool,
        scope: &Scope<'_>,
    ) -> Bind<(AggregateCall, Label)> {
        let place = call.name.place();
        let plain = if let AggregateKind::Plain(plain) = kind { Some(plain) } else { None };
        let distinct = distinct || call.distinct;
        let counts = matches!(plain, Some(Aggregate::Count | Aggregate::CountBig));
        if call.star && counts {
            let result =
                aggregate_type(plain.unwrap_or(Aggregate::Count), &SqlType::Int).at(place)?;
            return Ok((counted(kind, result), Label::Weak));
        }
        let wanted = if plain == Some(Aggregate::StringAgg) { 2 } else { 1 };
        let name = call.name.name().to_ascii_lowercase();
        if call.arguments.len() != wanted || call.star {
            return fail(place, SqlError::argument_count(&name, wanted));
        }
        let argument = self.expr(&call.arguments[0], scope)?;
        if argument.is_bare_null() {
            return fail(place, SqlError::operand_invalid("NULL", &name));
        }
        let ty = argument.scalar.data_type;
        let result = match plain {
            Some(plain) => aggregate_type(plain, &ty).at(place)?,
            None => SqlType::Int,
        };
        let argument = match plain {
            None => self.coerce(argument, SqlType::Int)?,
            Some(_) => argument,
        };
        let separator = match wanted {
            2 => Some(self.separator(&call.arguments[1], scope)?),
            _ => None,
        };
        if !call.within_group.is_empty() && plain != Some(Aggregate::StringAgg) {
            return refuse(place, &format!("WITHIN GROUP for {name}"));
        }
        let order = self.sort_keys(&call.within_group, scope)?;
        let collation = argument.scalar.collation;
        let label = argument.label;
        let argument = Some(argument.scalar);
        let warns = plain != Some(Aggregate::StringAgg);
        let made =
            AggregateCall { kind, distinct, warns, argument, separator, order, result, collation };
        Ok((made, label))
    }

    /// The separator of STRING_AGG: a constant or a variable.
    fn separator(&self, expr: &Expr, scope: &Scope<'_>) -> Bind<Scalar> {
        let mut separator = self.expr(expr, scope)?.scalar;
        let mut columns = false;
        let mut visit = Columns(|depth, _: &mut usize| columns |= depth == 0);
        walk::scalar(&mut visit, &mut separator, 0)?;
        if columns {
            let message =
                "Separator parameter for STRING_AGG must be a string literal or variable.";
            return fail(expr.place, SqlError::new(8733, 16, 1, message));
        }
        Ok(separator)
    }

    /// `GROUPING(key)`.
    fn grouping(
        &self,
        arguments: &[Expr],
        function: &str,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let [argument] = arguments else {
            return fail(place, SqlError::argument_count(function, 1));
        };
        let at = self.grouping_key(argument, 1, function, scope)?;
        Ok(grouping_column(at, place, scope))
    }

    /// Which key of GROUP BY an argument of GROUPING is.
    fn grouping_key(
        &self,
        argument: &Expr,
        position: usize,
        function: &str,
        scope: &Scope<'_>,
    ) -> Bind<usize> {
        let value = scope.within(Clause::Argument, || self.expr(argument, scope))?;
        let keys = scope.keys.borrow();
        match keys.iter().position(|key| same(&value.scalar, key, 0)) {
            Some(at) => Ok(at),
            None => fail(argument.place, grouping_argument(position, &function.to_uppercase())),
        }
    }

    /// `GROUPING_ID(a, b)`: the bits of GROUPING, the last argument's lowest.
    fn grouping_id(&self, arguments: &[Expr], place: Place, scope: &Scope<'_>) -> Bind<Typed> {
        let mut bits = Vec::new();
        if arguments.is_empty() {
            bits.extend(0..scope.keys.borrow().len());
        }
        for (argument, position) in arguments.iter().zip(1..) {
            bits.push(self.grouping_key(argument, position, "grouping_id", scope)?);
        }
        let mut sum = Typed::weak(constant(SqlValue::Int(0), place));
        for at in bits {
            let bit = self.coerce(grouping_column(at, place, scope), SqlType::Int)?;
            let two = Typed::weak(constant(SqlValue::Int(2), place));
            let doubled = self.arithmetic(ArithmeticOp::Multiply, sum, two, place)?;
            sum = self.arithmetic(ArithmeticOp::Add, doubled, bit, place)?;
        }
        Ok(sum)
    }
}

fn counted(kind: AggregateKind, result: SqlType) -> AggregateCall {
    AggregateCall {
        kind,
        distinct: false,
        warns: false,
        argument: None,
        separator: None,
        order: Vec::new(),
        result,
        collation: Collation::CI_AS,
    }
}

fn is_count(kind: AggregateKind) -> bool {
    matches!(kind, AggregateKind::Plain(Aggregate::Count | Aggregate::CountBig))
}

/// The aggregate of this name, and whether the name means DISTINCT.
pub(super) fn aggregate_named(name: &str) -> Option<(AggregateKind, bool)> {
    if name.eq_ignore_ascii_case("CHECKSUM_AGG") {
        return Some((AggregateKind::ChecksumAgg, false));
    }
    if name.eq_ignore_ascii_case("APPROX_COUNT_DISTINCT") {
        // The exact number is within any error that the approximate one may have.
        return Some((AggregateKind::Plain(Aggregate::CountBig), true));
    }
    Aggregate::named(name).map(|aggregate| (AggregateKind::Plain(aggregate), false))
}

/// The column of `GROUPING(key)`.
fn grouping_column(key: usize, place: Place, scope: &Scope<'_>) -> Typed {
    let mut calls = scope.calls.borrow_mut();
    let kind = AggregateKind::Grouping(key);
    let at = calls.iter().position(|call| call.kind == kind).unwrap_or(calls.len());
    if at == calls.len() {
        calls.push(counted(kind, SqlType::TinyInt));
    }
    let kind = ScalarKind::Column { depth: 0, index: CALL + at };
    Typed::weak(Scalar { nullable: false, ..scalar(kind, SqlType::TinyInt, place) })
}

/// Refuses an aggregate where its owner has no groups yet.
fn check_clause(clause: Clause, place: Place) -> Bind<()> {
    match clause {
        Clause::Select | Clause::Having | Clause::Order | Clause::Window => Ok(()),
        Clause::Where | Clause::Other => fail(place, aggregate_in_where()),
        Clause::On => fail(place, aggregate_in_on()),
        Clause::Group => fail(place, group_by_aggregate()),
        Clause::Argument => fail(place, aggregate_of_aggregate()),
    }
}

/// How far out the rows are that an aggregate is over, and the call as it is there: an aggregate
/// of columns of an outer query only belongs to that query.
fn owned(mut call: AggregateCall, scope: &Scope<'_>, place: Place) -> Bind<(u32, AggregateCall)> {
    let mut found = Vec::new();
    let mut nested = Nested(false);
    walk::aggregate_call(&mut nested, &mut call, 0)?;
    if nested.0 {
        return fail(place, aggregate_of_aggregate());
    }
    let mut visit = Columns(|depth, index: &mut usize| found.push((depth, *index)));
    walk::aggregate_call(&mut visit, &mut call, 0)?;
    // Parameters of a function are no columns of a query.
    found.retain(|(depth, index)| {
        scope.row(*depth).is_some_and(|row| !row.shown(*index).contains(".@"))
    });
    let depth = found.iter().map(|(depth, _)| *depth).min().unwrap_or(0);
    if found.iter().any(|(other, _)| *other != depth) {
        return fail(place, aggregate_mixed());
    }
    if 0 < depth {
        let by = -i32::try_from(depth).unwrap_or(0);
        walk::aggregate_call(&mut Shift { from: depth, by }, &mut call, 0)?;
    }
    Ok((depth, call))
}

/// Whether there is a subquery or another aggregate inside.
struct Nested(bool);

impl Visit for Nested {
    fn scalar(&mut self, scalar: &mut Scalar, _: u32) -> Bind<bool> {
        self.0 |= matches!(scalar.kind, ScalarKind::Subquery(_));
        if let ScalarKind::Column { index, .. } = scalar.kind {
            self.0 |= CALL <= index;
        }
        Ok(!self.0)
    }

    fn plan(&mut self, _: &mut crate::plan::Plan, _: u32) -> Bind<()> {
        self.0 = true;
        Ok(())
    }
}
