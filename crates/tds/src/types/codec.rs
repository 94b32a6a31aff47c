//! Values of a type to bytes and back: [MS-TDS] 2.2.5.5.
//!
//! One call per kind of type; the formats are in the files beside this one.

use super::type_info::TypeInfo;
use super::value::Value;
use super::{numeric, plp, temporal, text, variant};
use crate::bytes::Reader;
use crate::error::{DecodeError, EncodeError};

/// Where a value stands: `text`, `ntext` and `image` have a pointer before them in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a ROW or NBCROW token.
    Row,
    /// In a procedure call or a RETURNVALUE token.
    Parameter,
}

/// Appends `value` as a value of type `kind`.
pub fn encode_value(
    kind: &TypeInfo,
    value: &Value,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match (kind, value) {
        (_, Value::Null) => encode_null(kind, place, out),
        (TypeInfo::Variant { .. }, Value::Variant(inner)) => variant::encode(inner, out),
        _ => encode_some(kind, value, place, out),
    }
}

fn encode_some(
    kind: &TypeInfo,
    value: &Value,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match kind {
        TypeInfo::Bit
        | TypeInfo::TinyInt
        | TypeInfo::SmallInt
        | TypeInfo::Int
        | TypeInfo::BigInt
        | TypeInfo::Real
        | TypeInfo::Float
        | TypeInfo::SmallMoney
        | TypeInfo::Money => numeric::encode_fixed(kind, value, out),
        TypeInfo::SmallDateTime | TypeInfo::DateTime => temporal::encode(kind, value, out),
        TypeInfo::BitN | TypeInfo::IntN(_) | TypeInfo::FloatN(_) | TypeInfo::MoneyN(_) => {
            counted(out, |out| numeric::encode_fixed(kind, value, out))
        }
        TypeInfo::Decimal { .. } => counted(out, |out| numeric::encode_decimal(kind, value, out)),
        TypeInfo::DateTimeN(_)
        | TypeInfo::Date
        | TypeInfo::Time(_)
        | TypeInfo::DateTime2(_)
        | TypeInfo::DateTimeOffset(_) => counted(out, |out| temporal::encode(kind, value, out)),
        TypeInfo::Guid => counted(out, |out| encode_guid(value, out)),
        TypeInfo::ShortBinary { .. } | TypeInfo::ShortChar { .. } => {
            counted(out, |out| text::encode_bytes(kind, value, out))
        }
        TypeInfo::VarBinary(_)
        | TypeInfo::VarChar { .. }
        | TypeInfo::NVarChar { .. }
        | TypeInfo::Xml(_)
            if kind.is_partially_length_prefixed() =>
        {
            plp::encode(out, |out| text::encode_bytes(kind, value, out))
        }
        TypeInfo::Binary(_)
        | TypeInfo::VarBinary(_)
        | TypeInfo::Char { .. }
        | TypeInfo::VarChar { .. }
        | TypeInfo::NChar { .. }
        | TypeInfo::NVarChar { .. } => text::encode_u16_counted(kind, value, out),
        TypeInfo::Image { .. } | TypeInfo::Text { .. } | TypeInfo::NText { .. } => {
            text::encode_long(kind, value, place, out)
        }
        TypeInfo::Null | TypeInfo::Variant { .. } | TypeInfo::Xml(_) => Err(mismatch(kind, value)),
    }
}

fn encode_null(kind: &TypeInfo, place: Place, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match kind {
        TypeInfo::Null => {}
        TypeInfo::Bit
        | TypeInfo::TinyInt
        | TypeInfo::SmallInt
        | TypeInfo::Int
        | TypeInfo::BigInt
        | TypeInfo::Real
        | TypeInfo::Float
        | TypeInfo::SmallMoney
        | TypeInfo::Money
        | TypeInfo::SmallDateTime
        | TypeInfo::DateTime => return Err(EncodeError::Null { type_name: kind.name() }),
        TypeInfo::Variant { .. } => out.extend_from_slice(&[0; 4]),
        TypeInfo::Image { .. } | TypeInfo::Text { .. } | TypeInfo::NText { .. } => match place {
            Place::Row => out.push(0),
            Place::Parameter => out.extend_from_slice(&[0xFF; 4]),
        },
        _ if kind.is_partially_length_prefixed() => out.extend_from_slice(&[0xFF; 8]),
        TypeInfo::Binary(_)
        | TypeInfo::VarBinary(_)
        | TypeInfo::Char { .. }
        | TypeInfo::VarChar { .. }
        | TypeInfo::NChar { .. }
        | TypeInfo::NVarChar { .. }
        | TypeInfo::Xml(_) => out.extend_from_slice(&[0xFF; 2]),
        TypeInfo::BitN
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
        | TypeInfo::ShortBinary { .. }
        | TypeInfo::ShortChar { .. } => out.push(0),
    }
    Ok(())
}

/// Reads a value of type `kind`, and leaves `bytes` behind it.
pub fn decode_value(
    kind: &TypeInfo,
    bytes: &mut &[u8],
    place: Place,
) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = decode(kind, &mut reader, place)?;
    *bytes = reader.take_rest();
    Ok(value)
}

pub(crate) fn decode(
    kind: &TypeInfo,
    reader: &mut Reader<'_>,
    place: Place,
) -> Result<Value, DecodeError> {
    match kind {
        TypeInfo::Null => Ok(Value::Null),
        TypeInfo::Bit | TypeInfo::TinyInt => decode_exactly(kind, reader, 1),
        TypeInfo::SmallInt => decode_exactly(kind, reader, 2),
        TypeInfo::Int | TypeInfo::Real | TypeInfo::SmallMoney | TypeInfo::SmallDateTime => {
            decode_exactly(kind, reader, 4)
        }
        TypeInfo::BigInt | TypeInfo::Float | TypeInfo::Money | TypeInfo::DateTime => {
            decode_exactly(kind, reader, 8)
        }
        TypeInfo::Variant { .. } => variant::decode(reader),
        TypeInfo::Image { .. } | TypeInfo::Text { .. } | TypeInfo::NText { .. } => {
            text::decode_long(kind, reader, place)
        }
        TypeInfo::Binary(_)
        | TypeInfo::VarBinary(_)
        | TypeInfo::Char { .. }
        | TypeInfo::VarChar { .. }
        | TypeInfo::NChar { .. }
        | TypeInfo::NVarChar { .. }
        | TypeInfo::Xml(_) => decode_long_or_counted(kind, reader),
        TypeInfo::BitN
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
        | TypeInfo::ShortBinary { .. }
        | TypeInfo::ShortChar { .. } => match reader.b_varbyte("value")? {
            [] => Ok(Value::Null),
            bytes => decode_bytes(kind, bytes),
        },
    }
}

fn decode_exactly(
    kind: &TypeInfo,
    reader: &mut Reader<'_>,
    count: usize,
) -> Result<Value, DecodeError> {
    decode_bytes(kind, reader.take(count, "value")?)
}

fn decode_long_or_counted(kind: &TypeInfo, reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
    if kind.is_partially_length_prefixed() {
        return match plp::decode(reader)? {
            None => Ok(Value::Null),
            Some(bytes) => decode_bytes(kind, &bytes),
        };
    }
    match reader.u16("value length")? {
        0xFFFF => Ok(Value::Null),
        length => decode_bytes(kind, reader.take(length.into(), "value")?),
    }
}

/// The value whose bytes, without any length, are `bytes`.
pub(super) fn decode_bytes(kind: &TypeInfo, bytes: &[u8]) -> Result<Value, DecodeError> {
    match kind {
        TypeInfo::Null => Ok(Value::Null),
        TypeInfo::Bit
        | TypeInfo::TinyInt
        | TypeInfo::SmallInt
        | TypeInfo::Int
        | TypeInfo::BigInt
        | TypeInfo::Real
        | TypeInfo::Float
        | TypeInfo::SmallMoney
        | TypeInfo::Money
        | TypeInfo::BitN
        | TypeInfo::IntN(_)
        | TypeInfo::FloatN(_)
        | TypeInfo::MoneyN(_) => numeric::decode_fixed(kind, bytes),
        TypeInfo::Decimal { scale, .. } => numeric::decode_decimal(*scale, bytes),
        TypeInfo::SmallDateTime
        | TypeInfo::DateTime
        | TypeInfo::DateTimeN(_)
        | TypeInfo::Date
        | TypeInfo::Time(_)
        | TypeInfo::DateTime2(_)
        | TypeInfo::DateTimeOffset(_) => temporal::decode(kind, bytes),
        TypeInfo::Guid => decode_guid(bytes),
        TypeInfo::ShortBinary { .. }
        | TypeInfo::ShortChar { .. }
        | TypeInfo::Binary(_)
        | TypeInfo::VarBinary(_)
        | TypeInfo::Char { .. }
        | TypeInfo::VarChar { .. }
        | TypeInfo::NChar { .. }
        | TypeInfo::NVarChar { .. }
        | TypeInfo::Image { .. }
        | TypeInfo::Text { .. }
        | TypeInfo::NText { .. }
        | TypeInfo::Xml(_) => text::decode_bytes(kind, bytes),
        TypeInfo::Variant { .. } => {
            Err(DecodeError::Unsupported { what: "a sql_variant inside a sql_variant" })
        }
    }
}

/// Appends the bytes of `value` without any length, as `sql_variant` holds them.
pub(super) fn encode_bytes(
    kind: &TypeInfo,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match kind {
        TypeInfo::Bit
        | TypeInfo::TinyInt
        | TypeInfo::SmallInt
        | TypeInfo::Int
        | TypeInfo::BigInt
        | TypeInfo::Real
        | TypeInfo::Float
        | TypeInfo::SmallMoney
        | TypeInfo::Money
        | TypeInfo::BitN
        | TypeInfo::IntN(_)
        | TypeInfo::FloatN(_)
        | TypeInfo::MoneyN(_) => numeric::encode_fixed(kind, value, out),
        TypeInfo::Decimal { .. } => numeric::encode_decimal(kind, value, out),
        TypeInfo::SmallDateTime
        | TypeInfo::DateTime
        | TypeInfo::DateTimeN(_)
        | TypeInfo::Date
        | TypeInfo::Time(_)
        | TypeInfo::DateTime2(_)
        | TypeInfo::DateTimeOffset(_) => temporal::encode(kind, value, out),
        TypeInfo::Guid => encode_guid(value, out),
        TypeInfo::ShortBinary { .. }
        | TypeInfo::ShortChar { .. }
        | TypeInfo::Binary(_)
        | TypeInfo::VarBinary(_)
        | TypeInfo::Char { .. }
        | TypeInfo::VarChar { .. }
        | TypeInfo::NChar { .. }
        | TypeInfo::NVarChar { .. }
        | TypeInfo::Image { .. }
        | TypeInfo::Text { .. }
        | TypeInfo::NText { .. }
        | TypeInfo::Xml(_) => text::encode_bytes(kind, value, out),
        TypeInfo::Null | TypeInfo::Variant { .. } => Err(mismatch(kind, value)),
    }
}

/// Appends what `body` writes after its length in one byte.
fn counted(
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.push(0);
    body(out)?;
    let length = u8::try_from(out.len() - start - 1)
        .map_err(|_| EncodeError::TooLong { what: "value", limit: u8::MAX.into() })?;
    out[start] = length;
    Ok(())
}

pub(super) fn mismatch(kind: &TypeInfo, value: &Value) -> EncodeError {
    EncodeError::Mismatch { value: value.type_name(), type_name: kind.name() }
}

/// The first three groups of a GUID are little endian on the wire: [MS-TDS] 2.2.5.5.1.
fn encode_guid(value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let Value::Guid(guid) = value else { return Err(mismatch(&TypeInfo::Guid, value)) };
    out.extend_from_slice(&guid.to_bytes_le());
    Ok(())
}

fn decode_guid(bytes: &[u8]) -> Result<Value, DecodeError> {
    uuid::Uuid::from_slice_le(bytes)
        .map(Value::Guid)
        .map_err(|_| DecodeError::Invalid { what: "value length", value: bytes.len() as u64 })
}
