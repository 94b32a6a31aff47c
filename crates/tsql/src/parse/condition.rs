//! Conditions: what is true, false or unknown.

use super::{Parsed, Parser};
use crate::ast::{CompareOp, Expr, ExprKind, InSource, Quantifier};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

/// Conditions that need a full-text index or a trigger.
const UNSUPPORTED: &[&str] = &["CONTAINS", "FREETEXT", "TSEQUAL", "UPDATE"];

const COMPARISONS: &[(Symbol, CompareOp)] = &[
    (Symbol::Equal, CompareOp::Equal),
    (Symbol::NotEqual, CompareOp::NotEqual),
    (Symbol::Less, CompareOp::Less),
    (Symbol::LessOrEqual, CompareOp::LessOrEqual),
    (Symbol::Greater, CompareOp::Greater),
    (Symbol::GreaterOrEqual, CompareOp::GreaterOrEqual),
];

impl Parser<'_> {
    /// A condition.
    pub(super) fn condition(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| parser.measured(|parser| parser.or_condition(false)))
    }

    /// A condition or, where `value_fits`, a value that ends at a closing parenthesis: only what
    /// stands behind tells what `(a` is the start of.
    fn or_condition(&mut self, value_fits: bool) -> Parsed<Expr> {
        self.chain("OR", value_fits, Self::and_condition, ExprKind::Or)
    }

    fn and_condition(&mut self, value_fits: bool) -> Parsed<Expr> {
        self.chain("AND", value_fits, Self::not_condition, ExprKind::And)
    }

    fn chain(
        &mut self,
        word: &str,
        value_fits: bool,
        operand: fn(&mut Self, bool) -> Parsed<Expr>,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Parsed<Expr> {
        let start = self.here();
        let first = operand(self, value_fits)?;
        if !first.is_condition() || !self.is(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.take(word) {
            operands.push(operand(self, false)?);
        }
        Ok(self.made(start, kind(operands)))
    }

    fn not_condition(&mut self, value_fits: bool) -> Parsed<Expr> {
        let start = self.here();
        if self.take("NOT") {
            let operand = self.deeper(|parser| parser.not_condition(false))?;
            return Ok(self.made(start, ExprKind::Not(Box::new(operand))));
        }
        self.measured(|parser| parser.predicate(value_fits))
    }

    fn predicate(&mut self, value_fits: bool) -> Parsed<Expr> {
        let start = self.here();
        if UNSUPPORTED.iter().any(|word| self.is(word)) {
            return self.unsupported_here();
        }
        if self.take("EXISTS") {
            let query = self.subquery()?;
            return Ok(self.made(start, ExprKind::Exists(Box::new(query))));
        }
        let left = if self.is_symbol(Symbol::Open) && !self.is_query_at(1) {
            self.advance();
            let inner = self.deeper(|parser| parser.or_condition(true))?;
            let inner = self.close(start, inner)?;
            if inner.is_condition() {
                return Ok(inner);
            }
            let operand = self.behind(inner)?;
            self.binary_behind(operand, 1)?
        } else {
            self.binary(1)?
        };
        self.predicate_behind(left, value_fits)
    }

    fn predicate_behind(&mut self, left: Expr, value_fits: bool) -> Parsed<Expr> {
        if let Some(operator) = self.comparison() {
            self.advance();
            return self.compared(left, operator);
        }
        if self.take("IS") {
            return self.is_predicate(left);
        }
        let negated = self.is("NOT") && ["IN", "BETWEEN", "LIKE"].iter().any(|w| self.is_at(1, w));
        if negated {
            self.advance();
        }
        if self.take("IN") {
            return self.in_predicate(left, negated);
        }
        if self.take("BETWEEN") {
            return self.between(left, negated);
        }
        if self.take("LIKE") {
            return self.like(left, negated);
        }
        if value_fits && self.is_symbol(Symbol::Close) {
            return Ok(left);
        }
        Err(Box::new(SyntaxError::not_a_condition(self.here(), &self.shown())))
    }

    fn comparison(&self) -> Option<CompareOp> {
        let TokenKind::Symbol(symbol) = self.peek().kind else { return None };
        COMPARISONS.iter().find(|(sign, _)| *sign == symbol).map(|(_, operator)| *operator)
    }

    fn compared(&mut self, left: Expr, operator: CompareOp) -> Parsed<Expr> {
        let quantifier = if self.is("ALL") {
            Some(Quantifier::All)
        } else if self.is("ANY") || self.is("SOME") {
            Some(Quantifier::Any)
        } else {
            None
        };
        let (start, left) = (left.place, Box::new(left));
        let kind = if let Some(quantifier) = quantifier {
            self.advance();
            let query = Box::new(self.subquery()?);
            ExprKind::Quantified(left, operator, quantifier, query)
        } else {
            ExprKind::Compare(left, operator, Box::new(self.operand()?))
        };
        Ok(self.made(start, kind))
    }

    /// A value inside a condition.
    fn operand(&mut self) -> Parsed<Expr> {
        self.measured(|parser| parser.deeper(|parser| parser.binary(1)))
    }

    fn is_predicate(&mut self, left: Expr) -> Parsed<Expr> {
        let negated = self.take("NOT");
        let (start, left) = (left.place, Box::new(left));
        if self.take("NULL") {
            return Ok(self.made(start, ExprKind::IsNull { operand: left, negated }));
        }
        self.expect_all(&["DISTINCT", "FROM"])?;
        let right = Box::new(self.operand()?);
        Ok(self.made(start, ExprKind::IsDistinct { left, right, negated }))
    }

    fn in_predicate(&mut self, left: Expr, negated: bool) -> Parsed<Expr> {
        let (start, operand) = (left.place, Box::new(left));
        let source = if self.is_symbol(Symbol::Open) && self.is_query_at(1) {
            InSource::Query(Box::new(self.subquery()?))
        } else {
            InSource::List(self.parenthesised(Self::expr)?)
        };
        Ok(self.made(start, ExprKind::In { operand, source, negated }))
    }

    fn between(&mut self, left: Expr, negated: bool) -> Parsed<Expr> {
        let (start, operand) = (left.place, Box::new(left));
        let low = Box::new(self.operand()?);
        self.expect("AND")?;
        let high = Box::new(self.operand()?);
        Ok(self.made(start, ExprKind::Between { operand, low, high, negated }))
    }

    fn like(&mut self, left: Expr, negated: bool) -> Parsed<Expr> {
        let (start, operand) = (left.place, Box::new(left));
        let pattern = Box::new(self.operand()?);
        let escape = if self.take("ESCAPE") { Some(Box::new(self.operand()?)) } else { None };
        Ok(self.made(start, ExprKind::Like { operand, pattern, escape, negated }))
    }
}
