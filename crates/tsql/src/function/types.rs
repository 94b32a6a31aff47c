//! Result types that several functions share, and the refusal of arguments they do not take.

use crate::types::{Kind, Length, SqlType};
use crate::value::SqlError;

/// `int` always.
pub(super) fn int(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::Int)
}

/// `bigint` always.
pub(super) fn big_int(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::BigInt)
}

/// `float` always.
pub(super) fn float(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::Float)
}

/// `nvarchar(4000)` always.
pub(super) fn nvarchar_4000(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::NVarChar(Length::N(4000)))
}

/// `nvarchar(max)` always.
pub(super) fn nvarchar_max(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::NVARCHAR_MAX)
}

/// `int`, or `bigint` where the first argument is a `(max)` type.
pub(super) fn length(types: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(if types[0].is_max() { SqlType::BigInt } else { SqlType::Int })
}

/// `int`, or `bigint` where the second argument is a `(max)` type.
pub(super) fn position(types: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(if types[1].is_max() { SqlType::BigInt } else { SqlType::Int })
}

/// `varchar` or `nvarchar`, as long as the first argument.
pub(super) fn like_first(types: &[SqlType]) -> Result<SqlType, SqlError> {
    text_of(&types[0], 1)
}

/// `varchar(8000)`, `nvarchar(4000)` or their `(max)`, as the first argument is; also unicode
/// where any other text argument is.
pub(super) fn grown(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let unicode = types.iter().any(|ty| ty.kind().is_unicode());
    let first = text_of(&types[0], 1)?;
    let max = types.iter().any(|ty| ty.is_max() || ty.kind().is_legacy_large());
    Ok(text_type(unicode, if max || first.is_max() { None } else { Some(8000) }))
}

/// `varchar` or `nvarchar` of so many characters at most; `None` is `max`.
pub(super) fn text_type(unicode: bool, length: Option<u16>) -> SqlType {
    match (unicode, length) {
        (true, Some(n)) => SqlType::NVarChar(Length::N(n.clamp(1, 4000))),
        (true, None) => SqlType::NVARCHAR_MAX,
        (false, Some(n)) => SqlType::VarChar(Length::N(n.clamp(1, 8000))),
        (false, None) => SqlType::VARCHAR_MAX,
    }
}

/// The text type that an argument becomes; xml and sql_variant do not.
pub(super) fn text_of(ty: &SqlType, position: usize) -> Result<SqlType, SqlError> {
    match matches!(ty.kind(), Kind::Xml | Kind::SqlVariant) {
        true => Err(SqlError::argument_invalid(ty.name(), position, "string")),
        false => Ok(text_type(ty.kind().is_unicode(), ty.display_length())),
    }
}
