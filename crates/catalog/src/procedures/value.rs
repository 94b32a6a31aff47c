//! Whether a value suits a parameter's data type, and the text that is stored of it.
//!
//! The table is that of `create_environment_variable`: which SQL types go with which data type.
//! Within a kind (whole numbers, other numbers) a value that loses nothing is taken, as callers
//! pass literals whose SQL type they did not choose; between kinds it is error 27147.

use model::{TypeCode, Value};

use super::refusal;
use crate::error::CatalogError;

/// The text of `value` as a value of type `type_name`, or 27147; 27159 for a type that
/// parameters cannot have.
pub(super) fn text_of(type_name: &str, value: &Value) -> Result<String, CatalogError> {
    let unsupported = || refusal::type_not_supported(type_name);
    let type_code: TypeCode = type_name.parse().map_err(|_| unsupported())?;
    let text = match type_code {
        TypeCode::Boolean => boolean(value),
        TypeCode::SByte
        | TypeCode::Byte
        | TypeCode::Int16
        | TypeCode::UInt16
        | TypeCode::Int32
        | TypeCode::UInt32
        | TypeCode::Int64
        | TypeCode::UInt64 => whole(value),
        TypeCode::Single | TypeCode::Double | TypeCode::Decimal | TypeCode::Currency => {
            whole(value).or_else(|| fraction(value))
        }
        TypeCode::DateTime => date_time(value),
        TypeCode::String => text(value),
        TypeCode::Char => text(value).filter(|text| text.chars().count() == 1),
        TypeCode::Object | TypeCode::DBNull => return Err(unsupported()),
    };
    let text = text.filter(|text| type_code.parse(text).is_ok_and(|value| is_finite(&value)));
    text.ok_or_else(|| refusal::type_not_compatible(type_name))
}

/// The value that `text` is for a parameter of type `type_name`; 27147 when it is none.
pub(super) fn from_text(type_name: &str, text: &str) -> Result<Value, CatalogError> {
    let type_code = type_name.parse::<TypeCode>();
    let value = type_code.and_then(|type_code| type_code.parse(text));
    value.map_err(|_| refusal::type_not_compatible(type_name))
}

/// A number that a Single cannot hold reads as infinity.
fn is_finite(value: &Value) -> bool {
    !matches!(value, Value::R4(number) if !number.is_finite())
        && !matches!(value, Value::R8(number) if !number.is_finite())
}

fn boolean(value: &Value) -> Option<String> {
    if let Value::Bool(_) = value { Some(value.to_string()) } else { None }
}

/// One byte of binary is a Byte too, as documented.
fn whole(value: &Value) -> Option<String> {
    if let Value::Bytes(bytes) = value {
        return if let [byte] = bytes.as_ref() { Some(byte.to_string()) } else { None };
    }
    let is_whole = matches!(
        value,
        Value::I1(_)
            | Value::I2(_)
            | Value::I4(_)
            | Value::I8(_)
            | Value::Ui1(_)
            | Value::Ui2(_)
            | Value::Ui4(_)
            | Value::Ui8(_)
    );
    is_whole.then(|| value.to_string())
}

fn fraction(value: &Value) -> Option<String> {
    matches!(value, Value::R4(_) | Value::R8(_) | Value::Decimal(_)).then(|| value.to_string())
}

fn date_time(value: &Value) -> Option<String> {
    if let Value::DateTimeOffset { local, .. } = value {
        return Some(local.to_string());
    }
    matches!(value, Value::DateTime(_) | Value::Date(_)).then(|| value.to_string())
}

fn text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.to_string()) } else { None }
}

#[cfg(test)]
mod tests {
    use model::{DAYS_TO_1970, TICKS_PER_DAY, Ticks};

    use super::*;

    fn check(type_name: &str, value: Value) -> Result<String, Option<i32>> {
        text_of(type_name, &value).map_err(|error| error.number())
    }

    #[test]
    fn a_value_of_the_right_kind_is_taken() {
        assert_eq!(check("Int32", Value::I4(7)).as_deref(), Ok("7"));
        assert_eq!(check("Int32", Value::I2(7)).as_deref(), Ok("7"));
        assert_eq!(check("Byte", Value::Bytes([200].into())).as_deref(), Ok("200"));
        assert_eq!(check("Boolean", Value::Bool(true)).as_deref(), Ok("True"));
        assert_eq!(check("Double", Value::I4(2)).as_deref(), Ok("2"));
        assert_eq!(check("String", Value::text("x")).as_deref(), Ok("x"));
        let day = Ticks(DAYS_TO_1970 * TICKS_PER_DAY);
        assert_eq!(check("DateTime", Value::DateTime(day)).as_deref(), Ok("1970-01-01 00:00:00"));
    }

    #[test]
    fn a_value_of_another_kind_or_out_of_range_is_27147() {
        for (type_name, value) in [
            ("Int32", Value::text("7")),
            ("Int32", Value::R8(7.5)),
            ("Int16", Value::I4(40_000)),
            ("UInt32", Value::I4(-1)),
            ("Boolean", Value::I4(1)),
            ("Single", Value::R8(1e300)),
            ("String", Value::I4(1)),
            ("DateTime", Value::text("2020-01-01")),
        ] {
            assert_eq!(check(type_name, value.clone()), Err(Some(27147)), "{type_name} {value}");
        }
        assert_eq!(check("Object", Value::I4(1)), Err(Some(27159)));
    }
}
