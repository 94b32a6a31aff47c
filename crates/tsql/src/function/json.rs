//! JSON.
use crate::host::Row;
use crate::types::SqlType;
use crate::value::{ConvertOptions, SqlError, SqlValue};

pub(crate) fn open_json(_: &SqlValue, _: Option<&SqlValue>) -> Result<Vec<Row>, SqlError> {
    Err(SqlError::unsupported("OPENJSON"))
}
pub(crate) fn open_json_with(
    _: &SqlValue,
    _: Option<&SqlValue>,
    _: &[(SqlType, String, bool)],
    _: ConvertOptions,
) -> Result<Vec<Row>, SqlError> {
    Err(SqlError::unsupported("OPENJSON"))
}
