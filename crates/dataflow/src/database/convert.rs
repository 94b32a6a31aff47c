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
    // Long text is text to a database, though no cast makes it of anything else.
    let long = matches!(to, DataType::Text { .. } | DataType::NText);
    let to = if long && !matches!(value, Value::Text(_) | Value::Bytes(_)) {
        DataType::WStr { length: u32::MAX }
    } else {
        to
    };
    let options = ConvertOptions { iso_dates: true, ..ConvertOptions::default() };
    let converted = convert(&value, natural(&value), to, &options);
    converted.map_err(|failure| (failure.kind, failure.value))
}

/// About what a value takes in memory.
pub(crate) fn bytes_of(value: &Value) -> usize {
    let inside = if let Value::Text(text) = value {
        text.len()
    } else if let Value::Bytes(bytes) = value {
        bytes.len()
    } else {
        0
    };
    size_of::<Value>() + inside
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

#[cfg(test)]
mod tests {
    use model::Ticks;

    use super::*;

    #[test]
    fn anything_but_an_object_can_be_written_as_text_of_any_length() {
        let text = |value| to_type(value, DataType::NText).map(|value| value.to_string());
        assert_eq!(text(Value::I4(-7)), Ok("-7".to_owned()));
        assert_eq!(text(Value::text("é")), Ok("é".to_owned()));
        let moment = Ticks(model::DAYS_TO_1970 * model::TICKS_PER_DAY);
        assert!(text(Value::DateTime(moment)).unwrap().starts_with("1970-01-01 00:00:00"));
    }

    #[test]
    fn what_does_not_fit_says_how() {
        let kind = |value, to| to_type(value, to).map_err(|failed| failed.0);
        assert_eq!(kind(Value::I8(1 << 40), DataType::I4), Err(FailureKind::Overflow));
        assert_eq!(kind(Value::I4(-1), DataType::Ui1), Err(FailureKind::SignMismatch));
        assert_eq!(kind(Value::text("x"), DataType::I4), Err(FailureKind::CannotConvert));
        let cut = to_type(Value::text("long"), DataType::WStr { length: 2 });
        assert_eq!(cut, Err((FailureKind::Truncated, Value::text("lo"))));
        assert_eq!(kind(Value::R8(2.5), DataType::I4), Ok(Value::I4(2)));
    }
}
