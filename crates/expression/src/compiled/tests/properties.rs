//! What holds for every text and every row.

use proptest::prelude::*;

use super::*;
use crate::parse;

/// Columns of many types for random expressions.
fn many() -> Columns {
    Columns(vec![
        ("i", DataType::I4),
        ("j", DataType::I4),
        ("k", DataType::I8),
        ("u", DataType::Ui1),
        ("r", DataType::R8),
        ("n", DataType::Numeric { precision: 9, scale: 2 }),
        ("m", DataType::Numeric { precision: 5, scale: 0 }),
        ("c", DataType::Cy),
        ("s", DataType::WStr { length: 20 }),
        ("t", DataType::Str { length: 10, code_page: 1252 }),
        ("b", DataType::Bool),
        ("d", DataType::DbTimestamp),
        ("e", DataType::DbDate),
    ])
}

fn maybe(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![4 => value, 1 => Just(Value::Null)].boxed()
}

fn small_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[aAbB,; é1-9]{0,8}".prop_map(Value::text),
        (-50..50i32).prop_map(|n| Value::text(n.to_string())),
    ]
}

fn row() -> impl Strategy<Value = Vec<Value>> {
    let decimal = |scale: u8, max: i128| {
        maybe((-max..max).prop_map(move |n| Value::Decimal(Decimal::new(n, scale))))
    };
    let number =
        || maybe(prop_oneof![-3..4i32, Just(i32::MAX), Just(i32::MIN)].prop_map(Value::I4));
    (
        (
            number(),
            number(),
            maybe((-5..6i64).prop_map(Value::I8)),
            maybe((0..4u8).prop_map(Value::Ui1)),
        ),
        (
            maybe((-4..5i32).prop_map(|n| Value::R8(f64::from(n) / 2.0))),
            decimal(2, 100_000),
            decimal(0, 500),
        ),
        (decimal(4, 1_000_000), maybe(small_text()), maybe(small_text())),
        (
            maybe(any::<bool>().prop_map(Value::Bool)),
            maybe(
                (600_000..800_000i64).prop_map(|n| {
                    Value::DateTime(Ticks(n * TICKS_PER_DAY + n % 86_400 * 10_000_000))
                }),
            ),
            maybe((-9_000..20_000i32).prop_map(Value::Date)),
        ),
    )
        .prop_map(|((a, b, c, d), (e, f, g), (h, i, j), (k, l, m))| {
            vec![a, b, c, d, e, f, g, h, i, j, k, l, m]
        })
}

/// Expressions that mostly type-check: numbers, texts and conditions in each other.
fn expression() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("i"),
        Just("j"),
        Just("k"),
        Just("u"),
        Just("r"),
        Just("n"),
        Just("m"),
        Just("c"),
        Just("2"),
        Just("1.5"),
        Just("LEN(s)"),
        Just("FINDSTRING(t,\"a\",1)"),
        Just("YEAR(d)"),
        Just("DATEPART(\"dw\",e)"),
        Just("NULL(DT_I4)"),
        Just("(DT_I4)t"),
        Just("DATEDIFF(\"hh\",e,d)"),
        Just("TOKENCOUNT(s,\",\")"),
        Just("SQRT(r)"),
        Just("(DT_NUMERIC,8,3)s"),
    ]
    .prop_map(str::to_owned);
    let numbers = number.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                prop_oneof![Just("+"), Just("-"), Just("*"), Just("/"), Just("%")],
                inner.clone()
            )
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("ABS({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("(DT_I4){a}")),
            inner.clone().prop_map(|a| format!("(DT_R4){a}")),
            inner.clone().prop_map(|a| format!("ROUND({a},1)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("REPLACENULL({a},{b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("(b ? {a} : {b})")),
        ]
    });
    let text = (numbers.clone(), prop_oneof![Just("s"), Just("t"), Just("\"xY\"")]).prop_flat_map(
        |(number, text)| {
            prop_oneof![
                Just(format!("{text} + s")),
                Just(format!("UPPER({text})")),
                Just(format!("SUBSTRING({text},(DT_I4){number},2)")),
                Just(format!("LEFT({text},(DT_I4){number})")),
                Just(format!("(DT_WSTR,4){number}")),
                Just(format!("(DT_STR,3,1252){text}")),
                Just(format!("REPLACE({text},\"a\",t)")),
                Just(format!("TOKEN({text},\",;\",(DT_I4){number})")),
                Just(format!("REVERSE(TRIM({text}))")),
                Just(format!("(DT_WSTR,30)DATEADD(\"mi\",(DT_I4){number},d)")),
            ]
        },
    );
    let condition =
        (numbers.clone(), numbers.clone(), text.clone()).prop_flat_map(|(a, b, text)| {
            prop_oneof![
                Just(format!("{a} < {b} && s >= t")),
                Just(format!("{a} == {b} || ISNULL({text})")),
                Just(format!("!({a} != {b})")),
                Just(format!("d > e && {text} == s")),
                Just(format!("({a} >= {b} ? {text} : s) < t")),
            ]
        });
    prop_oneof![numbers, text, condition]
}

/// The cells of a row, handed to the scalar evaluation as variables.
struct Row<'a>(&'a Columns, &'a [Value]);

impl Scope for Row<'_> {
    fn variable(&self, _: Option<&str>, name: &str) -> Lookup {
        self.0.column(ColumnReference::Name(name))
    }
}

impl Variables for Row<'_> {
    fn value(&self, key: usize) -> Result<Value, EvalError> {
        Ok(self.1[key].clone())
    }
}

/// Writes columns as variables: `i` becomes `@i`.
fn as_variables(text: &str) -> String {
    let tokens = crate::lexer::tokens(text).unwrap();
    let mut out = String::new();
    let mut last = 0;
    for (token, span) in tokens {
        out.push_str(&text[last..span.start]);
        if matches!(&token, crate::lexer::Token::Name(name) if name.len() == 1) {
            out.push('@');
        }
        out.push_str(&text[span.start..span.end]);
        last = span.end;
    }
    out + &text[last..]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_computes_what_its_rows_compute(
        text in expression(),
        data in prop::collection::vec(row(), 1..6),
    ) {
        let columns = many();
        let compiled = Compiled::compile(&text, &columns);
        // Too many expressions that do not type-check would fail the test: it would test nothing.
        prop_assume!(compiled.is_ok());
        let compiled = compiled.unwrap();
        let by_column: Vec<Vec<Value>> = (0..columns.0.len())
            .map(|column| data.iter().map(|row| row[column].clone()).collect())
            .collect();
        let result = compiled
            .evaluate_batch(&batch(&columns, &by_column), &NoVariables, &context())
            .unwrap();
        let cells = array::to_values(&result.array, compiled.data_type());
        for (row, (cells_in, cell)) in data.iter().zip(cells).enumerate() {
            let scope = Row(&columns, cells_in);
            let alone = Compiled::compile(&as_variables(&text), &scope).unwrap();
            let failure = result.failures.iter().find(|failure| failure.row == row);
            match (alone.evaluate(&scope, &context()), failure) {
                (Ok(value), None) => prop_assert_eq!(value, cell, "{}", text),
                (Err(error), Some(failure)) => {
                    prop_assert_eq!(error.code, compiled.describe(failure).code, "{}", text);
                }
                (scalar, failure) => {
                    return Err(TestCaseError::fail(format!("{text}: {scalar:?} {failure:?}")));
                }
            }
        }
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in "\\PC{0,60}") {
        if let Ok(compiled) = Compiled::compile(&text, &Names) {
            drop(compiled.evaluate(&Names, &context()));
        }
    }

    #[test]
    fn no_sequence_of_tokens_makes_the_compiler_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "?", ":", ",", "+", "-", "!", "~", "*", "/", "%", "&&", "||", "==", "=",
                "(DT_I4)", "(DT_WSTR,3)", "(DT_STR,2,1252)", "NULL(DT_I8)", "\"a\"", "1", "2.5",
                "@i", "@Name", "TRUE", "LEN(", "SUBSTRING(", "DATEADD(\"d\",", "GETDATE()", "[x]",
                "#1", ".", "(DT_DBDATE)", "(DT_BYTES,4)", "(DT_GUID)", "9223372036854775807L",
            ]),
            0..14,
        ),
    ) {
        let text = words.join(" ");
        if let Ok(compiled) = Compiled::compile(&text, &Names) {
            drop(compiled.evaluate(&Names, &context()));
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        drop(parse(&String::from_utf8_lossy(&bytes)));
    }
}
