//! One `SELECT`: its columns and clauses.

use super::{Parsed, Parser};
use crate::ast::{
    AssignOp, Expr, ExprKind, GroupBy, GroupItem, GroupWith, Ident, Select, SelectItem, Top,
};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

const ASSIGNMENTS: &[(Symbol, AssignOp)] = &[
    (Symbol::Equal, AssignOp::Set),
    (Symbol::PlusEqual, AssignOp::Add),
    (Symbol::MinusEqual, AssignOp::Subtract),
    (Symbol::StarEqual, AssignOp::Multiply),
    (Symbol::SlashEqual, AssignOp::Divide),
    (Symbol::PercentEqual, AssignOp::Modulo),
    (Symbol::AmpersandEqual, AssignOp::BitAnd),
    (Symbol::PipeEqual, AssignOp::BitOr),
    (Symbol::CaretEqual, AssignOp::BitXor),
];

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Parsed<Select> {
        let start = self.here();
        self.expect("SELECT")?;
        let distinct = self.take("DISTINCT");
        if !distinct {
            self.take("ALL");
        }
        let top = self.top()?;
        let items = self.list(Self::select_item)?;
        self.check_assignments(&items)?;
        let into = if self.take("INTO") { Some(self.object_name()?) } else { None };
        let from = self.sources()?;
        let filter = if self.take("WHERE") { Some(self.condition()?) } else { None };
        let group_by = self.group_by()?;
        let having = if self.take("HAVING") { Some(self.condition()?) } else { None };
        let windows = self.window_clause()?;
        let place = self.since(start);
        Ok(Select { distinct, top, items, into, from, filter, group_by, having, windows, place })
    }

    /// Either every item assigns, or none.
    fn check_assignments(&self, items: &[SelectItem]) -> Parsed<()> {
        let assigns = |item: &SelectItem| matches!(item, SelectItem::Assign { .. });
        if items.iter().any(assigns) && !items.iter().all(assigns) {
            return Err(Box::new(SyntaxError::mixed_assignment(self.here())));
        }
        Ok(())
    }

    pub(super) fn top(&mut self) -> Parsed<Option<Top>> {
        if !self.take("TOP") {
            return Ok(None);
        }
        let count = if self.is_symbol(Symbol::Open) && !self.is_query_at(1) {
            self.advance();
            let count = self.expr()?;
            self.expect_symbol(Symbol::Close)?;
            count
        } else if self.is_symbol(Symbol::Open) || self.peek().kind == TokenKind::Variable {
            self.primary()?
        } else {
            let start = self.here();
            let literal = self.literal()?;
            self.made(start, ExprKind::Literal(literal))
        };
        let percent = self.take("PERCENT");
        let with_ties = self.take_all(&["WITH", "TIES"]);
        Ok(Some(Top { count, percent, with_ties }))
    }

    pub(super) fn select_item(&mut self) -> Parsed<SelectItem> {
        let start = self.here();
        if self.take_symbol(Symbol::Star) {
            return Ok(SelectItem::Star { qualifier: None, place: start });
        }
        if self.peek().kind == TokenKind::Variable
            && let Some(operator) = self.assignment_at(1)
        {
            let variable = self.variable()?;
            self.advance();
            let value = self.expr()?;
            return Ok(SelectItem::Assign { variable, operator, value, place: self.since(start) });
        }
        let names = self.is_ident() || self.is_string();
        if names && self.is_symbol_at(1, Symbol::Equal) {
            let alias = Some(self.ident_or_string()?);
            self.advance();
            return Ok(SelectItem::Expr { value: self.expr()?, alias });
        }
        if self.is_qualified_star() {
            let qualifier = Some(self.dotted()?);
            self.advance();
            self.advance();
            return Ok(SelectItem::Star { qualifier, place: self.since(start) });
        }
        let value = self.expr()?;
        let alias = self.column_alias()?;
        Ok(SelectItem::Expr { value, alias })
    }

    /// Whether `a.b.*` comes next.
    fn is_qualified_star(&self) -> bool {
        let mut ahead = 0;
        while self.is_ident_at(ahead) && self.is_symbol_at(ahead + 1, Symbol::Dot) {
            ahead += 2;
            while self.is_symbol_at(ahead, Symbol::Dot) {
                ahead += 1;
            }
            if self.is_symbol_at(ahead, Symbol::Star) {
                return true;
            }
        }
        false
    }

    fn column_alias(&mut self) -> Parsed<Option<Ident>> {
        if self.take("AS") {
            return self.ident_or_string().map(Some);
        }
        let follows = self.is_string() || (self.is_ident() && !self.is_label());
        if follows { self.ident_or_string().map(Some) } else { Ok(None) }
    }

    pub(super) fn assignment_at(&self, ahead: usize) -> Option<AssignOp> {
        let TokenKind::Symbol(symbol) = self.peek_at(ahead).kind else { return None };
        ASSIGNMENTS.iter().find(|(sign, _)| *sign == symbol).map(|(_, operator)| *operator)
    }

    fn group_by(&mut self) -> Parsed<Option<GroupBy>> {
        if !self.take_all(&["GROUP", "BY"]) {
            return Ok(None);
        }
        if self.is("ALL") {
            return self.unsupported_here();
        }
        let items = self.list(Self::group_item)?;
        let with = if self.take_all(&["WITH", "ROLLUP"]) {
            Some(GroupWith::Rollup)
        } else if self.take_all(&["WITH", "CUBE"]) {
            Some(GroupWith::Cube)
        } else {
            None
        };
        Ok(Some(GroupBy { items, with }))
    }

    fn group_item(&mut self) -> Parsed<GroupItem> {
        if self.is("ROLLUP") && self.is_symbol_at(1, Symbol::Open) {
            self.advance();
            return Ok(GroupItem::Rollup(self.parenthesised(Self::composite)?));
        }
        if self.is("CUBE") && self.is_symbol_at(1, Symbol::Open) {
            self.advance();
            return Ok(GroupItem::Cube(self.parenthesised(Self::composite)?));
        }
        if self.take_all(&["GROUPING", "SETS"]) {
            let sets = self.deeper(|parser| parser.parenthesised(Self::group_item))?;
            return Ok(GroupItem::Sets(sets));
        }
        self.composite()
    }

    /// A value, `(a, b)` or `()`.
    fn composite(&mut self) -> Parsed<GroupItem> {
        if self.is_symbol(Symbol::Open) && self.is_symbol_at(1, Symbol::Close) {
            self.at += 2;
            return Ok(GroupItem::Composite(Vec::new()));
        }
        if self.is_composite() {
            return Ok(GroupItem::Composite(self.parenthesised(Self::expr)?));
        }
        self.expr().map(GroupItem::Expr)
    }

    /// Whether the parenthesis that comes next holds several values.
    fn is_composite(&self) -> bool {
        let mut depth = 0_usize;
        for token in &self.tokens[self.at..] {
            if token.kind == TokenKind::Symbol(Symbol::Open) {
                depth += 1;
            } else if token.kind == TokenKind::Symbol(Symbol::Close) {
                depth = depth.saturating_sub(1);
            } else if depth == 1 && token.kind == TokenKind::Symbol(Symbol::Comma) {
                return true;
            }
            if depth == 0 {
                return false;
            }
        }
        false
    }

    /// The value of an assignment or a default, behind its operator.
    pub(super) fn initial_value(&mut self) -> Parsed<Option<Expr>> {
        if self.take_symbol(Symbol::Equal) { self.expr().map(Some) } else { Ok(None) }
    }
}
