//! ORDER: by which columns the rows are sorted. [MS-TDS] 2.2.7.17.

use super::byte;
use crate::bytes::Reader;
use crate::error::DecodeError;

/// By which columns the rows are sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Numbers of columns from 1; 0 for what is not a column.
    pub columns: Vec<u16>,
}

impl Order {
    /// Appends the token. Columns behind the first 32,767 are left out: it is a hint.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let columns = &self.columns[..self.columns.len().min(usize::from(u16::MAX) / 2)];
        out.push(byte::ORDER);
        out.extend_from_slice(&(columns.len() as u16 * 2).to_le_bytes());
        for column in columns {
            out.extend_from_slice(&column.to_le_bytes());
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Order, DecodeError> {
        let length = reader.u16("ORDER")?;
        let bytes = reader.take(length.into(), "ORDER")?;
        let (columns, odd) = bytes.as_chunks::<2>();
        match odd {
            [] => Ok(Order {
                columns: columns.iter().map(|pair| u16::from_le_bytes(*pair)).collect(),
            }),
            _ => Err(DecodeError::Invalid { what: "ORDER", value: length.into() }),
        }
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
    fn an_order_by_the_third_and_first_column_looks_like_this_on_the_wire() {
        let order = Order { columns: vec![3, 1] };
        let wire = bytes(|out| order.encode(out));
        assert_snapshot!(format!("{wire:02X?}"), @"[A9, 04, 00, 03, 00, 01, 00]");
        assert_eq!(one(&wire, Version::V7_4), Token::Order(order));
    }
}
