//! GET_BIT, SET_BIT, BIT_COUNT, LEFT_SHIFT, RIGHT_SHIFT on integers. Binaries are refused.
//!
//! Source: T-SQL reference, "Bit manipulation functions", the page of each.

use super::types::big_int;
use super::{Call, Function};
use crate::types::{Kind, SqlType};
use crate::value::{SqlError, SqlValue, cast};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("GET_BIT", (2, 2), bit_type, get_bit),
    Function::new("SET_BIT", (2, 3), same_type, set_bit),
    Function::new("BIT_COUNT", (1, 1), count_type, bit_count),
    Function::new("LEFT_SHIFT", (2, 2), same_type, |call| shift(call, 1)),
    Function::new("RIGHT_SHIFT", (2, 2), same_type, |call| shift(call, -1)),
];

fn bit_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    same_type(types)?;
    Ok(SqlType::Bit)
}

fn count_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    same_type(types)?;
    big_int(types)
}

fn same_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let kind = types[0].kind();
    match kind.is_integer() && kind != Kind::Bit {
        true => Ok(types[0]),
        false if kind.is_binary() => Err(SqlError::unsupported("Bit functions on binaries")),
        false => Err(SqlError::argument_invalid(kind.name(), 1, "bit manipulation")),
    }
}

/// How many bits the first argument has.
fn width(call: &Call<'_>) -> i64 {
    let kind = call.types[0].kind();
    let narrow = [(Kind::TinyInt, 8), (Kind::SmallInt, 16), (Kind::Int, 32)];
    narrow.into_iter().find(|(known, _)| *known == kind).map_or(64, |(_, width)| width)
}

/// The bits of the first argument, those in front of its type being zero.
fn bits(call: &Call<'_>) -> Result<u64, SqlError> {
    let mask = u64::MAX >> (64 - width(call));
    Ok(call.integer(0)?.cast_unsigned() & mask)
}

/// Bits as a number of the first argument's type.
fn number(call: &Call<'_>, bits: u64) -> Result<SqlValue, SqlError> {
    let signed = match width(call) {
        8 => i64::from(bits as u8),
        16 => i64::from(bits as i16),
        32 => i64::from(bits as i32),
        _ => bits.cast_signed(),
    };
    cast(&SqlValue::BigInt(signed), call.result)
}

/// The place of a bit, which has to be one of the type's.
fn place(call: &Call<'_>) -> Result<i64, SqlError> {
    let place = call.integer(1)?;
    match (0..width(call)).contains(&place) {
        true => Ok(place),
        false => {
            let text = "Invalid bit offset: it must be from 0 to the number of bits less one.";
            Err(SqlError::new(9836, 16, 1, text))
        }
    }
}

fn get_bit(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(SqlValue::Bit(bits(call)? >> place(call)? & 1 == 1))
}

fn set_bit(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let on = call.args.len() < 3 || call.integer(2)? != 0;
    let bit = 1 << place(call)?;
    let bits = bits(call)?;
    number(call, if on { bits | bit } else { bits & !bit })
}

fn bit_count(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(SqlValue::BigInt(i64::from(bits(call)?.count_ones())))
}

/// Shifts to the left, or with -1 to the right; a negative distance turns that round. Zeros come
/// in on either side.
fn shift(call: &Call<'_>, direction: i64) -> Result<SqlValue, SqlError> {
    let distance = call.integer(1)?.saturating_mul(direction);
    let bits = bits(call)?;
    let by = u32::try_from(distance.unsigned_abs()).unwrap_or(u32::MAX);
    let shifted = if 0 <= distance { bits.checked_shl(by) } else { bits.checked_shr(by) };
    number(call, shifted.unwrap_or(0))
}
