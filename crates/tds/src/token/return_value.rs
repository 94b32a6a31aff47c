//! RETURNVALUE: an OUTPUT parameter after its procedure. [MS-TDS] 2.2.7.19.

use super::byte;
use crate::bytes::{Reader, put_b_varchar};
use crate::error::{DecodeError, EncodeError};
use crate::types::{
    Place, TypeInfo, Value, VarLength, down_level_type, down_level_value, encode_value,
};
use crate::version::Version;

/// The value of an OUTPUT parameter, or of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnValue {
    /// Which parameter of the call, from 0.
    pub ordinal: u16,
    /// Its name with the @, or empty if the call did not name it.
    pub name: String,
    /// Whether it is what a function returned.
    pub of_function: bool,
    /// Its type.
    pub type_info: TypeInfo,
    /// Its value.
    pub value: Value,
}

impl ReturnValue {
    /// Appends the token, or nothing if the value does not fit its type.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.push(byte::RETURN_VALUE);
        out.extend_from_slice(&self.ordinal.to_le_bytes());
        put_b_varchar(out, &self.name);
        out.push(if self.of_function { 2 } else { 1 });
        let user_type: &[u8] = if version.is_at_least_7_2() { &[0; 4] } else { &[0; 2] };
        out.extend_from_slice(user_type);
        out.extend_from_slice(&[0; 2]);
        self.encode_value(version, out).inspect_err(|_| out.truncate(start))
    }

    fn encode_value(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let kind = down_level_type(&self.type_info, version);
        let value = down_level_value(&self.type_info, &self.value, version);
        let start = out.len();
        if let Some(short) = short_form(&kind) {
            short.encode(out);
            if encode_value(&short, &value, Place::Parameter, out).is_ok() {
                return Ok(());
            }
            out.truncate(start);
        }
        kind.encode(out);
        encode_value(&kind, &value, place(&kind), out)
    }

    pub(super) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<ReturnValue, DecodeError> {
        let ordinal = reader.u16("RETURNVALUE ordinal")?;
        let name = reader.b_varchar("RETURNVALUE name")?;
        let of_function = reader.u8("RETURNVALUE status")? == 2;
        reader.take(if version.is_at_least_7_2() { 6 } else { 4 }, "RETURNVALUE flags")?;
        let type_info = TypeInfo::decode(reader, version)?;
        let value = crate::types::decode(&type_info, reader, place(&type_info))?;
        Ok(ReturnValue { ordinal, name, of_function, type_info, value })
    }
}

/// The type that a `max` value is sent as to a client of 7.1, if it is short enough: `text` cannot
/// be an OUTPUT parameter in SQL Server.
fn short_form(kind: &TypeInfo) -> Option<TypeInfo> {
    const LONGEST: VarLength = VarLength::Bytes(8000);
    if let TypeInfo::NText { collation, .. } = kind {
        Some(TypeInfo::NVarChar { length: LONGEST, collation: *collation })
    } else if let TypeInfo::Text { collation, .. } = kind {
        Some(TypeInfo::VarChar { length: LONGEST, collation: *collation })
    } else {
        matches!(kind, TypeInfo::Image { .. }).then_some(TypeInfo::VarBinary(LONGEST))
    }
}

/// Clients read `text` with its pointer wherever a server sends it.
fn place(kind: &TypeInfo) -> Place {
    if kind.has_text_pointer() { Place::Row } else { Place::Parameter }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};

    #[test]
    fn an_output_parameter_looks_like_this_on_the_wire() {
        let output = ReturnValue {
            ordinal: 3,
            name: "@x".into(),
            of_function: false,
            type_info: TypeInfo::IntN(8),
            value: Value::BigInt(7),
        };
        let wire = bytes(|out| output.encode(Version::V7_4, out).unwrap());
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[AC, 03, 00, 02, 40, 00, 78, 00, 01, 00, 00, 00, 00, 00, 00, 26, 08, 08, 07, 00, 00, 00, 00, 00, 00, 00]"
        );
        assert_eq!(one(&wire, Version::V7_4), Token::ReturnValue(output.clone()));
        let wire = bytes(|out| output.encode(Version::V7_1, out).unwrap());
        assert_eq!(one(&wire, Version::V7_1), Token::ReturnValue(output));
    }

    #[test]
    fn a_max_value_for_a_client_of_7_1_is_short_if_it_can_be() {
        let sent = |text: String| {
            let output = ReturnValue {
                ordinal: 0,
                name: String::new(),
                of_function: false,
                type_info: TypeInfo::nvarchar_max(),
                value: Value::String(text),
            };
            let wire = bytes(|out| output.encode(Version::V7_1, out).unwrap());
            let Token::ReturnValue(read) = one(&wire, Version::V7_1) else {
                panic!("another token")
            };
            assert_eq!(read.value, output.value);
            read.type_info
        };
        assert_eq!(sent("a".repeat(4000)), TypeInfo::nvarchar(4000));
        assert_eq!(sent("a".repeat(4001)).name(), "ntext");
    }

    #[test]
    fn a_value_that_does_not_fit_writes_nothing() {
        let output = ReturnValue {
            ordinal: 0,
            name: String::new(),
            of_function: false,
            type_info: TypeInfo::IntN(1),
            value: Value::Int(256),
        };
        let mut out = vec![0xEE];
        assert!(output.encode(Version::V7_4, &mut out).is_err());
        assert_eq!(out, [0xEE]);
    }
}
