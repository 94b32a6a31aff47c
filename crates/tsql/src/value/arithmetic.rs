//! `+ - * / % & | ^ ~` on values.
//!
//! The type of the result comes from `types::arithmetic_type`; operands convert to it, decimals
//! and strings keeping their own sizes.
//!
//! Source: T-SQL reference, the page of each operator; "Precision, scale, and length".

use model::{Decimal, Ticks};

use super::convert::{cast, cut, float, money, number_digits, sized};
use super::date::{DateTimeValue, midnight};
use super::wide::Wide;
use super::{SqlError, SqlValue};
use crate::types::{ArithmeticOp, Kind, Length, SqlType, UnaryOp};

/// `left op right`, of the type that `types::arithmetic_type` gives for the operands.
pub fn arithmetic(
    op: ArithmeticOp,
    left: &SqlValue,
    right: &SqlValue,
    result: &SqlType,
) -> Result<SqlValue, SqlError> {
    if left.is_null() || right.is_null() {
        return Ok(SqlValue::Null);
    }
    let kind = result.kind();
    if kind.is_decimal() {
        return decimals(op, operand(left, result)?, operand(right, result)?, result);
    }
    if op == ArithmeticOp::Add && (kind.is_character() || kind.is_binary()) {
        return concatenate(left, right, result);
    }
    let (left, right) = (cast(left, result)?, cast(right, result)?);
    if kind.is_integer() {
        return integers(op, &left, &right, kind);
    }
    if kind.is_money() {
        return moneys(op, &left, &right, kind);
    }
    if kind.is_approximate() {
        return floats(op, &left, &right, kind);
    }
    if kind.is_old_date_time() {
        return moments(op, &left, &right, result);
    }
    bytes(op, &left, &right, result)
}

/// `op value`.
pub fn unary(op: UnaryOp, value: &SqlValue) -> Result<SqlValue, SqlError> {
    let invalid = |name| Err(SqlError::operand_invalid(value.type_name(), name));
    match (op, value) {
        (_, SqlValue::Null) | (UnaryOp::Plus, _) => Ok(value.clone()),
        (UnaryOp::BitNot, SqlValue::Bit(bit)) => Ok(SqlValue::Bit(!bit)),
        (UnaryOp::BitNot, SqlValue::TinyInt(number)) => Ok(SqlValue::TinyInt(!number)),
        (UnaryOp::BitNot, _) => {
            match value.as_i64().and_then(|n| sized(i128::from(!n), value.kind())) {
                Some(result) => Ok(result),
                None => invalid("'~'"),
            }
        }
        (UnaryOp::Minus, SqlValue::Decimal(number)) => {
            Ok(SqlValue::Decimal(Decimal::new(-number.mantissa, number.scale)))
        }
        (UnaryOp::Minus, SqlValue::Float(number)) => Ok(SqlValue::Float(-number)),
        (UnaryOp::Minus, SqlValue::Real(number)) => Ok(SqlValue::Real(-number)),
        (UnaryOp::Minus, SqlValue::Bit(_)) => invalid("minus"),
        (UnaryOp::Minus, _) => {
            let kind = if value.kind() == Kind::TinyInt { Kind::SmallInt } else { value.kind() };
            if let Some(units) = value.as_money() {
                let result = money(-i128::from(units), kind);
                return result.ok_or_else(|| SqlError::overflow_expression(kind.name()));
            }
            let Some(number) = value.as_i64() else { return invalid("minus") };
            sized(-i128::from(number), kind)
                .ok_or_else(|| SqlError::overflow_expression(kind.name()))
        }
    }
}

fn concatenate(left: &SqlValue, right: &SqlValue, to: &SqlType) -> Result<SqlValue, SqlError> {
    if let (Some(a), Some(b)) = (left.as_bytes(), right.as_bytes()) {
        return cast(&SqlValue::binary([a, b].concat()), to);
    }
    let unlimited =
        if to.kind().is_unicode() { SqlType::NVARCHAR_MAX } else { SqlType::VARCHAR_MAX };
    let (left, right) = (cast(left, &unlimited)?, cast(right, &unlimited)?);
    let text = [left.as_str().unwrap_or_default(), right.as_str().unwrap_or_default()].concat();
    let text = match to.length() {
        Some(Length::N(n)) if usize::from(n) < text.len() => cut(&text, usize::from(n)),
        _ => text,
    };
    match to.kind().is_unicode() {
        true => Ok(SqlValue::nvarchar(text)),
        false => Ok(SqlValue::varchar(text)),
    }
}

fn integers(
    op: ArithmeticOp,
    left: &SqlValue,
    right: &SqlValue,
    kind: Kind,
) -> Result<SqlValue, SqlError> {
    let a = i128::from(left.as_i64().unwrap_or_default());
    let b = i128::from(right.as_i64().unwrap_or_default());
    let number = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide => a.checked_div(b).ok_or_else(SqlError::divide_by_zero)?,
        ArithmeticOp::Modulo => a.checked_rem(b).ok_or_else(SqlError::divide_by_zero)?,
        ArithmeticOp::BitAnd => a & b,
        ArithmeticOp::BitOr => a | b,
        ArithmeticOp::BitXor => a ^ b,
    };
    sized(number, kind).ok_or_else(|| SqlError::overflow_expression(kind.name()))
}

/// Money keeps four digits at each step: a quotient is cut, a product rounded.
fn moneys(
    op: ArithmeticOp,
    left: &SqlValue,
    right: &SqlValue,
    kind: Kind,
) -> Result<SqlValue, SqlError> {
    let a = i128::from(left.as_money().unwrap_or_default());
    let b = i128::from(right.as_money().unwrap_or_default());
    let units = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => {
            let product = a * b;
            (product + 5_000 * product.signum()) / 10_000
        }
        ArithmeticOp::Divide => (a * 10_000).checked_div(b).ok_or_else(SqlError::divide_by_zero)?,
        ArithmeticOp::Modulo => a.checked_rem(b).ok_or_else(SqlError::divide_by_zero)?,
        ArithmeticOp::BitAnd | ArithmeticOp::BitOr | ArithmeticOp::BitXor => {
            return Err(SqlError::operand_invalid(kind.name(), op.name()));
        }
    };
    money(units, kind).ok_or_else(|| SqlError::overflow_expression(kind.name()))
}

fn floats(
    op: ArithmeticOp,
    left: &SqlValue,
    right: &SqlValue,
    kind: Kind,
) -> Result<SqlValue, SqlError> {
    let a = left.as_f64().unwrap_or_default();
    let b = right.as_f64().unwrap_or_default();
    let number = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide if b == 0.0 => return Err(SqlError::divide_by_zero()),
        ArithmeticOp::Divide => a / b,
        ArithmeticOp::Modulo
        | ArithmeticOp::BitAnd
        | ArithmeticOp::BitOr
        | ArithmeticOp::BitXor => {
            return Err(SqlError::operand_invalid(kind.name(), op.name()));
        }
    };
    float(number, kind).ok_or_else(|| SqlError::overflow_expression(kind.name()))
}

/// `datetime` adds and subtracts as days and their fractions since 1900-01-01.
fn moments(
    op: ArithmeticOp,
    left: &SqlValue,
    right: &SqlValue,
    result: &SqlType,
) -> Result<SqlValue, SqlError> {
    let units = |value: &SqlValue| -> Result<i64, SqlError> {
        let exact = cast(value, &SqlType::DateTime)?;
        let SqlValue::DateTime(exact) = exact else { return Ok(0) };
        Ok(i64::from(exact.days) * 25_920_000 + i64::from(exact.units))
    };
    let (a, b) = (units(left)?, units(right)?);
    let sum = if op == ArithmeticOp::Subtract { a - b } else { a + b };
    let days = i32::try_from(sum.div_euclid(25_920_000)).unwrap_or(i32::MAX / 2);
    let in_day = u32::try_from(sum.rem_euclid(25_920_000)).unwrap_or(0);
    let overflow = || SqlError::overflow_expression(result.name());
    if !(-53_690..=2_958_463).contains(&days) {
        return Err(overflow());
    }
    let exact = DateTimeValue { days, units: in_day };
    debug_assert!(midnight(0) <= exact.ticks() && exact.ticks() <= Ticks::MAX);
    cast(&SqlValue::DateTime(exact), result).map_err(|_| overflow())
}

/// Bit operators on two binaries of one length.
fn bytes(
    op: ArithmeticOp,
    left: &SqlValue,
    right: &SqlValue,
    result: &SqlType,
) -> Result<SqlValue, SqlError> {
    let invalid = || SqlError::operand_invalid(result.name(), op.name());
    let (Some(a), Some(b)) = (left.as_bytes(), right.as_bytes()) else { return Err(invalid()) };
    if a.len() != b.len() {
        return Err(invalid());
    }
    let pairs = a.iter().zip(b);
    let joined: Vec<u8> = match op {
        ArithmeticOp::BitAnd => pairs.map(|(a, b)| a & b).collect(),
        ArithmeticOp::BitOr => pairs.map(|(a, b)| a | b).collect(),
        ArithmeticOp::BitXor => pairs.map(|(a, b)| a ^ b).collect(),
        ArithmeticOp::Add
        | ArithmeticOp::Subtract
        | ArithmeticOp::Multiply
        | ArithmeticOp::Divide
        | ArithmeticOp::Modulo => return Err(invalid()),
    };
    Ok(SqlValue::binary(joined))
}

/// An operand of a decimal operator with its own scale; a string takes the result's.
fn operand(value: &SqlValue, result: &SqlType) -> Result<Decimal, SqlError> {
    if let Some(number) = value.as_decimal() {
        return Ok(number);
    }
    Ok(cast(value, result)?.as_decimal().unwrap_or_default())
}

fn decimals(
    op: ArithmeticOp,
    left: Decimal,
    right: Decimal,
    result: &SqlType,
) -> Result<SqlValue, SqlError> {
    let (precision, scale) = result.precision_and_scale().unwrap_or((38, 0));
    let zero = right.mantissa == 0;
    if zero && matches!(op, ArithmeticOp::Divide | ArithmeticOp::Modulo) {
        return Err(SqlError::divide_by_zero());
    }
    let number = match op {
        ArithmeticOp::Add => sum(left, right, scale),
        ArithmeticOp::Subtract => sum(left, Decimal::new(-right.mantissa, right.scale), scale),
        ArithmeticOp::Multiply => product(left, right, scale),
        ArithmeticOp::Divide => quotient(left, right, scale),
        ArithmeticOp::Modulo => remainder(left, right, scale),
        ArithmeticOp::BitAnd | ArithmeticOp::BitOr | ArithmeticOp::BitXor => {
            return Err(SqlError::operand_invalid(result.name(), op.name()));
        }
    };
    let fits = |number: &Decimal| number_digits(*number) <= precision;
    match number.filter(fits) {
        Some(number) => Ok(SqlValue::Decimal(number)),
        None => Err(SqlError::overflow_expression(result.name())),
    }
}

/// Both magnitudes with the same number of digits behind the point.
fn aligned(left: Decimal, right: Decimal) -> Option<(Wide, Wide, u8)> {
    let scale = left.scale.max(right.scale);
    let wide = |number: Decimal| {
        Wide::new(number.mantissa.unsigned_abs()).shifted(u32::from(scale - number.scale))
    };
    Some((wide(left)?, wide(right)?, scale))
}

/// A magnitude with `from` digits behind the point brought to `to`, half away from zero.
fn brought(number: Wide, from: u8, to: u8) -> Option<Wide> {
    match from <= to {
        true => number.shifted(u32::from(to - from)),
        false => number.rounded(u32::from(from - to)),
    }
}

fn sum(left: Decimal, right: Decimal, scale: u8) -> Option<Decimal> {
    let (a, b, common) = aligned(left, right)?;
    let (negative, magnitude) = match (left.mantissa < 0) == (right.mantissa < 0) {
        true => (left.mantissa < 0, a.plus(b)?),
        false if a < b => (right.mantissa < 0, b.minus(a)?),
        false => (left.mantissa < 0, a.minus(b)?),
    };
    brought(magnitude, common, scale)?.decimal(negative, scale)
}

fn product(left: Decimal, right: Decimal, scale: u8) -> Option<Decimal> {
    let product = Wide::product(left.mantissa.unsigned_abs(), right.mantissa.unsigned_abs());
    let negative = (left.mantissa < 0) != (right.mantissa < 0);
    brought(product, left.scale + right.scale, scale)?.decimal(negative, scale)
}

/// Digits behind the scale are cut, not rounded: `2.0/3` is 0.666666.
fn quotient(left: Decimal, right: Decimal, scale: u8) -> Option<Decimal> {
    let up = u32::from(scale) + u32::from(right.scale);
    let down = u32::from(left.scale);
    let dividend = Wide::new(left.mantissa.unsigned_abs()).shifted(up.saturating_sub(down))?;
    let divisor = Wide::new(right.mantissa.unsigned_abs()).shifted(down.saturating_sub(up))?;
    let negative = (left.mantissa < 0) != (right.mantissa < 0);
    dividend.divided(divisor)?.0.decimal(negative, scale)
}

/// The remainder has the sign of the dividend.
fn remainder(left: Decimal, right: Decimal, scale: u8) -> Option<Decimal> {
    let (a, b, common) = aligned(left, right)?;
    brought(a.divided(b)?.1, common, scale)?.decimal(left.mantissa < 0, scale)
}
