//! `sql_variant`: a value with its type before it. [MS-TDS] 2.2.5.5.4: length of everything in
//! four bytes, the type's byte, the length of its properties, the properties, the value.

use super::codec::{decode_bytes, encode_bytes, mismatch};
use super::collation::Collation;
use super::type_info::{TypeInfo, VarLength, byte};
use super::value::{Value, Variant};
use crate::bytes::Reader;
use crate::error::{DecodeError, EncodeError};

/// What a value inside takes at most, in bytes.
const LARGEST: u64 = 8000;

/// Appends a variant that is not NULL.
pub(super) fn encode(variant: &Variant, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    encode_header(variant, out)?;
    let value_at = out.len();
    encode_bytes(&variant.base, &variant.value, out)?;
    if (out.len() - value_at) as u64 > LARGEST {
        return Err(EncodeError::TooLong { what: "sql_variant", limit: LARGEST });
    }
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

fn encode_header(variant: &Variant, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let base = &variant.base;
    let text = |out: &mut Vec<u8>, length: u16, collation: &Collation| {
        out.extend_from_slice(&[base.byte(), 7]);
        out.extend_from_slice(&collation.to_bytes());
        out.extend_from_slice(&length.to_le_bytes());
    };
    match base {
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
        | TypeInfo::DateTime
        | TypeInfo::Guid
        | TypeInfo::Date => out.extend_from_slice(&[base.byte(), 0]),
        TypeInfo::Time(scale) | TypeInfo::DateTime2(scale) | TypeInfo::DateTimeOffset(scale) => {
            out.extend_from_slice(&[base.byte(), 1, *scale]);
        }
        TypeInfo::Decimal { precision, scale, .. } => {
            out.extend_from_slice(&[base.byte(), 2, *precision, *scale]);
        }
        TypeInfo::Binary(length) | TypeInfo::VarBinary(VarLength::Bytes(length)) => {
            out.extend_from_slice(&[base.byte(), 2]);
            out.extend_from_slice(&length.to_le_bytes());
        }
        TypeInfo::Char { length, collation }
        | TypeInfo::NChar { length, collation }
        | TypeInfo::VarChar { length: VarLength::Bytes(length), collation }
        | TypeInfo::NVarChar { length: VarLength::Bytes(length), collation } => {
            text(out, *length, collation);
        }
        TypeInfo::Null
        | TypeInfo::BitN
        | TypeInfo::IntN(_)
        | TypeInfo::FloatN(_)
        | TypeInfo::MoneyN(_)
        | TypeInfo::DateTimeN(_)
        | TypeInfo::ShortBinary { .. }
        | TypeInfo::ShortChar { .. }
        | TypeInfo::VarBinary(VarLength::Max)
        | TypeInfo::VarChar { length: VarLength::Max, .. }
        | TypeInfo::NVarChar { length: VarLength::Max, .. }
        | TypeInfo::Image { .. }
        | TypeInfo::Text { .. }
        | TypeInfo::NText { .. }
        | TypeInfo::Xml(_)
        | TypeInfo::Variant { .. } => return Err(mismatch(base, &variant.value)),
    }
    Ok(())
}

/// Reads a variant, or NULL.
pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
    let length = reader.u32("sql_variant length")?;
    if length == 0 {
        return Ok(Value::Null);
    }
    let mut inside = Reader::new(reader.take(length as usize, "sql_variant")?);
    let kind = inside.u8("sql_variant type")?;
    let mut properties = Reader::new(inside.b_varbyte("sql_variant properties")?);
    let base = decode_base(kind, &mut properties)?;
    let value = decode_bytes(&base, inside.take_rest())?;
    Ok(Value::Variant(Box::new(Variant { base, value })))
}

fn decode_base(kind: u8, properties: &mut Reader<'_>) -> Result<TypeInfo, DecodeError> {
    const WHAT: &str = "sql_variant properties";
    let invalid = |value: u64| DecodeError::Invalid { what: WHAT, value };
    Ok(match kind {
        byte::BIT => TypeInfo::Bit,
        byte::TINYINT => TypeInfo::TinyInt,
        byte::SMALLINT => TypeInfo::SmallInt,
        byte::INT => TypeInfo::Int,
        byte::BIGINT => TypeInfo::BigInt,
        byte::REAL => TypeInfo::Real,
        byte::FLOAT => TypeInfo::Float,
        byte::SMALLMONEY => TypeInfo::SmallMoney,
        byte::MONEY => TypeInfo::Money,
        byte::SMALLDATETIME => TypeInfo::SmallDateTime,
        byte::DATETIME => TypeInfo::DateTime,
        byte::GUID => TypeInfo::Guid,
        byte::DATE => TypeInfo::Date,
        byte::TIME => TypeInfo::Time(scale(properties)?),
        byte::DATETIME2 => TypeInfo::DateTime2(scale(properties)?),
        byte::DATETIMEOFFSET => TypeInfo::DateTimeOffset(scale(properties)?),
        byte::DECIMAL_N | byte::NUMERIC_N => {
            let (precision, scale) = (properties.u8(WHAT)?, properties.u8(WHAT)?);
            if !(1..=38).contains(&precision) || scale > precision {
                return Err(invalid(precision.into()));
            }
            TypeInfo::Decimal { numeric: kind == byte::NUMERIC_N, precision, scale }
        }
        byte::BINARY => TypeInfo::Binary(properties.u16(WHAT)?),
        byte::VARBINARY => TypeInfo::VarBinary(VarLength::Bytes(properties.u16(WHAT)?)),
        byte::CHAR | byte::VARCHAR | byte::NCHAR | byte::NVARCHAR => {
            let collation = Collation::decode(properties)?;
            let length = properties.u16(WHAT)?;
            match kind {
                byte::CHAR => TypeInfo::Char { length, collation },
                byte::NCHAR => TypeInfo::NChar { length, collation },
                byte::VARCHAR => TypeInfo::VarChar { length: VarLength::Bytes(length), collation },
                _ => TypeInfo::NVarChar { length: VarLength::Bytes(length), collation },
            }
        }
        _ => return Err(DecodeError::Invalid { what: "sql_variant type", value: kind.into() }),
    })
}

fn scale(properties: &mut Reader<'_>) -> Result<u8, DecodeError> {
    match properties.u8("sql_variant properties")? {
        scale @ 0..=7 => Ok(scale),
        scale => Err(DecodeError::Invalid { what: "scale", value: scale.into() }),
    }
}
