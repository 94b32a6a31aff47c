//! Table-valued parameters: [MS-TDS] 2.2.5.5.5. The type's name, its columns, hints about keys
//! and order, then rows.
//!
//! # Invariants
//!
//! * One message holds at most [`CELLS_MAX`] rows and values in all, because a NULL of one byte
//!   becomes a [`Value`] of many.

use super::codec::{Place, decode, encode_value};
use super::type_info::{TypeInfo, byte};
use super::value::Value;
use crate::bytes::{Reader, put_b_varchar};
use crate::error::{DecodeError, EncodeError};
use crate::version::Version;

/// How many rows and values one message may have in its tables: about 64 MiB of values.
pub(crate) const CELLS_MAX: u64 = 2_000_000;

/// The columns that a table type can have.
const COLUMNS_MAX: u64 = 1024;
const NULL_COLUMNS: u16 = 0xFFFF;
const END: u8 = 0x00;
const ROW: u8 = 0x01;
const ORDER_UNIQUE: u8 = 0x10;
const COLUMN_ORDER: u8 = 0x11;

/// The name of a table type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableType {
    /// Its database; empty for the current one.
    pub database: String,
    /// Its schema; empty for the default one.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// A user type, or 0.
    pub user_type: u32,
    /// The column's flags: [MS-TDS] 2.2.5.5.5.2.
    pub flags: u16,
    /// What its values are.
    pub type_info: TypeInfo,
    /// Clients leave it empty: the table type has the names.
    pub name: String,
}

impl TableColumn {
    /// Set on columns that get their default in every row, and are not in the rows.
    pub const DEFAULT: u16 = 0x0200;

    /// Whether the rows have values for the column.
    pub fn is_sent(&self) -> bool {
        self.flags & TableColumn::DEFAULT == 0
    }
}

/// What the client says of a column's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableOrder {
    /// From 1.
    pub column: u16,
    /// 1 ascending, 2 descending, 4 unique.
    pub flags: u8,
}

/// What the client says of order and of the columns' places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableUniqueness {
    /// By which columns the rows are sorted, or unique.
    pub order: Vec<TableOrder>,
    /// Which column each sent column is, from 1; empty if they are in order.
    pub places: Vec<u16>,
}

/// The value of a table-valued parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct TableValue {
    /// What it is declared as.
    pub table_type: TableType,
    /// Its columns; none for the default, an empty table.
    pub columns: Vec<TableColumn>,
    /// Hints.
    pub uniqueness: TableUniqueness,
    /// In each row a value for each sent column.
    pub rows: Vec<Vec<Value>>,
}

impl TableValue {
    /// Appends the type byte, the description and the rows.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(byte::TABLE);
        put_b_varchar(out, &self.table_type.database);
        put_b_varchar(out, &self.table_type.schema);
        put_b_varchar(out, &self.table_type.name);
        self.encode_columns(out);
        self.encode_uniqueness(out);
        out.push(END);
        let sent: Vec<_> = self.columns.iter().filter(|column| column.is_sent()).collect();
        for row in &self.rows {
            if row.len() != sent.len() {
                return Err(EncodeError::Columns { values: row.len(), columns: sent.len() });
            }
            out.push(ROW);
            for (column, value) in sent.iter().zip(row) {
                encode_value(&column.type_info, value, Place::Parameter, out)?;
            }
        }
        out.push(END);
        Ok(())
    }

    fn encode_columns(&self, out: &mut Vec<u8>) {
        if self.columns.is_empty() {
            out.extend_from_slice(&NULL_COLUMNS.to_le_bytes());
            return;
        }
        out.extend_from_slice(&(self.columns.len() as u16).to_le_bytes());
        for column in &self.columns {
            out.extend_from_slice(&column.user_type.to_le_bytes());
            out.extend_from_slice(&column.flags.to_le_bytes());
            column.type_info.encode(out);
            put_b_varchar(out, &column.name);
        }
    }

    fn encode_uniqueness(&self, out: &mut Vec<u8>) {
        if !self.uniqueness.order.is_empty() {
            out.push(ORDER_UNIQUE);
            out.extend_from_slice(&(self.uniqueness.order.len() as u16).to_le_bytes());
            for order in &self.uniqueness.order {
                out.extend_from_slice(&order.column.to_le_bytes());
                out.push(order.flags);
            }
        }
        if !self.uniqueness.places.is_empty() {
            out.push(COLUMN_ORDER);
            out.extend_from_slice(&(self.uniqueness.places.len() as u16).to_le_bytes());
            for place in &self.uniqueness.places {
                out.extend_from_slice(&place.to_le_bytes());
            }
        }
    }

    /// Reads a table behind its type byte. `cells` is how many rows and values it may have, and
    /// becomes less by those it has.
    pub(crate) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
        cells: &mut u64,
    ) -> Result<TableValue, DecodeError> {
        if !version.is_at_least_7_3() {
            return Err(DecodeError::Invalid { what: "data type", value: byte::TABLE.into() });
        }
        let table_type = TableType {
            database: reader.b_varchar("table type database")?,
            schema: reader.b_varchar("table type schema")?,
            name: reader.b_varchar("table type name")?,
        };
        let columns = decode_columns(reader, version)?;
        let uniqueness = decode_uniqueness(reader)?;
        let rows = decode_rows(reader, &columns, cells)?;
        Ok(TableValue { table_type, columns, uniqueness, rows })
    }
}

fn decode_columns(
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Vec<TableColumn>, DecodeError> {
    let count = reader.u16("table columns")?;
    if count == NULL_COLUMNS {
        return Ok(Vec::new());
    }
    if u64::from(count) > COLUMNS_MAX {
        return Err(DecodeError::OverLimit { what: "table columns", limit: COLUMNS_MAX });
    }
    let mut columns = Vec::new();
    for _ in 0..count {
        let user_type = reader.u32("table column user type")?;
        let flags = reader.u16("table column flags")?;
        let type_info = TypeInfo::decode(reader, version)?;
        if type_info.has_text_pointer() {
            return Err(DecodeError::Unsupported { what: "text, ntext or image in a table" });
        }
        let name = reader.b_varchar("table column name")?;
        columns.push(TableColumn { user_type, flags, type_info, name });
    }
    Ok(columns)
}

fn decode_uniqueness(reader: &mut Reader<'_>) -> Result<TableUniqueness, DecodeError> {
    let mut found = TableUniqueness::default();
    loop {
        match reader.u8("table token")? {
            END => return Ok(found),
            ORDER_UNIQUE if found.order.is_empty() => {
                for _ in 0..reader.u16("table order")? {
                    let (column, flags) = (reader.u16("table order")?, reader.u8("table order")?);
                    found.order.push(TableOrder { column, flags });
                }
            }
            COLUMN_ORDER if found.places.is_empty() => {
                for _ in 0..reader.u16("table column order")? {
                    found.places.push(reader.u16("table column order")?);
                }
            }
            value => {
                return Err(DecodeError::Invalid { what: "table token", value: value.into() });
            }
        }
    }
}

fn decode_rows(
    reader: &mut Reader<'_>,
    columns: &[TableColumn],
    cells: &mut u64,
) -> Result<Vec<Vec<Value>>, DecodeError> {
    let sent: Vec<_> = columns.iter().filter(|column| column.is_sent()).collect();
    let mut rows = Vec::new();
    loop {
        match reader.u8("table row")? {
            END => return Ok(rows),
            ROW => {}
            value => return Err(DecodeError::Invalid { what: "table row", value: value.into() }),
        }
        *cells = cells.checked_sub(1 + sent.len() as u64).ok_or(DecodeError::OverLimit {
            what: "rows and values in tables",
            limit: CELLS_MAX,
        })?;
        let mut row = Vec::with_capacity(sent.len());
        for column in &sent {
            row.push(decode(&column.type_info, reader, Place::Parameter)?);
        }
        rows.push(row);
    }
}
