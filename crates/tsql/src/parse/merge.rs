//! MERGE.

use super::{Parsed, Parser};
use crate::ast::{Cte, Merge, MergeAction, MergeMatch, MergeWhen, StatementKind};
use crate::diagnose::SyntaxError;
use crate::lexer::Symbol;

impl Parser<'_> {
    pub(super) fn merge(&mut self, with: Vec<Cte>) -> Parsed<StatementKind> {
        let start = self.here();
        self.expect("MERGE")?;
        let top = self.top()?;
        self.take("INTO");
        let target = self.target()?;
        let alias = self.table_alias()?;
        self.expect("USING")?;
        let source = self.table()?;
        self.expect("ON")?;
        let on = self.condition()?;
        let mut clauses = Vec::new();
        while self.is("WHEN") {
            clauses.push(self.merge_when()?);
        }
        if clauses.is_empty() {
            return self.unexpected();
        }
        let output = self.output_clauses()?;
        let hints = self.query_hints()?;
        if !self.is_symbol(Symbol::Semicolon) {
            return Err(Box::new(SyntaxError::merge_unterminated(self.since(start))));
        }
        let merge = Merge { with, top, target, alias, source, on, clauses, output, hints };
        Ok(StatementKind::Merge(Box::new(merge)))
    }

    fn merge_when(&mut self) -> Parsed<MergeWhen> {
        self.expect("WHEN")?;
        let negated = self.take("NOT");
        self.expect("MATCHED")?;
        let matched = if !negated {
            MergeMatch::Matched
        } else if self.take_all(&["BY", "SOURCE"]) {
            MergeMatch::NotMatchedBySource
        } else {
            self.take_all(&["BY", "TARGET"]);
            MergeMatch::NotMatchedByTarget
        };
        let condition = if self.take("AND") { Some(self.condition()?) } else { None };
        self.expect("THEN")?;
        let inserts = matched == MergeMatch::NotMatchedByTarget;
        let action = if inserts { self.merge_insert()? } else { self.merge_change()? };
        Ok(MergeWhen { matched, condition, action })
    }

    fn merge_insert(&mut self) -> Parsed<MergeAction> {
        self.expect("INSERT")?;
        let columns = self.optional_idents()?;
        if self.take_all(&["DEFAULT", "VALUES"]) {
            return Ok(MergeAction::Insert { columns, values: None });
        }
        self.expect("VALUES")?;
        let values = Some(self.parenthesised(Self::expr_or_default)?);
        Ok(MergeAction::Insert { columns, values })
    }

    fn merge_change(&mut self) -> Parsed<MergeAction> {
        if self.take("DELETE") {
            return Ok(MergeAction::Delete);
        }
        self.expect_all(&["UPDATE", "SET"])?;
        Ok(MergeAction::Update(self.list(Self::set_clause)?))
    }
}
