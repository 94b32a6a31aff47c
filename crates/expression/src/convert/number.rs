//! Numbers and Booleans into everything they convert to.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use model::{DataType, Decimal, Value};

use super::{ConvertFailure, ConvertOptions, FailureKind, date, text};
use crate::array::decimal_parts;

/// A number of any type, on the way to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// A whole number.
    Integer(i128),
    /// An exact fraction.
    Decimal(Decimal),
    /// A single or double precision number.
    Float(f64),
}

impl Number {
    /// The number in a value; TRUE is -1, as measured. `None` for what is not a number.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Integer(-i128::from(*value)),
            Value::I1(n) => Self::Integer((*n).into()),
            Value::I2(n) => Self::Integer((*n).into()),
            Value::I4(n) => Self::Integer((*n).into()),
            Value::I8(n) => Self::Integer((*n).into()),
            Value::Ui1(n) => Self::Integer((*n).into()),
            Value::Ui2(n) => Self::Integer((*n).into()),
            Value::Ui4(n) => Self::Integer((*n).into()),
            Value::Ui8(n) => Self::Integer((*n).into()),
            Value::R4(n) => Self::Float((*n).into()),
            Value::R8(n) => Self::Float(*n),
            Value::Decimal(n) => Self::Decimal(*n),
            _ => return None,
        })
    }

    pub(crate) fn to_f64(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "that is what a double is")]
            Self::Integer(n) => n as f64,
            Self::Decimal(n) => n.to_f64(),
            Self::Float(n) => n,
        }
    }

    /// The nearest whole number; of two, the even one. `None` when there is none.
    pub(crate) fn to_integer(self) -> Option<i128> {
        match self {
            Self::Integer(n) => Some(n),
            Self::Decimal(n) => Some(round_half_even(n)),
            Self::Float(n) => {
                let rounded = n.round_ties_even();
                #[expect(clippy::cast_possible_truncation, reason = "checked in the same line")]
                (rounded.abs() < 1e37).then_some(rounded as i128)
            }
        }
    }

    /// The number with `scale` digits behind the point; `None` when it needs over 38 digits.
    pub(crate) fn to_decimal(self, scale: u8) -> Option<Decimal> {
        match self {
            Self::Integer(n) => Decimal::new(n, 0).rescale(scale),
            Self::Decimal(n) => n.rescale(scale),
            Self::Float(n) => float_to_decimal(n, scale),
        }
    }

    fn is_zero(self) -> bool {
        match self {
            Self::Integer(n) => n == 0,
            Self::Decimal(n) => n.mantissa == 0,
            Self::Float(n) => n == 0.0,
        }
    }
}

/// The shortest decimal text of a double is exact enough: it has up to 17 digits.
fn float_to_decimal(n: f64, scale: u8) -> Option<Decimal> {
    if !n.is_finite() || 1e38 <= n.abs() {
        return None;
    }
    let text = format!("{n}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    // Digits far behind the scale cannot change the rounding of a shortest text.
    let kept = fraction.len().min(usize::from(scale) + 1).min(38);
    let mut scale_up = Decimal::parse(&format!("{whole}.{}", &fraction[..kept]));
    if scale_up.is_none() {
        scale_up = Decimal::parse(whole);
    }
    scale_up?.rescale(scale)
}

/// The nearest whole number; of two, the even one.
pub(crate) fn round_half_even(n: Decimal) -> i128 {
    let Some(divisor) = 10i128.checked_pow(u32::from(n.scale)) else { return 0 };
    let (whole, rest) = (n.mantissa / divisor, n.mantissa % divisor);
    let twice = rest.abs().saturating_mul(2);
    let up = divisor < twice || (divisor == twice && whole % 2 != 0);
    whole + i128::from(up) * n.mantissa.signum()
}

/// A whole number as a value of an integer type.
pub(crate) fn integer_value(n: i128, to: DataType) -> Result<Value, FailureKind> {
    let value = match to {
        DataType::I1 => i8::try_from(n).map(Value::I1),
        DataType::I2 => i16::try_from(n).map(Value::I2),
        DataType::I4 => i32::try_from(n).map(Value::I4),
        DataType::I8 => i64::try_from(n).map(Value::I8),
        DataType::Ui1 => u8::try_from(n).map(Value::Ui1),
        DataType::Ui2 => u16::try_from(n).map(Value::Ui2),
        DataType::Ui4 => u32::try_from(n).map(Value::Ui4),
        DataType::Ui8 => u64::try_from(n).map(Value::Ui8),
        _ => return Err(FailureKind::Unsupported),
    };
    value.map_err(|_| out_of_range(n, to))
}

/// Why a whole number does not fit a type.
pub(crate) fn out_of_range(n: i128, to: DataType) -> FailureKind {
    let unsigned = matches!(to, DataType::Ui1 | DataType::Ui2 | DataType::Ui4 | DataType::Ui8);
    if n < 0 && unsigned { FailureKind::SignMismatch } else { FailureKind::Overflow }
}

/// A number as a value of a number type or Boolean.
pub(crate) fn number_value(n: Number, to: DataType) -> Result<Value, FailureKind> {
    if to.is_integer() {
        return integer_value(n.to_integer().ok_or(FailureKind::Overflow)?, to);
    }
    if let Some(scale) = decimal_parts(to).map(|parts| parts.1) {
        let decimal = n.to_decimal(scale).ok_or(FailureKind::Overflow)?;
        return Ok(Value::Decimal(fit_decimal(decimal, to)?));
    }
    if to == DataType::R4 {
        return to_single(n.to_f64()).map(Value::R4);
    }
    match to {
        DataType::Bool => Ok(Value::Bool(!n.is_zero())),
        DataType::R8 => Ok(Value::R8(n.to_f64())),
        _ => Err(FailureKind::Unsupported),
    }
}

/// A double as a single; a number that only a double can hold is an overflow.
pub(crate) fn to_single(n: f64) -> Result<f32, FailureKind> {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to single is the point")]
    let single = n as f32;
    if single.is_infinite() && n.is_finite() { Err(FailureKind::Overflow) } else { Ok(single) }
}

/// Checks that a decimal has no more digits than the type; its scale is right already.
pub(crate) fn fit_decimal(n: Decimal, to: DataType) -> Result<Decimal, FailureKind> {
    if mantissa_fits(n.mantissa, to) { Ok(n) } else { Err(FailureKind::Overflow) }
}

/// Whether the type has room for the digits of a mantissa.
pub(crate) fn mantissa_fits(mantissa: i128, to: DataType) -> bool {
    match to {
        DataType::Cy => i64::try_from(mantissa).is_ok(),
        DataType::Decimal { .. } => mantissa.unsigned_abs() < 1 << 96,
        _ => {
            let precision = decimal_parts(to).map_or(38, |parts| parts.0);
            mantissa.unsigned_abs() < Decimal::power_of_ten(precision).unsigned_abs()
        }
    }
}

/// Converts a number or Boolean.
pub(super) fn from_number(
    value: &Value,
    from: DataType,
    to: DataType,
    options: &ConvertOptions,
) -> Result<Value, ConvertFailure> {
    if to.is_text() {
        return text::to_fitting_text(&text::show(value, from, options), to);
    }
    let number = Number::of(value).ok_or(FailureKind::Unsupported)?;
    match to {
        DataType::Bytes { length } => Ok(text::number_bytes(value, length)?),
        DataType::FileTime => {
            let ticks = number.to_integer().ok_or(FailureKind::Overflow)?;
            Ok(date::from_file_time(ticks)?)
        }
        _ if to.is_date_time() => {
            let parts = date::from_ole(number.to_f64())?;
            date::build(parts, DataType::Date, to, options)
        }
        _ => Ok(number_value(number, to)?),
    }
}
