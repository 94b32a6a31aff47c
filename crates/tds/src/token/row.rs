//! ROW and NBCROW: the values of a row. [MS-TDS] 2.2.7.20 and 2.2.7.16.

use super::byte;
use super::col_metadata::ColMetadata;
use crate::bytes::Reader;
use crate::error::{DecodeError, EncodeError};
use crate::types::{
    Place, TypeInfo, Value, decode, down_level_type, down_level_value, encode_value,
};
use crate::version::Version;

/// Writes the rows of one result set.
pub struct RowEncoder {
    columns: Vec<RowColumn>,
    version: Version,
}

struct RowColumn {
    declared: TypeInfo,
    on_wire: TypeInfo,
    /// What a NULL takes without a bitmap, in bytes; nothing if it cannot be NULL.
    null_size: usize,
}

impl RowEncoder {
    /// A writer of rows of these columns.
    pub fn new(metadata: &ColMetadata, version: Version) -> RowEncoder {
        let columns = metadata.columns.iter().map(|column| {
            let declared = column.type_info.clone();
            let on_wire = down_level_type(&declared, version).into_owned();
            let mut null = Vec::new();
            let null_size = match encode_value(&on_wire, &Value::Null, Place::Row, &mut null) {
                Ok(()) => null.len(),
                Err(_) => 0,
            };
            RowColumn { declared, on_wire, null_size }
        });
        RowEncoder { columns: columns.collect(), version }
    }

    /// Appends a row, or nothing if a value does not fit its column. Rows whose NULLs take more
    /// than a bitmap get one, where the client knows it.
    pub fn encode(&self, values: &[Value], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if values.len() != self.columns.len() {
            let columns = self.columns.len();
            return Err(EncodeError::Columns { values: values.len(), columns });
        }
        let start = out.len();
        self.encode_values(values, out).inspect_err(|_| out.truncate(start))
    }

    fn encode_values(&self, values: &[Value], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let bitmap = self.is_shorter_with_bitmap(values);
        out.push(if bitmap { byte::NBC_ROW } else { byte::ROW });
        if bitmap {
            put_bitmap(values, out);
        }
        for (column, value) in self.columns.iter().zip(values) {
            if !(bitmap && *value == Value::Null) {
                let value = down_level_value(&column.declared, value, self.version);
                encode_value(&column.on_wire, &value, Place::Row, out)?;
            }
        }
        Ok(())
    }

    fn is_shorter_with_bitmap(&self, values: &[Value]) -> bool {
        if !self.version.has_null_bitmap_rows() {
            return false;
        }
        let nulls = self.columns.iter().zip(values).filter(|(_, value)| **value == Value::Null);
        let sizes = nulls.map(|(column, _)| match (&column.on_wire, column.null_size) {
            (TypeInfo::Null, _) => Some(0),
            // Cannot be NULL: the values are written one by one, so that this is noticed.
            (_, 0) => None,
            (_, size) => Some(size),
        });
        sizes.sum::<Option<usize>>().is_some_and(|saved| saved > values.len().div_ceil(8))
    }
}

fn put_bitmap(values: &[Value], out: &mut Vec<u8>) {
    for eight in values.chunks(8) {
        let bits = eight.iter().enumerate();
        out.push(bits.map(|(bit, value)| u8::from(*value == Value::Null) << bit).sum());
    }
}

pub(super) fn decode_row(
    columns: Option<&ColMetadata>,
    reader: &mut Reader<'_>,
) -> Result<Vec<Value>, DecodeError> {
    let columns = columns.ok_or(DecodeError::Invalid { what: "row", value: byte::ROW.into() })?;
    columns.columns.iter().map(|column| decode(&column.type_info, reader, Place::Row)).collect()
}

pub(super) fn decode_nbc_row(
    columns: Option<&ColMetadata>,
    reader: &mut Reader<'_>,
) -> Result<Vec<Value>, DecodeError> {
    let invalid = DecodeError::Invalid { what: "row", value: byte::NBC_ROW.into() };
    let columns = &columns.ok_or(invalid)?.columns;
    let bitmap = reader.take(columns.len().div_ceil(8), "null bitmap")?;
    let mut values = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        values.push(match bitmap[at / 8] >> (at % 8) & 1 {
            1 => Value::Null,
            _ => decode(&column.type_info, reader, Place::Row)?,
        });
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::tests::bytes;
    use crate::token::{Column, Token, TokenReader};

    fn columns() -> ColMetadata {
        ColMetadata {
            columns: vec![
                Column::new("a", TypeInfo::IntN(4)),
                Column::new("b", TypeInfo::nvarchar(10)),
                Column::new("c", TypeInfo::nvarchar_max()),
            ],
        }
    }

    fn row(values: &[Value], version: Version) -> Vec<u8> {
        bytes(|out| RowEncoder::new(&columns(), version).encode(values, out).unwrap())
    }

    #[test]
    fn a_row_looks_like_this_on_the_wire() {
        let values = [Value::Int(1), Value::String("x".into()), Value::String("y".into())];
        let wire = row(&values, Version::V7_4);
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[D1, 04, 01, 00, 00, 00, 02, 00, 78, 00, 02, 00, 00, 00, 00, 00, 00, 00, 02, 00, 00, 00, 79, 00, 00, 00, 00, 00]"
        );
    }

    #[test]
    fn a_row_of_nulls_is_a_bitmap_where_the_client_knows_it() {
        let nulls = [Value::Int(1), Value::Null, Value::Null];
        let wire = row(&nulls, Version::V7_4);
        assert_snapshot!(format!("{wire:02X?}"), @"[D2, 06, 04, 01, 00, 00, 00]");
        let wire = row(&nulls, Version::V7_2);
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[D1, 04, 01, 00, 00, 00, FF, FF, FF, FF, FF, FF, FF, FF, FF, FF]"
        );
    }

    #[test]
    fn rows_of_both_kinds_are_read_back() {
        for version in [Version::V7_1, Version::V7_2, Version::V7_4] {
            let rows = [
                vec![Value::Int(1), Value::Null, Value::Null],
                vec![Value::Null, Value::String("b".into()), Value::String(String::new())],
            ];
            let encoder = RowEncoder::new(&columns(), version);
            let wire = bytes(|out| {
                columns().encode(version, out).unwrap();
                rows.iter().for_each(|row| encoder.encode(row, out).unwrap());
            });
            let tokens = TokenReader::new(&wire, version).read_all().unwrap();
            assert_eq!(tokens[1..], rows.map(Token::Row));
        }
    }

    #[test]
    fn a_row_that_does_not_fit_writes_nothing() {
        let metadata = ColMetadata { columns: vec![Column::new("a", TypeInfo::Int)] };
        let encoder = RowEncoder::new(&metadata, Version::V7_4);
        let mut out = vec![];
        assert_snapshot!(encoder.encode(&[Value::Null], &mut out).unwrap_err(), @"int cannot be NULL");
        let two = [Value::Int(1), Value::Int(2)];
        assert_snapshot!(encoder.encode(&two, &mut out).unwrap_err(), @"a row of 2 values for 1 columns");
        assert!(out.is_empty());
    }
}
