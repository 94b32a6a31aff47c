//! COLINFO: which column of a browse comes from which table. [MS-TDS] 2.2.7.3.

use super::byte;
use crate::bytes::{Reader, put_b_varchar, put_u16_counted};
use crate::error::{DecodeError, EncodeError};

/// Where a column comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColInfoColumn {
    /// The column, from 1.
    pub column: u8,
    /// The table in TABNAME, from 1; 0 for an expression.
    pub table: u8,
    /// 0x04 expression, 0x08 key, 0x10 hidden.
    pub status: u8,
    /// The name in its table, if it has another one here.
    pub base_name: Option<String>,
}

/// Where the columns come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColInfo {
    /// In order.
    pub columns: Vec<ColInfoColumn>,
}

const DIFFERENT_NAME: u8 = 0x20;

impl ColInfo {
    /// Appends the token.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.push(byte::COL_INFO);
        put_u16_counted(out, "COLINFO", |out| {
            for column in &self.columns {
                let status = column.status & !DIFFERENT_NAME;
                let named = if column.base_name.is_some() { DIFFERENT_NAME } else { 0 };
                out.extend_from_slice(&[column.column, column.table, status | named]);
                if let Some(name) = &column.base_name {
                    put_b_varchar(out, name);
                }
            }
        })
        .inspect_err(|_| out.truncate(start))
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<ColInfo, DecodeError> {
        let length = reader.u16("COLINFO")?;
        let mut inside = Reader::new(reader.take(length.into(), "COLINFO")?);
        let mut columns = Vec::new();
        while !inside.is_empty() {
            let [column, table, status] = inside.array("COLINFO column")?;
            let base_name = match status & DIFFERENT_NAME {
                0 => None,
                _ => Some(inside.b_varchar("COLINFO name")?),
            };
            columns.push(ColInfoColumn {
                column,
                table,
                status: status & !DIFFERENT_NAME,
                base_name,
            });
        }
        Ok(ColInfo { columns })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};
    use crate::version::Version;

    #[test]
    fn a_renamed_key_looks_like_this_on_the_wire() {
        let base_name = Some("k".to_owned());
        let info =
            ColInfo { columns: vec![ColInfoColumn { column: 1, table: 1, status: 8, base_name }] };
        let wire = bytes(|out| info.encode(out).unwrap());
        assert_snapshot!(format!("{wire:02X?}"), @"[A5, 06, 00, 01, 01, 28, 01, 6B, 00]");
        assert_eq!(one(&wire, Version::V7_4), Token::ColInfo(info));
    }
}
