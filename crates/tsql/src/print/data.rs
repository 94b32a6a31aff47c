//! INSERT, UPDATE, DELETE, MERGE.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    BulkOption, Delete, Filter, Insert, InsertBulk, InsertSource, Merge, MergeAction, MergeWhen,
    OutputClause, SetClause, Target, TargetName, Update,
};

impl Printer {
    pub(super) fn insert(&mut self, insert: &Insert) {
        self.ctes(&insert.with);
        self.put("INSERT ");
        self.top(insert.top.as_ref());
        self.put("INTO ");
        self.target(&insert.target);
        self.idents(&insert.columns);
        self.output(&insert.output);
        match &insert.source {
            InsertSource::DefaultValues => self.put(" DEFAULT VALUES"),
            InsertSource::Values(rows) => {
                self.put(" VALUES ");
                self.list(rows, |printer, row| printer.exprs(row));
            }
            InsertSource::Query(query) => {
                self.put(" ");
                self.query(query);
            }
            InsertSource::Execute(call) => {
                self.put(" ");
                self.execute(call);
            }
            InsertSource::ExecuteString(call) => {
                self.put(" ");
                self.execute_string(call);
            }
        }
        self.query_hints(&insert.hints);
    }

    pub(super) fn insert_bulk(&mut self, insert: &InsertBulk) {
        self.put("INSERT BULK ");
        self.name(&insert.table);
        self.put(" ");
        self.listed(&insert.columns, |printer, column| {
            printer.ident(&column.name);
            printer.put(" ");
            printer.type_name(&column.data_type);
            if let Some(collation) = &column.collation {
                printer.put(" COLLATE ");
                printer.put(&collation.value);
            }
        });
        if !insert.options.is_empty() {
            self.put(" WITH ");
            self.listed(&insert.options, Self::bulk_option);
        }
    }

    fn bulk_option(&mut self, option: &BulkOption) {
        match option {
            BulkOption::KeepNulls => self.put("KEEP_NULLS"),
            BulkOption::CheckConstraints => self.put("CHECK_CONSTRAINTS"),
            BulkOption::FireTriggers => self.put("FIRE_TRIGGERS"),
            BulkOption::TabLock => self.put("TABLOCK"),
            BulkOption::RowsPerBatch(rows) => self.put(&format!("ROWS_PER_BATCH = {rows}")),
            BulkOption::KilobytesPerBatch(size) => {
                self.put(&format!("KILOBYTES_PER_BATCH = {size}"));
            }
            BulkOption::Order(columns) => {
                self.put("ORDER ");
                self.listed(columns, |printer, (column, descends)| {
                    printer.ident(column);
                    printer.put_if(*descends, " DESC");
                });
            }
        }
    }

    fn target(&mut self, target: &Target) {
        self.target_name(&target.name);
        self.table_hints(&target.hints);
    }

    fn target_name(&mut self, name: &TargetName) {
        match name {
            TargetName::Object(name) => self.name(name),
            TargetName::Variable(variable) => self.put(variable),
        }
    }

    fn output(&mut self, clauses: &[OutputClause]) {
        for clause in clauses {
            self.put(" OUTPUT ");
            self.list(&clause.items, Self::select_item);
            if let Some((target, columns)) = &clause.into {
                self.put(" INTO ");
                self.target_name(target);
                self.idents(columns);
            }
        }
    }

    pub(super) fn update(&mut self, update: &Update) {
        self.ctes(&update.with);
        self.put("UPDATE ");
        self.top(update.top.as_ref());
        self.target(&update.target);
        self.put(" SET ");
        self.list(&update.set, Self::set_clause);
        self.output(&update.output);
        self.from(&update.from);
        self.filter(&update.filter);
        self.query_hints(&update.hints);
    }

    fn set_clause(&mut self, clause: &SetClause) {
        if let Some(variable) = &clause.variable {
            self.put(variable);
            self.put_if(clause.column.is_some(), " = ");
        }
        if let Some(column) = &clause.column {
            self.name(column);
        }
        self.put(clause.operator.word());
        self.expr(&clause.value);
    }

    fn filter(&mut self, filter: &Filter) {
        match filter {
            Filter::All => (),
            Filter::Where(condition) => self.after(" WHERE ", Some(condition)),
            Filter::CurrentOf(cursor) => {
                self.put(" WHERE CURRENT OF ");
                self.cursor_ref(cursor);
            }
        }
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.ctes(&delete.with);
        self.put("DELETE ");
        self.top(delete.top.as_ref());
        self.put("FROM ");
        self.target(&delete.target);
        self.output(&delete.output);
        self.from(&delete.from);
        self.filter(&delete.filter);
        self.query_hints(&delete.hints);
    }

    pub(super) fn merge(&mut self, merge: &Merge) {
        self.ctes(&merge.with);
        self.put("MERGE ");
        self.top(merge.top.as_ref());
        self.put("INTO ");
        self.target(&merge.target);
        self.alias(merge.alias.as_ref());
        self.put(" USING ");
        self.table(&merge.source);
        self.after(" ON ", Some(&merge.on));
        for clause in &merge.clauses {
            self.merge_when(clause);
        }
        self.output(&merge.output);
        self.query_hints(&merge.hints);
    }

    fn merge_when(&mut self, clause: &MergeWhen) {
        self.put(" WHEN ");
        self.put(clause.matched.word());
        self.after(" AND ", clause.condition.as_ref());
        self.put(" THEN ");
        match &clause.action {
            MergeAction::Delete => self.put("DELETE"),
            MergeAction::Update(set) => {
                self.put("UPDATE SET ");
                self.list(set, Self::set_clause);
            }
            MergeAction::Insert { columns, values } => {
                self.put("INSERT");
                self.idents(columns);
                match values {
                    None => self.put(" DEFAULT VALUES"),
                    Some(values) => {
                        self.put(" VALUES ");
                        self.exprs(values);
                    }
                }
            }
        }
    }
}
