//! Scans, filters, projections, expressions and conditions.

use super::*;
use crate::ast::Quantifier;

#[test]
fn a_filter_keeps_rows_for_which_the_condition_is_true_and_not_unknown() {
    let rows = filter(data("1 a\n- b\n3 c"), compared(col(0), CompareOp::NotEqual, int(3)));
    assert_eq!(shown(rows, 2), ["1 a"]);
}

#[test]
fn and_or_and_not_have_three_answers() {
    let all = [Some(true), Some(false), None];
    for a in all {
        for b in all {
            let both = || vec![Predicate::Constant(a), Predicate::Constant(b)];
            let and = match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            let or = match (a, b) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            assert_eq!(tested(&Predicate::And(both())), Ok(and), "{a:?} AND {b:?}");
            assert_eq!(tested(&Predicate::Or(both())), Ok(or), "{a:?} OR {b:?}");
        }
        let not = Predicate::Not(Box::new(Predicate::Constant(a)));
        assert_eq!(tested(&not), Ok(a.map(|known| !known)));
    }
}

#[test]
fn a_condition_stops_at_what_decides_it() {
    let broken = || equal(arithmetic(ArithmeticOp::Divide, int(1), int(0)), int(1));
    let no = equal(int(1), int(2));
    let yes = equal(int(1), int(1));
    assert_eq!(tested(&Predicate::And(vec![no, broken()])), Ok(Some(false)));
    assert_eq!(tested(&Predicate::Or(vec![yes, broken()])), Ok(Some(true)));
    assert_eq!(tested(&broken()).unwrap_err().number, 8134);
}

#[test]
fn case_and_coalesce_evaluate_no_more_than_they_need() {
    let broken = || arithmetic(ArithmeticOp::Divide, int(1), int(0));
    let arms = vec![
        (equal(int(1), null()), broken()),
        (equal(int(1), int(1)), int(7)),
        (equal(broken(), int(1)), broken()),
    ];
    let case = ScalarKind::Case(arms, Some(Box::new(broken())));
    assert_eq!(evaluated(&scalar(case, SqlType::Int)), Ok(SqlValue::Int(7)));
    let nothing = ScalarKind::Case(vec![(equal(int(1), int(2)), int(7))], None);
    assert_eq!(evaluated(&scalar(nothing, SqlType::Int)), Ok(SqlValue::Null));
    let first = ScalarKind::Coalesce(vec![null(), int(3), broken()]);
    assert_eq!(evaluated(&scalar(first, SqlType::Int)), Ok(SqlValue::Int(3)));
}

#[test]
fn in_finds_equal_values_and_is_unknown_beside_null() {
    let list = |operand: Scalar, values: &[&str]| Predicate::InList {
        operand,
        values: values.iter().map(|word| constant(value(word))).collect(),
        collation: Collation::CI_AS,
    };
    let long = ["1", "2", "3", "4", "5", "6", "7", "8", "-"];
    for values in [&long[..], &["1", "-"]] {
        assert_eq!(tested(&list(int(1), values)), Ok(Some(true)));
        assert_eq!(tested(&list(int(9), values)), Ok(None));
        assert_eq!(tested(&list(int(9), &values[..values.len() - 1])), Ok(Some(false)));
        assert_eq!(tested(&list(null(), values)), Ok(None));
    }
    let words = ["a", "b", "c", "d", "e", "f", "g", "Ärger"];
    assert_eq!(tested(&list(text("äRGER  "), &words)), Ok(Some(true)));
    assert_eq!(tested(&list(text("arger"), &words)), Ok(Some(false)));
}

#[test]
fn is_same_takes_null_for_equal_to_null() {
    let same = |left, right| {
        tested(&Predicate::IsSame { left, right, collation: Collation::CI_AS }).unwrap()
    };
    assert_eq!(same(null(), null()), Some(true));
    assert_eq!(same(null(), int(1)), Some(false));
    assert_eq!(same(int(1), int(1)), Some(true));
}

#[test]
fn like_follows_a_pattern_that_changes_from_row_to_row() {
    let like = Predicate::Like {
        operand: text_col(0),
        pattern: text_col(1),
        escape: None,
        collation: Collation::CI_AS,
        unicode: true,
    };
    let rows = "Main.dtsx %.DTSX\nStage.dtsx S%\nStage.dtsx x%\n- %\na -\na _";
    assert_eq!(shown(filter(data(rows), like), 1), ["Main.dtsx", "Stage.dtsx", "a"]);
}

#[test]
fn a_conversion_may_fail_or_be_lenient() {
    let convert = |word: &str, lenient| {
        let (operand, style) = (Box::new(text(word)), None);
        scalar(ScalarKind::Convert { operand, style, lenient }, SqlType::Int)
    };
    assert_eq!(evaluated(&convert("12", false)), Ok(SqlValue::Int(12)));
    assert_eq!(evaluated(&convert("x", false)).unwrap_err().number, 245);
    assert_eq!(evaluated(&convert("x", true)), Ok(SqlValue::Null));
}

#[test]
fn a_variant_remembers_the_type_it_was_made_of() {
    let operand =
        Box::new(Scalar { data_type: SqlType::NVarChar(crate::types::Length::N(30)), ..text("x") });
    let kind = ScalarKind::Convert { operand, style: None, lenient: false };
    let SqlValue::Variant(variant) = evaluated(&scalar(kind, SqlType::SqlVariant)).unwrap() else {
        panic!("no variant")
    };
    assert_eq!(variant.base.to_string(), "nvarchar(30)");
}

#[test]
fn parse_reads_as_the_culture_does_and_refuses_others() {
    let parse = |word: &str, to, culture: &str, lenient| {
        let culture = Some(Box::new(text(culture)));
        evaluated(&scalar(
            ScalarKind::Parse { operand: Box::new(text(word)), culture, lenient },
            to,
        ))
    };
    assert_eq!(parse("1,234", SqlType::Int, "en-US", false), Ok(SqlValue::Int(1234)));
    assert_eq!(parse("$1,234.50", SqlType::Money, "en-US", false), Ok(SqlValue::Money(12_345_000)));
    assert_eq!(parse("x", SqlType::Int, "en-US", false).unwrap_err().number, 9819);
    assert_eq!(parse("x", SqlType::Int, "en-US", true), Ok(SqlValue::Null));
    let date = parse("12/31/2020", SqlType::Date, "en-US", false).unwrap();
    assert_eq!(show(&[date]), "2020-12-31");
    assert_eq!(parse("1", SqlType::Int, "de-DE", true).unwrap_err().number, 40514);
}

#[test]
fn a_projection_moves_copies_and_computes_columns() {
    let rows = || data("1 2 3\n4 5 6");
    assert_eq!(shown(project(rows(), vec![col(0), col(1)]), 2), ["1 2", "4 5"]);
    assert_eq!(shown(project(rows(), vec![col(2), col(0)]), 2), ["3 1", "6 4"]);
    assert_eq!(shown(project(rows(), vec![col(1), col(1)]), 2), ["2 2", "5 5"]);
    let sum = arithmetic(ArithmeticOp::Add, col(0), col(2));
    assert_eq!(shown(project(rows(), vec![sum, int(0)]), 2), ["4 0", "10 0"]);
}

#[test]
fn columns_behind_those_of_the_plan_are_not_given_out() {
    assert_eq!(shown(data("1 2 3"), 2), ["1 2"]);
}

#[test]
fn a_relation_hears_of_restrictions_with_their_values() {
    let relation = table(lines("1 a\n2 b"));
    let mut node = scan_node(Arc::clone(&relation) as Arc<dyn Relation>);
    node.restrictions = vec![
        PushedRestriction::Compare(
            0,
            CompareOp::Greater,
            arithmetic(ArithmeticOp::Add, int(1), int(1)),
        ),
        PushedRestriction::In(1, vec![text("x"), null(), text("y")]),
        PushedRestriction::IsNull(1, true),
    ];
    node.limit = Some(big(5));
    result(Node::Scan(Box::new(node)), 2).unwrap();
    let asked = relation.asked();
    assert_eq!(asked[0].limit, Some(5));
    let greater =
        Restriction::Compare { column: 0, operator: CompareOp::Greater, value: SqlValue::Int(2) };
    let values = vec![SqlValue::nvarchar("x"), SqlValue::nvarchar("y")];
    let list = Restriction::In { column: 1, values };
    assert_eq!(
        asked[0].restrictions,
        [greater, list, Restriction::IsNull { column: 1, negated: true }]
    );
}

#[test]
fn a_null_in_a_restriction_leaves_no_rows_without_asking() {
    let relation = table(lines("1\n2"));
    for restriction in [
        PushedRestriction::Compare(0, CompareOp::Equal, null()),
        PushedRestriction::In(0, vec![null()]),
    ] {
        let mut node = scan_node(Arc::clone(&relation) as Arc<dyn Relation>);
        node.restrictions = vec![restriction];
        assert_eq!(result(Node::Scan(Box::new(node)), 1), Ok(vec![]));
    }
    assert_eq!(relation.asked().len(), 0);
}

#[test]
fn a_function_of_a_module_and_one_of_its_rows_run_in_the_session() {
    let name =
        QualifiedName { server: None, database: String::new(), schema: None, name: String::new() };
    let module = Arc::new(Module {
        name,
        kind: ModuleKind::ScalarFunction,
        text: String::new(),
        quoted_identifiers: true,
    });
    let user = ScalarKind::User(Arc::clone(&module), vec![int(5)]);
    assert_eq!(evaluated(&scalar(user, SqlType::Int)), Ok(SqlValue::Int(5)));
    let rows = BuiltInTable::UserFunction { module, arguments: vec![int(1), int(2)] };
    assert_eq!(shown(Node::BuiltIn(Box::new(rows)), 1), ["1", "2"]);
}

#[test]
fn any_and_all_follow_their_definitions() {
    let check = |rows: &str, operator, quantifier| {
        let plan = plan(data(rows));
        let collation = Collation::CI_AS;
        tested(&Predicate::Quantified { operand: int(2), operator, quantifier, plan, collation })
            .unwrap()
    };
    assert_eq!(check("1\n2", CompareOp::Equal, Quantifier::Any), Some(true));
    assert_eq!(check("1\n-", CompareOp::Equal, Quantifier::Any), None);
    assert_eq!(check("1\n-", CompareOp::NotEqual, Quantifier::All), None);
    assert_eq!(check("1\n3", CompareOp::NotEqual, Quantifier::All), Some(true));
    assert_eq!(check("1\n2", CompareOp::NotEqual, Quantifier::All), Some(false));
    assert_eq!(check("1\n0", CompareOp::Greater, Quantifier::All), Some(true));
    assert_eq!(check("1\n3", CompareOp::Greater, Quantifier::All), Some(false));
    assert_eq!(check("3\n-", CompareOp::Less, Quantifier::Any), Some(true));
    assert_eq!(check("", CompareOp::Greater, Quantifier::All), Some(true));
    assert_eq!(check("", CompareOp::Equal, Quantifier::Any), Some(false));
}
