//! DATEFROMPARTS and its family.
//!
//! Source: T-SQL reference, the page of each. NULL anywhere gives NULL, but a NULL precision is
//! an error.

use super::{Call, Function};
use crate::types::SqlType;
use crate::value::{Calendar, OffsetValue, SqlError, SqlValue, cast};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("DATEFROMPARTS", (3, 3), |_| Ok(SqlType::Date), date),
    Function::new("DATETIMEFROMPARTS", (7, 7), |_| Ok(SqlType::DateTime), date_time),
    Function::new("SMALLDATETIMEFROMPARTS", (5, 5), |_| Ok(SqlType::SmallDateTime), small),
    Function::new("TIMEFROMPARTS", (5, 5), |_| Ok(SqlType::Time(7)), time),
    Function::new("DATETIME2FROMPARTS", (8, 8), |_| Ok(SqlType::DateTime2(7)), date_time2),
    Function::new(
        "DATETIMEOFFSETFROMPARTS",
        (10, 10),
        |_| Ok(SqlType::DateTimeOffset(7)),
        date_time_offset,
    ),
];

/// Integers of consecutive arguments; out of range becomes a part that no date has.
fn parts<const N: usize>(call: &Call<'_>, from: usize) -> Result<[u32; N], SqlError> {
    let mut found = [0; N];
    for (at, part) in found.iter_mut().enumerate() {
        *part = u32::try_from(call.integer(from + at)?).unwrap_or(u32::MAX);
    }
    Ok(found)
}

fn moment(
    call: &Call<'_>,
    fields: [u32; 6],
    fraction: u32,
    to: &SqlType,
) -> Result<SqlValue, SqlError> {
    let [year, month, day, hour, minute, second] = fields;
    let year = i32::try_from(year).unwrap_or(0);
    let at = Calendar { year, month, day, hour, minute, second, fraction };
    let invalid = || SqlError::cannot_construct(call.result.name());
    let ticks = at.ticks().ok_or_else(invalid)?;
    cast(&SqlValue::DateTime2 { ticks, scale: 7 }, to).map_err(|_| invalid())
}

/// Ticks of a fraction given with its number of digits, and that number.
fn fraction(call: &Call<'_>, at: usize, scale_at: usize) -> Result<(u32, u8), SqlError> {
    let invalid = || SqlError::cannot_construct(call.result.name());
    let given = u32::try_from(call.integer(at)?).map_err(|_| invalid())?;
    let scale = u8::try_from(call.integer(scale_at)?).ok().filter(|&scale| scale <= 7);
    let scale = scale.ok_or_else(|| SqlError::scale_invalid(8))?;
    if 10u32.pow(u32::from(scale)) <= given {
        return Err(invalid());
    }
    Ok((given * 10u32.pow(7 - u32::from(scale)), scale))
}

fn date(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let [year, month, day] = parts(call, 0)?;
    moment(call, [year, month, day, 0, 0, 0], 0, &SqlType::Date)
}

fn date_time(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let [millisecond] = parts(call, 6)?;
    if 999 < millisecond {
        return Err(SqlError::cannot_construct("datetime"));
    }
    moment(call, parts(call, 0)?, millisecond * 10_000, &SqlType::DateTime)
}

fn small(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let [year, month, day, hour, minute] = parts(call, 0)?;
    moment(call, [year, month, day, hour, minute, 0], 0, &SqlType::SmallDateTime)
}

fn time(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let [hour, minute, second] = parts(call, 0)?;
    let (fraction, scale) = fraction(call, 3, 4)?;
    moment(call, [1900, 1, 1, hour, minute, second], fraction, &SqlType::Time(scale))
}

fn date_time2(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let (fraction, scale) = fraction(call, 6, 7)?;
    moment(call, parts(call, 0)?, fraction, &SqlType::DateTime2(scale))
}

fn date_time_offset(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let (fraction, scale) = fraction(call, 6, 9)?;
    let local = moment(call, parts(call, 0)?, fraction, &SqlType::DateTime2(scale))?;
    let (hours, minutes) = (call.integer(7)?, call.integer(8)?);
    let invalid = || SqlError::cannot_construct("datetimeoffset");
    let same_sign = hours == 0 || minutes == 0 || (hours < 0) == (minutes < 0);
    if !same_sign || !(-59..=59).contains(&minutes) || !(-14..=14).contains(&hours) {
        return Err(invalid());
    }
    let offset = i16::try_from(hours * 60 + minutes).map_err(|_| invalid())?;
    let ticks = local.as_ticks().unwrap_or_default();
    let value = OffsetValue::from_local(ticks, offset, scale);
    value.map(SqlValue::DateTimeOffset).ok_or_else(invalid)
}
