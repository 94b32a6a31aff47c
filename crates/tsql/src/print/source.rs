//! Tables and joins.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    Join, JoinKind, JsonColumn, Pivot, Sample, Table, TableHint, TableKind, TableSource, Unpivot,
};

impl Printer {
    pub(super) fn from(&mut self, from: &[TableSource]) {
        if !from.is_empty() {
            self.put(" FROM ");
            self.list(from, Self::table_source);
        }
    }

    fn table_source(&mut self, source: &TableSource) {
        self.table(&source.first);
        for join in &source.joins {
            self.join(join);
        }
    }

    fn join(&mut self, join: &Join) {
        self.put(join.kind.word());
        let plain =
            matches!(join.kind, JoinKind::Cross | JoinKind::CrossApply | JoinKind::OuterApply);
        if !plain {
            self.put(join.hint.map_or("", |hint| hint.word()));
            self.put(" JOIN ");
        }
        self.table_source(&join.right);
        self.after(" ON ", join.on.as_ref());
    }

    pub(super) fn table(&mut self, table: &Table) {
        self.table_kind(&table.kind);
        self.alias(table.alias.as_ref());
        self.idents(&table.columns);
        if let Some(sample) = &table.sample {
            self.sample(sample);
        }
        self.table_hints(&table.hints);
    }

    pub(super) fn table_hints(&mut self, hints: &[TableHint]) {
        if hints.is_empty() {
            return;
        }
        self.put(" WITH ");
        self.listed(hints, |printer, hint| {
            printer.put(&hint.name);
            if !hint.arguments.is_empty() {
                printer.listed(&hint.arguments, Self::ident);
            }
        });
    }

    fn sample(&mut self, sample: &Sample) {
        self.put(" TABLESAMPLE (");
        self.expr(&sample.count);
        self.put(if sample.rows { " ROWS)" } else { " PERCENT)" });
        if let Some(seed) = &sample.seed {
            self.put(" REPEATABLE (");
            self.expr(seed);
            self.put(")");
        }
    }

    fn table_kind(&mut self, kind: &TableKind) {
        match kind {
            TableKind::Named(name) => self.name(name),
            TableKind::Variable(variable) => self.put(variable),
            TableKind::Function { name, arguments } => {
                self.name(name);
                self.exprs(arguments);
            }
            TableKind::OpenJson { arguments, schema } => {
                self.put("OPENJSON");
                self.exprs(arguments);
                if !schema.is_empty() {
                    self.put(" WITH ");
                    self.listed(schema, Self::json_column);
                }
            }
            TableKind::Nodes { operand, arguments } => {
                self.expr(operand);
                self.put(".nodes");
                self.exprs(arguments);
            }
            TableKind::OpenRowsetBulk { file, options } => {
                self.put("OPENROWSET(BULK ");
                self.string(file);
                for (name, value) in options {
                    self.put(", ");
                    self.ident(name);
                    self.after(" = ", value.as_ref());
                }
                self.put(")");
            }
            TableKind::Derived(query) => self.subquery(query),
            TableKind::Values(rows) => {
                self.put("(VALUES ");
                self.list(rows, |printer, row| printer.exprs(row));
                self.put(")");
            }
            TableKind::Joined(source) => {
                self.put("(");
                self.table_source(source);
                self.put(")");
            }
            TableKind::Pivot(pivot) => self.pivot(pivot),
            TableKind::Unpivot(unpivot) => self.unpivot(unpivot),
        }
    }

    fn json_column(&mut self, column: &JsonColumn) {
        self.ident(&column.name);
        self.put(" ");
        self.type_name(&column.data_type);
        if let Some(path) = &column.path {
            self.put(" ");
            self.string(path);
        }
        self.put_if(column.as_json, " AS JSON");
    }

    fn pivot(&mut self, pivot: &Pivot) {
        self.table(&pivot.source);
        self.put(" PIVOT (");
        self.function(&pivot.aggregate);
        self.put(" FOR ");
        self.name(&pivot.column);
        self.put(" IN ");
        self.listed(&pivot.values, Self::ident);
        self.put(")");
    }

    fn unpivot(&mut self, unpivot: &Unpivot) {
        self.table(&unpivot.source);
        self.put(" UNPIVOT (");
        self.ident(&unpivot.value);
        self.put(" FOR ");
        self.ident(&unpivot.column);
        self.put(" IN ");
        self.listed(&unpivot.columns, Self::ident);
        self.put(")");
    }
}
