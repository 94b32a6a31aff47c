//! Cancel and budget.

use super::*;

fn many(count: i32) -> Node {
    let (start, stop, step) = (int(1), int(count), int(1));
    Node::BuiltIn(Box::new(BuiltInTable::GenerateSeries { start, stop, step }))
}

fn outcome(root: Node, cancel: &Cancel, budget: &Budget) -> Result<Vec<Row>, SqlError> {
    let plan = Plan { root, columns: vec![Column::new("c", SqlType::Int)] };
    with(&Vars::default(), cancel, budget, |context| rows_of(&plan, context))
}

#[test]
fn a_cancelled_query_ends_wherever_it_is() {
    let loops = || {
        Node::Join(Box::new(JoinNode {
            kind: JoinType::Inner,
            left: many(1_000_000),
            right: data("0"),
            left_width: 1,
            right_width: 1,
            keys: vec![],
            condition: Some(Predicate::Constant(Some(false))),
        }))
    };
    let shapes = [
        filter(many(1_000_000), Predicate::Constant(Some(false))),
        loops(),
        sorted(many(1_000_000), vec![key(col(0), true)]),
        Node::Distinct { input: Box::new(many(1_000_000)), collations: vec![Collation::CI_AS] },
    ];
    for shape in shapes {
        let cancel = Cancel::default();
        cancel.cancel();
        let error = outcome(shape, &cancel, &Budget::default()).unwrap_err();
        assert_eq!(error, SqlError::cancelled());
    }
}

#[test]
fn whatever_keeps_rows_is_held_to_the_budget_and_gives_it_back() {
    let aggregate = AggregateNode {
        input: many(100_000),
        keys: vec![(col(0), Collation::CI_AS)],
        sets: vec![vec![0]],
        grouped: true,
        calls: vec![],
    };
    let join = JoinNode {
        kind: JoinType::Inner,
        left: data("1"),
        right: many(100_000),
        left_width: 1,
        right_width: 1,
        keys: vec![],
        condition: None,
    };
    let shapes = [
        sorted(many(100_000), vec![key(col(0), true)]),
        Node::Distinct { input: Box::new(many(100_000)), collations: vec![Collation::CI_AS] },
        Node::Aggregate(Box::new(aggregate)),
        Node::Join(Box::new(join)),
        Node::Window { input: Box::new(many(100_000)), calls: vec![] },
    ];
    for shape in shapes {
        let budget = Budget::new(1 << 20);
        let error = outcome(shape, &Cancel::default(), &budget).unwrap_err();
        assert_eq!((error.number, error.severity), (701, 17));
        assert_eq!(budget.used(), 0);
    }
}

#[test]
fn a_stream_and_a_sort_with_a_limit_need_little() {
    let budget = Budget::new(1 << 20);
    let rows = outcome(many(100_000), &Cancel::default(), &budget).unwrap();
    assert_eq!(rows.len(), 100_000);
    let top = Node::Top {
        input: Box::new(Node::Sort {
            input: Box::new(many(100_000)),
            keys: vec![key(col(0), true)],
            limit: Some(Box::new(big(3))),
        }),
        count: big(3),
        percent: false,
        ties: vec![],
    };
    let rows = outcome(top, &Cancel::default(), &budget).unwrap();
    assert_eq!(rows.iter().map(|row| show(row)).collect::<Vec<_>>(), ["100000", "99999", "99998"]);
}

#[test]
fn a_value_does_not_grow_without_end() {
    let word =
        |text: String| scalar(ScalarKind::Constant(SqlValue::varchar(text)), SqlType::VARCHAR_MAX);
    let long = word("b".repeat(60 << 20));
    let replaced = call("REPLACE", vec![word("aaaaaaaa".to_owned()), word("a".to_owned()), long]);
    assert_eq!(evaluated(&replaced).unwrap_err().number, 7119);
}
