//! GROUP BY and aggregates.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::function::Aggregate;

fn aggregate(kind: Aggregate, argument: Option<Scalar>, result: SqlType) -> AggregateCall {
    AggregateCall {
        warns: true,
        kind: AggregateKind::Plain(kind),
        distinct: false,
        argument,
        separator: None,
        order: Vec::new(),
        result,
        collation: Collation::CI_AS,
    }
}

fn group(input: Node, keys: Vec<Scalar>, sets: Vec<Vec<usize>>, calls: Vec<AggregateCall>) -> Node {
    let grouped = !keys.is_empty();
    let keys = keys.into_iter().map(|key| (key, Collation::CI_AS)).collect();
    Node::Aggregate(Box::new(AggregateNode { input, keys, sets, grouped, calls }))
}

fn count() -> AggregateCall {
    aggregate(Aggregate::Count, None, SqlType::Int)
}

#[test]
fn groups_are_by_collation_and_null_is_a_group() {
    let node = group(
        data("b 1\nB 2\n- 3\na 4\n- -"),
        vec![text_col(0)],
        vec![vec![0]],
        vec![
            count(),
            aggregate(Aggregate::Count, Some(col(1)), SqlType::Int),
            aggregate(Aggregate::Sum, Some(col(1)), SqlType::Int),
        ],
    );
    assert_eq!(shown(node, 4), ["- 2 1 3", "a 1 1 4", "b 2 2 3"]);
}

#[test]
fn no_rows_give_one_row_without_group_by_and_none_with_it() {
    let calls = || vec![count(), aggregate(Aggregate::Max, Some(col(0)), SqlType::Int)];
    assert_eq!(shown(group(data(""), vec![], vec![vec![]], calls()), 2), ["0 -"]);
    assert_eq!(
        shown(group(data(""), vec![col(0)], vec![vec![0]], calls()), 3),
        Vec::<String>::new()
    );
}

#[test]
fn distinct_counts_each_value_once() {
    let mut distinct = aggregate(Aggregate::Count, Some(text_col(0)), SqlType::Int);
    distinct.distinct = true;
    let node = group(data("a\nA\nb\n-"), vec![], vec![vec![]], vec![distinct]);
    assert_eq!(shown(node, 1), ["2"]);
}

#[test]
fn string_agg_follows_its_own_order_and_leaves_null_out() {
    let mut agg = aggregate(Aggregate::StringAgg, Some(text_col(1)), SqlType::NVARCHAR_MAX);
    agg.separator = Some(text(", "));
    let plain = agg.clone();
    agg.order = vec![key(text_col(1), true)];
    let node = group(data("1 b\n1 -\n1 c\n2 a"), vec![col(0)], vec![vec![0]], vec![agg, plain]);
    assert_eq!(shown(node, 3), ["1 c, b b, c", "2 a a"]);
}

#[test]
fn grouping_sets_come_with_their_totals_behind_them() {
    let grouping = |key| AggregateCall { kind: AggregateKind::Grouping(key), ..count() };
    let sets = vec![vec![0, 1], vec![0], vec![]];
    let node = group(
        data("a x\na y\nb x\n- x"),
        vec![text_col(0), text_col(1)],
        sets,
        vec![count(), grouping(0), grouping(1)],
    );
    assert_eq!(
        shown(node, 5),
        [
            "- x 1 0 0",
            "- - 1 0 1",
            "a x 1 0 0",
            "a y 1 0 0",
            "a - 2 0 1",
            "b x 1 0 0",
            "b - 1 0 1",
            "- - 4 1 1",
        ]
    );
}

#[test]
fn a_checksum_does_not_depend_on_the_order_of_rows() {
    let checksum = AggregateCall {
        kind: AggregateKind::ChecksumAgg,
        ..aggregate(Aggregate::Count, Some(col(0)), SqlType::Int)
    };
    let of = |rows: &str| shown(group(data(rows), vec![], vec![vec![]], vec![checksum.clone()]), 1);
    assert_eq!(of("5\n9\n-\n12"), of("12\n5\n9"));
    assert_ne!(of("5\n9"), of("5\n8"));
    assert_eq!(of("-"), ["-"]);
}

#[test]
fn a_restriction_on_a_key_goes_through_to_the_scan() {
    let relation = table((0..50).map(|n| vec![SqlValue::Int(n), SqlValue::Int(1)]).collect());
    let scanned = scan(Arc::clone(&relation) as Arc<dyn Relation>);
    let groups = group(scanned, vec![col(0)], vec![vec![0]], vec![count()]);
    let node = JoinNode {
        kind: JoinType::Inner,
        left: data("3"),
        right: groups,
        left_width: 1,
        right_width: 2,
        keys: vec![(col(0), col(0), Collation::CI_AS)],
        condition: None,
    };
    assert_eq!(shown(Node::Join(Box::new(node)), 3), ["3 3 1"]);
    assert_eq!(relation.asked()[0].restrictions.len(), 1);
}

proptest! {
    #[test]
    fn groups_are_what_a_map_would_hold(
        rows in proptest::collection::vec((proptest::option::of(-3..3i32), proptest::option::of(-9..9i32)), 0..60)
    ) {
        let mut wanted: BTreeMap<Option<i32>, (i32, Option<i32>, Option<i32>)> = BTreeMap::new();
        for (key, n) in &rows {
            let entry = wanted.entry(*key).or_default();
            entry.0 += 1;
            entry.1 = n.map_or(entry.1, |n| Some(entry.1.unwrap_or(0) + n));
            entry.2 = n.map_or(entry.2, |n| Some(entry.2.map_or(n, |low| low.min(n))));
        }
        let value = |n: Option<i32>| n.map_or(SqlValue::Null, SqlValue::Int);
        let input = rows.iter().map(|(key, n)| vec![value(*key), value(*n)]).collect();
        let input = scan(Arc::new(Table::new(&[SqlType::Int, SqlType::Int], input)));
        let calls = vec![
            count(),
            aggregate(Aggregate::Sum, Some(col(1)), SqlType::Int),
            aggregate(Aggregate::Min, Some(col(1)), SqlType::Int),
        ];
        let wanted: Vec<Row> = wanted
            .into_iter()
            .map(|(key, (n, sum, low))| vec![value(key), SqlValue::Int(n), value(sum), value(low)])
            .collect();
        prop_assert_eq!(result(group(input, vec![col(0)], vec![vec![0]], calls), 4).unwrap(), wanted);
    }
}
