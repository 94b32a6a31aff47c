//! Types of operators, of `? :` and of casts.

use model::{DataType, Span, Value, dts};

use super::Compiler;
use crate::convert::is_convertible;
use crate::problem::Problem;
use crate::step::{Op, StepId};
use crate::syntax::{BinaryOperator, UnaryOperator};
use crate::types::{
    TEXT_MAX, common_branch, common_date_time, common_number, is_lob, is_short_text, is_signed,
    numeric_parts, numeric_result, text_length, unicode,
};

/// The operands of a binary operator.
#[derive(Clone, Copy)]
struct Pair {
    operator: BinaryOperator,
    left: StepId,
    right: StepId,
    span: Span,
}

impl Compiler<'_> {
    pub(super) fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: StepId,
        span: Span,
    ) -> Result<StepId, Problem> {
        let data_type = self.type_of(operand);
        let (fits, op) = match operator {
            UnaryOperator::Negate => (data_type.is_numeric(), Op::Negate(operand)),
            UnaryOperator::Not => (data_type == DataType::Bool, Op::Not(operand)),
            UnaryOperator::Complement => (data_type.is_integer(), Op::Complement(operand)),
        };
        if fits {
            return self.push_folded(op, data_type, span);
        }
        let message = format!(
            "the data type {data_type} of `{}` cannot be used with unary operator `{}`",
            self.snippet(self.span_of(operand)),
            operator.symbol()
        );
        Err(Problem::error(dts::DTS_E_EXPREVALUNSUPPORTEDUNNARYTYPE, span, message)
            .with_hint("cast the operand to a type that the operator takes"))
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: StepId,
        right: StepId,
        span: Span,
    ) -> Result<StepId, Problem> {
        let pair = Pair { operator, left, right, span };
        self.refuse_plain_str(pair)?;
        let texts = (self.type_of(left).is_text(), self.type_of(right).is_text());
        match operator {
            BinaryOperator::Add if texts.0 && texts.1 => self.concat(pair),
            BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo => self.arithmetic(pair),
            BinaryOperator::BitAnd | BinaryOperator::BitOr | BinaryOperator::BitXor => {
                self.bitwise(pair)
            }
            BinaryOperator::And | BinaryOperator::Or => self.logical(pair),
            BinaryOperator::Less
            | BinaryOperator::Greater
            | BinaryOperator::LessOrEqual
            | BinaryOperator::GreaterOrEqual
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual => self.comparison(pair),
        }
    }

    /// `NULL(DT_STR, ...)` has no text in a code page to work with.
    fn refuse_plain_str(&self, pair: Pair) -> Result<(), Problem> {
        for side in [pair.left, pair.right] {
            if let DataType::Str { .. } = self.type_of(side) {
                let message = format!(
                    "DT_STR cannot be used with binary operator `{}` here",
                    pair.operator.symbol()
                );
                return Err(Problem::error(
                    dts::DTS_E_EXPREVALBINARYOPDTSTRNOTSUPPORTED,
                    self.span_of(side),
                    message,
                )
                .with_hint("use DT_WSTR inside an expression"));
            }
        }
        Ok(())
    }

    fn incompatible(&self, pair: Pair) -> Problem {
        let (left, right) = (self.type_of(pair.left), self.type_of(pair.right));
        let message = format!(
            "the data types {left} and {right} are incompatible for binary operator `{}` in `{}`",
            pair.operator.symbol(),
            self.snippet(pair.span)
        );
        Problem::error(dts::DTS_E_EXPREVALBINARYTYPEMISMATCH, pair.span, message)
            .with_hint("cast one of the operands")
    }

    fn unsupported(&self, pair: Pair, data_type: DataType) -> Problem {
        let message = format!(
            "the data type {data_type} cannot be used with binary operator `{}` in `{}`",
            pair.operator.symbol(),
            self.snippet(pair.span)
        );
        Problem::error(dts::DTS_E_EXPREVALUNSUPPORTEDBINARYTYPE, pair.span, message)
            .with_hint("cast the operand to a type that the operator takes")
    }

    fn concat(&mut self, pair: Pair) -> Result<StepId, Problem> {
        let (left, right) = (self.type_of(pair.left), self.type_of(pair.right));
        if is_lob(left) && is_lob(right) && left != right {
            return Err(self.incompatible(pair));
        }
        let op = Op::Concat(pair.left, pair.right);
        if is_lob(left) || is_lob(right) {
            let lob = if is_lob(left) { left } else { right };
            return self.push_folded(op, lob, pair.span);
        }
        let length = u64::from(text_length(left)) + u64::from(text_length(right));
        self.warn_of_length(length, pair.span);
        let length = u32::try_from(length).unwrap_or(TEXT_MAX).min(TEXT_MAX);
        self.push_folded(op, DataType::WStr { length }, pair.span)
    }

    fn arithmetic(&mut self, pair: Pair) -> Result<StepId, Problem> {
        let (left, right) = (self.type_of(pair.left), self.type_of(pair.right));
        for side in [left, right] {
            if !side.is_numeric() && !side.is_text() {
                return Err(self.unsupported(pair, side));
            }
        }
        let common = common_number(left, right).ok_or_else(|| self.incompatible(pair))?;
        if pair.operator == BinaryOperator::Modulo && !common.is_integer() {
            return Err(self.unsupported(pair, if left.is_integer() { right } else { left }));
        }
        if let DataType::Numeric { .. } = common {
            return self.numeric(pair);
        }
        let (left, right) =
            (self.implicitly(pair.left, common)?, self.implicitly(pair.right, common)?);
        self.push_folded(Op::Arithmetic(pair.operator, left, right), common, pair.span)
    }

    /// Exact decimals: each side keeps its own scale, the result has room for every digit.
    fn numeric(&mut self, pair: Pair) -> Result<StepId, Problem> {
        let (left, right) = (self.type_of(pair.left), self.type_of(pair.right));
        let parts = numeric_parts(left).zip(numeric_parts(right));
        let (left_parts, right_parts) = parts.ok_or_else(|| self.incompatible(pair))?;
        let any_decimal = [left, right].iter().any(|t| matches!(t, DataType::Decimal { .. }));
        let exact = numeric_result(pair.operator, left_parts, right_parts);
        // A DT_DECIMAL has no declared precision that could be lost: what does not fit is an
        // overflow of the row, not of the types.
        let result = if any_decimal { exact.or_else(|parts| Ok(squeezed(parts))) } else { exact };
        let result = result.map_err(|(digits, _)| {
            let message = format!(
                "the result of `{}` with {left} and {right} needs {digits} digits and exceeds the maximum size of numeric types",
                self.snippet(pair.span)
            );
            Problem::error(dts::DTS_E_EXPREVALBINARYOPNUMERICOVERFLOW, pair.span, message)
                .with_hint("cast one of the operands to a DT_NUMERIC with fewer digits or to DT_R8")
        })?;
        let left = self.implicitly(pair.left, numeric(left_parts))?;
        let right = self.implicitly(pair.right, numeric(right_parts))?;
        self.push_folded(Op::Arithmetic(pair.operator, left, right), result, pair.span)
    }

    fn bitwise(&mut self, pair: Pair) -> Result<StepId, Problem> {
        let (left, right) = (self.type_of(pair.left), self.type_of(pair.right));
        for side in [left, right] {
            if !side.is_integer() {
                return Err(self.unsupported(pair, side));
            }
        }
        let common = common_number(left, right).filter(|_| is_signed(left) == is_signed(right));
        let common = common.ok_or_else(|| {
            let message = format!(
                "the operands of `{}` are one signed and one unsigned in `{}`",
                pair.operator.symbol(),
                self.snippet(pair.span)
            );
            Problem::error(dts::DTS_E_EXPREVALBINARYSIGNMISMATCH, pair.span, message)
                .with_hint("cast one of the operands")
        })?;
        let (left, right) =
            (self.implicitly(pair.left, common)?, self.implicitly(pair.right, common)?);
        self.push_folded(Op::Bitwise(pair.operator, left, right), common, pair.span)
    }

    fn logical(&mut self, pair: Pair) -> Result<StepId, Problem> {
        for side in [pair.left, pair.right] {
            let data_type = self.type_of(side);
            if data_type != DataType::Bool {
                return Err(self.unsupported(pair, data_type));
            }
        }
        let op = if pair.operator == BinaryOperator::And {
            Op::And(pair.left, pair.right)
        } else {
            Op::Or(pair.left, pair.right)
        };
        self.push_folded(op, DataType::Bool, pair.span)
    }

    fn comparison(&mut self, pair: Pair) -> Result<StepId, Problem> {
        let (left, right) = (self.type_of(pair.left), self.type_of(pair.right));
        let equality = matches!(pair.operator, BinaryOperator::Equal | BinaryOperator::NotEqual);
        let bytes = |t: DataType| matches!(t, DataType::Bytes { .. });
        let op = |left, right| Op::Compare(pair.operator, left, right);
        let as_it_is = (is_short_text(left) && is_short_text(right))
            || (left == right && (left == DataType::Bool || left == DataType::Guid))
            || (bytes(left) && bytes(right))
            || (is_lob(left) && left == right && equality);
        if as_it_is {
            return self.push_folded(op(pair.left, pair.right), DataType::Bool, pair.span);
        }
        if is_lob(left) || is_lob(right) {
            let lob = if is_lob(left) { left } else { right };
            return Err(self.unsupported(pair, lob));
        }
        if let Some(DataType::Numeric { .. }) = common_number(left, right) {
            let parts = numeric_parts(left).zip(numeric_parts(right));
            let (left_parts, right_parts) = parts.ok_or_else(|| self.incompatible(pair))?;
            let left = self.implicitly(pair.left, numeric(left_parts))?;
            let right = self.implicitly(pair.right, numeric(right_parts))?;
            return self.push_folded(op(left, right), DataType::Bool, pair.span);
        }
        let common = common_number(left, right).or_else(|| common_date_time(left, right));
        let common = common.ok_or_else(|| self.incompatible(pair))?;
        let (left, right) =
            (self.implicitly(pair.left, common)?, self.implicitly(pair.right, common)?);
        self.push_folded(op(left, right), DataType::Bool, pair.span)
    }

    pub(super) fn conditional(
        &mut self,
        condition: StepId,
        (then, otherwise): (StepId, StepId),
        span: Span,
    ) -> Result<StepId, Problem> {
        let condition_type = self.type_of(condition);
        if condition_type != DataType::Bool {
            let message = format!(
                "the condition `{}` of `? :` has data type {condition_type} and not DT_BOOL",
                self.snippet(self.span_of(condition))
            );
            let code = dts::DTS_E_EXPREVALCONDITIONALOPINVALIDCONDITIONTYPE;
            return Err(Problem::error(code, span, message).with_hint("compare it with `==`"));
        }
        let types = (self.type_of(then), self.type_of(otherwise));
        if let (DataType::Str { .. }, _) | (_, DataType::Str { .. }) = types {
            let message = "DT_STR cannot be used with the conditional operator here";
            let code = dts::DTS_E_EXPREVALCONDITIONALOPDTSTRNOTSUPPORTED;
            return Err(
                Problem::error(code, span, message).with_hint("use DT_WSTR inside an expression")
            );
        }
        let common = common_branch(types.0, types.1).ok_or_else(|| {
            let code_pages = matches!(types, (DataType::Text { .. }, DataType::Text { .. }));
            let code = if code_pages {
                dts::DTS_E_EXPREVALCONDITIONALOPCODEPAGEMISMATCH
            } else {
                dts::DTS_E_EXPREVALCONDITIONALOPTYPEMISMATCH
            };
            let message = format!(
                "the data types {} and {} of the two results of `? :` are incompatible in `{}`",
                types.0,
                types.1,
                self.snippet(span)
            );
            Problem::error(code, span, message).with_hint("cast one of the results")
        })?;
        let then = self.implicitly(then, common)?;
        let otherwise = self.implicitly(otherwise, common)?;
        self.push_folded(Op::Select { condition, then, otherwise }, common, span)
    }

    pub(super) fn cast(
        &mut self,
        operand: StepId,
        to: DataType,
        is_root: bool,
        span: Span,
    ) -> Result<StepId, Problem> {
        let from = self.type_of(operand);
        let is_null = matches!(self.steps[operand].op, Op::Constant(Value::Null));
        if !is_convertible(from, to) && !is_null {
            let message = format!(
                "`{}` cannot be cast from {from} to {to}",
                self.snippet(self.span_of(operand))
            );
            return Err(Problem::error(dts::DTS_E_EXPREVALINVALIDCAST, span, message)
                .with_hint("cast it to DT_WSTR first"));
        }
        let inner = self.push_folded(Op::Convert { operand, is_cast: true }, to, span)?;
        if is_root || !matches!(to, DataType::Str { .. }) {
            return Ok(inner);
        }
        // Inside an expression text has no code page; the check that the cast made stands.
        let unicode = unicode(to);
        self.push_folded(Op::Convert { operand: inner, is_cast: false }, unicode, span)
    }
}

/// 38 digits of more, giving up scale beyond the sixth digit for digits in front of the point, as
/// SQL Server does.
fn squeezed((precision, scale): (u16, u16)) -> DataType {
    let whole = precision - scale;
    let scale = 38u16.saturating_sub(whole).max(scale.min(6)).min(scale);
    DataType::Numeric { precision: 38, scale: u8::try_from(scale).unwrap_or(6) }
}

fn numeric((precision, scale): (u8, u8)) -> DataType {
    DataType::Numeric { precision, scale }
}
