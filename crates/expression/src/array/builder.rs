//! Builds an Arrow array of an SSIS type from values, one by one.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, PrimitiveBuilder, StringBuilder,
};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, NullArray};
use model::{DataType, Value};

use super::{decimal_parts, offset_to_bytes, physical};

/// A value was put into an array of a type that it is not of, or that has no room for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value cannot be stored in a column of type {data_type}: it is of another type or too long"
)]
pub struct WrongValue {
    /// The type of the column.
    pub data_type: DataType,
}

/// How many bytes of text or binary an array may hold. An Arrow array can address twice as many,
/// so two arrays of texts can always be merged into one. Tests have a bound that they can reach.
pub(crate) const BYTES_MAX: usize = if cfg!(test) { 1 << 20 } else { 1 << 30 };

/// Builds an array of one SSIS type.
#[derive(Debug)]
pub struct Builder {
    data_type: DataType,
    cells: Cells,
}

#[derive(Debug)]
enum Cells {
    Null(usize),
    Bool(BooleanBuilder),
    I1(PrimitiveBuilder<Int8Type>),
    I2(PrimitiveBuilder<Int16Type>),
    I4(PrimitiveBuilder<Int32Type>),
    I8(PrimitiveBuilder<Int64Type>),
    Ui1(PrimitiveBuilder<UInt8Type>),
    Ui2(PrimitiveBuilder<UInt16Type>),
    Ui4(PrimitiveBuilder<UInt32Type>),
    Ui8(PrimitiveBuilder<UInt64Type>),
    R4(PrimitiveBuilder<Float32Type>),
    R8(PrimitiveBuilder<Float64Type>),
    Decimal(PrimitiveBuilder<Decimal128Type>, u8),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Guid(FixedSizeBinaryBuilder),
    DateTime(PrimitiveBuilder<Int64Type>),
    Date(PrimitiveBuilder<Date32Type>),
    Time(PrimitiveBuilder<Int64Type>),
    Offset(FixedSizeBinaryBuilder),
}

/// Calls the same method on whichever builder there is.
macro_rules! each {
    ($cells:expr, $builder:ident => $call:expr, $rows:ident => $null:expr) => {
        match $cells {
            Cells::Null($rows) => $null,
            Cells::Bool($builder) => $call,
            Cells::I1($builder) => $call,
            Cells::I2($builder) => $call,
            Cells::I4($builder) => $call,
            Cells::I8($builder) => $call,
            Cells::Ui1($builder) => $call,
            Cells::Ui2($builder) => $call,
            Cells::Ui4($builder) => $call,
            Cells::Ui8($builder) => $call,
            Cells::R4($builder) => $call,
            Cells::R8($builder) => $call,
            Cells::Decimal($builder, _) => $call,
            Cells::Text($builder) => $call,
            Cells::Bytes($builder) => $call,
            Cells::Guid($builder) => $call,
            Cells::DateTime($builder) => $call,
            Cells::Date($builder) => $call,
            Cells::Time($builder) => $call,
            Cells::Offset($builder) => $call,
        }
    };
}

impl Builder {
    /// An empty builder with room for `capacity` rows.
    pub fn new(data_type: DataType, capacity: usize) -> Self {
        let cells = match data_type {
            DataType::Empty | DataType::Null => Cells::Null(0),
            DataType::Bool => Cells::Bool(BooleanBuilder::with_capacity(capacity)),
            DataType::I1 => Cells::I1(PrimitiveBuilder::with_capacity(capacity)),
            DataType::I2 => Cells::I2(PrimitiveBuilder::with_capacity(capacity)),
            DataType::I4 => Cells::I4(PrimitiveBuilder::with_capacity(capacity)),
            DataType::I8 => Cells::I8(PrimitiveBuilder::with_capacity(capacity)),
            DataType::Ui1 => Cells::Ui1(PrimitiveBuilder::with_capacity(capacity)),
            DataType::Ui2 => Cells::Ui2(PrimitiveBuilder::with_capacity(capacity)),
            DataType::Ui4 => Cells::Ui4(PrimitiveBuilder::with_capacity(capacity)),
            DataType::Ui8 => Cells::Ui8(PrimitiveBuilder::with_capacity(capacity)),
            DataType::R4 => Cells::R4(PrimitiveBuilder::with_capacity(capacity)),
            DataType::R8 => Cells::R8(PrimitiveBuilder::with_capacity(capacity)),
            DataType::Cy | DataType::Decimal { .. } | DataType::Numeric { .. } => {
                let builder = PrimitiveBuilder::with_capacity(capacity);
                let scale = decimal_parts(data_type).map_or(0, |parts| parts.1);
                Cells::Decimal(builder.with_data_type(physical(&data_type)), scale)
            }
            DataType::Str { .. }
            | DataType::WStr { .. }
            | DataType::Text { .. }
            | DataType::NText => Cells::Text(StringBuilder::with_capacity(capacity, capacity * 8)),
            DataType::Bytes { .. } | DataType::Image => {
                Cells::Bytes(BinaryBuilder::with_capacity(capacity, capacity * 8))
            }
            DataType::Guid => Cells::Guid(FixedSizeBinaryBuilder::with_capacity(capacity, 16)),
            DataType::Date
            | DataType::DbTimestamp
            | DataType::DbTimestamp2 { .. }
            | DataType::FileTime => Cells::DateTime(PrimitiveBuilder::with_capacity(capacity)),
            DataType::DbDate => Cells::Date(PrimitiveBuilder::with_capacity(capacity)),
            DataType::DbTime | DataType::DbTime2 { .. } => {
                Cells::Time(PrimitiveBuilder::with_capacity(capacity))
            }
            DataType::DbTimestampOffset { .. } => {
                Cells::Offset(FixedSizeBinaryBuilder::with_capacity(capacity, 10))
            }
        };
        Self { data_type, cells }
    }

    /// The SSIS type of the array.
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// Adds a row. A decimal takes the scale of the column.
    ///
    /// # Errors
    ///
    /// When the value is of another type, or a decimal does not fit the scale.
    pub fn append(&mut self, value: &Value) -> Result<(), WrongValue> {
        let wrong = WrongValue { data_type: self.data_type };
        match (&mut self.cells, value) {
            (_, Value::Null) => self.append_null(),
            (Cells::Bool(builder), Value::Bool(value)) => builder.append_value(*value),
            (Cells::I1(builder), Value::I1(value)) => builder.append_value(*value),
            (Cells::I2(builder), Value::I2(value)) => builder.append_value(*value),
            (Cells::I4(builder), Value::I4(value)) => builder.append_value(*value),
            (Cells::I8(builder), Value::I8(value)) => builder.append_value(*value),
            (Cells::Ui1(builder), Value::Ui1(value)) => builder.append_value(*value),
            (Cells::Ui2(builder), Value::Ui2(value)) => builder.append_value(*value),
            (Cells::Ui4(builder), Value::Ui4(value)) => builder.append_value(*value),
            (Cells::Ui8(builder), Value::Ui8(value)) => builder.append_value(*value),
            (Cells::R4(builder), Value::R4(value)) => builder.append_value(*value),
            (Cells::R8(builder), Value::R8(value)) => builder.append_value(*value),
            (Cells::Decimal(builder, scale), Value::Decimal(value)) => {
                builder.append_value(value.rescale(*scale).ok_or(wrong)?.mantissa);
            }
            (Cells::Text(builder), Value::Text(value)) => {
                if BYTES_MAX < builder.values_slice().len() + value.len() {
                    return Err(wrong);
                }
                builder.append_value(value);
            }
            (Cells::Bytes(builder), Value::Bytes(value)) => {
                if BYTES_MAX < builder.values_slice().len() + value.len() {
                    return Err(wrong);
                }
                builder.append_value(value);
            }
            (Cells::Guid(builder), Value::Guid(value)) => {
                builder.append_value(value.as_bytes()).map_err(|_| wrong)?;
            }
            (Cells::DateTime(builder), Value::DateTime(value)) => builder.append_value(value.0),
            (Cells::Date(builder), Value::Date(value)) => builder.append_value(*value),
            (Cells::Time(builder), Value::Time(value)) => builder.append_value(*value),
            (Cells::Offset(builder), Value::DateTimeOffset { local, offset_minutes }) => {
                let bytes = offset_to_bytes(*local, *offset_minutes);
                builder.append_value(bytes).map_err(|_| wrong)?;
            }
            _ => return Err(wrong),
        }
        Ok(())
    }

    /// Adds a row with NULL.
    pub fn append_null(&mut self) {
        each!(&mut self.cells, builder => builder.append_null(), rows => *rows += 1);
    }

    /// How many rows were added.
    pub fn len(&self) -> usize {
        use arrow_array::builder::ArrayBuilder;
        each!(&self.cells, builder => builder.len(), rows => *rows)
    }

    /// Whether no row was added.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The array; the builder is empty afterwards.
    pub fn finish(&mut self) -> ArrayRef {
        each!(&mut self.cells, builder => Arc::new(builder.finish()), rows => {
            Arc::new(NullArray::new(std::mem::take(rows)))
        })
    }
}
