//! Calls of functions, and functions whose parentheses have a syntax of their own.

use super::{Parsed, Parser};
use crate::ast::{Expr, ExprKind, FunctionCall, Ident, NullTreatment, ObjectName, TrimSide};
use crate::lexer::Symbol;

impl Parser<'_> {
    /// What stands behind the name of a function.
    pub(super) fn function_call(&mut self, name: ObjectName) -> Parsed<FunctionCall> {
        self.expect_symbol(Symbol::Open)?;
        let distinct = self.take("DISTINCT");
        if !distinct {
            self.take("ALL");
        }
        let star = self.take_symbol(Symbol::Star);
        let arguments = if star || (!distinct && self.is_symbol(Symbol::Close)) {
            Vec::new()
        } else {
            self.list(Self::expr_or_default)?
        };
        let mut nulls = self.null_treatment();
        self.expect_symbol(Symbol::Close)?;
        let within_group = self.within_group()?;
        if nulls.is_none() {
            nulls = self.null_treatment();
        }
        let over = if self.is("OVER") { Some(self.over()?) } else { None };
        Ok(FunctionCall { name, arguments, star, distinct, nulls, within_group, over })
    }

    fn null_treatment(&mut self) -> Option<NullTreatment> {
        if self.take_all(&["RESPECT", "NULLS"]) {
            Some(NullTreatment::Respect)
        } else if self.take_all(&["IGNORE", "NULLS"]) {
            Some(NullTreatment::Ignore)
        } else {
            None
        }
    }

    fn within_group(&mut self) -> Parsed<Vec<crate::ast::OrderItem>> {
        if !self.take_all(&["WITHIN", "GROUP"]) {
            return Ok(Vec::new());
        }
        self.expect_symbol(Symbol::Open)?;
        self.expect_all(&["ORDER", "BY"])?;
        let items = self.list(Self::order_item)?;
        self.expect_symbol(Symbol::Close)?;
        Ok(items)
    }

    /// A function that is a reserved word, or has words inside its parentheses.
    pub(super) fn special_call(&mut self) -> Parsed<Option<Expr>> {
        let start = self.here();
        let word = self.raw(self.peek()).to_ascii_uppercase();
        let kind = match word.as_str() {
            "CAST" | "TRY_CAST" => self.cast(word == "TRY_CAST")?,
            "CONVERT" | "TRY_CONVERT" => self.convert(word == "TRY_CONVERT")?,
            "PARSE" | "TRY_PARSE" => self.parse_call(word == "TRY_PARSE")?,
            "TRIM" => return self.trim(),
            "IDENTITY" => self.identity()?,
            "COALESCE" | "NULLIF" | "LEFT" | "RIGHT" => self.reserved_call()?,
            "IIF" => self.iif()?,
            "JSON_OBJECT" => self.json_constructor(true)?,
            "JSON_ARRAY" => self.json_constructor(false)?,
            // Of SQL Server 2025, with a syntax of their own.
            "JSON_OBJECTAGG" | "JSON_ARRAYAGG" => return self.unsupported_here(),
            _ => return Ok(None),
        };
        Ok(Some(self.made(start, kind)))
    }

    fn reserved_call(&mut self) -> Parsed<ExprKind> {
        let name = ObjectName { parts: vec![self.any_word()] };
        Ok(ExprKind::Function(Box::new(self.function_call(name)?)))
    }

    /// The first argument of `IIF` is a condition.
    fn iif(&mut self) -> Parsed<ExprKind> {
        let name = ObjectName { parts: vec![self.any_word()] };
        self.expect_symbol(Symbol::Open)?;
        let mut arguments = vec![self.condition()?];
        self.expect_symbol(Symbol::Comma)?;
        arguments.push(self.expr()?);
        self.expect_symbol(Symbol::Comma)?;
        arguments.push(self.expr()?);
        self.expect_symbol(Symbol::Close)?;
        Ok(ExprKind::Function(Box::new(plain_call(name, arguments))))
    }

    fn cast(&mut self, lenient: bool) -> Parsed<ExprKind> {
        self.advance();
        self.expect_symbol(Symbol::Open)?;
        let operand = Box::new(self.expr()?);
        self.expect("AS")?;
        let to = self.type_name()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(ExprKind::Cast { operand, to, lenient })
    }

    fn convert(&mut self, lenient: bool) -> Parsed<ExprKind> {
        self.advance();
        self.expect_symbol(Symbol::Open)?;
        let to = self.type_name()?;
        self.expect_symbol(Symbol::Comma)?;
        let operand = Box::new(self.expr()?);
        let style =
            if self.take_symbol(Symbol::Comma) { Some(Box::new(self.expr()?)) } else { None };
        self.expect_symbol(Symbol::Close)?;
        Ok(ExprKind::Convert { operand, to, style, lenient })
    }

    fn parse_call(&mut self, lenient: bool) -> Parsed<ExprKind> {
        self.advance();
        self.expect_symbol(Symbol::Open)?;
        let operand = Box::new(self.expr()?);
        self.expect("AS")?;
        let to = self.type_name()?;
        let culture = if self.take("USING") { Some(Box::new(self.expr()?)) } else { None };
        self.expect_symbol(Symbol::Close)?;
        Ok(ExprKind::Parse { operand, to, culture, lenient })
    }

    fn trim(&mut self) -> Parsed<Option<Expr>> {
        let start = self.here();
        let name: Ident = self.any_word();
        self.expect_symbol(Symbol::Open)?;
        let side = if self.take("LEADING") {
            Some(TrimSide::Leading)
        } else if self.take("TRAILING") {
            Some(TrimSide::Trailing)
        } else if self.take("BOTH") {
            Some(TrimSide::Both)
        } else {
            None
        };
        let characters = if self.is("FROM") { None } else { Some(self.expr()?) };
        let kind = if self.take("FROM") {
            let operand = Box::new(self.expr()?);
            ExprKind::Trim { side, characters: characters.map(Box::new), operand }
        } else {
            let Some(operand) = characters.filter(|_| side.is_none()) else {
                return self.unexpected();
            };
            let name = ObjectName { parts: vec![name] };
            ExprKind::Function(Box::new(plain_call(name, vec![operand])))
        };
        self.expect_symbol(Symbol::Close)?;
        Ok(Some(self.made(start, kind)))
    }

    /// `JSON_OBJECT(key:value, ...)` and `JSON_ARRAY(value, ...)`, with what becomes of NULL: an
    /// object keeps it, an array leaves it out, unless told otherwise.
    fn json_constructor(&mut self, is_object: bool) -> Parsed<ExprKind> {
        self.advance();
        self.expect_symbol(Symbol::Open)?;
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        let mut more = !self.is_symbol(Symbol::Close) && !self.is_null_clause();
        while more {
            if is_object {
                keys.push(self.expr()?);
                self.expect_symbol(Symbol::Colon)?;
            }
            values.push(self.expr()?);
            more = self.take_symbol(Symbol::Comma);
        }
        let absent = match self.is_null_clause() {
            true => self.advance_absent(),
            false => !is_object,
        };
        self.expect_symbol(Symbol::Close)?;
        Ok(ExprKind::JsonConstructor { keys: is_object.then_some(keys), values, absent })
    }

    fn is_null_clause(&self) -> bool {
        self.are(&["NULL", "ON", "NULL"]) || self.are(&["ABSENT", "ON", "NULL"])
    }

    /// Takes the clause; whether it is ABSENT ON NULL.
    fn advance_absent(&mut self) -> bool {
        let absent = self.take_all(&["ABSENT", "ON", "NULL"]);
        absent || !self.take_all(&["NULL", "ON", "NULL"])
    }

    fn identity(&mut self) -> Parsed<ExprKind> {
        self.advance();
        self.expect_symbol(Symbol::Open)?;
        let to = self.type_name()?;
        let seed = if self.take_symbol(Symbol::Comma) {
            let first = Box::new(self.expr()?);
            self.expect_symbol(Symbol::Comma)?;
            Some((first, Box::new(self.expr()?)))
        } else {
            None
        };
        self.expect_symbol(Symbol::Close)?;
        Ok(ExprKind::Identity { to, seed })
    }
}

/// A call of which nothing special is said.
pub(super) fn plain_call(name: ObjectName, arguments: Vec<Expr>) -> FunctionCall {
    FunctionCall {
        name,
        arguments,
        star: false,
        distinct: false,
        nulls: None,
        within_group: Vec::new(),
        over: None,
    }
}
