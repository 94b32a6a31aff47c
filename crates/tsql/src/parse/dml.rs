//! INSERT, UPDATE, DELETE, TRUNCATE.

use super::{Parsed, Parser};
use crate::ast::{
    AssignOp, BulkColumn, BulkOption, Cte, Delete, Expr, Filter, Insert, InsertBulk, InsertSource,
    ObjectName, OutputClause, SetClause, StatementKind, Target, TargetName, Update,
};
use crate::lexer::{Symbol, TokenKind};

impl Parser<'_> {
    pub(super) fn insert(&mut self, with: Vec<Cte>) -> Parsed<StatementKind> {
        self.expect("INSERT")?;
        if with.is_empty() && self.take("BULK") {
            return self.insert_bulk();
        }
        let top = self.top()?;
        self.take("INTO");
        let target = self.target()?;
        let listed = self.is_symbol(Symbol::Open) && !self.is_query_at(1);
        let columns =
            if listed && !self.is_symbol_at(1, Symbol::Open) { self.idents()? } else { Vec::new() };
        let output = self.output_clauses()?;
        let source = self.insert_source()?;
        let hints = self.query_hints()?;
        let insert = Insert { with, top, target, columns, output, source, hints };
        Ok(StatementKind::Insert(Box::new(insert)))
    }

    /// `INSERT BULK`, behind its words.
    fn insert_bulk(&mut self) -> Parsed<StatementKind> {
        let table = self.object_name()?;
        let columns = self.parenthesised(Self::bulk_column)?;
        let options =
            if self.take("WITH") { self.parenthesised(Self::bulk_option)? } else { Vec::new() };
        Ok(StatementKind::InsertBulk(Box::new(InsertBulk { table, columns, options })))
    }

    fn bulk_column(&mut self) -> Parsed<BulkColumn> {
        let (name, data_type) = (self.ident()?, self.type_name()?);
        let collation = if self.take("COLLATE") { Some(self.collation()?) } else { None };
        // Some drivers say what the table says anyway.
        if !self.take_all(&["NOT", "NULL"]) {
            self.take("NULL");
        }
        Ok(BulkColumn { name, data_type, collation })
    }

    fn bulk_option(&mut self) -> Parsed<BulkOption> {
        let plain = [
            ("KEEP_NULLS", BulkOption::KeepNulls),
            ("CHECK_CONSTRAINTS", BulkOption::CheckConstraints),
            ("FIRE_TRIGGERS", BulkOption::FireTriggers),
            ("TABLOCK", BulkOption::TabLock),
        ];
        for (word, option) in plain {
            if self.take(word) {
                return Ok(option);
            }
        }
        if self.take("ROWS_PER_BATCH") {
            return self.bulk_size().map(BulkOption::RowsPerBatch);
        }
        if self.take("KILOBYTES_PER_BATCH") {
            return self.bulk_size().map(BulkOption::KilobytesPerBatch);
        }
        self.expect("ORDER")?;
        let by = |parser: &mut Self| {
            let column = parser.ident()?;
            let descends = parser.take("DESC");
            parser.take("ASC");
            Ok((column, descends))
        };
        self.parenthesised(by).map(BulkOption::Order)
    }

    fn bulk_size(&mut self) -> Parsed<u32> {
        self.expect_symbol(Symbol::Equal)?;
        self.number()
    }

    fn insert_source(&mut self) -> Parsed<InsertSource> {
        if self.take_all(&["DEFAULT", "VALUES"]) {
            return Ok(InsertSource::DefaultValues);
        }
        if self.take("VALUES") {
            return Ok(InsertSource::Values(self.rows()?));
        }
        if self.is("EXEC") || self.is("EXECUTE") {
            let call = self.execute()?;
            if let StatementKind::ExecuteString(call) = call {
                return Ok(InsertSource::ExecuteString(call));
            }
            let StatementKind::Execute(call) = call else { return self.unexpected() };
            return Ok(InsertSource::Execute(call));
        }
        if self.is("SELECT") || self.is_symbol(Symbol::Open) {
            return Ok(InsertSource::Query(Box::new(self.query()?)));
        }
        self.unexpected()
    }

    /// `(a, b), (c, d)`, behind `VALUES`.
    pub(super) fn rows(&mut self) -> Parsed<Vec<Vec<Expr>>> {
        self.list(|parser| parser.parenthesised(Self::expr_or_default))
    }

    pub(super) fn target(&mut self) -> Parsed<Target> {
        if self.is("OPENROWSET") || self.is("OPENQUERY") || self.is("OPENDATASOURCE") {
            return self.unsupported_here();
        }
        let name = self.target_name()?;
        let hinted = self.is("WITH") && self.is_symbol_at(1, Symbol::Open);
        let hints = if hinted { self.table_hints()? } else { Vec::new() };
        Ok(Target { name, hints })
    }

    fn target_name(&mut self) -> Parsed<TargetName> {
        if self.peek().kind == TokenKind::Variable {
            return self.variable().map(TargetName::Variable);
        }
        self.object_name().map(TargetName::Object)
    }

    /// `OUTPUT ... [INTO ...]`, once or twice.
    pub(super) fn output_clauses(&mut self) -> Parsed<Vec<OutputClause>> {
        let mut clauses = Vec::new();
        while self.take("OUTPUT") {
            let items = self.list(Self::select_item)?;
            let into = if self.take("INTO") {
                Some((self.target_name()?, self.optional_idents()?))
            } else {
                None
            };
            clauses.push(OutputClause { items, into });
        }
        Ok(clauses)
    }

    pub(super) fn update(&mut self, with: Vec<Cte>) -> Parsed<StatementKind> {
        let start = self.here();
        self.expect("UPDATE")?;
        if self.is("STATISTICS") {
            return self.unsupported(start, "UPDATE STATISTICS");
        }
        let top = self.top()?;
        let target = self.target()?;
        self.expect("SET")?;
        let set = self.list(Self::set_clause)?;
        let output = self.output_clauses()?;
        let from = self.sources()?;
        let filter = self.filter()?;
        let hints = self.query_hints()?;
        let update = Update { with, top, target, set, output, from, filter, hints };
        Ok(StatementKind::Update(Box::new(update)))
    }

    pub(super) fn set_clause(&mut self) -> Parsed<SetClause> {
        let mut variable = None;
        if self.peek().kind == TokenKind::Variable {
            variable = Some(self.variable()?);
            let Some(operator) = self.assignment_at(0) else { return self.unexpected() };
            self.advance();
            let column = operator == AssignOp::Set && self.is_assigned_column();
            if !column {
                let value = self.expr_or_default()?;
                return Ok(SetClause { variable, column: None, operator, value });
            }
        }
        let column: ObjectName = self.object_name()?;
        if self.is_symbol(Symbol::Open) {
            // `column.WRITE(...)` and methods of xml.
            return self.unsupported_here();
        }
        let Some(operator) = self.assignment_at(0) else { return self.unexpected() };
        self.advance();
        let value = self.expr_or_default()?;
        Ok(SetClause { variable, column: Some(column), operator, value })
    }

    /// Whether `a.b =` comes next.
    fn is_assigned_column(&self) -> bool {
        let mut ahead = 0;
        while self.is_ident_at(ahead) && self.is_symbol_at(ahead + 1, Symbol::Dot) {
            ahead += 2;
        }
        self.is_ident_at(ahead) && self.assignment_at(ahead + 1).is_some()
    }

    pub(super) fn delete(&mut self, with: Vec<Cte>) -> Parsed<StatementKind> {
        self.expect("DELETE")?;
        let top = self.top()?;
        self.take("FROM");
        let target = self.target()?;
        let output = self.output_clauses()?;
        let from = self.sources()?;
        let filter = self.filter()?;
        let hints = self.query_hints()?;
        let delete = Delete { with, top, target, output, from, filter, hints };
        Ok(StatementKind::Delete(Box::new(delete)))
    }

    fn filter(&mut self) -> Parsed<Filter> {
        if !self.take("WHERE") {
            return Ok(Filter::All);
        }
        if self.take_all(&["CURRENT", "OF"]) {
            return self.cursor_ref().map(Filter::CurrentOf);
        }
        self.condition().map(Filter::Where)
    }

    pub(super) fn truncate(&mut self) -> Parsed<StatementKind> {
        self.expect_all(&["TRUNCATE", "TABLE"])?;
        Ok(StatementKind::Truncate(self.object_name()?))
    }
}
