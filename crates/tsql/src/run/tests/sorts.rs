//! ORDER BY, TOP, OFFSET, DISTINCT, set operations.

use proptest::prelude::*;

use super::*;

fn top(input: Node, count: Scalar, percent: bool, ties: Vec<SortKey>) -> Node {
    Node::Top { input: Box::new(input), count, percent, ties }
}

fn offset(input: Node, skip: i64, take: Option<i64>) -> Node {
    Node::Offset { input: Box::new(input), skip: big(skip), take: take.map(big) }
}

#[test]
fn null_comes_first_and_last_when_descending_and_the_sort_is_stable() {
    let rows = "2 a\n- b\n1 c\n2 d\n- e";
    assert_eq!(
        shown(sorted(data(rows), vec![key(col(0), false)]), 2),
        ["- b", "- e", "1 c", "2 a", "2 d"]
    );
    assert_eq!(
        shown(sorted(data(rows), vec![key(col(0), true)]), 2),
        ["2 a", "2 d", "1 c", "- b", "- e"]
    );
}

#[test]
fn texts_sort_by_their_collation() {
    let rows = || data("b\nB\na\n_x\nÄ\nC");
    let by = |collation| {
        sorted(rows(), vec![SortKey { value: text_col(0), descending: false, collation }])
    };
    assert_eq!(shown(by(Collation::CI_AS), 1), ["_x", "a", "Ä", "b", "B", "C"]);
    assert_eq!(shown(by(Collation::BIN2), 1), ["B", "C", "_x", "a", "b", "Ä"]);
}

#[test]
fn top_takes_ties_where_it_is_told_to() {
    let input = || sorted(data("1\n3\n2\n3\n3\n1"), vec![key(col(0), true)]);
    assert_eq!(shown(top(input(), big(2), false, vec![]), 1), ["3", "3"]);
    assert_eq!(shown(top(input(), big(2), false, vec![key(col(0), true)]), 1), ["3", "3", "3"]);
    assert_eq!(
        shown(top(input(), big(4), false, vec![key(col(0), true)]), 1),
        ["3", "3", "3", "2"]
    );
    assert_eq!(
        shown(top(input(), big(0), false, vec![key(col(0), true)]), 1),
        Vec::<String>::new()
    );
    assert_eq!(shown(top(input(), big(99), false, vec![]), 1).len(), 6);
}

#[test]
fn a_percentage_is_rounded_up() {
    let float = |percent| constant(SqlValue::Float(percent));
    let input = || data("1\n2\n3\n4\n4");
    assert_eq!(shown(top(input(), float(21.0), true, vec![]), 1), ["1", "2"]);
    assert_eq!(shown(top(input(), float(100.0), true, vec![]), 1).len(), 5);
    assert_eq!(shown(top(input(), float(80.0), true, vec![key(col(0), false)]), 1).len(), 5);
    assert_eq!(shown(top(input(), float(0.0), true, vec![]), 1).len(), 0);
}

#[test]
fn counts_that_are_none_are_refused() {
    let number = |node| result(node, 1).unwrap_err().number;
    assert_eq!(number(top(data("1"), big(-1), false, vec![])), 127);
    assert_eq!(number(top(data("1"), null(), false, vec![])), 1060);
    assert_eq!(number(top(data("1"), constant(SqlValue::Float(101.0)), true, vec![])), 1031);
    assert_eq!(number(offset(data("1"), -1, None)), 10742);
    assert_eq!(number(offset(data("1"), 0, Some(0))), 10744);
}

#[test]
fn offset_leaves_out_and_fetch_takes() {
    let input = || data("1\n2\n3\n4");
    assert_eq!(shown(offset(input(), 1, Some(2)), 1), ["2", "3"]);
    assert_eq!(shown(offset(input(), 3, None), 1), ["4"]);
    assert_eq!(shown(offset(input(), 9, Some(2)), 1), Vec::<String>::new());
}

#[test]
fn rows_that_come_in_the_wanted_order_are_not_sorted_again() {
    let make = |collation| {
        // The table says it is in order, which it is not: whoever believes it shows that.
        let mut relation =
            Table::new(&[SqlType::Int, SqlType::NVARCHAR_MAX], lines("2 b\n1 a\n3 c"));
        relation.ordered = true;
        let mut node = scan_node(Arc::new(relation));
        node.order = vec![ScanOrder { column: 1, descending: false }];
        let input = project(
            filter(Node::Scan(Box::new(node)), Predicate::Constant(Some(true))),
            vec![text_col(1)],
        );
        sorted(input, vec![SortKey { value: text_col(0), descending: false, collation }])
    };
    assert_eq!(shown(make(Collation::CI_AS), 1), ["b", "a", "c"]);
    assert_eq!(shown(make(Collation::BIN2), 1), ["a", "b", "c"]);
}

#[test]
fn distinct_takes_each_row_once_null_being_one_value() {
    let node = |collation| Node::Distinct {
        input: Box::new(data("a 1\nA 1\n- 1\na 2\n- 1")),
        collations: vec![collation, Collation::CI_AS],
    };
    assert_eq!(shown(node(Collation::CI_AS), 2), ["a 1", "- 1", "a 2"]);
    assert_eq!(shown(node(Collation::BIN2), 2), ["a 1", "A 1", "- 1", "a 2"]);
}

#[test]
fn set_operations_follow_their_definitions() {
    let rows = |operator| {
        let (left, right) = (Box::new(data("1\n1\n-\n2")), Box::new(data("2\n-\n3\n3")));
        shown(Node::SetOperation { operator, left, right, collations: vec![Collation::CI_AS] }, 1)
    };
    assert_eq!(rows(SetKind::UnionAll), ["1", "1", "-", "2", "2", "-", "3", "3"]);
    assert_eq!(rows(SetKind::Union), ["1", "-", "2", "3"]);
    assert_eq!(rows(SetKind::Except), ["1"]);
    assert_eq!(rows(SetKind::Intersect), ["-", "2"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_sort_with_a_limit_gives_the_first_rows_of_the_whole_sort(
        rows in proptest::collection::vec(proptest::collection::vec(-5..5i32, 2), 0..900),
        limit in 0..400usize,
        descending: bool,
    ) {
        let mut wanted: Vec<Vec<i32>> = rows.clone();
        wanted.sort_by(|a, b| if descending { b[0].cmp(&a[0]) } else { a[0].cmp(&b[0]) });
        wanted.truncate(limit);
        let values = |rows: Vec<Vec<i32>>| -> Vec<Row> {
            rows.into_iter().map(|row| row.into_iter().map(SqlValue::Int).collect()).collect()
        };
        let input = scan(Arc::new(Table::new(&[SqlType::Int, SqlType::Int], values(rows))));
        let limit = i64::try_from(limit).unwrap();
        let node = Node::Sort {
            input: Box::new(input),
            keys: vec![key(col(0), descending)],
            limit: Some(Box::new(big(limit))),
        };
        prop_assert_eq!(result(top(node, big(limit), false, vec![]), 2).unwrap(), values(wanted));
    }

    #[test]
    fn a_long_sort_is_stable(rows in proptest::collection::vec(0..9i32, 0..4000)) {
        let mut wanted: Vec<Row> = rows.iter().enumerate().map(|(at, n)| vec![SqlValue::Int(*n), SqlValue::Int(at as i32)]).collect();
        let input = scan(Arc::new(Table::new(&[SqlType::Int, SqlType::Int], wanted.clone())));
        wanted.sort_by_key(|row| row[0].as_i64());
        prop_assert_eq!(result(sorted(input, vec![key(col(0), false)]), 2).unwrap(), wanted);
    }
}
