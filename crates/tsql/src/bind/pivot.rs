//! PIVOT and UNPIVOT, as the queries they stand for.
//!
//! PIVOT groups by all columns that it does not name, with one aggregate for each value over the
//! rows that have it. UNPIVOT gives a row for each listed column that is not NULL.
//!
//! Source: T-SQL reference, "FROM - Using PIVOT and UNPIVOT".

use super::Binder;
use super::aggregate::aggregate_named;
use super::error::{At, Bind, fail, refuse, unpivot_types};
use super::from::Source;
use super::improve::plain_column;
use super::scope::{Clause, Scope, Table, column_at, same_name};
use super::table::columns_of;
use super::typed::{Typed, constant, scalar};
use crate::ast::{CompareOp, Ident, ObjectName, Pivot, Place, Unpivot};
use crate::host::Column;
use crate::plan::{
    AggregateCall, AggregateKind, AggregateNode, Node, Predicate, Scalar, ScalarKind,
};
use crate::types::SqlType;
use crate::value::{ConvertOptions, SqlValue, convert};

impl Binder<'_> {
    /// `source PIVOT (aggregate(value) FOR column IN ([a], [b]))`.
    pub(super) fn pivot(
        &self,
        pivot: &Pivot,
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let source = self.table(&pivot.source, parent)?;
        let all = columns_of(&source, place);
        let scope = Scope::new(source.tables, parent);
        let name = pivot.aggregate.name.name();
        let Some((kind @ AggregateKind::Plain(_), false)) = aggregate_named(name) else {
            return refuse(place, &format!("PIVOT with {name}"));
        };
        if pivot.aggregate.star || pivot.aggregate.distinct {
            return refuse(place, &format!("PIVOT with * or DISTINCT in {name}"));
        }
        let (call, _) = scope.within(Clause::Argument, || {
            self.aggregate_call(&pivot.aggregate, kind, false, &scope)
        })?;
        let column = self.expr(&column_expr(&pivot.column), &scope)?;
        let used = [plain_column(&column.scalar), call.argument.as_ref().and_then(plain_column)];
        let kept: Vec<_> = (0..all.len()).filter(|at| !used.contains(&Some(*at))).collect();
        let mut keys = Vec::with_capacity(kept.len());
        let mut columns = Vec::with_capacity(kept.len() + pivot.values.len());
        for at in kept {
            let (described, value) = &all[at];
            super::condition::check_ordered(&described.data_type).at(place)?;
            keys.push((value.scalar.clone(), described.collation));
            columns.push(described.clone());
        }
        let mut calls = Vec::with_capacity(pivot.values.len());
        for value in &pivot.values {
            let one = self.pivoted(&call, &column, value)?;
            let data = Column::new(value.value.as_str(), one.result).collated(one.collation);
            columns.push(data);
            calls.push(one);
        }
        let grouped = !keys.is_empty();
        let sets = vec![(0..keys.len()).collect()];
        let aggregate = AggregateNode { input: source.node, keys, sets, grouped, calls };
        let node = Node::Aggregate(Box::new(aggregate));
        Ok(Source::one(node, Table::aliased("", columns)))
    }

    /// The aggregate over the rows that have this value.
    fn pivoted(&self, call: &AggregateCall, column: &Typed, value: &Ident) -> Bind<AggregateCall> {
        let place = value.place;
        let options = ConvertOptions { style: None, dates: self.names.dates() };
        let text = SqlValue::nvarchar(value.value.as_str());
        let ty = column.scalar.data_type;
        let wanted = convert(&text, &ty, options)
            .map_err(|_| crate::value::SqlError::error_converting("nvarchar", ty.name()))
            .at(place)?;
        let wanted = Scalar { data_type: ty, ..constant(wanted, place) };
        let equal = self.compare(column.clone(), CompareOp::Equal, Typed::weak(wanted), place)?;
        let Some(argument) = call.argument.clone() else { return Ok(call.clone()) };
        let (ty, collation) = (argument.data_type, argument.collation);
        let kind = ScalarKind::Case(vec![(equal, argument)], None);
        let argument = Some(Scalar { collation, ..scalar(kind, ty, place) });
        Ok(AggregateCall { argument, warns: false, ..call.clone() })
    }

    /// `source UNPIVOT (value FOR column IN (a, b))`.
    pub(super) fn unpivot(
        &self,
        unpivot: &Unpivot,
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let source = self.table(&unpivot.source, parent)?;
        let all = columns_of(&source, place);
        let mut rows = Vec::with_capacity(unpivot.columns.len());
        let mut used = Vec::with_capacity(unpivot.columns.len());
        let mut ty: Option<Column> = None;
        for name in &unpivot.columns {
            let found = all.iter().position(|(column, _)| same_name(&column.name, &name.value));
            let Some(at) = found else {
                return fail(name.place, super::error::column_unknown(&name.value));
            };
            let column = &all[at].0;
            if ty.as_ref().is_some_and(|ty| ty.data_type != column.data_type) {
                return fail(name.place, unpivot_types(&name.value));
            }
            ty.get_or_insert_with(|| column.clone());
            let word = constant(SqlValue::nvarchar(column.name.as_str()), name.place);
            let word = Scalar { data_type: SqlType::SYSNAME, ..word };
            rows.push(vec![column_at(1, at, column, name.place), word]);
            used.push(at);
        }
        let Some(first) = ty else { return fail(place, super::error::values_count()) };
        let width = source.width;
        let node = Node::Apply {
            left: Box::new(source.node),
            right: Box::new(Node::Values(rows)),
            left_width: width,
            right_width: 2,
            outer: false,
        };
        let value = Column { name: unpivot.value.value.clone(), ..first };
        let word = Column::new(unpivot.column.value.as_str(), SqlType::SYSNAME);
        let is_null = Predicate::IsNull(column_at(0, width, &value, place));
        let node =
            Node::Filter { input: Box::new(node), predicate: Predicate::Not(Box::new(is_null)) };
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for (at, (column, value)) in all.into_iter().enumerate() {
            if !used.contains(&at) {
                columns.push(column);
                values.push(value.scalar);
            }
        }
        values.push(column_at(0, width, &value, place));
        values.push(column_at(0, width + 1, &word, place));
        columns.extend([value.not_null(), word.not_null()]);
        let node = Node::Project { input: Box::new(node), columns: values };
        Ok(Source::one(node, Table::aliased("", columns)))
    }
}

fn column_expr(name: &ObjectName) -> crate::ast::Expr {
    crate::ast::Expr { kind: crate::ast::ExprKind::Column(name.clone()), place: name.place() }
}
