//! Values: operators and what stands behind an operand.
//!
//! A value never takes in a comparison: `SELECT 1 = 1` is a mistake near `=`, as in SQL Server.

use super::function::plain_call;
use super::{Parsed, Parser};
use crate::ast::{BinaryOp, Expr, ExprKind, Ident, ObjectName, Place, UnaryOp};
use crate::lexer::{Symbol, TokenKind};

/// How tightly `+`, `-`, `&`, `|` and `^` bind.
const ADDITIVE: u8 = 1;
/// How tightly `*`, `/` and `%` bind.
const MULTIPLICATIVE: u8 = 2;

/// The functions that `<<` and `>>` are, which bind as tightly as `*`.
const SHIFTS: &[(Symbol, &str)] =
    &[(Symbol::ShiftLeft, "LEFT_SHIFT"), (Symbol::ShiftRight, "RIGHT_SHIFT")];

const OPERATORS: &[(Symbol, BinaryOp, u8)] = &[
    (Symbol::Plus, BinaryOp::Add, ADDITIVE),
    (Symbol::Minus, BinaryOp::Subtract, ADDITIVE),
    (Symbol::Ampersand, BinaryOp::BitAnd, ADDITIVE),
    (Symbol::Pipe, BinaryOp::BitOr, ADDITIVE),
    (Symbol::Caret, BinaryOp::BitXor, ADDITIVE),
    (Symbol::Star, BinaryOp::Multiply, MULTIPLICATIVE),
    (Symbol::Slash, BinaryOp::Divide, MULTIPLICATIVE),
    (Symbol::Percent, BinaryOp::Modulo, MULTIPLICATIVE),
];

/// Operators with one operand, and what the operand may hold.
const SIGNS: &[(Symbol, UnaryOp, Option<u8>)] = &[
    (Symbol::Plus, UnaryOp::Plus, Some(MULTIPLICATIVE)),
    (Symbol::Minus, UnaryOp::Minus, Some(MULTIPLICATIVE)),
    (Symbol::Tilde, UnaryOp::BitNot, None),
];

/// What stands between two operands.
enum Operator {
    Binary(BinaryOp),
    /// The function of this name.
    Shift(&'static str),
}

impl Parser<'_> {
    /// A value.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| parser.measured(|parser| parser.binary(ADDITIVE)))
    }

    /// A value, or `DEFAULT`.
    pub(super) fn expr_or_default(&mut self) -> Parsed<Expr> {
        let place = self.here();
        if self.take("DEFAULT") {
            return Ok(Expr { kind: ExprKind::Default, place });
        }
        self.expr()
    }

    /// Operands with operators between them that bind at least as tightly as `least`.
    pub(super) fn binary(&mut self, least: u8) -> Parsed<Expr> {
        let left = self.unary()?;
        self.binary_behind(left, least)
    }

    /// The operators and operands behind `left`.
    pub(super) fn binary_behind(&mut self, mut left: Expr, least: u8) -> Parsed<Expr> {
        while let Some((operator, tightness)) = self.operator().filter(|(_, t)| least <= *t) {
            let sign = self.advance().place();
            self.raise()?;
            let right =
                self.measured(|parser| parser.deeper(|parser| parser.binary(tightness + 1)))?;
            let place = self.since(left.place);
            let kind = match operator {
                Operator::Binary(operator) => {
                    ExprKind::Binary(Box::new(left), operator, Box::new(right))
                }
                Operator::Shift(name) => {
                    let name = Ident { value: name.to_owned(), quoted: false, place: sign };
                    let name = ObjectName { parts: vec![name] };
                    ExprKind::Function(Box::new(plain_call(name, vec![left, right])))
                }
            };
            left = Expr { kind, place };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let TokenKind::Symbol(symbol) = self.peek().kind else { return None };
        if let Some((_, name)) = SHIFTS.iter().find(|(sign, _)| *sign == symbol) {
            return Some((Operator::Shift(name), MULTIPLICATIVE));
        }
        let found = OPERATORS.iter().find(|(sign, ..)| *sign == symbol);
        found.map(|(_, operator, tightness)| (Operator::Binary(*operator), *tightness))
    }

    /// A sign binds less than `*`, `/` and `%` ("Operator Precedence"), `~` more than all.
    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let sign = SIGNS.iter().find(|(symbol, ..)| self.is_symbol(*symbol));
        let Some((_, operator, tightness)) = sign else {
            let operand = self.primary()?;
            return self.behind(operand);
        };
        self.advance();
        let operand = self.deeper(|parser| match tightness {
            Some(tightness) => parser.binary(*tightness),
            None => parser.unary(),
        })?;
        let kind = ExprKind::Unary(*operator, Box::new(operand));
        Ok(Expr { kind, place: self.since(start) })
    }

    /// `COLLATE`, `AT TIME ZONE` and methods behind an operand.
    pub(super) fn behind(&mut self, mut operand: Expr) -> Parsed<Expr> {
        loop {
            let start = operand.place;
            let kind = if self.take("COLLATE") {
                ExprKind::Collate(Box::new(operand), self.collation()?)
            } else if self.take_all(&["AT", "TIME", "ZONE"]) {
                let zone = self.measured(|parser| parser.deeper(Self::primary))?;
                ExprKind::AtTimeZone(Box::new(operand), Box::new(zone))
            } else if self.is_method() {
                self.advance();
                let method = self.ident()?;
                let arguments = self.arguments()?;
                ExprKind::Method { operand: Box::new(operand), method, arguments }
            } else {
                return Ok(operand);
            };
            self.raise()?;
            operand = Expr { kind, place: self.since(start) };
        }
    }

    fn is_method(&self) -> bool {
        self.is_symbol(Symbol::Dot) && self.is_ident_at(1) && self.is_symbol_at(2, Symbol::Open)
    }

    /// A collation, which is never quoted.
    pub(super) fn collation(&mut self) -> Parsed<Ident> {
        if self.peek().kind == TokenKind::Word { self.ident() } else { self.unexpected() }
    }

    /// `(a, b)` or `()`.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.expect_symbol(Symbol::Open)?;
        if self.take_symbol(Symbol::Close) {
            return Ok(Vec::new());
        }
        let arguments = self.list(Self::expr_or_default)?;
        self.expect_symbol(Symbol::Close)?;
        Ok(arguments)
    }

    pub(super) fn made(&self, start: Place, kind: ExprKind) -> Expr {
        Expr { kind, place: self.since(start) }
    }
}
