//! RAND, NEWID and CRYPT_GEN_RANDOM.
//!
//! RAND is L'Ecuyer's combined generator of two congruences, which gives the documented values:
//! a seed fixes the whole sequence of the session.

use super::types::float;
use super::{Call, Function};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("RAND", (0, 1), float, rand).lenient(),
    Function::new("NEWID", (0, 0), guid_type, new_id),
    Function::new("CRYPT_GEN_RANDOM", (1, 2), bytes_type, random_bytes),
];

const M1: i64 = 2_147_483_563;
const M2: i64 = 2_147_483_399;
/// One step of the sequence: 1/M1 to the seven digits that SQL Server has of it.
const PER_STEP: f64 = 4.656613e-10;

/// The state of RAND in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rand {
    first: i64,
    second: i64,
}

impl Rand {
    /// The sequence of a seed; zero stands for a seed of its own.
    pub fn seeded(seed: i32) -> Self {
        let seed = i64::from(seed).abs();
        Self { first: if seed == 0 { 12_345 } else { seed }, second: 67_890 }
    }

    /// The next number, from 0 up to but not including 1, and the state behind it.
    pub fn next(self) -> (f64, Self) {
        let next = Self { first: self.first * 40_014 % M1, second: self.second * 40_692 % M2 };
        let difference = next.first - next.second;
        let positive = if difference < 1 { difference + M1 - 1 } else { difference };
        (positive as f64 * PER_STEP, next)
    }
}

fn guid_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::UniqueIdentifier)
}

fn bytes_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::VarBinary(Length::N(8000)))
}

/// Random bytes, of ids without the two bytes that say what kind of id it is. A seed, which
/// SQL Server may mix in, is not needed.
fn random_bytes(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let count = usize::try_from(call.integer(0)?).ok().filter(|count| (1..=8000).contains(count));
    let Some(count) = count else {
        return Err(SqlError::argument_invalid("length", 1, "crypt_gen_random"));
    };
    let mut bytes = Vec::with_capacity(count + 14);
    while bytes.len() < count {
        let id = (call.session.new_id)();
        let random = id.iter().enumerate().filter(|(at, _)| !matches!(at, 6..=8));
        bytes.extend(random.map(|(_, byte)| *byte));
    }
    bytes.truncate(count);
    Ok(SqlValue::binary(bytes))
}

fn rand(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if call.args.first().is_some_and(SqlValue::is_null) {
        return Ok(SqlValue::Null);
    }
    let state = match call.args.is_empty() {
        true => call.session.rand.get(),
        false => Rand::seeded(i32::try_from(call.integer(0)?).unwrap_or(i32::MAX)),
    };
    let (number, next) = state.next();
    call.session.rand.set(next);
    Ok(SqlValue::Float(number))
}

fn new_id(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(SqlValue::Guid((call.session.new_id)()))
}
