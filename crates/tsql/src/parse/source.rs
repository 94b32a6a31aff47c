//! `FROM`: tables, joins, functions, derived tables.

use super::{Parsed, Parser};
use crate::ast::{
    ExprKind, Ident, Join, JoinHint, JoinKind, JsonColumn, ObjectName, Sample, Table, TableKind,
    TableSource,
};
use crate::lexer::{Symbol, TokenKind};

/// Functions that give rows and need something that is not here.
const UNSUPPORTED: &[&str] = &[
    "OPENQUERY",
    "OPENXML",
    "OPENDATASOURCE",
    "CONTAINSTABLE",
    "FREETEXTTABLE",
    "CHANGETABLE",
    "PREDICT",
    "SEMANTICKEYPHRASETABLE",
    "SEMANTICSIMILARITYTABLE",
    "SEMANTICSIMILARITYDETAILSTABLE",
];

impl Parser<'_> {
    pub(super) fn sources(&mut self) -> Parsed<Vec<TableSource>> {
        if self.take("FROM") { self.list(Self::table_source) } else { Ok(Vec::new()) }
    }

    pub(super) fn table_source(&mut self) -> Parsed<TableSource> {
        let first = self.table()?;
        let mut joins = Vec::new();
        while let Some(join) = self.join()? {
            joins.push(join);
        }
        Ok(TableSource { first, joins })
    }

    fn join(&mut self) -> Parsed<Option<Join>> {
        let Some((kind, hint)) = self.join_kind()? else { return Ok(None) };
        let conditional =
            !matches!(kind, JoinKind::Cross | JoinKind::CrossApply | JoinKind::OuterApply);
        let mut right = TableSource { first: self.deeper(Self::table)?, joins: Vec::new() };
        if !conditional {
            return Ok(Some(Join { kind, hint, right, on: None }));
        }
        // `a JOIN b JOIN c ON ... ON ...`: the inner join ends before this one.
        while !self.is("ON") {
            let Some(inner) = self.deeper(Self::join)? else { return self.unexpected() };
            right.joins.push(inner);
        }
        self.expect("ON")?;
        let on = Some(self.condition()?);
        Ok(Some(Join { kind, hint, right, on }))
    }

    fn join_kind(&mut self) -> Parsed<Option<(JoinKind, Option<JoinHint>)>> {
        if self.take_all(&["CROSS", "JOIN"]) {
            return Ok(Some((JoinKind::Cross, None)));
        }
        if self.take_all(&["CROSS", "APPLY"]) {
            return Ok(Some((JoinKind::CrossApply, None)));
        }
        if self.take_all(&["OUTER", "APPLY"]) {
            return Ok(Some((JoinKind::OuterApply, None)));
        }
        if self.take("JOIN") {
            return Ok(Some((JoinKind::Inner, None)));
        }
        let kind = if self.take("INNER") {
            JoinKind::Inner
        } else if self.take("LEFT") {
            JoinKind::Left
        } else if self.take("RIGHT") {
            JoinKind::Right
        } else if self.take("FULL") {
            JoinKind::Full
        } else {
            return Ok(None);
        };
        if kind != JoinKind::Inner {
            self.take("OUTER");
        }
        let hint = self.join_hint();
        self.expect("JOIN")?;
        Ok(Some((kind, hint)))
    }

    fn join_hint(&mut self) -> Option<JoinHint> {
        const HINTS: &[(&str, JoinHint)] = &[
            ("LOOP", JoinHint::Loop),
            ("HASH", JoinHint::Hash),
            ("MERGE", JoinHint::Merge),
            ("REMOTE", JoinHint::Remote),
        ];
        HINTS.iter().find(|(word, _)| self.take(word)).map(|(_, hint)| *hint)
    }

    /// One table with its alias and hints, and what turns it.
    pub(super) fn table(&mut self) -> Parsed<Table> {
        let start = self.here();
        let kind = self.table_kind()?;
        let mut table = Table {
            kind,
            alias: None,
            columns: Vec::new(),
            hints: Vec::new(),
            sample: None,
            place: start,
        };
        self.describe(&mut table)?;
        while self.is("PIVOT") || self.is("UNPIVOT") {
            table = self.turned(table)?;
        }
        Ok(table)
    }

    /// Alias, columns, sample and hints.
    fn describe(&mut self, table: &mut Table) -> Parsed<()> {
        table.sample = self.sample()?;
        if matches!(table.kind, TableKind::Named(_)) {
            table.hints = self.table_hints()?;
        }
        table.alias = self.table_alias()?;
        if table.alias.is_some() && !self.is_bare_hint() {
            table.columns = self.optional_idents()?;
        }
        if table.sample.is_none() {
            table.sample = self.sample()?;
        }
        let takes = matches!(table.kind, TableKind::Named(_) | TableKind::Variable(_));
        if table.hints.is_empty() && (takes || self.is("WITH")) {
            table.hints = self.table_hints()?;
        }
        table.place = self.since(table.place);
        Ok(())
    }

    pub(super) fn table_alias(&mut self) -> Parsed<Option<Ident>> {
        if self.take("AS") {
            return self.ident().map(Some);
        }
        let ends = self.is_label() || self.is("USING") || self.is_window_clause();
        let follows = self.is_ident() && !ends;
        if follows { self.ident().map(Some) } else { Ok(None) }
    }

    fn sample(&mut self) -> Parsed<Option<Sample>> {
        if !self.take("TABLESAMPLE") {
            return Ok(None);
        }
        self.take("SYSTEM");
        self.expect_symbol(Symbol::Open)?;
        let count = self.expr()?;
        let rows = self.take("ROWS");
        if !rows {
            self.take("PERCENT");
        }
        self.expect_symbol(Symbol::Close)?;
        let seed = if self.take("REPEATABLE") {
            self.expect_symbol(Symbol::Open)?;
            let seed = self.expr()?;
            self.expect_symbol(Symbol::Close)?;
            Some(seed)
        } else {
            None
        };
        Ok(Some(Sample { count, rows, seed }))
    }

    fn table_kind(&mut self) -> Parsed<TableKind> {
        if UNSUPPORTED.iter().any(|word| self.is(word)) {
            return self.unsupported_here();
        }
        if self.is("OPENROWSET") {
            return self.open_rowset();
        }
        if self.is("OPENJSON") && self.is_symbol_at(1, Symbol::Open) {
            return self.open_json();
        }
        if self.peek().kind == TokenKind::Variable {
            return self.variable_table();
        }
        if self.is_symbol(Symbol::Open) {
            return self.deeper(Self::parenthesised_table);
        }
        let name = self.dotted()?;
        if !self.is_symbol(Symbol::Open) || self.is_bare_hint() {
            return Ok(TableKind::Named(name));
        }
        self.rows_of(name)
    }

    /// A function that gives rows, or `column.nodes(...)`.
    fn rows_of(&mut self, mut name: ObjectName) -> Parsed<TableKind> {
        let place = name.place();
        let nodes = 1 < name.parts.len()
            && name.parts.last().is_some_and(|part| !part.quoted && part.value == "nodes");
        if !nodes {
            return Ok(TableKind::Function { name, arguments: self.arguments()? });
        }
        name.parts.pop();
        let operand = Box::new(crate::ast::Expr { kind: ExprKind::Column(name), place });
        Ok(TableKind::Nodes { operand, arguments: self.arguments()? })
    }

    fn variable_table(&mut self) -> Parsed<TableKind> {
        let start = self.here();
        let variable = self.variable()?;
        if !self.is_symbol(Symbol::Dot) {
            return Ok(TableKind::Variable(variable));
        }
        self.advance();
        self.expect("nodes")?;
        let operand = Box::new(self.made(start, ExprKind::Variable(variable)));
        Ok(TableKind::Nodes { operand, arguments: self.arguments()? })
    }

    /// `(query)`, `(VALUES ...)` or `(a JOIN b ...)`.
    fn parenthesised_table(&mut self) -> Parsed<TableKind> {
        if self.begins_query() {
            return Ok(TableKind::Derived(Box::new(self.subquery()?)));
        }
        self.expect_symbol(Symbol::Open)?;
        for word in ["INSERT", "UPDATE", "DELETE", "MERGE"] {
            if self.is(word) {
                // Rows of a statement that changes others ("composable DML").
                return self.unsupported_here();
            }
        }
        let kind = if self.take("VALUES") {
            TableKind::Values(self.rows()?)
        } else {
            TableKind::Joined(Box::new(self.table_source()?))
        };
        self.expect_symbol(Symbol::Close)?;
        Ok(kind)
    }

    /// Whether the parenthesis that comes next holds a query: `((SELECT 1) UNION SELECT 2)`,
    /// but not `((SELECT 1) a JOIN b ...)`.
    fn begins_query(&self) -> bool {
        let opens = (0..).take_while(|&ahead| self.is_symbol_at(ahead, Symbol::Open)).count();
        if opens == 0 || !self.is_query_at(opens) {
            return false;
        }
        let Some(mut behind) = self.behind_parenthesis(opens - 1) else { return opens == 1 };
        for _ in 1..opens {
            if !self.is_symbol_at(behind, Symbol::Close) {
                let unites = ["UNION", "EXCEPT", "INTERSECT", "ORDER"];
                return unites.iter().any(|word| self.is_at(behind, word));
            }
            behind += 1;
        }
        true
    }

    /// The place behind the parenthesis that opens so many places ahead.
    fn behind_parenthesis(&self, ahead: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at + ahead) {
            if token.kind == TokenKind::Symbol(Symbol::Open) {
                depth += 1;
            } else if token.kind == TokenKind::Symbol(Symbol::Close) {
                depth = depth.checked_sub(1)?;
            }
            if depth == 0 {
                return Some(index + 1 - self.at);
            }
        }
        None
    }

    fn open_json(&mut self) -> Parsed<TableKind> {
        self.advance();
        let arguments = self.arguments()?;
        let schema = if self.is("WITH") && self.is_symbol_at(1, Symbol::Open) {
            self.advance();
            self.parenthesised(Self::json_column)?
        } else {
            Vec::new()
        };
        Ok(TableKind::OpenJson { arguments, schema })
    }

    fn json_column(&mut self) -> Parsed<JsonColumn> {
        let name = self.ident()?;
        let data_type = self.type_name()?;
        let path = if self.is_string() { Some(self.string()?) } else { None };
        let as_json = self.take_all(&["AS", "JSON"]);
        Ok(JsonColumn { name, data_type, path, as_json })
    }

    fn open_rowset(&mut self) -> Parsed<TableKind> {
        if !(self.is_symbol_at(1, Symbol::Open) && self.is_at(2, "BULK")) {
            // Another server's rows.
            return self.unsupported_here();
        }
        self.at += 3;
        let file = self.string()?;
        let mut options = Vec::new();
        while self.take_symbol(Symbol::Comma) {
            let name = self.ident()?;
            options.push((name, self.initial_value()?));
        }
        self.expect_symbol(Symbol::Close)?;
        Ok(TableKind::OpenRowsetBulk { file, options })
    }
}
