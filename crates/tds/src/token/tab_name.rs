//! TABNAME: the tables that the columns of a browse come from. [MS-TDS] 2.2.7.22.

use super::byte;
use super::col_metadata::{decode_table, encode_table};
use crate::bytes::{Reader, put_u16_counted};
use crate::error::{DecodeError, EncodeError};
use crate::version::Version;

/// The tables that the columns come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TabName {
    /// Each by the parts of its name, up to four.
    pub tables: Vec<Vec<String>>,
}

impl TabName {
    /// Appends the token.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.push(byte::TAB_NAME);
        put_u16_counted(out, "TABNAME", |out| {
            self.tables.iter().for_each(|table| encode_table(table, version, out));
        })
        .inspect_err(|_| out.truncate(start))
    }

    pub(super) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<TabName, DecodeError> {
        let length = reader.u16("TABNAME")?;
        let mut inside = Reader::new(reader.take(length.into(), "TABNAME")?);
        let mut tables = Vec::new();
        while !inside.is_empty() {
            tables.push(decode_table(&mut inside, version)?);
        }
        Ok(TabName { tables })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};

    #[test]
    fn a_table_name_of_two_parts_looks_like_this_on_the_wire() {
        let names = TabName { tables: vec![vec!["d".into(), "t".into()]] };
        let wire = bytes(|out| names.encode(Version::V7_4, out).unwrap());
        assert_snapshot!(format!("{wire:02X?}"), @"[A4, 09, 00, 02, 01, 00, 64, 00, 01, 00, 74, 00]");
        assert_eq!(one(&wire, Version::V7_4), Token::TabName(names));
    }
}
