//! Hints for tables (`WITH (NOLOCK)`) and for whole statements (`OPTION (...)`).

use super::{Parsed, Parser};
use crate::ast::{CompareOp, Expr, ExprKind, Ident, QueryHint, TableHint};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

/// Source: "Hints (Transact-SQL) - Table".
const TABLE_HINTS: &[&str] = &[
    "FORCESCAN",
    "FORCESEEK",
    "HOLDLOCK",
    "IGNORE_CONSTRAINTS",
    "IGNORE_TRIGGERS",
    "INDEX",
    "KEEPDEFAULTS",
    "KEEPIDENTITY",
    "NOEXPAND",
    "NOLOCK",
    "NOWAIT",
    "PAGLOCK",
    "READCOMMITTED",
    "READCOMMITTEDLOCK",
    "READPAST",
    "READUNCOMMITTED",
    "REPEATABLEREAD",
    "ROWLOCK",
    "SERIALIZABLE",
    "SNAPSHOT",
    "TABLOCK",
    "TABLOCKX",
    "UPDLOCK",
    "XLOCK",
];

/// Source: "Hints (Transact-SQL) - Query". Those with a value have a number or strings.
const QUERY_HINTS: &[&[&str]] = &[
    &["HASH", "GROUP"],
    &["ORDER", "GROUP"],
    &["CONCAT", "UNION"],
    &["HASH", "UNION"],
    &["MERGE", "UNION"],
    &["LOOP", "JOIN"],
    &["MERGE", "JOIN"],
    &["HASH", "JOIN"],
    &["EXPAND", "VIEWS"],
    &["FAST"],
    &["FORCE", "ORDER"],
    &["FORCE", "EXTERNALPUSHDOWN"],
    &["DISABLE", "EXTERNALPUSHDOWN"],
    &["IGNORE_NONCLUSTERED_COLUMNSTORE_INDEX"],
    &["KEEP", "PLAN"],
    &["KEEPFIXED", "PLAN"],
    &["MAX_GRANT_PERCENT"],
    &["MIN_GRANT_PERCENT"],
    &["MAXDOP"],
    &["MAXRECURSION"],
    &["NO_PERFORMANCE_SPOOL"],
    &["OPTIMIZE", "FOR", "UNKNOWN"],
    &["OPTIMIZE", "FOR"],
    &["PARAMETERIZATION", "SIMPLE"],
    &["PARAMETERIZATION", "FORCED"],
    &["QUERYTRACEON"],
    &["RECOMPILE"],
    &["ROBUST", "PLAN"],
    &["USE", "HINT"],
    &["LABEL"],
];

impl Parser<'_> {
    /// `WITH (hint, ...)`, or the older form without `WITH`.
    pub(super) fn table_hints(&mut self) -> Parsed<Vec<TableHint>> {
        if self.are(&["WITH", "CHECK"]) {
            // `WITH CHECK OPTION` belongs to the view around the query.
            return Ok(Vec::new());
        }
        if self.is("WITH") {
            if !self.is_symbol_at(1, Symbol::Open) {
                return Err(Box::new(SyntaxError::unterminated_before_with(self.here())));
            }
            self.advance();
        } else if !self.is_bare_hint() {
            return Ok(Vec::new());
        }
        self.expect_symbol(Symbol::Open)?;
        let mut hints = vec![self.table_hint()?];
        while !self.take_symbol(Symbol::Close) {
            // Commas between hints may be left out.
            self.take_symbol(Symbol::Comma);
            hints.push(self.table_hint()?);
        }
        Ok(hints)
    }

    /// Whether `(NOLOCK` comes next, and not the arguments of a function.
    pub(super) fn is_bare_hint(&self) -> bool {
        let ends = [Symbol::Close, Symbol::Comma, Symbol::Open, Symbol::Equal];
        self.is_symbol(Symbol::Open)
            && TABLE_HINTS.iter().any(|hint| self.is_at(1, hint))
            && ends.iter().any(|symbol| self.is_symbol_at(2, *symbol))
    }

    fn table_hint(&mut self) -> Parsed<TableHint> {
        let Some(name) = TABLE_HINTS.iter().find(|hint| self.is(hint)) else {
            return self.unexpected();
        };
        self.advance();
        let mut arguments = Vec::new();
        if matches!(*name, "INDEX" | "FORCESEEK") {
            let equal = self.take_symbol(Symbol::Equal);
            if self.is_symbol(Symbol::Open) {
                self.hint_arguments(&mut arguments)?;
            } else if equal {
                arguments.push(self.index_name()?);
            }
        }
        Ok(TableHint { name: (*name).to_owned(), arguments })
    }

    /// `(index, ...)` or `(index (column, ...))`.
    fn hint_arguments(&mut self, arguments: &mut Vec<Ident>) -> Parsed<()> {
        self.expect_symbol(Symbol::Open)?;
        loop {
            arguments.push(self.index_name()?);
            if self.is_symbol(Symbol::Open) {
                return self.unsupported_here();
            }
            if !self.take_symbol(Symbol::Comma) {
                return self.expect_symbol(Symbol::Close);
            }
        }
    }

    fn index_name(&mut self) -> Parsed<Ident> {
        if self.peek().kind == TokenKind::Integer { Ok(self.any_word()) } else { self.ident() }
    }

    /// `OPTION (hint, ...)`.
    pub(super) fn query_hints(&mut self) -> Parsed<Vec<QueryHint>> {
        if self.take("OPTION") { self.parenthesised(Self::query_hint) } else { Ok(Vec::new()) }
    }

    fn query_hint(&mut self) -> Parsed<QueryHint> {
        let start = self.here();
        if self.are(&["USE", "PLAN"]) || self.are(&["TABLE", "HINT"]) {
            return self.unsupported_here();
        }
        let Some(words) = QUERY_HINTS.iter().find(|words| self.are(words)) else {
            return self.unexpected();
        };
        self.at += words.len();
        let name = words.join(" ");
        let values = match name.as_str() {
            "OPTIMIZE FOR" => self.parenthesised(Self::optimize_for)?,
            "USE HINT" => self.parenthesised(Self::hint_literal)?,
            "LABEL" => {
                self.expect_symbol(Symbol::Equal)?;
                vec![self.hint_literal()?]
            }
            "FAST" | "MAXDOP" | "MAXRECURSION" | "QUERYTRACEON" => vec![self.hint_literal()?],
            "MAX_GRANT_PERCENT" | "MIN_GRANT_PERCENT" => {
                self.expect_symbol(Symbol::Equal)?;
                vec![self.hint_literal()?]
            }
            _ => Vec::new(),
        };
        Ok(QueryHint { name, values, place: self.since(start) })
    }

    fn hint_literal(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let literal = self.literal()?;
        Ok(self.made(start, ExprKind::Literal(literal)))
    }

    /// `@variable = constant` or `@variable UNKNOWN`.
    fn optimize_for(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let variable = ExprKind::Variable(self.variable()?);
        let variable = self.made(start, variable);
        if self.take("UNKNOWN") {
            return Ok(variable);
        }
        self.expect_symbol(Symbol::Equal)?;
        let value = Box::new(self.hint_literal()?);
        let kind = ExprKind::Compare(Box::new(variable), CompareOp::Equal, value);
        Ok(self.made(start, kind))
    }
}
