//! Tokens into syntax, by precedence climbing.
//!
//! # Invariant
//!
//! The parser calls itself only for what is nested in the text (parentheses, arguments, unary
//! operators), and not deeper than [`DEPTH_MAX`]. Chains (`a + b + c`, `a ? b : c ? d : e`) are
//! loops.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use model::{DataType, Span, TypeParts, dts};

use crate::lexer::{Token, tokens};
use crate::problem::Problem;
use crate::syntax::{
    Ast, BinaryOperator, ColumnName, Literal, Node, NodeId, Syntax, UnaryOperator,
};

/// How deep parentheses, calls and unary operators may nest: far beyond what people write, and
/// little enough for the smallest thread's stack.
pub const DEPTH_MAX: usize = 200;

/// Parses an expression.
///
/// # Errors
///
/// The first mistake in the text.
pub fn parse(text: &str) -> Result<Ast, Problem> {
    let mut parser = Parser::new(text)?;
    parser.expression()?;
    parser.expect_end()?;
    Ok(Ast { nodes: parser.nodes })
}

/// A variable on the left of `=`, and where it stands.
pub(crate) struct Target {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// Parses `@Variable = expression`, or an expression.
pub(crate) fn parse_assignment(text: &str) -> Result<(Option<Target>, Ast), Problem> {
    let mut parser = Parser::new(text)?;
    let target = match &parser.tokens[..] {
        [(Token::Variable { namespace, name }, span), (Token::Assign, _), ..] => {
            Some(Target { namespace: namespace.clone(), name: name.clone(), span: *span })
        }
        _ => None,
    };
    if target.is_some() {
        parser.at = 2;
    }
    parser.expression()?;
    parser.expect_end()?;
    Ok((target, Ast { nodes: parser.nodes }))
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    end: Span,
    depth: usize,
    nodes: Vec<Node>,
}

impl Parser {
    fn new(text: &str) -> Result<Self, Problem> {
        let tokens = tokens(text)?;
        let end: Span = (text.len()..text.len()).into();
        if tokens.is_empty() {
            let message = "the expression is empty";
            return Err(Problem::error(dts::DTS_E_EXPREVALEXPRESSIONEMPTY, end, message));
        }
        Ok(Self { tokens, at: 0, end, depth: 0, nodes: Vec::new() })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(self.end, |(_, span)| *span)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let code = dts::DTS_E_EXPREVALFAILEDTOPARSEEXPRESSION;
        match self.peek() {
            None => Problem::error(
                code,
                self.end,
                format!("the expression ends where {wanted} should be"),
            ),
            Some(Token::Assign) => {
                let code = dts::DTS_E_EXPREVALINVALIDTOKENSINGLEEQUAL;
                Problem::error(code, self.span(), "single equal sign in the expression")
                    .with_hint("compare with `==`")
            }
            Some(_) => Problem::error(code, self.span(), format!("{wanted} should be here")),
        }
    }

    fn expect(&mut self, token: &Token, wanted: &str) -> Result<(), Problem> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(wanted)) }
    }

    fn expect_end(&self) -> Result<(), Problem> {
        if self.at < self.tokens.len() { Err(self.unexpected("an operator")) } else { Ok(()) }
    }

    fn push(&mut self, syntax: Syntax, start: usize) -> NodeId {
        let first = self.tokens.get(start).map_or(self.end, |(_, span)| *span);
        let last = self.tokens.get(self.at.saturating_sub(1)).map_or(self.end, |(_, span)| *span);
        self.nodes.push(Node { syntax, span: (first.start..last.end.max(first.start)).into() });
        self.nodes.len() - 1
    }

    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if self.depth == DEPTH_MAX {
            let message = format!("the expression is nested more than {DEPTH_MAX} deep");
            let code = dts::DTS_E_EXPREVALFAILEDTOPARSEEXPRESSION;
            return Err(Problem::error(code, self.span(), message)
                .with_hint("compute a part of it in a variable or in a column of its own"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// An expression, in which `? :` is the weakest operator and associates to the right.
    fn expression(&mut self) -> Result<NodeId, Problem> {
        let mut open = Vec::new();
        let mut last = loop {
            let start = self.at;
            let condition = self.binary(1)?;
            if !self.take(&Token::Question) {
                break condition;
            }
            let then = self.nested(Self::expression)?;
            self.expect(&Token::Colon, "`:`")?;
            open.push((start, condition, then));
        };
        while let Some((start, condition, then)) = open.pop() {
            last = self.push(Syntax::Conditional { condition, then, otherwise: last }, start);
        }
        Ok(last)
    }

    /// Operators that bind at least as tightly as `weakest`. The loop keeps its own stack of
    /// left operands, so a long chain costs no recursion.
    fn binary(&mut self, weakest: u8) -> Result<NodeId, Problem> {
        let mut pending: Vec<(usize, NodeId, BinaryOperator)> = Vec::new();
        loop {
            let start = self.at;
            let mut operand = self.unary()?;
            let mut operand_start = start;
            let next = match self.peek() {
                Some(Token::Operator(operator)) if weakest <= operator.precedence() => {
                    Some(*operator)
                }
                _ => None,
            };
            let strength = next.map_or(0, BinaryOperator::precedence);
            while let Some((start, left, operator)) =
                pending.pop_if(|(_, _, operator)| strength <= operator.precedence())
            {
                operand = self.push(Syntax::Binary(operator, left, operand), start);
                operand_start = start;
            }
            let Some(operator) = next else { return Ok(operand) };
            self.at += 1;
            pending.push((operand_start, operand, operator));
        }
    }

    fn unary(&mut self) -> Result<NodeId, Problem> {
        let start = self.at;
        let operator = match self.peek() {
            Some(Token::Operator(BinaryOperator::Subtract)) => Some(UnaryOperator::Negate),
            Some(Token::Not) => Some(UnaryOperator::Not),
            Some(Token::Complement) => Some(UnaryOperator::Complement),
            _ => None,
        };
        if let Some(operator) = operator {
            self.at += 1;
            let operand = self.nested(Self::unary)?;
            return Ok(self.push(Syntax::Unary(operator, operand), start));
        }
        if let Some(to) = self.cast_type()? {
            let operand = self.nested(Self::unary)?;
            return Ok(self.push(Syntax::Cast { to, operand }, start));
        }
        self.primary()
    }

    /// `(DT_X, ...)`, if that is what comes next.
    fn cast_type(&mut self) -> Result<Option<DataType>, Problem> {
        let (Some(Token::Open), Some((Token::Name(name), _))) =
            (self.peek(), self.tokens.get(self.at + 1))
        else {
            return Ok(None);
        };
        if !is_type_name(name) {
            return Ok(None);
        }
        self.at += 1;
        self.data_type().map(Some)
    }

    /// A type with its parameters and the closing parenthesis.
    fn data_type(&mut self) -> Result<DataType, Problem> {
        let span = self.span();
        let name = match self.peek() {
            Some(Token::Name(name)) if is_type_name(name) => name.clone(),
            _ => return Err(self.unexpected("the name of a data type")),
        };
        self.at += 1;
        let mut parameters = Vec::new();
        while self.take(&Token::Comma) {
            let Some(Token::Literal(Literal::I4(number))) = self.peek() else {
                let message = format!("a parameter of {name} is not an integer literal");
                let code = dts::DTS_E_EXPREVALINVALIDCASTPARAM;
                return Err(Problem::error(code, self.span(), message));
            };
            parameters.push(*number);
            self.at += 1;
        }
        let end = self.span();
        self.expect(&Token::Close, "`)`")?;
        type_with(&name, &parameters, (span.start..end.end).into())
    }

    fn primary(&mut self) -> Result<NodeId, Problem> {
        let start = self.at;
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected("an operand")) };
        match token {
            Token::Open => {
                self.at += 1;
                let inner = self.nested(Self::expression)?;
                self.expect(&Token::Close, "`)`")?;
                Ok(inner)
            }
            Token::Literal(literal) => Ok(self.leaf(Syntax::Literal(literal))),
            Token::Variable { namespace, name } => {
                Ok(self.leaf(Syntax::Variable { namespace, name }))
            }
            Token::LineageId(id) => Ok(self.leaf(Syntax::Column(ColumnName::LineageId(id)))),
            Token::RefId(id) => Ok(self.leaf(Syntax::Column(ColumnName::RefId(id)))),
            Token::Name(name) | Token::Quoted(name) => {
                self.at += 1;
                if self.take(&Token::Open) {
                    return self.call(name, start);
                }
                let bare = matches!(self.tokens[start].0, Token::Name(_));
                if bare && let Some(value) = boolean(&name) {
                    return Ok(self.push(Syntax::Literal(Literal::Bool(value)), start));
                }
                self.column(name, start)
            }
            Token::Operator(_)
            | Token::Not
            | Token::Complement
            | Token::Close
            | Token::Comma
            | Token::Dot
            | Token::Question
            | Token::Colon
            | Token::Assign => Err(self.unexpected("an operand")),
        }
    }

    fn leaf(&mut self, syntax: Syntax) -> NodeId {
        let start = self.at;
        self.at += 1;
        self.push(syntax, start)
    }

    fn column(&mut self, name: String, start: usize) -> Result<NodeId, Problem> {
        if !self.take(&Token::Dot) {
            return Ok(self.push(Syntax::Column(ColumnName::Name(name)), start));
        }
        match self.peek().cloned() {
            Some(Token::Name(column) | Token::Quoted(column)) => {
                self.at += 1;
                let name = ColumnName::Qualified { source: name, name: column };
                Ok(self.push(Syntax::Column(name), start))
            }
            _ => Err(self.unexpected("the name of a column")),
        }
    }

    /// A call; the opening parenthesis is behind us.
    fn call(&mut self, name: String, start: usize) -> Result<NodeId, Problem> {
        if name.eq_ignore_ascii_case("NULL") {
            let data_type = self.data_type()?;
            return Ok(self.push(Syntax::Null(data_type), start));
        }
        let mut arguments = Vec::new();
        if !self.take(&Token::Close) {
            loop {
                arguments.push(self.nested(Self::expression)?);
                if !self.take(&Token::Comma) {
                    break;
                }
            }
            self.expect(&Token::Close, "`,` or `)`")?;
        }
        Ok(self.push(Syntax::Call { name, arguments }, start))
    }
}

fn boolean(name: &str) -> Option<bool> {
    if name.eq_ignore_ascii_case("TRUE") {
        Some(true)
    } else if name.eq_ignore_ascii_case("FALSE") {
        Some(false)
    } else {
        None
    }
}

fn named_type(name: &str, parts: TypeParts) -> Option<DataType> {
    let short = name.get(..3).filter(|prefix| prefix.eq_ignore_ascii_case("DT_"))?;
    DataType::from_pipeline_name(&name[short.len()..], parts)
        .filter(|found| !matches!(found, DataType::Empty | DataType::Null))
}

fn is_type_name(name: &str) -> bool {
    named_type(name, TypeParts::default()).is_some()
}

/// The type with this name and these parameters.
fn type_with(name: &str, parameters: &[i32], span: Span) -> Result<DataType, Problem> {
    let bare = named_type(name, TypeParts::default()).unwrap_or(DataType::Null);
    let shown = bare.name();
    let count = match bare {
        DataType::Str { .. } | DataType::Numeric { .. } => 2,
        DataType::WStr { .. }
        | DataType::Bytes { .. }
        | DataType::Decimal { .. }
        | DataType::Text { .. }
        | DataType::DbTime2 { .. }
        | DataType::DbTimestamp2 { .. }
        | DataType::DbTimestampOffset { .. } => 1,
        _ => 0,
    };
    if parameters.len() != count {
        let message = format!("{shown} has {count} parameters, not {}", parameters.len());
        return Err(Problem::error(dts::DTS_E_EXPREVALINVALIDCASTPARAM, span, message));
    }
    let number = |index: usize, max: i32, code: u32, what: &str| -> Result<u32, Problem> {
        let value = parameters.get(index).copied().unwrap_or(0);
        u32::try_from(value).ok().filter(|_| value <= max).ok_or_else(|| {
            let message = format!("{value} is not a {what} that {shown} can have (0 to {max})");
            Problem::error(code, span, message)
        })
    };
    let length_code = dts::DTS_E_EXPREVALINVALIDCASTLENGTH;
    let scale_code = dts::DTS_E_EXPREVALINVALIDCASTSCALE;
    let mut parts = TypeParts::default();
    match bare {
        DataType::WStr { .. } => parts.length = number(0, 4000, length_code, "length")?,
        DataType::Bytes { .. } => parts.length = number(0, 8000, length_code, "length")?,
        DataType::Str { .. } => {
            parts.length = number(0, 8000, length_code, "length")?;
            parts.code_page = code_page(parameters[1], span)?;
        }
        DataType::Text { .. } => parts.code_page = code_page(parameters[0], span)?,
        DataType::Numeric { .. } => {
            let precision_code = dts::DTS_E_EXPREVALINVALIDCASTPRECISION;
            parts.precision = small(number(0, 38, precision_code, "precision")?).max(1);
            let max = i32::from(parts.precision);
            parts.scale = small(number(1, max, scale_code, "scale")?);
        }
        DataType::Decimal { .. } => parts.scale = small(number(0, 28, scale_code, "scale")?),
        DataType::DbTime2 { .. }
        | DataType::DbTimestamp2 { .. }
        | DataType::DbTimestampOffset { .. } => {
            parts.scale = small(number(0, 7, scale_code, "scale")?);
        }
        _ => {}
    }
    Ok(named_type(name, parts).unwrap_or(bare))
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn code_page(number: i32, span: Span) -> Result<u32, Problem> {
    u32::try_from(number).ok().filter(|&number| crate::CodePage::new(number).is_some()).ok_or_else(
        || {
            let message = format!("code page {number} is not supported");
            Problem::error(dts::DTS_E_EXPREVALINVALIDCASTCODEPAGE, span, message)
        },
    )
}
