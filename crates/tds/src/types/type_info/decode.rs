//! Reads a TYPE_INFO: [MS-TDS] 2.2.5.6.

use super::{TypeInfo, VarLength, XmlSchema, byte};
use crate::bytes::Reader;
use crate::error::DecodeError;
use crate::types::Collation;
use crate::version::Version;

impl TypeInfo {
    /// Reads a TYPE_INFO as `version` has it.
    pub(crate) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<TypeInfo, DecodeError> {
        let kind = reader.u8("data type")?;
        if let Some(fixed) = fixed_length(kind) {
            return Ok(fixed);
        }
        let unknown = Err(DecodeError::Invalid { what: "data type", value: kind.into() });
        Ok(match kind {
            byte::BIT_N => size_of(reader, &[1]).map(|_| TypeInfo::BitN)?,
            byte::INT_N => TypeInfo::IntN(size_of(reader, &[1, 2, 4, 8])?),
            byte::FLOAT_N => TypeInfo::FloatN(size_of(reader, &[4, 8])?),
            byte::MONEY_N => TypeInfo::MoneyN(size_of(reader, &[4, 8])?),
            byte::DATETIME_N => TypeInfo::DateTimeN(size_of(reader, &[4, 8])?),
            byte::GUID => size_of(reader, &[16]).map(|_| TypeInfo::Guid)?,
            byte::DECIMAL | byte::DECIMAL_N => decode_decimal(reader, false)?,
            byte::NUMERIC | byte::NUMERIC_N => decode_decimal(reader, true)?,
            byte::SHORT_BINARY | byte::SHORT_VARBINARY => TypeInfo::ShortBinary {
                variable: kind == byte::SHORT_VARBINARY,
                length: reader.u8("type length")?,
            },
            byte::SHORT_CHAR | byte::SHORT_VARCHAR => TypeInfo::ShortChar {
                variable: kind == byte::SHORT_VARCHAR,
                length: reader.u8("type length")?,
            },
            byte::IMAGE => TypeInfo::Image { length: reader.u32("type length")? },
            byte::VARIANT => TypeInfo::Variant { length: reader.u32("type length")? },
            byte::TEXT => {
                let length = reader.u32("type length")?;
                TypeInfo::Text { length, collation: Collation::decode(reader)? }
            }
            byte::NTEXT => {
                let length = reader.u32("type length")?;
                TypeInfo::NText { length, collation: Collation::decode(reader)? }
            }
            byte::BINARY
            | byte::VARBINARY
            | byte::CHAR
            | byte::VARCHAR
            | byte::NCHAR
            | byte::NVARCHAR => decode_counted(kind, reader, version)?,
            byte::DATE | byte::TIME | byte::DATETIME2 | byte::DATETIMEOFFSET
                if version.is_at_least_7_3() =>
            {
                decode_temporal(kind, reader)?
            }
            byte::XML if version.is_at_least_7_2() => TypeInfo::Xml(decode_xml_schema(reader)?),
            byte::UDT => return Err(DecodeError::Unsupported { what: "a CLR type" }),
            byte::JSON => return Err(DecodeError::Unsupported { what: "the json type" }),
            byte::VECTOR => return Err(DecodeError::Unsupported { what: "the vector type" }),
            byte::TABLE => return Err(DecodeError::Unsupported { what: "a table inside a table" }),
            _ => return unknown,
        })
    }
}

fn fixed_length(kind: u8) -> Option<TypeInfo> {
    Some(match kind {
        byte::NULL => TypeInfo::Null,
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
        _ => return None,
    })
}

fn size_of(reader: &mut Reader<'_>, sizes: &[u8]) -> Result<u8, DecodeError> {
    let size = reader.u8("type length")?;
    match sizes.contains(&size) {
        true => Ok(size),
        false => Err(DecodeError::Invalid { what: "type length", value: size.into() }),
    }
}

fn decode_decimal(reader: &mut Reader<'_>, numeric: bool) -> Result<TypeInfo, DecodeError> {
    // The length is of the client's choice: drivers send 17 for any precision.
    reader.u8("type length")?;
    let precision = reader.u8("precision")?;
    let scale = reader.u8("scale")?;
    if !(1..=38).contains(&precision) {
        return Err(DecodeError::Invalid { what: "precision", value: precision.into() });
    }
    if scale > precision {
        return Err(DecodeError::Invalid { what: "scale", value: scale.into() });
    }
    Ok(TypeInfo::Decimal { numeric, precision, scale })
}

fn decode_temporal(kind: u8, reader: &mut Reader<'_>) -> Result<TypeInfo, DecodeError> {
    if kind == byte::DATE {
        return Ok(TypeInfo::Date);
    }
    let scale = reader.u8("scale")?;
    if scale > 7 {
        return Err(DecodeError::Invalid { what: "scale", value: scale.into() });
    }
    Ok(match kind {
        byte::TIME => TypeInfo::Time(scale),
        byte::DATETIME2 => TypeInfo::DateTime2(scale),
        _ => TypeInfo::DateTimeOffset(scale),
    })
}

fn decode_counted(
    kind: u8,
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<TypeInfo, DecodeError> {
    let bytes = reader.u16("type length")?;
    let length = match bytes {
        0xFFFF if version.is_at_least_7_2() => VarLength::Max,
        _ => VarLength::Bytes(bytes),
    };
    let invalid = DecodeError::Invalid { what: "type length", value: bytes.into() };
    let fixed = match length {
        VarLength::Bytes(bytes) => Ok(bytes),
        VarLength::Max => Err(invalid.clone()),
    };
    if bytes > 8000 && length != VarLength::Max {
        return Err(invalid);
    }
    Ok(match kind {
        byte::BINARY => TypeInfo::Binary(fixed?),
        byte::VARBINARY => TypeInfo::VarBinary(length),
        byte::CHAR => TypeInfo::Char { length: fixed?, collation: Collation::decode(reader)? },
        byte::VARCHAR => TypeInfo::VarChar { length, collation: Collation::decode(reader)? },
        byte::NCHAR => TypeInfo::NChar { length: fixed?, collation: Collation::decode(reader)? },
        _ => TypeInfo::NVarChar { length, collation: Collation::decode(reader)? },
    })
}

fn decode_xml_schema(reader: &mut Reader<'_>) -> Result<Option<XmlSchema>, DecodeError> {
    match reader.u8("xml schema")? {
        0 => Ok(None),
        1 => Ok(Some(XmlSchema {
            database: reader.b_varchar("xml schema database")?,
            owner: reader.b_varchar("xml schema owner")?,
            collection: reader.us_varchar("xml schema collection")?,
        })),
        value => Err(DecodeError::Invalid { what: "xml schema", value: value.into() }),
    }
}
