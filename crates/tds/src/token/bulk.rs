//! The tokens that a client sends in a bulk load: [MS-TDS] 2.2.6.1.

use super::byte;
use super::col_metadata::ColMetadata;
use super::done::{Done, DoneKind};
use super::row::{decode_nbc_row, decode_row};
use crate::bytes::Reader;
use crate::error::DecodeError;
use crate::types::Value;
use crate::version::Version;

/// The columns, with which it begins.
pub(crate) fn columns(
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<ColMetadata, DecodeError> {
    match reader.u8("bulk load")? {
        byte::COL_METADATA => ColMetadata::decode(reader, version),
        value => Err(DecodeError::Invalid { what: "bulk load", value: value.into() }),
    }
}

/// The next row, or nothing at the DONE that ends it, which DB-Library leaves out.
pub(crate) fn row(
    columns: &ColMetadata,
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Option<Vec<Value>>, DecodeError> {
    if reader.is_empty() {
        return Ok(None);
    }
    match reader.u8("bulk load row")? {
        byte::ROW => decode_row(Some(columns), reader).map(Some),
        byte::NBC_ROW => decode_nbc_row(Some(columns), reader).map(Some),
        byte::DONE => Done::decode(DoneKind::Done, reader, version).map(|_done| None),
        value => Err(DecodeError::Invalid { what: "bulk load row", value: value.into() }),
    }
}
