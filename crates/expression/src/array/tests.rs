use model::DAYS_TO_1970;
use model::TICKS_PER_DAY;

use super::*;

/// Every type, with one value of it.
fn samples() -> Vec<(DataType, Value)> {
    let now = Ticks(DAYS_TO_1970 * TICKS_PER_DAY + 12_345_678);
    vec![
        (DataType::Null, Value::Null),
        (DataType::Bool, Value::Bool(true)),
        (DataType::I1, Value::I1(-1)),
        (DataType::I2, Value::I2(-2)),
        (DataType::I4, Value::I4(-4)),
        (DataType::I8, Value::I8(-8)),
        (DataType::Ui1, Value::Ui1(1)),
        (DataType::Ui2, Value::Ui2(2)),
        (DataType::Ui4, Value::Ui4(4)),
        (DataType::Ui8, Value::Ui8(8)),
        (DataType::R4, Value::R4(0.5)),
        (DataType::R8, Value::R8(-0.25)),
        (DataType::Cy, Value::Decimal(Decimal::new(12_500, 4))),
        (DataType::Decimal { scale: 3 }, Value::Decimal(Decimal::new(-1_234, 3))),
        (DataType::Numeric { precision: 9, scale: 2 }, Value::Decimal(Decimal::new(99, 2))),
        (DataType::Str { length: 5, code_page: 1252 }, Value::text("abc")),
        (DataType::WStr { length: 5 }, Value::text("äöü")),
        (DataType::Bytes { length: 4 }, Value::Bytes([1, 2].into())),
        (DataType::Guid, Value::Guid(Uuid::from_u128(7))),
        (DataType::Date, Value::DateTime(now)),
        (DataType::DbDate, Value::Date(-3)),
        (DataType::DbTime, Value::Time(36_000_000_000)),
        (DataType::DbTime2 { scale: 7 }, Value::Time(1)),
        (DataType::DbTimestamp, Value::DateTime(now)),
        (DataType::DbTimestamp2 { scale: 7 }, Value::DateTime(now)),
        (
            DataType::DbTimestampOffset { scale: 7 },
            Value::DateTimeOffset { local: now, offset_minutes: -90 },
        ),
        (DataType::FileTime, Value::DateTime(now)),
        (DataType::Image, Value::Bytes([0xFF].into())),
        (DataType::Text { code_page: 1252 }, Value::text("long")),
        (DataType::NText, Value::text("longer")),
    ]
}

#[test]
fn what_is_built_is_what_is_read_for_every_type() {
    for (data_type, value) in samples() {
        let array = from_values(&[value.clone(), Value::Null, value.clone()], data_type).unwrap();
        assert_eq!(*array.data_type(), physical(&data_type), "{data_type}");
        assert_eq!(to_values(&array, data_type), [value.clone(), Value::Null, value]);
    }
}

#[test]
fn a_field_remembers_its_type() {
    for (data_type, _) in samples() {
        assert_eq!(data_type_of(&field("x", &data_type, true)), Some(data_type));
    }
    let plain = Field::new("x", ArrowType::Int32, true);
    assert_eq!(data_type_of(&plain), None);
}

#[test]
fn a_value_of_another_type_is_refused() {
    let mut builder = Builder::new(DataType::I4, 1);
    let error = builder.append(&Value::text("1")).unwrap_err();
    insta::assert_snapshot!(error, @"the value cannot be stored in a column of type DT_I4: it is of another type or too long");
    assert!(builder.is_empty());
}

#[test]
fn moments_with_an_offset_sort_by_the_moment() {
    let hour = 60 * TICKS_PER_MINUTE;
    let early = offset_to_bytes(Ticks(10 * hour), 120);
    let late = offset_to_bytes(Ticks(9 * hour), 0);
    assert!(early < late);
    assert_eq!(offset_from_bytes(&early), (Ticks(10 * hour), 120));
    assert_eq!(offset_from_bytes(&offset_to_bytes(Ticks(0), 60)), (Ticks(0), 60));
}
