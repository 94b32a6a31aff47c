//! CHECKSUM and BINARY_CHECKSUM, as far as it is known what SQL Server answers.
//!
//! The documentation says what the functions are for and not how they count, so only what people
//! have found out is here: each `int` is mixed in by turning the sum four bits to the left and
//! XOR, NULL being the greatest `int`; BINARY_CHECKSUM does the same with the characters of a
//! text. A new id's sum is as random as the id. All else is refused, because a sum that differs
//! from the one that a script has kept is worse than none.
//!
//! Sources: T-SQL reference, "CHECKSUM", "BINARY_CHECKSUM"; sqltopia.com, "CHECKSUM".

use super::{Call, Function};
use crate::types::{Kind, SqlType};
use crate::value::{SqlError, SqlValue};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("CHECKSUM", (1, usize::MAX), checksum_type, checksum).lenient(),
    Function::new("BINARY_CHECKSUM", (1, usize::MAX), binary_type, checksum).lenient(),
];

/// Integers, or one id, which the binder has seen to be a new one.
fn checksum_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    known("CHECKSUM", types, |_| false)
}

/// The same, or one text.
fn binary_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    known("BINARY_CHECKSUM", types, |kind| matches!(kind, Kind::Char | Kind::VarChar))
}

fn known(name: &str, types: &[SqlType], text: fn(Kind) -> bool) -> Result<SqlType, SqlError> {
    let alone = |kind: Kind| types.len() == 1 && (kind == Kind::UniqueIdentifier || text(kind));
    let unknown = types.iter().find(|ty| ty.kind() != Kind::Int && !alone(ty.kind()));
    match unknown {
        None => Ok(SqlType::Int),
        Some(ty) if 1 < types.len() => {
            let what = format!("{name} of several values, one of them {}", ty.name());
            Err(SqlError::unsupported(&what))
        }
        Some(ty) => Err(SqlError::unsupported(&format!("{name} of {}", ty.name()))),
    }
}

fn checksum(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let mut sum: u32 = 0;
    for value in call.args {
        if let Some(text) = value.as_str() {
            return of_text(text);
        }
        if let SqlValue::Guid(bytes) = value {
            let (parts, _) = bytes.as_chunks::<4>();
            let mixed = parts.iter().fold(0, |sum, part| sum ^ i32::from_le_bytes(*part));
            return Ok(SqlValue::Int(mixed));
        }
        if call.types.len() == 1 && call.types[0].kind() != Kind::Int {
            return Err(SqlError::unsupported("BINARY_CHECKSUM of a text that is NULL"));
        }
        let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
        sum = mixed(sum, number.unwrap_or(i32::MAX).cast_unsigned());
    }
    Ok(SqlValue::Int(sum.cast_signed()))
}

fn mixed(sum: u32, next: u32) -> u32 {
    sum.rotate_left(4) ^ next
}

/// How characters beyond ASCII and blanks at the end count is not known.
fn of_text(text: &str) -> Result<SqlValue, SqlError> {
    if text.ends_with(' ') || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let what = "BINARY_CHECKSUM of text that ends in a blank or is not all printable ASCII";
        return Err(SqlError::unsupported(what));
    }
    let sum = text.bytes().fold(0, |sum, byte| mixed(sum, u32::from(byte)));
    Ok(SqlValue::Int(sum.cast_signed()))
}
