//! The xml type.

use crate::value::SqlError;

pub(crate) fn normalized(_: &str) -> Result<String, SqlError> {
    Err(SqlError::unsupported("xml"))
}
pub(crate) fn value(_: &str, _: &str) -> Result<Option<String>, SqlError> {
    Err(SqlError::unsupported("xml"))
}
pub(crate) fn query(_: &str, _: &str) -> Result<String, SqlError> {
    Err(SqlError::unsupported("xml"))
}
pub(crate) fn exist(_: &str, _: &str) -> Result<bool, SqlError> {
    Err(SqlError::unsupported("xml"))
}
pub(crate) fn nodes(_: &str, _: &str) -> Result<Vec<String>, SqlError> {
    Err(SqlError::unsupported("xml"))
}
