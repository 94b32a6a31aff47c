//! Every function against the examples of its documentation page, through the table.

use std::cell::Cell;

use model::Ticks;

use super::*;
use crate::value::cast;

/// 2026-11-21 13:05:07.1234567 +01:00.
fn now() -> OffsetValue {
    let text = SqlValue::nvarchar("2026-11-21 13:05:07.1234567 +01:00");
    let SqlValue::DateTimeOffset(value) = cast(&text, &SqlType::DateTimeOffset(7)).unwrap() else {
        panic!("the moment is not a datetimeoffset");
    };
    value
}

/// Calls a function with values of their tightest types.
fn try_call(name: &str, args: &[SqlValue]) -> Result<SqlValue, SqlError> {
    let types: Vec<SqlType> = args.iter().map(SqlValue::sql_type).collect();
    typed_call(name, args, &types)
}

fn typed_call(name: &str, args: &[SqlValue], types: &[SqlType]) -> Result<SqlValue, SqlError> {
    let rand = Cell::new(Rand::seeded(1));
    let session = Session {
        now: now(),
        dates: crate::value::DateSettings::default(),
        date_first: 7,
        rand: &rand,
        new_id: &|| [7; 16],
    };
    let function = function_named(name)?;
    let result = function.bind(types)?;
    let collation = Collation::CI_AS;
    function.call(&Call { args, types, result: &result, collation, session: &session })
}

/// The result as text, errors by number.
fn show(result: Result<SqlValue, SqlError>) -> String {
    match result {
        Ok(SqlValue::Null) => "NULL".to_owned(),
        Ok(value) => match cast(&value, &SqlType::NVARCHAR_MAX) {
            Ok(text) => text.as_str().unwrap_or_default().to_owned(),
            Err(error) => error.to_string(),
        },
        Err(error) => format!("Msg {}", error.number),
    }
}

/// Reads arguments: `N'x'` and `'x'` are text, `0x01` bytes, `1.5` numeric, `1e0` float, NULL.
fn literal(text: &str) -> SqlValue {
    let text = text.trim();
    let inside = |text: &str| text[..text.len() - 1].replace("''", "'");
    if text == "NULL" {
        return SqlValue::Null;
    }
    if let Some(rest) = text.strip_prefix("N'") {
        return SqlValue::nvarchar(inside(rest));
    }
    if let Some(rest) = text.strip_prefix('\'') {
        return SqlValue::varchar(inside(rest));
    }
    if let Some(rest) = text.strip_prefix('$') {
        return cast(&SqlValue::varchar(rest), &SqlType::Money).unwrap();
    }
    if let Some((ty, rest)) = text.split_once(':').filter(|(ty, _)| ty.starts_with("as ")) {
        let (name, scale) = ty[3..].split_once(' ').unwrap_or((&ty[3..], ""));
        let sizes: Vec<Option<u32>> = scale.split(' ').flat_map(str::parse).map(Some).collect();
        let ty = crate::types::type_named(name, &sizes, 30).unwrap();
        return cast(&SqlValue::nvarchar(rest), &ty).unwrap();
    }
    if text.starts_with("0x") {
        let style = ConvertOptions { style: Some(1), ..ConvertOptions::default() };
        return convert(&SqlValue::varchar(text), &SqlType::VARBINARY_MAX, style).unwrap();
    }
    if text.contains('e') {
        return SqlValue::Float(text.parse().unwrap());
    }
    if text.contains('.') {
        return SqlValue::Decimal(model::Decimal::parse(text).unwrap());
    }
    match text.parse() {
        Ok(number) => SqlValue::Int(number),
        Err(_) => SqlValue::BigInt(text.parse().unwrap()),
    }
}

/// Checks lines of `NAME(arg | arg) = result`.
fn check(cases: &str) {
    for case in cases.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let (call, expected) = case.rsplit_once(") = ").unwrap();
        let (name, args) = call.split_once('(').unwrap();
        let args: Vec<SqlValue> = match args.trim().is_empty() {
            true => Vec::new(),
            false => args.split(" | ").map(literal).collect(),
        };
        let shown = show(try_call(name, &args));
        assert_eq!(format!("{shown:?}"), format!("{expected:?}"), "{case}");
    }
}

#[test]
fn text_is_measured_and_cut() {
    check(
        "LEN('abc  ') = 3
        LEN('  abc') = 5
        LEN('') = 0
        LEN(N'😀') = 2
        LEN(12345) = 5
        LEN(NULL) = NULL
        DATALENGTH('abc  ') = 5
        DATALENGTH(N'abc') = 6
        DATALENGTH(1) = 4
        DATALENGTH(0x0102) = 2
        SUBSTRING('abcdef' | 2 | 3) = bcd
        SUBSTRING('abcdef' | 0 | 3) = ab
        SUBSTRING('abcdef' | -1 | 3) = a
        SUBSTRING('abcdef' | 5 | 99) = ef
        SUBSTRING('abcdef' | 9 | 2) = 
        SUBSTRING('abcdef' | 2 | -1) = Msg 537
        SUBSTRING('abc' | NULL | 1) = NULL
        SUBSTRING(123 | 1 | 1) = Msg 8116
        LEFT('abcdefg' | 2) = ab
        LEFT('abcdefg' | 0) = 
        LEFT('abc' | -1) = Msg 537
        LEFT(12345 | 2) = 12
        RIGHT('abcdefg' | 2) = fg
        RIGHT('abc' | -1) = Msg 536
        RIGHT('abc' | 9) = abc
        LTRIM('  abc ') = abc 
        RTRIM(' abc  ') =  abc
        TRIM('  abc  ') = abc
        TRIM('.#  test  .#' | '.# ') = test
        UPPER('straße é') = STRAßE É
        LOWER('ÄBC') = äbc
        REVERSE('abc') = cba
        REVERSE(1234) = 4321
        ASCII('P') = 80
        ASCII('€') = 128
        ASCII('') = NULL
        CHAR(65) = A
        CHAR(256) = NULL
        CHAR(-1) = NULL
        UNICODE(N'Åkergatan 24') = 197
        NCHAR(197) = Å
        NCHAR(65536) = NULL",
    );
}

#[test]
fn text_is_built() {
    check(
        "CONCAT('Happy ' | 'Birthday ' | 11 | '/' | '25') = Happy Birthday 11/25
        CONCAT('a' | NULL | 'b') = ab
        CONCAT(NULL | NULL) = 
        CONCAT('a') = Msg 189
        CONCAT_WS(',' | '1 Microsoft Way' | NULL | NULL | 'Redmond' | 98052) = 1 Microsoft Way,Redmond,98052
        CONCAT_WS(' - ' | 1 | 'x' | 2.50) = 1 - x - 2.50
        CONCAT_WS(NULL | 'a' | 'b') = ab
        REPLICATE('0' | 4) = 0000
        REPLICATE('ab' | 0) = 
        REPLICATE('ab' | -1) = NULL
        SPACE(3) =    
        SPACE(-1) = NULL
        STUFF('abcdef' | 2 | 3 | 'ijklmn') = aijklmnef
        STUFF('abcdef' | 0 | 3 | 'x') = NULL
        STUFF('abcdef' | 7 | 3 | 'x') = NULL
        STUFF('abcdef' | 2 | -1 | 'x') = NULL
        STUFF('abcdef' | 2 | 3 | NULL) = aef
        STUFF(N', a, b' | 1 | 2 | N'') = a, b
        QUOTENAME('abc[]def') = [abc[]]def]
        QUOTENAME('abc' | '''') = 'abc'
        QUOTENAME('a''b' | '''') = 'a''b'
        QUOTENAME('abc' | '(') = (abc)
        QUOTENAME('abc' | 'x') = NULL
        STRING_ESCAPE('a/b\"c' | 'json') = a\\/b\\\"c
        PARSENAME('AdventureWorks2012.dbo.Person' | 1) = Person
        PARSENAME('AdventureWorks2012.dbo.Person' | 2) = dbo
        PARSENAME('AdventureWorks2012.dbo.Person' | 4) = NULL
        PARSENAME('[a.b].c' | 2) = a.b
        PARSENAME('a.b.c.d.e' | 1) = NULL",
    );
}

#[test]
fn text_is_searched_by_the_collation() {
    check(
        "CHARINDEX('is' | 'This is a string') = 3
        CHARINDEX('is' | 'This is a string' | 4) = 6
        CHARINDEX('IS' | 'This is a string') = 3
        CHARINDEX('x' | 'abc') = 0
        CHARINDEX('' | 'abc') = 0
        CHARINDEX('a' | 'abc' | -5) = 1
        CHARINDEX('.' | 'CM.Stage.ConnectionString' | 4) = 9
        CHARINDEX(NULL | 'abc') = NULL
        PATINDEX('%ter%' | 'interesting data') = 3
        PATINDEX('%en_ure%' | 'Please ensure the door is locked!') = 8
        REPLACE('abcdefghicde' | 'cde' | 'xxx') = abxxxfghixxx
        REPLACE('Main.DTSX' | '.dtsx' | '') = Main
        REPLACE('abc' | '' | 'x') = abc
        REPLACE('abc' | NULL | 'x') = NULL
        TRANSLATE('2*[3+4]/{7-2}' | '[]{}' | '()()') = 2*(3+4)/(7-2)
        TRANSLATE('abc' | 'ab' | 'x') = Msg 9828
        SOUNDEX('Smith') = S530
        SOUNDEX('Smythe') = S530
        SOUNDEX('Tymczak') = T522
        SOUNDEX('Ashcraft') = A261
        DIFFERENCE('Smithers' | 'Smythers') = 4
        DIFFERENCE('Anothers' | 'Brothers') = 2
        DIFFERENCE('Blotchet-Halls' | 'Greene') = 0",
    );
}

#[test]
fn numbers_become_text() {
    check(
        "STR(123.45 | 6 | 1) =  123.5
        STR(123.45 | 2 | 2) = **
        STR(123.45) =        123
        STR(1e0 | 3 | 1) = 1.0
        STR(-2.5e0 | 4 | 0) =   -3
        ISNUMERIC('123') = 1
        ISNUMERIC('12a') = 0
        ISNUMERIC('1e5') = 1
        ISNUMERIC('$1,000.5') = 1
        ISNUMERIC('-') = 1
        ISNUMERIC('') = 0
        ISNUMERIC(NULL) = 0
        ISNUMERIC(1.5) = 1
        FORMAT(1234.5 | 'N') = 1,234.50
        FORMAT(1234.5 | 'C') = $1,234.50
        FORMAT(-1234.5 | 'C') = ($1,234.50)
        FORMAT(0.1234 | 'P') = 12.34 %
        FORMAT(123456789 | '###-##-####') = 123-45-6789
        FORMAT(1234567.891 | '#,##0.00') = 1,234,567.89
        FORMAT(0.5 | '0.00') = 0.50
        FORMAT(0.5 | '#.##') = .5
        FORMAT(5 | '000') = 005
        FORMAT(255 | 'X4') = 00FF
        FORMAT(7 | 'D3') = 007
        FORMAT(1.5 | 'D3') = NULL
        FORMAT(1234 | 'G') = 1234
        FORMAT(12345.678 | 'E2') = 1.23E+004
        FORMAT(-5 | '0;(0);zero') = (5)
        FORMAT(0 | '0;(0);zero') = zero
        FORMAT(1234.5 | 'N' | 'de-de') = Msg 40514
        FORMAT(NULL | 'N') = NULL
        FORMAT('text' | 'N') = Msg 8116",
    );
}

#[test]
fn dates_are_shown_by_format() {
    check(
        "FORMAT(as datetime:2026-11-21 13:05:07.123 | 'd') = 11/21/2026
        FORMAT(as datetime:2026-11-21 13:05:07.123 | 'D') = Saturday, November 21, 2026
        FORMAT(as datetime:2026-11-21 13:05:07.123 | 'yyyy-MM-dd HH:mm:ss.fff') = 2026-11-21 13:05:07.123
        FORMAT(as datetime:2026-11-21 13:05:07.123 | 'hh:mm tt') = 01:05 PM
        FORMAT(as date:2026-01-05 | 'dd/MM/yyyy') = 05/01/2026
        FORMAT(as date:2026-01-05 | 'yyyyMMdd') = 20260105
        FORMAT(as date:2026-01-05 | 'MMM d \\d\\a\\y') = Jan 5 day
        FORMAT(as time:07:35:00 | 'hh.mm') = NULL
        FORMAT(as time:07:35:00 | 'hh\\.mm') = 07.35
        FORMAT(as time:07:35:00 | 'hh\\:mm') = 07:35",
    );
}

#[test]
fn dates_move() {
    check(
        "DATEADD('month' | 1 | '20060830') = Sep 30 2006 12:00AM
        DATEADD('month' | 1 | '2006-08-31') = Sep 30 2006 12:00AM
        DATEADD('year' | 2147483647 | '20060731') = Msg 517
        DATEADD('day' | -1 | as date:2026-03-01) = 2026-02-28
        DATEADD('quarter' | 1 | as datetime2 7:2007-01-01 13:10:10.1111111) = 2007-04-01 13:10:10.1111111
        DATEADD('nanosecond' | 150 | as datetime2 7:2007-01-01 13:10:10.1111111) = 2007-01-01 13:10:10.1111113
        DATEADD('nanosecond' | 49 | as datetime2 7:2007-01-01 13:10:10.1111111) = 2007-01-01 13:10:10.1111111
        DATEADD('week' | 2 | as date:2026-11-21) = 2026-12-05
        DATEADD('hour' | 1 | as date:2026-11-21) = Msg 9810
        DATEADD('hour' | 2 | as time 0:23:30:00) = 01:30:00
        DATEADD('hour' | 2147483647 | as time 0:23:30:00) = 06:30:00
        DATEADD('microsecond' | 1 | as datetime:2026-11-21) = Msg 9810
        DATEADD('hour' | -12 | as datetimeoffset 0:2026-11-21 01:00:00 +02:00) = 2026-11-20 13:00:00 +02:00
        DATEADD('fortnight' | 1 | as date:2026-11-21) = Msg 155
        DATEADD('day' | NULL | as date:2026-11-21) = NULL
        EOMONTH(as date:2024-02-10) = 2024-02-29
        EOMONTH('12/1/2011' | 1) = 2012-01-31
        EOMONTH(NULL) = NULL
        EOMONTH(as date:2024-02-10 | NULL) = 2024-02-29
        DATETRUNC('month' | as datetime2 7:2021-12-08 11:30:15.1234567) = 2021-12-01 00:00:00.0000000
        DATETRUNC('week' | as date:2026-11-21) = 2026-11-15
        SWITCHOFFSET(as datetimeoffset 5:1998-09-20 7:45:50.71345 -5:00 | '-08:00') = 1998-09-20 04:45:50.71345 -08:00
        SWITCHOFFSET(as datetimeoffset 0:1998-09-20 7:45:50 +00:00 | 90) = 1998-09-20 09:15:50 +01:30
        SWITCHOFFSET(as datetimeoffset 0:1998-09-20 7:45:50 +00:00 | 'x') = Msg 9812
        TODATETIMEOFFSET(as datetime2 0:2026-11-21 10:00:00 | '-07:00') = 2026-11-21 10:00:00 -07:00",
    );
}

#[test]
fn dates_are_counted_by_the_boundaries_between_them() {
    for part in [
        "year",
        "quarter",
        "month",
        "dayofyear",
        "day",
        "week",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
    ] {
        let args = [
            SqlValue::varchar(part),
            SqlValue::varchar("2005-12-31 23:59:59.9999999"),
            SqlValue::varchar("2006-01-01 00:00:00.0000000"),
        ];
        assert_eq!(show(try_call("DATEDIFF", &args)), "1", "{part}");
    }
    check(
        "DATEDIFF('day' | '2007-05-07 09:53:01.0376635' | '2007-05-08 09:53:01.0376635') = 1
        DATEDIFF('day' | '2026-11-21' | '2026-11-20') = -1
        DATEDIFF('second' | as datetime:1900-01-01 | as datetime:9999-12-31) = Msg 535
        DATEDIFF_BIG('second' | as datetime:1900-01-01 | as datetime:9999-12-31) = 255611203200
        DATEDIFF('minute' | as datetimeoffset 0:2026-11-21 10:00:00 +01:00 | as datetimeoffset 0:2026-11-21 10:00:00 +00:00) = 60
        DATEDIFF('mi' | as datetimeoffset 3:2026-11-21 10:00:59.999 +00:00 | as datetimeoffset 3:2026-11-21 10:01:00 +00:00) = 1
        DATEDIFF('week' | as date:2026-11-21 | as date:2026-11-22) = 1
        DATEDIFF('day' | '2036-03-01' | '2036-02-28') = -2
        DATEDIFF('year' | as time:10:00 | as time:11:00) = 0
        DATEDIFF('second' | as time:10:00 | as time:11:00) = 3600
        DATEDIFF('iso_week' | as date:2026-11-21 | as date:2026-11-22) = Msg 9806
        DATEDIFF('day' | NULL | as date:2026-11-22) = NULL",
    );
}

#[test]
fn dates_come_apart() {
    check(
        "DATEPART('tzoffset' | as datetimeoffset 7:2007-05-10 00:00:01.1234567 +05:10) = 310
        DATEPART('year' | '12:10:30.123') = 1900
        DATEPART('nanosecond' | as datetime2 7:2007-04-21 00:00:01.1234567) = 123456700
        DATEPART('week' | '2007-04-21') = 16
        DATEPART('weekday' | '2007-04-21') = 7
        DATEPART('iso_week' | as date:2021-01-03) = 53
        DATEPART('isoww' | as date:2024-12-30) = 1
        DATEPART('millisecond' | as datetime:2026-11-21 10:00:00.007) = 7
        DATEPART('hour' | as date:2026-11-21) = Msg 9810
        DATEPART('day' | as time:10:00) = Msg 9810
        DATEPART('day' | 0) = 1
        DATENAME('month' | '12:10:30.123') = January
        DATENAME('weekday' | as date:2026-11-21) = Saturday
        DATENAME('tzoffset' | as datetimeoffset 7:2007-10-30 12:15:32.1234567 +05:10) = +05:10
        DATENAME('year' | as date:2026-11-21) = 2026
        YEAR(0) = 1900
        MONTH('2007-04-30T01:01:01.1234567 -07:00') = 4
        DAY(as date:2026-11-21) = 21
        ISDATE('04/15/2008') = 1
        ISDATE('15/04/2008') = 0
        ISDATE('2009-05-12 10:19:41.177') = 1
        ISDATE('2009-05-12 10:19:41.1770000') = 0
        ISDATE(NULL) = 0
        ISDATE('') = 0",
    );
}

/// The tables of the DATEPART page: every part of one moment, and weeks by DATEFIRST.
#[test]
fn parts_of_a_date_are_the_documented_ones() {
    let at = literal("as datetimeoffset 7:2007-10-30 12:15:32.1234567 +05:10");
    for (part, expected) in [
        ("year", 2007),
        ("q", 4),
        ("mm", 10),
        ("dy", 303),
        ("d", 30),
        ("wk", 44),
        ("dw", 3),
        ("hh", 12),
        ("n", 15),
        ("s", 32),
        ("ms", 123),
        ("mcs", 123_456),
        ("ns", 123_456_700),
        ("tz", 310),
        ("isowk", 44),
    ] {
        let shown = try_call("DATEPART", &[SqlValue::varchar(part), at.clone()]);
        assert_eq!(shown, Ok(SqlValue::Int(expected)), "{part}");
    }
    let saturday = literal("as date:2007-04-21");
    let weeks =
        [(1, 16, 6), (2, 17, 5), (3, 17, 4), (4, 17, 3), (5, 17, 2), (6, 17, 1), (7, 16, 7)];
    for (date_first, week, weekday) in weeks {
        assert_eq!(DatePart::Week.number(&saturday, date_first), week, "DATEFIRST {date_first}");
        assert_eq!(DatePart::Weekday.number(&saturday, date_first), weekday);
    }
}

#[test]
fn dates_are_put_together() {
    check(
        "DATEFROMPARTS(2010 | 12 | 31) = 2010-12-31
        DATEFROMPARTS(2010 | 13 | 31) = Msg 289
        DATEFROMPARTS(2010 | NULL | 31) = NULL
        DATETIME2FROMPARTS(2010 | 12 | 31 | 23 | 59 | 59 | 0 | 0) = 2010-12-31 23:59:59
        DATETIME2FROMPARTS(2011 | 8 | 15 | 14 | 23 | 44 | 5 | 1) = 2011-08-15 14:23:44.5
        DATETIME2FROMPARTS(2011 | 8 | 15 | 14 | 23 | 44 | 50 | 2) = 2011-08-15 14:23:44.50
        DATETIMEOFFSETFROMPARTS(2010 | 12 | 31 | 14 | 23 | 23 | 0 | 12 | 0 | 7) = 2010-12-31 14:23:23.0000000 +12:00
        TIMEFROMPARTS(23 | 59 | 59 | 0 | 0) = 23:59:59
        TIMEFROMPARTS(14 | 23 | 44 | 500 | 3) = 14:23:44.500
        TIMEFROMPARTS(14 | 23 | 44 | 10 | 1) = Msg 289
        DATETIMEFROMPARTS(2010 | 12 | 31 | 23 | 59 | 59 | 0) = Dec 31 2010 11:59PM
        SMALLDATETIMEFROMPARTS(2010 | 12 | 31 | 23 | 59) = Dec 31 2010 11:59PM",
    );
}

#[test]
fn numbers_are_computed() {
    check(
        "ABS(-1.0) = 1.0
        ABS(-2147483648) = Msg 8115
        CEILING($123.45) = 124.00
        CEILING(-123.45) = -123
        FLOOR(123.45) = 123
        FLOOR(-123.45) = -124
        FLOOR($-123.45) = -124.00
        SIGN(-125.5) = -1.0
        ROUND(123.9994 | 3) = 123.9990
        ROUND(123.9995 | 3) = 124.0000
        ROUND(123.4545 | 2) = 123.4500
        ROUND(123.45 | -2) = 100.00
        ROUND(748.58 | -1) = 750.00
        ROUND(748.58 | -2) = 700.00
        ROUND(748.58 | -3) = Msg 8115
        ROUND(748.58 | -4) = 0.00
        ROUND(150.75 | 0) = 151.00
        ROUND(150.75 | 0 | 1) = 150.00
        ROUND(1250 | -2) = 1300
        ROUND(2.5e0 | 0) = 3
        POWER(2 | 3) = 8
        POWER(2 | -1) = 0
        POWER(2.0 | -100.0) = 0.0
        POWER(2 | 31) = Msg 232
        SQRT(16) = 4
        SQRT(-1) = Msg 3623
        SQUARE(5) = 25
        LOG(0) = Msg 3623
        LOG(8 | 2) = 3
        LOG10(1000) = 3
        EXP(0) = 1
        PI() = 3.14159
        DEGREES(3.14159265358979e0) = 180
        RADIANS(180e0) = 3.14159
        ATN2(1e0 | 1e0) = 0.785398
        COT(1e0) = 0.642093
        ACOS(2e0) = Msg 3623
        ABS(NULL) = NULL
        ABS(as date:2026-11-21) = Msg 8116
        RAND(1) = 0.713592",
    );
}

#[test]
fn rand_gives_the_documented_numbers_for_a_seed() {
    let number = |seed| Rand::seeded(seed).next().0;
    assert!((number(1) - 0.713_591_993_212_924).abs() < 1e-15);
    assert!((number(0) - 0.943_597_390_424_144).abs() < 1e-15);
    assert!((number(100) - 0.715_436_657_367_485).abs() < 1e-15);
    let (_, next) = Rand::seeded(5).next();
    assert!((0.0..1.0).contains(&next.next().0));
}

#[test]
fn functions_choose_among_arguments() {
    check(
        "ISNULL(NULL | 5) = 5
        ISNULL('ab' | 'xyz') = ab
        COALESCE(NULL | NULL | 'third') = Msg 245
        COALESCE(NULL | 1.5) = 1.5
        NULLIF(4 | 4) = NULL
        NULLIF(5 | 7) = 5
        NULLIF('a' | 'A ') = NULL
        NULLIF(NULL | 1) = NULL
        CHOOSE(3 | 'Manager' | 'Director' | 'Developer' | 'Tester') = Developer
        CHOOSE(0 | 'a') = NULL
        CHOOSE(9 | 'a') = NULL
        GREATEST('6.62' | 3.1415 | N'7') = 7.0000
        LEAST(3 | NULL | 2) = 2
        GREATEST(NULL | NULL) = NULL",
    );
    let nothing = typed_call(
        "ISNULL",
        &[SqlValue::Null, SqlValue::varchar("too long")],
        &[SqlType::VarChar(Length::N(3)), SqlType::VarChar(Length::N(8))],
    );
    assert_eq!(show(nothing), "too");
    let iif =
        |condition| show(try_call("IIF", &[condition, SqlValue::Int(1), SqlValue::varchar("2")]));
    assert_eq!(iif(SqlValue::Bit(true)), "1");
    assert_eq!(iif(SqlValue::Null), "2");
}

#[test]
fn the_clock_functions_show_the_statements_moment() {
    check(
        "GETDATE() = Nov 21 2026  1:05PM
        SYSDATETIME() = 2026-11-21 13:05:07.1234567
        SYSUTCDATETIME() = 2026-11-21 12:05:07.1234567
        SYSDATETIMEOFFSET() = 2026-11-21 13:05:07.1234567 +01:00
        NEWID() = 07070707-0707-0707-0707-070707070707",
    );
    assert_eq!(now().utc, Ticks(now().local().0 - 36_000_000_000));
}

#[test]
fn variants_tell_their_base_type() {
    let property = |value: SqlValue, base, name| {
        show(try_call("SQL_VARIANT_PROPERTY", &[value.into_variant(base), SqlValue::varchar(name)]))
    };
    let decimal = SqlType::Decimal { precision: 8, scale: 2 };
    let tax = || SqlValue::Decimal(model::Decimal::parse("46279.10").unwrap());
    assert_eq!(property(tax(), decimal, "BaseType"), "decimal");
    assert_eq!(property(tax(), decimal, "Precision"), "8");
    assert_eq!(property(tax(), decimal, "Scale"), "2");
    assert_eq!(property(SqlValue::nvarchar("x"), SqlType::SYSNAME, "MaxLength"), "256");
    assert_eq!(property(SqlValue::Int(1), SqlType::Int, "Nonsense"), "NULL");
}

#[test]
fn at_time_zone_knows_utc_and_refuses_other_zones_by_name() {
    let at = literal("as datetime2 0:2026-11-21 10:00:00");
    assert_eq!(show(at_time_zone(&at, "UTC")), "2026-11-21 10:00:00 +00:00");
    let there = literal("as datetimeoffset 0:2026-11-21 10:00:00 +01:00");
    assert_eq!(show(at_time_zone(&there, "UTC")), "2026-11-21 09:00:00 +00:00");
    assert_eq!(show(at_time_zone(&there, "UTC-11")), "2026-11-20 22:00:00 -11:00");
    assert_eq!(show(at_time_zone(&at, "Central European Standard Time")), "Msg 40514");
    assert_eq!(show(at_time_zone(&at, "Nowhere")), "Msg 9820");
}

#[test]
fn messages_are_formatted_as_printf_does() {
    use MessageArgument::{BigInt, Int, Null, Text};
    let shown = |format: &str, args: &[MessageArgument]| match format_message(format, args) {
        Ok(text) => text,
        Err(error) => format!("Msg {}", error.number),
    };
    let text = |text: &str| Text(text.to_owned());
    let cases: [(&str, &[MessageArgument], &str); 18] = [
        ("This is message %s %d.", &[text("number"), Int(5)], "This is message number 5."),
        ("<<%*.*s>>", &[Int(7), Int(3), text("abcde")], "<<    abc>>"),
        ("<<%7.3s>>", &[text("abcde")], "<<    abc>>"),
        ("execution %I64d", &[BigInt(5_000_000_000)], "execution 5000000000"),
        ("%I64d", &[Int(-5)], "-5"),
        ("%d", &[BigInt(5)], "Msg 2786"),
        ("%d", &[text("x")], "Msg 2786"),
        ("%s", &[Int(5)], "Msg 2786"),
        ("%d and %s", &[Null], "(null) and (null)"),
        ("100%%", &[], "100%"),
        ("%z", &[], "Msg 2787"),
        ("%", &[], "Msg 2787"),
        ("[%-5d][%05d][%+d]", &[Int(1), Int(-2), Int(3)], "[1    ][-0002][+3]"),
        ("%x %X %o", &[Int(255), Int(255), Int(8)], "ff FF 10"),
        ("%#x %#x", &[Int(255), Int(0)], "0xff 0"),
        ("%u", &[Int(-1)], "4294967295"),
        ("%ld %hd", &[Int(1), Int(2)], "1 2"),
        ("Creating folder: %s ...", &[text("Finance")], "Creating folder: Finance ..."),
    ];
    for (format, args, expected) in cases {
        assert_eq!(shown(format, args), expected, "{format}");
    }
    let long = shown(&"x".repeat(3_000), &[]);
    assert_eq!((long.len(), long.ends_with("x...")), (2_047, true));
    check("FORMATMESSAGE('%s has %d' | 'a' | 5) = a has 5\nFORMATMESSAGE(50001 | 'a') = Msg 40514");
}

#[test]
fn names_that_are_not_here_are_told_apart() {
    let number = |name| function_named(name).err().map(|error| error.number);
    assert_eq!(number("EncryptByPassphrase"), Some(40514));
    assert_eq!(number("frobnicate"), Some(195));
    assert_eq!(number("datediff"), None);
    let mut names: Vec<_> =
        FUNCTIONS.iter().flat_map(|group| group.iter()).map(|f| f.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "a name stands twice in the table");
    assert!(names.iter().all(|name| !REFUSED.contains(name)));
}

/// Runs an aggregate over values of their tightest common type.
fn aggregate(name: &str, distinct: bool, values: &[&str], separator: &str) -> String {
    let which = Aggregate::named(name).unwrap();
    let values: Vec<SqlValue> = values.iter().map(|value| literal(value)).collect();
    let ty = values.iter().find(|value| !value.is_null()).map_or(SqlType::Int, SqlValue::sql_type);
    let result = match aggregate_type(which, &ty) {
        Ok(result) => result,
        Err(error) => return format!("Msg {}", error.number),
    };
    let mut sum = Accumulator::new(which, result, Collation::CI_AS, distinct);
    for value in &values {
        if let Err(error) = sum.add(value, &SqlValue::varchar(separator)) {
            return format!("Msg {}", error.number);
        }
    }
    show(sum.finish())
}

#[test]
fn aggregates_leave_null_out() {
    let cases: [(&str, bool, &[&str], &str); 22] = [
        ("COUNT", false, &["1", "NULL", "1"], "2"),
        ("COUNT", true, &["1", "NULL", "1"], "1"),
        ("COUNT", true, &["'a'", "'A '", "'b'"], "2"),
        ("COUNT_BIG", false, &[], "0"),
        ("SUM", false, &["1", "NULL", "2"], "3"),
        ("SUM", false, &["NULL"], "NULL"),
        ("SUM", false, &["2147483647", "1"], "Msg 8115"),
        ("SUM", false, &["1.50", "2.25"], "3.75"),
        ("SUM", false, &["'a'"], "Msg 8117"),
        ("SUM", true, &["2", "2", "3"], "5"),
        ("AVG", false, &["1", "2"], "1"),
        ("AVG", false, &["-1", "-2"], "-1"),
        ("AVG", false, &["1.0", "2.0", "2.0"], "1.666666"),
        ("AVG", false, &["$1", "$2"], "1.50"),
        ("AVG", false, &["1e0", "2e0"], "1.5"),
        ("MIN", false, &["3", "NULL", "2"], "2"),
        ("MAX", false, &["'abc'", "'ABD'"], "ABD"),
        ("STDEV", false, &["1"], "NULL"),
        ("STDEV", false, &["1", "2", "3", "4"], "1.29099"),
        ("STDEVP", false, &["5"], "0"),
        ("VARP", false, &["1", "2", "3", "4"], "1.25"),
        ("VAR", false, &["1", "2", "3", "4"], "1.66667"),
    ];
    for (name, distinct, values, expected) in cases {
        assert_eq!(aggregate(name, distinct, values, ""), expected, "{name} {values:?}");
    }
    assert_eq!(aggregate("STRING_AGG", false, &["'a'", "NULL", "'b'"], ", "), "a, b");
    assert_eq!(aggregate("STRING_AGG", false, &["NULL"], ", "), "NULL");
    let long = format!("N'{}'", "x".repeat(2_500));
    assert_eq!(aggregate("STRING_AGG", false, &[&long, &long], ","), "Msg 9829");
}

/// Values at the edges of every type, to throw at every function.
fn edges() -> Vec<SqlValue> {
    let mut edges = vec![
        SqlValue::Null,
        SqlValue::Bit(true),
        SqlValue::TinyInt(255),
        SqlValue::SmallInt(i16::MIN),
        SqlValue::Int(-1),
        SqlValue::Int(3),
        SqlValue::Int(i32::MIN),
        SqlValue::Int(i32::MAX),
        SqlValue::BigInt(i64::MIN),
        SqlValue::BigInt(i64::MAX),
        SqlValue::Decimal(model::Decimal::new(10i128.pow(38) - 1, 0)),
        SqlValue::Decimal(model::Decimal::new(1 - 10i128.pow(38), 38)),
        SqlValue::Money(i64::MIN),
        SqlValue::SmallMoney(i32::MAX),
        SqlValue::Real(f32::MAX),
        SqlValue::Float(f64::MIN_POSITIVE),
        SqlValue::Float(-f64::MAX),
        SqlValue::Date(0),
        SqlValue::Date(3_652_058),
        SqlValue::Time { ticks: 863_999_999_999, scale: 7 },
        SqlValue::DateTime2 { ticks: Ticks::MAX, scale: 7 },
        SqlValue::DateTime2 { ticks: Ticks::MIN, scale: 0 },
        SqlValue::binary([0xFF; 3]),
        SqlValue::Guid([0xAB; 16]),
        SqlValue::Xml("<a/>".into()),
        SqlValue::Int(5).into_variant(SqlType::Int),
    ];
    for text in ["", " ", "😀é", "day", "nanosecond", "[", "%", "0;-0;#,##0.00%", "+14:00", "N2"]
    {
        edges.extend([SqlValue::nvarchar(text), SqlValue::varchar(text)]);
    }
    for moment in [Ticks::MIN, Ticks::MAX] {
        let offset = if moment == Ticks::MIN { 840 } else { -840 };
        edges.push(SqlValue::DateTimeOffset(OffsetValue { utc: moment, offset, scale: 7 }));
    }
    edges
}

#[test]
fn no_argument_makes_a_function_panic() {
    let edges = edges();
    let last = SqlValue::Int(2);
    for function in FUNCTIONS.iter().flat_map(|group| group.iter()) {
        for first in &edges {
            for second in &edges {
                let first = match function.takes_date_part {
                    true => &SqlValue::varchar("quarter"),
                    false => first,
                };
                let count = function.min.max(2).min(function.max);
                let mut args = vec![last.clone(); count];
                for (slot, value) in args.iter_mut().zip([first, second]) {
                    *slot = value.clone();
                }
                drop(show(try_call(function.name, &args)));
            }
        }
    }
    let parts = ["year", "month", "week", "day", "hour", "ms", "mcs", "ns", "tz", "isowk", "dw"];
    for part in parts.map(SqlValue::varchar) {
        for date in &edges {
            for other in &edges {
                for name in ["DATEADD", "DATEDIFF", "DATEDIFF_BIG"] {
                    drop(show(try_call(name, &[part.clone(), other.clone(), date.clone()])));
                }
            }
            for name in ["DATEPART", "DATENAME", "DATETRUNC"] {
                drop(show(try_call(name, &[part.clone(), date.clone()])));
            }
        }
    }
}

#[test]
fn hashes_are_those_of_the_standards() {
    let hash = |algorithm: &str, text: SqlValue| {
        let SqlValue::Binary(bytes) =
            try_call("HASHBYTES", &[SqlValue::varchar(algorithm), text]).unwrap()
        else {
            return "NULL".to_owned();
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let abc = || SqlValue::varchar("abc");
    assert_eq!(hash("MD5", abc()), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(hash("md5", SqlValue::varchar("")), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(hash("SHA1", abc()), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(
        hash("SHA2_256", abc()),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(
        hash("SHA2_512", abc()),
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    );
    let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_eq!(
        hash("SHA2_256", SqlValue::varchar(long)),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    );
    assert_eq!(hash("SHA", SqlValue::varchar(long)), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    assert_eq!(
        hash("MD5", SqlValue::varchar("1234567890".repeat(8))),
        "57edf4a22be3c955ac49da2e2107b67a"
    );
    assert_ne!(hash("MD5", SqlValue::nvarchar("abc")), hash("MD5", abc()));
    assert_eq!(hash("SHA3", abc()), "NULL");
}

#[test]
fn what_is_compressed_comes_back() {
    let text = SqlValue::varchar("Finance ".repeat(1000));
    let compressed = try_call("COMPRESS", std::slice::from_ref(&text)).unwrap();
    assert!(compressed.as_bytes().unwrap().len() < 200);
    let back = try_call("DECOMPRESS", &[compressed]).unwrap();
    assert_eq!(cast(&back, &SqlType::VARCHAR_MAX).unwrap(), text);
    let broken = try_call("DECOMPRESS", &[SqlValue::binary([1, 2, 3])]);
    assert_eq!(broken.unwrap_err().number, 9832);
}

#[test]
fn bits_are_read_set_counted_and_shifted() {
    let int = SqlValue::Int;
    assert_eq!(try_call("GET_BIT", &[int(0b0110), int(1)]), Ok(SqlValue::Bit(true)));
    assert_eq!(try_call("SET_BIT", &[int(0), int(2)]), Ok(int(4)));
    assert_eq!(try_call("SET_BIT", &[int(0xABCD), int(0), int(0)]), Ok(int(0xABCC)));
    assert_eq!(try_call("BIT_COUNT", &[int(-1)]), Ok(SqlValue::BigInt(32)));
    assert_eq!(try_call("BIT_COUNT", &[SqlValue::SmallInt(17)]), Ok(SqlValue::BigInt(2)));
    assert_eq!(try_call("LEFT_SHIFT", &[int(12345), int(5)]), Ok(int(395_040)));
    assert_eq!(try_call("RIGHT_SHIFT", &[int(12345), int(5)]), Ok(int(385)));
    assert_eq!(try_call("RIGHT_SHIFT", &[int(-1), int(31)]), Ok(int(1)));
    assert_eq!(try_call("LEFT_SHIFT", &[int(1), int(-1)]), Ok(int(0)));
    assert_eq!(try_call("LEFT_SHIFT", &[int(1), int(99)]), Ok(int(0)));
    assert!(try_call("GET_BIT", &[int(1), int(32)]).is_err());
}

#[test]
fn buckets_begin_at_their_origin() {
    let date = |text: &str| cast(&SqlValue::varchar(text), &SqlType::DateTime2(7)).unwrap();
    let bucket = |part: &str, width, at: &str, origin: Option<&str>| {
        let mut args = vec![SqlValue::varchar(part), SqlValue::Int(width), date(at)];
        args.extend(origin.map(date));
        let types = args.iter().map(SqlValue::sql_type).collect::<Vec<_>>();
        let value = typed_call("DATE_BUCKET", &args, &types).unwrap();
        cast(&value, &SqlType::VARCHAR_MAX).unwrap().as_str().unwrap()[..19].to_owned()
    };
    let at = "2020-04-15 21:22:11";
    assert_eq!(bucket("week", 1, at, None), "2020-04-13 00:00:00");
    assert_eq!(bucket("day", 1, at, None), "2020-04-15 00:00:00");
    assert_eq!(bucket("hour", 6, at, None), "2020-04-15 18:00:00");
    assert_eq!(bucket("month", 3, at, None), "2020-04-01 00:00:00");
    assert_eq!(bucket("year", 5, at, None), "2020-01-01 00:00:00");
    assert_eq!(bucket("month", 1, at, Some("2020-01-31 00:00:00")), "2020-03-31 00:00:00");
    assert_eq!(bucket("week", 1, at, Some("2021-01-01 12:00:00")), "2020-04-10 12:00:00");
}

#[test]
fn json_functions_follow_their_pages() {
    let text = |text: &str| SqlValue::nvarchar(text);
    let info = r#"{"info":{"type":1,"address":{"town":"Bristol"},"tags":["Sport","Water polo"]},"type":"Basic"}"#;
    let value = |path: &str| try_call("JSON_VALUE", &[text(info), text(path)]);
    assert_eq!(value("$.info.type"), Ok(text("1")));
    assert_eq!(value("$.info.address.town"), Ok(text("Bristol")));
    assert_eq!(value("$.info.\"address\""), Ok(SqlValue::Null));
    assert_eq!(value("$.info.tags[1]"), Ok(text("Water polo")));
    assert_eq!(value("$.info.none"), Ok(SqlValue::Null));
    assert_eq!(value("strict $.info.none").unwrap_err().number, 13608);
    assert_eq!(value("strict $.info.tags").unwrap_err().number, 13623);
    let query = |path: &str| try_call("JSON_QUERY", &[text(info), text(path)]);
    assert_eq!(query("$.info.tags"), Ok(text(r#"["Sport","Water polo"]"#)));
    assert_eq!(query("$.type"), Ok(SqlValue::Null));
    assert_eq!(query("strict $.type").unwrap_err().number, 13624);
    let valid = |json: &str| try_call("ISJSON", &[text(json)]);
    assert_eq!(valid("[]"), Ok(SqlValue::Int(1)));
    assert_eq!(valid("{a:1}"), Ok(SqlValue::Int(0)));
    assert_eq!(valid("1"), Ok(SqlValue::Int(0)));
    assert_eq!(try_call("ISJSON", &[SqlValue::Null]), Ok(SqlValue::Null));
    let exists = |path: &str| try_call("JSON_PATH_EXISTS", &[text(info), text(path)]);
    assert_eq!(exists("$.info.tags[1]"), Ok(SqlValue::Int(1)));
    assert_eq!(exists("$.info.tags[2]"), Ok(SqlValue::Int(0)));
}

#[test]
fn json_modify_changes_one_part_and_leaves_the_rest_as_written() {
    let info = r#"{"name":"John", "skills":["C#","SQL"]}"#;
    let modify = |path: &str, new: SqlValue| {
        let args = [SqlValue::nvarchar(info), SqlValue::nvarchar(path), new];
        try_call("JSON_MODIFY", &args).map(|value| value.as_str().unwrap_or("NULL").to_owned())
    };
    let text = |text: &str| SqlValue::nvarchar(text);
    assert_eq!(
        modify("$.name", text("Mike")).unwrap(),
        r#"{"name":"Mike", "skills":["C#","SQL"]}"#
    );
    assert_eq!(
        modify("$.surname", text("Smith")).unwrap(),
        r#"{"name":"John", "skills":["C#","SQL"],"surname":"Smith"}"#
    );
    assert_eq!(
        modify("append $.skills", text("Azure")).unwrap(),
        r#"{"name":"John", "skills":["C#","SQL","Azure"]}"#
    );
    assert_eq!(modify("$.name", SqlValue::Null).unwrap(), r#"{"skills":["C#","SQL"]}"#);
    assert_eq!(modify("$.skills", SqlValue::Null).unwrap(), r#"{"name":"John"}"#);
    assert_eq!(
        modify("$.skills[0]", SqlValue::Null).unwrap(),
        r#"{"name":"John", "skills":[null,"SQL"]}"#
    );
    assert_eq!(
        modify("strict $.name", SqlValue::Null).unwrap(),
        r#"{"name":null, "skills":["C#","SQL"]}"#
    );
    assert_eq!(
        modify("$.skills[1]", SqlValue::Int(5)).unwrap(),
        r#"{"name":"John", "skills":["C#",5]}"#
    );
    assert_eq!(modify("$.none.deep", text("x")).unwrap(), info);
    assert_eq!(modify("strict $.none", text("x")).unwrap_err().number, 13608);
    assert_eq!(
        modify("append $.new", text("x")).unwrap(),
        r#"{"name":"John", "skills":["C#","SQL"],"new":["x"]}"#
    );
}
