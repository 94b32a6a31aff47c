//! Values of every type: as a person can check them, there and back, and hostile bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::bytes::Reader;
use crate::error::EncodeError;
use crate::version::Version;

fn type_bytes(kind: &TypeInfo) -> Vec<u8> {
    let mut out = Vec::new();
    kind.encode(&mut out);
    out
}

fn value_bytes(kind: &TypeInfo, value: &Value, place: Place) -> Vec<u8> {
    let mut out = Vec::new();
    encode_value(kind, value, place, &mut out).unwrap();
    out
}

/// Type and value as a parameter has them, after checking that they are read back.
fn hex(kind: TypeInfo, value: Value) -> String {
    for place in [Place::Row, Place::Parameter] {
        let wire = value_bytes(&kind, &value, place);
        let mut rest = &wire[..];
        assert_eq!(decode_value(&kind, &mut rest, place), Ok(value.clone()));
        assert!(rest.is_empty());
    }
    let head = type_bytes(&kind);
    assert_eq!(TypeInfo::decode(&mut Reader::new(&head), Version::V7_4), Ok(kind.clone()));
    format!("{head:02X?} {:02X?}", value_bytes(&kind, &value, Place::Parameter))
}

fn refused(kind: TypeInfo, value: Value) -> String {
    let mut out = Vec::new();
    encode_value(&kind, &value, Place::Row, &mut out).unwrap_err().to_string()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn decimal(negative: bool, magnitude: u128, scale: u8) -> Value {
    Value::Decimal(Decimal::new(negative, magnitude, scale).unwrap())
}

fn collated(collation: [u8; 5]) -> Collation {
    Collation::from_bytes(collation)
}

#[test]
fn whole_numbers_are_little_endian() {
    assert_snapshot!(hex(TypeInfo::Bit, Value::Bit(true)), @"[32] [01]");
    assert_snapshot!(hex(TypeInfo::BitN, Value::Bit(false)), @"[68, 01] [01, 00]");
    assert_snapshot!(hex(TypeInfo::TinyInt, Value::TinyInt(255)), @"[30] [FF]");
    assert_snapshot!(hex(TypeInfo::SmallInt, Value::SmallInt(-2)), @"[34] [FE, FF]");
    assert_snapshot!(hex(TypeInfo::Int, Value::Int(258)), @"[38] [02, 01, 00, 00]");
    assert_snapshot!(hex(TypeInfo::BigInt, Value::BigInt(1)), @"[7F] [01, 00, 00, 00, 00, 00, 00, 00]");
    assert_snapshot!(hex(TypeInfo::IntN(4), Value::Int(258)), @"[26, 04] [04, 02, 01, 00, 00]");
    assert_snapshot!(hex(TypeInfo::IntN(4), Value::Null), @"[26, 04] [00]");
}

#[test]
fn a_number_may_go_into_another_size_if_it_fits() {
    let wire = value_bytes(&TypeInfo::IntN(8), &Value::TinyInt(7), Place::Row);
    assert_eq!(wire, [8, 7, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(value_bytes(&TypeInfo::IntN(1), &Value::BigInt(7), Place::Row), [1, 7]);
    let out_of_range = refused(TypeInfo::IntN(1), Value::Int(256));
    assert_snapshot!(out_of_range, @"the value is out of range for tinyint");
    let mismatch = refused(TypeInfo::IntN(4), Value::Bit(true));
    assert_snapshot!(mismatch, @"a value of type bit cannot be sent as int");
}

#[test]
fn floats_are_ieee() {
    assert_snapshot!(hex(TypeInfo::FloatN(4), Value::Real(1.5)), @"[6D, 04] [04, 00, 00, C0, 3F]");
    assert_snapshot!(
        hex(TypeInfo::FloatN(8), Value::Float(-2.0)),
        @"[6D, 08] [08, 00, 00, 00, 00, 00, 00, 00, C0]"
    );
}

#[test]
fn money_has_its_high_half_first() {
    assert_snapshot!(
        hex(TypeInfo::MoneyN(8), Value::Money(0x1_0000_0002)),
        @"[6E, 08] [08, 01, 00, 00, 00, 02, 00, 00, 00]"
    );
    assert_snapshot!(hex(TypeInfo::MoneyN(4), Value::Money(-1)), @"[6E, 04] [04, FF, FF, FF, FF]");
    assert_snapshot!(hex(TypeInfo::SmallMoney, Value::Money(12)), @"[7A] [0C, 00, 00, 00]");
    hex(TypeInfo::Money, Value::Money(i64::MIN));
}

#[test]
fn decimals_are_a_sign_and_a_magnitude() {
    let numeric = TypeInfo::Decimal { numeric: true, precision: 18, scale: 4 };
    assert_snapshot!(
        hex(numeric.clone(), decimal(true, 12_3400, 4)),
        @"[6C, 09, 12, 04] [09, 00, 08, E2, 01, 00, 00, 00, 00, 00]"
    );
    // 12.34 has fewer digits behind the point than the column.
    let wire = value_bytes(&numeric, &decimal(false, 12_34, 2), Place::Row);
    assert_eq!(wire, value_bytes(&numeric, &decimal(false, 12_3400, 4), Place::Row));
    let too_fine = refused(numeric, decimal(false, 1, 5));
    assert_snapshot!(too_fine, @"the value is out of range for numeric");
    let largest = TypeInfo::Decimal { numeric: false, precision: 38, scale: 0 };
    hex(largest, decimal(false, Decimal::LARGEST, 0));
    assert_eq!(Decimal::new(false, Decimal::LARGEST + 1, 0), None);
    assert_eq!(format!("{:?}", Decimal::new(true, 5, 2).unwrap()), "-0.05");
}

#[test]
fn dates_and_times_count_from_their_epochs() {
    let when = DateTime { days: 1, ticks: 300 };
    assert_snapshot!(
        hex(TypeInfo::DateTimeN(8), Value::DateTime(when)),
        @"[6F, 08] [08, 01, 00, 00, 00, 2C, 01, 00, 00]"
    );
    let when = SmallDateTime { days: 2, minutes: 61 };
    assert_snapshot!(
        hex(TypeInfo::DateTimeN(4), Value::SmallDateTime(when)),
        @"[6F, 04] [04, 02, 00, 3D, 00]"
    );
    assert_snapshot!(hex(TypeInfo::Date, Value::Date(3)), @"[28] [03, 03, 00, 00]");
    assert_snapshot!(hex(TypeInfo::Time(7), Value::Time(1)), @"[29, 07] [05, 01, 00, 00, 00, 00]");
    assert_snapshot!(hex(TypeInfo::Time(3), Value::Time(10_000)), @"[29, 03] [04, 01, 00, 00, 00]");
    assert_snapshot!(hex(TypeInfo::Time(0), Value::Time(10_000_000)), @"[29, 00] [03, 01, 00, 00]");
    assert_snapshot!(
        hex(TypeInfo::DateTime2(7), Value::DateTime2 { days: 3, ticks: 2 }),
        @"[2A, 07] [08, 02, 00, 00, 00, 00, 03, 00, 00]"
    );
}

#[test]
fn datetimeoffset_carries_utc_and_minutes() {
    // 12:00 UTC, shown as 13:00 +01:00.
    let value = Value::DateTimeOffset { days: 1, ticks: TICKS_PER_DAY / 2, offset_minutes: 60 };
    assert_snapshot!(
        hex(TypeInfo::DateTimeOffset(0), value),
        @"[2B, 00] [08, C0, A8, 00, 01, 00, 00, 3C, 00]"
    );
}

#[test]
fn times_that_do_not_exist_are_refused_both_ways() {
    let message = refused(TypeInfo::Time(7), Value::Time(TICKS_PER_DAY));
    assert_snapshot!(message, @"the value is out of range for time");
    // A digit that the column does not have: somebody forgot to round.
    let message = refused(TypeInfo::Time(3), Value::Time(1));
    assert_snapshot!(message, @"the value is out of range for time");
    let mut bytes: &[u8] = &[3, 0xFF, 0xFF, 0xFF];
    assert!(decode_value(&TypeInfo::Date, &mut bytes, Place::Row).is_err());
    let mut bytes: &[u8] = &[3, 0x80, 0x51, 0x01];
    assert!(decode_value(&TypeInfo::Time(0), &mut bytes, Place::Row).is_err());
}

#[test]
fn a_guid_is_mixed_endian() {
    let guid = Uuid::parse_str("00112233-4455-6677-8899-AABBCCDDEEFF").unwrap();
    assert_snapshot!(
        hex(TypeInfo::Guid, Value::Guid(guid)),
        @"[24, 10] [10, 33, 22, 11, 00, 55, 44, 77, 66, 88, 99, AA, BB, CC, DD, EE, FF]"
    );
}

#[test]
fn text_is_in_its_code_page_or_in_utf_16() {
    assert_snapshot!(
        hex(TypeInfo::varchar(3), text("é")),
        @"[A7, 03, 00, 09, 04, D0, 00, 34] [01, 00, E9]"
    );
    assert_snapshot!(
        hex(TypeInfo::nvarchar(3), text("é")),
        @"[E7, 06, 00, 09, 04, D0, 00, 34] [02, 00, E9, 00]"
    );
    let utf8 = collated([9, 4, 0xD0, 4, 0]);
    let varchar = TypeInfo::VarChar { length: VarLength::Bytes(9), collation: utf8 };
    assert_snapshot!(hex(varchar, text("é")), @"[A7, 09, 00, 09, 04, D0, 04, 00] [02, 00, C3, A9]");
    let char = TypeInfo::Char { length: 2, collation: Collation::DEFAULT };
    assert_snapshot!(hex(char, text("ab")), @"[AF, 02, 00, 09, 04, D0, 00, 34] [02, 00, 61, 62]");
    hex(TypeInfo::NChar { length: 4, collation: Collation::DEFAULT }, text("ab"));
    assert_snapshot!(hex(TypeInfo::nvarchar(3), Value::Null), @"[E7, 06, 00, 09, 04, D0, 00, 34] [FF, FF]");
    assert_snapshot!(refused(TypeInfo::varchar(1), text("ab")), @"varchar is longer than 1");
}

#[test]
fn max_types_come_in_chunks() {
    assert_snapshot!(
        hex(TypeInfo::VarBinary(VarLength::Max), Value::Binary(vec![1, 2])),
        @"[A5, FF, FF] [02, 00, 00, 00, 00, 00, 00, 00, 02, 00, 00, 00, 01, 02, 00, 00, 00, 00]"
    );
    assert_snapshot!(
        hex(TypeInfo::nvarchar_max(), text("")),
        @"[E7, FF, FF, 09, 04, D0, 00, 34] [00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00]"
    );
    assert_snapshot!(
        hex(TypeInfo::Xml(None), Value::Null),
        @"[F1, 00] [FF, FF, FF, FF, FF, FF, FF, FF]"
    );
    hex(TypeInfo::varchar(u16::MAX), text("ab"));
}

#[test]
fn chunks_of_unknown_total_length_are_put_together() {
    let bytes = [
        0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9, 0, 0, 0, 0,
    ];
    let kind = TypeInfo::VarBinary(VarLength::Max);
    let value = decode_value(&kind, &mut &bytes[..], Place::Parameter);
    assert_eq!(value, Ok(Value::Binary(vec![7, 8, 9])));
    let mut wrong = bytes;
    wrong[..8].copy_from_slice(&[4, 0, 0, 0, 0, 0, 0, 0]);
    assert!(decode_value(&kind, &mut &wrong[..], Place::Parameter).is_err());
}

#[test]
fn xml_is_utf_16_with_or_without_a_mark() {
    let schema = XmlSchema { database: "d".into(), owner: "o".into(), collection: "c".into() };
    hex(TypeInfo::Xml(Some(schema)), text("<a/>"));
    let marked = [6, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0xFF, 0xFE, b'<', 0, b'a', 0, 0, 0, 0, 0];
    let read = decode_value(&TypeInfo::Xml(None), &mut &marked[..], Place::Parameter);
    assert_eq!(read, Ok(text("<a")));
    let binary = [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0xDF, 0xFF, 0, 0, 0, 0];
    let error = decode_value(&TypeInfo::Xml(None), &mut &binary[..], Place::Parameter);
    assert_snapshot!(error.unwrap_err(), @"binary xml is not supported");
}

#[test]
fn text_ntext_and_image_have_a_pointer_in_rows_only() {
    let collation = Collation::DEFAULT;
    let ntext = TypeInfo::NText { length: 0x7FFF_FFFE, collation };
    assert_snapshot!(
        hex(ntext.clone(), text("a")),
        @"[63, FE, FF, FF, 7F, 09, 04, D0, 00, 34] [02, 00, 00, 00, 61, 00]"
    );
    let row = value_bytes(&ntext, &text("a"), Place::Row);
    assert_eq!((row[0], row.len()), (16, 1 + 16 + 8 + 4 + 2));
    hex(TypeInfo::Text { length: 100, collation }, text("é"));
    hex(TypeInfo::Image { length: 100 }, Value::Binary(vec![1]));
    hex(TypeInfo::Image { length: 100 }, Value::Null);
}

#[test]
fn the_forms_before_sql_server_7_are_known() {
    assert_snapshot!(
        hex(TypeInfo::ShortChar { variable: true, length: 9 }, text("é")),
        @"[27, 09] [01, E9]"
    );
    hex(TypeInfo::ShortChar { variable: false, length: 9 }, text("a"));
    hex(TypeInfo::ShortBinary { variable: true, length: 9 }, Value::Binary(vec![1]));
    hex(TypeInfo::ShortBinary { variable: false, length: 9 }, Value::Null);
    hex(TypeInfo::Null, Value::Null);
}

fn variant(base: TypeInfo, value: Value) -> String {
    let value = Value::Variant(Box::new(Variant { base, value }));
    hex(TypeInfo::sql_variant(), value).replacen("[62, 49, 1F, 00, 00] ", "", 1)
}

#[test]
fn a_variant_carries_its_own_type() {
    assert_snapshot!(variant(TypeInfo::Int, Value::Int(7)), @"[06, 00, 00, 00, 38, 00, 07, 00, 00, 00]");
    assert_snapshot!(variant(TypeInfo::Bit, Value::Bit(true)), @"[03, 00, 00, 00, 32, 00, 01]");
    assert_snapshot!(
        variant(TypeInfo::nvarchar(10), text("a")),
        @"[0B, 00, 00, 00, E7, 07, 09, 04, D0, 00, 34, 14, 00, 61, 00]"
    );
    let numeric = TypeInfo::Decimal { numeric: true, precision: 5, scale: 1 };
    assert_snapshot!(
        variant(numeric, decimal(false, 15, 1)),
        @"[09, 00, 00, 00, 6C, 02, 05, 01, 01, 0F, 00, 00, 00]"
    );
    variant(TypeInfo::DateTime, Value::DateTime(DateTime { days: 0, ticks: 0 }));
    variant(TypeInfo::Date, Value::Date(1));
    variant(TypeInfo::Time(7), Value::Time(1));
    variant(TypeInfo::DateTime2(3), Value::DateTime2 { days: 1, ticks: 0 });
    let when = Value::DateTimeOffset { days: 1, ticks: 0, offset_minutes: -60 };
    variant(TypeInfo::DateTimeOffset(7), when);
    variant(TypeInfo::Guid, Value::Guid(Uuid::nil()));
    variant(TypeInfo::Binary(3), Value::Binary(vec![1]));
    variant(TypeInfo::VarBinary(VarLength::Bytes(3)), Value::Binary(vec![]));
    variant(TypeInfo::varchar(10), text(""));
    variant(TypeInfo::Money, Value::Money(1));
    variant(TypeInfo::Float, Value::Float(0.5));
    assert_snapshot!(hex(TypeInfo::sql_variant(), Value::Null), @"[62, 49, 1F, 00, 00] [00, 00, 00, 00]");
}

#[test]
fn a_variant_holds_no_max_type_and_no_variant() {
    let inside = |base, value| {
        let value = Value::Variant(Box::new(Variant { base, value }));
        refused(TypeInfo::sql_variant(), value)
    };
    let message = inside(TypeInfo::nvarchar_max(), text("a"));
    assert_snapshot!(message, @"a value of type nvarchar cannot be sent as nvarchar");
    let message = inside(TypeInfo::IntN(4), Value::Int(1));
    assert_snapshot!(message, @"a value of type int cannot be sent as int");
    assert_snapshot!(refused(TypeInfo::sql_variant(), Value::Int(1)), @"a value of type int cannot be sent as sql_variant");
}

#[test]
fn old_clients_get_dates_as_text() {
    let shown = |kind: TypeInfo, value: Value| {
        let stand_in = down_level_type(&kind, Version::V7_2).into_owned();
        let value = down_level_value(&kind, &value, Version::V7_2).into_owned();
        value_bytes(&stand_in, &value, Place::Row);
        assert_eq!(down_level_type(&kind, Version::V7_3A).into_owned(), kind);
        let Value::String(text) = value else { panic!("not text: {value:?}") };
        format!("{text} in {} bytes", type_bytes(&stand_in)[1])
    };
    assert_snapshot!(shown(TypeInfo::Date, Value::Date(693_595)), @"1900-01-01 in 20 bytes");
    assert_snapshot!(shown(TypeInfo::Time(3), Value::Time(10_000)), @"00:00:00.001 in 32 bytes");
    let value = Value::DateTimeOffset { days: 0, ticks: TICKS_PER_DAY - 1, offset_minutes: 90 };
    assert_snapshot!(
        shown(TypeInfo::DateTimeOffset(7), value),
        @"0001-01-02 01:29:59.9999999 +01:30 in 68 bytes"
    );
    let inside =
        Variant { base: TypeInfo::DateTime2(0), value: Value::DateTime2 { days: 0, ticks: 0 } };
    let value = Value::Variant(Box::new(inside));
    let sent = down_level_value(&TypeInfo::sql_variant(), &value, Version::V7_1).into_owned();
    let Value::Variant(inside) = sent else { panic!("not a variant") };
    assert_eq!(inside.value, text("0001-01-01 00:00:00"));
    assert_eq!(inside.base, TypeInfo::nvarchar(27));
}

#[test]
fn a_type_is_refused_that_its_version_does_not_have() {
    let read = |bytes: &[u8], version| TypeInfo::decode(&mut Reader::new(bytes), version);
    assert!(read(&[0x28], Version::V7_2).is_err());
    assert!(read(&[0x28], Version::V7_3A).is_ok());
    assert!(read(&[0xE7, 0xFF, 0xFF, 9, 4, 0xD0, 0, 0x34], Version::V7_1).is_err());
    let error = read(&[0xF5], Version::V7_4).unwrap_err();
    assert_snapshot!(error, @"the vector type is not supported");
    assert!(read(&[0x6A, 17, 39, 0], Version::V7_4).is_err());
    assert!(read(&[0x6A, 17, 5, 6], Version::V7_4).is_err());
    assert!(read(&[0x26, 3], Version::V7_4).is_err());
}

#[test]
fn values_are_not_shown_in_debug() {
    assert_eq!(format!("{:?}", text("secret")), "text of 6 bytes");
    assert_eq!(format!("{:?}", Value::Binary(vec![1])), "binary of 1 bytes");
    assert_eq!(size_of::<Value>(), 32, "rows hold many of them");
}

fn types() -> impl Strategy<Value = TypeInfo> {
    let collation = Collation::DEFAULT;
    prop_oneof![
        prop::sample::select(vec![
            TypeInfo::Bit,
            TypeInfo::BitN,
            TypeInfo::Int,
            TypeInfo::IntN(1),
            TypeInfo::IntN(2),
            TypeInfo::IntN(8),
            TypeInfo::FloatN(4),
            TypeInfo::FloatN(8),
            TypeInfo::MoneyN(4),
            TypeInfo::MoneyN(8),
            TypeInfo::DateTimeN(4),
            TypeInfo::DateTimeN(8),
            TypeInfo::Guid,
            TypeInfo::Date,
            TypeInfo::Decimal { numeric: true, precision: 38, scale: 10 },
            TypeInfo::varchar(20),
            TypeInfo::nvarchar(20),
            TypeInfo::nvarchar_max(),
            TypeInfo::Xml(None),
            TypeInfo::VarBinary(VarLength::Max),
            TypeInfo::NText { length: 100, collation },
            TypeInfo::Image { length: 100 },
            TypeInfo::sql_variant(),
            TypeInfo::ShortChar { variable: true, length: 20 },
        ]),
        (0u8..8).prop_map(TypeInfo::Time),
        (0u8..8).prop_map(TypeInfo::DateTime2),
        (0u8..8).prop_map(TypeInfo::DateTimeOffset),
    ]
}

proptest! {
    #[test]
    fn bytes_that_are_read_are_written_again_as_the_same_value(
        kind in types(),
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        length in 0u8..20,
        row: bool,
    ) {
        let place = if row { Place::Row } else { Place::Parameter };
        for bytes in [bytes.clone(), [&[length][..], &bytes].concat()] {
            if let Ok(value) = decode_value(&kind, &mut &bytes[..], place) {
                let mut out = Vec::new();
                match encode_value(&kind, &value, place, &mut out) {
                    Ok(()) => {
                        let again = decode_value(&kind, &mut &out[..], place);
                        prop_assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, ()>(value)));
                    }
                    // A peer may send more than it announces, and code pages have gaps.
                    Err(EncodeError::TooLong { .. } | EncodeError::OutOfRange { .. }) => {}
                    Err(error) => prop_assert!(false, "{error}"),
                }
            }
        }
    }

    #[test]
    fn text_of_any_characters_survives(text in "\\PC{0,100}") {
        let value = Value::String(text);
        for kind in [TypeInfo::nvarchar_max(), TypeInfo::nvarchar(400), TypeInfo::Xml(None)] {
            let wire = value_bytes(&kind, &value, Place::Row);
            prop_assert_eq!(decode_value(&kind, &mut &wire[..], Place::Row), Ok(value.clone()));
        }
    }

    #[test]
    fn decimals_of_any_size_survive(
        negative: bool, magnitude in 0..=Decimal::LARGEST, scale in 0u8..=38,
    ) {
        let kind = TypeInfo::Decimal { numeric: false, precision: 38, scale };
        let value = decimal(negative, magnitude, scale);
        let wire = value_bytes(&kind, &value, Place::Row);
        prop_assert_eq!(decode_value(&kind, &mut &wire[..], Place::Row), Ok(value));
    }

    #[test]
    fn no_bytes_make_a_type_panic(bytes in prop::collection::vec(any::<u8>(), 0..30), kind: u8) {
        let bytes = [&[kind][..], &bytes].concat();
        for version in [Version::V7_1, Version::V7_4] {
            let mut reader = Reader::new(&bytes);
            if let Ok(kind) = TypeInfo::decode(&mut reader, version) {
                drop(decode(&kind, &mut reader, Place::Parameter));
            }
        }
    }
}
