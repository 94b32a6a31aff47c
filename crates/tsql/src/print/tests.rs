//! Trees written back, and any text at all.

use proptest::prelude::*;

use super::*;
use crate::ast::{
    Batch, BinaryOp, CaseArm, CompareOp, ExprKind, FunctionCall, InSource, Literal, Place, Query,
    QueryBody, Select, SelectItem, Statement, StatementKind, UnaryOp,
};
use crate::parse::{ParseOptions, parse};

fn made(kind: ExprKind) -> Expr {
    Expr { kind, place: Place::default() }
}

fn idents() -> impl Strategy<Value = Ident> {
    let bare = "[a-z_#][a-z0-9_@#$]{0,8}".prop_filter("a keyword", |name| !needs_quotes(name));
    let quoted = ".{1,12}".prop_filter("empty", |name: &String| !name.contains('\0'));
    prop_oneof![
        bare.prop_map(|value| Ident { value, quoted: false, place: Place::default() }),
        quoted.prop_map(|value| Ident { value, quoted: true, place: Place::default() }),
    ]
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[0-9]{1,12}".prop_map(Literal::Integer),
        "[0-9]{0,6}\\.[0-9]{1,6}".prop_map(Literal::Decimal),
        "[0-9]{1,6}e-?[0-9]{1,2}".prop_map(Literal::Float),
        "[0-9]{0,6}".prop_map(Literal::Money),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Literal::Binary),
        any::<String>().prop_map(Literal::String),
        "[\\\\\r\n'a]{0,8}".prop_map(Literal::National),
    ]
}

fn operands() -> impl Strategy<Value = Expr> {
    let column = prop::collection::vec(idents(), 1..4);
    // A bare last part that is a method of xml is one when a parenthesis follows.
    let column = column.prop_map(|parts| ExprKind::Column(ObjectName { parts }));
    prop_oneof![
        literals().prop_map(ExprKind::Literal),
        column,
        "[a-z0-9_]{1,6}".prop_map(|name| ExprKind::Variable(format!("@{name}"))),
        Just(ExprKind::Null),
    ]
    .prop_map(made)
}

fn unary() -> impl Strategy<Value = UnaryOp> {
    prop_oneof![Just(UnaryOp::Plus), Just(UnaryOp::Minus), Just(UnaryOp::BitNot)]
}

fn binary() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp as B;
    prop::sample::select(vec![
        B::Add,
        B::Subtract,
        B::Multiply,
        B::Divide,
        B::Modulo,
        B::BitAnd,
        B::BitOr,
        B::BitXor,
    ])
}

fn values() -> BoxedStrategy<Expr> {
    operands()
        .prop_recursive(6, 40, 4, |inner| {
            let boxed = inner.clone().prop_map(Box::new);
            let call = (idents(), prop::collection::vec(inner.clone(), 0..3));
            prop_oneof![
                (unary(), boxed.clone()).prop_map(|(op, of)| ExprKind::Unary(op, of)),
                (boxed.clone(), binary(), boxed.clone())
                    .prop_map(|(left, op, right)| ExprKind::Binary(left, op, right)),
                (boxed.clone(), "[A-Z][A-Za-z_]{3,9}_CI").prop_map(
                    |(of, value)| ExprKind::Collate(
                        of,
                        Ident { value, quoted: false, place: Place::default() }
                    )
                ),
                (boxed.clone(), boxed.clone())
                    .prop_map(|(of, zone)| ExprKind::AtTimeZone(of, zone)),
                (boxed.clone(), idents(), prop::collection::vec(inner.clone(), 0..3)).prop_map(
                    |(operand, method, arguments)| ExprKind::Method { operand, method, arguments }
                ),
                (conditions(inner.clone()), inner.clone(), boxed).prop_map(
                    |(when, then, otherwise)| {
                        ExprKind::Case {
                            operand: None,
                            arms: vec![CaseArm { when, then }],
                            otherwise: Some(otherwise),
                        }
                    }
                ),
                call.prop_map(|(mut name, arguments)| {
                    name.value.insert_str(0, "f_");
                    ExprKind::Function(Box::new(FunctionCall {
                        name: ObjectName { parts: vec![name] },
                        arguments,
                        star: false,
                        distinct: false,
                        nulls: None,
                        within_group: Vec::new(),
                        over: None,
                    }))
                }),
            ]
            .prop_map(made)
        })
        .boxed()
}

fn conditions(values: impl Strategy<Value = Expr> + Clone + 'static) -> BoxedStrategy<Expr> {
    let boxed = values.clone().prop_map(Box::new);
    let compare = prop::sample::select(vec![
        CompareOp::Equal,
        CompareOp::NotEqual,
        CompareOp::Less,
        CompareOp::GreaterOrEqual,
    ]);
    let leaf = prop_oneof![
        (boxed.clone(), compare, boxed.clone())
            .prop_map(|(left, op, right)| ExprKind::Compare(left, op, right)),
        (boxed.clone(), any::<bool>())
            .prop_map(|(operand, negated)| ExprKind::IsNull { operand, negated }),
        (boxed.clone(), prop::collection::vec(values, 1..3), any::<bool>()).prop_map(
            |(operand, list, negated)| ExprKind::In {
                operand,
                source: InSource::List(list),
                negated
            }
        ),
        (boxed.clone(), boxed.clone(), boxed, any::<bool>()).prop_map(
            |(operand, low, high, negated)| ExprKind::Between { operand, low, high, negated }
        ),
    ]
    .prop_map(made);
    leaf.prop_recursive(4, 12, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(ExprKind::And),
            several.prop_map(ExprKind::Or),
            inner.prop_map(|of| ExprKind::Not(Box::new(of))),
        ]
        .prop_map(made)
    })
    .boxed()
}

fn selecting(value: Expr, filter: Option<Expr>) -> Batch {
    let select = Select {
        distinct: false,
        top: None,
        items: vec![SelectItem::Expr { value, alias: None }],
        into: None,
        from: Vec::new(),
        filter,
        group_by: None,
        having: None,
        windows: Vec::new(),
        place: Place::default(),
    };
    let query = Query {
        with: Vec::new(),
        body: QueryBody::Select(Box::new(select)),
        order_by: Vec::new(),
        offset: None,
        for_clause: None,
        hints: Vec::new(),
        place: Place::default(),
    };
    let kind = StatementKind::Select(Box::new(query));
    Batch { statements: vec![Statement { kind, place: Place::default() }] }
}

/// Pieces of the language, so that nonsense comes close to sense.
const PIECES: &[&str] = &[
    "SELECT", "FROM", "WHERE", "t", "a", "@x", "(", ")", ",", ";", "=", "1", "'s'", "[q]", "AS",
    "JOIN", "ON", "BEGIN", "END", "IF", "ELSE", "WITH", "ORDER BY", "GROUP BY", "UNION", "EXEC",
    "DECLARE", "SET", "int", "NOT", "AND", "IN", "CASE", "WHEN", "THEN", "+", "-", "*", ".", "~",
    "INSERT", "INTO", "VALUES", "UPDATE", "DELETE", "MERGE", "USING", "CREATE", "TABLE", "PROC",
    "CURSOR", "FOR", "FETCH", "NEXT", "XML", "PATH", "OVER", "PIVOT", "TRY", "CATCH", "::", "{fn",
    "}", "GRANT", "TO", "NULL", "TOP", "OUTPUT", "0x1", "1e", "$", "--\n", "/*", "*/", ":", "N''",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_is_read(
        value in values(),
        filter in prop::option::of(conditions(values())),
    ) {
        let tree = selecting(value, filter);
        let text = print(&tree);
        prop_assert_eq!(parse(&text, &ParseOptions::default()), Ok(tree), "{}", text);
    }

    #[test]
    fn any_text_is_a_tree_or_an_error(text in any::<String>()) {
        let _tree = parse(&text, &ParseOptions::default());
    }

    #[test]
    fn any_bytes_are_a_tree_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let _tree = parse(&text, &ParseOptions { quoted_identifiers: false, returns_value: true });
        let _batches = crate::lexer::split_batches(&text);
    }

    #[test]
    fn what_is_read_from_pieces_is_read_again(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
    ) {
        let options = ParseOptions::default();
        match parse(&pieces.join(" "), &options) {
            Ok(tree) => {
                let text = print(&tree);
                prop_assert_eq!(parse(&text, &options), Ok(tree), "{}", text);
            }
            Err(errors) => prop_assert!(errors.iter().all(|error| 0 < error.line)),
        }
    }
}

#[test]
fn names_are_quoted_where_they_must_be() {
    assert!(needs_quotes("a b") && needs_quotes("select") && needs_quotes("1a"));
    assert!(needs_quotes("") && !needs_quotes("#temp") && !needs_quotes("status"));
}
