//! BulkLoadBCP: rows for the table that an `INSERT BULK` before it has named. [MS-TDS] 2.2.6.1.
//!
//! The message is a COLMETADATA, rows and a DONE, as a server sends a result. Rows are read one
//! by one, so that a row of a few bytes and many NULLs does not fill memory before it is wanted.

use crate::bytes::Reader;
use crate::error::DecodeError;
use crate::token::{ColMetadata, bulk};
use crate::types::Value;
use crate::version::Version;

/// Columns, and rows that are read as they are asked for.
#[derive(Clone, PartialEq)]
pub struct BulkLoad {
    columns: ColMetadata,
    rows: Vec<u8>,
    at: usize,
    version: Version,
}

/// Shows the size only: rows are users' data.
impl std::fmt::Debug for BulkLoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.columns.columns.len();
        write!(f, "bulk load of {columns} columns, {} bytes", self.rows.len() - self.at)
    }
}

impl BulkLoad {
    /// Reads the columns.
    pub fn decode(bytes: &[u8], version: Version) -> Result<BulkLoad, DecodeError> {
        let mut reader = Reader::new(bytes);
        let columns = bulk::columns(&mut reader, version)?;
        Ok(BulkLoad { columns, rows: reader.take_rest().to_vec(), at: 0, version })
    }

    /// What each row has.
    pub fn columns(&self) -> &ColMetadata {
        &self.columns
    }

    /// The next row; nothing behind the last.
    pub fn next_row(&mut self) -> Result<Option<Vec<Value>>, DecodeError> {
        let mut reader = Reader::new(self.rows.get(self.at..).unwrap_or_default());
        let whole = reader.remaining();
        let row = bulk::row(&self.columns, &mut reader, self.version)?;
        self.at += whole - reader.remaining();
        if row.is_none() && self.at < self.rows.len() {
            let value = self.rows.get(self.at).copied().unwrap_or_default().into();
            return Err(DecodeError::Invalid { what: "end of a bulk load", value });
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Column, Done, RowEncoder};
    use crate::types::TypeInfo;

    fn message(rows: &[Vec<Value>], end: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let (id, name) = (TypeInfo::IntN(4), TypeInfo::nvarchar(10));
        let columns =
            ColMetadata { columns: vec![Column::new("id", id), Column::new("name", name)] };
        let mut wire = Vec::new();
        columns.encode(Version::V7_4, &mut wire).unwrap();
        let encoder = RowEncoder::new(&columns, Version::V7_4);
        rows.iter().for_each(|row| encoder.encode(row, &mut wire).unwrap());
        end(&mut wire);
        wire
    }

    fn done(wire: &mut Vec<u8>) {
        Done::default().encode(Version::V7_4, wire);
    }

    fn read(wire: &[u8]) -> Result<Vec<Vec<Value>>, DecodeError> {
        let mut load = BulkLoad::decode(wire, Version::V7_4)?;
        let mut rows = Vec::new();
        while let Some(row) = load.next_row()? {
            rows.push(row);
        }
        Ok(rows)
    }

    #[test]
    fn rows_are_read_up_to_the_done_or_the_end() {
        let rows = [vec![Value::Int(1), Value::String("x".into())], vec![Value::Null, Value::Null]];
        assert_eq!(read(&message(&rows, done)).unwrap(), rows);
        assert_eq!(read(&message(&rows, |_| {})).unwrap(), rows);
        assert_eq!(read(&message(&[], done)).unwrap(), Vec::<Vec<Value>>::new());
    }

    #[test]
    fn a_load_that_is_cut_off_or_goes_on_is_refused() {
        let rows = [vec![Value::Int(1), Value::Null]];
        assert!(read(&message(&rows, |wire| wire.extend([0xD1, 4]))).is_err());
        let twice = |wire: &mut Vec<u8>| {
            done(wire);
            wire.push(0xD1);
        };
        assert!(read(&message(&rows, twice)).is_err());
        assert!(read(&[1, 2, 3]).is_err());
        assert!(read(&[]).is_err());
    }
}
