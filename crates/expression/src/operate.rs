//! Operators on one row: what each computes from values of the types that it works on.
//!
//! The kernels compute the same for whole columns; a property test holds them to it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of another kind is refused: operands have the type that the step says"
)]

use std::cmp::Ordering;

use model::{DataType, Decimal, Value};

use crate::array::decimal_parts;
use crate::collate;
use crate::convert::mantissa_fits;
use crate::fault::Fault;
use crate::syntax::BinaryOperator;

/// Applies an arithmetic operator to two integers of the same type; `$fault` says why not.
macro_rules! checked {
    ($operator:expr, $a:expr, $b:expr) => {
        match $operator {
            BinaryOperator::Add => $a.checked_add($b),
            BinaryOperator::Subtract => $a.checked_sub($b),
            BinaryOperator::Multiply => $a.checked_mul($b),
            BinaryOperator::Divide => $a.checked_div($b),
            BinaryOperator::Modulo => $a.checked_rem($b),
            _ => None,
        }
    };
}

/// `+ - * / %` of two numbers, neither of them NULL.
pub(crate) fn arithmetic(
    operator: BinaryOperator,
    a: &Value,
    b: &Value,
    result: DataType,
) -> Result<Value, Fault> {
    let divides = matches!(operator, BinaryOperator::Divide | BinaryOperator::Modulo);
    if divides && is_zero(b) {
        return Err(Fault::DivideByZero);
    }
    let value = match (a, b) {
        (Value::I1(a), Value::I1(b)) => checked!(operator, a, *b).map(Value::I1),
        (Value::I2(a), Value::I2(b)) => checked!(operator, a, *b).map(Value::I2),
        (Value::I4(a), Value::I4(b)) => checked!(operator, a, *b).map(Value::I4),
        (Value::I8(a), Value::I8(b)) => checked!(operator, a, *b).map(Value::I8),
        (Value::Ui1(a), Value::Ui1(b)) => checked!(operator, a, *b).map(Value::Ui1),
        (Value::Ui2(a), Value::Ui2(b)) => checked!(operator, a, *b).map(Value::Ui2),
        (Value::Ui4(a), Value::Ui4(b)) => checked!(operator, a, *b).map(Value::Ui4),
        (Value::Ui8(a), Value::Ui8(b)) => checked!(operator, a, *b).map(Value::Ui8),
        (Value::R4(a), Value::R4(b)) => float32(operator, *a, *b).map(Value::R4),
        (Value::R8(a), Value::R8(b)) => float64(operator, *a, *b).map(Value::R8),
        (Value::Decimal(a), Value::Decimal(b)) => {
            let mantissa = decimal(operator, *a, *b, result);
            let scale = decimal_parts(result).map_or(0, |parts| parts.1);
            mantissa.map(|mantissa| Value::Decimal(Decimal::new(mantissa, scale)))
        }
        _ => None,
    };
    value.ok_or(Fault::BinaryOverflow)
}

fn is_zero(value: &Value) -> bool {
    crate::convert::Number::of(value).is_some_and(|n| n.to_f64() == 0.0)
}

/// `None` when the result is not a finite number.
pub(crate) fn float64(operator: BinaryOperator, a: f64, b: f64) -> Option<f64> {
    let result = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        _ => a / b,
    };
    result.is_finite().then_some(result)
}

/// `None` when the result is not a finite number.
pub(crate) fn float32(operator: BinaryOperator, a: f32, b: f32) -> Option<f32> {
    let result = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        _ => a / b,
    };
    result.is_finite().then_some(result)
}

/// The mantissa of the result at the scale of its type; `None` when it does not fit. The types of
/// results leave room for all digits, so digits are lost only where a DT_CY keeps four.
pub(crate) fn decimal(
    operator: BinaryOperator,
    a: Decimal,
    b: Decimal,
    result: DataType,
) -> Option<i128> {
    let scale = decimal_parts(result)?.1;
    let mantissa = match operator {
        BinaryOperator::Add => {
            a.rescale(scale)?.mantissa.checked_add(b.rescale(scale)?.mantissa)?
        }
        BinaryOperator::Subtract => {
            a.rescale(scale)?.mantissa.checked_sub(b.rescale(scale)?.mantissa)?
        }
        BinaryOperator::Multiply => {
            let product = a.mantissa.checked_mul(b.mantissa)?;
            Decimal::new(product, a.scale + b.scale).rescale(scale)?.mantissa
        }
        _ => {
            let shift = scale + b.scale;
            let numerator = if a.scale <= shift {
                a.mantissa.checked_mul(10i128.checked_pow(u32::from(shift - a.scale))?)?
            } else {
                a.mantissa / 10i128.checked_pow(u32::from(a.scale - shift))?
            };
            numerator.checked_div(b.mantissa)?
        }
    };
    mantissa_fits(mantissa, result).then_some(mantissa)
}

/// `& | ^` of two integers of the same type.
pub(crate) fn bitwise(operator: BinaryOperator, a: &Value, b: &Value) -> Result<Value, Fault> {
    macro_rules! bits {
        ($a:expr, $b:expr) => {
            match operator {
                BinaryOperator::BitAnd => $a & $b,
                BinaryOperator::BitOr => $a | $b,
                _ => $a ^ $b,
            }
        };
    }
    Ok(match (a, b) {
        (Value::I1(a), Value::I1(b)) => Value::I1(bits!(a, b)),
        (Value::I2(a), Value::I2(b)) => Value::I2(bits!(a, b)),
        (Value::I4(a), Value::I4(b)) => Value::I4(bits!(a, b)),
        (Value::I8(a), Value::I8(b)) => Value::I8(bits!(a, b)),
        (Value::Ui1(a), Value::Ui1(b)) => Value::Ui1(bits!(a, b)),
        (Value::Ui2(a), Value::Ui2(b)) => Value::Ui2(bits!(a, b)),
        (Value::Ui4(a), Value::Ui4(b)) => Value::Ui4(bits!(a, b)),
        (Value::Ui8(a), Value::Ui8(b)) => Value::Ui8(bits!(a, b)),
        _ => return Err(Fault::Function),
    })
}

/// Unary minus.
pub(crate) fn negate(value: &Value) -> Result<Value, Fault> {
    let overflow = Fault::UnaryOverflow;
    Ok(match value {
        Value::I1(n) => Value::I1(n.checked_neg().ok_or(overflow)?),
        Value::I2(n) => Value::I2(n.checked_neg().ok_or(overflow)?),
        Value::I4(n) => Value::I4(n.checked_neg().ok_or(overflow)?),
        Value::I8(n) => Value::I8(n.checked_neg().ok_or(overflow)?),
        Value::Ui1(n) => Value::Ui1(n.checked_neg().ok_or(overflow)?),
        Value::Ui2(n) => Value::Ui2(n.checked_neg().ok_or(overflow)?),
        Value::Ui4(n) => Value::Ui4(n.checked_neg().ok_or(overflow)?),
        Value::Ui8(n) => Value::Ui8(n.checked_neg().ok_or(overflow)?),
        Value::R4(n) => Value::R4(-n),
        Value::R8(n) => Value::R8(-n),
        Value::Decimal(n) => Value::Decimal(Decimal::new(-n.mantissa, n.scale)),
        _ => return Err(overflow),
    })
}

/// `~`.
pub(crate) fn complement(value: &Value) -> Result<Value, Fault> {
    Ok(match value {
        Value::I1(n) => Value::I1(!n),
        Value::I2(n) => Value::I2(!n),
        Value::I4(n) => Value::I4(!n),
        Value::I8(n) => Value::I8(!n),
        Value::Ui1(n) => Value::Ui1(!n),
        Value::Ui2(n) => Value::Ui2(!n),
        Value::Ui4(n) => Value::Ui4(!n),
        Value::Ui8(n) => Value::Ui8(!n),
        _ => return Err(Fault::Function),
    })
}

/// Whether an order satisfies a comparison.
pub(crate) fn satisfies(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Equal => order.is_eq(),
        BinaryOperator::NotEqual => order.is_ne(),
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// Two texts: equality is ordinal, order is linguistic.
pub(crate) fn compare_texts(operator: BinaryOperator, a: &str, b: &str) -> bool {
    match operator {
        BinaryOperator::Equal => a == b,
        BinaryOperator::NotEqual => a != b,
        _ => satisfies(operator, collate::compare(a, b)),
    }
}

/// Compares two values of the same type, neither of them NULL.
pub(crate) fn compare(operator: BinaryOperator, a: &Value, b: &Value) -> Result<Value, Fault> {
    let order = match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            return Ok(Value::Bool(compare_texts(operator, a, b)));
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::I1(a), Value::I1(b)) => a.cmp(b),
        (Value::I2(a), Value::I2(b)) => a.cmp(b),
        (Value::I4(a), Value::I4(b)) => a.cmp(b),
        (Value::I8(a), Value::I8(b)) => a.cmp(b),
        (Value::Ui1(a), Value::Ui1(b)) => a.cmp(b),
        (Value::Ui2(a), Value::Ui2(b)) => a.cmp(b),
        (Value::Ui4(a), Value::Ui4(b)) => a.cmp(b),
        (Value::Ui8(a), Value::Ui8(b)) => a.cmp(b),
        (Value::R4(a), Value::R4(b)) => order_of_floats(f64::from(*a), f64::from(*b)),
        (Value::R8(a), Value::R8(b)) => order_of_floats(*a, *b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Guid(a), Value::Guid(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTimeOffset { .. }, Value::DateTimeOffset { .. }) => {
            let utc = |value: &Value| crate::function::date::ticks_of(value, 0);
            utc(a).cmp(&utc(b))
        }
        _ => return Err(Fault::Conversion),
    };
    Ok(Value::Bool(satisfies(operator, order)))
}

/// Floats from files may be NaN, which then sorts last and equals itself.
pub(crate) fn order_of_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b))
}

/// Three-valued AND.
pub(crate) fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Three-valued OR.
pub(crate) fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
