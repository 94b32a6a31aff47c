//! SELECT: rows to the client, or into variables.

use super::Session;
use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::syntax;
use crate::ast::{Expr, ExprKind, Query, QueryBody, Select, SelectItem};
use crate::bind;
use crate::host::{Command, Output, Row};
use crate::plan::{Node, Plan, ScalarKind};
use crate::run;
use crate::types::{Length, SqlType, check_implicit};
use crate::value::{SqlError, SqlValue, cut_text};

/// One `@variable = value` of a SELECT.
struct Assignment {
    slot: usize,
    data_type: SqlType,
    value: Expr,
}

impl Interpreter<'_> {
    pub(super) fn select(&mut self, query: &Query) -> Result<Option<Ended>, Trouble> {
        if let QueryBody::Select(select) = &query.body
            && select.items.iter().any(|item| matches!(item, SelectItem::Assign { .. }))
        {
            return self.select_variables(query, select);
        }
        if into_of(&query.body).is_some() {
            return match self.session.options.format_only {
                true => Ok(Self::nothing()),
                false => self.select_into(query),
            };
        }
        if self.session.in_function() {
            let text =
                "Select statements included within a function cannot return data to a client.";
            return Err(Trouble::bind(SqlError::new(444, 16, 2, text), query.place));
        }
        let plan = bind::query(query, &*self.session)?;
        let count = self.send(&plan)?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Select, count: Some(count) }))
    }

    /// Sends a result.
    pub(super) fn send(&mut self, plan: &Plan) -> Result<u64, Trouble> {
        self.output.columns(&plan.columns)?;
        self.sent = Some(0);
        if self.session.options.format_only {
            return Ok(0);
        }
        let width = plan.columns.len();
        let long = self.long_columns(plan);
        let mut given = 0;
        let result = self.rows(plan, |session, output, mut row| {
            for index in &long {
                shorten(&mut row[*index], session.options.text_size);
            }
            given += 1;
            Ok(output.row(&row[..width.min(row.len())])?)
        });
        self.sent = Some(given);
        result
    }

    /// The columns that `SET TEXTSIZE` cuts, where it is set to less than everything.
    fn long_columns(&self, plan: &Plan) -> Vec<usize> {
        if !(1..i32::MAX).contains(&self.session.options.text_size) {
            return Vec::new();
        }
        let long = |data_type: &SqlType| data_type.length() == Some(Length::Max);
        let columns = plan.columns.iter().enumerate();
        columns.filter(|(_, column)| long(&column.data_type)).map(|(index, _)| index).collect()
    }

    /// Runs a query, row by row. Gives how many rows there were.
    pub(super) fn rows(
        &mut self,
        plan: &Plan,
        mut take: impl FnMut(&Session, &mut dyn Output, Row) -> Result<(), Trouble>,
    ) -> Result<u64, Trouble> {
        let Self { session, output, cancel, .. } = self;
        let session = &**session;
        let most = match session.options.row_count {
            0 => u64::MAX,
            most => most,
        };
        session.with_context(cancel, |context| {
            let mut rows = run::open(plan, context)?;
            let mut count = 0;
            while count < most {
                let Some(row) = rows.next()? else { break };
                take(session, &mut **output, row)?;
                count += 1;
            }
            Ok(count)
        })
    }

    /// All rows of a query.
    pub(super) fn collect(&mut self, plan: &Plan) -> Result<Vec<Row>, Trouble> {
        let mut all = Vec::new();
        self.rows(plan, |_, _, row| {
            all.push(row);
            Ok(())
        })?;
        Ok(all)
    }

    fn select_variables(
        &mut self,
        query: &Query,
        select: &Select,
    ) -> Result<Option<Ended>, Trouble> {
        let assignments = self.assignments(select)?;
        let alone = select.from.is_empty() && select.filter.is_none() && select.top.is_none();
        let aggregates = assignments.iter().any(|one| has_aggregate(&one.value));
        let count = match alone && query.with.is_empty() && !aggregates {
            true => self.assign_in_turn(&assignments)?,
            false => self.assign_rows(query, select, &assignments)?,
        };
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Select, count: None }))
    }

    fn assignments(&self, select: &Select) -> Result<Vec<Assignment>, Trouble> {
        let mut assignments = Vec::new();
        for item in &select.items {
            let SelectItem::Assign { variable, operator, value, place } = item else { continue };
            let (slot, data_type) = self.variable(variable, *place)?;
            let own = Expr { kind: ExprKind::Variable(variable.clone()), place: *place };
            let value = syntax::assigned(own, *operator, value);
            assignments.push(Assignment { slot, data_type, value });
        }
        Ok(assignments)
    }

    /// Without a source there is one row, and each value sees those before it.
    fn assign_in_turn(&mut self, assignments: &[Assignment]) -> Result<u64, Trouble> {
        for one in assignments {
            let value = self.value_as(&one.value, &one.data_type)?;
            self.scope()?.set(one.slot, value);
        }
        Ok(1)
    }

    /// Each row is assigned before the next one is read, so that a value can go on from the one
    /// of the row before.
    fn assign_rows(
        &mut self,
        query: &Query,
        select: &Select,
        assignments: &[Assignment],
    ) -> Result<u64, Trouble> {
        let items = assignments.iter().map(|one| syntax::item(one.value.clone())).collect();
        let select = Select { items, ..select.clone() };
        let query = Query { body: QueryBody::Select(Box::new(select)), ..query.clone() };
        let plan = bind::query(&query, &*self.session)?;
        for (index, one) in assignments.iter().enumerate() {
            let from = &plan.columns[index].data_type;
            if !is_untyped(&plan, index) {
                check_implicit(from, &one.data_type)
                    .map_err(|error| Trouble::bind(error, one.value.place))?;
            }
        }
        let types: Vec<SqlType> = plan.columns.iter().map(|column| column.data_type).collect();
        self.rows(&plan, |session, _, row| {
            let scope = session.scopes.last();
            for ((one, value), from) in assignments.iter().zip(&row).zip(&types) {
                let value = session.converted(value, from, &one.data_type)?;
                if let Some(scope) = scope {
                    scope.set(one.slot, value);
                }
            }
            Ok(())
        })
    }
}

/// The `INTO` of a query: it stands at the first SELECT.
pub(super) fn into_of(body: &QueryBody) -> Option<&crate::ast::ObjectName> {
    match body {
        QueryBody::Select(select) => select.into.as_ref(),
        QueryBody::Set { first, .. } => into_of(first),
    }
}

/// Whether a column of a query is a bare NULL, which goes into any type.
pub(super) fn is_untyped(plan: &Plan, column: usize) -> bool {
    let null = |scalar: Option<&crate::plan::Scalar>| {
        scalar.is_some_and(|one| matches!(one.kind, ScalarKind::Constant(SqlValue::Null)))
    };
    let mut node = &plan.root;
    while let Node::Top { input, .. } | Node::Offset { input, .. } = node {
        node = input;
    }
    if let Node::Project { columns, .. } = node {
        return null(columns.get(column));
    }
    if let Node::Values(rows) = node {
        return rows.iter().all(|row| null(row.get(column)));
    }
    false
}

/// Whether an expression without a source is an aggregate over its one row.
fn has_aggregate(value: &Expr) -> bool {
    const NAMES: &[&str] = &[
        "COUNT",
        "COUNT_BIG",
        "SUM",
        "MIN",
        "MAX",
        "AVG",
        "STRING_AGG",
        "STDEV",
        "STDEVP",
        "VAR",
        "VARP",
        "CHECKSUM_AGG",
    ];
    if let ExprKind::Function(call) = &value.kind {
        let named = |name: &&str| call.name.parts.len() == 1 && call.name.parts[0].is(name);
        return call.star || NAMES.iter().any(named) || call.arguments.iter().any(has_aggregate);
    }
    if let ExprKind::Binary(left, _, right) = &value.kind {
        return has_aggregate(left) || has_aggregate(right);
    }
    if let ExprKind::Unary(_, operand)
    | ExprKind::Cast { operand, .. }
    | ExprKind::Convert { operand, .. } = &value.kind
    {
        return has_aggregate(operand);
    }
    false
}

/// `SET TEXTSIZE`: at most so many bytes of a long value.
fn shorten(value: &mut SqlValue, bytes: i32) {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if let SqlValue::VarChar(text) = value {
        *value = SqlValue::varchar(cut_text(text, bytes));
    } else if let SqlValue::NVarChar(text) = value {
        *value = SqlValue::nvarchar(cut_text(text, bytes / 2));
    } else if let SqlValue::Binary(all) = value
        && let Some(kept) = all.get(..bytes)
    {
        *value = SqlValue::binary(kept.to_vec());
    }
}
