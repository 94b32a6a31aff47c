//! The types of variables, from what stands beside them.

use std::collections::HashMap;

use crate::ast::{
    Cte, Delete, ExecTarget, ExecValue, Execute, Expr, ExprKind, Filter, InSource, Insert,
    InsertSource, Offset, Query, QueryBody, Select, SelectItem, SetClause, Statement,
    StatementKind, Table, TableKind, TableSource, Target, TargetName, TypeName, Update,
};
use crate::bind::{self, DeclaredType, Names as _};
use crate::host::{Column, ParameterKind, ProcedureSource};
use crate::session::names::qualified;
use crate::session::scope::lower;
use crate::session::{Session, shape};
use crate::types::SqlType;

/// What a variable should be.
pub(super) struct Suggestion {
    pub(super) data_type: SqlType,
    /// The parameter that it is an argument of.
    pub(super) formal: Option<String>,
    pub(super) is_output: bool,
}

/// What expressions of a statement see.
#[derive(Clone, Copy)]
struct Around<'a> {
    with: &'a [Cte],
    from: &'a [TableSource],
}

const NOTHING: Around<'static> = Around { with: &[], from: &[] };

/// Suggestions for the variables of a text, by their names in lower case.
pub(super) struct Suggestions<'s> {
    session: &'s Session,
    found: HashMap<String, Suggestion>,
}

impl<'s> Suggestions<'s> {
    pub(super) fn new(session: &'s Session) -> Self {
        Self { session, found: HashMap::new() }
    }

    pub(super) fn of(&self, name: &str) -> Option<&Suggestion> {
        self.found.get(&lower(name))
    }

    pub(super) fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let kind = &statement.kind;
        if let StatementKind::Select(query) = kind {
            self.query(query);
        } else if let StatementKind::Insert(insert) = kind {
            self.insert(insert);
        } else if let StatementKind::Update(update) = kind {
            self.update(update);
        } else if let StatementKind::Delete(delete) = kind {
            self.delete(delete);
        } else if let StatementKind::Execute(execute) = kind {
            self.execute(execute);
        } else if let StatementKind::Block(statements) = kind {
            self.statements(statements);
        } else if let StatementKind::If(parts) = kind {
            self.expr(&parts.condition, NOTHING);
            self.statement(&parts.then);
            if let Some(otherwise) = &parts.otherwise {
                self.statement(otherwise);
            }
        } else if let StatementKind::SetVariable { variable: name, value, .. } = kind {
            let target = self.session.variable(name).map(|(_, data_type)| data_type);
            self.give(value, target);
            self.expr(value, NOTHING);
        }
    }

    fn query(&mut self, query: &Query) {
        for cte in &query.with {
            self.query(&cte.query);
        }
        self.body(&query.body, &query.with);
        if let Some(Offset { skip, take }) = &query.offset {
            self.give(skip, Some(SqlType::BigInt));
            take.iter().for_each(|take| self.give(take, Some(SqlType::BigInt)));
        }
    }

    fn body(&mut self, body: &QueryBody, with: &[Cte]) {
        match body {
            QueryBody::Select(select) => self.select(select, with),
            QueryBody::Set { first, rest } => {
                self.body(first, with);
                rest.iter().for_each(|operand| self.body(&operand.body, with));
            }
        }
    }

    fn select(&mut self, select: &Select, with: &[Cte]) {
        let around = Around { with, from: &select.from };
        if let Some(top) = &select.top {
            self.give(&top.count, Some(SqlType::BigInt));
        }
        for item in &select.items {
            if let SelectItem::Expr { value, .. } | SelectItem::Assign { value, .. } = item {
                self.expr(value, around);
            }
        }
        self.sources(&select.from, around);
        for condition in select.filter.iter().chain(&select.having) {
            self.expr(condition, around);
        }
    }

    fn sources(&mut self, sources: &[TableSource], around: Around<'_>) {
        for source in sources {
            self.table(&source.first, around);
            for join in &source.joins {
                join.on.iter().for_each(|on| self.expr(on, around));
                self.sources(std::slice::from_ref(&join.right), around);
            }
        }
    }

    fn table(&mut self, table: &Table, around: Around<'_>) {
        if let TableKind::Derived(query) = &table.kind {
            self.query(query);
        } else if let TableKind::Function { arguments, .. } = &table.kind {
            arguments.iter().for_each(|argument| self.expr(argument, around));
        }
    }

    fn insert(&mut self, insert: &Insert) {
        let columns = self.columns_of(&insert.target);
        let wanted: Vec<Option<SqlType>> = match insert.columns.is_empty() {
            true => columns.iter().map(|column| Some(column.data_type)).collect(),
            false => insert.columns.iter().map(|name| type_in(&columns, &name.value)).collect(),
        };
        match &insert.source {
            InsertSource::Values(rows) => {
                for (value, to) in rows.iter().flat_map(|row| row.iter().zip(&wanted)) {
                    self.give(value, *to);
                    self.expr(value, NOTHING);
                }
            }
            InsertSource::Query(query) => {
                self.inserted(&query.body, &wanted);
                self.query(query);
            }
            InsertSource::Execute(execute) => self.execute(execute),
            InsertSource::ExecuteString(_) | InsertSource::DefaultValues => {}
        }
    }

    /// The values of a query whose rows are inserted.
    fn inserted(&mut self, body: &QueryBody, wanted: &[Option<SqlType>]) {
        let QueryBody::Select(select) = body else { return };
        for (item, to) in select.items.iter().zip(wanted) {
            if let SelectItem::Expr { value, .. } = item {
                self.give(value, *to);
            }
        }
    }

    fn update(&mut self, update: &Update) {
        let own = own_source(&update.target, &update.from);
        let around = Around { with: &update.with, from: &own };
        let columns = self.columns_of(&update.target);
        for SetClause { column, value, .. } in &update.set {
            let to = column.as_ref().and_then(|column| type_in(&columns, column.name()));
            self.give(value, to);
            self.expr(value, around);
        }
        self.filter(&update.filter, around);
    }

    fn delete(&mut self, delete: &Delete) {
        let own = own_source(&delete.target, &delete.from);
        self.filter(&delete.filter, Around { with: &delete.with, from: &own });
    }

    fn filter(&mut self, filter: &Filter, around: Around<'_>) {
        match filter {
            Filter::Where(condition) => self.expr(condition, around),
            Filter::All | Filter::CurrentOf(_) => {}
        }
    }

    fn execute(&mut self, execute: &Execute) {
        let ExecTarget::Procedure(name) = &execute.target else { return };
        let name = qualified(name, self.session.database());
        let parameters: Vec<(String, Option<SqlType>)> =
            match self.session.host.procedure(&name).ok().flatten() {
                Some(ProcedureSource::Native(native)) => {
                    let parameters = native.parameters().iter();
                    let shown = parameters.map(|one| match &one.kind {
                        ParameterKind::Scalar(data_type) => (one.name.clone(), Some(*data_type)),
                        ParameterKind::Table(_) => (one.name.clone(), None),
                    });
                    shown.collect()
                }
                Some(ProcedureSource::Module(module)) => {
                    let shape = shape(&module, &self.session.host).unwrap_or_default();
                    let parameters = shape.parameters.into_iter();
                    parameters.map(|one| (one.name, one.data_type)).collect()
                }
                None => Vec::new(),
            };
        for (at, argument) in execute.arguments.iter().enumerate() {
            let formal = match &argument.name {
                Some(name) => parameters.iter().find(|(known, _)| lower(known) == lower(name)),
                None => parameters.get(at),
            };
            let (Some((formal, Some(data_type))), ExecValue::Value(value)) =
                (formal, &argument.value)
            else {
                continue;
            };
            let (formal, is_output) = (Some(formal.clone()), argument.output);
            self.suggest(value, Suggestion { data_type: *data_type, formal, is_output });
        }
    }

    /// Looks into an expression.
    fn expr(&mut self, expr: &Expr, around: Around<'_>) {
        let kind = &expr.kind;
        if let ExprKind::Compare(left, _, right) | ExprKind::Binary(left, _, right) = kind {
            self.pair(left, right, around);
        } else if let ExprKind::IsDistinct { left, right, .. } = kind {
            self.pair(left, right, around);
        } else if let ExprKind::Like { operand, pattern, .. } = kind {
            self.pair(operand, pattern, around);
        } else if let ExprKind::Between { operand, low, high, .. } = kind {
            self.pair(operand, low, around);
            self.pair(operand, high, around);
        } else if let ExprKind::In { operand, source, .. } = kind {
            match source {
                InSource::List(values) => {
                    values.iter().for_each(|value| self.pair(operand, value, around));
                }
                InSource::Query(query) => self.query(query),
            }
        } else if let ExprKind::And(parts) | ExprKind::Or(parts) = kind {
            parts.iter().for_each(|part| self.expr(part, around));
        } else if let ExprKind::Not(inner) | ExprKind::Unary(_, inner) = kind {
            self.expr(inner, around);
        } else if let ExprKind::Exists(query) | ExprKind::Subquery(query) = kind {
            self.query(query);
        } else if let ExprKind::Cast { operand, to, .. } | ExprKind::Convert { operand, to, .. } =
            kind
        {
            let to = self.named_type(to);
            self.give(operand, to);
            self.expr(operand, around);
        } else if let ExprKind::Function(call) = kind {
            call.arguments.iter().for_each(|argument| self.expr(argument, around));
        } else if let ExprKind::JsonConstructor { keys, values, .. } = kind {
            keys.iter().flatten().chain(values).for_each(|value| self.expr(value, around));
        } else if let ExprKind::Case { operand, arms, otherwise } = kind {
            operand.iter().for_each(|operand| self.expr(operand, around));
            for arm in arms {
                self.expr(&arm.when, around);
                self.expr(&arm.then, around);
            }
            otherwise.iter().for_each(|otherwise| self.expr(otherwise, around));
        }
    }

    /// Two expressions that are compared or combined: each has the other's type.
    fn pair(&mut self, left: &Expr, right: &Expr, around: Around<'_>) {
        for (variable, other) in [(left, right), (right, left)] {
            if matches!(variable.kind, ExprKind::Variable(_)) {
                let data_type = self.type_of(other, around);
                self.give(variable, data_type);
            } else {
                self.expr(variable, around);
            }
        }
    }

    fn give(&mut self, value: &Expr, data_type: Option<SqlType>) {
        if let Some(data_type) = data_type {
            self.suggest(value, Suggestion { data_type, formal: None, is_output: false });
        }
    }

    fn suggest(&mut self, value: &Expr, suggestion: Suggestion) {
        if let ExprKind::Variable(name) = &value.kind {
            self.found.entry(lower(name)).or_insert(suggestion);
        }
    }

    fn named_type(&self, name: &TypeName) -> Option<SqlType> {
        match bind::data_type(name, self.session).ok()? {
            DeclaredType::Scalar(data_type) => Some(data_type),
            DeclaredType::Table(_) => None,
        }
    }

    /// The type of an expression that has no undeclared variable.
    fn type_of(&self, expr: &Expr, around: Around<'_>) -> Option<SqlType> {
        let items = vec![SelectItem::Expr { value: expr.clone(), alias: None }];
        self.columns(items, around).into_iter().next().map(|column| column.data_type)
    }

    fn columns(&self, items: Vec<SelectItem>, around: Around<'_>) -> Vec<Column> {
        let place = crate::ast::Place::default();
        let select = Select {
            distinct: false,
            top: None,
            items,
            into: None,
            from: around.from.to_vec(),
            filter: None,
            group_by: None,
            having: None,
            windows: Vec::new(),
            place,
        };
        let query = Query {
            with: around.with.to_vec(),
            body: QueryBody::Select(Box::new(select)),
            order_by: Vec::new(),
            offset: None,
            for_clause: None,
            hints: Vec::new(),
            place,
        };
        bind::query(&query, self.session).map(|plan| plan.columns).unwrap_or_default()
    }

    /// The columns of a table that is changed.
    fn columns_of(&self, target: &Target) -> Vec<Column> {
        let own = own_source(target, &[]);
        let place = crate::ast::Place::default();
        let items = vec![SelectItem::Star { qualifier: None, place }];
        self.columns(items, Around { with: &[], from: &own })
    }
}

/// What the conditions of UPDATE and DELETE see: their FROM, or their table.
fn own_source(target: &Target, from: &[TableSource]) -> Vec<TableSource> {
    if !from.is_empty() {
        return from.to_vec();
    }
    let kind = match &target.name {
        TargetName::Object(name) => TableKind::Named(name.clone()),
        TargetName::Variable(name) => TableKind::Variable(name.clone()),
    };
    let place = crate::ast::Place::default();
    let first =
        Table { kind, alias: None, columns: Vec::new(), hints: Vec::new(), sample: None, place };
    vec![TableSource { first, joins: Vec::new() }]
}

fn type_in(columns: &[Column], name: &str) -> Option<SqlType> {
    let found = columns.iter().find(|column| lower(&column.name) == lower(name));
    found.map(|column| column.data_type)
}
