//! Operands: constants, variables, names, parentheses, and words with a syntax of their own.

use super::{Parsed, Parser};
use crate::ast::{
    CaseArm, Expr, ExprKind, Literal, Niladic, ObjectName, OdbcKind, Place, Query, QueryBody,
};
use crate::lexer::{Symbol, TokenKind, binary_value, string_value};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        let start = token.place();
        match token.kind {
            TokenKind::Symbol(Symbol::Open) => self.parenthesis(),
            TokenKind::Symbol(Symbol::OpenBrace) => self.odbc(),
            TokenKind::Word => self.word_operand(),
            TokenKind::Quoted => self.named_operand(),
            TokenKind::Variable => {
                let name = self.variable()?;
                Ok(self.made(start, ExprKind::Variable(name)))
            }
            TokenKind::SystemVariable => {
                self.advance();
                let name = self.raw(token).to_owned();
                Ok(self.made(start, ExprKind::SystemVariable(name)))
            }
            TokenKind::Symbol(_) | TokenKind::End => self.unexpected(),
            TokenKind::String
            | TokenKind::National
            | TokenKind::Integer
            | TokenKind::Decimal
            | TokenKind::Float
            | TokenKind::Money
            | TokenKind::Binary => {
                let literal = self.literal()?;
                Ok(self.made(start, ExprKind::Literal(literal)))
            }
        }
    }

    /// A constant.
    pub(super) fn literal(&mut self) -> Parsed<Literal> {
        let token = self.peek();
        let raw = self.raw(token);
        let literal = match token.kind {
            TokenKind::String => Literal::String(string_value(raw)),
            TokenKind::National => Literal::National(string_value(raw)),
            TokenKind::Integer => Literal::Integer(raw.to_owned()),
            TokenKind::Decimal => Literal::Decimal(raw.to_owned()),
            TokenKind::Float => Literal::Float(raw.to_owned()),
            TokenKind::Money => {
                let digits = raw
                    .trim_start_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-'));
                Literal::Money(digits.to_owned())
            }
            TokenKind::Binary => Literal::Binary(binary_value(raw)),
            TokenKind::Word
            | TokenKind::Quoted
            | TokenKind::Variable
            | TokenKind::SystemVariable
            | TokenKind::Symbol(_)
            | TokenKind::End => return self.unexpected(),
        };
        self.advance();
        Ok(literal)
    }

    /// A value or a query in parentheses.
    fn parenthesis(&mut self) -> Parsed<Expr> {
        let start = self.here();
        if self.is_query_at(1) {
            let query = self.subquery()?;
            return Ok(self.made(start, ExprKind::Subquery(Box::new(query))));
        }
        self.expect_symbol(Symbol::Open)?;
        let inner = self.expr()?;
        self.close(start, inner)
    }

    /// The end of `(inner`. A query that turns out to be the first of several goes on.
    pub(super) fn close(&mut self, start: Place, inner: Expr) -> Parsed<Expr> {
        let goes_on = ["UNION", "EXCEPT", "INTERSECT"].iter().any(|word| self.is(word));
        let kind = if let ExprKind::Subquery(query) = inner.kind {
            if goes_on {
                let query = self.query_behind(plain_body(*query, self)?)?;
                ExprKind::Subquery(Box::new(query))
            } else {
                ExprKind::Subquery(query)
            }
        } else {
            inner.kind
        };
        self.expect_symbol(Symbol::Close)?;
        Ok(self.made(start, kind))
    }

    fn word_operand(&mut self) -> Parsed<Expr> {
        const UNSUPPORTED: &[&str] =
            &["OPENQUERY", "OPENXML", "OPENDATASOURCE", "CONTAINS", "FREETEXT", "CURRENT_DATE"];
        if UNSUPPORTED.iter().any(|word| self.is(word)) {
            return self.unsupported_here();
        }
        let start = self.here();
        if self.take("NULL") {
            return Ok(self.made(start, ExprKind::Null));
        }
        if self.is("CASE") {
            return self.case();
        }
        if self.take_all(&["NEXT", "VALUE", "FOR"]) {
            let sequence = self.object_name()?;
            return Ok(self.made(start, ExprKind::NextValueFor(sequence)));
        }
        if let Some(niladic) = self.niladic() {
            self.advance();
            return Ok(self.made(start, ExprKind::Niladic(niladic)));
        }
        if self.is_symbol_at(1, Symbol::Open)
            && let Some(call) = self.special_call()?
        {
            return Ok(call);
        }
        self.named_operand()
    }

    fn niladic(&self) -> Option<Niladic> {
        const NAMES: &[(&str, Niladic)] = &[
            ("CURRENT_TIMESTAMP", Niladic::CurrentTimestamp),
            ("CURRENT_USER", Niladic::CurrentUser),
            ("SESSION_USER", Niladic::SessionUser),
            ("SYSTEM_USER", Niladic::SystemUser),
            ("USER", Niladic::User),
        ];
        NAMES.iter().find(|(name, _)| self.is(name)).map(|(_, niladic)| *niladic)
    }

    /// A column, or a call of a function.
    fn named_operand(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let mut name = self.dotted()?;
        if self.is_symbol(Symbol::DoubleColon) {
            return self.unsupported_here();
        }
        if !self.is_symbol(Symbol::Open) {
            return Ok(self.made(start, ExprKind::Column(name)));
        }
        if let Some(method) = xml_method(&mut name) {
            let place = name.place();
            let operand = Box::new(Expr { kind: ExprKind::Column(name), place });
            let arguments = self.arguments()?;
            return Ok(self.made(start, ExprKind::Method { operand, method, arguments }));
        }
        let call = self.function_call(name)?;
        Ok(self.made(start, ExprKind::Function(Box::new(call))))
    }

    fn case(&mut self) -> Parsed<Expr> {
        let start = self.here();
        self.expect("CASE")?;
        let operand = if self.is("WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut arms = Vec::new();
        while self.take("WHEN") {
            let when = if operand.is_some() { self.expr()? } else { self.condition()? };
            self.expect("THEN")?;
            arms.push(CaseArm { when, then: self.expr()? });
        }
        if arms.is_empty() {
            return self.unexpected();
        }
        let otherwise = if self.take("ELSE") { Some(Box::new(self.expr()?)) } else { None };
        self.expect("END")?;
        Ok(self.made(start, ExprKind::Case { operand, arms, otherwise }))
    }

    /// `{fn f()}`, `{d '...'}` and the like.
    fn odbc(&mut self) -> Parsed<Expr> {
        const KINDS: &[(&str, OdbcKind)] = &[
            ("D", OdbcKind::Date),
            ("T", OdbcKind::Time),
            ("TS", OdbcKind::Timestamp),
            ("GUID", OdbcKind::Guid),
        ];
        let start = self.here();
        self.expect_symbol(Symbol::OpenBrace)?;
        let kind = if self.take("FN") {
            // LEFT and RIGHT, CONVERT, USER and others are reserved words.
            let name = ObjectName { parts: vec![self.any_word()] };
            let call = self.deeper(|parser| parser.function_call(name))?;
            ExprKind::OdbcFunction(Box::new(call))
        } else {
            let found = KINDS.iter().find(|(word, _)| self.is(word));
            let Some((_, kind)) = found else { return self.unexpected() };
            self.advance();
            ExprKind::OdbcLiteral(*kind, self.string()?)
        };
        self.expect_symbol(Symbol::CloseBrace)?;
        Ok(self.made(start, kind))
    }
}

/// The body of a query around which nothing stands.
fn plain_body(query: Query, parser: &Parser<'_>) -> Parsed<QueryBody> {
    let plain = query.order_by.is_empty() && query.for_clause.is_none();
    if plain { Ok(query.body) } else { parser.unexpected() }
}

/// Takes the method off `column.method`. Methods of xml are written in lower case.
fn xml_method(name: &mut ObjectName) -> Option<crate::ast::Ident> {
    let last = name.parts.last()?;
    let methods = ["value", "query", "exist", "nodes", "modify"];
    let found = !last.quoted && methods.contains(&last.value.as_str());
    if found && 1 < name.parts.len() { name.parts.pop() } else { None }
}
