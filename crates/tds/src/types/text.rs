//! Text and binary: [MS-TDS] 2.2.5.5.2 and .3, and `text`, `ntext`, `image` with the text
//! pointer that their rows carry.

use super::codec::{Place, mismatch};
use super::collation::Collation;
use super::type_info::{TypeInfo, VarLength};
use super::value::Value;
use crate::bytes::{Reader, put_utf16, utf16};
use crate::error::{DecodeError, EncodeError};

/// What the bytes of a type are.
enum Content {
    Bytes,
    CodePage(Collation),
    Utf16,
}

/// What the type holds, and how many bytes of it.
fn content(kind: &TypeInfo) -> Option<(Content, u64)> {
    let of = |length: &VarLength| match length {
        VarLength::Bytes(length) => u64::from(*length),
        VarLength::Max => u64::from(u32::MAX / 2),
    };
    Some(match kind {
        TypeInfo::ShortBinary { length, .. } => (Content::Bytes, (*length).into()),
        TypeInfo::Binary(length) => (Content::Bytes, (*length).into()),
        TypeInfo::VarBinary(length) => (Content::Bytes, of(length)),
        TypeInfo::Image { length } => (Content::Bytes, (*length).into()),
        TypeInfo::ShortChar { length, .. } => {
            (Content::CodePage(Collation::DEFAULT), (*length).into())
        }
        TypeInfo::Char { length, collation } => (Content::CodePage(*collation), (*length).into()),
        TypeInfo::VarChar { length, collation } => (Content::CodePage(*collation), of(length)),
        TypeInfo::Text { length, collation } => (Content::CodePage(*collation), (*length).into()),
        TypeInfo::NChar { length, .. } => (Content::Utf16, (*length).into()),
        TypeInfo::NVarChar { length, .. } => (Content::Utf16, of(length)),
        TypeInfo::NText { length, .. } => (Content::Utf16, (*length).into()),
        TypeInfo::Xml(_) => (Content::Utf16, u64::from(u32::MAX / 2)),
        TypeInfo::Null
        | TypeInfo::Bit
        | TypeInfo::TinyInt
        | TypeInfo::SmallInt
        | TypeInfo::Int
        | TypeInfo::BigInt
        | TypeInfo::Real
        | TypeInfo::Float
        | TypeInfo::SmallMoney
        | TypeInfo::Money
        | TypeInfo::SmallDateTime
        | TypeInfo::DateTime
        | TypeInfo::BitN
        | TypeInfo::IntN(_)
        | TypeInfo::FloatN(_)
        | TypeInfo::MoneyN(_)
        | TypeInfo::DateTimeN(_)
        | TypeInfo::Guid
        | TypeInfo::Decimal { .. }
        | TypeInfo::Date
        | TypeInfo::Time(_)
        | TypeInfo::DateTime2(_)
        | TypeInfo::DateTimeOffset(_)
        | TypeInfo::Variant { .. } => return None,
    })
}

/// Appends the value's bytes without a length.
pub(super) fn encode_bytes(
    kind: &TypeInfo,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let (content, limit) = content(kind).ok_or_else(|| mismatch(kind, value))?;
    let start = out.len();
    match (content, value) {
        (Content::Bytes, Value::Binary(bytes)) => out.extend_from_slice(bytes),
        (Content::CodePage(collation), Value::String(text)) => {
            collation.code_page().encode(text, out);
        }
        (Content::Utf16, Value::String(text)) => put_utf16(out, text),
        (_, value) => return Err(mismatch(kind, value)),
    }
    if (out.len() - start) as u64 > limit {
        return Err(EncodeError::TooLong { what: kind.name(), limit });
    }
    Ok(())
}

/// The value of the bytes.
pub(super) fn decode_bytes(kind: &TypeInfo, bytes: &[u8]) -> Result<Value, DecodeError> {
    match content(kind) {
        None | Some((Content::Bytes, _)) => Ok(Value::Binary(bytes.to_vec())),
        Some((Content::CodePage(collation), _)) => {
            let page = collation.code_page();
            page.decode(bytes)
                .map(Value::String)
                .ok_or(DecodeError::CodePage { what: "value", code_page: page.0 })
        }
        Some((Content::Utf16, _)) if matches!(kind, TypeInfo::Xml(_)) => decode_xml(bytes),
        Some((Content::Utf16, _)) => utf16(bytes, "value").map(Value::String),
    }
}

/// XML as text. A byte order mark is not part of the document; the binary form of [MS-BINXML],
/// which starts with 0xDFFF, is refused.
fn decode_xml(bytes: &[u8]) -> Result<Value, DecodeError> {
    if bytes.starts_with(&[0xDF, 0xFF]) {
        return Err(DecodeError::Unsupported { what: "binary xml" });
    }
    utf16(bytes.strip_prefix(&[0xFF, 0xFE]).unwrap_or(bytes), "xml").map(Value::String)
}

/// Appends the value after its length in two bytes.
pub(super) fn encode_u16_counted(
    kind: &TypeInfo,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 2]);
    encode_bytes(kind, value, out)?;
    // 0xFFFF is NULL.
    let length = u16::try_from(out.len() - start - 2)
        .ok()
        .filter(|length| *length < u16::MAX)
        .ok_or(EncodeError::TooLong { what: kind.name(), limit: 8000 })?;
    out[start..start + 2].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Appends `text`, `ntext` or `image`. The text pointer and its time stamp are made up: nobody
/// can write through them, since READTEXT and UPDATETEXT do not exist here.
pub(super) fn encode_long(
    kind: &TypeInfo,
    value: &Value,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if place == Place::Row {
        out.push(16);
        out.extend_from_slice(b"dummy textptr\0\0\0");
        out.extend_from_slice(b"dummyTS\0");
    }
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    encode_bytes(kind, value, out)?;
    let length = u32::try_from(out.len() - start - 4)
        .map_err(|_| EncodeError::TooLong { what: kind.name(), limit: u32::MAX.into() })?;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Reads `text`, `ntext` or `image`.
pub(super) fn decode_long(
    kind: &TypeInfo,
    reader: &mut Reader<'_>,
    place: Place,
) -> Result<Value, DecodeError> {
    if place == Place::Row {
        if reader.b_varbyte("text pointer")?.is_empty() {
            return Ok(Value::Null);
        }
        reader.take(8, "text timestamp")?;
    }
    match reader.u32("value length")? {
        u32::MAX => Ok(Value::Null),
        length => decode_bytes(kind, reader.take(length as usize, "value")?),
    }
}
