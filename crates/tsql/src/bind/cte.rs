//! Common table expressions: bound anew wherever they are named.
//!
//! A recursive one is a UNION ALL whose later parts name it. Those parts are found by binding
//! them: the first binding of a part stops at the name, the second takes it for the rows of the
//! round before.
//!
//! Source: T-SQL reference, "WITH common_table_expression", "Guidelines for defining and using
//! recursive common table expressions".

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Binder;
use super::error::{
    Bind, cte_duplicate, cte_forbidden, cte_forward, cte_no_anchor, cte_outer, cte_types, fail,
};
use super::from::Source;
use super::query::Bound;
use super::scope::{Scope, Table, same_name};
use super::table::{check_columns, rename};
use crate::ast::{Cte, Place, QueryBody, SetOperand, SetOperator};
use crate::host::Column;
use crate::plan::{Node, SetKind};

/// An expression with those that it sees.
pub(super) struct CteFrame {
    cte: Cte,
    outer: Option<Rc<CteFrame>>,
    state: RefCell<State>,
    /// Whether the name was met while looking for it.
    met: Cell<bool>,
}

/// What the expression's name means right now.
#[derive(Clone)]
enum State {
    /// Its query.
    Query,
    /// Itself: the part that is being bound is recursive.
    Probe,
    /// The rows of the round before.
    Recursive(u32, Vec<Column>),
}

impl CteFrame {
    pub(super) fn new(cte: Cte, outer: Option<Rc<Self>>) -> Self {
        Self { cte, outer, state: RefCell::new(State::Query), met: Cell::new(false) }
    }
}

/// Refuses a name that is there twice.
pub(super) fn check_new(cte: &Cte, before: &[Cte]) -> Bind<()> {
    let name = &cte.name.value;
    match before.iter().any(|other| same_name(&other.name.value, name)) {
        true => fail(cte.name.place, cte_duplicate(name)),
        false => Ok(()),
    }
}

impl Binder<'_> {
    /// The rows of the common table expression of this name, if there is one.
    pub(super) fn cte(
        &self,
        name: &str,
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Option<Source>> {
        let mut next = self.ctes.borrow().clone();
        while let Some(frame) = next {
            if same_name(&frame.cte.name.value, name) {
                return self.cte_rows(&frame, place, parent).map(Some);
            }
            next = frame.outer.clone();
        }
        Ok(None)
    }

    fn cte_rows(
        &self,
        frame: &Rc<CteFrame>,
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let name = frame.cte.name.value.as_str();
        let state = frame.state.borrow().clone();
        match state {
            State::Probe => {
                frame.met.set(true);
                fail(place, cte_forward(name))
            }
            State::Recursive(id, columns) => {
                frame.met.set(true);
                Ok(Source::one(Node::RecursiveInput(id), table(name, columns)))
            }
            State::Query => {
                // The query sees no columns of the place where its name stands.
                let barrier = Scope::barrier(parent);
                let before = self.ctes.replace(Some(frame.clone()));
                let bound = self.cte_bound(frame, &barrier);
                frame.state.replace(State::Query);
                self.ctes.replace(before);
                let bound = bound?;
                Ok(Source::one(bound.node, table(name, bound.columns)))
            }
        }
    }

    /// The query of a common table expression.
    fn cte_bound(&self, frame: &CteFrame, barrier: &Scope<'_>) -> Bind<Bound> {
        let cte = &frame.cte;
        let name = cte.name.value.as_str();
        let place = cte.name.place;
        self.check_nested(&cte.query)?;
        frame.state.replace(State::Probe);
        frame.met.set(false);
        let recursive = match &cte.query.body {
            QueryBody::Set { first, rest } if cte.query.with.is_empty() => {
                self.recursive(frame, (first, rest), barrier)?
            }
            QueryBody::Set { .. } | QueryBody::Select(_) => None,
        };
        let mut bound = match recursive {
            Some(bound) if !cte.query.order_by.is_empty() || cte.query.for_clause.is_some() => {
                let tail = super::query::Tail {
                    order: &cte.query.order_by,
                    offset: cte.query.offset.as_ref(),
                    place,
                };
                self.set_tail(bound, tail, Some(barrier))?
            }
            Some(bound) => bound,
            None => self.query(&cte.query, Some(barrier))?,
        };
        rename(&mut bound.columns, &cte.columns, name, place)?;
        check_columns(&bound.columns, name, place)?;
        Ok(bound)
    }

    /// A UNION ALL whose later parts name the expression itself; `None` for any other.
    fn recursive(
        &self,
        frame: &CteFrame,
        (first, rest): (&QueryBody, &[SetOperand]),
        barrier: &Scope<'_>,
    ) -> Bind<Option<Bound>> {
        let name = frame.cte.name.value.as_str();
        let place = frame.cte.name.place;
        let mut anchor = match self.body(first, Some(barrier)) {
            Ok(bound) => bound,
            Err(_) if frame.met.get() => return fail(place, cte_no_anchor(name)),
            Err(error) => return Err(error),
        };
        let mut parts = rest.iter();
        let first_recursive = loop {
            let Some(operand) = parts.next() else { return Ok(None) };
            match self.body(&operand.body, Some(barrier)) {
                Ok(bound) => {
                    let kind = set_kind(operand.operator);
                    anchor = self.combined(anchor, kind, bound, place)?;
                }
                Err(_) if frame.met.get() => break operand,
                Err(error) => return Err(error),
            }
        };
        rename(&mut anchor.columns, &frame.cte.columns, name, place)?;
        check_columns(&anchor.columns, name, place)?;
        for column in &mut anchor.columns {
            column.nullable = true;
        }
        let id = self.recursions.get();
        self.recursions.set(id + 1);
        let mut recursive = Vec::new();
        for operand in std::iter::once(first_recursive).chain(parts) {
            if operand.operator != SetOperator::UnionAll {
                return fail(place, cte_forward(name));
            }
            let state = State::Recursive(id, anchor.columns.clone());
            frame.state.replace(state);
            recursive.push(self.recursive_part(frame, operand, &anchor.columns, barrier)?);
        }
        let node = Node::Recursive {
            id,
            anchor: Box::new(anchor.node),
            recursive,
            max_recursion: self.max_recursion.get(),
        };
        Ok(Some(Bound { node, set_based: true, ..anchor }))
    }

    /// A part that names the expression. Each round it sees the rows of the round before, and
    /// what looks at several of them at once has no meaning.
    fn recursive_part(
        &self,
        frame: &CteFrame,
        operand: &SetOperand,
        columns: &[Column],
        barrier: &Scope<'_>,
    ) -> Bind<Node> {
        let name = frame.cte.name.value.as_str();
        let place = frame.cte.name.place;
        let outer = self.outer_joins.replace(false);
        let bound = self.body(&operand.body, Some(barrier))?;
        if self.outer_joins.replace(outer) {
            return fail(place, cte_outer(name));
        }
        if bound.set_based {
            return fail(place, cte_forbidden("", name));
        }
        if bound.columns.len() != columns.len() {
            return fail(place, super::error::set_width());
        }
        for (own, wanted) in bound.columns.iter().zip(columns) {
            if own.data_type != wanted.data_type {
                return fail(place, cte_types(&wanted.name, name));
            }
        }
        Ok(bound.node)
    }
}

fn table(name: &str, columns: Vec<Column>) -> Table {
    Table { aliased: false, ..Table::aliased(name, columns) }
}

fn set_kind(operator: SetOperator) -> SetKind {
    super::set_operation::set_kind(operator)
}
