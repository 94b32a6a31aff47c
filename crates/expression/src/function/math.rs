//! Mathematical functions.
//!
//! The pages say that LN, LOG, POWER and SQRT give NULL outside their domain; the error catalogue
//! has an error for each, whose row is NULL when the error is ignored. Both are true here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Function` is taken apart in function.rs, which names every one"
)]

use model::{DataType, Decimal, Value};

use super::{Call, Function};
use crate::convert::Number;
use crate::fault::Fault;

pub(super) fn apply(call: &Call<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let first = &arguments[0];
    match call.function {
        Function::Abs => abs(first),
        Function::Ceiling => Ok(map(first, f64::ceil, |n| towards(n, 1))),
        Function::Floor => Ok(map(first, f64::floor, |n| towards(n, -1))),
        Function::Round => round(first, &arguments[1]),
        Function::Sign => Ok(Value::I4(sign(first))),
        Function::Exp => finite(double(first)?.exp()),
        Function::Square => {
            let n = double(first)?;
            finite(n * n)
        }
        Function::Sqrt => checked(first, |n| 0.0 <= n, f64::sqrt, Fault::Sqrt),
        Function::Ln => checked(first, |n| 0.0 < n, f64::ln, Fault::Ln),
        Function::Log => checked(first, |n| 0.0 < n, f64::log10, Fault::Log),
        Function::Power => power(double(first)?, double(&arguments[1])?),
        _ => Err(Fault::Function),
    }
}

fn double(value: &Value) -> Result<f64, Fault> {
    Number::of(value).map(Number::to_f64).ok_or(Fault::Function)
}

fn finite(n: f64) -> Result<Value, Fault> {
    if n.is_finite() { Ok(Value::R8(n)) } else { Err(Fault::FunctionOverflow) }
}

fn checked(
    value: &Value,
    in_domain: fn(f64) -> bool,
    compute: fn(f64) -> f64,
    fault: Fault,
) -> Result<Value, Fault> {
    let n = double(value)?;
    if in_domain(n) { finite(compute(n)) } else { Err(fault) }
}

fn power(base: f64, exponent: f64) -> Result<Value, Fault> {
    if base == 0.0 && exponent <= 0.0 && exponent != 0.0 {
        return Err(Fault::Power);
    }
    let result = base.powf(exponent);
    if result.is_nan() { Err(Fault::Power) } else { finite(result) }
}

/// Applies one function to floats and another to decimals; whole numbers stay as they are.
fn map(value: &Value, float: fn(f64) -> f64, decimal: fn(Decimal) -> Decimal) -> Value {
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "whole numbers near a single")]
        Value::R4(n) => Value::R4(float(f64::from(*n)) as f32),
        Value::R8(n) => Value::R8(float(*n)),
        Value::Decimal(n) => Value::Decimal(decimal(*n)),
        _ => value.clone(),
    }
}

/// The next whole number upwards (1) or downwards (-1), with the scale kept: 123.74 is 124.00.
fn towards(n: Decimal, direction: i128) -> Decimal {
    let Some(unit) = 10i128.checked_pow(u32::from(n.scale)) else { return n };
    let rest = n.mantissa % unit;
    let whole = n.mantissa - rest;
    let step = if rest.signum() == direction { unit * direction } else { 0 };
    Decimal::new(whole + step, n.scale)
}

fn abs(value: &Value) -> Result<Value, Fault> {
    let overflow = Fault::FunctionOverflow;
    Ok(match value {
        Value::I1(n) => Value::I1(n.checked_abs().ok_or(overflow)?),
        Value::I2(n) => Value::I2(n.checked_abs().ok_or(overflow)?),
        Value::I4(n) => Value::I4(n.checked_abs().ok_or(overflow)?),
        Value::I8(n) => Value::I8(n.checked_abs().ok_or(overflow)?),
        Value::R4(n) => Value::R4(n.abs()),
        Value::R8(n) => Value::R8(n.abs()),
        Value::Decimal(n) => Value::Decimal(Decimal::new(n.mantissa.abs(), n.scale)),
        _ => value.clone(),
    })
}

fn sign(value: &Value) -> i32 {
    match Number::of(value) {
        Some(Number::Integer(n)) => i32::from(n > 0) - i32::from(n < 0),
        Some(Number::Decimal(n)) => i32::from(n.mantissa > 0) - i32::from(n.mantissa < 0),
        Some(Number::Float(n)) => i32::from(n > 0.0) - i32::from(n < 0.0),
        None => 0,
    }
}

/// Half away from zero, the scale kept: 137.1575 to three digits is 137.1580.
fn round(value: &Value, length: &Value) -> Result<Value, Fault> {
    let Value::I4(length) = length else { return Err(Fault::Function) };
    let digits = u8::try_from(*length).map_err(|_| Fault::Function)?;
    match value {
        Value::Decimal(n) if digits < n.scale => {
            let rounded = n.rescale(digits).and_then(|rounded| rounded.rescale(n.scale));
            rounded.map(Value::Decimal).ok_or(Fault::FunctionOverflow)
        }
        Value::R8(n) => Ok(Value::R8(round_float(*n, digits))),
        #[expect(clippy::cast_possible_truncation, reason = "rounded from a single")]
        Value::R4(n) => Ok(Value::R4(round_float(f64::from(*n), digits) as f32)),
        _ => Ok(value.clone()),
    }
}

fn round_float(n: f64, digits: u8) -> f64 {
    let factor = 10f64.powi(i32::from(digits));
    let scaled = n * factor;
    // Beyond 2^53 there is nothing behind the point to round.
    if scaled.is_finite() && scaled.abs() < 9e15 { scaled.round() / factor } else { n }
}

/// The type of the result of a mathematical function.
pub(crate) fn result_type(function: Function, argument: DataType) -> DataType {
    match function {
        Function::Abs | Function::Ceiling | Function::Floor | Function::Round => argument,
        Function::Sign => DataType::I4,
        _ => DataType::R8,
    }
}
