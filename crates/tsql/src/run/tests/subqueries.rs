//! Subqueries, recursion, built-in tables.

use super::*;

fn subquery(root: Node) -> Scalar {
    scalar(ScalarKind::Subquery(plan(root)), SqlType::Int)
}

#[test]
fn a_subquery_gives_its_value_null_or_error_512() {
    assert_eq!(evaluated(&subquery(data("7"))), Ok(SqlValue::Int(7)));
    assert_eq!(evaluated(&subquery(data(""))), Ok(SqlValue::Null));
    assert_eq!(evaluated(&subquery(data("7\n8"))).unwrap_err().number, 512);
}

#[test]
fn a_subquery_sees_the_rows_around_it_two_deep() {
    let innermost = filter(
        data("5\n6"),
        equal(col(0), arithmetic(ArithmeticOp::Add, outer(1, 0), outer(2, 0))),
    );
    let inner =
        project(filter(data("1\n2"), equal(col(0), outer(1, 0))), vec![subquery(innermost)]);
    // The innermost query sees the middle row at depth 1, and the outermost at depth 2.
    let node = project(data("1\n2\n3"), vec![col(0), subquery(inner)]);
    assert_eq!(shown(node, 2), ["1 -", "2 -", "3 -"]);
    let innermost = filter(
        data("2\n4"),
        equal(col(0), arithmetic(ArithmeticOp::Add, outer(1, 0), outer(2, 0))),
    );
    let inner =
        project(filter(data("1\n2"), equal(col(0), outer(1, 0))), vec![subquery(innermost)]);
    let node = project(data("1\n2\n3"), vec![col(0), subquery(inner)]);
    assert_eq!(shown(node, 2), ["1 2", "2 4", "3 -"]);
}

#[test]
fn a_subquery_that_sees_no_outer_row_is_run_once() {
    let relation = table(lines("7"));
    let scanned = || scan(Arc::clone(&relation) as Arc<dyn Relation>);
    let exists = Predicate::Exists(plan(scanned()));
    let among = Predicate::Quantified {
        operand: int(7),
        operator: CompareOp::Equal,
        quantifier: crate::ast::Quantifier::Any,
        plan: plan(scanned()),
        collation: Collation::CI_AS,
    };
    let node = filter(data("1\n2\n3"), Predicate::And(vec![exists, among]));
    let node = project(node, vec![col(0), subquery(scanned())]);
    assert_eq!(shown(node, 2), ["1 7", "2 7", "3 7"]);
    assert_eq!(relation.asked().len(), 3);
}

#[test]
fn a_kept_subquery_is_run_again_when_its_variable_has_changed() {
    let variable = scalar(ScalarKind::Variable(0), SqlType::Int);
    let sum = arithmetic(ArithmeticOp::Add, variable, int(1));
    let root = project(data("1\n2\n3"), vec![subquery(one_row(vec![sum]))]);
    let plan = Plan { root, columns: vec![Column::new("c", SqlType::Int)] };
    let vars = Vars(RefCell::new(vec![SqlValue::Int(0)]));
    let seen = with(&vars, &Cancel::default(), &Budget::default(), |context| {
        let mut rows = open(&plan, context).unwrap();
        let mut seen = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            seen.push(show(&row));
            vars.0.borrow_mut()[0] = row[0].clone();
        }
        seen
    });
    assert_eq!(seen, ["1", "2", "3"]);
}

#[test]
fn exists_looks_at_the_outer_row() {
    let inside = filter(data("2\n3"), equal(col(0), outer(1, 0)));
    let node = filter(data("1\n2\n3\n-"), Predicate::Exists(plan(inside)));
    assert_eq!(shown(node, 1), ["2", "3"]);
}

fn counting(max: u32, limit: i32) -> Node {
    let next = project(
        filter(Node::RecursiveInput(1), compared(col(0), CompareOp::Less, int(limit))),
        vec![arithmetic(ArithmeticOp::Add, col(0), int(1))],
    );
    Node::Recursive {
        id: 1,
        anchor: Box::new(data("1")),
        recursive: vec![next],
        max_recursion: max,
    }
}

#[test]
fn recursion_goes_on_until_a_round_is_empty_or_the_limit_is_reached() {
    assert_eq!(shown(counting(100, 5), 1), ["1", "2", "3", "4", "5"]);
    assert_eq!(result(counting(100, 101), 1).unwrap().len(), 101);
    let error = result(counting(100, 102), 1).unwrap_err();
    assert_eq!(error.number, 530);
    assert!(error.message.contains("maximum recursion 100 has been exhausted"));
    assert_eq!(result(counting(0, 5000), 1).unwrap().len(), 5000);
}

#[test]
fn recursion_joins_the_round_before_with_a_table() {
    let tree = "1 -\n2 1\n3 1\n4 3\n5 4\n9 8";
    let joined = Node::Join(Box::new(JoinNode {
        kind: JoinType::Inner,
        left: Node::RecursiveInput(4),
        right: data(tree),
        left_width: 2,
        right_width: 2,
        keys: vec![(col(0), col(1), Collation::CI_AS)],
        condition: None,
    }));
    let next = project(joined, vec![col(2), arithmetic(ArithmeticOp::Add, col(1), int(1))]);
    let node = Node::Recursive {
        id: 4,
        anchor: Box::new(project(
            filter(data(tree), Predicate::IsNull(col(1))),
            vec![col(0), int(0)],
        )),
        recursive: vec![next],
        max_recursion: 100,
    };
    assert_eq!(shown(node, 2), ["1 0", "2 1", "3 1", "4 2", "5 3"]);
}

#[test]
fn two_uses_of_one_recursive_expression_do_not_disturb_each_other() {
    let node = Node::Apply {
        left: Box::new(counting(100, 3)),
        right: Box::new(filter(
            counting(100, 2),
            compared(col(0), CompareOp::LessOrEqual, outer(1, 0)),
        )),
        left_width: 1,
        right_width: 1,
        outer: false,
    };
    assert_eq!(shown(node, 2), ["1 1", "2 1", "2 2", "3 1", "3 2"]);
}

#[test]
fn string_split_gives_each_part_with_its_number() {
    let split = |value: Scalar, separator: &str| {
        let (text, separator) = (value, text(separator));
        Node::BuiltIn(Box::new(BuiltInTable::StringSplit { text, separator, ordinal: true }))
    };
    assert_eq!(shown(split(text("a,,b"), ","), 2), ["a 1", " 2", "b 3"]);
    assert_eq!(shown(split(null(), ","), 2), Vec::<String>::new());
    assert_eq!(result(split(text("a"), ",,"), 2).unwrap_err().number, 214);
}

#[test]
fn generate_series_counts_up_and_down() {
    let series = |start, stop, step| {
        let (start, stop, step) = (int(start), int(stop), int(step));
        Node::BuiltIn(Box::new(BuiltInTable::GenerateSeries { start, stop, step }))
    };
    assert_eq!(shown(series(1, 5, 2), 1), ["1", "3", "5"]);
    assert_eq!(shown(series(3, 1, -1), 1), ["3", "2", "1"]);
    assert_eq!(shown(series(3, 1, 1), 1), Vec::<String>::new());
    assert_eq!(shown(series(i32::MAX - 1, i32::MAX, 1), 1).len(), 2);
    assert_eq!(result(series(1, 2, 0), 1).unwrap_err().number, 4199);
}

#[test]
fn a_bulk_file_is_one_value() {
    let file = |data_type| BuiltInTable::BulkFile { path: "abc".to_owned(), data_type };
    let rows = result(Node::BuiltIn(Box::new(file(SqlType::VARBINARY_MAX))), 1).unwrap();
    assert_eq!(rows, [[SqlValue::binary(*b"abc")]]);
    assert_eq!(shown(Node::BuiltIn(Box::new(file(SqlType::VARCHAR_MAX))), 1), ["abc"]);
}
