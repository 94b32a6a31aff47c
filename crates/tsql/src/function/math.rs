//! Mathematical functions.
//!
//! Arithmetic ones (ABS, CEILING, FLOOR, SIGN, ROUND, POWER, DEGREES, RADIANS) yield the type of
//! their argument, small types growing to `int`, `money` or `float`; the others yield `float`.
//!
//! Source: T-SQL reference, "Mathematical functions", the page of each.

use std::f64::consts::PI;

use super::types::float;
use super::{Call, Function};
use crate::types::{Kind, SqlType, UnaryOp};
use crate::value::{SqlError, SqlValue, cast, number_digits, unary};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("ABS", (1, 1), like_number, abs),
    Function::new("CEILING", (1, 1), whole, |call| rounded_to_whole(call, true)),
    Function::new("FLOOR", (1, 1), whole, |call| rounded_to_whole(call, false)),
    Function::new("SIGN", (1, 1), wide_number, sign),
    Function::new("ROUND", (2, 3), like_number, round),
    Function::new("POWER", (2, 2), wide_number, power),
    Function::new("DEGREES", (1, 1), wide_number, |call| of_float(call, f64::to_degrees)),
    Function::new("RADIANS", (1, 1), wide_number, |call| of_float(call, f64::to_radians)),
    Function::new("SQRT", (1, 1), float, |call| of_float(call, f64::sqrt)),
    Function::new("SQUARE", (1, 1), float, |call| of_float(call, |x| x * x)),
    Function::new("EXP", (1, 1), float, |call| of_float(call, f64::exp)),
    Function::new("LOG", (1, 2), float, log),
    Function::new("LOG10", (1, 1), float, |call| of_float(call, f64::log10)),
    Function::new("PI", (0, 0), float, |_| Ok(SqlValue::Float(PI))),
    Function::new("SIN", (1, 1), float, |call| of_float(call, f64::sin)),
    Function::new("COS", (1, 1), float, |call| of_float(call, f64::cos)),
    Function::new("TAN", (1, 1), float, |call| of_float(call, f64::tan)),
    Function::new("COT", (1, 1), float, |call| of_float(call, |x| 1.0 / x.tan())),
    Function::new("ASIN", (1, 1), float, |call| of_float(call, f64::asin)),
    Function::new("ACOS", (1, 1), float, |call| of_float(call, f64::acos)),
    Function::new("ATAN", (1, 1), float, |call| of_float(call, f64::atan)),
    Function::new("ATN2", (2, 2), float, |call| finite(call, call.float(0)?.atan2(call.float(1)?))),
];

/// The number that an argument counts as; text, `bit` and `real` are `float`.
fn like_number(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let ty = types[0];
    let kind = ty.kind();
    if kind.is_decimal() || kind == Kind::BigInt {
        return Ok(ty);
    }
    if kind.is_integer() && kind != Kind::Bit {
        return Ok(SqlType::Int);
    }
    if kind.is_money() {
        return Ok(SqlType::Money);
    }
    match kind.is_number() || kind.is_character() {
        true => Ok(SqlType::Float),
        false => Err(SqlError::argument_invalid(kind.name(), 1, "numeric")),
    }
}

/// As [`like_number`], decimals having 38 digits.
fn wide_number(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let ty = like_number(types)?;
    let (_, scale) = ty.precision_and_scale().unwrap_or((38, 0));
    Ok(ty.with_digits(38, scale))
}

/// As [`like_number`], decimals having no digits behind the point.
fn whole(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let ty = like_number(types)?;
    let (precision, _) = ty.precision_and_scale().unwrap_or((38, 0));
    Ok(ty.with_digits(precision, 0))
}

/// A double as the result's type; one that is not a number was outside the domain.
fn finite(call: &Call<'_>, number: f64) -> Result<SqlValue, SqlError> {
    if !number.is_finite() {
        return Err(SqlError::invalid_float());
    }
    cast(&SqlValue::Float(number), call.result)
}

fn of_float(call: &Call<'_>, function: fn(f64) -> f64) -> Result<SqlValue, SqlError> {
    finite(call, function(call.float(0)?))
}

fn log(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let number = call.float(0)?;
    match call.args.len() {
        1 => finite(call, number.ln()),
        _ => finite(call, number.ln() / call.float(1)?.ln()),
    }
}

fn abs(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let value = call.as_type(0, call.result)?;
    let overflow = || SqlError::overflow_expression(call.result.name());
    match value.as_decimal() {
        Some(number) if 0 <= number.mantissa => Ok(value),
        Some(_) => unary(UnaryOp::Minus, &value).map_err(|_| overflow()),
        None => Ok(SqlValue::Float(value.as_f64().unwrap_or_default().abs())),
    }
}

fn sign(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let value = call.as_type(0, call.result)?;
    let sign = match value.as_decimal() {
        Some(number) => i32::try_from(number.mantissa.signum()).unwrap_or(0),
        None => {
            let number = value.as_f64().unwrap_or_default();
            i32::from(0.0 < number) - i32::from(number < 0.0)
        }
    };
    cast(&SqlValue::Int(sign), call.result)
}

fn rounded_to_whole(call: &Call<'_>, up: bool) -> Result<SqlValue, SqlError> {
    let value = call.args[0].unwrapped();
    let Some(number) = value.as_decimal() else {
        let number = call.float(0)?;
        return finite(call, if up { number.ceil() } else { number.floor() });
    };
    let cut = number.truncate(0);
    let away = match (cut == number, up) {
        (true, _) => 0,
        (false, true) => i128::from(0 < number.mantissa),
        (false, false) => -i128::from(number.mantissa < 0),
    };
    let whole = model::Decimal::new(cut.mantissa + away, 0);
    cast(&SqlValue::Decimal(whole), call.result)
        .map_err(|_| SqlError::overflow_expression(call.result.name()))
}

/// Rounds, or cuts where the third argument is not 0, at so many digits behind the point; a
/// negative number of digits stands before it.
fn round(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let places = call.integer(1)?.clamp(-400, 400);
    let cut = 2 < call.args.len() && call.integer(2)? != 0;
    let value = call.as_type(0, call.result)?;
    let Some(number) = value.as_decimal() else {
        return finite(call, round_float(value.as_f64().unwrap_or_default(), places, cut));
    };
    let scale = i64::from(number.scale);
    if scale <= places {
        return Ok(value);
    }
    let overflow = || SqlError::overflow_expression(call.result.name());
    let drop = u32::try_from(scale - places).unwrap_or(u32::MAX);
    let Some(unit) = 10i128.checked_pow(drop) else {
        return cast(&SqlValue::Int(0), call.result);
    };
    let (whole, rest) = (number.mantissa / unit, number.mantissa % unit);
    let away = !cut && unit - rest.abs() <= rest.abs();
    let rounded = whole + i128::from(away) * number.mantissa.signum();
    let mantissa = rounded.checked_mul(unit).ok_or_else(overflow)?;
    let result = model::Decimal::new(mantissa, number.scale);
    let (precision, _) = call.result.precision_and_scale().unwrap_or((38, 0));
    if precision < number_digits(result) {
        return Err(overflow());
    }
    cast(&SqlValue::Decimal(result), call.result).map_err(|_| overflow())
}

fn round_float(number: f64, places: i64, cut: bool) -> f64 {
    let factor = 10f64.powi(i32::try_from(places).unwrap_or(0));
    let scaled = number * factor;
    if !scaled.is_finite() || factor == 0.0 {
        return if places < 0 { 0.0 } else { number };
    }
    (if cut { scaled.trunc() } else { scaled.round() }) / factor
}

fn power(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    finite(call, call.float(0)?.powf(call.float(1)?))
}
