//! Conversions, arithmetic and comparison against the documentation.

use std::cmp::Ordering;

use model::Decimal;
use proptest::prelude::*;

use super::*;
use crate::collation::Collation;
use crate::types::{ArithmeticOp, UnaryOp, arithmetic_type, literal_operand, type_named};

/// The type written as `decimal 9 2`, `varchar max`, `int`.
fn ty(text: &str) -> SqlType {
    let mut words = text.split(' ');
    let name = words.next().unwrap();
    let sizes: Vec<Option<u32>> = words.map(|size| size.parse().ok()).collect();
    type_named(name, &sizes, 100).unwrap()
}

/// `type:text`, or NULL.
fn value(text: &str) -> SqlValue {
    match text.split_once(':') {
        Some((name, text)) => cast(&SqlValue::nvarchar(text), &ty(name)).unwrap(),
        None => SqlValue::Null,
    }
}

fn show(result: Result<SqlValue, SqlError>) -> String {
    match result {
        Ok(SqlValue::Null) => "NULL".to_owned(),
        Ok(SqlValue::Binary(bytes)) => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("0x{}", digits.concat())
        }
        Ok(value) => match cast(&value, &SqlType::NVARCHAR_MAX) {
            Ok(text) => text.as_str().unwrap_or_default().to_owned(),
            Err(error) => error.to_string(),
        },
        Err(error) => format!("Msg {}", error.number),
    }
}

/// Checks lines of `source type:text -> target type = result`.
fn check_casts(cases: &str) {
    for case in cases.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let (cast_text, expected) = case.split_once(" = ").unwrap();
        let (from, to) = cast_text.split_once(" -> ").unwrap();
        let shown = show(cast(&value(from), &ty(to)));
        assert_eq!(shown, expected, "{case}");
    }
}

fn styled(from: &str, to: &str, style: i32) -> String {
    let options = ConvertOptions { style: Some(style), ..ConvertOptions::default() };
    show(convert(&value(from), &ty(to), options))
}

#[test]
fn numbers_convert_with_the_documented_rounding_and_errors() {
    check_casts(
        "varchar: 12  -> int = 12
        varchar: -> int = 0
        varchar:abc -> int = Msg 245
        varchar:1.5 -> int = Msg 245
        varchar:99999999999 -> int = Msg 248
        varchar:99999 -> smallint = Msg 244
        varchar:256 -> tinyint = Msg 244
        varchar:abc -> bigint = Msg 8114
        int:70000 -> smallint = Msg 220
        int:256 -> tinyint = Msg 220
        int:-1 -> tinyint = Msg 220
        bigint:3000000000 -> int = Msg 8115
        bigint:70000 -> smallint = Msg 8115
        money:3000000000 -> int = Msg 237
        money:70000 -> smallint = Msg 220
        money:256 -> tinyint = Msg 232
        smallmoney:70000 -> smallint = Msg 8115
        money:300000 -> smallmoney = Msg 237
        decimal 9 2:10.99 -> int = 10
        decimal 9 2:-10.99 -> int = -10
        decimal 20 0:99999999999 -> int = Msg 8115
        decimal 9 4:10.6496 -> int = 10
        decimal 9 4:-10.6496 -> int = -10
        decimal 9 4:10.6496 -> numeric = 11
        decimal 9 4:-10.6496 -> numeric = -11
        decimal 12 7:10.3496847 -> money = 10.35
        float:10.99 -> int = 10
        float:3e9 -> int = Msg 232
        float:1e19 -> bigint = Msg 8115
        money:10.50 -> int = 11
        money:10.49 -> int = 10
        float:10.3496847 -> decimal 10 2 = 10.35
        money:10.3496847 -> decimal 10 2 = 10.35
        varchar:10.345 -> decimal 10 2 = 10.35
        varchar:1e5 -> decimal 10 2 = Msg 8114
        varchar: -> decimal 10 2 = Msg 8114
        varchar:123456 -> decimal 5 2 = Msg 8115
        int:1000 -> decimal 5 2 = Msg 8115
        varchar:1e5 -> float = 100000
        varchar:x -> float = Msg 8114
        varchar:x -> real = Msg 8114
        varchar:$1,234.56785 -> money = 1234.57
        varchar:12x -> money = Msg 235
        varchar:TRUE -> bit = 1
        varchar:false -> bit = 0
        varchar:yes -> bit = Msg 245
        int:-7 -> bit = 1
        datetime:1900-01-02 12:00 -> int = 2
        datetime:1900-01-02 11:59 -> int = 1
        datetime:1900-01-02 12:00 -> float = 1.5
        date:2026-01-01 -> int = Msg 529
        NULL -> int = NULL",
    );
    assert_eq!(
        cast(&SqlValue::varchar("abc"), &SqlType::Int).unwrap_err().message,
        "Conversion failed when converting the varchar value 'abc' to data type int."
    );
}

#[test]
fn text_is_cut_starred_or_refused_where_it_does_not_fit() {
    check_casts(
        "varchar:abcdef -> varchar 3 = abc
        varchar:ab -> char 4 = ab  
        int:12345 -> varchar 3 = *
        int:12345 -> nvarchar 3 = Msg 8115
        bigint:12345 -> varchar 3 = Msg 8115
        money:1234.5 -> varchar 3 = Msg 234
        decimal 9 2:1234.5 -> varchar 3 = Msg 8115
        decimal 9 2:0.5 -> varchar = 0.50
        uniqueidentifier:6F9619FF-8B86-D011-B42D-00C04FC964FF -> varchar 30 = Msg 8170
        uniqueidentifier:6F9619FF-8B86-D011-B42D-00C04FC964FF -> nvarchar 30 = Msg 8115
        uniqueidentifier:6f9619ff-8b86-d011-b42d-00c04fc964ff -> varchar 36 = 6F9619FF-8B86-D011-B42D-00C04FC964FF
        nvarchar:語a -> varchar 5 = ?a
        bit:1 -> varchar 1 = 1
        float:1234567 -> varchar = 1.23457e+006
        money:1234.5678 -> varchar = 1234.57
        datetime:2026-11-21 -> varchar 11 = Nov 21 2026",
    );
}

#[test]
fn dates_convert_as_documented() {
    check_casts(
        "varchar:2007-05-08 12:35:29. 1234567 +12:15 -> time 7 = 12:35:29.1234567
        varchar:2007-05-08 12:35:29. 1234567 +12:15 -> date = 2007-05-08
        varchar:2007-05-08 12:35:29.123 -> smalldatetime = May  8 2007 12:35PM
        varchar:2007-05-08 12:35:29.123 -> datetime = May  8 2007 12:35PM
        varchar:2007-05-08 12:35:29. 1234567 +12:15 -> datetime2 7 = 2007-05-08 12:35:29.1234567
        varchar:2007-05-08 12:35:29.1234567 +12:15 -> datetimeoffset 7 = 2007-05-08 12:35:29.1234567 +12:15
        varchar:nonsense -> date = Msg 241
        varchar:2026-02-30 -> date = Msg 241
        varchar:2026-02-30 -> datetime = Msg 242
        varchar:1752-12-31 -> datetime = Msg 242
        varchar:nonsense -> smalldatetime = Msg 295
        varchar:2100-01-01 -> smalldatetime = Msg 242
        varchar:2026-11-21 10:00:00.1234 -> datetime = Msg 241
        varchar: -> date = 1900-01-01
        time:10:00 -> date = Msg 529
        time 0:10:00 -> datetime2 0 = 1900-01-01 10:00:00
        date:1912-10-25 -> datetime2 0 = 1912-10-25 00:00:00
        date:1912-10-25 -> datetimeoffset 0 = 1912-10-25 00:00:00 +00:00
        datetime2 4:1968-10-23 12:45:37.1237 -> datetime = Oct 23 1968 12:45PM
        datetime2 7:2026-11-21 23:59:59.9999999 -> datetime2 3 = 2026-11-22 00:00:00.000
        time 7:23:59:59.9999999 -> time 0 = 00:00:00
        datetimeoffset 0:1912-10-25 12:24:32 +10:00 -> date = 1912-10-25
        datetimeoffset 0:1912-10-25 12:24:32 +10:00 -> time 0 = 12:24:32
        datetimeoffset 0:1912-10-25 12:24:32 +10:00 -> datetime2 0 = 1912-10-25 12:24:32
        int:0 -> datetime = Jan  1 1900 12:00AM
        float:1.5 -> datetime = Jan  2 1900 12:00PM
        int:99999999 -> datetime = Msg 8115
        int:1 -> date = Msg 529",
    );
}

#[test]
fn every_date_style_writes_its_format() {
    let at = "datetime:2006-12-30 00:38:54.840";
    let cases = [
        (0, "Dec 30 2006 12:38AM"),
        (1, "12/30/06"),
        (2, "06.12.30"),
        (3, "30/12/06"),
        (4, "30.12.06"),
        (5, "30-12-06"),
        (6, "30 Dec 06"),
        (7, "Dec 30, 06"),
        (8, "00:38:54"),
        (9, "Dec 30 2006 12:38:54:840AM"),
        (10, "12-30-06"),
        (11, "06/12/30"),
        (12, "061230"),
        (13, "30 Dec 2006 00:38:54:840"),
        (14, "00:38:54:840"),
        (20, "2006-12-30 00:38:54"),
        (21, "2006-12-30 00:38:54.840"),
        (22, "12/30/06 12:38:54 AM"),
        (23, "2006-12-30"),
        (24, "00:38:54"),
        (25, "2006-12-30 00:38:54.840"),
        (100, "Dec 30 2006 12:38AM"),
        (101, "12/30/2006"),
        (102, "2006.12.30"),
        (103, "30/12/2006"),
        (104, "30.12.2006"),
        (105, "30-12-2006"),
        (106, "30 Dec 2006"),
        (107, "Dec 30, 2006"),
        (108, "00:38:54"),
        (109, "Dec 30 2006 12:38:54:840AM"),
        (110, "12-30-2006"),
        (111, "2006/12/30"),
        (112, "20061230"),
        (113, "30 Dec 2006 00:38:54:840"),
        (114, "00:38:54:840"),
        (120, "2006-12-30 00:38:54"),
        (121, "2006-12-30 00:38:54.840"),
        (126, "2006-12-30T00:38:54.840"),
        (127, "2006-12-30T00:38:54.840"),
        (130, "10 ذو الحجة 1427 12:38:54:840AM"),
        (131, "10/12/1427 12:38:54:840AM"),
        (15, "Msg 281"),
    ];
    for (style, expected) in cases {
        assert_eq!(styled(at, "nvarchar 40", style), expected, "style {style}");
    }
    assert_eq!(styled("datetime:2012-11-07 18:26:20", "varchar", 126), "2012-11-07T18:26:20");
    assert_eq!(styled(at, "varchar 10", 120), "2006-12-30");
    assert_eq!(
        styled("smalldatetime:2006-12-30 13:38", "varchar", 109),
        "Dec 30 2006  1:38:00:000PM"
    );
    assert_eq!(styled("time 7:17:30", "varchar", 100), "5:30PM");
    assert_eq!(styled("date:2026-11-21", "varchar", 103), "21/11/2026");
    assert_eq!(styled("date:2026-11-21", "varchar", 108), "Msg 9809");
    let zoned = "datetimeoffset 3:2026-11-21 10:00:00.500 +02:00";
    assert_eq!(styled(zoned, "varchar 40", 126), "2026-11-21T10:00:00.500+02:00");
    assert_eq!(styled(zoned, "varchar 40", 127), "2026-11-21T08:00:00.500Z");
}

#[test]
fn a_style_says_how_text_is_read_as_a_date() {
    assert_eq!(styled("varchar:04/05/2026", "date", 101), "2026-04-05");
    assert_eq!(styled("varchar:04/05/2026", "date", 103), "2026-05-04");
    assert_eq!(styled("varchar:04.05.2026", "date", 104), "2026-05-04");
    assert_eq!(styled("varchar:26.05.04", "date", 2), "2026-05-04");
    assert_eq!(styled("varchar:20260504", "date", 112), "2026-05-04");
    assert_eq!(styled("varchar:2026-05-04", "date", 101), "Msg 9807");
    assert_eq!(styled("varchar:2026-05-04", "datetime", 103), "Msg 241");
    assert_eq!(styled("varchar:2006-12-12T23:45:12-08:00", "datetime", 127), "Dec 13 2006  7:45AM");
}

#[test]
fn number_and_binary_styles() {
    assert_eq!(styled("money:4235.9819", "varchar", 0), "4235.98");
    assert_eq!(styled("money:3510.92", "varchar", 1), "3,510.92");
    assert_eq!(styled("money:4235.9819", "varchar", 2), "4235.9819");
    assert_eq!(styled("float:0.5", "varchar", 1), "5.0000000e-001");
    assert_eq!(styled("varchar:0x4E616D65", "varbinary", 1), "0x4E616D65");
    assert_eq!(styled("varchar:4E616D65", "binary 6", 2), "0x4E616D650000");
    assert_eq!(styled("varchar:0x4E6", "varbinary", 1), "Msg 8114");
    assert_eq!(styled("varchar:4E616D65", "varbinary", 1), "Msg 8114");
    assert_eq!(styled("varchar:Name", "varbinary", 0), "0x4E616D65");
    assert_eq!(styled("varchar:Name", "varbinary", 3), "Msg 281");
    let name = SqlValue::binary(*b"Name");
    let with = |style| {
        let options = ConvertOptions { style: Some(style), ..ConvertOptions::default() };
        show(convert(&name, &ty("varchar"), options))
    };
    assert_eq!(
        (with(0), with(1), with(2)),
        ("Name".into(), "0x4E616D65".into(), "4E616D65".into())
    );
}

#[test]
fn bytes_keep_their_end_of_numbers_and_their_start_of_text() {
    check_casts(
        "int:1 -> varbinary = 0x00000001
        int:258 -> binary 2 = 0x0102
        int:258 -> binary 6 = 0x000000000102
        bigint:-1 -> varbinary = 0xFFFFFFFFFFFFFFFF
        nvarchar:A -> varbinary = 0x4100
        varchar:€ -> varbinary = 0x80
        datetime:1900-01-02 -> varbinary = 0x0000000100000000
        uniqueidentifier:6F9619FF-8B86-D011-B42D-00C04FC964FF -> varbinary = 0xFF19966F868B11D0B42D00C04FC964FF
        decimal 9 2:1.5 -> varbinary = Msg 40514
        varchar:6F9619FF-8B86-D011-B42D-00C04FC964FFwxyz -> uniqueidentifier = 6F9619FF-8B86-D011-B42D-00C04FC964FF
        varchar:nonsense -> uniqueidentifier = Msg 8169",
    );
    let int = cast(&SqlValue::binary([0x01, 0x02]), &SqlType::Int);
    assert_eq!(int, Ok(SqlValue::Int(258)));
}

#[test]
fn trying_gives_null_and_storing_refuses_to_cut() {
    let options = ConvertOptions::default();
    let attempt = |from: &str, to: &str| show(try_convert(&value(from), &ty(to), options));
    assert_eq!(attempt("varchar:abc", "int"), "NULL");
    assert_eq!(attempt("varchar:12/31/2010", "datetime2 0"), "2010-12-31 00:00:00");
    assert_eq!(attempt("int:4", "date"), "Msg 529");
    let stored = |from: &str, to: &str| show(store(&value(from), &ty(to), options));
    assert_eq!(stored("varchar:abcd", "varchar 3"), "Msg 8152");
    assert_eq!(stored("varchar:abc  ", "varchar 3"), "abc");
    assert_eq!(stored("nvarchar:語", "nvarchar 1"), "語");
    assert_eq!(stored("varchar:12", "int"), "12");
}

/// Computes on two values written as `type:text`, with the type of their own rule.
fn compute(left: &str, op: ArithmeticOp, right: &str) -> String {
    let typed = |text: &str| text.split_once(':').map_or(SqlType::Int, |(name, _)| ty(name));
    match arithmetic_type(op, &typed(left), &typed(right)) {
        Ok(result) => show(arithmetic(op, &value(left), &value(right), &result)),
        Err(error) => format!("Msg {}", error.number),
    }
}

#[test]
fn operators_compute_as_documented() {
    use ArithmeticOp::{Add, BitAnd, BitOr, BitXor, Divide, Modulo, Multiply, Subtract};
    let cases = [
        ("int:7", Divide, "int:2", "3"),
        ("int:-7", Divide, "int:2", "-3"),
        ("int:-7", Modulo, "int:2", "-1"),
        ("int:38", Modulo, "int:5", "3"),
        ("int:1", Divide, "int:0", "Msg 8134"),
        ("int:1", Modulo, "int:0", "Msg 8134"),
        ("int:2147483647", Add, "int:1", "Msg 8115"),
        ("int:2147483647", Add, "bigint:1", "2147483648"),
        ("tinyint:200", Add, "tinyint:100", "Msg 8115"),
        ("tinyint:1", Subtract, "tinyint:2", "Msg 8115"),
        ("int:1", Add, "varchar:2", "3"),
        ("varchar:1", Add, "varchar:2", "12"),
        ("varchar:a", Add, "int:2", "Msg 245"),
        ("varchar:a", Subtract, "varchar:b", "Msg 8117"),
        ("int:1", Add, "NULL", "NULL"),
        ("varchar:a ", Add, "nvarchar:b", "a b"),
        ("char 3:a", Add, "char 2:b", "a  b "),
        ("decimal 9 2:1.10", Add, "decimal 9 3:2.205", "3.305"),
        ("decimal 3 1:1.0", Divide, "decimal 1 0:3", "0.333333"),
        ("decimal 3 1:2.0", Divide, "decimal 1 0:3", "0.666666"),
        ("decimal 9 2:1.50", Multiply, "decimal 9 2:2.00", "3.0000"),
        ("decimal 30 20:0.0000009", Multiply, "decimal 30 20:1", "0.00000090000000000"),
        ("decimal 30 10:0.0000009", Multiply, "decimal 30 10:1", "0.000001"),
        ("decimal 9 2:5.50", Modulo, "int:2", "1.50"),
        ("decimal 9 2:5.50", Divide, "int:0", "Msg 8134"),
        ("money:100", Divide, "money:339", "0.29"),
        ("float:1", Divide, "float:0", "Msg 8134"),
        ("float:5", Modulo, "int:2", "Msg 402"),
        ("float:1e308", Multiply, "int:10", "Msg 8115"),
        ("datetime:2026-11-21", Add, "int:1", "Nov 22 2026 12:00AM"),
        ("datetime:2026-11-21", Subtract, "float:0.5", "Nov 20 2026 12:00PM"),
        ("datetime:2026-11-21", Subtract, "datetime:2026-11-20", "Jan  2 1900 12:00AM"),
        ("datetime:9999-12-31", Add, "int:1", "Msg 8115"),
        ("datetime:2026-11-21", Multiply, "int:1", "Msg 8117"),
        ("date:2026-11-21", Add, "int:1", "Msg 206"),
        ("date:2026-11-21", Subtract, "date:2026-11-20", "Msg 8117"),
        ("datetime2:2026-11-21", Subtract, "datetime:2026-11-20", "Msg 402"),
        ("datetime:2026-11-21", Add, "time:10:00", "Msg 402"),
        ("bit:1", Add, "bit:1", "Msg 8117"),
        ("bit:1", BitAnd, "bit:0", "0"),
        ("int:170", BitAnd, "int:75", "10"),
        ("int:170", BitOr, "int:75", "235"),
        ("int:170", BitXor, "int:75", "225"),
        ("decimal 9 2:1", BitAnd, "int:1", "Msg 402"),
        ("uniqueidentifier:6F9619FF-8B86-D011-B42D-00C04FC964FF", Add, "int:1", "Msg 206"),
    ];
    for (left, op, right, expected) in cases {
        assert_eq!(compute(left, op, right), expected, "{left} {op:?} {right}");
    }
    // Money is cut to four digits when divided: the loss that the documentation warns of.
    let quotient = arithmetic(Divide, &value("money:100"), &value("money:339"), &SqlType::Money);
    assert_eq!(quotient, Ok(SqlValue::Money(2_949)));
}

#[test]
fn an_integer_literal_beside_a_decimal_has_its_own_digits() {
    let one = SqlType::Numeric { precision: 2, scale: 1 };
    let three = SqlValue::Int(3);
    let result = arithmetic_type(ArithmeticOp::Divide, &one, &literal_operand(&three, &one));
    assert_eq!(result, Ok(SqlType::Numeric { precision: 7, scale: 6 }));
    let quotient = arithmetic(
        ArithmeticOp::Divide,
        &SqlValue::Decimal(Decimal::new(10, 1)),
        &three,
        &result.unwrap(),
    );
    assert_eq!(show(quotient), "0.333333");
}

#[test]
fn signs_and_bits_turn() {
    let turned = |op, text: &str| show(unary(op, &value(text)));
    assert_eq!(turned(UnaryOp::Minus, "tinyint:5"), "-5");
    assert_eq!(turned(UnaryOp::Minus, "int:-2147483648"), "Msg 8115");
    assert_eq!(turned(UnaryOp::Minus, "decimal 5 2:1.50"), "-1.50");
    assert_eq!(turned(UnaryOp::BitNot, "int:170"), "-171");
    assert_eq!(turned(UnaryOp::BitNot, "tinyint:1"), "254");
    assert_eq!(turned(UnaryOp::BitNot, "bit:1"), "0");
    assert_eq!(turned(UnaryOp::Minus, "NULL"), "NULL");
    assert_eq!(turned(UnaryOp::Minus, "varchar:1"), "Msg 8117");
}

fn order(left: &SqlValue, right: &SqlValue) -> Option<Ordering> {
    compare(left, right, Collation::CI_AS).unwrap()
}

#[test]
fn values_compare_in_their_common_type() {
    let cases = [
        ("varchar:abc", "nvarchar:ABC  ", Ordering::Equal),
        ("int:2", "varchar:10", Ordering::Less),
        ("int:2", "decimal 5 2:2.00", Ordering::Equal),
        ("float:2.5", "int:2", Ordering::Greater),
        ("date:2026-11-21", "datetime:2026-11-21 00:00:01", Ordering::Less),
        ("varchar:2026-11-21", "date:2026-11-21", Ordering::Equal),
        (
            "datetimeoffset 0:2026-11-21 10:00:00 +01:00",
            "datetimeoffset 0:2026-11-21 09:00:00 +00:00",
            Ordering::Equal,
        ),
        (
            "uniqueidentifier:00000000-0000-0000-0000-010000000000",
            "uniqueidentifier:FFFFFFFF-FFFF-FFFF-FFFF-000000000000",
            Ordering::Greater,
        ),
        (
            "uniqueidentifier:01000000-0000-0000-0000-000000000000",
            "uniqueidentifier:00000001-0000-0000-0000-000000000000",
            Ordering::Less,
        ),
        ("money:1.5", "smallmoney:1.50", Ordering::Equal),
    ];
    for (left, right, expected) in cases {
        assert_eq!(order(&value(left), &value(right)), Some(expected), "{left} {right}");
    }
    assert_eq!(order(&SqlValue::Null, &value("int:1")), None);
    assert_eq!(sort_compare(&SqlValue::Null, &value("int:1"), Collation::CI_AS), Ordering::Less);
    assert_eq!(order(&SqlValue::binary([1]), &SqlValue::binary([1, 0])), Some(Ordering::Equal));
    let clash = compare(&value("int:1"), &value("date:2026-11-21"), Collation::CI_AS);
    assert_eq!(clash.unwrap_err().number, 206);
}

/// "Comparing sql_variant values": by family first, and by value within one.
#[test]
fn variants_compare_by_family_and_then_by_value() {
    let variant = |text: &str| {
        let inner = value(text);
        let base = inner.sql_type();
        inner.into_variant(base)
    };
    // The documentation's table: '123' as a string is less than 111 as a number.
    assert_eq!(order(&variant("varchar:123"), &variant("int:111")), Some(Ordering::Less));
    assert_eq!(order(&variant("int:50"), &variant("decimal 5 2:50.00")), Some(Ordering::Equal));
    assert_eq!(
        order(&variant("datetime:1900-01-01"), &variant("float:9e9")),
        Some(Ordering::Greater)
    );
    assert_eq!(order(&variant("float:1"), &variant("int:9")), Some(Ordering::Greater));
    assert_eq!(order(&variant("nvarchar:a"), &variant("varchar:A")), Some(Ordering::Equal));
    assert_eq!(order(&variant("int:5"), &value("int:5")), Some(Ordering::Equal));
    assert_eq!(order(&variant("nvarchar:5"), &value("int:5")), Some(Ordering::Less));
    let key = |text: &str| GroupKey::of(&variant(text), Collation::CI_AS);
    assert_eq!(key("int:50"), key("decimal 5 2:50.00"));
    assert_ne!(key("int:50"), key("varchar:50"));
    // A variant converts by its content, and only where its base type does.
    assert_eq!(cast(&variant("nvarchar:5"), &SqlType::Int), Ok(SqlValue::Int(5)));
    assert_eq!(cast(&variant("int:5"), &SqlType::Date).unwrap_err().number, 529);
}

proptest! {
    #[test]
    fn equal_values_have_equal_group_keys(a in "[aAäÄß sS語]{0,4}", b in "[aAäÄß sS語]{0,4}") {
        let (a, b) = (SqlValue::nvarchar(a), SqlValue::nvarchar(b));
        let equal = order(&a, &b) == Some(Ordering::Equal);
        let keys = GroupKey::of(&a, Collation::CI_AS) == GroupKey::of(&b, Collation::CI_AS);
        prop_assert_eq!(equal, keys);
    }

    #[test]
    fn no_text_makes_a_conversion_panic(text in ".{0,40}", style in -1..200i32) {
        let options = ConvertOptions { style: Some(style), ..ConvertOptions::default() };
        for name in ["bit", "tinyint", "int", "bigint", "decimal 38 10", "money", "float", "date",
            "time 3", "datetime", "smalldatetime", "datetime2 0", "datetimeoffset 7",
            "varchar 3", "nchar 5", "binary 4", "uniqueidentifier", "xml", "sql_variant"] {
            for value in [SqlValue::nvarchar(text.as_str()), SqlValue::varchar(text.as_str())] {
                if let Ok(value) = convert(&value, &ty(name), options) {
                    drop(convert(&value, &SqlType::VARCHAR_MAX, options));
                }
            }
        }
    }

    #[test]
    fn a_moment_survives_its_text(ticks in 0..3_155_378_975_999_999_999i64) {
        let value = SqlValue::DateTime2 { ticks: Ticks(ticks), scale: 7 };
        let text = cast(&value, &ty("varchar 40")).unwrap();
        prop_assert_eq!(cast(&text, &SqlType::DateTime2(7)), Ok(value));
    }

    #[test]
    fn decimals_add_and_come_apart_again(a in -10i128.pow(30)..10i128.pow(30), b in 1i128..10i128.pow(30)) {
        let (left, right) = (ty("decimal 32 4"), ty("decimal 32 6"));
        let (a, b) = (Decimal::new(a, 4), Decimal::new(b, 6));
        let result = arithmetic_type(ArithmeticOp::Add, &left, &right).unwrap();
        let sum = arithmetic(ArithmeticOp::Add, &SqlValue::Decimal(a), &SqlValue::Decimal(b), &result);
        let back = arithmetic(ArithmeticOp::Subtract, &sum.unwrap(), &SqlValue::Decimal(b), &result);
        prop_assert_eq!(back.unwrap().as_decimal(), Some(a));
    }
}

/// Every type, at one end of its sizes or the other.
const TYPES: &[&str] = &[
    "bit",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "decimal 38 38",
    "decimal 38 0",
    "numeric 5 2",
    "smallmoney",
    "money",
    "real",
    "float",
    "date",
    "time 7",
    "time 0",
    "smalldatetime",
    "datetime",
    "datetime2 0",
    "datetimeoffset 0",
    "char 1",
    "varchar 2",
    "nchar 1",
    "nvarchar max",
    "binary 1",
    "varbinary max",
    "uniqueidentifier",
    "sql_variant",
    "xml",
    "rowversion",
];

/// Every conversion and operator on the ends of every type: errors, never panics.
#[test]
fn no_value_makes_a_conversion_or_an_operator_panic() {
    let values = [
        SqlValue::Bit(true),
        SqlValue::TinyInt(255),
        SqlValue::Int(i32::MIN),
        SqlValue::BigInt(i64::MIN),
        SqlValue::Decimal(Decimal::new(10i128.pow(38) - 1, 0)),
        SqlValue::Decimal(Decimal::new(1 - 10i128.pow(38), 38)),
        SqlValue::Money(i64::MIN),
        SqlValue::Real(f32::MIN_POSITIVE),
        SqlValue::Float(f64::MAX),
        SqlValue::Date(0),
        SqlValue::Time { ticks: 863_999_999_999, scale: 7 },
        SqlValue::DateTime2 { ticks: Ticks::MAX, scale: 7 },
        SqlValue::DateTimeOffset(OffsetValue { utc: Ticks::MIN, offset: 840, scale: 7 }),
        SqlValue::DateTimeOffset(OffsetValue { utc: Ticks::MAX, offset: 840, scale: 7 }),
        SqlValue::nvarchar("😀"),
        SqlValue::binary([0xFF; 20]),
        SqlValue::Guid([0; 16]),
    ];
    let ops = [
        ArithmeticOp::Add,
        ArithmeticOp::Subtract,
        ArithmeticOp::Multiply,
        ArithmeticOp::Divide,
        ArithmeticOp::Modulo,
        ArithmeticOp::BitAnd,
        ArithmeticOp::BitXor,
    ];
    for one in &values {
        for name in TYPES {
            if let Ok(there) = cast(one, &ty(name)) {
                drop(show(cast(&there, &one.sql_type())));
            }
        }
        for other in &values {
            drop(compare(one, other, Collation::CI_AS));
            for op in ops {
                if let Ok(result) = arithmetic_type(op, &one.sql_type(), &other.sql_type()) {
                    drop(show(arithmetic(op, one, other, &result)));
                }
            }
        }
    }
}
