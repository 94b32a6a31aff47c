//! Rows as bytes that compare as their sort keys do: what Sort, Merge, Merge Join and Aggregate
//! compare, group and join by.
//!
//! Text compares linguistically, not by code point: letters first by their base letter, then by
//! accent, then small before capital; hyphen and apostrophe decide last ("word sort"). The
//! comparison flags of a column leave steps out: IgnoreCase, IgnoreNonSpace, IgnoreSymbols. NULL
//! comes first and is equal to NULL.
//!
//! # Invariant
//!
//! With no flags two values have the same bytes only if they are the same value.

mod text;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, RecordBatch,
    StringArray,
};
use model::DataType;

/// NORM_IGNORECASE.
pub(crate) const IGNORE_CASE: i32 = 1;
/// NORM_IGNORENONSPACE: accents.
pub(crate) const IGNORE_NON_SPACE: i32 = 2;
/// NORM_IGNORESYMBOLS.
pub(crate) const IGNORE_SYMBOLS: i32 = 4;
/// Not a flag of SSIS: text by its bytes, where only equality counts.
pub(crate) const ORDINAL: i32 = i32::MIN;
/// The flags that are understood here.
const KNOWN: i32 = IGNORE_CASE | IGNORE_NON_SPACE | IGNORE_SYMBOLS;

/// The names of the flags that are not understood.
pub(crate) fn unsupported_flags(flags: i32) -> Option<&'static str> {
    const NAMES: &[(i32, &str)] = &[
        (0x1_0000, "Ignore kana type"),
        (0x2_0000, "Ignore character width"),
        (0x1000, "Sort punctuation as symbols"),
    ];
    match flags & !KNOWN {
        0 => None,
        rest => NAMES
            .iter()
            .find(|name| rest & name.0 != 0)
            .map(|name| name.1)
            .or(Some("unknown comparison flags")),
    }
}

/// A column of a sort key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyColumn {
    /// Place in the batch.
    pub(crate) position: usize,
    pub(crate) data_type: DataType,
    pub(crate) descending: bool,
    pub(crate) flags: i32,
}

/// The keys of the rows of a batch.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    /// The keys of all rows.
    pub(crate) fn of(batch: &RecordBatch, columns: &[KeyColumn]) -> Self {
        let cells: Vec<_> = columns
            .iter()
            .map(|column| (cells(batch.column(column.position).as_ref(), column), column))
            .collect();
        let mut keys = Self {
            bytes: Vec::with_capacity(batch.num_rows() * 8 * columns.len()),
            ends: Vec::with_capacity(batch.num_rows()),
        };
        for row in 0..batch.num_rows() {
            for (cells, column) in &cells {
                let start = keys.bytes.len();
                cells.append(row, column.flags, &mut keys.bytes);
                if column.descending {
                    keys.bytes[start..].iter_mut().for_each(|byte| *byte = !*byte);
                }
            }
            keys.ends.push(keys.bytes.len());
        }
        keys
    }

    /// The key of a row.
    pub(crate) fn row(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// Bytes in memory.
    pub(crate) fn size(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}

/// The values of a column, by what they take to encode.
enum Cells<'a> {
    Nothing,
    Bool(&'a BooleanArray),
    I1(&'a PrimitiveArray<Int8Type>),
    I2(&'a PrimitiveArray<Int16Type>),
    I4(&'a PrimitiveArray<Int32Type>),
    I8(&'a PrimitiveArray<Int64Type>),
    Ui1(&'a PrimitiveArray<UInt8Type>),
    Ui2(&'a PrimitiveArray<UInt16Type>),
    Ui4(&'a PrimitiveArray<UInt32Type>),
    Ui8(&'a PrimitiveArray<UInt64Type>),
    R4(&'a PrimitiveArray<Float32Type>),
    R8(&'a PrimitiveArray<Float64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>),
    Date(&'a PrimitiveArray<Date32Type>),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Fixed(&'a FixedSizeBinaryArray),
}

fn cells<'a>(array: &'a dyn Array, column: &KeyColumn) -> Cells<'a> {
    match column.data_type {
        DataType::Empty | DataType::Null => Cells::Nothing,
        DataType::Bool => Cells::Bool(array.as_boolean()),
        DataType::I1 => Cells::I1(array.as_primitive()),
        DataType::I2 => Cells::I2(array.as_primitive()),
        DataType::I4 => Cells::I4(array.as_primitive()),
        DataType::I8
        | DataType::Date
        | DataType::DbTime
        | DataType::DbTime2 { .. }
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::FileTime => Cells::I8(array.as_primitive()),
        DataType::Ui1 => Cells::Ui1(array.as_primitive()),
        DataType::Ui2 => Cells::Ui2(array.as_primitive()),
        DataType::Ui4 => Cells::Ui4(array.as_primitive()),
        DataType::Ui8 => Cells::Ui8(array.as_primitive()),
        DataType::R4 => Cells::R4(array.as_primitive()),
        DataType::R8 => Cells::R8(array.as_primitive()),
        DataType::Cy | DataType::Decimal { .. } | DataType::Numeric { .. } => {
            Cells::Decimal(array.as_primitive())
        }
        DataType::DbDate => Cells::Date(array.as_primitive()),
        DataType::Str { .. } | DataType::WStr { .. } | DataType::Text { .. } | DataType::NText => {
            Cells::Text(array.as_string())
        }
        DataType::Bytes { .. } | DataType::Image => Cells::Bytes(array.as_binary()),
        DataType::Guid | DataType::DbTimestampOffset { .. } => {
            Cells::Fixed(array.as_fixed_size_binary())
        }
    }
}

/// Adds NULL as 0, a value as 1 and what `$encode` makes of it.
macro_rules! put {
    ($array:expr, $row:expr, $out:expr, $value:ident => $encode:expr) => {
        if $array.is_null($row) {
            $out.push(0);
        } else {
            $out.push(1);
            let $value = $array.value($row);
            $out.extend_from_slice(&$encode);
        }
    };
}

impl Cells<'_> {
    fn append(&self, row: usize, flags: i32, out: &mut Vec<u8>) {
        match self {
            Self::Nothing => out.push(0),
            Self::Bool(array) => put!(array, row, out, v => [u8::from(v)]),
            Self::I1(array) => put!(array, row, out, v => [v.cast_unsigned() ^ 0x80]),
            Self::I2(array) => put!(array, row, out, v => (v ^ i16::MIN).to_be_bytes()),
            Self::I4(array) => put!(array, row, out, v => (v ^ i32::MIN).to_be_bytes()),
            Self::I8(array) => put!(array, row, out, v => (v ^ i64::MIN).to_be_bytes()),
            Self::Ui1(array) => put!(array, row, out, v => [v]),
            Self::Ui2(array) => put!(array, row, out, v => v.to_be_bytes()),
            Self::Ui4(array) => put!(array, row, out, v => v.to_be_bytes()),
            Self::Ui8(array) => put!(array, row, out, v => v.to_be_bytes()),
            Self::R4(array) => put!(array, row, out, v => float(f64::from(v))),
            Self::R8(array) => put!(array, row, out, v => float(v)),
            Self::Decimal(array) => put!(array, row, out, v => (v ^ i128::MIN).to_be_bytes()),
            Self::Date(array) => put!(array, row, out, v => (v ^ i32::MIN).to_be_bytes()),
            Self::Fixed(array) => put!(array, row, out, v => v),
            Self::Text(array) if array.is_null(row) => out.push(0),
            Self::Text(array) => {
                out.push(1);
                text::append(array.value(row), flags, out);
            }
            Self::Bytes(array) if array.is_null(row) => out.push(0),
            Self::Bytes(array) => {
                out.push(1);
                append_escaped(array.value(row), out);
            }
        }
    }
}

/// Bytes in the order of the numbers; both zeros are one number.
fn float(value: f64) -> [u8; 8] {
    let bits = if value == 0.0 { 0 } else { value.to_bits() };
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    ordered.to_be_bytes()
}

/// Bytes of any length, ended so that a shorter one comes first.
fn append_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        out.push(byte);
        if byte == 0 {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

#[cfg(test)]
mod tests;
