//! EXEC: procedures, dynamic SQL, and whose rights count.

use super::{Parsed, Parser};
use crate::ast::{
    ExecArgument, ExecTarget, ExecValue, Execute, ExecuteAs, ExecuteString, Expr, ExprKind,
    Literal, Place, ResultSets, StatementKind, UnaryOp,
};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

impl Parser<'_> {
    /// `EXEC` as a statement.
    pub(super) fn execute_statement(&mut self) -> Parsed<StatementKind> {
        if self.is_at(1, "AS") {
            self.advance();
            let run_as = self.execute_as()?;
            if self.is("WITH") {
                self.advance();
                return self.unsupported_here();
            }
            return Ok(StatementKind::ExecuteAs(run_as));
        }
        self.execute()
    }

    /// `EXEC` as a statement or as the source of an INSERT.
    pub(super) fn execute(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        self.advance();
        if self.is_symbol(Symbol::Open) {
            return self.execute_string(start);
        }
        self.call(start)
    }

    /// A call behind `EXEC`, or without it at the start of a batch.
    pub(super) fn call(&mut self, start: Place) -> Parsed<StatementKind> {
        let is_variable = self.peek().kind == TokenKind::Variable;
        let status = if is_variable && self.is_symbol_at(1, Symbol::Equal) {
            let variable = self.variable()?;
            self.advance();
            Some(variable)
        } else {
            None
        };
        let target = if self.peek().kind == TokenKind::Variable {
            ExecTarget::Variable(self.variable()?)
        } else {
            ExecTarget::Procedure(self.object_name()?)
        };
        let arguments = self.exec_arguments()?;
        let mut call = Execute {
            status,
            target,
            arguments,
            recompile: false,
            result_sets: None,
            place: start,
        };
        self.execute_options(&mut call)?;
        call.place = self.since(start);
        Ok(StatementKind::Execute(Box::new(call)))
    }

    fn execute_options(&mut self, call: &mut Execute) -> Parsed<()> {
        let follows = self.is("WITH") && (self.is_at(1, "RECOMPILE") || self.is_at(1, "RESULT"));
        if !follows {
            return Ok(());
        }
        self.advance();
        self.list(|parser| {
            if parser.take("RECOMPILE") {
                call.recompile = true;
                return Ok(());
            }
            parser.expect_all(&["RESULT", "SETS"])?;
            call.result_sets = Some(if parser.take("UNDEFINED") {
                ResultSets::Undefined
            } else if parser.take("NONE") {
                ResultSets::NoneAllowed
            } else {
                return parser.unsupported_here();
            });
            Ok(())
        })?;
        Ok(())
    }

    fn exec_arguments(&mut self) -> Parsed<Vec<ExecArgument>> {
        if !self.begins_argument() {
            return Ok(Vec::new());
        }
        let mut arguments: Vec<ExecArgument> = Vec::new();
        let mut named = false;
        loop {
            let argument = self.exec_argument()?;
            if named && argument.name.is_none() {
                let number = arguments.len() + 1;
                let error = SyntaxError::named_before_positional(argument.place, number);
                return Err(Box::new(error));
            }
            named |= argument.name.is_some();
            arguments.push(argument);
            if !self.take_symbol(Symbol::Comma) {
                return Ok(arguments);
            }
        }
    }

    fn begins_argument(&self) -> bool {
        match self.peek().kind {
            TokenKind::End => false,
            TokenKind::Symbol(symbol) => matches!(symbol, Symbol::Minus | Symbol::Plus),
            TokenKind::Word | TokenKind::Quoted => {
                let word = self.is_ident() || self.is("NULL") || self.is("DEFAULT");
                word && !self.is_label()
            }
            TokenKind::Variable
            | TokenKind::SystemVariable
            | TokenKind::String
            | TokenKind::National
            | TokenKind::Integer
            | TokenKind::Decimal
            | TokenKind::Float
            | TokenKind::Money
            | TokenKind::Binary => true,
        }
    }

    fn exec_argument(&mut self) -> Parsed<ExecArgument> {
        let start = self.here();
        let is_variable = self.peek().kind == TokenKind::Variable;
        let name = if is_variable && self.is_symbol_at(1, Symbol::Equal) {
            let name = self.variable()?;
            self.advance();
            Some(name)
        } else {
            None
        };
        let value = self.exec_value()?;
        let output = self.take_any(&["OUTPUT", "OUT"]);
        let variable = matches!(
            &value,
            ExecValue::Value(Expr {
                kind: ExprKind::Variable(_) | ExprKind::SystemVariable(_),
                ..
            })
        );
        let place = self.since(start);
        if output && !variable {
            return Err(Box::new(SyntaxError::output_of_constant(place)));
        }
        Ok(ExecArgument { name, value, output, place })
    }

    fn exec_value(&mut self) -> Parsed<ExecValue> {
        let start = self.here();
        if self.take("DEFAULT") {
            return Ok(ExecValue::Default);
        }
        if self.take("NULL") {
            return Ok(ExecValue::Value(self.made(start, ExprKind::Null)));
        }
        if self.is_ident() {
            return Ok(ExecValue::Word(self.any_word()));
        }
        let sign = if self.take_symbol(Symbol::Minus) {
            Some(UnaryOp::Minus)
        } else if self.take_symbol(Symbol::Plus) {
            Some(UnaryOp::Plus)
        } else {
            None
        };
        let value = if matches!(self.peek().kind, TokenKind::Variable | TokenKind::SystemVariable) {
            self.primary()?
        } else {
            let place = self.here();
            let literal = self.literal()?;
            self.made(place, ExprKind::Literal(literal))
        };
        let Some(sign) = sign else { return Ok(ExecValue::Value(value)) };
        let kind = ExprKind::Unary(sign, Box::new(value));
        Ok(ExecValue::Value(self.made(start, kind)))
    }

    fn execute_string(&mut self, start: Place) -> Parsed<StatementKind> {
        self.expect_symbol(Symbol::Open)?;
        let mut text = vec![self.string_part()?];
        while self.take_symbol(Symbol::Plus) {
            text.push(self.string_part()?);
        }
        let arguments = if self.take_symbol(Symbol::Comma) {
            self.list(Self::exec_argument)?
        } else {
            Vec::new()
        };
        self.expect_symbol(Symbol::Close)?;
        let run_as = if self.is("AS") { Some(self.execute_as()?) } else { None };
        let at = if self.take("AT") { Some(self.ident()?) } else { None };
        let place = self.since(start);
        let call = ExecuteString { text, arguments, run_as, at, place };
        Ok(StatementKind::ExecuteString(Box::new(call)))
    }

    fn string_part(&mut self) -> Parsed<Expr> {
        let fits = matches!(self.peek().kind, TokenKind::Variable | TokenKind::SystemVariable);
        if fits || self.is_string() { self.primary() } else { self.unexpected() }
    }

    /// `AS CALLER | SELF | OWNER | LOGIN = name | USER = name | 'name'`.
    pub(super) fn execute_as(&mut self) -> Parsed<ExecuteAs> {
        self.expect("AS")?;
        if self.take("CALLER") {
            return Ok(ExecuteAs::Caller);
        }
        if self.take("SELF") {
            return Ok(ExecuteAs::Creator);
        }
        if self.take("OWNER") {
            return Ok(ExecuteAs::Owner);
        }
        let login = self.take("LOGIN");
        if login || self.take("USER") {
            self.expect_symbol(Symbol::Equal)?;
        }
        let start = self.here();
        let name = if self.peek().kind == TokenKind::Variable {
            self.primary()?
        } else if self.is_string() {
            let literal: Literal = self.literal()?;
            self.made(start, ExprKind::Literal(literal))
        } else {
            return self.unexpected();
        };
        Ok(if login { ExecuteAs::Login(name) } else { ExecuteAs::User(name) })
    }
}
