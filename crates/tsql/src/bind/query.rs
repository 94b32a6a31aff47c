//! Queries: WITH, the body, what stands behind it.
//!
//! Source: T-SQL reference, "SELECT", "WITH common_table_expression", "ORDER BY Clause",
//! "FOR Clause".

use std::rc::Rc;
use std::sync::Arc;

use super::Binder;
use super::cte::{self, CteFrame};
use super::error::{At, Bind, fail, nested_order, one_column, refuse};
use super::scope::Scope;
use super::typed::{Label, Typed, scalar};
use crate::ast::{Offset, OrderItem, Place, Query, QueryBody};
use crate::host::Column;
use crate::plan::{Node, Plan, Scalar, ScalarKind};

/// A bound query before it becomes a plan.
pub(super) struct Bound {
    /// Its rows: just its columns.
    pub(super) node: Node,
    /// Its columns.
    pub(super) columns: Vec<Column>,
    /// Which columns are the word NULL, so that a UNION may still choose their type.
    pub(super) bare: Vec<bool>,
    /// For each column the table that it comes from, for FOR XML AUTO.
    pub(super) origins: Vec<Option<String>>,
    /// Whether it groups, sorts rows out or looks at several rows: a recursive member must not.
    pub(super) set_based: bool,
}

/// What stands behind a body.
#[derive(Clone, Copy)]
pub(super) struct Tail<'q> {
    pub(super) order: &'q [OrderItem],
    pub(super) offset: Option<&'q Offset>,
    pub(super) place: Place,
}

impl Binder<'_> {
    /// A query inside another, with the rows around it.
    pub(super) fn nested_query(&self, query: &Query, parent: Option<&Scope<'_>>) -> Bind<Plan> {
        self.check_nested(query)?;
        self.plan(query, parent)
    }

    /// A query as a plan.
    pub(super) fn plan(&self, query: &Query, parent: Option<&Scope<'_>>) -> Bind<Plan> {
        let bound = self.query(query, parent)?;
        Ok(Plan { root: bound.node, columns: bound.columns })
    }

    /// Refuses an ORDER BY that says nothing.
    pub(super) fn check_nested(&self, query: &Query) -> Bind<()> {
        let top = match &query.body {
            QueryBody::Select(select) => select.top.is_some(),
            QueryBody::Set { .. } => false,
        };
        let useless = !query.order_by.is_empty()
            && query.offset.is_none()
            && query.for_clause.is_none()
            && !top;
        if useless { fail(query.order_by[0].value.place, nested_order()) } else { Ok(()) }
    }

    /// A query.
    pub(super) fn query(&self, query: &Query, parent: Option<&Scope<'_>>) -> Bind<Bound> {
        let before = self.ctes.borrow().clone();
        for (at, one) in query.with.iter().enumerate() {
            cte::check_new(one, &query.with[..at])?;
            let frame = CteFrame::new(one.clone(), self.ctes.borrow().clone());
            self.ctes.replace(Some(Rc::new(frame)));
        }
        let bound = self.query_body(query, parent);
        self.ctes.replace(before);
        bound
    }

    fn query_body(&self, query: &Query, parent: Option<&Scope<'_>>) -> Bind<Bound> {
        let tail =
            Tail { order: &query.order_by, offset: query.offset.as_ref(), place: query.place };
        let bound = match &query.body {
            QueryBody::Select(select) => self.select(select, tail, parent)?,
            QueryBody::Set { first, rest } => {
                let bound = self.set_operation(first, rest, parent)?;
                self.set_tail(bound, tail, parent)?
            }
        };
        match &query.for_clause {
            Some(clause) => super::for_clause::wrapped(bound, clause, query.place),
            None => Ok(bound),
        }
    }

    /// A body without anything behind it: one side of a UNION.
    pub(super) fn body(&self, body: &QueryBody, parent: Option<&Scope<'_>>) -> Bind<Bound> {
        match body {
            QueryBody::Select(select) => {
                let tail = Tail { order: &[], offset: None, place: select.place };
                self.select(select, tail, parent)
            }
            QueryBody::Set { first, rest } => self.set_operation(first, rest, parent),
        }
    }

    /// A query that gives one value.
    pub(super) fn subquery(&self, query: &Query, place: Place, scope: &Scope<'_>) -> Bind<Typed> {
        let plan = self.nested_query(query, Some(scope))?;
        let [column] = plan.columns.as_slice() else { return fail(place, one_column()) };
        let (data_type, collation) = (column.data_type, column.collation);
        let kind = ScalarKind::Subquery(Arc::new(plan));
        let scalar = Scalar { collation, ..scalar(kind, data_type, place) };
        Ok(Typed { scalar, label: Label::Implicit })
    }

    /// `MAXRECURSION` of a statement; other hints change no answer.
    pub(super) fn take_hints(&self, query: &Query) -> Bind<()> {
        for hint in &query.hints {
            if hint.name != "MAXRECURSION" {
                continue;
            }
            let [value] = hint.values.as_slice() else {
                return refuse(hint.place, "MAXRECURSION without a number");
            };
            let scope = Scope::new(Vec::new(), None);
            let ScalarKind::Constant(number) = self.expr(value, &scope)?.scalar.kind else {
                return refuse(hint.place, "MAXRECURSION without a number");
            };
            match number.as_i64().map(u32::try_from) {
                Some(Ok(rounds @ 0..=32_767)) => self.max_recursion.set(rounds),
                _ => {
                    let shown = number.as_i64().unwrap_or_default();
                    let message = format!(
                        "The value {shown} specified for the MAXRECURSION option exceeds the \
                         allowed maximum of 32767."
                    );
                    let error = crate::value::SqlError::new(310, 15, 1, message);
                    return Err(error).at(hint.place);
                }
            }
        }
        Ok(())
    }
}

/// The plan with its one column replaced by an expression on it.
pub(super) fn project_one(plan: Plan, value: Scalar) -> Plan {
    let mut columns = plan.columns;
    if let Some(column) = columns.first_mut() {
        column.data_type = value.data_type;
    }
    Plan { root: Node::Project { input: Box::new(plan.root), columns: vec![value] }, columns }
}
