//! Window functions.
//!
//! A window function becomes a column from [`WINDOW`] on of its scope; `group.rs` gives it its
//! place in the row.
//!
//! Source: T-SQL reference, "OVER", "Ranking functions", "Analytic functions".

use super::Binder;
use super::error::{
    At, Bind, fail, frame_order, over_distinct, over_missing, range_frame, refuse, window_constant,
    window_cycle, window_frame, window_in_window, window_index, window_order, window_place,
    window_redefined, window_repeated, window_undefined, within_group_missing,
};
use super::same::windows;
use super::scope::{Clause, Scope, WINDOW};
use super::typed::{Label, Typed, scalar};
use crate::ast::{
    Expr, ExprKind, Frame, FrameBound, FrameUnit, FunctionCall, Ident, Literal, NamedWindow,
    NullTreatment, OrderItem, Over, Place,
};
use crate::function::{Aggregate, aggregate_type};
use crate::plan::{
    FrameEdge, Scalar, ScalarKind, SortKey, WindowCall, WindowFrame, WindowFunction,
};
use crate::types::SqlType;
use crate::value::SqlError;

/// The functions that have a meaning only over a window, with the fewest and most arguments.
const FUNCTIONS: &[(&str, WindowFunction, usize, usize)] = &[
    ("ROW_NUMBER", WindowFunction::RowNumber, 0, 0),
    ("RANK", WindowFunction::Rank, 0, 0),
    ("DENSE_RANK", WindowFunction::DenseRank, 0, 0),
    ("NTILE", WindowFunction::Ntile, 1, 1),
    ("LAG", WindowFunction::Lag, 1, 3),
    ("LEAD", WindowFunction::Lead, 1, 3),
    ("FIRST_VALUE", WindowFunction::FirstValue, 1, 1),
    ("LAST_VALUE", WindowFunction::LastValue, 1, 1),
    ("PERCENT_RANK", WindowFunction::PercentRank, 0, 0),
    ("CUME_DIST", WindowFunction::CumeDist, 0, 0),
    ("PERCENTILE_CONT", WindowFunction::PercentileCont, 1, 1),
    ("PERCENTILE_DISC", WindowFunction::PercentileDisc, 1, 1),
];

/// Whether a name is that of a function that only works over a window.
pub(super) fn is_window_only(name: &str) -> bool {
    FUNCTIONS.iter().any(|known| known.0.eq_ignore_ascii_case(name))
}

/// A function with its bound arguments, before the window is known.
struct Head {
    function: WindowFunction,
    arguments: Vec<Scalar>,
    result: SqlType,
    nullable: bool,
    collation: crate::collation::Collation,
    label: Label,
}

impl Binder<'_> {
    /// `function(...) OVER (...)`.
    pub(super) fn window(
        &self,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let name = call.name.name().to_ascii_uppercase();
        match scope.clause.get() {
            Clause::Select | Clause::Order => {}
            Clause::Window | Clause::Argument => return fail(place, window_in_window()),
            Clause::Where | Clause::On | Clause::Having | Clause::Group | Clause::Other => {
                return fail(place, window_place());
            }
        }
        let Some(over) = &call.over else { return fail(place, over_missing(&name)) };
        let over = &resolved(over, scope)?;
        if call.distinct {
            return fail(place, over_distinct());
        }
        let (head, made) = scope.within(Clause::Window, || {
            let head = self.window_head(&name, call, place, scope)?;
            let made = self.window_call(&head, call, over, scope)?;
            Ok((head, made))
        })?;
        let mut calls = scope.windows.borrow_mut();
        let found = calls.iter().position(|other| windows(other, &made));
        let at = found.unwrap_or(calls.len());
        if found.is_none() {
            calls.push(made);
        }
        let kind = ScalarKind::Column { depth: 0, index: WINDOW + at };
        let Head { result, nullable, collation, label, .. } = head;
        Ok(Typed { scalar: Scalar { nullable, collation, ..scalar(kind, result, place) }, label })
    }

    /// The window of a function.
    fn window_call(
        &self,
        head: &Head,
        call: &FunctionCall,
        over: &Over,
        scope: &Scope<'_>,
    ) -> Bind<WindowCall> {
        let name = &call.name.name().to_ascii_uppercase();
        let place = call.name.place();
        let function = head.function;
        let percentile =
            matches!(function, WindowFunction::PercentileCont | WindowFunction::PercentileDisc);
        if percentile && (!over.order_by.is_empty() || over.frame.is_some()) {
            return refuse(place, &format!("ORDER BY in the OVER clause of {name}"));
        }
        let ordered = if percentile { &call.within_group } else { &over.order_by };
        let framed = takes_frame(function);
        if percentile && ordered.is_empty() {
            return fail(place, within_group_missing(name));
        }
        if !percentile && !call.within_group.is_empty() {
            return refuse(place, &format!("WITHIN GROUP for {name}"));
        }
        let needs_order = !matches!(function, WindowFunction::Aggregate(_));
        if needs_order && ordered.is_empty() {
            return fail(place, window_order(name));
        }
        if over.frame.is_some() && !framed {
            return fail(place, window_frame(name));
        }
        let mut partition = Vec::with_capacity(over.partition_by.len());
        for key in &over.partition_by {
            let key = self.expr(key, scope)?.scalar;
            super::condition::check_ordered(&key.data_type).at(key.place)?;
            let collation = key.collation;
            partition.push((key, collation));
        }
        let order = self.window_order(ordered, scope)?;
        let frame = window_frame_of(over.frame.as_ref(), framed && !order.is_empty(), place)?;
        Ok(WindowCall {
            function,
            arguments: head.arguments.clone(),
            partition,
            order,
            frame,
            ignore_nulls: call.nulls == Some(NullTreatment::Ignore),
            result: head.result,
            collation: head.collation,
        })
    }

    /// The function, its arguments and its type.
    fn window_head(
        &self,
        name: &str,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Head> {
        let Some(known) = FUNCTIONS.iter().find(|known| known.0 == name) else {
            return self.window_aggregate(name, call, place, scope);
        };
        let (_, function, min, max) = *known;
        let lower = name.to_ascii_lowercase();
        let count = call.arguments.len();
        if count < min || max < count {
            let error = match min == max {
                true => SqlError::argument_count(&lower, min),
                false => SqlError::argument_count_between(&lower, min, max),
            };
            return fail(place, error);
        }
        let ignoring = matches!(
            function,
            WindowFunction::Lag
                | WindowFunction::Lead
                | WindowFunction::FirstValue
                | WindowFunction::LastValue
        );
        if call.nulls.is_some() && !ignoring {
            return refuse(place, &format!("IGNORE NULLS for {name}"));
        }
        let mut arguments = Vec::with_capacity(count);
        for argument in &call.arguments {
            arguments.push(self.expr(argument, scope)?);
        }
        self.ranked(function, arguments, call, scope)
    }

    /// The arguments of one of [`FUNCTIONS`], converted, and its type.
    fn ranked(
        &self,
        function: WindowFunction,
        arguments: Vec<Typed>,
        call: &FunctionCall,
        scope: &Scope<'_>,
    ) -> Bind<Head> {
        use WindowFunction as W;
        let mut arguments = arguments.into_iter();
        let first = arguments.next();
        let label = first.as_ref().map_or(Label::Weak, |first| first.label);
        let collation = first.as_ref().map(|first| first.scalar.collation).unwrap_or_default();
        let own = first.as_ref().map_or(SqlType::BigInt, |first| first.scalar.data_type);
        let (result, wanted) = match function {
            W::RowNumber | W::Rank | W::DenseRank => (SqlType::BigInt, own),
            W::Ntile => (SqlType::BigInt, SqlType::BigInt),
            W::PercentRank | W::CumeDist => (SqlType::Float, own),
            W::PercentileCont => (SqlType::Float, SqlType::Float),
            W::PercentileDisc => {
                let order = self.window_order(&call.within_group, scope)?;
                let ty = order.first().map_or(SqlType::Float, |key| key.value.data_type);
                (ty, SqlType::Float)
            }
            W::Lag | W::Lead | W::FirstValue | W::LastValue | W::Aggregate(_) => (own, own),
        };
        let mut bound = Vec::new();
        if let Some(first) = first {
            bound.push(self.coerce(first, wanted)?.scalar);
        }
        if let Some(offset) = arguments.next() {
            bound.push(self.coerce(offset, SqlType::BigInt)?.scalar);
        }
        if let Some(default) = arguments.next() {
            bound.push(self.coerce(default, result)?.scalar);
        }
        let nullable = !matches!(
            function,
            W::RowNumber | W::Rank | W::DenseRank | W::Ntile | W::PercentRank | W::CumeDist
        );
        Ok(Head { function, arguments: bound, result, nullable, collation, label })
    }

    /// An aggregate over a window.
    fn window_aggregate(
        &self,
        name: &str,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Head> {
        let aggregate = match Aggregate::named(name) {
            Some(Aggregate::StringAgg | Aggregate::Grouping) | None => {
                return refuse(place, &format!("OVER for {name}"));
            }
            Some(aggregate) => aggregate,
        };
        let function = WindowFunction::Aggregate(aggregate);
        let counts = matches!(aggregate, Aggregate::Count | Aggregate::CountBig);
        let collation = crate::collation::Collation::CI_AS;
        if call.star && counts {
            let result = aggregate_type(aggregate, &SqlType::Int).at(place)?;
            let arguments = Vec::new();
            let label = Label::Weak;
            return Ok(Head { function, arguments, result, nullable: false, collation, label });
        }
        let [argument] = call.arguments.as_slice() else {
            return fail(place, SqlError::argument_count(&name.to_ascii_lowercase(), 1));
        };
        let argument = self.expr(argument, scope)?;
        if argument.is_bare_null() {
            return fail(place, SqlError::operand_invalid("NULL", &name.to_ascii_lowercase()));
        }
        let result = aggregate_type(aggregate, &argument.scalar.data_type).at(place)?;
        let (collation, label) = (argument.scalar.collation, argument.label);
        let arguments = vec![argument.scalar];
        Ok(Head { function, arguments, result, nullable: !counts, collation, label })
    }

    /// The ORDER BY of a window: no positions, no constants.
    fn window_order(&self, items: &[OrderItem], scope: &Scope<'_>) -> Bind<Vec<SortKey>> {
        for item in items {
            let place = item.value.place;
            if matches!(item.value.kind, ExprKind::Literal(Literal::Integer(_))) {
                return fail(place, window_index());
            }
            if matches!(item.value.kind, ExprKind::Literal(_) | ExprKind::Null) {
                return fail(place, window_constant());
            }
        }
        self.sort_keys(items, scope)
    }

    /// Sort keys on the row of `scope`.
    pub(super) fn sort_keys(&self, items: &[OrderItem], scope: &Scope<'_>) -> Bind<Vec<SortKey>> {
        let key = |item: &OrderItem| {
            let value = self.expr(&item.value, scope)?.scalar;
            sort_key(value, item.descending)
        };
        items.iter().map(key).collect()
    }
}

/// A sort key, if its type has an order.
pub(super) fn sort_key(value: Scalar, descending: bool) -> Bind<SortKey> {
    super::condition::check_ordered(&value.data_type).at(value.place)?;
    let collation = value.collation;
    Ok(SortKey { value, descending, collation })
}

/// A window with what it takes over from those of the WINDOW clause. What a named window says
/// cannot be said again by who goes on from it.
fn resolved(over: &Over, scope: &Scope<'_>) -> Bind<Over> {
    let mut made = over.clone();
    let mut next = made.window.take();
    let mut chain: Vec<&NamedWindow> = Vec::new();
    while let Some(name) = next {
        // A window is not in its own sight.
        let is_own = chain.last().is_some_and(|own| same_name(&own.name, &name));
        let mut named = scope.named.iter().filter(|window| same_name(&window.name, &name));
        let Some(found) = named.next().filter(|_| !is_own) else {
            return fail(name.place, window_undefined(&name.value));
        };
        if named.next().is_some() {
            return fail(name.place, window_repeated());
        }
        if chain.iter().any(|before| same_name(&before.name, &name)) {
            return fail(name.place, window_cycle());
        }
        chain.push(found);
        next = found.over.window.clone();
    }
    for window in chain {
        take_over(&mut made, &window.over).at(window.name.place)?;
    }
    Ok(made)
}

fn same_name(left: &Ident, right: &Ident) -> bool {
    left.value.eq_ignore_ascii_case(&right.value)
}

fn take_over(made: &mut Over, from: &Over) -> Result<(), SqlError> {
    let twice = (!from.partition_by.is_empty() && !made.partition_by.is_empty())
        || (!from.order_by.is_empty() && !made.order_by.is_empty())
        || (from.frame.is_some() && made.frame.is_some());
    if twice {
        return Err(window_redefined());
    }
    made.partition_by.extend_from_slice(&from.partition_by);
    made.order_by.extend_from_slice(&from.order_by);
    if made.frame.is_none() {
        made.frame.clone_from(&from.frame);
    }
    Ok(())
}

/// Whether a function looks at the rows of a frame.
fn takes_frame(function: WindowFunction) -> bool {
    matches!(
        function,
        WindowFunction::Aggregate(_) | WindowFunction::FirstValue | WindowFunction::LastValue
    )
}

/// The frame that is written, or the default: all rows, or with an order those up to the current
/// one and its equals.
fn window_frame_of(frame: Option<&Frame>, ordered: bool, place: Place) -> Bind<WindowFrame> {
    let Some(frame) = frame else {
        let end = if ordered { FrameEdge::Offset(0) } else { FrameEdge::Unbounded };
        return Ok(WindowFrame { unit: FrameUnit::Range, start: FrameEdge::Unbounded, end });
    };
    if !ordered {
        return fail(
            place,
            SqlError::new(
                10756,
                15,
                1,
                "Window frame with ROWS or RANGE must have an ORDER BY clause.",
            ),
        );
    }
    let start = edge(&frame.start, frame.unit, place)?;
    let end =
        frame.end.as_ref().map_or(Ok(FrameEdge::Offset(0)), |end| edge(end, frame.unit, place))?;
    let backwards = matches!((start, end), (FrameEdge::Offset(a), FrameEdge::Offset(b)) if b < a);
    let start_is_last = matches!(frame.start, FrameBound::UnboundedFollowing);
    let end_is_first = matches!(frame.end, Some(FrameBound::UnboundedPreceding));
    if backwards || start_is_last || end_is_first {
        return fail(place, frame_order());
    }
    Ok(WindowFrame { unit: frame.unit, start, end })
}

fn edge(bound: &FrameBound, unit: FrameUnit, place: Place) -> Bind<FrameEdge> {
    let count = |count: &Expr| {
        if unit == FrameUnit::Range {
            return fail(place, range_frame());
        }
        let ExprKind::Literal(Literal::Integer(digits)) = &count.kind else {
            return refuse(count.place, "A window frame whose size is no constant");
        };
        match digits.parse::<i64>() {
            Ok(count) => Ok(count),
            Err(_) => refuse(count.place, "A window frame of that size"),
        }
    };
    match bound {
        FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => Ok(FrameEdge::Unbounded),
        FrameBound::CurrentRow => Ok(FrameEdge::Offset(0)),
        FrameBound::Preceding(rows) => Ok(FrameEdge::Offset(-count(rows)?)),
        FrameBound::Following(rows) => Ok(FrameEdge::Offset(count(rows)?)),
    }
}

/// The number of the row, in the order in which the query gives its rows.
pub(super) fn row_number(place: Place, scope: &Scope<'_>) -> Typed {
    let mut calls = scope.windows.borrow_mut();
    let frame = WindowFrame {
        unit: FrameUnit::Rows,
        start: FrameEdge::Unbounded,
        end: FrameEdge::Unbounded,
    };
    calls.push(WindowCall {
        function: WindowFunction::RowNumber,
        arguments: Vec::new(),
        partition: Vec::new(),
        order: Vec::new(),
        frame,
        ignore_nulls: false,
        result: SqlType::BigInt,
        collation: crate::collation::Collation::CI_AS,
    });
    let kind = ScalarKind::Column { depth: 0, index: WINDOW + calls.len() - 1 };
    Typed::weak(Scalar { nullable: false, ..scalar(kind, SqlType::BigInt, place) })
}
