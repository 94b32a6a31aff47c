//! Every type on its way to a client and back, through the bytes of a row.

use proptest::prelude::*;
use tds::types::{Place, VarLength, decode_value, encode_value};

use super::super::types::type_info;
use super::*;

/// The value as a client reads it that gets it in a column of this type, and sends it back.
fn there_and_back(kind: SqlType, value: &SqlValue) -> SqlValue {
    let info = type_info(kind);
    let mut bytes = Vec::new();
    encode_value(&info, &to_wire(value), Place::Row, &mut bytes).unwrap();
    let mut rest = &bytes[..];
    let read = decode_value(&info, &mut rest, Place::Row).unwrap();
    assert!(rest.is_empty());
    from_wire(&info, read).unwrap()
}

fn check(kind: SqlType, value: SqlValue) {
    assert_eq!(there_and_back(kind, &value), value, "{kind}");
    assert_eq!(there_and_back(kind, &SqlValue::Null), SqlValue::Null, "{kind}");
}

#[test]
fn extreme_values_of_every_type_survive() {
    check(SqlType::Bit, SqlValue::Bit(true));
    check(SqlType::TinyInt, SqlValue::TinyInt(255));
    check(SqlType::SmallInt, SqlValue::SmallInt(i16::MIN));
    check(SqlType::Int, SqlValue::Int(i32::MIN));
    check(SqlType::BigInt, SqlValue::BigInt(i64::MIN));
    check(SqlType::SmallMoney, SqlValue::SmallMoney(i32::MIN));
    check(SqlType::Money, SqlValue::Money(i64::MIN));
    check(SqlType::Real, SqlValue::Real(-0.5));
    check(SqlType::Float, SqlValue::Float(f64::MIN));
    check(SqlType::Date, SqlValue::Date(3_652_058));
    check(SqlType::Time(7), SqlValue::Time { ticks: TICKS_PER_DAY - 1, scale: 7 });
    check(SqlType::DateTime2(7), SqlValue::DateTime2 { ticks: Ticks::MAX, scale: 7 });
    check(SqlType::DateTime, SqlValue::DateTime(DateTimeValue { days: -53_690, units: 1 }));
    let minutes = SmallDateTimeValue { days: u16::MAX, minutes: 1439 };
    check(SqlType::SmallDateTime, SqlValue::SmallDateTime(minutes));
    check(SqlType::UniqueIdentifier, SqlValue::Guid(*b"0123456789abcdef"));
    check(SqlType::VARBINARY_MAX, SqlValue::binary(vec![7; 100_000]));
    check(SqlType::Xml, SqlValue::Xml("<a/>".into()));
    check(SqlType::Text, SqlValue::varchar("a"));
    check(SqlType::NText, SqlValue::nvarchar("\u{1F40E}"));
    check(SqlType::Image, SqlValue::binary(vec![0]));
}

#[test]
fn a_decimal_keeps_its_sign_and_all_its_digits() {
    let digits = 10i128.pow(38) - 1;
    let kind = SqlType::Decimal { precision: 38, scale: 19 };
    check(kind, SqlValue::Decimal(model::Decimal::new(-digits, 19)));
    let kind = SqlType::Numeric { precision: 18, scale: 4 };
    check(kind, SqlValue::Decimal(model::Decimal::new(5, 4)));
}

#[test]
fn an_offset_travels_as_utc_with_its_minutes() {
    let utc = Ticks(model::TICKS_PER_SECOND * 12 * 3600);
    let value = OffsetValue { utc, offset: 60, scale: 0 };
    check(SqlType::DateTimeOffset(0), SqlValue::DateTimeOffset(value));
    let Value::DateTimeOffset { ticks, offset_minutes, .. } =
        to_wire(&SqlValue::DateTimeOffset(value))
    else {
        panic!("a datetimeoffset");
    };
    assert_eq!((ticks / 36_000_000_000, offset_minutes), (12, 60));
}

#[test]
fn a_variant_keeps_the_type_of_what_it_holds() {
    for (base, value) in [
        (SqlType::Bit, SqlValue::Bit(false)),
        (SqlType::Int, SqlValue::Int(7)),
        (SqlType::BigInt, SqlValue::BigInt(7)),
        (SqlType::Float, SqlValue::Float(0.5)),
        (SqlType::Money, SqlValue::Money(7)),
        (SqlType::SmallMoney, SqlValue::SmallMoney(7)),
        (SqlType::NVarChar(Length::N(4000)), SqlValue::nvarchar("text")),
        (
            SqlType::Numeric { precision: 5, scale: 2 },
            SqlValue::Decimal(model::Decimal::new(123, 2)),
        ),
        (SqlType::Date, SqlValue::Date(7)),
    ] {
        check(SqlType::SqlVariant, value.into_variant(base));
    }
    let long = SqlValue::nvarchar("text").into_variant(SqlType::NVARCHAR_MAX);
    let tight = SqlValue::nvarchar("text").into_variant(SqlType::NVarChar(Length::N(4)));
    assert_eq!(there_and_back(SqlType::SqlVariant, &long), tight);
}

#[test]
fn what_a_client_sends_becomes_what_it_declares() {
    let char5 = TypeInfo::Char { length: 5, collation: types::Collation::DEFAULT };
    assert_eq!(from_wire(&char5, Value::String("ab".into())).unwrap(), SqlValue::varchar("ab   "));
    let money = from_wire(&TypeInfo::MoneyN(4), Value::Money(5)).unwrap();
    assert_eq!(money, SqlValue::SmallMoney(5));
    let max = TypeInfo::VarChar { length: VarLength::Max, collation: types::Collation::DEFAULT };
    assert_eq!(from_wire(&max, Value::String("ä".into())).unwrap(), SqlValue::varchar("ä"));
}

proptest! {
    #[test]
    fn any_text_and_any_moment_survives(text in ".{0,60}", ticks in 0..=Ticks::MAX.0, offset in -840i16..=840) {
        check(SqlType::NVARCHAR_MAX, SqlValue::nvarchar(text.as_str()));
        check(SqlType::DateTime2(7), SqlValue::DateTime2 { ticks: Ticks(ticks), scale: 7 });
        let value = OffsetValue { utc: Ticks(ticks), offset, scale: 7 };
        check(SqlType::DateTimeOffset(7), SqlValue::DateTimeOffset(value));
    }
}
