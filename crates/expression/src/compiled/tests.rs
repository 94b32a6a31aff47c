use insta::assert_snapshot;
use model::{Decimal, TICKS_PER_DAY, Ticks};

use super::*;
use crate::scope::{ColumnReference, Lookup, NoVariables};
use crate::{Assignment, Locale};

/// Variables, with values, that the tests use.
struct Names;

const VARIABLES: &[(&str, &str, DataType)] = &[
    ("User", "Name", DataType::WStr { length: 4000 }),
    ("User", "i", DataType::I4),
    ("User", "Count", DataType::I4),
    ("User", "Day", DataType::Date),
    ("$Package", "Threshold", DataType::I4),
    ("$Project", "Folder", DataType::WStr { length: 4000 }),
    ("User", "Price", DataType::Decimal { scale: 2 }),
    ("User", "Big", DataType::Decimal { scale: 28 }),
    ("User", "Long", DataType::WStr { length: 4000 }),
    ("User", "Nothing", DataType::WStr { length: 4000 }),
];

impl Scope for Names {
    fn variable(&self, namespace: Option<&str>, name: &str) -> Lookup {
        if name == "Twice" && namespace.is_none() {
            return Lookup::Ambiguous;
        }
        if name == "Object" {
            return Lookup::Unusable;
        }
        let found = VARIABLES.iter().position(|variable| {
            variable.1 == name && namespace.is_none_or(|namespace| namespace == variable.0)
        });
        match found {
            Some(key) => Lookup::Found { key, data_type: VARIABLES[key].2 },
            None => Lookup::Missing,
        }
    }
}

impl Variables for Names {
    fn value(&self, key: usize) -> Result<Value, EvalError> {
        Ok(match VARIABLES[key].1 {
            "Name" => Value::text("Ann"),
            "Day" => Value::DateTime(Ticks(738_000 * TICKS_PER_DAY + 360_000_000_000)),
            "Threshold" => Value::I4(3),
            "Folder" => Value::text("/data"),
            "Price" => Value::Decimal(Decimal::new(25, 1)),
            "Big" => Value::Decimal(Decimal::new(1_234_567_890_155, 2)),
            "Long" => Value::text("x".repeat(600_000)),
            "Nothing" => Value::Null,
            _ => Value::I4(7),
        })
    }
}

fn context() -> Context {
    // 2020-05-06 07:08:09.1234567
    let now = Ticks(737_550 * TICKS_PER_DAY + 256_891_234_567);
    Context { now_local: now, now_utc: now, locale: Locale::US_ENGLISH }
}

/// Compiles and evaluates; the result with its type, or what went wrong with its code.
fn check(text: &str) -> String {
    let compiled = match Compiled::compile(text, &Names) {
        Ok(compiled) => compiled,
        Err(problems) => {
            let lines = problems.iter().map(|p| format!("{:08X} {p}", p.code));
            return lines.collect::<Vec<_>>().join("; ");
        }
    };
    match compiled.evaluate(&Names, &context()) {
        Ok(value) => format!("{value} ({})", compiled.data_type()),
        Err(error) => format!("{:08X} {error}", error.code),
    }
}

/// Only the value, or the code.
fn value(text: &str) -> String {
    let shown = check(text);
    match shown.rsplit_once(" (DT_") {
        Some((value, _)) => value.to_owned(),
        None => shown.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// Expressions and their values, measured against SSIS.
const MEASURED: &[(&str, &str)] = &[
    (r#""a" + NULL(DT_WSTR,10)"#, "NULL"),
    ("LEN(NULL(DT_WSTR,10))", "NULL"),
    (r#"ISNULL("")"#, "False"),
    (r#"REPLACENULL("a","x")"#, "a"),
    (r#"SUBSTRING("AB",1,3)"#, "AB"),
    (r#"SUBSTRING("ABC",5,2)"#, ""),
    (r#"SUBSTRING("ABC",4,1)"#, ""),
    (r#"LEFT("ABC",5)"#, "ABC"),
    (r#"(DT_WSTR,5)"ABCDE""#, "ABCDE"),
    ("(DT_I4)2.5", "2"),
    ("(DT_I4)13.5", "14"),
    ("(DT_I4)-2.5", "-2"),
    ("(DT_I4)12.7", "13"),
    ("(DT_I4)-12.7", "-13"),
    ("(DT_I4)TRUE", "-1"),
    ("5/2", "2"),
    ("5 % 3", "2"),
    ("-5 % 3", "-2"),
    ("(DT_WSTR,20)(5.0/2)", "2.500000000000"),
    ("1 + 2.5", "3.5"),
    (r#"TOKEN("a;b,c",",;",2)"#, "b"),
    (r#"TOKENCOUNT("a,,c",",")"#, "2"),
    (r#"TOKENCOUNT(",a,",",")"#, "1"),
    (r#"TOKENCOUNT("",",")"#, "1"),
    (r#"FINDSTRING("abcabc","bc",2)"#, "5"),
    (r#"FINDSTRING("abc","B",1)"#, "0"),
    (r#"FINDSTRING("abc","",1)"#, "0"),
    (r#"REPLACE("abc","","X")"#, "abc"),
    (r#"NULL(DT_BOOL) ? "a" : "b""#, "NULL"),
    (r#""a" == "b" && NULL(DT_BOOL)"#, "False"),
    (r#"(DT_WSTR,30)DATEADD("Day",1,(DT_DBDATE)"2020-01-01")"#, "2020-01-02 00:00:00"),
    (r#"UPPER("straße")"#, "STRAßE"),
    ("1 == 1.0", "True"),
    (r#""a " == "a""#, "False"),
    (r#""a" < "A""#, "True"),
    (r#""Z" < "a""#, "False"),
    (r#"(DT_I4)" 12 ""#, "12"),
    (r#"(DT_I4)"+12""#, "12"),
    (r#"(DT_BOOL)"TRUE""#, "True"),
    (r#"(DT_BOOL)"0""#, "False"),
    (r#"(DT_R8)"1e3""#, "1000"),
    ("(DT_WSTR,5)TRUE", "True"),
    (r#"(DT_WSTR,30)DATEADD("mm",1,(DT_DBTIMESTAMP)"2020-01-31")"#, "2020-02-29 00:00:00"),
    (r#"(DT_WSTR,30)DATEADD("yyyy",1,(DT_DBTIMESTAMP)"2020-02-29")"#, "2021-02-28 00:00:00"),
    (
        r#"DATEDIFF("dd",(DT_DBTIMESTAMP)"2020-01-01 23:00:00",(DT_DBTIMESTAMP)"2020-01-02 01:00:00")"#,
        "1",
    ),
    (r#"DATEPART("ms",(DT_DBTIMESTAMP)"2020-01-01 10:00:00.456")"#, "457"),
    (r#"DATEPART("ms",(DT_DBTIMESTAMP)"2020-01-01 10:00:00.999")"#, "0"),
    ("(DT_WSTR,30)GETDATE()", "2020-05-06 07:08:09.123000000"),
    ("~170", "-171"),
];

#[test]
fn the_measured_values_come_out() {
    for (text, expected) in MEASURED {
        assert_eq!(value(text), *expected, "{text}");
    }
}

#[test]
fn the_measured_errors_come_out() {
    let error = |text: &str| {
        let shown = check(text);
        assert!(shown.starts_with("C00"), "{text} gives {shown}");
    };
    error(r#"SUBSTRING("ABC",0,2)"#);
    error(r#"SUBSTRING("ABC",2,-1)"#);
    error(r#"SUBSTRING("ABC","1",2)"#);
    error(r#"LEFT("ABC",-1)"#);
    error(r#"(DT_WSTR,4)"ABCDE""#);
    error(r#"(DT_STR,3,1252)"ABCDE""#);
    error("5 % 0");
    error(r#"(DT_I4)"12abc""#);
    error(r#"(DT_I4)"""#);
    error("TRUE + 1");
    error(r#"1 + "a""#);
    error("LEN(123)");
    error(r#"-"a""#);
    error(r#"TOKEN("a","",1)"#);
    error(r#"FINDSTRING("a","a",0)"#);
}

#[test]
fn mistakes_name_the_place_and_the_code() {
    assert_snapshot!(check("1 + \"a\""), @r#"C0047080 the data types DT_I4 and DT_WSTR,1 are incompatible for binary operator `+` in `1 + "a"`"#);
    assert_snapshot!(check("@Missing"), @"C00470A6 variable `@Missing` was not found");
    assert_snapshot!(check("@Twice"), @"C00470DD there are several variables with the name `Twice`");
    assert_snapshot!(check("@[User::Object]"), @"C00470D0 the data type of variable `@[User::Object]` is not supported in an expression");
    assert_snapshot!(check("Column1 == 1"), @"C00470A4 `Column1` is not a name that means anything here");
    assert_snapshot!(check("@i = 1"), @"C00470D7 single equal sign in the expression");
    assert_snapshot!(check("'a'"), @"C00470D6 single quotation mark in the expression");
    assert_snapshot!(check(r#""\q""#), @r"C00470B8 `\q` is not an escape sequence");
    assert_snapshot!(check("(1 + 2"), @"C0047099 the expression ends where `)` should be");
    assert_snapshot!(check(""), @"C004709A the expression is empty");
    assert_snapshot!(check("2147483648"), @"C004707C the literal `2147483648` is too large to fit into type DT_I4");
    assert_snapshot!(check("1 / 0"), @"C004707B the right side operand evaluates to zero in `1 / 0`");
    assert_snapshot!(check("2147483647 + 1"), @"C004707E the result of the operator exceeds its data type; cast an operand to a larger type in `2147483647 + 1`");
    assert_snapshot!(check("IIF(TRUE, 1, 2)"), @"C004708A `IIF` is not a function");
    assert_snapshot!(check("LEN(\"a\", 1)"), @"C00470FA the function LEN takes 1 parameters, not 2");
    assert_snapshot!(check("(DT_GUID)5"), @"C0047095 `5` cannot be cast from DT_I4 to DT_GUID");
    assert_snapshot!(check("1 ? 2 : 3"), @"C004709E the condition `1` of `? :` has data type DT_I4 and not DT_BOOL");
    assert_snapshot!(check("TRUE ? 2 : \"3\""), @r#"C004709F the data types DT_I4 and DT_WSTR,1 of the two results of `? :` are incompatible in `TRUE ? 2 : "3"`"#);
    assert_snapshot!(check("1 & 1U"), @"C0047082 the operands of `&` are one signed and one unsigned in `1 & 1U`");
    assert_snapshot!(check("@i / (@i - 7)"), @"C004707B the right side operand evaluates to zero in the expression `@i / (@i - 7)`");
    assert_snapshot!(check("(DT_I4)(@Name + \"!\") + 1"), @r#"C00470C4 the value cannot be cast to the data type at `(DT_I4)(@Name + "!")` in the expression `(DT_I4)(@Name + "!") + 1`"#);
    assert_snapshot!(check("DATEPART(@Name, GETDATE())"), @"C00470F0 the date part of DATEPART must be a text literal");
}

#[test]
fn two_mistakes_are_both_reported() {
    assert_snapshot!(check("@Missing + (1 + \"a\")"), @r#"C00470A6 variable `@Missing` was not found; C0047080 the data types DT_I4 and DT_WSTR,1 are incompatible for binary operator `+` in `1 + "a"`"#);
}

#[test]
fn literals_and_results_have_the_documented_types() {
    for (text, expected) in [
        ("1", "1 (DT_I4)"),
        ("1U", "1 (DT_UI4)"),
        ("1l", "1 (DT_I8)"),
        ("1LU", "1 (DT_UI8)"),
        ("0xFF", "255 (DT_I4)"),
        ("1.50", "1.50 (DT_NUMERIC,3,2)"),
        (".5", "0.5 (DT_NUMERIC,1,1)"),
        ("1.5F", "1.5 (DT_R4)"),
        ("1E+2", "100 (DT_R8)"),
        ("\"a\\x0042\\t\"", "aB\t (DT_WSTR,3)"),
        ("1 + 1L", "2 (DT_I8)"),
        ("1U + 1", "2 (DT_I8)"),
        ("1.5 * 2.25", "3.375 (DT_NUMERIC,6,3)"),
        ("1.5 + 2F", "3.5 (DT_R4)"),
        ("\"ab\" + \"cde\"", "abcde (DT_WSTR,5)"),
        ("TRUE ? 1 : 2.5", "1.0 (DT_NUMERIC,11,1)"),
        ("TRUE ? \"a\" : \"bcd\"", "a (DT_WSTR,3)"),
        ("(DT_STR,5,1252)\"ab\"", "ab (DT_STR,5,1252)"),
        ("(DT_STR,5,1252)\"ab\" + \"c\"", "abc (DT_WSTR,6)"),
        ("SUBSTRING(\"abcdef\",2,3)", "bcd (DT_WSTR,3)"),
        ("ROUND(137.1575,3)", "137.1580 (DT_NUMERIC,7,4)"),
        ("CEILING(123.74)", "124.00 (DT_NUMERIC,5,2)"),
        ("FLOOR(-123.45)", "-124.00 (DT_NUMERIC,5,2)"),
        ("POWER(2,3)", "8 (DT_R8)"),
        ("SIGN(-3.5)", "-1 (DT_I4)"),
        ("HEX(-1)", "FFFFFFFF (DT_WSTR,16)"),
        ("CODEPOINT(\"A\")", "65 (DT_UI2)"),
        ("DATEPART(\"dw\",(DT_DBDATE)\"2020-05-03\")", "1 (DT_I4)"),
        ("DATEPART(\"wk\",(DT_DBDATE)\"2020-01-05\")", "2 (DT_I4)"),
        ("YEAR(GETDATE())", "2020 (DT_I4)"),
        ("[SUBSTRING](\"abc\",1,2)", "ab (DT_WSTR,2)"),
        ("1 < 2 == TRUE", "True (DT_BOOL)"),
        ("2 + 3 * 4 - 1", "13 (DT_I4)"),
        ("FALSE ? 1 : TRUE ? 2 : 3", "2 (DT_I4)"),
        ("!FALSE && (1 | 2) == 3", "True (DT_BOOL)"),
        ("1 + 2 & 3 ^ 1 | 8", "10 (DT_I4)"),
    ] {
        assert_eq!(check(text), expected, "{text}");
    }
}

#[test]
fn variables_and_parameters_are_read() {
    assert_eq!(check("@[$Package::Threshold] > 0 ? 5 : 2"), "5 (DT_I4)");
    assert_eq!(check("@[$Project::Folder] + \"/\" + @Name"), "/data/Ann (DT_WSTR,4000)");
    assert_eq!(value("(DT_WSTR,30)@Day"), "2021-07-30 10:00:00");
    assert_eq!(check("@Price + 1"), "3.50 (DT_NUMERIC,30,2)");
    assert_eq!(check("@Price * 2"), "5.00 (DT_NUMERIC,38,2)");
    assert_eq!(value("(DT_WSTR,20)@Big"), "12345678901.55");
    assert_eq!(check("@Big * 2"), "24691357803.10000000 (DT_NUMERIC,38,8)");
    assert_eq!(value("@Big > 100 && @Big / @Price > 1"), "True");
    assert_snapshot!(check("(DT_NUMERIC,30,2)1 * (DT_NUMERIC,10,2)1"), @"C004707D the result of `(DT_NUMERIC,30,2)1 * (DT_NUMERIC,10,2)1` with DT_NUMERIC,30,2 and DT_NUMERIC,10,2 needs 41 digits and exceeds the maximum size of numeric types");
}

#[test]
fn null_is_handled_in_three_values() {
    for (text, expected) in [
        ("NULL(DT_BOOL) && FALSE", "False"),
        ("NULL(DT_BOOL) && TRUE", "NULL"),
        ("NULL(DT_BOOL) || TRUE", "True"),
        ("NULL(DT_BOOL) || FALSE", "NULL"),
        ("!NULL(DT_BOOL)", "NULL"),
        ("(DT_I4)NULL(DT_WSTR,3)", "NULL"),
        ("ISNULL(@Nothing)", "True"),
        ("REPLACENULL(@Nothing, \"none\")", "none"),
        ("1 == NULL(DT_I4)", "NULL"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn the_branch_that_is_not_taken_cannot_fail() {
    assert_eq!(value("@i == 7 ? 0 : 1 / (@i - 7)"), "0");
    assert_eq!(value("@i == 7 || 1 / (@i - 7) == 1"), "True");
    assert_eq!(value("@i != 7 && 1 / (@i - 7) == 1"), "False");
    assert_eq!(value("@i == 7 && 1 / (@i - 7) == 1"), "C004707B");
}

#[test]
fn assignments_find_their_target_and_convert() {
    let assignment = Assignment::compile("@[User::i] := @i + 1", &Names).unwrap();
    assert_eq!(assignment.target.as_ref().map(|target| &*target.name), Some("User::i"));
    assert_eq!(assignment.evaluate(&Names, &context()), Ok(Value::I4(8)));
    let rounded = Assignment::compile("@i = 2.5", &Names).unwrap();
    assert_eq!(rounded.evaluate(&Names, &context()), Ok(Value::I4(2)));
    assert!(Assignment::compile("@i + 1", &Names).unwrap().target.is_none());
    let error = Assignment::compile("@i = \"a\"", &Names).unwrap();
    let error = error.evaluate(&Names, &context()).unwrap_err();
    assert_snapshot!(error, @r#"the result of the assignment expression `@i = "a"` has type DT_WSTR,1 and cannot be converted to DT_I4, the type of variable i"#);
    assert_eq!(error.code, dts::DTS_E_EXPREVALASSIGNMENTTYPEMISMATCH);
    let missing = Assignment::compile("@None = 1", &Names).unwrap_err();
    assert_eq!(missing[0].code, dts::DTS_E_EXPREVALASSIGNMENTVARIABLELOCKFORWRITEFAILED);
}

/// A scope of columns.
struct Columns(Vec<(&'static str, DataType)>);

impl Scope for Columns {
    fn variable(&self, _: Option<&str>, _: &str) -> Lookup {
        Lookup::Missing
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn column(&self, reference: ColumnReference<'_>) -> Lookup {
        let name = match reference {
            ColumnReference::Name(name) | ColumnReference::Qualified { name, .. } => name,
            ColumnReference::RefId(id) => {
                id.rsplit("Columns[").next().unwrap_or(id).trim_end_matches(']')
            }
            ColumnReference::LineageId(id) => {
                let key = usize::try_from(id).unwrap_or(usize::MAX);
                return match self.0.get(key) {
                    Some(column) => Lookup::Found { key, data_type: column.1 },
                    None => Lookup::Missing,
                };
            }
        };
        match self.0.iter().position(|column| column.0 == name) {
            Some(key) => Lookup::Found { key, data_type: self.0[key].1 },
            None => Lookup::Missing,
        }
    }
}

fn batch(columns: &Columns, values: &[Vec<Value>]) -> RecordBatch {
    let fields: Vec<_> =
        columns.0.iter().map(|(name, data_type)| array::field(*name, data_type, true)).collect();
    let arrays = columns
        .0
        .iter()
        .zip(values)
        .map(|((_, data_type), values)| array::from_values(values, *data_type).unwrap())
        .collect();
    RecordBatch::try_new(std::sync::Arc::new(arrow_schema::Schema::new(fields)), arrays).unwrap()
}

fn amounts() -> (Columns, RecordBatch) {
    let columns = Columns(vec![
        ("Id", DataType::I4),
        ("Name", DataType::Str { length: 10, code_page: 1252 }),
        ("Amount", DataType::Numeric { precision: 9, scale: 2 }),
    ]);
    let text = |text: &str| Value::text(text);
    let amount = |n| Value::Decimal(Decimal::new(n, 2));
    let values = [
        vec![Value::I4(1), Value::I4(0), Value::Null, Value::I4(i32::MAX)],
        vec![text("Ann"), text("Bob "), text("Zoë"), Value::Null],
        vec![amount(1050), amount(99), Value::Null, amount(-5)],
    ];
    let batch = batch(&columns, &values);
    (columns, batch)
}

/// The cells of a batch evaluation and its failures.
fn rows(text: &str) -> String {
    let (columns, batch) = amounts();
    let compiled = match Compiled::compile(text, &columns) {
        Ok(compiled) => compiled,
        Err(problems) => return problems.iter().map(ToString::to_string).collect(),
    };
    let result = compiled.evaluate_batch(&batch, &NoVariables, &context()).unwrap();
    let cells = array::to_values(&result.array, compiled.data_type());
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    let failures = result.failures.iter().map(|failure| {
        format!(
            " {}:{:08X}{}",
            failure.row,
            failure.error_code(),
            if failure.is_truncation() { "t" } else { "" }
        )
    });
    format!("{}{}", cells.join(" | "), failures.collect::<String>())
}

#[test]
fn a_batch_gives_each_row_its_value_or_its_failure() {
    assert_snapshot!(rows("Id + 1"), @"2 | 1 | NULL | NULL 3:C0049033");
    assert_snapshot!(rows("10 / Id"), @"10 | NULL | NULL | 0 1:C0049030");
    assert_snapshot!(rows("Id == 0 ? 0 : 10 / Id"), @"10 | 0 | NULL | 0");
    assert_snapshot!(rows("Id != 0 && 10 / Id > 5"), @"True | False | NULL | False");
    assert_snapshot!(rows("[Name] + \"!\""), @"Ann! | Bob ! | Zoë! | NULL");
    assert_snapshot!(rows("(DT_WSTR,3)Name"), @"Ann | Bob | Zoë | NULL 1:C020401Ft");
    assert_snapshot!(rows("(DT_STR,10,437)Name"), @"code page 437 is not supported");
    assert_snapshot!(rows("UPPER(TRIM(Name))"), @"ANN | BOB | ZOË | NULL");
    assert_snapshot!(rows("(DT_I4)Name"), @"NULL | NULL | NULL | NULL 0:C0049064 1:C0049064 2:C0049064");
    assert_snapshot!(rows("Amount >= 1 && Amount <= 1000"), @"True | False | NULL | False");
    assert_snapshot!(rows("Amount * Id"), @"10.50 | 0.00 | NULL | -107374182.35");
    assert_snapshot!(rows("REPLACENULL(Name,\"unknown\")"), @"Ann | Bob  | Zoë | unknown");
    assert_snapshot!(rows("ISNULL(Id) ? -1 : Id"), @"1 | 0 | -1 | 2147483647");
    assert_snapshot!(rows("SUBSTRING(Name,Id,2)"), @"An | NULL | NULL | NULL 1:C0049041");
    assert_snapshot!(rows("1 + 1"), @"2 | 2 | 2 | 2");
}

#[test]
fn columns_are_found_by_every_way_to_write_them() {
    let name = r"#{Package\DFT\Src.Outputs[Out].Columns[Id]}";
    for text in ["Id", "[Id]", "Src.Id", "[My Src].[Id]", "#0", name] {
        assert_eq!(rows(text), "1 | 0 | NULL | 2147483647", "{text}");
    }
    assert_snapshot!(rows("Nope"), @"there is no input column `Nope`");
}

#[test]
fn a_text_that_a_column_cannot_hold_is_truncated_with_a_warning() {
    let (columns, batch) = amounts();
    let compiled = Compiled::compile("REPLICATE(Name,2000)", &columns).unwrap();
    assert_eq!(compiled.warnings()[0].code, dts::DTS_W_EXPREVALPOTENTIALSTRINGTRUNCATION);
    let result = compiled.evaluate_batch(&batch, &NoVariables, &context()).unwrap();
    let rows: Vec<usize> = result.failures.iter().map(|failure| failure.row).collect();
    assert_eq!(rows, [0, 1, 2]);
    assert!(result.failures.iter().all(RowFailure::is_truncation));
    let described = compiled.describe(&result.failures[0]);
    assert_eq!(described.code, dts::DTS_E_EXPREVALTRUNCATIONASERROR);
}

/// Columns of a batch and the variables of [`Names`].
struct Both(Columns);

impl Scope for Both {
    fn variable(&self, namespace: Option<&str>, name: &str) -> Lookup {
        Names.variable(namespace, name)
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn column(&self, reference: ColumnReference<'_>) -> Lookup {
        self.0.column(reference)
    }
}

#[test]
fn a_text_too_long_for_a_whole_column_fails_its_rows_and_nothing_else() {
    let (columns, batch) = amounts();
    let both = Both(columns);
    let evaluate = |text: &str| {
        let compiled = Compiled::compile(text, &both).unwrap();
        compiled.evaluate_batch(&batch, &Names, &context()).unwrap()
    };
    let whole = evaluate("@Long");
    assert!(whole.failures.iter().all(RowFailure::is_truncation));
    assert_eq!(whole.failures.len(), 4);
    let joined = evaluate("LEN(Name + @Long)");
    let cells = array::to_values(&joined.array, DataType::I4);
    assert_eq!(cells[0], Value::I4(600_003));
    let failed: Vec<(usize, Fault)> =
        joined.failures.iter().map(|failure| (failure.row, failure.fault)).collect();
    assert_eq!(failed, [(1, Fault::FunctionOverflow), (2, Fault::FunctionOverflow)]);
    let chosen = evaluate("Id == 1 ? @Long : Name");
    assert_eq!(chosen.failures.len(), 4);
}

#[test]
fn a_batch_with_other_columns_is_refused() {
    let (columns, batch) = amounts();
    let compiled = Compiled::compile("Id + 1", &columns).unwrap();
    let error = compiled
        .evaluate_batch(&batch.project(&[1, 2]).unwrap(), &NoVariables, &context())
        .unwrap_err();
    assert_snapshot!(error, @"the batch has no column number 0 of type DT_I4 for Id in the expression `Id + 1`");
}

#[test]
fn deep_nesting_is_refused_and_long_chains_are_not() {
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(check(&deep).contains("nested more than"), "{}", check(&deep));
    let near = format!("{}1{}", "(".repeat(190), ")".repeat(190));
    assert_eq!(check(&near), "1 (DT_I4)");
    assert!(check(&"-".repeat(10_000)).contains("nested more than"));
    let chain = vec!["1"; 20_000].join(" + ");
    assert_eq!(check(&chain), "20000 (DT_I4)");
    let mut choices = String::new();
    for n in 0..2_000 {
        choices.push_str(&format!("@i == {} ? {n} : ", n + 10));
    }
    assert_eq!(check(&format!("{choices} -1")), "-1 (DT_I4)");
}

/// Every name is a variable: of type DT_BOOL for flags, DT_I4 for `i` and `v`, else text.
struct Designer;

impl Scope for Designer {
    fn variable(&self, _: Option<&str>, name: &str) -> Lookup {
        let data_type = match name {
            "InteractiveMode" => DataType::Bool,
            "i" | "v" | "Threshold" | "Multiplier" => DataType::I4,
            _ => DataType::WStr { length: 4000 },
        };
        let key = name.len();
        Lookup::Found { key, data_type }
    }
}

#[test]
fn expressions_that_designers_saved_compile() {
    for text in [
        "@i = 1",
        "@i <= 7",
        "@i = @i + 1",
        "True",
        "@[User::v] =  @[User::v] + 6",
        "@[User::Multiplier] = (@[$Package::Threshold] > 0 ? 5 : 2)",
        "@[System::SourceID]==@[System::PackageID] && @[System::InteractiveMode]==False",
        r#""E" + (DT_WSTR, 2)@[$Package::pPackageParameter]"#,
        r#""/C DIR /s " +  @[User::top_folder_path] + " > " +  @[User::data_files_path] +  @[User::destination_filename]"#,
        r#"@[User::upperBoundary] := SUBSTRING(@[User::currentFileName], FINDSTRING(@[User::currentFileName], "-", 1) + 1 , 1 ) + REPLICATE("Z", 255)"#,
        "@[User::query]:=\"SELECT *\n FROM t\"",
    ] {
        let compiled = Assignment::compile(text, &Designer);
        assert!(compiled.is_ok(), "{text}: {compiled:?}");
    }
}

#[test]
fn a_literal_that_is_always_cut_is_a_warning_before_it_is_an_error() {
    let compiled = Compiled::compile("(DT_WSTR,2)\"abc\"", &Names).unwrap();
    assert_eq!(compiled.warnings()[0].code, dts::DTS_W_STATICTRUNCATIONINEXPRESSION);
    assert_eq!(value("(DT_WSTR,2)\"abc\""), "C001700E");
}

#[test]
fn a_problem_becomes_a_diagnostic_with_its_code_and_place() {
    let problems = Compiled::compile("1 + @Missing", &Names).unwrap_err();
    let diagnostic = problems[0].diagnostic("Package.Variables[User::x]");
    assert_snapshot!(diagnostic, @"PH0120: variable `@Missing` was not found (0xC00470A6) (at Package.Variables[User::x])");
    assert_eq!((diagnostic.span.start, diagnostic.span.end), (4, 12));
}

mod properties;
