//! GET_BIT, SET_BIT, BIT_COUNT, LEFT_SHIFT, RIGHT_SHIFT on integers and binaries.
//!
//! A value is its bytes, the most significant first; bit 0 is the last bit of the last byte.
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
    let fits = (kind.is_integer() && kind != Kind::Bit)
        || (matches!(kind, Kind::Binary | Kind::VarBinary) && !types[0].is_max());
    match fits {
        true => Ok(types[0]),
        false => Err(SqlError::argument_invalid(kind.name(), 1, "bit manipulation")),
    }
}

/// The bytes of the first argument.
fn bytes(call: &Call<'_>) -> Result<Vec<u8>, SqlError> {
    if let Some(bytes) = call.args[0].as_bytes() {
        return Ok(bytes.to_vec());
    }
    let all = call.integer(0)?.to_be_bytes();
    let narrow = [(Kind::TinyInt, 1), (Kind::SmallInt, 2), (Kind::Int, 4)];
    let kind = call.types[0].kind();
    let width = narrow.into_iter().find(|(known, _)| *known == kind).map_or(8, |(_, width)| width);
    Ok(all[8 - width..].to_vec())
}

/// Bytes as a value of the first argument's type.
fn value(call: &Call<'_>, bytes: Vec<u8>) -> Result<SqlValue, SqlError> {
    if call.result.kind().is_binary() {
        return Ok(SqlValue::binary(bytes));
    }
    let unsigned = call.result.kind() == Kind::TinyInt;
    let negative = !unsigned && bytes.first().is_some_and(|byte| 0x80 <= *byte);
    let mut all = [if negative { 0xFF } else { 0 }; 8];
    all[8 - bytes.len()..].copy_from_slice(&bytes);
    cast(&SqlValue::BigInt(i64::from_be_bytes(all)), call.result)
}

/// The byte, counted from the first, and the bit in it of the place that the second argument
/// gives, which has to be one of the value's.
fn place(call: &Call<'_>, bytes: &[u8]) -> Result<(usize, u8), SqlError> {
    let place = usize::try_from(call.integer(1)?).ok().filter(|place| *place < bytes.len() * 8);
    let place = place.ok_or_else(|| {
        let text = "Invalid bit offset: it must be from 0 to the number of bits less one.";
        SqlError::new(9836, 16, 1, text)
    })?;
    Ok((bytes.len() - 1 - place / 8, 1 << (place % 8)))
}

fn get_bit(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let bytes = bytes(call)?;
    let (byte, bit) = place(call, &bytes)?;
    Ok(SqlValue::Bit(bytes[byte] & bit != 0))
}

fn set_bit(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let on = call.args.len() < 3 || call.integer(2)? != 0;
    let mut bytes = bytes(call)?;
    let (byte, bit) = place(call, &bytes)?;
    if on {
        bytes[byte] |= bit;
    } else {
        bytes[byte] &= !bit;
    }
    value(call, bytes)
}

fn bit_count(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let count: u32 = bytes(call)?.iter().map(|byte| byte.count_ones()).sum();
    Ok(SqlValue::BigInt(i64::from(count)))
}

/// Shifts to the left, or with -1 to the right; a negative distance turns that round. Zeros come
/// in on either side.
fn shift(call: &Call<'_>, direction: i64) -> Result<SqlValue, SqlError> {
    let distance = call.integer(1)?.saturating_mul(direction);
    let bytes = bytes(call)?;
    let by = usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX);
    let (whole, part) = (by / 8, by % 8);
    let at = |index: Option<usize>| {
        index.and_then(|index| bytes.get(index)).map_or(0, |b| u16::from(*b))
    };
    let shifted = (0..bytes.len()).map(|index| {
        let pair = match 0 <= distance {
            true => {
                let from = index.checked_add(whole);
                (at(from) << 8 | at(from.and_then(|from| from.checked_add(1)))) << part >> 8
            }
            false => {
                let from = index.checked_sub(whole);
                (at(from.and_then(|from| from.checked_sub(1))) << 8 | at(from)) >> part
            }
        };
        pair.to_be_bytes()[1]
    });
    value(call, shifted.collect())
}
