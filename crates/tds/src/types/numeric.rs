//! Numbers: [MS-TDS] 2.2.5.5.1.1 to .6. Little endian; money with its high half first; decimals
//! as a sign byte (1 is plus) and a magnitude.

use super::codec::mismatch;
use super::type_info::{TypeInfo, decimal_size};
use super::value::{Decimal, Value};
use crate::error::{DecodeError, EncodeError};

/// Appends a number. A smaller integer type may be written as a larger one, and a larger one as
/// a smaller one if the number fits.
pub(super) fn encode_fixed(
    kind: &TypeInfo,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let out_of_range = || EncodeError::OutOfRange { type_name: kind.name() };
    match (kind, value) {
        (TypeInfo::Bit | TypeInfo::BitN, Value::Bit(bit)) => out.push(u8::from(*bit)),
        (TypeInfo::TinyInt | TypeInfo::SmallInt | TypeInfo::Int | TypeInfo::BigInt, _)
        | (TypeInfo::IntN(_), _) => {
            let number = integer(value).ok_or_else(|| mismatch(kind, value))?;
            put_integer(integer_size(kind), number, out).ok_or_else(out_of_range)?;
        }
        (TypeInfo::Real | TypeInfo::FloatN(4), Value::Real(number)) => {
            out.extend_from_slice(&number.to_le_bytes());
        }
        (TypeInfo::Float | TypeInfo::FloatN(8), Value::Float(number)) => {
            out.extend_from_slice(&number.to_le_bytes());
        }
        (TypeInfo::Float | TypeInfo::FloatN(8), Value::Real(number)) => {
            out.extend_from_slice(&f64::from(*number).to_le_bytes());
        }
        (TypeInfo::SmallMoney | TypeInfo::MoneyN(4), Value::Money(amount)) => {
            let amount = i32::try_from(*amount).map_err(|_| out_of_range())?;
            out.extend_from_slice(&amount.to_le_bytes());
        }
        (TypeInfo::Money | TypeInfo::MoneyN(_), Value::Money(amount)) => {
            out.extend_from_slice(&((*amount >> 32) as i32).to_le_bytes());
            out.extend_from_slice(&(*amount as u32).to_le_bytes());
        }
        (kind, value) => return Err(mismatch(kind, value)),
    }
    Ok(())
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::TinyInt(number) = value {
        Some(i64::from(*number))
    } else if let Value::SmallInt(number) = value {
        Some(i64::from(*number))
    } else if let Value::Int(number) = value {
        Some(i64::from(*number))
    } else if let Value::BigInt(number) = value {
        Some(*number)
    } else {
        None
    }
}

fn integer_size(kind: &TypeInfo) -> u8 {
    if let TypeInfo::IntN(size) = kind {
        *size
    } else if matches!(kind, TypeInfo::TinyInt) {
        1
    } else if matches!(kind, TypeInfo::SmallInt) {
        2
    } else if matches!(kind, TypeInfo::BigInt) {
        8
    } else {
        4
    }
}

fn put_integer(size: u8, number: i64, out: &mut Vec<u8>) -> Option<()> {
    match size {
        1 => out.push(u8::try_from(number).ok()?),
        2 => out.extend_from_slice(&i16::try_from(number).ok()?.to_le_bytes()),
        4 => out.extend_from_slice(&i32::try_from(number).ok()?.to_le_bytes()),
        _ => out.extend_from_slice(&number.to_le_bytes()),
    }
    Some(())
}

/// A number from its bytes, whose count is that of the type, or less where the type is announced
/// with a size.
pub(super) fn decode_fixed(kind: &TypeInfo, bytes: &[u8]) -> Result<Value, DecodeError> {
    if let TypeInfo::IntN(size) | TypeInfo::FloatN(size) | TypeInfo::MoneyN(size) = kind
        && usize::from(*size) < bytes.len()
    {
        return Err(DecodeError::Invalid { what: "value length", value: bytes.len() as u64 });
    }
    read_fixed(kind, bytes).map(|value| widen(kind, value))
}

/// A number that came shorter than announced, as one of the announced size.
fn widen(kind: &TypeInfo, value: Value) -> Value {
    match (kind, value) {
        (TypeInfo::FloatN(8), Value::Real(number)) => Value::Float(number.into()),
        (TypeInfo::IntN(2), Value::TinyInt(number)) => Value::SmallInt(number.into()),
        (TypeInfo::IntN(4), Value::TinyInt(number)) => Value::Int(number.into()),
        (TypeInfo::IntN(4), Value::SmallInt(number)) => Value::Int(number.into()),
        (TypeInfo::IntN(8), Value::TinyInt(number)) => Value::BigInt(number.into()),
        (TypeInfo::IntN(8), Value::SmallInt(number)) => Value::BigInt(number.into()),
        (TypeInfo::IntN(8), Value::Int(number)) => Value::BigInt(number.into()),
        (_, value) => value,
    }
}

fn read_fixed(kind: &TypeInfo, bytes: &[u8]) -> Result<Value, DecodeError> {
    let money = matches!(kind, TypeInfo::SmallMoney | TypeInfo::Money | TypeInfo::MoneyN(_));
    let float = matches!(kind, TypeInfo::Real | TypeInfo::Float | TypeInfo::FloatN(_));
    let bit = matches!(kind, TypeInfo::Bit | TypeInfo::BitN);
    Ok(match *bytes {
        [byte] if bit => Value::Bit(byte != 0),
        [a, b, c, d] if money => Value::Money(i32::from_le_bytes([a, b, c, d]).into()),
        [e, f, g, h, a, b, c, d] if money => {
            Value::Money(i64::from_le_bytes([a, b, c, d, e, f, g, h]))
        }
        [a, b, c, d] if float => Value::Real(f32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] if float => {
            Value::Float(f64::from_le_bytes([a, b, c, d, e, f, g, h]))
        }
        [byte] if !money && !float => Value::TinyInt(byte),
        [a, b] if !money && !float && !bit => Value::SmallInt(i16::from_le_bytes([a, b])),
        [a, b, c, d] if !bit => Value::Int(i32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] if !bit => {
            Value::BigInt(i64::from_le_bytes([a, b, c, d, e, f, g, h]))
        }
        _ => return Err(DecodeError::Invalid { what: "value length", value: bytes.len() as u64 }),
    })
}

/// Appends sign and magnitude. A number of a smaller scale is brought to the column's.
pub(super) fn encode_decimal(
    kind: &TypeInfo,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let (TypeInfo::Decimal { precision, scale, .. }, Value::Decimal(number)) = (kind, value) else {
        return Err(mismatch(kind, value));
    };
    let magnitude = scale
        .checked_sub(number.scale())
        .and_then(|steps| number.magnitude().checked_mul(10u128.checked_pow(steps.into())?))
        .filter(|magnitude| *magnitude < 10u128.pow((*precision).min(38).into()))
        .ok_or(EncodeError::OutOfRange { type_name: kind.name() })?;
    out.push(u8::from(!number.is_negative()));
    let size = usize::from(decimal_size(*precision) - 1);
    out.extend_from_slice(&magnitude.to_le_bytes()[..size]);
    Ok(())
}

/// A decimal from sign and magnitude; the magnitude may have any size up to 16 bytes.
pub(super) fn decode_decimal(scale: u8, bytes: &[u8]) -> Result<Value, DecodeError> {
    let invalid = |value| DecodeError::Invalid { what: "decimal", value };
    let (sign, magnitude) = bytes.split_first().ok_or(invalid(0))?;
    if magnitude.len() > 16 {
        return Err(invalid(bytes.len() as u64));
    }
    let mut all = [0; 16];
    all[..magnitude.len()].copy_from_slice(magnitude);
    Decimal::new(*sign == 0, u128::from_le_bytes(all), scale)
        .map(Value::Decimal)
        .ok_or(invalid(u64::from(all[15])))
}
