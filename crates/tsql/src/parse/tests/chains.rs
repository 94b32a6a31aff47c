//! How tightly operators bind, and how long chains may become.

use insta::assert_snapshot;

use super::check;
use crate::ast::{BinaryOp, ExprKind, SelectItem, Statement, StatementKind};
use crate::parse::{ParseOptions, parse};

/// The value of `SELECT value`, with parentheses around every operation.
fn grouped(value: &str) -> String {
    let tree = parse(&format!("SELECT {value}"), &ParseOptions::default()).unwrap();
    let Statement { kind: StatementKind::Select(query), .. } = &tree.statements[0] else {
        panic!("no query")
    };
    let crate::ast::QueryBody::Select(select) = &query.body else { panic!("no select") };
    let SelectItem::Expr { value, .. } = &select.items[0] else { panic!("no value") };
    show(&value.kind)
}

fn show(kind: &ExprKind) -> String {
    if let ExprKind::Binary(left, operator, right) = kind {
        let sign = match operator {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
        };
        return format!("({} {sign} {})", show(&left.kind), show(&right.kind));
    }
    if let ExprKind::Unary(operator, operand) = kind {
        return format!("{operator:?}({})", show(&operand.kind));
    }
    let ExprKind::Literal(crate::ast::Literal::Integer(digits)) = kind else { panic!("{kind:?}") };
    digits.clone()
}

#[test]
fn products_bind_before_sums_and_sums_from_the_left() {
    assert_snapshot!(grouped("1 + 2 * 3 - 4 % 5"), @"((1 + (2 * 3)) - (4 % 5))");
    assert_snapshot!(grouped("1 | 2 & 3 ^ 4 + 5"), @"((((1 | 2) & 3) ^ 4) + 5)");
    assert_snapshot!(grouped("100 / 10 / 2"), @"((100 / 10) / 2)");
    assert_snapshot!(grouped("(1 + 2) * 3"), @"((1 + 2) * 3)");
}

/// Known from `SELECT -100.0 / -100.0 * 10.0`, which is 0.1 in SQL Server.
#[test]
fn a_sign_binds_after_products() {
    assert_snapshot!(grouped("-100 / -100 * 10"), @"Minus((100 / Minus((100 * 10))))");
    assert_snapshot!(grouped("-1 + 2"), @"(Minus(1) + 2)");
    assert_snapshot!(grouped("~1 * 2"), @"(BitNot(1) * 2)");
    assert_snapshot!(grouped("1 - -1"), @"(1 - Minus(1))");
}

#[test]
fn and_binds_before_or_and_not_before_both() {
    assert_snapshot!(
        check("SELECT 1 WHERE a = 1 OR NOT b = 2 AND c = 3 AND (d = 4 OR e = 5)"),
        @"SELECT 1 WHERE a = 1 OR (NOT b = 2 AND c = 3 AND (d = 4 OR e = 5));"
    );
    assert_snapshot!(check("SELECT 1 WHERE NOT (a = 1 AND b = 2) OR ((c = 3))"), @"SELECT 1 WHERE NOT (a = 1 AND b = 2) OR c = 3;");
    assert_snapshot!(check("SELECT 1 WHERE ((a + 1) * 2) > ((SELECT 3) + 4) AND (((1))) = 1"), @"SELECT 1 WHERE (a + 1) * 2 > (SELECT 3) + 4 AND 1 = 1;");
    assert_snapshot!(check("SELECT 1 WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 + 4 AND 5"), @"SELECT 1 WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 + 4 AND 5;");
}

#[test]
fn intersect_binds_before_union() {
    assert_snapshot!(
        check("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT (SELECT 4 UNION ALL SELECT 5)"),
        @"SELECT 1 UNION (SELECT 2 INTERSECT SELECT 3) EXCEPT (SELECT 4 UNION ALL SELECT 5);"
    );
    assert_snapshot!(check("SELECT ((SELECT 1) UNION SELECT 2 ORDER BY 1)"), @"SELECT (SELECT 1 UNION SELECT 2 ORDER BY 1);");
    assert_snapshot!(check("(SELECT 1) UNION ALL ((SELECT 2))"), @"SELECT 1 UNION ALL SELECT 2;");
}

#[test]
fn an_else_belongs_to_the_nearest_if() {
    assert_snapshot!(check("IF 1 = 1 IF 2 = 2 PRINT 'a'; ELSE PRINT 'b'"), @"
IF 1 = 1
    IF 2 = 2
        PRINT 'a';
    ELSE
        PRINT 'b';
");
}

/// Generated scripts chain conditions and queries by the thousand.
#[test]
fn conditions_and_unions_chain_without_limit() {
    let condition = vec!["a = 1"; 20_000].join(" OR ");
    assert!(parse(&format!("SELECT 1 WHERE {condition}"), &ParseOptions::default()).is_ok());
    let union = vec!["SELECT 1"; 20_000].join(" UNION ALL ");
    assert!(parse(&union, &ParseOptions::default()).is_ok());
    let sum = vec!["'a'"; 400].join(" + ");
    assert!(parse(&format!("SELECT {sum}"), &ParseOptions::default()).is_ok());
}
