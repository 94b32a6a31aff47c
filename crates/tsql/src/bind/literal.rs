//! Literals: the type that their digits need.
//!
//! Source: T-SQL reference, "Constants".

use model::Decimal;

use super::error::{At, Bind, fail, float_range, number_range};
use super::typed::constant;
use crate::ast::{Literal, Place};
use crate::plan::Scalar;
use crate::types::SqlType;
use crate::value::{SqlValue, cast};

/// The constant that a literal stands for.
pub(super) fn literal(literal: &Literal, place: Place) -> Bind<Scalar> {
    let value = match literal {
        Literal::Integer(digits) => match digits.parse::<i32>() {
            Ok(number) => SqlValue::Int(number),
            Err(_) => decimal(digits, place)?,
        },
        Literal::Decimal(digits) => decimal(digits, place)?,
        Literal::Float(text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => SqlValue::Float(number),
            Ok(_) | Err(_) => return fail(place, float_range(text)),
        },
        Literal::Money(digits) if digits.is_empty() => SqlValue::Money(0),
        Literal::Money(digits) => {
            cast(&SqlValue::varchar(digits.as_str()), &SqlType::Money).at(place)?
        }
        Literal::Binary(bytes) => SqlValue::binary(bytes.as_slice()),
        Literal::String(text) => {
            // Characters outside the code page become `?`, as in any varchar.
            cast(&SqlValue::nvarchar(text.as_str()), &SqlType::VARCHAR_MAX).at(place)?
        }
        Literal::National(text) => SqlValue::nvarchar(text.as_str()),
    };
    Ok(constant(value, place))
}

/// Digits with or without a point: a numeric of just these digits.
fn decimal(text: &str, place: Place) -> Bind<SqlValue> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= 38);
    match (digits.parse::<i128>(), scale) {
        (Ok(mantissa), Some(scale)) if digits.len() <= 38 => {
            Ok(SqlValue::Decimal(Decimal::new(mantissa, scale)))
        }
        (_, _) => fail(place, number_range(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_of(value: Literal) -> String {
        literal(&value, Place::default()).unwrap().data_type.to_string()
    }

    #[test]
    fn a_literal_has_the_type_of_its_digits() {
        assert_eq!(type_of(Literal::Integer("2147483647".into())), "int");
        assert_eq!(type_of(Literal::Integer("2147483648".into())), "numeric(10,0)");
        assert_eq!(type_of(Literal::Decimal("1.50".into())), "numeric(3,2)");
        assert_eq!(type_of(Literal::Decimal(".5".into())), "numeric(1,1)");
        assert_eq!(type_of(Literal::Decimal("5.".into())), "numeric(1,0)");
        assert_eq!(type_of(Literal::Float("1e3".into())), "float");
        assert_eq!(type_of(Literal::Money("1.5".into())), "money");
        assert_eq!(type_of(Literal::Money(String::new())), "money");
        assert_eq!(type_of(Literal::Binary(vec![1, 2])), "varbinary(2)");
        assert_eq!(type_of(Literal::String("abc".into())), "varchar(3)");
        assert_eq!(type_of(Literal::National("abc".into())), "nvarchar(3)");
        assert_eq!(type_of(Literal::String(String::new())), "varchar(1)");
    }

    #[test]
    fn a_number_of_more_than_38_digits_is_no_number() {
        let digits = "9".repeat(39);
        let error = literal(&Literal::Integer(digits), Place::default()).err().unwrap();
        assert_eq!(error.error.number, 1007);
        let error = literal(&Literal::Float("1e999".into()), Place::default()).err().unwrap();
        assert_eq!(error.error.number, 168);
    }
}
