//! Partially length-prefixed values: `varchar(max)`, `nvarchar(max)`, `varbinary(max)`, `xml`.
//! [MS-TDS] 2.2.5.2.3: the total length in eight bytes, chunks with four bytes of length each,
//! and an empty chunk.

use crate::bytes::Reader;
use crate::error::{DecodeError, EncodeError};

const NULL: u64 = u64::MAX;
/// The sender does not know the length yet.
const UNKNOWN: u64 = u64::MAX - 1;

/// Appends what `body` writes as one chunk of known length.
pub(super) fn encode(
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 12]);
    body(out)?;
    let length = u32::try_from(out.len() - start - 12)
        .map_err(|_| EncodeError::TooLong { what: "value", limit: u32::MAX.into() })?;
    out[start..start + 8].copy_from_slice(&u64::from(length).to_le_bytes());
    if length == 0 {
        // No chunk at all: the empty one below ends the value.
        out.truncate(start + 8);
    } else {
        out[start + 8..start + 12].copy_from_slice(&length.to_le_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    Ok(())
}

/// Reads the chunks, or `None` for NULL. Reserves no more than what is really there.
pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, DecodeError> {
    let length = reader.u64("value length")?;
    if length == NULL {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    loop {
        let size = reader.u32("chunk length")?;
        if size == 0 {
            break;
        }
        bytes.extend_from_slice(reader.take(size as usize, "chunk")?);
    }
    match length == UNKNOWN || length == bytes.len() as u64 {
        true => Ok(Some(bytes)),
        false => Err(DecodeError::Invalid { what: "value length", value: length }),
    }
}
