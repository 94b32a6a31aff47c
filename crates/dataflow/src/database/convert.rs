//! Values between a database and the columns of a data flow.
//!
//! Rules: data-flow facts 1.5 and 3.1; providers write dates as text in ISO form.

use expression::convert::{ConvertOptions, FailureKind, convert};
use model::{DataType, Value};

/// The type that a value has by itself.
pub(crate) fn natural(value: &Value) -> DataType {
    match value {
        Value::Null | Value::List(_) | Value::Rows(_) => DataType::Null,
        Value::Bool(_) => DataType::Bool,
        Value::I1(_) => DataType::I1,
        Value::I2(_) => DataType::I2,
        Value::I4(_) => DataType::I4,
        Value::I8(_) => DataType::I8,
        Value::Ui1(_) => DataType::Ui1,
        Value::Ui2(_) => DataType::Ui2,
        Value::Ui4(_) => DataType::Ui4,
        Value::Ui8(_) => DataType::Ui8,
        Value::R4(_) => DataType::R4,
        Value::R8(_) => DataType::R8,
        Value::Decimal(number) => DataType::Numeric { precision: 38, scale: number.scale },
        Value::Text(_) => DataType::WStr { length: u32::MAX },
        Value::Bytes(_) => DataType::Bytes { length: u32::MAX },
        Value::Guid(_) => DataType::Guid,
        Value::DateTime(_) => DataType::DbTimestamp2 { scale: 7 },
        Value::Date(_) => DataType::DbDate,
        Value::Time(_) => DataType::DbTime2 { scale: 7 },
        Value::DateTimeOffset { .. } => DataType::DbTimestampOffset { scale: 7 },
    }
}

/// A value as one of `to`. A truncation comes with what is left, any other failure with NULL.
pub(crate) fn to_type(value: Value, to: DataType) -> Result<Value, (FailureKind, Value)> {
    let same = match &value {
        Value::Null => true,
        Value::Bool(_) => to == DataType::Bool,
        Value::I2(_) => to == DataType::I2,
        Value::I4(_) => to == DataType::I4,
        Value::I8(_) => to == DataType::I8,
        Value::Ui1(_) => to == DataType::Ui1,
        Value::R4(_) => to == DataType::R4,
        Value::R8(_) => to == DataType::R8,
        Value::Date(_) => to == DataType::DbDate,
        Value::Guid(_) => to == DataType::Guid,
        Value::DateTime(_) => to == DataType::DbTimestamp2 { scale: 7 },
        Value::Text(_) => to == DataType::NText,
        Value::Bytes(_) => to == DataType::Image,
        Value::I1(_)
        | Value::Ui2(_)
        | Value::Ui4(_)
        | Value::Ui8(_)
        | Value::Decimal(_)
        | Value::Time(_)
        | Value::DateTimeOffset { .. }
        | Value::List(_)
        | Value::Rows(_) => false,
    };
    if same {
        return Ok(value);
    }
    let options = ConvertOptions { iso_dates: true, ..ConvertOptions::default() };
    let converted = convert(&value, natural(&value), to, &options);
    converted.map_err(|failure| (failure.kind, failure.value))
}

/// OLE DB's number and text for a value that could not be converted.
pub(crate) const fn status(kind: FailureKind) -> (u32, &'static str) {
    match kind {
        FailureKind::CannotConvert | FailureKind::Unsupported => {
            (2, "The value could not be converted because of a potential loss of data.")
        }
        FailureKind::Truncated => (
            4,
            "Text was truncated or one or more characters had no match in the target code page.",
        ),
        FailureKind::SignMismatch => {
            (5, "The value could not be converted because of sign mismatch.")
        }
        FailureKind::Overflow => {
            (6, "Conversion failed because the data value overflowed the specified type.")
        }
    }
}
