use model::{Decimal, Ticks};
use proptest::prelude::*;

use super::*;
use crate::array::{from_values, to_values};

const STANDARD: ConvertOptions =
    ConvertOptions { locale: Locale::US_ENGLISH, fast_parse: false, iso_dates: false, today: 0 };
const FAST: ConvertOptions = ConvertOptions { fast_parse: true, ..STANDARD };

/// What a text is as a type, or why it is nothing.
fn read(text: &str, to: DataType, options: &ConvertOptions) -> String {
    match parse_text(text, to, options) {
        Ok(value) => value.to_string(),
        Err(ConvertFailure { kind: FailureKind::Truncated, value }) => format!("truncated {value}"),
        Err(failure) => format!("{:?}", failure.kind),
    }
}

fn german() -> ConvertOptions {
    ConvertOptions { locale: Locale::from_lcid(1031).unwrap(), ..STANDARD }
}

const NUMERIC: DataType = DataType::Numeric { precision: 9, scale: 2 };

#[test]
fn numbers_are_read_as_ole_automation_reads_them() {
    for (text, to, expected) in [
        (" 12 ", DataType::I4, "12"),
        ("+12", DataType::I4, "12"),
        ("12abc", DataType::I4, "CannotConvert"),
        ("", DataType::I4, "CannotConvert"),
        ("1,234", DataType::I4, "1234"),
        ("$1,234.50", DataType::Cy, "1234.5000"),
        ("(5)", DataType::I4, "-5"),
        ("5-", DataType::I4, "-5"),
        ("2.5", DataType::I4, "2"),
        ("3.5", DataType::I4, "4"),
        ("300", DataType::Ui1, "Overflow"),
        ("-1", DataType::Ui1, "SignMismatch"),
        ("1e3", DataType::R8, "1000"),
        ("1e400", DataType::R8, "Overflow"),
        ("1e39", DataType::R4, "Overflow"),
        ("12.345", NUMERIC, "12.35"),
        ("12345678.9", NUMERIC, "Overflow"),
        ("1.2.3", NUMERIC, "CannotConvert"),
        ("--1", DataType::I4, "CannotConvert"),
        ("(-1)", DataType::I4, "CannotConvert"),
        ("True", DataType::Bool, "True"),
        ("-1", DataType::Bool, "True"),
        ("yes", DataType::Bool, "CannotConvert"),
        ("99999999999999999999", DataType::I8, "Overflow"),
    ] {
        assert_eq!(read(text, to, &STANDARD), expected, "{text} as {to}");
    }
    assert_eq!(read("1.234,56", NUMERIC, &german()), "1234.56");
    assert_eq!(read("1,5 €", NUMERIC, &german()), "1.50");
    assert_eq!(read("1.5", NUMERIC, &german()), "15.00");
}

#[test]
fn fast_parse_reads_digits_and_nothing_else() {
    for (text, to, expected) in [
        (" 12\t", DataType::I4, "12"),
        ("   ", DataType::I4, "0"),
        ("", DataType::I4, "0"),
        ("-7", DataType::I2, "-7"),
        ("1,234", DataType::I4, "CannotConvert"),
        ("0x1F", DataType::I4, "CannotConvert"),
        ("40000", DataType::I2, "Overflow"),
        ("20200131", DataType::DbDate, "2020-01-31"),
        ("2020-01-31", DataType::DbDate, "2020-01-31"),
        ("2020-02", DataType::DbDate, "2020-02-01"),
        ("2020", DataType::DbDate, "2020-01-01"),
        ("31/01/2020", DataType::DbDate, "CannotConvert"),
        ("2020-02-30", DataType::DbDate, "CannotConvert"),
        ("101530", DataType::DbTime, "10:15:30"),
        ("10:15", DataType::DbTime, "10:15:00"),
        ("10", DataType::DbTime, "10:00:00"),
        ("24:00:00", DataType::DbTime, "00:00:00"),
        ("23:59:60", DataType::DbTime, "00:00:00"),
        ("10:15.5", DataType::DbTime, "10:15:30"),
        ("10:15:30,25", DataType::DbTime2 { scale: 2 }, "10:15:30.25"),
        ("10:15:30.25", DataType::DbTime2 { scale: 1 }, "truncated 10:15:30.2"),
        ("10:00+02:00", DataType::DbTime, "08:00:00"),
        ("2020-01-31T10:15:30.5", DataType::DbTimestamp, "2020-01-31 10:15:30.5"),
        ("2020-01-31T24:00:00", DataType::DbTimestamp, "2020-02-01 00:00:00"),
        ("2020-01-31 10:15:30", DataType::DbTimestamp, "CannotConvert"),
    ] {
        assert_eq!(read(text, to, &FAST), expected, "{text} as {to}");
    }
    let offset = DataType::DbTimestampOffset { scale: 7 };
    assert_eq!(read("2020-01-31T10:15:30-0530", offset, &FAST), "2020-01-31 10:15:30 -05:30");
}

#[test]
fn dates_are_read_in_iso_form_and_as_people_write_them() {
    let stamp = DataType::DbTimestamp;
    for (text, to, expected) in [
        ("2020-01-31", stamp, "2020-01-31 00:00:00"),
        ("2020-01-31 10:15:30.123", stamp, "2020-01-31 10:15:30.123"),
        ("2009-04-29 13:24:40.170000000", stamp, "2009-04-29 13:24:40.17"),
        ("8/6/2003", stamp, "2003-08-06 00:00:00"),
        ("8/6/2003 1:05 PM", stamp, "2003-08-06 13:05:00"),
        ("31/12/2003", stamp, "2003-12-31 00:00:00"),
        ("Jan 5, 2021", stamp, "2021-01-05 00:00:00"),
        ("5 January 2021", stamp, "2021-01-05 00:00:00"),
        ("1/2/49", stamp, "2049-01-02 00:00:00"),
        ("1/2/50", stamp, "1950-01-02 00:00:00"),
        ("2020-13-01", stamp, "CannotConvert"),
        ("tomorrow", stamp, "CannotConvert"),
        ("", stamp, "CannotConvert"),
        ("12:30", stamp, "CannotConvert"),
        ("12:30", DataType::DbTime, "12:30:00"),
        ("12 pm", DataType::DbTime, "12:00:00"),
        ("12:30:15.5", DataType::DbTime2 { scale: 0 }, "truncated 12:30:15"),
        ("2020-01-31 10:15", DataType::DbDate, "2020-01-31"),
        ("0099-01-01", DataType::Date, "Overflow"),
    ] {
        assert_eq!(read(text, to, &STANDARD), expected, "{text} as {to}");
    }
    assert_eq!(read("31.12.2003", stamp, &german()), "2003-12-31 00:00:00");
    assert_eq!(read("1.2.2003", stamp, &german()), "2003-02-01 00:00:00");
    let offset = DataType::DbTimestampOffset { scale: 7 };
    let text = "2020-01-31 10:15:30.1234567 +01:30";
    assert_eq!(read(text, offset, &STANDARD), text);
}

/// A value as text of a type.
fn show(value: &Value, from: DataType, options: &ConvertOptions) -> String {
    match convert(value, from, DataType::WStr { length: 60 }, options) {
        Ok(value) => value.to_string(),
        Err(failure) => failure.to_string(),
    }
}

#[test]
fn dates_become_text_in_the_documented_forms() {
    let moment = Value::DateTime(Ticks(737_454 * model::TICKS_PER_DAY + 369_301_234_567));
    let forms = [
        (DataType::DbTimestamp, "2020-01-31 10:15:30.123456700"),
        (DataType::DbTimestamp2 { scale: 7 }, "2020-01-31 10:15:30.1234567"),
        (DataType::DbTimestamp2 { scale: 2 }, "2020-01-31 10:15:30.12"),
        (DataType::FileTime, "2020-01-31 10:15:30:123"),
        (DataType::Date, "1/31/2020 10:15:30 AM"),
    ];
    for (from, expected) in forms {
        assert_eq!(show(&moment, from, &STANDARD), expected, "{from}");
    }
    let iso = ConvertOptions { iso_dates: true, ..STANDARD };
    assert_eq!(show(&moment, DataType::Date, &iso), "2020-01-31 10:15:30");
    assert_eq!(show(&moment, DataType::Date, &german()), "31.01.2020 10:15:30");
    assert_eq!(show(&Value::Date(0), DataType::DbDate, &STANDARD), "1970-01-01");
    let noon = Value::Time(432_000_000_000);
    assert_eq!(show(&noon, DataType::DbTime, &STANDARD), "12:00:00");
    assert_eq!(show(&noon, DataType::DbTime2 { scale: 3 }, &STANDARD), "12:00:00.000");
}

#[test]
fn floats_become_text_with_the_digits_that_they_have() {
    for (n, expected) in [
        (0.1, "0.1"),
        (1000.0, "1000"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.3"),
        (1e15, "1E+15"),
        (123_456_789_012_345.0, "123456789012345"),
        (0.00001, "0.00001"),
        (0.000001, "1E-06"),
        (0.0, "0"),
    ] {
        assert_eq!(show(&Value::R8(n), DataType::R8, &STANDARD), expected);
    }
    assert_eq!(show(&Value::R4(0.1), DataType::R4, &STANDARD), "0.1");
    let money = Value::Decimal(Decimal::new(12_500, 4));
    assert_eq!(show(&money, DataType::Cy, &STANDARD), "1.25");
}

#[test]
fn text_is_cut_by_units_and_by_bytes() {
    let to = |text: &str, to| read(text, to, &STANDARD);
    assert_eq!(to("abc", DataType::WStr { length: 2 }), "truncated ab");
    assert_eq!(to("a😀b", DataType::WStr { length: 2 }), "truncated a");
    assert_eq!(to("aé", DataType::Str { length: 2, code_page: 65001 }), "truncated a");
    assert_eq!(to("aé", DataType::Str { length: 2, code_page: 1252 }), "aé");
    assert_eq!(to("日", DataType::Str { length: 9, code_page: 1252 }), "CannotConvert");
    assert_eq!(to("é", DataType::Str { length: 9, code_page: 12 }), "Unsupported");
}

#[test]
fn dates_change_type_as_documented() {
    let change =
        |value: Value, from: DataType, to: DataType| match convert(&value, from, to, &STANDARD) {
            Ok(value) => value.to_string(),
            Err(failure) => format!("{:?} {}", failure.kind, failure.value),
        };
    let moment = Value::DateTime(Ticks(737_454 * model::TICKS_PER_DAY + 369_301_234_567));
    let exact = DataType::DbTimestamp2 { scale: 7 };
    let offset = DataType::DbTimestampOffset { scale: 7 };
    assert_eq!(change(moment.clone(), exact, DataType::DbDate), "2020-01-31");
    assert_eq!(change(moment.clone(), exact, DataType::DbTime), "Truncated 10:15:30");
    assert_eq!(
        change(moment.clone(), exact, DataType::DbTimestamp),
        "Truncated 2020-01-31 10:15:30.123"
    );
    assert_eq!(change(moment.clone(), exact, offset), "2020-01-31 10:15:30.1234567 +00:00");
    let summer =
        Value::DateTimeOffset { local: Ticks(737_454 * model::TICKS_PER_DAY), offset_minutes: 120 };
    assert_eq!(change(summer, offset, DataType::DbTimestamp), "2020-01-30 22:00:00");
    assert_eq!(
        change(Value::Time(0), DataType::DbTime, DataType::DbTimestamp),
        "1970-01-01 00:00:00"
    );
    assert_eq!(change(Value::R8(2.5), DataType::R8, DataType::Date), "1900-01-01 12:00:00");
    let early = Value::DateTime(Ticks(0));
    assert_eq!(change(early, exact, DataType::DbTimestamp), "Overflow NULL");
    assert_eq!(change(moment, exact, DataType::I4), "Unsupported NULL");
}

#[test]
fn bytes_and_guids_go_to_text_and_back() {
    let guid = "{01020304-0506-0708-090A-0B0C0D0E0F10}";
    assert_eq!(read(guid, DataType::Guid, &STANDARD), guid);
    assert_eq!(read(&guid[1..37], DataType::Guid, &STANDARD), guid);
    assert_eq!(read("{01020304}", DataType::Guid, &STANDARD), "CannotConvert");
    assert_eq!(read("0x01ff", DataType::Bytes { length: 4 }, &STANDARD), "0x01FF");
    assert_eq!(read("01fg", DataType::Bytes { length: 4 }, &STANDARD), "CannotConvert");
    assert_eq!(read("010203", DataType::Bytes { length: 2 }, &STANDARD), "truncated 0x0102");
    let number = convert(&Value::I4(258), DataType::I4, DataType::Bytes { length: 4 }, &STANDARD);
    assert_eq!(number.unwrap().to_string(), "0x02010000");
}

/// Types that values of the property test convert between.
fn types() -> impl Strategy<Value = DataType> {
    prop::sample::select(vec![
        DataType::Bool,
        DataType::I1,
        DataType::I4,
        DataType::I8,
        DataType::Ui2,
        DataType::Ui8,
        DataType::R4,
        DataType::R8,
        DataType::Cy,
        DataType::Decimal { scale: 3 },
        NUMERIC,
        DataType::Str { length: 4, code_page: 1252 },
        DataType::WStr { length: 6 },
        DataType::NText,
        DataType::Text { code_page: 1252 },
        DataType::Bytes { length: 3 },
        DataType::Guid,
        DataType::Date,
        DataType::DbDate,
        DataType::DbTime,
        DataType::DbTime2 { scale: 4 },
        DataType::DbTimestamp,
        DataType::DbTimestamp2 { scale: 6 },
        DataType::DbTimestampOffset { scale: 7 },
        DataType::FileTime,
    ])
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,7}",
        "-?[0-9]{1,4}\\.[0-9]{0,3}",
        "[ +$(),.0-9a-fé]{0,6}",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]( [012][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,7})?)?",
        "[01]?[0-9]/[0-3]?[0-9]/[0-9]{2,4}",
        "[012][0-9]:[0-5][0-9]",
        Just("true".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_column_converts_as_its_cells_do(
        texts in prop::collection::vec(prop::option::of(texts()), 1..8),
        between in types(),
        to in types(),
        fast_parse: bool,
    ) {
        let options = ConvertOptions { fast_parse, ..STANDARD };
        let cells: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        // Text gives values of the first type, and those are converted to the second.
        let first = parse_texts(&cells, between, &options);
        let values: Vec<Value> = cells.iter().map(|cell| {
            cell.map_or(Value::Null, |text| match parse_text(text, between, &options) {
                Ok(value) => value,
                Err(failure) => failure.value,
            })
        }).collect();
        let array = from_values(&values, between).unwrap();
        prop_assert_eq!(to_values(&first.array, between), values.clone());
        let second = convert_array(&array, between, to, &options);
        let mut failures = Vec::new();
        for (row, (value, cell)) in values.iter().zip(to_values(&second.array, to)).enumerate() {
            let expected = convert(value, between, to, &options).unwrap_or_else(|failure| {
                failures.push((row, failure.kind));
                failure.value
            });
            prop_assert_eq!(cell, expected, "{} to {}", between, to);
        }
        prop_assert_eq!(second.failures, failures, "{} to {}", between, to);
    }

    #[test]
    fn no_text_makes_a_conversion_panic(text in "\\PC{0,30}", to in types(), fast_parse: bool) {
        let options = ConvertOptions { fast_parse, ..STANDARD };
        drop(parse_text(&text, to, &options));
    }

    #[test]
    fn what_is_written_is_read_again(ticks in 0i64..3_155_378_975_999_999_999) {
        let stamp = DataType::DbTimestamp2 { scale: 7 };
        let value = Value::DateTime(Ticks(ticks));
        let text = show(&value, stamp, &STANDARD);
        prop_assert_eq!(parse_text(&text, stamp, &STANDARD), Ok(value));
    }
}
