//! Joins and APPLY.

use proptest::prelude::*;

use super::*;

fn join(kind: JoinType, left: Node, right: Node, widths: (usize, usize)) -> JoinNode {
    JoinNode {
        kind,
        left,
        right,
        left_width: widths.0,
        right_width: widths.1,
        keys: Vec::new(),
        condition: None,
    }
}

fn on_first(mut node: JoinNode) -> Node {
    node.keys = vec![(col(0), col(0), Collation::CI_AS)];
    Node::Join(Box::new(node))
}

const LEFT: &str = "1 a\n2 b\n- c\n3 d";
const RIGHT: &str = "1 x\n1 y\n- z\n4 w";

#[test]
fn each_kind_of_join_keeps_the_rows_that_it_should() {
    let rows = |kind| shown(on_first(join(kind, data(LEFT), data(RIGHT), (2, 2))), 4);
    let pairs = ["1 a 1 x", "1 a 1 y"];
    let left = ["2 b - -", "- c - -", "3 d - -"];
    let right = ["- - - z", "- - 4 w"];
    assert_eq!(rows(JoinType::Inner), pairs);
    assert_eq!(rows(JoinType::Left), [&pairs[..], &left].concat());
    assert_eq!(rows(JoinType::Right), [&pairs[..], &right].concat());
    assert_eq!(rows(JoinType::Full), [&pairs[..], &left, &right].concat());
}

#[test]
fn the_condition_beside_the_keys_decides_too() {
    let mut node = join(JoinType::Left, data(LEFT), data(RIGHT), (2, 2));
    node.condition = Some(equal(text_col(3), text("y")));
    assert_eq!(shown(on_first(node), 4), ["1 a 1 y", "2 b - -", "- c - -", "3 d - -"]);
}

#[test]
fn texts_join_as_their_collation_has_it() {
    let rows = |collation| {
        let mut node = join(JoinType::Inner, data("Dev\nPROD"), data("dev\nprod"), (1, 1));
        node.keys = vec![(text_col(0), text_col(0), collation)];
        shown(Node::Join(Box::new(node)), 2)
    };
    assert_eq!(rows(Collation::CI_AS), ["Dev dev", "PROD prod"]);
    assert_eq!(rows(Collation::BIN2), Vec::<String>::new());
}

#[test]
fn a_short_left_side_restricts_the_scan_of_the_right_side() {
    let mut right = Table::new(
        &[SqlType::Int, SqlType::Int],
        (0..100).map(|n| vec![SqlValue::Int(n), SqlValue::Int(n)]).collect(),
    );
    right.filters = true;
    let right = Arc::new(right);
    let inside = filter(
        scan(Arc::clone(&right) as Arc<dyn Relation>),
        compared(col(1), CompareOp::Less, int(50)),
    );
    let projected = project(inside, vec![col(1), col(0)]);
    let mut node = join(JoinType::Inner, data("7\n7\n-\n60"), projected, (1, 2));
    node.keys = vec![(col(0), col(1), Collation::CI_AS)];
    assert_eq!(shown(Node::Join(Box::new(node)), 3), ["7 7 7", "7 7 7"]);
    let values = vec![SqlValue::Int(7), SqlValue::Int(60)];
    assert_eq!(right.asked()[0].restrictions, [Restriction::In { column: 0, values }]);
}

#[test]
fn a_long_left_side_and_an_outer_right_side_read_it_whole() {
    let right = table(lines("1\n2"));
    let long = (0..600).map(|n| vec![SqlValue::Int(n)]).collect();
    let scanned = || scan(Arc::clone(&right) as Arc<dyn Relation>);
    let node = on_first(join(JoinType::Inner, scan(table(long)), scanned(), (1, 1)));
    assert_eq!(shown(node, 2), ["1 1", "2 2"]);
    shown(on_first(join(JoinType::Full, data("1"), scanned(), (1, 1))), 2);
    assert!(right.asked().iter().all(|scan| scan.restrictions.is_empty()));
}

#[test]
fn apply_runs_the_right_side_for_each_left_row() {
    let right = || filter(data(RIGHT), equal(col(0), outer(1, 0)));
    let apply = |keep| Node::Apply {
        left: Box::new(data(LEFT)),
        right: Box::new(right()),
        left_width: 2,
        right_width: 2,
        outer: keep,
    };
    assert_eq!(shown(apply(false), 4), ["1 a 1 x", "1 a 1 y"]);
    assert_eq!(shown(apply(true), 4), ["1 a 1 x", "1 a 1 y", "2 b - -", "- c - -", "3 d - -"]);
}

#[test]
fn an_apply_that_does_not_look_left_reads_its_right_side_once() {
    let right = table(lines("8\n9"));
    let node = Node::Apply {
        left: Box::new(data("1\n2\n3")),
        right: Box::new(scan(Arc::clone(&right) as Arc<dyn Relation>)),
        left_width: 1,
        right_width: 1,
        outer: false,
    };
    assert_eq!(shown(node, 2), ["1 8", "1 9", "2 8", "2 9", "3 8", "3 9"]);
    assert_eq!(right.asked().len(), 1);
}

#[test]
fn an_apply_inside_an_apply_sees_both_rows() {
    let sum = arithmetic(ArithmeticOp::Add, outer(1, 0), outer(2, 0));
    let inner = Node::Apply {
        left: Box::new(data("10\n20")),
        right: Box::new(one_row(vec![sum])),
        left_width: 1,
        right_width: 1,
        outer: false,
    };
    let node = Node::Apply {
        left: Box::new(data("1\n2")),
        right: Box::new(inner),
        left_width: 1,
        right_width: 2,
        outer: false,
    };
    assert_eq!(shown(node, 3), ["1 10 11", "1 20 21", "2 10 12", "2 20 22"]);
}

#[test]
fn a_scan_that_is_opened_for_many_rows_is_read_once_more_and_then_kept() {
    let right = table((0..40).map(|n| vec![SqlValue::Int(n % 20), SqlValue::Int(n)]).collect());
    let mut node = scan_node(Arc::clone(&right) as Arc<dyn Relation>);
    node.restrictions = vec![PushedRestriction::Compare(0, CompareOp::Equal, outer(1, 0))];
    let inside = filter(Node::Scan(Box::new(node)), equal(col(0), outer(1, 0)));
    let left = (0..100).map(|n| vec![SqlValue::Int(n % 25)]).collect();
    let node = Node::Apply {
        left: Box::new(scan(table(left))),
        right: Box::new(inside),
        left_width: 1,
        right_width: 2,
        outer: false,
    };
    let rows = result(node, 3).unwrap();
    let wanted: Vec<Row> = (0..100)
        .map(|n| n % 25)
        .filter(|n| *n < 20)
        .flat_map(|n| [vec![n, n, n], vec![n, n, n + 20]])
        .map(|row| row.into_iter().map(SqlValue::Int).collect())
        .collect();
    assert_eq!(rows, wanted);
    assert!(right.asked().len() < 40, "{}", right.asked().len());
}

#[test]
fn a_join_inside_a_correlated_query_keeps_its_right_side() {
    let right = table(lines("1 x\n2 y"));
    let scanned = scan(Arc::clone(&right) as Arc<dyn Relation>);
    let left = filter(data("1\n2"), equal(col(0), outer(1, 0)));
    let inside = on_first(join(JoinType::Inner, left, scanned, (1, 2)));
    let node = Node::Apply {
        left: Box::new(data("1\n2\n1")),
        right: Box::new(inside),
        left_width: 1,
        right_width: 3,
        outer: false,
    };
    assert_eq!(shown(node, 4), ["1 1 1 x", "2 2 2 y", "1 1 1 x"]);
    assert_eq!(right.asked().len(), 1);
}

fn small_table() -> impl Strategy<Value = Vec<Row>> {
    let cell = prop_oneof![Just(SqlValue::Null), (0..4).prop_map(SqlValue::Int)];
    proptest::collection::vec(proptest::collection::vec(cell, 2), 0..12)
}

proptest! {
    #[test]
    fn a_join_is_what_its_definition_says(left in small_table(), right in small_table(), kind in 0..4) {
        let kind = [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full][kind as usize];
        let matches = |a: &Row, b: &Row| !a[0].is_null() && a[0] == b[0] && a[1] != b[1] && !a[1].is_null() && !b[1].is_null();
        let mut wanted = Vec::new();
        let nulls = || vec![SqlValue::Null; 2];
        for a in &left {
            let found: Vec<&Row> = right.iter().filter(|b| matches(a, b)).collect();
            if found.is_empty() && matches!(kind, JoinType::Left | JoinType::Full) {
                wanted.push([a.clone(), nulls()].concat());
            }
            wanted.extend(found.into_iter().map(|b| [a.clone(), b.clone()].concat()));
        }
        if matches!(kind, JoinType::Right | JoinType::Full) {
            let alone = right.iter().filter(|b| !left.iter().any(|a| matches(a, b)));
            wanted.extend(alone.map(|b| [nulls(), b.clone()].concat()));
        }
        let types = [SqlType::Int, SqlType::Int];
        let side = |rows: &Vec<Row>| scan(Arc::new(Table::new(&types, rows.clone())));
        let other = compared(col(1), CompareOp::NotEqual, col(3));
        let mut hashed = join(kind, side(&left), side(&right), (2, 2));
        hashed.condition = Some(other.clone());
        prop_assert_eq!(&result(on_first(hashed), 4).unwrap(), &wanted);
        let mut looped = join(kind, side(&left), side(&right), (2, 2));
        looped.condition = Some(Predicate::And(vec![equal(col(0), col(2)), other]));
        prop_assert_eq!(result(Node::Join(Box::new(looped)), 4).unwrap(), wanted);
    }
}

#[test]
fn an_empty_left_side_leaves_the_right_one_unread() {
    let right = table(lines("1\n2"));
    let scanned = scan(Arc::clone(&right) as Arc<dyn Relation>);
    assert_eq!(
        shown(on_first(join(JoinType::Left, data(""), scanned, (1, 1))), 2),
        Vec::<String>::new()
    );
    assert_eq!(right.asked().len(), 0);
}
