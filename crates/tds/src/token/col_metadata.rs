//! COLMETADATA: the columns of a result set. [MS-TDS] 2.2.7.4.

use super::byte;
use crate::bytes::{Reader, put_b_varchar, put_us_varchar};
use crate::error::{DecodeError, EncodeError};
use crate::types::{TypeInfo, down_level_type};
use crate::version::Version;

/// What is known of a column besides its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColumnFlags(pub u16);

impl ColumnFlags {
    /// It may be NULL.
    pub const NULLABLE: ColumnFlags = ColumnFlags(0x0001);
    /// It is compared with case.
    pub const CASE_SENSITIVE: ColumnFlags = ColumnFlags(0x0002);
    /// Whether it can be updated is not known.
    pub const UPDATABLE_UNKNOWN: ColumnFlags = ColumnFlags(0x0008);
    /// It is an identity column.
    pub const IDENTITY: ColumnFlags = ColumnFlags(0x0010);
    /// It is computed.
    pub const COMPUTED: ColumnFlags = ColumnFlags(0x0020);
    /// It was added for the client, and not selected.
    pub const HIDDEN: ColumnFlags = ColumnFlags(0x2000);
    /// It is part of the key.
    pub const KEY: ColumnFlags = ColumnFlags(0x4000);

    /// The flags of both.
    #[must_use]
    pub fn with(self, other: ColumnFlags) -> ColumnFlags {
        ColumnFlags(self.0 | other.0)
    }
}

/// A column of a result set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; empty for an expression without one.
    pub name: String,
    /// What its values are.
    pub type_info: TypeInfo,
    /// What else is known.
    pub flags: ColumnFlags,
    /// The parts of its table's name; told for `text`, `ntext` and `image` only.
    pub table: Vec<String>,
}

impl Column {
    /// A column that may be NULL.
    pub fn new(name: &str, type_info: TypeInfo) -> Column {
        let flags = ColumnFlags::NULLABLE.with(ColumnFlags::UPDATABLE_UNKNOWN);
        Column { name: name.to_owned(), type_info, flags, table: Vec::new() }
    }
}

/// The columns of the rows that follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColMetadata {
    /// In order. None says that there are no rows.
    pub columns: Vec<Column>,
}

/// Stands for no columns.
const NONE: u16 = 0xFFFF;

impl ColMetadata {
    /// Appends the token, with types that a client of `version` knows.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let count = u16::try_from(self.columns.len())
            .ok()
            .filter(|count| *count < NONE)
            .ok_or(EncodeError::TooLong { what: "COLMETADATA", limit: u64::from(NONE) - 1 })?;
        out.push(byte::COL_METADATA);
        out.extend_from_slice(&if count == 0 { NONE } else { count }.to_le_bytes());
        for column in &self.columns {
            column.encode(version, out);
        }
        Ok(())
    }

    pub(super) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<ColMetadata, DecodeError> {
        let count = reader.u16("COLMETADATA")?;
        let mut columns = Vec::new();
        for _ in 0..if count == NONE { 0 } else { count } {
            columns.push(Column::decode(reader, version)?);
        }
        Ok(ColMetadata { columns })
    }
}

impl Column {
    fn encode(&self, version: Version, out: &mut Vec<u8>) {
        let user_type: &[u8] = if version.is_at_least_7_2() { &[0; 4] } else { &[0; 2] };
        out.extend_from_slice(user_type);
        out.extend_from_slice(&self.flags.0.to_le_bytes());
        let kind = down_level_type(&self.type_info, version);
        kind.encode(out);
        if kind.has_text_pointer() {
            encode_table(&self.table, version, out);
        }
        put_b_varchar(out, &self.name);
    }

    fn decode(reader: &mut Reader<'_>, version: Version) -> Result<Column, DecodeError> {
        reader.take(if version.is_at_least_7_2() { 4 } else { 2 }, "column user type")?;
        let flags = ColumnFlags(reader.u16("column flags")?);
        let type_info = TypeInfo::decode(reader, version)?;
        let table = match type_info.has_text_pointer() {
            true => decode_table(reader, version)?,
            false => Vec::new(),
        };
        Ok(Column { name: reader.b_varchar("column name")?, type_info, flags, table })
    }
}

/// Appends the parts of a table's name; as one dotted name before 7.2.
pub(super) fn encode_table(parts: &[String], version: Version, out: &mut Vec<u8>) {
    if !version.is_at_least_7_2() {
        return put_us_varchar(out, &parts.join("."));
    }
    let parts = &parts[..parts.len().min(4)];
    out.push(parts.len() as u8);
    for part in parts {
        put_us_varchar(out, part);
    }
}

pub(super) fn decode_table(
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Vec<String>, DecodeError> {
    if !version.is_at_least_7_2() {
        let name = reader.us_varchar("table name")?;
        return Ok(if name.is_empty() { Vec::new() } else { vec![name] });
    }
    let count = reader.u8("table name")?;
    (0..count).map(|_| reader.us_varchar("table name")).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};
    use crate::types::Collation;

    #[test]
    fn a_column_looks_like_this_on_the_wire() {
        let columns = ColMetadata { columns: vec![Column::new("id", TypeInfo::IntN(4))] };
        let wire = bytes(|out| columns.encode(Version::V7_4, out).unwrap());
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[81, 01, 00, 00, 00, 00, 00, 09, 00, 26, 04, 02, 69, 00, 64, 00]"
        );
        assert_eq!(one(&wire, Version::V7_4), Token::ColMetadata(columns));
    }

    #[test]
    fn no_columns_are_told_as_ffff() {
        let wire = bytes(|out| ColMetadata::default().encode(Version::V7_4, out).unwrap());
        assert_snapshot!(format!("{wire:02X?}"), @"[81, FF, FF]");
    }

    #[test]
    fn a_client_of_7_1_gets_types_that_it_knows() {
        let columns = ColMetadata {
            columns: vec![
                Column::new("message", TypeInfo::nvarchar_max()),
                Column::new("time", TypeInfo::DateTimeOffset(7)),
            ],
        };
        let wire = bytes(|out| columns.encode(Version::V7_1, out).unwrap());
        let Token::ColMetadata(read) = one(&wire, Version::V7_1) else { panic!("no columns") };
        let collation = Collation::DEFAULT;
        let ntext = TypeInfo::NText { length: 0x7FFF_FFFE, collation };
        assert_eq!(read.columns[0].type_info, ntext);
        assert_eq!(read.columns[1].type_info, TypeInfo::nvarchar(34));
    }

    #[test]
    fn a_text_column_names_its_table() {
        let type_info = TypeInfo::Image { length: 10 };
        let table = vec!["dbo".to_owned(), "t".to_owned()];
        let columns =
            ColMetadata { columns: vec![Column { table, ..Column::new("c", type_info) }] };
        let wire = bytes(|out| columns.encode(Version::V7_2, out).unwrap());
        assert_eq!(one(&wire, Version::V7_2), Token::ColMetadata(columns));
    }
}
