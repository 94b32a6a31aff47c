//! The clock functions. All calls of one statement show the session's one moment.
//!
//! Source: T-SQL reference, "Date and time functions", system date and time.

use super::{Call, Function};
use crate::types::SqlType;
use crate::value::{OffsetValue, SqlError, SqlValue, cast};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("GETDATE", (0, 0), date_time, |call| local(call, &SqlType::DateTime)),
    Function::new("CURRENT_TIMESTAMP", (0, 0), date_time, |call| local(call, &SqlType::DateTime)),
    Function::new("CURRENT_DATE", (0, 0), date, |call| local(call, &SqlType::Date)),
    Function::new("GETUTCDATE", (0, 0), date_time, |call| utc(call, &SqlType::DateTime)),
    Function::new("SYSDATETIME", (0, 0), date_time2, |call| local(call, &SqlType::DateTime2(7))),
    Function::new("SYSUTCDATETIME", (0, 0), date_time2, |call| utc(call, &SqlType::DateTime2(7))),
    Function::new("SYSDATETIMEOFFSET", (0, 0), date_time_offset, with_offset),
];

fn date_time(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::DateTime)
}

fn date(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::Date)
}

fn date_time2(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::DateTime2(7))
}

fn date_time_offset(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::DateTimeOffset(7))
}

fn local(call: &Call<'_>, ty: &SqlType) -> Result<SqlValue, SqlError> {
    cast(&SqlValue::DateTime2 { ticks: call.session.now.local(), scale: 7 }, ty)
}

fn utc(call: &Call<'_>, ty: &SqlType) -> Result<SqlValue, SqlError> {
    cast(&SqlValue::DateTime2 { ticks: call.session.now.utc, scale: 7 }, ty)
}

fn with_offset(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(SqlValue::DateTimeOffset(OffsetValue { scale: 7, ..call.session.now }))
}
