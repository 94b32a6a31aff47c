//! Values of variables: which type they have, and what they become in a variable of another.
//!
//! A variable keeps its type. A value of another type is converted when nothing is lost by it,
//! as the VARIANT conversions of the original do; everything else is an error.

use expression::Locale;
use expression::convert::{ConvertOptions, convert};
use model::{ConversionError, DataType, TypeCode, Value};

/// What `value` is in a variable of type `type_code`.
pub(crate) fn to_type(value: &Value, type_code: TypeCode) -> Result<Value, ConversionError> {
    let error = || ConversionError { text: shown(value), type_code };
    let Some(target) = type_code.data_type() else { return Ok(value.clone()) };
    // A variable that is not an object is never NULL: it has the default of its type.
    if value.is_null() {
        return Ok(default_of(type_code));
    }
    if let Value::List(_) | Value::Rows(_) = value {
        return Err(error());
    }
    if let Value::Text(text) = value {
        return type_code.parse(text);
    }
    if type_code == TypeCode::String {
        return Ok(Value::text(value.to_string()));
    }
    if let Value::Bool(truth) = value
        && target != DataType::Bool
    {
        return to_type(&Value::I4(i32::from(*truth)), type_code);
    }
    // A decimal has as many digits behind the point as it needs: with all 28 of the type there
    // would be room for one before it.
    if type_code == TypeCode::Decimal {
        return type_code.parse(&value.to_string());
    }
    let options = ConvertOptions { locale: Locale::US_ENGLISH, ..ConvertOptions::default() };
    convert(value, data_type_of(value), target, &options).map_err(|_| error())
}

/// The value that a variable of this type has before anything gives it one.
pub(crate) fn default_of(type_code: TypeCode) -> Value {
    match type_code {
        TypeCode::Object | TypeCode::DBNull => Value::Null,
        TypeCode::Boolean => Value::Bool(false),
        TypeCode::Char | TypeCode::UInt16 => Value::Ui2(0),
        TypeCode::SByte => Value::I1(0),
        TypeCode::Byte => Value::Ui1(0),
        TypeCode::Int16 => Value::I2(0),
        TypeCode::Int32 => Value::I4(0),
        TypeCode::UInt32 => Value::Ui4(0),
        TypeCode::Int64 => Value::I8(0),
        TypeCode::UInt64 => Value::Ui8(0),
        TypeCode::Single => Value::R4(0.0),
        TypeCode::Double => Value::R8(0.0),
        TypeCode::Decimal | TypeCode::Currency => Value::Decimal(model::Decimal::default()),
        // 1899-12-30, the day zero of OLE Automation dates.
        TypeCode::DateTime => {
            Value::DateTime(model::Ticks((model::DAYS_TO_1970 - 25_569) * model::TICKS_PER_DAY))
        }
        TypeCode::String => Value::text(""),
    }
}

/// The narrowest type that a value has in expressions.
pub(crate) fn data_type_of(value: &Value) -> DataType {
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
        Value::Text(_) => DataType::WStr { length: 4000 },
        Value::Bytes(_) => DataType::Bytes { length: 8000 },
        Value::Guid(_) => DataType::Guid,
        Value::DateTime(_) => DataType::Date,
        Value::Date(_) => DataType::DbDate,
        Value::Time(_) => DataType::DbTime2 { scale: 7 },
        Value::DateTimeOffset { .. } => DataType::DbTimestampOffset { scale: 7 },
    }
}

/// A value in a message: not too long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(100) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_keeps_its_type_whatever_it_is_given() {
        assert_eq!(to_type(&Value::I4(7), TypeCode::Int64), Ok(Value::I8(7)));
        assert_eq!(to_type(&Value::I4(7), TypeCode::String), Ok(Value::text("7")));
        assert_eq!(to_type(&Value::text("12"), TypeCode::Int32), Ok(Value::I4(12)));
        assert_eq!(to_type(&Value::Bool(true), TypeCode::Int32), Ok(Value::I4(1)));
        assert_eq!(to_type(&Value::Null, TypeCode::String), Ok(Value::text("")));
        assert!(to_type(&Value::I4(70_000), TypeCode::Int16).is_err());
        assert!(to_type(&Value::text("many"), TypeCode::Int32).is_err());
    }

    #[test]
    fn a_decimal_takes_every_number_as_it_is() {
        for number in ["12.50", "-79228162514264337593543950335", "0.0000000000000000000000000001"]
        {
            let value = Value::Decimal(model::Decimal::parse(number).unwrap());
            assert_eq!(to_type(&value, TypeCode::Decimal), Ok(value.clone()), "{number}");
        }
        let decimal = |text: &str| Ok(Value::Decimal(model::Decimal::parse(text).unwrap()));
        assert_eq!(to_type(&Value::I4(12), TypeCode::Decimal), decimal("12"));
        assert_eq!(to_type(&Value::R8(12.5), TypeCode::Decimal), decimal("12.5"));
        assert_eq!(to_type(&Value::text("12.50"), TypeCode::Decimal), decimal("12.50"));
        assert!(to_type(&Value::Date(0), TypeCode::Decimal).is_err());
    }

    #[test]
    fn an_object_takes_anything() {
        let list = Value::List([Value::I4(1)].into());
        assert_eq!(to_type(&list, TypeCode::Object), Ok(list.clone()));
        assert!(to_type(&list, TypeCode::String).is_err());
    }
}
